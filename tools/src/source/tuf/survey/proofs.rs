//! Device attestations in the history, and when the tree held them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::attestation::{
    AttestationError, AttestationFiles, AttestedKey, PinnedRoots, claimed_key, verify_attestation,
};
use super::super::git::history::History;
use super::super::git::{GitError, ObjectId};
use super::super::key::KeyFingerprint;
use super::Blobs;

const KEY_CERTIFICATE: &str = "_key_cert.pem";
const DEVICE_CERTIFICATE: &str = "_device_cert.pem";
const PUBLIC_KEY: &str = "_pubkey.pem";

const MAX_FILE_BYTES: usize = 64_000;
const MAX_PROOFS: usize = 20_000;

/// One attestation as the tree held it for a while.
#[derive(Debug)]
pub(in super::super) struct Proof {
    /// The key certificate's path.
    pub(in super::super) path: String,
    /// The commit that brought it in this form.
    pub(in super::super) from: usize,
    /// The last commit whose tree held it in this form.
    pub(in super::super) last: usize,
    /// The key that it speaks of, believed without any check.
    pub(in super::super) claimed: Option<KeyFingerprint>,
    pub(in super::super) verified: Result<AttestedKey, AttestationError>,
    /// Both certificates as text.
    pub(in super::super) text: String,
}

/// Whether a path is one of an attestation's three files.
pub(super) fn is_attestation_file(path: &str) -> bool {
    [KEY_CERTIFICATE, DEVICE_CERTIFICATE, PUBLIC_KEY]
        .iter()
        .any(|ending| path.ends_with(ending))
}

/// Reads every attestation of the history.
pub(super) fn read(
    history: &History,
    blobs: &mut Blobs,
    pinned: &PinnedRoots,
    warnings: &mut Vec<String>,
) -> Result<Vec<Proof>, GitError> {
    let mut proofs = Vec::new();
    let stems = history
        .paths()
        .filter_map(|path| path.strip_suffix(KEY_CERTIFICATE));
    for stem in stems {
        for stretch in stretches(history, stem) {
            if proofs.len() >= MAX_PROOFS {
                return Err(GitError::TooMuch("its history has over 20000 attestations"));
            }
            proofs.push(read_one(history, blobs, pinned, stem, &stretch)?);
        }
    }
    warn(&proofs, warnings);
    Ok(proofs)
}

/// A while in which none of the three files changed and the key certificate was there.
struct Stretch {
    files: [Option<ObjectId>; 3],
    from: usize,
    last: usize,
}

fn stretches(history: &History, stem: &str) -> Vec<Stretch> {
    let paths = [KEY_CERTIFICATE, DEVICE_CERTIFICATE, PUBLIC_KEY].map(|end| format!("{stem}{end}"));
    let mut starts = BTreeSet::new();
    for held in paths.iter().flat_map(|path| history.held(path)) {
        starts.insert(held.from);
        starts.insert(held.last + 1);
    }
    let mut found: Vec<Stretch> = Vec::new();
    let ends = starts.iter().skip(1).map(|next| next - 1);
    let ends = ends.chain([history.head()]);
    for (from, last) in starts.iter().copied().zip(ends) {
        let files = paths.each_ref().map(|path| history.blob_at(path, from));
        let [key, ..] = &files;
        if key.is_some() && from <= last {
            found.push(Stretch { files, from, last });
        }
    }
    found
}

fn read_one(
    history: &History,
    blobs: &mut Blobs,
    pinned: &PinnedRoots,
    stem: &str,
    stretch: &Stretch,
) -> Result<Proof, GitError> {
    let mut contents = Vec::new();
    for blob in &stretch.files {
        // A giant is as good as none: no certificate is that long.
        let content = match blob.as_ref().map(|blob| blobs.read(blob, MAX_FILE_BYTES)) {
            Some(Ok(content)) => Some(content),
            Some(Err(GitError::TooLong { .. })) => Some(Vec::new()),
            Some(Err(error)) => return Err(error),
            None => None,
        };
        contents.push(content);
    }
    let content = |at: usize| contents.get(at).and_then(Option::as_deref);
    let key = content(0).unwrap_or_default();
    let device = content(1).unwrap_or_default();
    let files = AttestationFiles {
        key_certificate: key,
        device_certificate: device,
        public_key: content(2),
    };
    let verified = match history.commit(stretch.from) {
        Some(commit) => verify_attestation(files, pinned, commit.at),
        None => Err(AttestationError::NothingPinned),
    };
    Ok(Proof {
        path: format!("{stem}{KEY_CERTIFICATE}"),
        from: stretch.from,
        last: stretch.last,
        claimed: claimed_key(key),
        verified,
        text: format!(
            "{}{}",
            String::from_utf8_lossy(key),
            String::from_utf8_lossy(device)
        ),
    })
}

/// Tells what does not verify, and what lies in the folder of another token.
fn warn(proofs: &[Proof], warnings: &mut Vec<String>) {
    let mut refused: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for proof in proofs {
        match &proof.verified {
            Err(error) => refused
                .entry(error.to_string())
                .or_default()
                .push(&proof.path),
            Ok(attested) => {
                let folder = proof.path.rsplit('/').nth(1).unwrap_or_default();
                let other = folder
                    .parse::<u64>()
                    .is_ok_and(|serial| serial != attested.serial);
                if other {
                    warnings.push(format!(
                        "attestation `{}` is by token {}, not by the one that its folder names",
                        proof.path.escape_debug(),
                        attested.serial
                    ));
                }
            }
        }
    }
    for (reason, paths) in refused {
        let first = paths
            .first()
            .map_or(String::new(), |path| path.escape_debug().to_string());
        warnings.push(format!(
            "{} attestation(s) prove nothing: {reason}; the first is `{first}`",
            paths.len()
        ));
    }
}
