//! `custody eval` from the command line: killed and gone on with, replayed, compared, held to thresholds, refused.

#![cfg(test)]

#[expect(dead_code, reason = "shared with tests that look into the store")]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{AS_OF, Outcome, SEED, Scenario, outcome};
use serde_json::Value;
use tempfile::TempDir;

fn case(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("evals/cases").join(name)
}

/// `custody eval` in a folder without configuration.
fn eval(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("custody"));
    command.current_dir(folder).arg("eval").args(arguments);
    command
        .env_remove("CUSTODY_API_KEY")
        .env_remove("CUSTODY_LOG");
    command
}

fn on_cases(folder: &Path, cases: &[&str], arguments: &[&str]) -> Outcome {
    let mut command = eval(folder, arguments);
    command.args(cases.iter().map(|name| case(name)));
    outcome(command)
}

#[track_caller]
fn report(ran: &Outcome) -> Value {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// What does not differ between an evaluation that was killed and one that was not.
fn scores(report: &Value) -> (&Value, &Value, &Value) {
    (&report["runs"], &report["posture"], &report["misses"])
}

const CASES: [&str; 3] = [
    "clean_approve",
    "seed-scenario_remediate",
    "exception-expired_escalate",
];

#[test]
fn a_killed_evaluation_goes_on_where_it_stopped_and_replays_without_a_model() {
    let folder = TempDir::new().unwrap();
    let whole = report(&on_cases(
        folder.path(),
        &CASES,
        &["--json", "--epochs", "2", "--out", "whole"],
    ));
    assert_eq!(whole["runs"].as_array().unwrap().len(), 6);

    let mut command = eval(
        folder.path(),
        &["--json", "--epochs", "2", "--jobs", "1", "--out", "killed"],
    );
    command.args(CASES.map(case));
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let runs = folder.path().join("killed/runs");
    let begun = || fs::read_dir(&runs).map_or(0, Iterator::count);
    while begun() < 2 {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The last line may be half-written, and so it is here for certain.
    let logs: Vec<PathBuf> = fs::read_dir(&runs)
        .unwrap()
        .map(|one| one.unwrap().path())
        .collect();
    let finished = |path: &&PathBuf| fs::read_to_string(path).unwrap().contains("{\"end\":");
    let cut = logs.iter().find(|path| !finished(path)).unwrap_or(&logs[0]);
    let text = fs::read_to_string(cut).unwrap();
    fs::write(cut, &text[..text.len() - text.len() / 4]).unwrap();

    let arguments = ["--json", "--epochs", "2", "--out", "killed"];
    let resumed = report(&on_cases(folder.path(), &CASES, &arguments));
    assert_eq!(scores(&resumed), scores(&whole));
    let again = report(&on_cases(folder.path(), &CASES, &arguments));
    assert_eq!(scores(&again), scores(&whole));

    let replayed = report(&on_cases(
        folder.path(),
        &CASES,
        &["--json", "--replay", "killed"],
    ));
    assert_eq!(scores(&replayed), scores(&whole));
    assert_eq!(replayed["header"]["origin"], "replay");

    let compared = outcome(eval(
        folder.path(),
        &["compare", "whole", "killed", "--json"],
    ));
    let compared = report(&compared);
    assert_eq!(compared["cases"], 3);
    for row in compared["rows"].as_array().unwrap() {
        assert_eq!(row["first"], row["second"], "{row}");
    }
    let text = outcome(eval(
        folder.path(),
        &["compare", "whole", "killed/report.json"],
    ));
    assert_eq!(text.code, 0, "{}", text.stderr);
}

#[test]
fn a_log_of_another_evaluation_is_refused_and_a_changed_one_does_not_replay() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--json", "--out", "out"];
    report(&on_cases(folder.path(), &CASES[..1], &arguments));
    let log = folder.path().join("out/runs/clean_approve.1.jsonl");
    let kept = fs::read_to_string(&log).unwrap();

    let other = on_cases(folder.path(), &CASES[..2], &arguments);
    assert_eq!(other.code, 1);
    assert!(
        other
            .stderr
            .contains("dataset differ; choose another --out"),
        "{}",
        other.stderr
    );
    let seeded = on_cases(
        folder.path(),
        &CASES[..1],
        &["--json", "--out", "out", "--seed", "7"],
    );
    assert!(seeded.stderr.contains("seed differ"), "{}", seeded.stderr);

    let elsewhere = on_cases(folder.path(), &CASES[1..2], &["--replay", "out"]);
    assert!(
        elsewhere.stderr.contains("holds no log of these cases"),
        "{}",
        elsewhere.stderr
    );

    let end = kept.rfind("sha256:").unwrap();
    let mut altered = kept.clone();
    altered.replace_range(end + 7..end + 9, "zz");
    fs::write(&log, &altered).unwrap();
    let refused = on_cases(folder.path(), &CASES[..1], &["--replay", "out"]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    fs::write(&log, kept.replacen("{\"event\":", "{\"evnt\":", 1)).unwrap();
    let refused = on_cases(folder.path(), &CASES[..1], &["--replay", "out"]);
    assert!(refused.stderr.contains("line 2"), "{}", refused.stderr);
}

#[test]
fn thresholds_make_a_gate_and_what_is_not_run_is_unscored() {
    let folder = TempDir::new().unwrap();
    let spent = on_cases(
        folder.path(),
        &CASES[..2],
        &[
            "--json",
            "--out",
            "out",
            "--max-seconds",
            "0",
            "--min",
            "posture-agreement=0.5",
        ],
    );
    assert_eq!(spent.code, 6, "{}", spent.stderr);
    assert!(
        spent
            .stderr
            .contains("below threshold: posture-agreement: has no value"),
        "{}",
        spent.stderr
    );
    let unscored: Value = serde_json::from_str(&spent.stdout).unwrap();
    assert_eq!(unscored["unscored"].as_array().unwrap().len(), 2);
    assert_eq!(unscored["runs"], serde_json::json!([]));

    // The same folder goes on with what was not run. Three cases are too few for a threshold on a share.
    let page = folder.path().join("report.html");
    let gated = on_cases(
        folder.path(),
        &CASES[..2],
        &[
            "--out",
            "out",
            "--html",
            page.to_str().unwrap(),
            "--min",
            "posture-agreement=0.5",
            "--min",
            "unsafe-approvals.flattering=0",
            "--min",
            "pass-hat.4=0.5",
        ],
    );
    assert_eq!(gated.code, 6, "{}", gated.stderr);
    assert!(gated.stderr.contains("too few"), "{}", gated.stderr);
    assert!(
        gated.stderr.contains("pass-hat.4: is not in this report"),
        "{}",
        gated.stderr
    );
    assert!(
        !gated.stderr.contains("unsafe-approvals"),
        "{}",
        gated.stderr
    );
    assert!(gated.stdout.contains("posture-agreement"));
    let page = fs::read_to_string(page).unwrap().to_lowercase();
    assert!(page.starts_with("<!doctype html>") && page.contains("clean_approve"));

    for wrong in ["kapa=1", "kappa", "kappa=high"] {
        let refused = on_cases(folder.path(), &CASES[..1], &["--min", wrong]);
        assert_eq!(refused.code, 2, "{wrong}: {}", refused.stderr);
    }
    let nowhere = outcome(eval(folder.path(), &[]));
    assert_eq!(nowhere.code, 1);
    assert!(
        nowhere.stderr.contains("there is no `evals/cases`"),
        "{}",
        nowhere.stderr
    );
}

#[test]
fn a_case_that_does_not_fit_is_named_with_its_member() {
    let folder = TempDir::new().unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    std::os::unix::fs::symlink(examples, folder.path().join("examples")).unwrap();
    let text = fs::read_to_string(case("clean_approve").join("case.json")).unwrap();
    let refused = |change: &dyn Fn(&mut Value)| -> String {
        let mut value: Value = serde_json::from_str(&text).unwrap();
        change(&mut value);
        let own = folder.path().join("evals/cases/own");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("case.json"), value.to_string()).unwrap();
        let ran = outcome(eval(folder.path(), &["--out", "out"]));
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        ran.stderr
    };
    type Change<'c> = &'c dyn Fn(&mut Value);
    let expected: [(&str, Change<'_>); 7] = [
        ("unknown field `tag`", &|case| case["tag"] = "x".into()),
        (
            "labels/0/statuses: the library has no requirement `KC-9`",
            &|case| {
                case["labels"][0]["statuses"]["KC-9"] = "satisfied".into();
            },
        ),
        (
            "labels/0/must_surface/0/subject: the evidence has no record `hsm/modules/X`",
            &|case| {
                case["labels"][0]["must_surface"] = serde_json::json!([
                    {"requirement": "KC-1", "subject": "hsm/modules/X", "disposition": "remediate"}
                ]);
            },
        ),
        (
            "patch/0: `hsm/modules/X` is not among the base's records",
            &|case| {
                case["patch"] = serde_json::json!([{"remove": ["hsm/modules/X"]}]);
            },
        ),
        ("field `/serial`: must be text", &|case| {
            case["patch"] =
                serde_json::json!([{"record": "hsm/modules/HSM-01", "set": {"/serial": 7}}]);
        }),
        (
            "base: there is no `examples/nowhere/custody.toml`",
            &|case| case["base"] = "nowhere".into(),
        ),
        ("base: `../x` is no folder's name", &|case| {
            case["base"] = "../x".into()
        }),
    ];
    for (reason, change) in expected {
        let stderr = refused(change);
        assert!(
            stderr.contains(reason) && stderr.contains("own/case.json"),
            "{stderr}"
        );
    }
}

#[test]
fn decisions_are_labels_too() {
    let scenario = Scenario::copy_of(SEED);
    let none = scenario.run(&["eval", "--from-decisions"]);
    assert_eq!(none.code, 1);
    assert!(
        none.stderr.contains("nothing was decided"),
        "{}",
        none.stderr
    );
    scenario.review(&["prepare", "--model", "offline"]);
    let decided = scenario.run(&[
        "decide",
        "2026-H2-r1",
        "--as",
        "p-tanabe",
        "--decision",
        "override",
        "--posture",
        "escalate",
        "--correct",
        "KC-3=satisfied:seen on site",
        "--correct",
        "KC-5=stale",
        "--reason",
        "Governance decides.",
        "--as-of",
        AS_OF,
    ]);
    assert_eq!(decided.code, 0, "{}", decided.stderr);
    let found = scenario.json(&["eval", "--from-decisions"]);
    assert_eq!(found["header"]["origin"], "decisions");
    assert_eq!(found["header"]["cases"], 1);
    let cycle = &found["cycles"][0];
    assert_eq!(cycle["cycle"], "2026-H2");
    for (member, count) in [
        ("decided", 1),
        ("accepted", 0),
        ("overridden", 1),
        ("agreed", 0),
        ("corrections", 2),
        ("major_corrections", 1),
    ] {
        assert_eq!(cycle[member], count, "{member}");
    }
    let misses = found["misses"].as_array().unwrap();
    assert!(
        misses.iter().any(|miss| miss["kind"] == "under-escalation"),
        "{misses:?}"
    );
    let text = scenario.run(&["eval", "--from-decisions", "--min", "posture-agreement=0.5"]);
    assert_eq!(text.code, 6, "{}", text.stderr);
    assert!(
        text.stdout
            .contains("2026-H2: 1 decided (0 accepted, 1 overridden, 0 returned)")
    );
}
