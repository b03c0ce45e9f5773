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

#[test]
fn a_requirement_that_finds_nothing_is_noticed_whichever_it_is() {
    let library = Library::builtin().unwrap();
    let dataset = eval::load(&[eval::cases_folder().join("clean_approve")]);
    let expected = [
        ("KC-1", "residency-to-software"),
        ("KC-2", "ceremony-removed"),
        ("KC-3", "inspection-across-replacement"),
        ("KC-4", "custodian-separated"),
        ("KC-5", "exception-revoked"),
    ];
    for (id, relation) in expected {
        let broken = |capture: &_, scope: &_| blind_to(assess(capture, &library, scope), id);
        let results = try_all(&dataset, &broken, 2);
        let violated = violated(&results);
        assert!(violated.contains(&relation), "{id}: {violated:?}");
        // What the others say still holds: the harness names the rule that is broken.
        let others = expected.iter().filter(|(other, _)| *other != id);
        for (_, relation) in others {
            assert!(!violated.contains(relation), "{id}: {violated:?}");
        }
    }
}

#[test]
fn a_single_check_that_never_fails_is_noticed() {
    let library = Library::builtin().unwrap();
    let dataset = eval::load(&[eval::cases_folder().join("clean_approve")]);
    let expected = [
        ("inventory-observation-current", "observation-at-limit"),
        ("temporary-role-still-rostered", "operator-off-roster"),
        ("inspection-current", "inspection-at-limit"),
        ("training-current", "training-at-limit"),
        ("compensating-control-verified", "control-at-limit"),
    ];
    for (check, relation) in expected {
        let broken =
            |capture: &_, scope: &_| without_check(assess(capture, &library, scope), check);
        let results = try_all(&dataset, &broken, 2);
        assert!(
            violated(&results).contains(&relation),
            "{check}: {:?}",
            violated(&results)
        );
    }
}

/// The assessment of rules in which one check never fails.
fn without_check(mut assessment: Assessment, check: &str) -> Assessment {
    assessment.findings.retain(|one| one.check != check);
    let met = |id: &str| match id {
        "KC-5" => RequirementStatus::ExceptionBacked,
        _ => RequirementStatus::Satisfied,
    };
    for result in &mut assessment.requirements {
        for subject in &mut result.subjects {
            let found = assessment
                .findings
                .iter()
                .filter(|one| one.requirement == result.id && one.subject == subject.artifact);
            subject.status = found.map(|one| one.status).max().unwrap_or(met(&result.id));
        }
        let subjects = result.subjects.iter().map(|one| one.status);
        result.status = subjects.max().unwrap_or(result.status);
    }
    assessment
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
