//! The controls library: requirements and policy as data, checked whole when it loads.
//!
//! Auditors read the YAML files and control owners change them. This module owns their form,
//! their compilation and their examples; judging evidence by them is `assess`.

mod brief;
mod compile;
mod examples;
mod load;
mod lock;
mod policy;
mod requirement;
mod schema;

pub use brief::{CheckBrief, ReferenceBrief, RequirementBrief};
pub(crate) use compile::FIRST_JOIN;
pub use load::{Library, LibraryError, LibraryFault, is_library_file};
pub use lock::{LOCK_FILE, LibraryApproval};
pub use policy::{MissingSourcePolicy, Parameter, Policy};
pub use requirement::Requirement;
pub(crate) use requirement::{Account, Check, Join, Match, NamedBy, Outcome, Select};
