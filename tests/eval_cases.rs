//! Every evaluation case with the embedded drafter, through the whole way to a packet; then played again
//! from its logs without a drafter, and held to a gate.

#![cfg(test)]

#[path = "common/eval.rs"]
mod eval;

use std::collections::BTreeSet;
use std::sync::Arc;

use custody::agent::limits::Limits;
use custody::agent::offline::OfflineDrafter;
use custody::eval::document::{Evaluation, Subject};
use custody::eval::gate::{Threshold, failures};
use custody::eval::log::People;
use custody::eval::replay::replay_all;
use custody::eval::report::{MissKind, Origin};
use custody::eval::run::{Budget, CaseRun, Plan, run_all};
use custody_controls::library::Library;
use custody_controls::packet::ValidationOutcome;

/// The figures of the embedded drafter as they are. It reads no prose: what stands only there is missed.
const GATE: &[&str] = &[
    "posture-agreement=0.876",
    "kappa=0.813",
    "weighted-kappa=0.702",
    "ac1=0.817",
    "status-agreement=1",
    "clean-acceptance=0.865",
    "under-escalation=0.124",
    "over-escalation=0",
    "mistaken-approvals=31",
    "surfacing-recall=0.874",
    "surfacing-precision=1",
    "false-alarms=0",
    "buried=0.045",
    "diluted=0",
    "citation-validity=1",
    "citation-recall=0.998",
    "citation-precision=0.9",
    "role-completeness=0.929",
    "currency=1",
    "faithfulness=0.998",
    "drift-precision=1",
    "drift-recall=1",
];

#[test]
fn the_embedded_drafter_comes_out_as_reviewers_say_but_for_defects_in_prose() {
    let dataset = eval::all_cases();
    assert!(dataset.cases.len() >= 60, "cases are missing");
    for case in &dataset.cases {
        let disposition = case.reference().posture.as_str();
        assert!(
            case.name.ends_with(&format!("_{disposition}")),
            "{} is not named after its disposition",
            case.name
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        model: Arc::new(|| Ok(Box::new(OfflineDrafter))),
        people: People::Named,
        limits: Limits::default().offline(),
        epochs: 1,
        jobs: 4,
        budget: Budget::default(),
        out: folder.path().to_owned(),
        seed: 2026,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let quiet: Arc<dyn Fn(&CaseRun) + Send + Sync> = Arc::new(|_| {});
    runtime.block_on(run_all(&dataset, &plan, &quiet)).unwrap();
    // Each replay must come to the packet that its log ended in.
    let replayed = replay_all(&dataset, folder.path()).unwrap();
    let library = Library::builtin().unwrap();
    let subject = Subject {
        model: replayed.model,
        profile: replayed.profile,
        origin: replayed.origin,
        case_folder: "evals/cases".to_owned(),
        library_version: library.version().to_owned(),
        library: library.digest(),
        epochs: replayed.epochs,
        seed: 2026,
    };
    assert_eq!(
        (subject.origin, subject.model.as_str()),
        (Origin::Replay, "offline")
    );
    let evaluation = Evaluation::of(subject, &dataset, replayed.runs, Vec::new(), Vec::new());
    let report = &evaluation.report;
    assert_eq!(report.unscored, Vec::new());
    for run in &evaluation.runs {
        assert_eq!(run.outcome, ValidationOutcome::Accepted, "{}", run.case);
        assert_eq!(run.rejected, 0, "{}", run.case);
    }
    let thresholds: Vec<Threshold> = GATE.iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(failures(report, &thresholds), Vec::<String>::new());

    // What it misses is what stands in prose alone, and nothing else.
    let with_prose: BTreeSet<&str> = dataset
        .cases
        .iter()
        .filter(|case| !case.reference().must_raise.is_empty())
        .map(|case| case.name.as_str())
        .collect();
    assert!(with_prose.len() >= 12);
    let missed = |kinds: &[MissKind]| -> BTreeSet<&str> {
        let misses = report
            .misses
            .iter()
            .filter(|miss| kinds.contains(&miss.kind));
        misses.map(|miss| miss.case.as_str()).collect()
    };
    assert_eq!(
        missed(&[MissKind::NotSurfaced, MissKind::Buried]),
        with_prose
    );
    assert!(missed(&[MissKind::UnderEscalation]).is_subset(&with_prose));
    let never = [
        MissKind::OverEscalation,
        MissKind::Diluted,
        MissKind::FalseAlarm,
        MissKind::Status,
        MissKind::Drift,
    ];
    assert_eq!(missed(&never), BTreeSet::new());
}
