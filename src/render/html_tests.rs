use super::*;
use crate::render::sample;
use crate::render::view::NextStep;
use custody_controls::packet::{Packet, RejectedDraft, ValidationOutcome};
use custody_controls::validator::{DraftFault, FaultCode};

fn html(packet: &Packet) -> String {
    html_text(&View::of_packet(packet, NextStep::Nothing))
}

/// The page without its style sheet.
fn without_style(page: &str) -> String {
    page.replace(STYLE, "")
}

#[test]
fn a_packet_as_a_page() {
    insta::assert_snapshot!(without_style(&html(&sample::packet())));
}

#[test]
fn an_assessment_as_a_page_names_no_packet_and_no_drafter() {
    let (assessment, evidence, library) = sample::assessment("semiannual-2026-h2-clean");
    let scope = sample::scope();
    let page = html_text(&View::of_assessment(
        &assessment,
        &scope,
        &evidence,
        &library,
    ));
    assert!(page.contains("Assessment by the rules, before any packet"));
    assert!(page.contains("<strong class=\"badge approve\">approve</strong></p>"));
    assert!(!page.contains("Provenance") && !page.contains("Packet digest"));
}

#[test]
fn the_page_loads_and_runs_nothing() {
    let page = html(&sample::packet());
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    for forbidden in [
        "<script", "<img", "<link", "<iframe", "<object", "src=", "@import", "url(", "<form", " on",
    ] {
        let markup: String = tags(&page).concat();
        assert!(!markup.contains(forbidden), "{forbidden}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
}

#[test]
fn hostile_text_stays_text() {
    let packet = rejected(sample::hostile_packet());
    let page = html(&packet);
    let clean = html(&rejected(sample::packet()));
    let names = |page: &str| -> std::collections::BTreeSet<String> {
        tags(page)
            .iter()
            .map(|tag| tag.split([' ', '>']).next().unwrap().to_owned())
            .collect()
    };
    assert!(
        names(&page).is_subset(&names(&clean)),
        "text became an element"
    );
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("<code class=\"original\">javascript:alert(document.domain)//</code>"));
    assert!(
        !page
            .chars()
            .any(|letter| letter.is_control() && letter != '\n')
    );
    assert!(!page.contains('\u{202e}'));
    for tag in tags(&page).iter().filter(|tag| tag.contains("href=")) {
        assert!(
            tag.contains("href=\"#") || tag.contains("href=\"http"),
            "{tag}"
        );
    }
}

#[test]
fn a_packet_by_the_rules_alone_shows_the_rejected_drafts() {
    let page = html(&rejected(sample::packet()));
    assert!(
        page.contains(
            "rules-only: the account is the rules&#39; own, because every draft had faults"
        )
    );
    assert!(page.contains("Draft 1: 1 fault</summary>"));
    assert!(page.contains("status-mismatch KC-3 at /requirements/2/status: is stale"));
}

fn rejected(mut packet: Packet) -> Packet {
    let validation = &mut packet.body.validation;
    validation.outcome = ValidationOutcome::RulesOnly;
    validation.reason = Some("every draft had faults".to_owned());
    validation.rejected_drafts = vec![RejectedDraft {
        draft: serde_json::json!({"summary": sample::HOSTILE}),
        faults: vec![DraftFault {
            code: FaultCode::StatusMismatch,
            requirement: Some("KC-3".to_owned()),
            path: "/requirements/2/status".to_owned(),
            message: "is stale".to_owned(),
        }],
    }];
    packet
}

/// All tags of a page, without its style sheet.
fn tags(page: &str) -> Vec<String> {
    without_style(page)
        .split('<')
        .skip(1)
        .map(|rest| format!("<{}>", rest.split('>').next().unwrap()))
        .collect()
}
