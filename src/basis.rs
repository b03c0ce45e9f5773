//! What every command judges on: capture, library, scope and the rules' assessment, held together.

mod live;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use custody_controls::assess::assess;
use custody_controls::assessment::Assessment;
use custody_controls::capture::{Capture, read_capture};
use custody_controls::instant::Instant;
use custody_controls::library::{Library, RequirementBrief, is_library_file};
use custody_controls::packet::{PacketLibrary, ReviewScope};
use custody_controls::validator::ReviewBasis;
use custody_tools::source::directory::Directory;
use custody_tools::source::tuf::TufRepository;
use custody_tools::source::{Connectors, MissingSource, SourceProgress};
use custody_tools::tool::{ReviewMaterial, Visibility};
use serde_json::Value;

use crate::config::{Config, SourceConfig};

/// The largest capture file that is read.
const MAX_CAPTURE_BYTES: u64 = 4_000_000_000;

/// A judged capture.
#[derive(Debug)]
pub struct Judged {
    /// The evidence.
    pub capture: Capture,
    /// The controls library.
    pub library: Library,
    /// Cycle, period and as-of.
    pub scope: ReviewScope,
    /// What the rules found.
    pub assessment: Assessment,
    requirements: Vec<RequirementBrief>,
    parameters: BTreeMap<String, Value>,
    packet_library: PacketLibrary,
}

impl Judged {
    /// Judges `capture` by `library`.
    #[must_use]
    pub fn new(capture: Capture, library: Library, scope: ReviewScope) -> Self {
        let assessment = assess(&capture, &library, &scope);
        let requirements = library
            .requirements()
            .iter()
            .map(|requirement| requirement.brief().clone())
            .collect();
        let parameters = library.policy().parameters_json();
        let packet_library = PacketLibrary {
            version: library.version().to_owned(),
            digest: library.digest(),
            approved: library.is_approved(),
        };
        Self {
            capture,
            library,
            scope,
            assessment,
            requirements,
            parameters,
            packet_library,
        }
    }

    /// What drafts are held against.
    #[must_use]
    pub fn basis(&self) -> ReviewBasis<'_> {
        ReviewBasis {
            capture: &self.capture,
            scope: &self.scope,
            assessment: &self.assessment,
            requirements: &self.requirements,
            parameters: &self.parameters,
            library: &self.packet_library,
        }
    }

    /// What tools answer from, to a reader who may see what `visibility` grants.
    #[must_use]
    pub fn material<'j>(&'j self, visibility: &'j dyn Visibility) -> ReviewMaterial<'j> {
        ReviewMaterial {
            capture: &self.capture,
            scope: &self.scope,
            assessment: &self.assessment,
            requirements: &self.requirements,
            parameters: &self.parameters,
            visibility,
        }
    }

    /// The requirements in words.
    #[must_use]
    pub fn requirements(&self) -> &[RequirementBrief] {
        &self.requirements
    }

    /// The policy's parameters.
    #[must_use]
    pub const fn parameters(&self) -> &BTreeMap<String, Value> {
        &self.parameters
    }
}

/// Where the evidence comes from.
#[derive(Debug, Clone, Copy)]
pub enum EvidenceFrom<'a> {
    /// The configured sources.
    Sources(MissingSource),
    /// A capture file.
    File(&'a Path),
}

/// Captures the evidence as it stood at `as_of`. `warn` is told what a person should know, `progress` how the reading goes.
///
/// # Errors
/// Every fault of every source, or why the capture file cannot be used.
pub async fn gather(
    config: &Config,
    from: EvidenceFrom<'_>,
    as_of: Instant,
    captured_at: Instant,
    warn: impl Fn(&str),
    progress: impl Fn(SourceProgress),
) -> anyhow::Result<Capture> {
    let missing = match from {
        EvidenceFrom::File(path) => return read_capture_file(path),
        EvidenceFrom::Sources(missing) => missing,
    };
    let connectors = connectors(config, captured_at);
    match custody_tools::source::capture(&connectors, as_of, captured_at, missing, progress).await {
        Ok(captured) => {
            captured.warnings.iter().for_each(|warning| warn(warning));
            Ok(captured.capture)
        }
        Err(error) => {
            error.warnings.iter().for_each(|warning| warn(warning));
            let count = error.faults.as_slice().len();
            Err(anyhow::anyhow!(
                "{count} fault(s) in the evidence; nothing was queued\n{}",
                error.faults
            ))
        }
    }
}

/// The configured connectors, for reading at `now`.
#[must_use]
pub fn connectors(config: &Config, now: Instant) -> Connectors {
    let connector = |source: &SourceConfig| match source {
        SourceConfig::Directory { path } => Arc::new(Directory::new(path.clone())) as Arc<_>,
        SourceConfig::Pkcs11(settings) => live::pkcs11(settings, config, now),
        SourceConfig::Scim(settings) => live::scim(settings),
        SourceConfig::Tuf(settings) => Arc::new(TufRepository::new((**settings).clone())) as Arc<_>,
    };
    config
        .sources
        .iter()
        .map(|(name, source)| (*name, connector(source)))
        .collect()
}

fn read_capture_file(path: &Path) -> anyhow::Result<Capture> {
    let shown = path.display();
    let length = std::fs::metadata(path)
        .with_context(|| format!("capture `{shown}` cannot be read"))?
        .len();
    anyhow::ensure!(
        length <= MAX_CAPTURE_BYTES,
        "capture `{shown}` is larger than {MAX_CAPTURE_BYTES} bytes"
    );
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("capture `{shown}` cannot be read"))?;
    read_capture(&text).map_err(|error| anyhow::anyhow!("capture `{shown}`: {error}"))
}

/// Loads the configured library; the built-in one where none is configured.
///
/// # Errors
/// Every mistake in it, with file and line.
pub fn load_library(folder: Option<&Path>) -> anyhow::Result<Library> {
    let Some(folder) = folder else {
        return Ok(Library::builtin()?);
    };
    Ok(Library::load(library_files(folder)?)?)
}

/// The texts of a library folder's files, by name.
///
/// # Errors
/// Says which file cannot be read.
pub fn library_files(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let shown = folder.display();
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)
        .with_context(|| format!("controls library `{shown}` cannot be read"))?
    {
        let path = entry
            .with_context(|| format!("controls library `{shown}` cannot be read"))?
            .path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| is_library_file(name))
        else {
            continue;
        };
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("`{}` cannot be read", path.display()))?;
        files.insert(name.to_owned(), text);
    }
    Ok(files)
}
