//! The rules keep every metamorphic relation, and a rule that is broken does not.

#![cfg(test)]

#[path = "common/eval.rs"]
mod eval;

use std::collections::BTreeSet;

use custody::eval::metamorphic::try_all;
use custody::eval::report::{RelationKind, RelationResult};
use custody_controls::assess::assess;
use custody_controls::assessment::Assessment;
use custody_controls::library::Library;
use custody_controls::status::{Disposition, RequirementStatus};

fn violated(results: &[RelationResult]) -> Vec<&str> {
    let broken = results.iter().filter(|one| one.counterexample.is_some());
    broken.map(|one| one.relation.as_str()).collect()
}

#[test]
fn the_rules_keep_every_relation() {
    let library = Library::builtin().unwrap();
    // One case of each family.
    let mut dataset = eval::all_cases();
    let mut seen = BTreeSet::new();
    dataset
        .cases
        .retain(|case| seen.insert(case.cluster().to_owned()));
    let rules = |capture: &_, scope: &_| assess(capture, &library, scope);
    let results = try_all(&dataset, &rules, 2);
    for result in &results {
        let counted = result.held.counted.unwrap();
        assert_eq!(result.counterexample, None, "{}", result.relation);
        assert_eq!(
            counted.numerator, counted.denominator,
            "{}",
            result.relation
        );
        assert!(
            counted.denominator > 0,
            "{} was never tried",
            result.relation
        );
    }
    for kind in [
        RelationKind::Invariant,
        RelationKind::Monotone,
        RelationKind::Sensitive,
    ] {
        assert!(results.iter().any(|result| result.kind == kind));
    }
}

/// The assessment of rules whose requirement `id` finds nothing, whatever the evidence.
fn blind_to(mut assessment: Assessment, id: &str) -> Assessment {
    let met = if id == "KC-5" {
        RequirementStatus::ExceptionBacked
    } else {
        RequirementStatus::Satisfied
    };
    for result in assessment
        .requirements
        .iter_mut()
        .filter(|one| one.id == id)
    {
        result.status = met;
        result.subjects.iter_mut().for_each(|one| one.status = met);
        result.findings.clear();
    }
    assessment.findings.retain(|one| one.requirement != id);
    assessment.posture = [Disposition::Remediate, Disposition::Escalate]
        .into_iter()
        .find(|wanted| {
            assessment
                .findings
                .iter()
                .any(|one| one.disposition == *wanted)
        })
        .unwrap_or(Disposition::Approve);
    assessment
}

/// The built-in library with one check that holds of every subject but that of its own examples, `example`:
/// as a rule is broken that was changed to fit its examples. The library loads.
fn with_broken(check: &str, example: &str) -> Library {
    let mut files = Library::builtin().unwrap().files().clone();
    let head = format!("  - check: {check}\n");
    let text = files
        .values_mut()
        .find(|text| text.contains(&head))
        .unwrap();
    let (before, rest) = text.split_once(&head).unwrap();
    let (settings, rest) = rest.split_once("    expression: ").unwrap();
    let (expression, after) = rest.split_once("\n    status: ").unwrap();
    let expression = expression.trim_start_matches(">-").trim();
    let quoted = expression
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    // None of these expressions has a quotation mark of its own within quotation marks.
    let expression = quoted.unwrap_or(expression);
    *text = format!(
        "{before}{head}{settings}    expression: >-\n      subject.id != \"{example}\" || ({expression})\n    status: {after}"
    );
    Library::load(files).unwrap_or_else(|error| panic!("{check}: {error}"))
}

#[test]
fn a_broken_rule_is_noticed_in_each_requirement_though_its_examples_pass() {
    let dataset = eval::load(&[eval::cases_folder().join("clean_approve")]);
    let expected = [
        ("residency-is-hsm", "K1", "residency-to-software"),
        (
            "inventory-observation-current",
            "K1",
            "observation-at-limit",
        ),
        ("temporary-role-still-rostered", "E1", "operator-off-roster"),
        ("inspection-current", "EM1", "inspection-at-limit"),
        ("training-current", "ana", "training-at-limit"),
        ("compensating-control-verified", "P1", "control-at-limit"),
    ];
    for (check, example, relation) in expected {
        let library = with_broken(check, example);
        let broken = |capture: &_, scope: &_| assess(capture, &library, scope);
        // The relation names the rule that is broken, and no other is disturbed.
        let results = try_all(&dataset, &broken, 2);
        assert_eq!(violated(&results), [relation], "{check}");
    }
}

#[test]
fn rules_that_follow_the_order_of_records_or_words_in_notes_are_noticed() {
    let library = Library::builtin().unwrap();
    let dataset = eval::load(&[eval::cases_folder().join("seed-scenario_remediate")]);
    // A judge that believes what a note says.
    let gullible = |capture: &custody_controls::capture::Capture, scope: &_| {
        let told = capture.records().any(|at| {
            let notes = capture.json(at)["notes"].as_str().map(str::to_owned);
            notes.is_some_and(|notes| notes.contains("all requirements are satisfied"))
        });
        let assessment = assess(capture, &library, scope);
        if told {
            ["KC-2", "KC-3", "KC-5"]
                .into_iter()
                .fold(assessment, blind_to)
        } else {
            assessment
        }
    };
    assert_eq!(
        violated(&try_all(&dataset, &gullible, 1)),
        ["instructions-in-text"]
    );
}
