//! A small review by hand: evidence of all five sources, what rules would find in it, and a correct draft.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use custody_controls::assessment::{
    Assessment, Citation, Finding, RankedOption, RequirementResult, SubjectStatus,
};
use custody_controls::capture::{Capture, RecordAt, SourceReading, Tables};
use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::kind::{ArtifactId, Kind, SourceSystem};
use custody_controls::library::{CheckBrief, RequirementBrief};
use custody_controls::packet::{PacketLibrary, ReviewPeriod, ReviewScope};
use custody_controls::status::{Disposition, RequirementStatus};
use custody_controls::table::Layout;
use custody_controls::validator::{DraftFault, FaultCode, ReviewBasis, Shown, validate};
use serde_json::{Value, json};

/// Everything that a draft is held against.
pub(crate) struct Review {
    pub(crate) capture: Capture,
    pub(crate) scope: ReviewScope,
    pub(crate) assessment: Assessment,
    pub(crate) requirements: Vec<RequirementBrief>,
    pub(crate) parameters: BTreeMap<String, Value>,
    pub(crate) library: PacketLibrary,
    pub(crate) draft: Value,
}

impl Review {
    /// The rules say `remediate`: a stale inspection, a participant off the roster, a path out of scope.
    pub(crate) fn with_gaps() -> Self {
        Self::of(with_gaps(), include_str!("with_gaps.json"))
    }

    /// The rules say `approve`.
    pub(crate) fn without_gaps() -> Self {
        Self::of(without_gaps(), include_str!("without_gaps.json"))
    }

    fn of(assessment: Assessment, draft: &str) -> Self {
        Self {
            capture: capture(0),
            scope: ReviewScope {
                cycle: "2026-H2".to_owned(),
                as_of: at("2026-11-20T09:00:00Z"),
                period: ReviewPeriod {
                    from: at("2026-07-01T00:00:00Z"),
                    to: at("2027-01-01T00:00:00Z"),
                },
            },
            requirements: assessment.requirements.iter().map(brief).collect(),
            assessment,
            parameters: [
                ("inspection_max_age_days".to_owned(), json!(184)),
                ("required_course".to_owned(), json!("key-custodian")),
            ]
            .into(),
            library: PacketLibrary {
                version: "1.0.0".to_owned(),
                digest: Digest::of_bytes(b"library"),
                approved: true,
            },
            draft: serde_json::from_str(draft).unwrap(),
        }
    }

    pub(crate) fn basis(&self) -> ReviewBasis<'_> {
        ReviewBasis {
            capture: &self.capture,
            scope: &self.scope,
            assessment: &self.assessment,
            requirements: &self.requirements,
            parameters: &self.parameters,
            library: &self.library,
        }
    }

    /// The records that a tool would have returned: all but the older inspection.
    pub(crate) fn shown(&self) -> BTreeSet<ArtifactId> {
        let unread: ArtifactId = "ceremonies/seal_inspections/SI-2026-002".parse().unwrap();
        let all = self.capture.records().map(|at| self.capture.artifact(at));
        all.filter(|artifact| *artifact != unread).collect()
    }

    /// The faults of `draft`, none where it is accepted.
    pub(crate) fn faults(&self, draft: &str) -> Vec<DraftFault> {
        let shown = self.shown();
        validate(&self.basis(), draft, Shown::Only(&shown))
            .err()
            .unwrap_or_default()
    }

    /// The codes of the faults of `draft`.
    pub(crate) fn codes(&self, draft: &str) -> BTreeSet<FaultCode> {
        self.faults(draft)
            .into_iter()
            .map(|fault| fault.code)
            .collect()
    }
}

pub(crate) fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// The evidence, with so many people more.
pub(crate) fn capture(more_people: usize) -> Capture {
    let mut records: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("records.json")).unwrap();
    let people = records
        .get_mut("identity/people")
        .and_then(Value::as_array_mut)
        .unwrap();
    people.extend((0..more_people).map(|number| {
        json!({"id": format!("x{number}"), "name": format!("person name {number}"), "email": format!("x{number}@example.com"),
            "aliases": [format!("op-x{number}")], "status": "active", "training": []})
    }));
    let mut tables = Tables::default();
    for (path, records) in records {
        let kind = Kind::from_path(&path).unwrap();
        let text: Arc<str> = records.to_string().into();
        tables.read(kind, text, Layout::Array, &path).unwrap();
    }
    let reading = SourceReading {
        connector: "directory".to_owned(),
        captured_at: at("2026-11-20T09:00:01Z"),
        missing: None,
    };
    let readings = SourceSystem::ALL.map(|source| (source, reading.clone()));
    Capture::freeze(tables, readings.into()).unwrap()
}

fn brief(result: &RequirementResult) -> RequirementBrief {
    let check = |check: &str| CheckBrief {
        check: check.to_owned(),
        expression: "true".to_owned(),
        status: RequirementStatus::Stale,
        disposition: Disposition::Remediate,
        remedy: "the key custodians repeat the inspection".to_owned(),
    };
    RequirementBrief {
        id: result.id.clone(),
        title: result.title.clone(),
        statement: "Escrow media have current seal-inspection proof. Release Security decides."
            .to_owned(),
        waivable: result.waivable,
        subject: "hsm/escrow_media".to_owned(),
        evidence: Vec::new(),
        references: Vec::new(),
        checks: vec![
            check("inspected-after-replacement"),
            check("no-level-3-module"),
        ],
    }
}

fn with_gaps() -> Assessment {
    let mut assessment = without_gaps();
    assessment.posture = Disposition::Remediate;
    assessment.options.rotate_left(1);
    let gaps = [
        (
            "KC-2",
            "participants-on-roster",
            "hsm/audit_events/AE-11",
            RequirementStatus::Partial,
            Disposition::Remediate,
            (
                "ceremonies/ceremonies/CER-7",
                "/participants/1/role_assignment",
                json!("RA-3"),
            ),
        ),
        (
            "KC-3",
            "inspected-after-replacement",
            "hsm/escrow_media/EM-04",
            RequirementStatus::Stale,
            Disposition::Remediate,
            (
                "ceremonies/seal_inspections/SI-2026-031",
                "/inspected_at",
                json!("2026-03-02T10:00:00Z"),
            ),
        ),
        (
            "KC-3",
            "two-inspectors",
            "hsm/escrow_media/EM-04",
            RequirementStatus::Partial,
            Disposition::Remediate,
            (
                "ceremonies/seal_inspections/SI-2026-031",
                "/inspectors",
                json!(["op-17"]),
            ),
        ),
        (
            "KC-5",
            "path-in-scope",
            "release/signing_paths/SP-HOTFIX",
            RequirementStatus::Partial,
            Disposition::Escalate,
            (
                "controls/exceptions/EX-7",
                "/scope/signing_paths",
                json!(["SP-AGENT"]),
            ),
        ),
    ];
    for (requirement, check, subject, status, disposition, (artifact, pointer, value)) in gaps {
        let finding = Finding {
            id: format!("F-{requirement}-{check}"),
            requirement: requirement.to_owned(),
            check: check.to_owned(),
            subject: subject.to_owned(),
            status,
            disposition,
            message: "it does not hold".to_owned(),
            remedy: "somebody repairs it".to_owned(),
            citations: vec![Citation {
                artifact: artifact.to_owned(),
                pointer: Some(pointer.to_owned()),
                value: Some(value),
                quote: None,
                digest: Digest::of_bytes(artifact.as_bytes()),
                source_url: None,
            }],
        };
        let results = &mut assessment.requirements;
        let result = results
            .iter_mut()
            .find(|result| result.id == requirement)
            .unwrap();
        result.status = result.status.max(status);
        result.findings.push(finding.id.clone());
        for ruled in &mut result.subjects {
            if ruled.artifact == subject {
                ruled.status = ruled.status.max(status);
            }
        }
        assessment.findings.push(finding);
    }
    assessment
}

fn without_gaps() -> Assessment {
    let requirements = [
        (
            "KC-1",
            "HSM residency",
            vec!["hsm/signing_keys/KEY-AGENT"],
            vec!["hsm/modules/HSM-A", "hsm/signing_keys/KEY-AGENT"],
        ),
        (
            "KC-2",
            "Dual-operator ceremony",
            vec!["hsm/audit_events/AE-11"],
            vec![
                "ceremonies/ceremonies/CER-7",
                "hsm/audit_events/AE-11",
                "identity/people/p-ana",
                "identity/people/p-ben",
                "identity/role_assignments/RA-3",
                "identity/roster_snapshots/ROS-7",
            ],
        ),
        (
            "KC-3",
            "Escrow seal inspection",
            vec!["hsm/escrow_media/EM-04", "hsm/escrow_media/EM-05"],
            vec![
                "ceremonies/seal_inspections/SI-2026-031",
                "ceremonies/seal_inspections/SI-2026-032",
                "hsm/escrow_media/EM-04",
                "hsm/escrow_media/EM-05",
            ],
        ),
        (
            "KC-4",
            "Custodian roster",
            vec!["identity/people/p-ana"],
            vec!["identity/people/p-ana", "identity/roster_snapshots/ROS-7"],
        ),
        (
            "KC-5",
            "Bridge exception",
            vec![
                "release/signing_paths/SP-AGENT",
                "release/signing_paths/SP-HOTFIX",
            ],
            vec![
                "controls/exceptions/EX-7",
                "release/notarization_bridges/BR-LEGACY",
                "release/signing_paths/SP-AGENT",
                "release/signing_paths/SP-HOTFIX",
            ],
        ),
        ("KC-6", "Nobody to judge", vec![], vec![]),
    ];
    let status = |id: &str| {
        if id == "KC-5" {
            RequirementStatus::ExceptionBacked
        } else {
            RequirementStatus::Satisfied
        }
    };
    let judged = capture(0);
    let rows = |list: &[&str]| -> Vec<RecordAt> {
        let mut rows: Vec<RecordAt> = list
            .iter()
            .map(|artifact| judged.find(&artifact.parse().unwrap()).unwrap())
            .collect();
        rows.sort_unstable();
        rows
    };
    let option = |disposition| RankedOption {
        disposition,
        supported: disposition == Disposition::Approve,
        because: Vec::new(),
        against: Vec::new(),
    };
    Assessment {
        posture: Disposition::Approve,
        options: Disposition::ALL.map(option).into(),
        judged_on: requirements
            .iter()
            .map(|(_, _, _, judged_on)| rows(judged_on))
            .collect(),
        requirements: requirements
            .iter()
            .map(|(id, title, subjects, _)| RequirementResult {
                id: (*id).to_owned(),
                title: (*title).to_owned(),
                waivable: *id == "KC-5",
                status: status(id),
                subjects: subjects
                    .iter()
                    .map(|artifact| SubjectStatus {
                        artifact: (*artifact).to_owned(),
                        status: status(id),
                    })
                    .collect(),
                rationale: format!("The rules' own account of {id}."),
                citations: Vec::new(),
                findings: Vec::new(),
            })
            .collect(),
        findings: Vec::new(),
        ignored_exceptions: Vec::new(),
    }
}
