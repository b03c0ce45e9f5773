//! Records, control rules and the validator of custody.
//!
//! Floor 0: pure and synchronous. It uses no network, reads no clock, runs no async code
//! and knows no model. The instant of judgement (`as_of`) is always a parameter.

pub mod assess;
pub mod assessment;
pub mod capture;
mod cel;
pub mod draft;
mod facts;
pub mod fault;
pub mod instant;
pub mod json;
pub mod kind;
pub mod library;
pub mod packet;
mod people;
pub mod record;
mod shape;
pub mod status;
pub mod table;
pub mod validator;
