//! `policy.lock`: which library digest was approved, by whom and when.

use serde::Deserialize;

use crate::instant::Instant;
use crate::json::Digest;

/// The file's name, beside the library's YAML files.
pub const LOCK_FILE: &str = "policy.lock";

/// The approval of one library digest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibraryApproval {
    /// The approved digest.
    pub digest: Digest,
    /// Who approved it.
    pub approved_by: String,
    /// When.
    pub approved_at: Instant,
}

impl LibraryApproval {
    /// The text of the lock file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let approved_by = serde_json::Value::from(self.approved_by.as_str());
        format!(
            "digest: {}\napproved_by: {approved_by}\napproved_at: {}\n",
            self.digest, self.approved_at
        )
    }

    pub(super) fn parse(text: &str) -> Result<Self, serde_saphyr::Error> {
        serde_saphyr::from_str(text)
    }
}
