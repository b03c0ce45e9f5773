//! The gap register as CSV: one row per finding, and one per requirement that has none.

use ::csv::{Terminator, WriterBuilder};
use custody_controls::assessment::Citation;

use super::cited;
use super::escape::escape_control;
use super::view::{FindingView, RequirementView, View};

const COLUMNS: [&str; 16] = [
    "packet",
    "revision",
    "cycle",
    "as_of",
    "posture",
    "requirement",
    "title",
    "requirement_status",
    "check",
    "subject",
    "status",
    "disposition",
    "message",
    "remedy",
    "finding_id",
    "citations",
];

/// The gap register of a review, with a heading row.
///
/// # Errors
/// Fails when the rows cannot be written as CSV.
pub fn csv_text(view: &View<'_>) -> Result<String, CsvError> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for requirement in &view.requirements {
        let mut found = view
            .findings
            .iter()
            .filter(|shown| shown.finding.requirement == requirement.id)
            .peekable();
        if found.peek().is_none() {
            writer.write_record(row(view, requirement, None))?;
        }
        for shown in found {
            writer.write_record(row(view, requirement, Some(shown)))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Why a register could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// A row was not accepted.
    #[error("writing the gap register as CSV: {0}")]
    Row(#[from] ::csv::Error),
    /// The rows could not be completed.
    #[error("completing the gap register as CSV: {0}")]
    End(#[from] std::io::Error),
}

fn row(
    view: &View<'_>,
    requirement: &RequirementView<'_>,
    shown: Option<&FindingView<'_>>,
) -> [String; 16] {
    let of_packet = view.packet.map_or(("", String::new()), |packet| {
        (packet.id, packet.revision.to_string())
    });
    let finding = shown.map(|shown| shown.finding);
    let text = |text: Option<&str>| cell(text.unwrap_or_default());
    [
        cell(of_packet.0),
        of_packet.1,
        cell(view.cycle),
        view.as_of.to_string(),
        view.posture.to_string(),
        cell(requirement.id),
        cell(requirement.title),
        requirement.status.to_string(),
        text(finding.map(|f| f.check.as_str())),
        text(finding.map(|f| f.subject.as_str())),
        text(finding.map(|f| f.status.as_str())),
        text(finding.map(|f| f.disposition.as_str())),
        text(finding.map(|f| f.message.as_str())),
        text(finding.map(|f| f.remedy.as_str())),
        text(finding.map(|f| f.id.as_str())),
        cell(&citations(finding.map_or(&[], |f| &f.citations))),
    ]
}

/// `artifact#pointer=value; …`
fn citations(citations: &[Citation]) -> String {
    let shown: Vec<String> = citations
        .iter()
        .map(|citation| {
            let value = cited::cited_value(citation)
                .map(|value| format!("={}", delimited(value)))
                .unwrap_or_default();
            format!("{}{value}", cited::place(citation))
        })
        .collect();
    shown.join("; ")
}

/// A value that could pass for the end of its citation is quoted.
fn delimited(value: String) -> String {
    if value.contains([';', '"']) {
        serde_json::Value::from(value).to_string()
    } else {
        value
    }
}

/// Text that no spreadsheet takes for a formula: where it begins like one, an apostrophe comes first.
fn cell(text: &str) -> String {
    let starts_formula = |letter: char| {
        matches!(
            letter,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
        )
    };
    let first = text.chars().next();
    let after_spaces = text.trim_start().chars().next();
    let escaped = escape_control(text);
    if [first, after_spaces]
        .into_iter()
        .flatten()
        .any(starts_formula)
    {
        format!("'{escaped}")
    } else {
        escaped.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::render::view::NextStep;

    fn register(packet: &custody_controls::packet::Packet) -> String {
        csv_text(&View::of_packet(packet, NextStep::Nothing)).unwrap()
    }

    #[test]
    fn the_register_has_a_row_per_finding_and_per_requirement_without_one() {
        insta::assert_snapshot!(register(&sample::packet()).replace("\r\n", "\n"));
    }

    #[test]
    fn an_assessment_has_no_packet_to_name() {
        let (assessment, evidence, library) = sample::assessment("semiannual-2026-h2");
        let scope = sample::scope();
        let text = csv_text(&View::of_assessment(
            &assessment,
            &scope,
            &evidence,
            &library,
        ))
        .unwrap();
        let second = text.lines().nth(1).unwrap();
        assert!(
            second.starts_with(",,2026-H2,2026-12-15T09:00:00Z,remediate,KC-1,"),
            "{second}"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [
            ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("\r=1", "'\\r=1"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn hostile_text_stays_in_its_cell_and_starts_no_formula() {
        let text = register(&sample::hostile_packet());
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(
            rows.len(),
            3,
            "one row per requirement or finding, none forged"
        );
        for cell in rows.iter().flatten() {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell}"
            );
            assert!(!cell.chars().any(char::is_control), "{cell:?}");
        }
        assert!(rows[0][6].starts_with("'=cmd|"));
    }

    #[test]
    fn a_value_cannot_forge_a_further_citation() {
        let mut citation = sample::packet().body.findings[0].finding.citations[0].clone();
        citation.artifact = "hsm/modules/M".to_owned();
        citation.pointer = Some("/id".to_owned());
        citation.value = Some("x; hsm/modules/N#/id=y".into());
        assert_eq!(
            citations(&[citation]),
            "hsm/modules/M#/id=\"x; hsm/modules/N#/id=y\""
        );
    }
}
