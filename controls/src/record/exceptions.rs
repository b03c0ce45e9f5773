//! `controls/`: the exception register.

use super::{PersonRef, RecordRef, Text};
use crate::instant::Instant;

choice! {
    /// Standing of a control exception.
    pub enum ExceptionState {
        /// Asked for.
        Pending = "pending",
        /// Granted.
        Approved = "approved",
        /// Withdrawn.
        Revoked = "revoked",
    }
}

object! {
    /// What a control exception covers. A dimension absent or empty covers nothing.
    pub struct ExceptionScope {
        /// Bridge ids.
        bridges: Option<Vec<Text>>,
        /// Key ids.
        keys: Option<Vec<Text>>,
        /// Signing-path ids.
        signing_paths: Option<Vec<Text>>,
        /// Artifact classes.
        artifact_classes: Option<Vec<Text>>,
        /// Environments.
        environments: Option<Vec<Text>>,
    }
}

object! {
    /// A control that stands in for the one excepted.
    pub struct CompensatingControl {
        /// Its name.
        id: Text,
        /// What is done.
        text: Text,
        /// When it was last verified.
        verified_at: Instant,
    }
}

record! {
    /// An approved departure from a requirement.
    pub struct ControlException in Exceptions, seen |exception| exception.approved_at, {
        /// The requirement departed from.
        requirement: Text,
        /// Its title.
        title: Text,
        /// Its standing.
        state: ExceptionState,
        /// What it covers.
        scope: ExceptionScope,
        /// What stands in for the requirement.
        compensating_controls: Vec<CompensatingControl>,
        /// Who approved it.
        approved_by: Option<PersonRef>,
        /// When it was approved.
        approved_at: Option<Instant>,
        /// From when it holds.
        effective_from: Instant,
        /// Until when it holds, exclusively. Nothing is exempt for ever.
        expires_at: Instant,
        /// Its narrative.
        document: Option<RecordRef>,
    }
}
