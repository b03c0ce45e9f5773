//! Which fields of which records a reader may see, asked before anything is shown.
//!
//! It decides nothing itself: roles and their rights are the application's.

use std::fmt;

use custody_controls::kind::Kind;

/// What stands in the place of a field that the reader may not see.
pub const WITHHELD: &str = "[withheld]";

/// Decides what a reader may see.
pub trait Visibility: fmt::Debug + Send + Sync {
    /// Whether the member `field` of records of `kind` may be shown. Artifact ids always are.
    fn may_see(&self, kind: Kind, field: &str) -> bool;
}

/// Lets everything be seen.
#[derive(Debug, Clone, Copy, Default)]
pub struct SeeAll;

impl Visibility for SeeAll {
    fn may_see(&self, _: Kind, _: &str) -> bool {
        true
    }
}
