//! The roles that targets metadata delegates to, and theirs in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::git::GitError;
use super::super::git::history::History;
use super::super::key::KeyFingerprint;
use super::super::metadata::{Metadata, Trust};
use super::super::signatures::count_signers;
use super::roots::{MAX_METADATA_BYTES, PublishedRoot};
use super::{Blobs, Folders};

/// What one metadata file delegates.
#[derive(Debug)]
pub(in super::super) struct Delegation {
    pub(in super::super) path: String,
    pub(in super::super) text: String,
    /// The commit that brought the file's present bytes.
    pub(in super::super) from: usize,
    pub(in super::super) trust: Arc<Trust>,
    /// The commit that first published each key.
    pub(in super::super) first_published: BTreeMap<KeyFingerprint, usize>,
}

const TARGETS: &str = "targets";
const MAX_ROLES: usize = 1_000;

/// A metadata file that is in the tree.
struct Present {
    path: String,
    text: String,
    from: usize,
    metadata: Metadata,
}

/// Reads what is delegated, from the top down.
pub(super) fn read(
    history: &History,
    blobs: &mut Blobs,
    folders: &Folders,
    roots: &[PublishedRoot],
    warnings: &mut Vec<String>,
) -> Result<Vec<Delegation>, GitError> {
    let mut present = present(history, blobs, folders, warnings)?;
    let Some(root) = roots.last() else {
        return Ok(Vec::new());
    };
    let mut queue = vec![(TARGETS.to_owned(), Arc::new(root.metadata.trust.clone()))];
    let mut seen = BTreeSet::new();
    let mut delegations = Vec::new();
    while let Some((role, trust)) = queue.pop() {
        if !seen.insert(role.clone()) {
            continue;
        }
        if seen.len() > MAX_ROLES {
            return Err(GitError::TooMuch(
                "its metadata delegates to over 1000 roles",
            ));
        }
        let Some(file) = present.remove(&role) else {
            continue;
        };
        warnings.extend(unmet(&file, &trust, &role));
        if file.metadata.trust.roles.is_empty() {
            continue;
        }
        let trust = Arc::new(file.metadata.trust);
        let names = trust.roles.keys();
        queue.extend(names.map(|name| (name.clone(), Arc::clone(&trust))));
        delegations.push(Delegation {
            path: file.path,
            text: file.text,
            from: file.from,
            trust,
            first_published: first_published(history, blobs, folders, &role)?,
        });
    }
    delegations.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(delegations)
}

fn unmet(file: &Present, trust: &Trust, role: &str) -> Option<String> {
    let count = count_signers(&file.metadata, trust, role).filter(|count| !count.is_met())?;
    Some(format!(
        "`{}`: the threshold of role `{}` is not met: {} of {} required distinct keys have valid signatures",
        file.path.escape_debug(),
        role.escape_debug(),
        count.signers.len(),
        count.required
    ))
}

/// The metadata files in the tree by role: the highest version where there are several.
fn present(
    history: &History,
    blobs: &mut Blobs,
    folders: &Folders,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, Present>, GitError> {
    let mut present: BTreeMap<String, Present> = BTreeMap::new();
    for path in history.paths().filter(|path| folders.holds_metadata(path)) {
        let held = history.held(path).into_iter().next_back();
        let held = held.filter(|held| held.last == history.head());
        let (Some(role), Some(held)) = (role_of(path), held) else {
            continue;
        };
        let bytes = match blobs.read(&held.blob, MAX_METADATA_BYTES) {
            Err(GitError::TooLong { length, .. }) => {
                warnings.push(format!(
                    "`{}` is {length} bytes long and was not read",
                    path.escape_debug()
                ));
                continue;
            }
            other => other?,
        };
        let metadata = match Metadata::parse(&bytes) {
            Ok(metadata) if metadata.kind == TARGETS => metadata,
            Ok(_) => continue,
            Err(error) => {
                warnings.push(format!("`{}` is no metadata: {error}", path.escape_debug()));
                continue;
            }
        };
        let newer = present
            .get(&role)
            .is_none_or(|other| other.metadata.version < metadata.version);
        if newer {
            let file = Present {
                path: path.to_owned(),
                text: String::from_utf8_lossy(&bytes).into_owned(),
                from: held.from,
                metadata,
            };
            present.insert(role, file);
        }
    }
    Ok(present)
}

/// The role of `targets.json` and `12.targets.json`; none for roots and the online roles.
fn role_of(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?.strip_suffix(".json")?;
    let role = match name.split_once('.') {
        Some((digits, role)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => role,
        Some(_) | None => name,
    };
    let other = ["root", "snapshot", "timestamp"].contains(&role);
    (!other).then(|| role.to_owned())
}

/// When each key was first delegated to, over all files that this role ever had.
fn first_published(
    history: &History,
    blobs: &mut Blobs,
    folders: &Folders,
    role: &str,
) -> Result<BTreeMap<KeyFingerprint, usize>, GitError> {
    let mut first: BTreeMap<KeyFingerprint, usize> = BTreeMap::new();
    let paths = history.paths().filter(|path| folders.holds_metadata(path));
    let paths = paths.filter(|path| role_of(path).as_deref() == Some(role));
    for held in paths.flat_map(|path| history.held(path)) {
        let content = match blobs.read(&held.blob, MAX_METADATA_BYTES) {
            Err(GitError::TooLong { .. }) => continue,
            other => other?,
        };
        let Ok(metadata) = Metadata::parse(&content) else {
            continue;
        };
        for key in metadata.trust.keys.values() {
            let known = first.entry(key.fingerprint).or_insert(held.from);
            *known = held.from.min(*known);
        }
    }
    Ok(first)
}
