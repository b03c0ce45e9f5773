//! What a run may spend. None of it relies on what an endpoint says about itself.

use serde::{Deserialize, Serialize};

/// Limits of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How many turns the model may take.
    pub max_turns: u32,
    /// How many tool calls are answered.
    pub max_tool_calls: u32,
    /// How many bytes of tool answers the model is shown.
    pub max_bytes: u64,
    /// How many seconds the run may take.
    pub max_seconds: u64,
    /// How often the very same call is answered.
    pub max_repeats: u32,
    /// How many drafts may be rejected before the packet is queued with the rules' own account.
    pub max_rejected_drafts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_turns: 80,
            max_tool_calls: 400,
            max_bytes: 6_000_000,
            max_seconds: 1_800,
            max_repeats: 3,
            max_rejected_drafts: 4,
        }
    }
}

impl Limits {
    /// Limits for the embedded drafter, whose turns cost nothing but this machine's time.
    #[must_use]
    pub const fn offline(self) -> Self {
        Self {
            max_turns: u32::MAX,
            max_tool_calls: u32::MAX,
            max_bytes: u64::MAX,
            ..self
        }
    }
}
