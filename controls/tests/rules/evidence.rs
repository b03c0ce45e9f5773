//! Evidence to patch: a clean base on which the rules approve, and what they say of a change to it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use custody_controls::assess::assess;
use custody_controls::assessment::Assessment;
use custody_controls::capture::{Capture, SourceReading, Tables};
use custody_controls::instant::Instant;
use custody_controls::kind::{ArtifactId, Kind, SourceSystem};
use custody_controls::library::Library;
use custody_controls::packet::{ReviewPeriod, ReviewScope};
use custody_controls::status::RequirementStatus;
use custody_controls::table::Layout;
use serde_json::Value;

use crate::world::World;

/// The built-in library, loaded once.
pub(crate) static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::builtin().unwrap());

/// When the base is judged.
pub(crate) const AS_OF: &str = "2026-12-15T00:00:00Z";

/// What a requirement's status is on the base.
const BASE_STATUSES: [(&str, RequirementStatus); 5] = [
    ("KC-1", RequirementStatus::Satisfied),
    ("KC-2", RequirementStatus::Satisfied),
    ("KC-3", RequirementStatus::Satisfied),
    ("KC-4", RequirementStatus::Satisfied),
    ("KC-5", RequirementStatus::ExceptionBacked),
];

/// Records by kind, before they are captured.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub(crate) records: BTreeMap<Kind, Vec<Value>>,
    missing: Vec<SourceSystem>,
    base_statuses: BTreeMap<String, RequirementStatus>,
}

pub(crate) fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// The second half of 2026, judged at `as_of`.
pub(crate) fn scope(as_of: &str) -> ReviewScope {
    ReviewScope {
        cycle: "2026-H2".to_owned(),
        as_of: at(as_of),
        period: ReviewPeriod {
            from: at("2026-07-01T00:00:00Z"),
            to: at("2027-01-01T00:00:00Z"),
        },
    }
}

/// The clean base.
pub(crate) fn base() -> Evidence {
    let kinds: BTreeMap<String, Vec<Value>> =
        serde_json::from_str(include_str!("base.json")).unwrap();
    Evidence {
        records: kinds
            .into_iter()
            .map(|(path, records)| (Kind::from_path(&path).unwrap(), records))
            .collect(),
        missing: Vec::new(),
        base_statuses: BASE_STATUSES
            .into_iter()
            .map(|(id, status)| (id.to_owned(), status))
            .collect(),
    }
}

/// Generated evidence, which has defects.
pub(crate) fn generated(world: &World) -> Evidence {
    let mut evidence = base();
    for (path, text) in &world.files {
        let kind = Kind::from_path(path).unwrap();
        evidence
            .records
            .insert(kind, serde_json::from_str(text).unwrap());
    }
    evidence
}

impl Evidence {
    pub(crate) fn record(&mut self, artifact: &str) -> &mut Value {
        let id: ArtifactId = artifact.parse().unwrap();
        let records = self.records.get_mut(&id.kind()).unwrap();
        records
            .iter_mut()
            .find(|record| record["id"] == id.id())
            .unwrap()
    }

    /// Sets the value at a pointer; the member may be new.
    pub(crate) fn set(mut self, artifact: &str, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, last) = pointer.rsplit_once('/').unwrap();
        let value = value.into();
        match self.record(artifact).pointer_mut(parent).unwrap() {
            Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
            parent => parent[last] = value,
        }
        self
    }

    /// Adds a copy of a record under another id.
    pub(crate) fn copy(mut self, artifact: &str, id: &str) -> Self {
        let mut copy = self.record(artifact).clone();
        copy["id"] = id.into();
        let kind = artifact.parse::<ArtifactId>().unwrap().kind();
        self.records.get_mut(&kind).unwrap().push(copy);
        self
    }

    pub(crate) fn remove(mut self, artifact: &str) -> Self {
        let id: ArtifactId = artifact.parse().unwrap();
        let records = self.records.get_mut(&id.kind()).unwrap();
        let before = records.len();
        records.retain(|record| record["id"] != id.id());
        assert_eq!(records.len() + 1, before, "{artifact}");
        self
    }

    /// Empties the whole kind.
    pub(crate) fn empty(mut self, kind: &str) -> Self {
        self.records
            .insert(Kind::from_path(kind).unwrap(), Vec::new());
        self
    }

    /// The source could not be read, and the review goes on without it.
    pub(crate) fn missing(mut self, source: SourceSystem) -> Self {
        self.missing.push(source);
        for kind in source.kinds() {
            self.records.insert(kind, Vec::new());
        }
        self
    }

    /// The requirement has this status where no finding makes it worse.
    pub(crate) fn otherwise(mut self, requirement: &str, status: RequirementStatus) -> Self {
        self.base_statuses.insert(requirement.to_owned(), status);
        self
    }

    pub(crate) fn capture(&self) -> Capture {
        self.capture_as(&|records| serde_json::to_string(records).unwrap())
    }

    /// The capture of the records as `write` writes each kind's.
    pub(crate) fn capture_as(&self, write: &dyn Fn(&[Value]) -> String) -> Capture {
        let mut tables = Tables::default();
        for (kind, records) in &self.records {
            tables
                .read(*kind, Arc::from(write(records)), Layout::Array, kind.name())
                .unwrap();
        }
        let reading = |source| SourceReading {
            connector: "test".to_owned(),
            captured_at: at(AS_OF),
            missing: self.missing.contains(&source).then(|| "gone".to_owned()),
        };
        let readings = SourceSystem::ALL
            .into_iter()
            .map(|source| (source, reading(source)))
            .collect();
        Capture::freeze(tables, readings).unwrap()
    }

    pub(crate) fn assess_at(&self, as_of: &str) -> Assessment {
        assess(&self.capture(), &LIBRARY, &scope(as_of))
    }
}

/// `KC-3 hsm/escrow_media/EM1 stale remediate`, one line per finding.
pub(crate) fn lines(assessment: &Assessment) -> Vec<String> {
    let mut lines: Vec<String> = assessment
        .findings
        .iter()
        .map(|finding| {
            format!(
                "{} {} {} {}",
                finding.requirement, finding.subject, finding.status, finding.disposition
            )
        })
        .collect();
    lines.sort();
    lines
}

/// Judges `evidence` and holds the whole outcome to `posture` and `findings`: no finding less and
/// none more, each requirement's status the worst of its findings, each finding borne out by citations.
#[track_caller]
pub(crate) fn check(evidence: &Evidence, posture: &str, findings: &[&str]) {
    check_at(evidence, AS_OF, posture, findings);
}

/// As [`check`], at another instant.
#[track_caller]
pub(crate) fn check_at(evidence: &Evidence, as_of: &str, posture: &str, findings: &[&str]) {
    let assessment = evidence.assess_at(as_of);
    let mut expected: Vec<String> = findings.iter().map(|line| (*line).to_owned()).collect();
    expected.sort();
    let checks: Vec<&str> = assessment
        .findings
        .iter()
        .map(|finding| finding.check.as_str())
        .collect();
    assert_eq!(lines(&assessment), expected, "failed checks: {checks:?}");
    assert_eq!(assessment.posture.as_str(), posture);
    for result in &assessment.requirements {
        let worst = findings
            .iter()
            .filter(|line| line.starts_with(&result.id))
            .map(|line| status(line))
            .max();
        let otherwise = evidence.base_statuses[&result.id];
        let wanted = worst.map_or(otherwise, |worst| worst.max(otherwise));
        assert_eq!(result.status, wanted, "{}", result.id);
    }
    for finding in &assessment.findings {
        let of_record = finding.subject.parse::<ArtifactId>().is_ok();
        assert_eq!(
            of_record,
            !finding.citations.is_empty(),
            "{}",
            finding.check
        );
    }
}

fn status(line: &str) -> RequirementStatus {
    let word = line.split(' ').nth(2).unwrap();
    RequirementStatus::ALL
        .into_iter()
        .find(|status| status.as_str() == word)
        .unwrap()
}
