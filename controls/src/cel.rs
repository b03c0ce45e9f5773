//! The expression language of the controls: a subset of CEL, type-checked and compiled when the library loads.
//!
//! Text is parsed by the `cel` crate. Everything else is here: types, guards for optional
//! fields, evaluation over borrowed records, and the trace of what an expression read.
//! Whatever lies outside the subset is refused at load.

mod compile;
mod eval;
mod expr;
mod fact;
#[cfg(test)]
mod oracle_tests;
mod parse;
mod template;
mod trace;
mod types;

pub(crate) use compile::{Compiled, compile, compile_reference};
pub(crate) use eval::{Bindings, evaluate, holds};
pub(crate) use template::Template;
pub(crate) use trace::{Place, Trace, Traced, Untraced};
pub(crate) use types::{Constant, Names, Val};
