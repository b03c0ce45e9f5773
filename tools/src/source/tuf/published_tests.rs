//! A real project's published roots and attestations, where they are at hand.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of the published data; says so where it is absent.
pub(super) fn published() -> Option<PathBuf> {
    let shared = std::env::var_os("CUSTODY_SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let folder = shared.join("sigstore-root-signing");
    if folder.join("expected.json").is_file() {
        return Some(folder);
    }
    eprintln!(
        "skipped: no published root metadata at `{}`",
        folder.display()
    );
    None
}

/// A JSON file of the published data.
pub(super) fn document(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}
