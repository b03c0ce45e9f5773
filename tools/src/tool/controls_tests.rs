//! What the rules found, as it is told.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::MAX_RESULT_BYTES;
use super::fixture::{Review, assessment, finding};

#[test]
fn findings_show_what_the_rules_found_and_no_record() {
    let review = Review::small();
    let output = review
        .ask("controls_list_findings", json!({"requirement": "KC-3"}))
        .unwrap();
    assert_eq!(output.shown, BTreeSet::new());
    let answer: Value = serde_json::from_str(&output.text).unwrap();
    assert_eq!(answer["posture"], "remediate");
    assert_eq!(
        answer["requirements"],
        json!([{"requirement": "KC-3", "title": "Escrow seals are inspected", "status": "stale",
            "subjects": {"stale": 1}, "findings": 1}])
    );
    assert_eq!(
        answer["findings"]["rows"][0],
        json!({"id": "F-EM-1", "requirement": "KC-3", "check": "inspected-after-replacement",
            "subject": "hsm/escrow_media/EM-1", "status": "stale", "disposition": "remediate",
            "message": "the inspection of 2026-02-01T00:00:00Z is too old",
            "remedy": "The custodians inspect the seal.",
            "citations": [{"artifact": "ceremonies/seal_inspections/SI-1", "pointer": "/inspected_at",
                           "value": "2026-02-01T00:00:00Z"}]})
    );
    let none = review.answer("controls_list_findings", json!({"disposition": "escalate"}));
    assert_eq!(none["findings"]["total"], 0);
    let other = json!({"subject": "hsm/escrow_media/EM-2"});
    assert_eq!(
        review.answer("controls_list_findings", other)["findings"]["total"],
        0
    );
    assert_eq!(
        review.refusal("controls_list_findings", json!({"requirement": "KC-9"})),
        "there is no requirement `KC-9`: there are KC-1, KC-3"
    );
}

#[test]
fn subjects_and_judged_records_are_listed_by_requirement() {
    let review = Review::small();
    let answer = review.answer("controls_list_subjects", json!({}));
    assert_eq!(answer["total"], 2);
    let stale = review.answer("controls_list_subjects", json!({"status": "stale"}));
    assert_eq!(
        stale["rows"],
        json!([{"requirement": "KC-3", "subject": "hsm/escrow_media/EM-1", "status": "stale"}])
    );
    let judged = review.answer(
        "controls_list_judged_records",
        json!({"requirement": "KC-3"}),
    );
    assert_eq!(
        judged["rows"],
        json!(["ceremonies/seal_inspections/SI-1", "hsm/escrow_media/EM-1"])
    );
}

#[test]
fn requirements_are_told_with_checks_and_parameters() {
    let review = Review::small();
    let listed = review.answer("controls_list_requirements", json!({}));
    assert_eq!(listed["rows"].as_array().unwrap().len(), 2);
    assert_eq!(
        listed["parameters"],
        json!({"inspection_max_age_days": 184})
    );
    let read = review.answer("controls_read_requirement", json!({"requirement": "KC-3"}));
    assert_eq!(read["requirement"], "KC-3");
    assert_eq!(read["checks"]["rows"][0]["expression"], "true");
    assert_eq!(read["parameters"], json!({"inspection_max_age_days": 184}));
}

#[test]
fn many_findings_with_many_citations_stay_in_bounds_and_are_all_told() {
    let findings = (0..120).map(|n| {
        let mut finding = finding(&format!("EM-{n:03}"));
        let citation = finding.citations[0].clone();
        finding.citations = vec![citation; 10 + n * 10];
        finding
    });
    let mut review = Review::small();
    review.assessment = assessment(findings.collect());
    let mut subjects = Vec::new();
    let mut arguments = json!({"requirement": "KC-3"});
    loop {
        let output = review
            .ask("controls_list_findings", arguments.clone())
            .unwrap();
        assert!(output.text.len() <= MAX_RESULT_BYTES);
        let answer: Value = serde_json::from_str(&output.text).unwrap();
        for row in answer["findings"]["rows"].as_array().unwrap() {
            let told = row["citations"].as_array().unwrap().len();
            let more = row
                .get("more_citations")
                .map_or(0, |more| more.as_u64().unwrap());
            let all = 10 + subjects.len() * 10;
            assert_eq!(told + usize::try_from(more).unwrap(), all);
            subjects.push(row["subject"].as_str().unwrap().to_owned());
        }
        match answer["findings"].get("next_skip") {
            Some(next) => arguments["skip"] = next.clone(),
            None => break,
        }
    }
    let expected: Vec<_> = (0..120)
        .map(|n| format!("hsm/escrow_media/EM-{n:03}"))
        .collect();
    assert_eq!(subjects, expected);
}
