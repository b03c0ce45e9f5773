//! Read-only connectors and typed questions over the five source systems of custody.
//!
//! Floor 1: the only code that talks to source systems. It reads and never writes: no connector
//! has a way to change what it reads, and every tool answers from a frozen capture.

pub mod address;
pub mod source;
pub mod tool;
