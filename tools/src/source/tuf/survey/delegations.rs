//! The roles that targets metadata delegates to, and theirs in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::git::GitError;
use super::super::git::history::{Held, History};
use super::super::key::KeyFingerprint;
use super::super::metadata::{Metadata, MetadataError, Trust};
use super::super::signatures::count_signers;
use super::roots::{MAX_METADATA_BYTES, PublishedRoot};
use super::{Blobs, Folders, SurveyError, Vouched};

/// What one metadata file delegates.
#[derive(Debug)]
pub(in super::super) struct Delegation {
    pub(in super::super) path: String,
    pub(in super::super) text: String,
    /// The commit that brought the file's present bytes.
    pub(in super::super) from: usize,
    pub(in super::super) trust: Arc<Trust>,
    /// Whether the thresholds down to it are met.
    pub(in super::super) vouched: Vouched,
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
) -> Result<Vec<Delegation>, SurveyError> {
    let mut present = present(history, blobs, folders)?;
    let accepted = roots.iter().rfind(|root| root.vouched() == Vouched::Yes);
    let Some(root) = accepted.or_else(|| roots.last()) else {
        return Ok(Vec::new());
    };
    let by_root = (Arc::new(root.metadata.trust.clone()), root.vouched());
    let mut queue = vec![(TARGETS.to_owned(), by_root)];
    let mut seen = BTreeSet::new();
    let (mut delegations, mut unread) = (Vec::new(), Vec::new());
    while let Some((role, (trust, above))) = queue.pop() {
        if !seen.insert(role.clone()) {
            continue;
        }
        if seen.len() > MAX_ROLES {
            let reason = "its metadata delegates to over 1000 roles";
            return Err(GitError::TooMuch(reason).into());
        }
        let Some(files) = present.remove(&role) else {
            continue;
        };
        unread.extend(files.unread);
        let Some(file) = files.newest else {
            continue;
        };
        let vouched = vouched(&file, &trust, &role, above, warnings);
        if file.metadata.trust.roles.is_empty() {
            continue;
        }
        let trust = Arc::new(file.metadata.trust);
        let names = trust.roles.keys();
        queue.extend(names.map(|name| (name.clone(), (Arc::clone(&trust), vouched))));
        delegations.push(Delegation {
            path: file.path,
            text: file.text,
            from: file.from,
            trust,
            vouched,
            first_published: first_published(history, blobs, folders, &role)?,
        });
    }
    if unread.is_empty() {
        Ok(delegations)
    } else {
        // Keys may be delegated there, and none of them would be judged.
        Err(SurveyError::Files(unread))
    }
}

/// Whether the role's keys and all above stand behind the file; a warning where its own do not.
fn vouched(
    file: &Present,
    trust: &Trust,
    role: &str,
    above: Vouched,
    warnings: &mut Vec<String>,
) -> Vouched {
    match count_signers(&file.metadata, trust, role) {
        Some(count) if count.is_met() => return above,
        Some(count) => warnings.push(format!(
            "`{}`: the threshold of role `{}` is not met: {} of {} required distinct keys have valid signatures",
            file.path.escape_debug(),
            role.escape_debug(),
            count.signers.len(),
            count.required
        )),
        None => warnings.push(format!(
            "`{}`: the root has no role `{}`, so nobody vouches for it",
            file.path.escape_debug(),
            role.escape_debug()
        )),
    }
    Vouched::No
}

/// The files of one role that are in the tree.
#[derive(Default)]
struct RoleFiles {
    /// The highest version.
    newest: Option<Present>,
    /// What cannot be read: where, and why.
    unread: Vec<(String, String)>,
}

/// The metadata files in the tree by role.
fn present(
    history: &History,
    blobs: &mut Blobs,
    folders: &Folders,
) -> Result<BTreeMap<String, RoleFiles>, GitError> {
    let mut present: BTreeMap<String, RoleFiles> = BTreeMap::new();
    for path in history.paths().filter(|path| folders.holds_metadata(path)) {
        let held = history.held(path).into_iter().next_back();
        let held = held.filter(|held| held.last == history.head());
        let (Some(role), Some(held)) = (role_of(path), held) else {
            continue;
        };
        let files = present.entry(role).or_default();
        match read_targets(path, &held, blobs)? {
            Ok(found) => {
                let version = found.metadata.version;
                let other = files.newest.as_ref();
                if other.is_none_or(|other| other.metadata.version < version) {
                    files.newest = Some(found);
                }
            }
            Err(reason) => {
                let commit = history.commit(held.from);
                let commit = commit.map_or_else(String::new, |commit| commit.id.to_string());
                files.unread.push((format!("{path}@{commit}"), reason));
            }
        }
    }
    Ok(present)
}

/// The file's targets metadata, or why it is none.
fn read_targets(
    path: &str,
    held: &Held,
    blobs: &mut Blobs,
) -> Result<Result<Present, String>, GitError> {
    let bytes = match blobs.read(&held.blob, MAX_METADATA_BYTES) {
        Err(GitError::TooLong { length, .. }) => {
            return Ok(Err(MetadataError::TooLong(length).to_string()));
        }
        other => other?,
    };
    Ok(match Metadata::parse(&bytes) {
        Ok(metadata) if metadata.kind == TARGETS => Ok(Present {
            path: path.to_owned(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            from: held.from,
            metadata,
        }),
        Ok(_) => Err("field `/signed/_type`: must be `targets`".to_owned()),
        Err(error) => Err(error.to_string()),
    })
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
