//! The published versions of the root, each held against itself and the one before.

mod remarks;

use std::collections::BTreeMap;

use super::super::git::GitError;
use super::super::git::history::{Held, History};
use super::super::metadata::{Metadata, MetadataError};
use super::super::signatures::{ROOT, RootCheck};
use super::{Blobs, Folders, SurveyError, Vouched};
use remarks::{check_previous, compare_editions};

/// The largest metadata file that is read.
pub(super) const MAX_METADATA_BYTES: usize = 8_000_000;

/// How many roots outside the published ones are looked at.
const MAX_OTHER_ROOTS: usize = 5_000;

/// One published version of the root.
#[derive(Debug)]
pub(in super::super) struct PublishedRoot {
    /// The version in its file's name.
    pub(in super::super) version: u64,
    pub(in super::super) path: String,
    pub(in super::super) text: String,
    pub(in super::super) metadata: Metadata,
    pub(in super::super) check: RootCheck,
    /// The commit that published what it says.
    pub(in super::super) published: usize,
    /// The commit that brought its present bytes.
    pub(in super::super) present_since: usize,
    /// Why a client would refuse it; nothing where it is accepted.
    pub(in super::super) refusals: Vec<Remark>,
    /// What else is odd about it.
    pub(in super::super) oddities: Vec<Remark>,
}

/// Something noteworthy about a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Remark {
    /// The step of publishing a root that it concerns.
    pub(in super::super) step: &'static str,
    pub(in super::super) text: String,
}

impl PublishedRoot {
    /// Whether a client would accept it.
    pub(in super::super) fn vouched(&self) -> Vouched {
        if self.refusals.is_empty() {
            Vouched::Yes
        } else {
            Vouched::No
        }
    }

    /// Whether no client could come by this version to the next one.
    fn breaks_the_chain(&self) -> bool {
        let steps = self.refusals.iter().map(|refusal| refusal.step);
        steps.into_iter().any(|step| step != "publication")
    }

    fn refuse(&mut self, step: &'static str, text: String) {
        self.refusals.push(Remark { step, text });
    }

    fn remark(&mut self, step: &'static str, text: String) {
        self.oddities.push(Remark { step, text });
    }
}

/// Whether a file may be a root, published or not.
pub(super) fn is_root_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "root.json" || name.ends_with(".root.json")
}

/// The version that a path in a metadata folder publishes: `12.root.json`.
fn published_version(path: &str) -> Option<u64> {
    let name = path.rsplit('/').next()?;
    let digits = name.strip_suffix(".root.json")?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// A content that a version's file held at some time.
struct Edition {
    path: String,
    held: Held,
    metadata: Result<Metadata, MetadataError>,
}

/// Reads every published version.
pub(super) fn read(
    history: &History,
    blobs: &mut Blobs,
    folders: &Folders,
    warnings: &mut Vec<String>,
) -> Result<Vec<PublishedRoot>, SurveyError> {
    let mut roots: Vec<PublishedRoot> = Vec::new();
    let mut faults = Vec::new();
    for (version, editions) in editions(history, blobs, folders)? {
        match publish(version, &editions, history, blobs) {
            Ok(mut root) => {
                check_previous(&mut root, roots.last());
                roots.push(root);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(SurveyError::Files(faults));
    }
    if roots.is_empty() {
        return Err(SurveyError::Nothing(format!(
            "no published root (`<version>.root.json`) is in the history of folder {}",
            folders
                .metadata
                .iter()
                .map(|folder| format!("`{folder}`"))
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    other_roots(history, blobs, folders, &mut roots)?;
    warn(&roots, warnings);
    Ok(roots)
}

fn warn(roots: &[PublishedRoot], warnings: &mut Vec<String>) {
    for root in roots {
        for remark in &root.refusals {
            warnings.push(format!(
                "root v{} would be refused: {}",
                root.version, remark.text
            ));
        }
        if !root.oddities.is_empty() {
            warnings.push(format!(
                "what is odd about root v{} ({}) is listed as deviations of ceremony `root-v{}`",
                root.version,
                root.oddities.len(),
                root.version
            ));
        }
    }
}

fn editions(
    history: &History,
    blobs: &mut Blobs,
    folders: &Folders,
) -> Result<BTreeMap<u64, Vec<Edition>>, GitError> {
    let mut editions: BTreeMap<u64, Vec<Edition>> = BTreeMap::new();
    for folder in &folders.metadata {
        for path in history.paths() {
            let inside = path
                .strip_prefix(folder.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|name| !name.contains('/'));
            let Some(version) = published_version(path).filter(|_| inside) else {
                continue;
            };
            for held in history.held(path) {
                let metadata = match blobs.read(&held.blob, MAX_METADATA_BYTES) {
                    Err(GitError::TooLong { length, .. }) => Err(MetadataError::TooLong(length)),
                    other => Metadata::parse(&other?),
                };
                editions.entry(version).or_default().push(Edition {
                    path: path.to_owned(),
                    held,
                    metadata,
                });
            }
        }
    }
    Ok(editions)
}

/// The first folder's that is in the tree; else what was there last.
fn standing_edition<'e>(editions: &'e [Edition], history: &History) -> Option<&'e Edition> {
    let mut in_order = editions.iter();
    let standing = in_order.find(|edition| edition.held.last == history.head());
    standing.or_else(|| editions.iter().max_by_key(|edition| edition.held.last))
}

/// Takes the edition that stands, and says how the others differ from it.
fn publish(
    version: u64,
    editions: &[Edition],
    history: &History,
    blobs: &mut Blobs,
) -> Result<PublishedRoot, (String, String)> {
    let Some(edition) = standing_edition(editions, history) else {
        return Err((format!("{version}.root.json"), "is not there".to_owned()));
    };
    let commit = |index: usize| {
        let commit = history.commit(index);
        commit.map_or_else(String::new, |commit| commit.id.to_string())
    };
    let place = format!("{}@{}", edition.path, commit(edition.held.from));
    let fault = |reason: String| (place.clone(), reason);
    let metadata = edition
        .metadata
        .clone()
        .map_err(|error| fault(error.to_string()))?;
    if metadata.kind != ROOT {
        return Err(fault("field `/signed/_type`: must be `root`".to_owned()));
    }
    let check = RootCheck::of(&metadata, None)
        .ok_or_else(|| fault("field `/signed/roles/root`: is missing".to_owned()))?;
    let bytes = blobs
        .read(&edition.held.blob, MAX_METADATA_BYTES)
        .map_err(|error| fault(error.to_string()))?;
    let same_signed = editions.iter().filter(|other| {
        let other = other.metadata.as_ref();
        other.is_ok_and(|other| other.signed == metadata.signed)
    });
    let published = same_signed.map(|other| other.held.from).min();
    let mut root = PublishedRoot {
        version,
        path: edition.path.clone(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        check,
        published: published.unwrap_or(edition.held.from),
        present_since: edition.held.from,
        metadata,
        refusals: Vec::new(),
        oddities: Vec::new(),
    };
    compare_editions(&mut root, edition, editions, &commit);
    if edition.held.last < history.head() {
        let text = format!(
            "its file left the tree after commit {}",
            commit(edition.held.last)
        );
        root.remark("publication", text);
    }
    Ok(root)
}

/// Finds roots outside the published ones that carry a version's threshold all the same.
fn other_roots(
    history: &History,
    blobs: &mut Blobs,
    folders: &Folders,
    roots: &mut [PublishedRoot],
) -> Result<(), GitError> {
    let mut looked_at = std::collections::BTreeSet::new();
    for path in history.paths() {
        let published = folders.holds_metadata(path) && published_version(path).is_some();
        if !is_root_file(path) || published {
            continue;
        }
        for held in history.held(path) {
            if !looked_at.insert(held.blob.clone()) {
                continue;
            }
            if looked_at.len() > MAX_OTHER_ROOTS {
                return Err(GitError::TooMuch(
                    "its history has over 5000 unpublished roots",
                ));
            }
            let content = match blobs.read(&held.blob, MAX_METADATA_BYTES) {
                Err(GitError::TooLong { .. }) => continue,
                other => other?,
            };
            let Ok(found) = Metadata::parse(&content) else {
                continue;
            };
            let before = roots.iter().rfind(|root| root.version < found.version);
            let before = before.map(|root| &root.metadata);
            let met = RootCheck::of(&found, before).is_some_and(|check| check.is_met());
            let commit = history
                .commit(held.from)
                .map(|commit| commit.id.to_string());
            let same = roots.iter_mut().find(|root| root.version == found.version);
            if let Some(root) = same.filter(|root| met && root.metadata.signed != found.signed) {
                let text = format!(
                    "another root of this version carries a valid threshold and was not published: `{}` at commit {}",
                    path.escape_debug(),
                    commit.unwrap_or_default()
                );
                root.remark("publication", text);
            }
        }
    }
    Ok(())
}
