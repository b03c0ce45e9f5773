//! What stands behind the first glance: accounts, judged subjects, citations, sources, provenance.

use custody_controls::assessment::Citation;

use crate::render::cited::{self, CitedRecord};
use crate::render::layout::{Canvas, Cell};
use crate::render::style::{Detail, Tone};
use crate::render::view::{RequirementView, View};
use crate::render::words::{self, counted};

/// How much is cited, or everything that is.
pub(super) fn citations(canvas: &mut Canvas<'_>, citations: &[Citation]) {
    match canvas.style.detail {
        Detail::Glance => canvas.field("    Cited", 15, Tone::Plain, &cited::counted(citations)),
        Detail::Full => {
            for record in cited::by_record(citations) {
                cited_record(canvas, &record);
            }
        }
    }
}

/// Everything that [`Detail::Full`] adds.
pub(super) fn all(canvas: &mut Canvas<'_>, view: &View<'_>) {
    for requirement in &view.requirements {
        account(canvas, requirement);
    }
    options(canvas, view);
    sources(canvas, view);
    rejected_drafts(canvas, view);
    provenance(canvas, view);
}

fn account(canvas: &mut Canvas<'_>, requirement: &RequirementView<'_>) {
    canvas.heading(&format!("{} {}", requirement.id, requirement.title));
    let waivable = if requirement.waivable {
        "an approved exception can stand in for it"
    } else {
        "not waivable"
    };
    canvas.para(
        2,
        Tone::Status(requirement.status),
        &format!("{}; {waivable}", requirement.status),
    );
    canvas.quoted(2, requirement.rationale);
    for subject in requirement.subjects {
        canvas.field(
            "    Judged",
            15,
            Tone::Status(subject.status),
            &format!("{}: {}", subject.artifact, subject.status),
        );
    }
    citations(canvas, requirement.citations);
}

fn cited_record(canvas: &mut Canvas<'_>, record: &CitedRecord<'_>) {
    let digest = words::short_digest(record.digest);
    canvas.field(
        "    Cited",
        15,
        Tone::Plain,
        &format!("{} ({digest})", record.artifact),
    );
    for citation in &record.places {
        let place = match (&citation.pointer, cited::cited_value(citation)) {
            (Some(pointer), Some(value)) => format!("{pointer} = {value}"),
            (Some(pointer), None) => pointer.clone(),
            (None, value) => value.unwrap_or_default(),
        };
        canvas.field("", 17, Tone::Plain, &place);
    }
    if let Some(url) = record.source_url {
        canvas.whole("", 17, url);
    }
}

fn options(canvas: &mut Canvas<'_>, view: &View<'_>) {
    canvas.heading("Options, best supported first");
    for option in view.options {
        let supported = if option.supported {
            "supported"
        } else {
            "not supported"
        };
        canvas.para(
            2,
            Tone::Posture(option.disposition),
            &format!(
                "{}: {}, {supported}",
                option.disposition,
                words::meaning(option.disposition)
            ),
        );
        for (label, ids) in [
            ("    For", &option.because),
            ("    Against", &option.against),
        ] {
            if !ids.is_empty() {
                canvas.field(label, 15, Tone::Plain, &ids.join(", "));
            }
        }
    }
}

fn sources(canvas: &mut Canvas<'_>, view: &View<'_>) {
    canvas.heading("Sources");
    let rows: Vec<Vec<Cell>> = view
        .evidence
        .sources
        .iter()
        .map(|source| {
            vec![
                Cell::new(Tone::Plain, &source.source),
                Cell::new(Tone::Plain, &source.records.to_string()),
                Cell::new(Tone::Plain, &source.captured_at.to_string()),
                Cell::new(Tone::Plain, &source.connector),
            ]
        })
        .collect();
    canvas.table(&["source", "records", "read at", "connector"], &rows);
    canvas.heading("Digests");
    if let Some(packet) = view.packet {
        canvas.whole("packet", DIGEST_LABEL, &packet.digest.to_string());
    }
    canvas.whole("evidence", DIGEST_LABEL, &view.evidence.digest.to_string());
    canvas.whole("library", DIGEST_LABEL, &view.library.digest.to_string());
    let prompts = view.provenance.iter().flat_map(|found| &found.prompts);
    for (name, digest) in prompts {
        canvas.whole("prompt", DIGEST_LABEL, &format!("{digest} {name}"));
    }
}

fn rejected_drafts(canvas: &mut Canvas<'_>, view: &View<'_>) {
    let drafts = view
        .validation
        .map_or(&[][..], |found| &found.rejected_drafts);
    for (draft, number) in drafts.iter().zip(1..) {
        canvas.heading(&format!(
            "Rejected draft {number}: {}",
            counted(draft.faults.len(), "fault")
        ));
        for fault in &draft.faults {
            canvas.para(2, Tone::Plain, &words::fault(fault));
        }
    }
}

fn provenance(canvas: &mut Canvas<'_>, view: &View<'_>) {
    let Some(provenance) = view.provenance else {
        return;
    };
    canvas.heading("Provenance");
    let mut fact = |label, text: &str| canvas.field(label, LABEL, Tone::Plain, text);
    fact("drafter", &words::model_name(provenance));
    fact("prepared by", &provenance.prepared_by);
    fact("tool calls", &provenance.tool_calls.to_string());
    fact(
        "tokens",
        &format!(
            "{} read, {} written",
            provenance.tokens.input, provenance.tokens.output
        ),
    );
}

/// Width of the labels of digests: with it a digest ends at column 80.
const DIGEST_LABEL: usize = 9;
/// Width of the labels of provenance.
const LABEL: usize = 12;
