//! Holds a draft against capture, library and assessment, and names every fault at once.

mod fault;

pub use fault::{DraftFault, FaultCode};
