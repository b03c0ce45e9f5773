//! The controls library: requirements and policy as data, checked whole when it loads.

mod brief;

pub use brief::{CheckBrief, ReferenceBrief, RequirementBrief};
