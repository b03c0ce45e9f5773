//! The `tuf` connector: a git repository of a TUF root-signing project, read as it stood at as-of.
//!
//! It believes no signature, attestation, key id or date before it has held it against what it
//! must agree with. It reads the repository's objects and never its configuration, and writes nothing to it.

mod attestation;
mod canonical;
mod git;
mod key;
mod lines;
mod links;
mod mapping;
mod metadata;
mod records;
mod registry;
mod settings;
mod signatures;
mod survey;

use std::sync::Arc;

use custody_controls::fault::{Fault, Faults};
use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;
use custody_controls::table::Layout;
use serde_json::Value;

use self::git::GitError;
use self::git::objects::ObjectReader;
use self::git::place::GitPlace;
use self::records::Recorder;
use self::registry::Registry;
pub use self::settings::TufSettings;
use self::settings::{MAX_FILE_BYTES, ReadSettings};
use self::survey::{Folders, Survey, SurveyError};
use super::{Connector, SourceError, SourceEvidence, Standing, WriteAccess};

/// Reads `hsm` and `ceremonies` from a TUF root-signing repository.
#[derive(Debug, Clone)]
pub struct TufRepository {
    settings: TufSettings,
}

impl TufRepository {
    /// The connector's name in configuration.
    pub const NAME: &'static str = "tuf";

    /// Reads what `settings` describe.
    #[must_use]
    pub const fn new(settings: TufSettings) -> Self {
        Self { settings }
    }
}

impl Connector for TufRepository {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn read(&self, source: SourceSystem, as_of: Instant) -> Result<SourceEvidence, SourceError> {
        let mut warnings = Vec::new();
        match self.evidence(source, as_of, &mut warnings) {
            Ok(mut evidence) => {
                evidence.warnings = named(source, warnings);
                Ok(evidence)
            }
            Err(faults) => Err(SourceError {
                faults,
                warnings: named(source, warnings),
            }),
        }
    }

    fn standing(&self, _source: SourceSystem) -> Standing {
        let opened = GitPlace::locate(&self.settings.path);
        let reached = opened.as_ref().map_err(ToString::to_string);
        let reached =
            reached.and_then(|place| self.tip_answers(place).map_err(|error| error.to_string()));
        Standing {
            unreachable: reached.err(),
            write_access: opened.map_or_else(
                |_| WriteAccess::Unknown("the repository cannot be opened".to_owned()),
                |place| write_access(&place),
            ),
        }
    }
}

impl TufRepository {
    fn evidence(
        &self,
        source: SourceSystem,
        as_of: Instant,
        warnings: &mut Vec<String>,
    ) -> Result<SourceEvidence, Faults> {
        match source {
            SourceSystem::Hsm | SourceSystem::Ceremonies => {}
            SourceSystem::Identity | SourceSystem::Release | SourceSystem::Controls => {
                let reason = "`tuf` yields records of `hsm` and `ceremonies` alone";
                return Err(self.fault(source, reason.to_owned()));
            }
        }
        let settings = self.settings.read(source)?;
        let survey = self.survey(&settings, as_of);
        let survey = survey.map_err(|error| self.faults(source, error))?;
        let registry = Registry::gather(&survey, &settings.mapping);
        warnings.extend(survey.warnings.iter().cloned());
        warnings.extend(match source {
            SourceSystem::Hsm => survey
                .key_warnings
                .iter()
                .chain(&registry.warnings)
                .cloned()
                .collect(),
            SourceSystem::Ceremonies => survey.ceremony_warnings.clone(),
            SourceSystem::Identity | SourceSystem::Release | SourceSystem::Controls => Vec::new(),
        });
        let recorder = Recorder {
            registry: &registry,
            links: &settings.links,
        };
        let mut evidence = SourceEvidence::default();
        let mut faults = Vec::new();
        for kind in source.kinds() {
            let text = Value::Array(recorder.records(kind)).to_string();
            let place = format!("{} of the repository", kind.name());
            let read = evidence
                .tables
                .read(kind, Arc::from(text), Layout::Array, &place);
            faults.extend(read.err().unwrap_or_default());
            evidence.read_from.insert(kind, place);
        }
        Faults::none_in(faults)?;
        Ok(evidence)
    }

    fn survey(&self, settings: &ReadSettings, as_of: Instant) -> Result<Survey, SurveyError> {
        let place = GitPlace::locate(&self.settings.path)?;
        let branch = place.branch(self.settings.branch.as_deref())?;
        let search_path = self.settings.search_path.as_ref();
        let reader = ObjectReader::start(&place, branch.tip.format(), search_path)?;
        let plain = |folders: &[String]| {
            let folders = folders.iter();
            folders
                .map(|folder| folder.trim_matches('/').to_owned())
                .collect()
        };
        let folders = Folders {
            metadata: plain(&self.settings.metadata),
            papers: plain(&self.settings.papers),
        };
        Survey::read(reader, &branch, as_of, &folders, &settings.pinned)
    }

    /// Whether the tip of the branch can be read.
    fn tip_answers(&self, place: &GitPlace) -> Result<(), GitError> {
        let branch = place.branch(self.settings.branch.as_deref())?;
        let search_path = self.settings.search_path.as_ref();
        let mut reader = ObjectReader::start(place, branch.tip.format(), search_path)?;
        reader.read(
            &branch.tip,
            git::objects::ObjectKind::Commit,
            MAX_FILE_BYTES,
        )?;
        Ok(())
    }

    fn fault(&self, source: SourceSystem, reason: String) -> Faults {
        let shown = self.settings.path.display().to_string();
        Fault::of_file(source, &shown, reason).into()
    }

    fn faults(&self, source: SourceSystem, error: SurveyError) -> Faults {
        match error {
            SurveyError::Git(error) => self.fault(source, format!("repository {error}")),
            SurveyError::Nothing(reason) => self.fault(source, reason),
            SurveyError::Files(files) => {
                let faults = files
                    .into_iter()
                    .map(|(file, reason)| Fault::of_file(source, &file, reason));
                let faults = Faults::none_in(faults.collect());
                faults
                    .err()
                    .unwrap_or_else(|| self.fault(source, "cannot be read".to_owned()))
            }
        }
    }
}

fn named(source: SourceSystem, warnings: Vec<String>) -> Vec<String> {
    let with_source = |warning| format!("source `{source}`: {warning}");
    warnings.into_iter().map(with_source).collect()
}

/// Whether this account may change objects or branches.
fn write_access(place: &GitPlace) -> WriteAccess {
    use rustix::io::Errno;
    for (path, what) in place.writable_places() {
        match rustix::fs::access(&path, rustix::fs::Access::WRITE_OK) {
            Ok(()) => return WriteAccess::Possible(format!("this account may write {what}")),
            Err(Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::NOENT) => {}
            Err(error) => return WriteAccess::Unknown(format!("permissions of {what}: {error}")),
        }
    }
    WriteAccess::None(
        "this account may write neither the repository's objects nor its branches".to_owned(),
    )
}

#[cfg(test)]
#[path = "tuf/attested_tests.rs"]
mod attested_tests;
#[cfg(test)]
#[path = "tuf/claims_tests.rs"]
mod claims_tests;
#[cfg(test)]
#[path = "tuf/generated_tests.rs"]
mod generated_tests;
#[cfg(test)]
#[path = "tuf/hostile_tests.rs"]
mod hostile_tests;
#[cfg(test)]
#[path = "tuf/published_tests.rs"]
mod published_tests;
#[cfg(test)]
#[path = "tuf/verification_tests.rs"]
mod verification_tests;
