//! Evaluation cases: a base scenario, a small patch of its evidence, and what reviewers say of the result.
//!
//! A case is loaded whole or refused with file and member. It becomes a frozen capture, judged by
//! the library, without touching the disk again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use custody_controls::instant::Instant;
use custody_controls::json::{Digest, parse_strict};
use custody_controls::kind::SourceSystem;
use custody_controls::library::Library;
use custody_tools::source::MissingSource;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::evidence::Evidence;
use super::label::Label;
use super::patch::Patch;
use super::probe::Memo;
use crate::basis::{EvidenceFrom, Judged, gather};
use crate::config::{Config, DEFAULT_CONFIG};

/// The file that makes a folder a case.
pub const CASE_FILE: &str = "case.json";

/// A case as its file states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// What it is about.
    pub title: String,
    /// Why it is here.
    pub why: String,
    /// Classes and other words to find it by; the first says its family where `cluster` does not.
    pub tags: Vec<String>,
    /// The family of scenarios that it belongs to: what is resampled together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The folder under `examples/` whose evidence is patched.
    pub base: String,
    /// The instant judged for.
    pub as_of: Instant,
    /// Changes of the evidence.
    pub patch: Vec<Patch>,
    /// One entry per reviewer; the first is the reference.
    pub labels: Vec<Label>,
}

/// A case with its evidence, judged.
#[derive(Debug)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// What its file says.
    pub file: CaseFile,
    /// The evidence after the patch.
    pub evidence: Evidence,
    /// That evidence, frozen and judged.
    pub judged: Judged,
    reference: Label,
    digest: Digest,
    pub(super) memo: Memo,
}

impl Case {
    /// The family of scenarios that it belongs to.
    #[must_use]
    pub fn cluster(&self) -> &str {
        let first = self.file.tags.first();
        self.file
            .cluster
            .as_deref()
            .or(first.map(String::as_str))
            .unwrap_or(&self.name)
    }

    /// The reference reviewer's label.
    #[must_use]
    pub const fn reference(&self) -> &Label {
        &self.reference
    }

    /// Whether a tag is on it.
    #[must_use]
    pub fn has_tag(&self, tag: &str) -> bool {
        self.file.tags.iter().any(|known| known == tag)
    }

    /// SHA-256 over the case's file and its evidence.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// The cases of one evaluation, by name.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The cases, each name once.
    pub cases: Vec<Arc<Case>>,
    /// SHA-256 over the digests of all cases by name.
    pub digest: Digest,
}

impl Dataset {
    /// Loads the cases at `paths`: each a case's folder, or a folder of such folders.
    ///
    /// # Errors
    /// Says which file cannot be used, with member and reason; everything at once.
    pub async fn load(paths: &[PathBuf], library: &Library) -> anyhow::Result<Self> {
        let mut loader = Loader {
            library,
            bases: BTreeMap::new(),
        };
        let mut cases: Vec<Arc<Case>> = Vec::new();
        let mut faults = Vec::new();
        for folder in case_folders(paths)? {
            match loader.load(&folder).await {
                Ok(case) if cases.iter().any(|known| known.name == case.name) => {
                    faults.push(format!("case `{}` stands twice", case.name));
                }
                Ok(case) => cases.push(Arc::new(case)),
                Err(error) => faults.push(format!("{error:#}")),
            }
        }
        anyhow::ensure!(faults.is_empty(), "{}", faults.join("\n"));
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        let digests: BTreeMap<&str, Digest> = cases
            .iter()
            .map(|case| (case.name.as_str(), case.digest))
            .collect();
        let digest = Digest::of(&json!(digests));
        Ok(Self { cases, digest })
    }

    /// The case with this name.
    #[must_use]
    pub fn case(&self, name: &str) -> Option<&Arc<Case>> {
        self.cases.iter().find(|case| case.name == name)
    }
}

/// The folders of cases at `paths`, in order.
fn case_folders(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for path in paths {
        let shown = path.display();
        if path.join(CASE_FILE).is_file() {
            folders.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path)
            .with_context(|| format!("cases `{shown}` cannot be read"))?
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("cases `{shown}` cannot be read"))?;
        let mut found: Vec<PathBuf> = entries
            .into_iter()
            .map(|entry| entry.path())
            .filter(|folder| folder.join(CASE_FILE).is_file())
            .collect();
        anyhow::ensure!(
            !found.is_empty(),
            "`{shown}` is no case and holds none: a case is a folder with a `{CASE_FILE}`"
        );
        found.sort();
        folders.append(&mut found);
    }
    Ok(folders)
}

struct Base {
    config: Config,
    evidence: Evidence,
}

struct Loader<'l> {
    library: &'l Library,
    bases: BTreeMap<PathBuf, Base>,
}

impl Loader<'_> {
    async fn load(&mut self, folder: &Path) -> anyhow::Result<Case> {
        let path = folder.join(CASE_FILE);
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("`{shown}` cannot be read"))?;
        let (file, value) = read_case(&text).with_context(|| format!("`{shown}`"))?;
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let base = self
            .base(folder, &file)
            .await
            .with_context(|| format!("`{shown}`"))?;
        let mut evidence = base.evidence.clone().read_at(file.as_of);
        for (number, patch) in file.patch.iter().enumerate() {
            patch
                .apply(&mut evidence)
                .map_err(|reason| anyhow::anyhow!("`{shown}`: patch/{number}: {reason}"))?;
        }
        let capture = evidence.freeze().map_err(|faults| {
            anyhow::anyhow!("`{shown}`: the patched evidence does not fit\n{faults}")
        })?;
        let digest = Digest::of(&json!({ "case": value, "evidence": capture.digest() }));
        let scope = base.config.scope(file.as_of);
        let judged = Judged::new(capture, self.library.clone(), scope);
        let mistakes = mistakes(&file, &judged);
        anyhow::ensure!(mistakes.is_empty(), "{}", of_file(&shown, &mistakes));
        let reference = file.labels.first().cloned();
        Ok(Case {
            name,
            reference: reference.with_context(|| format!("`{shown}`: labels: is empty"))?,
            file,
            evidence,
            judged,
            digest,
            memo: Memo::default(),
        })
    }

    /// The base scenario: `examples/<base>`, looked for from the case's folder upward.
    async fn base(&mut self, folder: &Path, file: &CaseFile) -> anyhow::Result<&Base> {
        let name = &file.base;
        let plain = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        anyhow::ensure!(
            plain && !name.starts_with('.'),
            "base: `{name}` is no folder's name"
        );
        let from = std::path::absolute(folder)?;
        let configured = from
            .ancestors()
            .map(|above| above.join("examples").join(name).join(DEFAULT_CONFIG))
            .find(|config| config.is_file())
            .with_context(|| {
                format!("base: there is no `examples/{name}/{DEFAULT_CONFIG}` above the case")
            })?;
        if !self.bases.contains_key(&configured) {
            let base = read_base(&configured, file.as_of).await?;
            self.bases.insert(configured.clone(), base);
        }
        self.bases.get(&configured).context("base: was not read")
    }
}

async fn read_base(path: &Path, at: Instant) -> anyhow::Result<Base> {
    let config = Config::read(path)?;
    let sources = EvidenceFrom::Sources(MissingSource::Refuse);
    let capture = gather(&config, sources, at, at, |_| {}, |_| {})
        .await
        .with_context(|| format!("base `{}`", path.display()))?;
    Ok(Base {
        evidence: Evidence::of(&capture),
        config,
    })
}

fn read_case(text: &str) -> anyhow::Result<(CaseFile, Value)> {
    let value = parse_strict(text)?;
    // Read from the text, so that what does not fit is named with its line.
    let file: CaseFile = serde_json::from_str(text)?;
    Ok((file, value))
}

fn of_file(shown: &str, mistakes: &[(String, String)]) -> String {
    let lines = mistakes
        .iter()
        .map(|(member, reason)| format!("`{shown}`: {member}: {reason}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Members that cannot be, with the reason.
fn mistakes(file: &CaseFile, judged: &Judged) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let texts = [("title", &file.title), ("why", &file.why)];
    for (member, _) in texts.into_iter().filter(|(_, text)| text.trim().is_empty()) {
        found.push((member.to_owned(), "is empty".to_owned()));
    }
    let requirements: BTreeSet<&str> = judged
        .requirements()
        .iter()
        .map(|brief| brief.id.as_str())
        .collect();
    let capture = &judged.capture;
    let is_record = |name: &str| name.parse().is_ok_and(|id| capture.find(&id).is_some());
    let is_source = |name: &str| SourceSystem::ALL.iter().any(|source| source.name() == name);
    let mut reviewers = BTreeSet::new();
    for (number, label) in file.labels.iter().enumerate() {
        if !reviewers.insert(&label.reviewer) || label.reviewer.trim().is_empty() {
            let reason = "is empty or stands twice".to_owned();
            found.push((format!("labels/{number}/reviewer"), reason));
        }
        let of_label = label.mistakes(&requirements, &is_record, &is_source);
        found.extend(
            of_label
                .into_iter()
                .map(|(member, reason)| (format!("labels/{number}/{member}"), reason)),
        );
    }
    found
}
