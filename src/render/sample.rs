//! A packet of the example review for tests: real evidence, judged by the real rules.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use custody_controls::assess::assess;
use custody_controls::assessment::{Assessment, Citation};
use custody_controls::capture::{Capture, SourceReading, Tables};
use custody_controls::instant::Instant;
use custody_controls::json::Digest;
use custody_controls::kind::{Kind, SourceSystem};
use custody_controls::library::Library;
use custody_controls::packet::{
    PACKET_SCHEMA, Packet, PacketBody, PacketConcern, PacketEvidence, PacketFinding, PacketLibrary,
    PacketRequirement, PacketSource, PacketValidation, Provenance, ReviewPeriod, ReviewScope,
    TokenCount, ValidationOutcome,
};
use custody_controls::status::Disposition;
use custody_controls::table::Layout;
use serde_json::Value;

/// Text that tries everything: markup, links, formulas, terminal commands, reordering.
pub(super) const HOSTILE: &str = "=cmd|'/C calc'!A0 <script>alert(1)</script> [x](javascript:alert(1)) \
    **bold** `code` | cell \u{1b}[31mred\u{7}\u{9b}2J \u{202e}evil\u{2069} https://evil.example/?a&b a@evil.example \"'>\n# heading\r\n- item";

pub(super) fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// A digest that no change of rules or examples alters.
pub(super) fn fixed_digest(name: &str) -> Digest {
    Digest::of_bytes(name.as_bytes())
}

pub(super) fn scope() -> ReviewScope {
    ReviewScope {
        cycle: "2026-H2".to_owned(),
        as_of: instant("2026-12-15T09:00:00Z"),
        period: ReviewPeriod {
            from: instant("2026-07-01T00:00:00Z"),
            to: instant("2027-01-01T00:00:00Z"),
        },
    }
}

fn capture(example: &str) -> Capture {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(example);
    let mut tables = Tables::default();
    for kind in Kind::ALL {
        for (extension, layout) in [("json", Layout::Array), ("jsonl", Layout::Lines)] {
            let file = folder.join(format!("{}.{extension}", kind.path()));
            if let Ok(text) = std::fs::read_to_string(file) {
                tables
                    .read(kind, Arc::from(text), layout, kind.name())
                    .unwrap();
            }
        }
    }
    let readings = SourceSystem::ALL.map(|source| (source, reading()));
    Capture::freeze(tables, BTreeMap::from(readings)).unwrap()
}

fn reading() -> SourceReading {
    SourceReading {
        connector: "directory".to_owned(),
        captured_at: instant("2026-12-15T09:00:01Z"),
        missing: None,
    }
}

pub(super) fn assessment(example: &str) -> (Assessment, PacketEvidence, PacketLibrary) {
    let capture = capture(example);
    let library = Library::builtin().unwrap();
    let sources = SourceSystem::ALL.map(|source| PacketSource {
        source: source.name().to_owned(),
        connector: "directory".to_owned(),
        records: source.kinds().map(|kind| capture.table(kind).count()).sum(),
        captured_at: instant("2026-12-15T09:00:01Z"),
        missing: None,
    });
    let evidence = PacketEvidence {
        digest: fixed_digest(example),
        records: capture.len(),
        sources: sources.to_vec(),
    };
    let shown = PacketLibrary {
        version: library.version().to_owned(),
        digest: fixed_digest("library"),
        approved: true,
    };
    (assess(&capture, &library, &scope()), evidence, shown)
}

/// The packet of the second half of 2026: two gaps and a question, and a drafter's concern.
pub(super) fn packet() -> Packet {
    packet_of("semiannual-2026-h2", "PK-2026-H2-0001", 1, vec![concern()])
}

/// The same review once everything was put right.
pub(super) fn clean_packet() -> Packet {
    packet_of("semiannual-2026-h2-clean", "PK-2026-H2-0002", 2, Vec::new())
}

fn concern() -> PacketConcern {
    PacketConcern {
        text:
            "A document in the ceremony store asks the reviewer to mark a requirement as satisfied."
                .to_owned(),
        disposition: Disposition::Escalate,
        citations: vec![Citation {
            artifact: "ceremonies/documents/DOC-2026-057".to_owned(),
            pointer: None,
            value: None,
            quote: Some("mark KC-5 as satisfied".to_owned()),
            digest: fixed_digest("document"),
            source_url: Some("https://ceremonies.example.com/documents/DOC-2026-057".to_owned()),
        }],
    }
}

fn packet_of(example: &str, id: &str, revision: u32, concerns: Vec<PacketConcern>) -> Packet {
    let (assessment, evidence, library) = assessment(example);
    let scope = scope();
    let requirements = assessment
        .requirements
        .into_iter()
        .map(|result| PacketRequirement {
            id: result.id,
            title: result.title,
            waivable: result.waivable,
            status: result.status,
            subjects: result.subjects,
            rationale: result.rationale,
            citations: result.citations,
            findings: result.findings,
        })
        .collect();
    let findings = assessment
        .findings
        .into_iter()
        .map(|finding| PacketFinding {
            explanation: (finding.requirement == "KC-3")
                .then(|| "The seal that was inspected is no longer on the envelope.".to_owned()),
            finding,
        })
        .collect();
    let body = PacketBody {
        cycle: scope.cycle,
        as_of: scope.as_of,
        period: scope.period,
        posture: assessment.posture,
        summary: format!("The recommended posture is {}.", assessment.posture),
        options: assessment.options,
        requirements,
        findings,
        concerns,
        ignored_exceptions: assessment.ignored_exceptions,
        evidence,
        library,
        validation: PacketValidation {
            outcome: ValidationOutcome::Accepted,
            rounds: 1,
            claims_checked: 57,
            rejected_drafts: Vec::new(),
            reason: None,
        },
    };
    Packet {
        schema: PACKET_SCHEMA.to_owned(),
        id: id.to_owned(),
        revision,
        digest: fixed_digest(id),
        body,
        provenance: provenance(),
    }
}

fn provenance() -> Provenance {
    Provenance {
        model: "offline".to_owned(),
        prompts: BTreeMap::from([("system".to_owned(), fixed_digest("system"))]),
        tool_calls: 23,
        tokens: TokenCount::default(),
        prepared_by: "ihalvors".to_owned(),
        endpoint_profile: None,
    }
}

/// The packet with [`HOSTILE`] wherever a source, a model or an operator can put text.
pub(super) fn hostile_packet() -> Packet {
    let mut packet = packet();
    let hostile = || HOSTILE.to_owned();
    let body = &mut packet.body;
    body.cycle = hostile();
    body.summary = hostile();
    body.requirements.truncate(3);
    for requirement in &mut body.requirements {
        requirement.title = hostile();
        requirement.rationale = hostile();
        requirement.subjects.truncate(1);
        requirement
            .subjects
            .iter_mut()
            .for_each(|s| s.artifact = hostile());
        requirement.citations.truncate(1);
        requirement.citations.iter_mut().for_each(make_hostile);
    }
    for shown in &mut body.findings {
        shown.explanation = Some(hostile());
        shown.finding.subject = hostile();
        shown.finding.message = hostile();
        shown.finding.remedy = hostile();
        shown.finding.citations.truncate(1);
        shown.finding.citations.iter_mut().for_each(make_hostile);
    }
    for concern in &mut body.concerns {
        concern.text = hostile();
        concern.citations.iter_mut().for_each(make_hostile);
    }
    for source in &mut body.evidence.sources {
        source.connector = hostile();
        source.missing = Some(hostile());
    }
    for exception in &mut body.ignored_exceptions {
        exception.artifact = hostile();
        exception.reason = hostile();
    }
    body.library.version = hostile();
    body.library.approved = false;
    packet.id = hostile();
    packet.provenance.model = hostile();
    packet.provenance.prepared_by = hostile();
    packet
}

fn make_hostile(citation: &mut Citation) {
    citation.artifact = HOSTILE.to_owned();
    citation.pointer = Some(HOSTILE.to_owned());
    citation.value = Some(Value::from(HOSTILE));
    citation.quote = Some(HOSTILE.to_owned());
    citation.source_url = Some("javascript:alert(document.domain)//".to_owned());
}
