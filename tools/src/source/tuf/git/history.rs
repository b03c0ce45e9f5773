//! The first-parent history of a branch up to an instant, and how files came and went in it.

use std::collections::BTreeMap;

use chrono::DateTime;
use custody_controls::instant::Instant;

use super::objects::{ObjectKind, ObjectReader};
use super::trees::Comparison;
use super::{GitError, ObjectId};

const MAX_COMMITS: usize = 200_000;
const MAX_COMMIT_BYTES: usize = 1_000_000;

/// One commit of the branch.
#[derive(Debug, Clone)]
pub(in super::super) struct Commit {
    pub(in super::super) id: ObjectId,
    tree: ObjectId,
    /// When it counts as made: its committer's time, and never before its parent's.
    pub(in super::super) at: Instant,
}

/// A file as a tree lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Listed {
    File(ObjectId),
    /// A symbolic link or another repository: never followed.
    Other,
}

/// Commit `index` left the path with this.
#[derive(Debug, Clone)]
pub(in super::super) struct Change {
    pub(in super::super) index: usize,
    pub(in super::super) listed: Option<Listed>,
}

/// A stretch of history in which a path held the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Held {
    pub(in super::super) blob: ObjectId,
    /// The commit that brought it.
    pub(in super::super) from: usize,
    /// The last commit that had it.
    pub(in super::super) last: usize,
}

/// What the branch's history up to an instant holds.
#[derive(Debug)]
pub(in super::super) struct History {
    /// Oldest first; never empty.
    commits: Vec<Commit>,
    /// The files that were asked for, by path.
    files: BTreeMap<String, Vec<Change>>,
    /// What a person should know.
    pub(in super::super) warnings: Vec<String>,
}

impl History {
    /// Reads the history of `tip` as it stood at `as_of`, with the files that `wanted` names.
    ///
    /// `None` where no commit was there yet.
    pub(in super::super) fn read(
        reader: &mut ObjectReader,
        tip: &ObjectId,
        as_of: Instant,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<Self>, GitError> {
        let mut warnings = Vec::new();
        let mut commits = in_order(&walk(reader, tip)?, &mut warnings)?;
        commits.retain(|commit| commit.at <= as_of);
        if commits.is_empty() {
            return Ok(None);
        }
        let mut comparison = Comparison::new(reader, &wanted);
        let mut before = None;
        for (index, commit) in commits.iter().enumerate() {
            comparison.compare(index, before, Some(&commit.tree), "", 0)?;
            before = Some(&commit.tree);
        }
        if comparison.unreadable_names > 0 {
            warnings.push(format!(
                "{} path(s) in the history are not UTF-8 and were not read",
                comparison.unreadable_names
            ));
        }
        let files = comparison.files;
        Ok(Some(Self {
            commits,
            files,
            warnings,
        }))
    }

    /// The commit at `index`.
    pub(in super::super) fn commit(&self, index: usize) -> Option<&Commit> {
        self.commits.get(index)
    }

    /// The last commit's index.
    pub(in super::super) fn head(&self) -> usize {
        self.commits.len().saturating_sub(1)
    }

    /// Every path that was asked for and was there at some time.
    pub(in super::super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The contents that `path` held, oldest first.
    pub(in super::super) fn held(&self, path: &str) -> Vec<Held> {
        let changes = self.files.get(path).map_or(&[][..], Vec::as_slice);
        let mut held = Vec::new();
        for (position, change) in changes.iter().enumerate() {
            let until = changes
                .get(position + 1)
                .map_or(self.commits.len(), |next| next.index);
            if let Some(Listed::File(blob)) = &change.listed {
                held.push(Held {
                    blob: blob.clone(),
                    from: change.index,
                    last: until.saturating_sub(1),
                });
            }
        }
        held
    }

    /// The content that `path` held at commit `index`.
    pub(in super::super) fn blob_at(&self, path: &str, index: usize) -> Option<ObjectId> {
        let held = self.held(path);
        let found = held
            .into_iter()
            .find(|held| (held.from..=held.last).contains(&index));
        found.map(|held| held.blob)
    }

    /// Paths that are a link or another repository at some time.
    pub(in super::super) fn not_followed(&self) -> Vec<&str> {
        let is_other = |change: &Change| change.listed == Some(Listed::Other);
        let paths = self.files.iter();
        let other = paths.filter(|(_, changes)| changes.iter().any(is_other));
        other.map(|(path, _)| path.as_str()).collect()
    }
}

/// A commit as it is written.
struct Written {
    id: ObjectId,
    tree: ObjectId,
    seconds: i64,
}

/// From the tip to the first commit, by first parents.
fn walk(reader: &mut ObjectReader, tip: &ObjectId) -> Result<Vec<Written>, GitError> {
    let mut walked = Vec::new();
    let mut next = Some(tip.clone());
    while let Some(id) = next {
        if walked.len() >= MAX_COMMITS {
            return Err(GitError::TooMuch("its branch has over 200000 commits"));
        }
        let text = reader.read(&id, ObjectKind::Commit, MAX_COMMIT_BYTES)?;
        let bad = || GitError::object(&id, "is no commit with tree and committer time");
        let headers = text.split(|byte| *byte == b'\n');
        let headers = headers.take_while(|line| !line.is_empty());
        let (mut tree, mut parent, mut seconds) = (None, None, None);
        for header in headers {
            let line = String::from_utf8_lossy(header);
            match line.split_once(' ') {
                Some(("tree", id)) if tree.is_none() => tree = ObjectId::parse(id),
                Some(("parent", id)) if parent.is_none() => parent = ObjectId::parse(id),
                Some(("committer", who)) if seconds.is_none() => seconds = committer_seconds(who),
                Some(_) | None => {}
            }
        }
        walked.push(Written {
            tree: tree.ok_or_else(bad)?,
            seconds: seconds.ok_or_else(bad)?,
            id: id.clone(),
        });
        next = parent;
    }
    walked.reverse();
    Ok(walked)
}

/// The seconds in `Name <mail> 1700000000 +0100`. The offset says how it was shown, not when it was.
fn committer_seconds(who: &str) -> Option<i64> {
    let mut words = who.rsplit(' ');
    let _offset = words.next()?;
    words.next()?.parse().ok()
}

/// Gives each commit its time. A commit cannot be older than its parent, whatever it says: else
/// a commit dated back would be in evidence before it was made.
fn in_order(walked: &[Written], warnings: &mut Vec<String>) -> Result<Vec<Commit>, GitError> {
    let mut commits: Vec<Commit> = Vec::with_capacity(walked.len());
    let (mut earlier, mut first) = (0_usize, None);
    for written in walked {
        let time = DateTime::from_timestamp(written.seconds, 0);
        let said = time.map(Instant::from);
        let said = said.ok_or_else(|| GitError::object(&written.id, "has no usable time"))?;
        let at = match commits.last() {
            Some(parent) if parent.at > said => {
                earlier += 1;
                first = first.or(Some((&written.id, parent.at)));
                parent.at
            }
            Some(_) | None => said,
        };
        commits.push(Commit {
            id: written.id.clone(),
            tree: written.tree.clone(),
            at,
        });
    }
    if let Some((id, parent)) = first {
        warnings.push(format!(
            "{earlier} commit(s) are dated before their parent, the first is {id}: they count as made at their parent's time ({parent})"
        ));
    }
    Ok(commits)
}
