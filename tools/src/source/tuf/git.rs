//! A git repository as evidence: its objects and its first-parent history, read and never run.
//!
//! The one program that is started is `git cat-file`, in an empty git folder of its own that
//! borrows the repository's objects. So the repository's configuration, hooks, attributes, grafts
//! and replacements are never looked at, and nothing is fetched. Names and history are read here.

pub(super) mod history;
pub(super) mod objects;
pub(super) mod place;
mod trees;

use std::fmt;
use std::io;

/// The name of an object: 40 or 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ObjectId(String);

impl ObjectId {
    /// Reads an id as git writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fits = matches!(text.len(), 40 | 64)
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        fits.then(|| Self(text.to_owned()))
    }

    /// The id that a tree holds as bytes.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self(hex::encode(bytes))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn format(&self) -> ObjectFormat {
        if self.0.len() == 64 {
            ObjectFormat::Sha256
        } else {
            ObjectFormat::Sha1
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a repository names its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObjectFormat {
    Sha1,
    Sha256,
}

impl ObjectFormat {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// Why a repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum GitError {
    #[error("`git` is not found on the search path; install version 2.36 or later")]
    NoProgram,
    #[error("`git` cannot be started: {0}")]
    Start(io::Error),
    #[error(
        "`git cat-file --batch-command` ended early: the repository is damaged, or git is older than 2.36"
    )]
    Ended,
    #[error("`git` gave no answer in {0} seconds")]
    Silent(u64),
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is no git repository: {0}")]
    NoRepository(&'static str),
    #[error("is refused: {0}")]
    Refused(&'static str),
    #[error("branch `{0}` is not there")]
    NoBranch(String),
    #[error("`{0}` is no branch name")]
    BadBranch(String),
    #[error("object {id} {reason}")]
    Object { id: ObjectId, reason: String },
    #[error("object {id} is {length} bytes long, over the {limit} that are read")]
    TooLong {
        id: ObjectId,
        length: usize,
        limit: usize,
    },
    #[error("{0}, more than is read")]
    TooMuch(&'static str),
}

impl GitError {
    pub(super) fn object(id: &ObjectId, reason: impl Into<String>) -> Self {
        Self::Object {
            id: id.clone(),
            reason: reason.into(),
        }
    }
}
