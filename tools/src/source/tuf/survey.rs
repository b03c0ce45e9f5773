//! What a repository's history holds that bears on custody: published roots, delegations,
//! attestations and papers, each with the commits that held it. It makes no records.

pub(super) mod delegations;
pub(super) mod papers;
pub(super) mod proofs;
pub(super) mod roots;

use std::collections::BTreeMap;

use custody_controls::instant::Instant;

use super::attestation::PinnedRoots;
use super::git::history::History;
use super::git::objects::{ObjectKind, ObjectReader};
use super::git::place::Branch;
use super::git::{GitError, ObjectId};
use delegations::Delegation;
use papers::Paper;
use proofs::Proof;
use roots::PublishedRoot;

/// Everything that was found.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) history: History,
    /// By version, lowest first; never empty.
    pub(super) roots: Vec<PublishedRoot>,
    pub(super) delegations: Vec<Delegation>,
    pub(super) proofs: Vec<Proof>,
    pub(super) papers: Vec<Paper>,
    /// On the history as a whole.
    pub(super) warnings: Vec<String>,
    /// On keys and their proofs.
    pub(super) key_warnings: Vec<String>,
    /// On published roots and papers.
    pub(super) ceremony_warnings: Vec<String>,
}

/// Whether the signatures that a file needs stand behind what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vouched {
    Yes,
    No,
}

/// Where in the repository things are.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    /// Folders with published metadata, the first preferred.
    pub(super) metadata: Vec<String>,
    /// Folders with papers of ceremonies.
    pub(super) papers: Vec<String>,
}

/// Why there is no survey.
#[derive(Debug)]
pub(super) enum SurveyError {
    Git(GitError),
    /// What is wrong with files of it, by path and commit.
    Files(Vec<(String, String)>),
    /// What is wrong as a whole.
    Nothing(String),
}

impl From<GitError> for SurveyError {
    fn from(error: GitError) -> Self {
        Self::Git(error)
    }
}

impl Folders {
    /// Whether a path is looked at.
    fn wants(&self, path: &str) -> bool {
        roots::is_root_file(path)
            || proofs::is_attestation_file(path)
            || (path.ends_with(".json") && self.holds_metadata(path))
            || self.holds_paper(path)
    }

    fn holds_metadata(&self, path: &str) -> bool {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.metadata.iter().any(|one| one == folder)
    }

    fn holds_paper(&self, path: &str) -> bool {
        let is_text = [".md", ".txt"].iter().any(|ending| path.ends_with(ending));
        is_text
            && self.papers.iter().any(|folder| {
                path.strip_prefix(folder.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
            })
    }
}

impl Survey {
    /// Surveys the branch as it stood at `as_of`.
    pub(super) fn read(
        reader: ObjectReader,
        branch: &Branch,
        as_of: Instant,
        folders: &Folders,
        pinned: &PinnedRoots,
    ) -> Result<Self, SurveyError> {
        let mut reader = reader;
        let wants = |path: &str| folders.wants(path);
        let history = History::read(&mut reader, &branch.tip, as_of, wants)?;
        let Some(history) = history else {
            return Err(SurveyError::Nothing(format!(
                "branch `{}` had no commit yet at {as_of}",
                branch.name.escape_debug()
            )));
        };
        let mut blobs = Blobs::new(reader);
        let mut warnings = history.warnings.clone();
        let links = history.not_followed();
        if !links.is_empty() {
            let names: Vec<String> = links
                .iter()
                .map(|path| format!("`{}`", path.escape_debug()))
                .collect();
            warnings.push(format!(
                "{} are links, which are not followed",
                names.join(", ")
            ));
        }
        let (mut on_keys, mut on_ceremonies) = (Vec::new(), Vec::new());
        let found = roots::read(&history, &mut blobs, folders, &mut on_ceremonies)?;
        let delegated = delegations::read(&history, &mut blobs, folders, &found, &mut on_keys)?;
        let proofs = proofs::read(&history, &mut blobs, pinned, &mut on_keys)?;
        let papers = papers::read(&history, &mut blobs, folders, &mut on_ceremonies)?;
        Ok(Self {
            history,
            roots: found,
            delegations: delegated,
            proofs,
            papers,
            warnings,
            key_warnings: on_keys,
            ceremony_warnings: on_ceremonies,
        })
    }

    /// The time of the commit at `index`.
    pub(super) fn time(&self, index: usize) -> Option<Instant> {
        self.history.commit(index).map(|commit| commit.at)
    }
}

/// Files' contents by object, each read once.
#[derive(Debug)]
pub(super) struct Blobs {
    reader: ObjectReader,
    kept: BTreeMap<ObjectId, Vec<u8>>,
    bytes: usize,
}

/// How much of file contents is read in all.
const MAX_TOTAL_BYTES: usize = 256_000_000;

impl Blobs {
    fn new(reader: ObjectReader) -> Self {
        Self {
            reader,
            kept: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// The content of a file, if it has at most `limit` bytes.
    pub(super) fn read(&mut self, id: &ObjectId, limit: usize) -> Result<Vec<u8>, GitError> {
        if let Some(kept) = self.kept.get(id) {
            return Ok(kept.clone());
        }
        let content = self.reader.read(id, ObjectKind::Blob, limit)?;
        self.bytes = self.bytes.saturating_add(content.len());
        if self.bytes > MAX_TOTAL_BYTES {
            return Err(GitError::TooMuch("its metadata has over 256 MB in all"));
        }
        self.kept.insert(id.clone(), content.clone());
        Ok(content)
    }
}
