//! `kind = "tuf"` in the configuration, and the files that it names.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use custody_controls::fault::{Fault, Faults};
use custody_controls::kind::SourceSystem;
use serde::Deserialize;

use super::attestation::PinnedRoots;
use super::links::Links;
use super::mapping::Mapping;

/// Where a repository is, and what is known besides it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TufSettings {
    /// The checkout or bare repository.
    pub path: PathBuf,
    /// The branch whose first-parent history is read; the one that `HEAD` names where it is `None`.
    pub branch: Option<String>,
    /// Folders that publish `<version>.root.json`, the first preferred.
    #[serde(default = "metadata_folders")]
    pub metadata: Vec<String>,
    /// Folders with texts of ceremonies.
    #[serde(default = "paper_folders")]
    pub papers: Vec<String>,
    /// Vendor certificates (PEM) that device attestations must lead to; none is believed without.
    pub attestation_root: Option<PathBuf>,
    /// Who holds which key, and what is known of modules.
    pub mapping: Option<PathBuf>,
    /// Links, as `https://host/blob/{commit}/{path}#L{line}`.
    pub web_url: Option<String>,
    /// Where `git` is looked for.
    #[serde(skip)]
    pub search_path: Option<OsString>,
}

pub(super) fn metadata_folders() -> Vec<String> {
    ["metadata/root_history", "metadata", "repository/repository"]
        .map(str::to_owned)
        .into()
}

pub(super) fn paper_folders() -> Vec<String> {
    vec!["ceremony".to_owned()]
}

impl TufSettings {
    /// The same with paths relative to `base`, and `git` looked for on `search_path`.
    #[must_use]
    pub fn located(self, base: &Path, search_path: Option<OsString>) -> Self {
        Self {
            path: base.join(self.path),
            attestation_root: self.attestation_root.map(|path| base.join(path)),
            mapping: self.mapping.map(|path| base.join(path)),
            search_path,
            ..self
        }
    }
}

impl TufSettings {
    /// Reads the files that the settings name.
    pub(super) fn read(&self, source: SourceSystem) -> Result<ReadSettings, Faults> {
        let mut faults = Vec::new();
        let mut fault = |path: Option<&PathBuf>, reason: String| {
            // A setting that names no file is the repository's.
            let path = path.unwrap_or(&self.path).display().to_string();
            faults.push(Fault::of_file(source, &path, reason));
        };
        let pinned_at = self.attestation_root.as_ref();
        let pinned = match pinned_at.map(|path| read_file(path)) {
            None => PinnedRoots::default(),
            Some(bytes) => bytes
                .and_then(|bytes| PinnedRoots::parse(&bytes).map_err(|error| error.to_string()))
                .unwrap_or_else(|reason| {
                    fault(pinned_at, format!("vendor certificates: {reason}"));
                    PinnedRoots::default()
                }),
        };
        let mapping_at = self.mapping.as_ref();
        let mapping = match mapping_at.map(|path| read_file(path)) {
            None => Mapping::default(),
            Some(bytes) => bytes
                .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned()))
                .and_then(|text| Mapping::parse(&text))
                .unwrap_or_else(|reason| {
                    fault(mapping_at, format!("mapping: {reason}"));
                    Mapping::default()
                }),
        };
        let links = Links::parse(self.web_url.as_deref());
        if let Err(reason) = &links {
            fault(None, format!("setting `web_url` {reason}"));
        }
        Faults::none_in(faults)?;
        let links = links.unwrap_or_default();
        Ok(ReadSettings {
            pinned,
            mapping,
            links,
        })
    }
}

/// What the settings' files hold.
#[derive(Debug)]
pub(super) struct ReadSettings {
    pub(super) pinned: PinnedRoots,
    pub(super) mapping: Mapping,
    pub(super) links: Links,
}

/// The largest settings file that is read.
pub(super) const MAX_FILE_BYTES: usize = 1_000_000;

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if metadata.len() > MAX_FILE_BYTES as u64 {
        return Err(format!("is over {MAX_FILE_BYTES} bytes long"));
    }
    std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))
}
