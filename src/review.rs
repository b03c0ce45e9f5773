//! The review store: captures, runs, packets, decisions and the audit log, and who may see what.
//!
//! It stores what a packet was made from, never a rendered packet: whoever loads one computes and
//! validates it again. It drafts nothing, talks to no source system and reads no clock.

pub mod access;
pub mod audit;
pub mod captures;
pub mod decision;
pub mod drift;
pub mod queue;
pub mod redact;
pub mod runs;
pub mod store;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tamper_tests;

pub use access::{Access, AccessError, AccessPolicy};
pub use audit::{AuditAction, AuditEntry, AuditEvent, AuditFault, AuditHead, AuditReport};
pub use captures::LibrarySnapshot;
pub use decision::{
    Correction, DecideError, Decided, Reason, RecordedDecision, Refusal, ReviewDecision, Reviewer,
    ReviewerError, Verdict, same_human,
};
pub use drift::{Drift, Input, InputChange, NoDrift, PacketInputs};
pub use queue::{
    AsOfOrigin, NewPacket, PacketContents, PacketState, PacketSummary, Queued, StoredPacket,
};
pub use runs::{JournalEntry, NewRun, Run, RunId, RunState};
pub use store::{Store, StoreError};
