//! What holds for any evidence: order never matters, worse evidence never looks better, captures keep.

mod worsening;

use std::cell::RefCell;
use std::collections::BTreeSet;

use custody_controls::assess::assess;
use custody_controls::assessment::Assessment;
use custody_controls::capture::{Capture, read_capture, write_capture};
use custody_controls::kind::SourceSystem;
use custody_controls::status::Disposition;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use proptest::prop_assert_eq;
use serde_json::{Value, json};

use crate::evidence::{AS_OF, Evidence, LIBRARY, base, generated, scope};
use crate::world::{Dice, generate};
use worsening::{SCOPE_LOST, WORSENINGS, Worsening};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The clean base, or some production keys' worth of evidence with seeded defects.
fn evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        1 => Just(base()),
        4 => (5_usize..25, any::<u64>()).prop_map(|(keys, seed)| generated(&generate(keys, seed))),
    ]
}

/// Everything that an assessment says, as text.
fn text(assessment: &Assessment) -> String {
    json!({
        "posture": assessment.posture, "options": assessment.options, "requirements": assessment.requirements,
        "findings": assessment.findings, "ignored": assessment.ignored_exceptions,
        "judged_on": format!("{:?}", assessment.judged_on),
    })
    .to_string()
}

fn judged(capture: &Capture) -> Assessment {
    assess(capture, &LIBRARY, &scope(AS_OF))
}

fn shuffle<T>(items: &mut [T], dice: &mut Dice) {
    for index in (1..items.len()).rev() {
        items.swap(index, dice.below(index + 1));
    }
}

/// `value` as JSON text, with members in random order and random spaces.
fn write_shuffled(value: &Value, dice: &mut Dice) -> String {
    let space = dice.pick(&["", " ", "\n\t"]);
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            shuffle(&mut members, dice);
            let members: Vec<String> = members
                .into_iter()
                .map(|(name, member)| {
                    format!(
                        "{}{space}:{}",
                        Value::from(name.as_str()),
                        write_shuffled(member, dice)
                    )
                })
                .collect();
            format!("{{{space}{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| write_shuffled(item, dice))
                .collect();
            format!("[{}{space}]", items.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn order_of_records_and_members_never_matters(evidence in evidence(), seed in any::<u64>()) {
        let plain = evidence.capture();
        let dice = RefCell::new(Dice::new(seed));
        let shuffled = evidence.capture_as(&|records| {
            let mut dice = dice.borrow_mut();
            let mut records = records.to_vec();
            shuffle(&mut records, &mut dice);
            write_shuffled(&Value::from(records), &mut dice)
        });
        prop_assert_eq!(plain.digest(), shuffled.digest());
        let (first, again, other) = (judged(&plain), judged(&plain), judged(&shuffled));
        prop_assert_eq!(text(&first), text(&again));
        prop_assert_eq!(text(&first), text(&other));
    }

    #[test]
    fn a_capture_file_keeps_everything(evidence in evidence(), missing in 0_usize..8) {
        let evidence = match SourceSystem::ALL.get(missing) {
            Some(source) => evidence.missing(*source),
            None => evidence,
        };
        let capture = evidence.capture();
        let read = read_capture(&file(&capture)).unwrap();
        prop_assert_eq!(read.digest(), capture.digest());
        prop_assert_eq!(read.readings(), capture.readings());
        prop_assert_eq!(text(&judged(&read)), text(&judged(&capture)));
        prop_assert_eq!(file(&read), file(&capture));
    }
}

fn file(capture: &Capture) -> String {
    let mut bytes = Vec::new();
    write_capture(capture, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #![proptest_config(config(400))]

    /// A changed byte is refused, unless it stands where no digest reaches: then the records are the same.
    #[test]
    fn a_tampered_capture_is_refused(place in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let capture = base().capture();
        let mut bytes = file(&capture).into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Some(read) = String::from_utf8(bytes).ok().and_then(|text| read_capture(&text).ok()) {
            prop_assert_eq!(read.digest(), capture.digest());
            let records = |capture: &Capture| -> Vec<(String, Value)> {
                capture.records().map(|at| (capture.artifact(at).to_string(), capture.json(at))).collect()
            };
            prop_assert_eq!(records(&read), records(&capture));
        }
    }
}

#[test]
fn every_altered_record_is_refused() {
    let capture = base().capture();
    let text = file(&capture);
    for (from, to) in [
        ("\"S-1\"", "\"S-2\""),
        ("2026-10-01T00:00:00Z", "2026-10-01T00:00:01Z"),
        ("\"threshold\":2", "\"threshold\":1"),
        ("\"SI1\"", "\"SI2\""),
        ("\"missing\":null", "\"missing\":\"\""),
    ] {
        assert!(text.contains(from), "{from}");
        let altered = text.replacen(from, to, 1);
        let refusal = read_capture(&altered).unwrap_err().to_string();
        assert!(refusal.contains("altered"), "{from}: {refusal}");
    }
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn worse_evidence_never_looks_better(
        evidence in evidence(),
        which in 0..WORSENINGS.len(),
        seed in any::<u64>(),
    ) {
        let Worsening { name, apply } = &WORSENINGS[which];
        let before = judged(&evidence.capture());
        let controls_unverified: BTreeSet<_> = before
            .findings
            .iter()
            .filter(|finding| finding.check == "compensating-control-verified")
            .map(|finding| finding.requirement.clone())
            .collect();
        let mut worse = evidence;
        apply(&mut worse, &mut Dice::new(seed));
        let after = judged(&worse.capture());
        for (before, after) in before.requirements.iter().zip(&after.requirements) {
            // Only of an exception that covers the path is it asked whether its controls are verified (`stale`).
            // Once it no longer covers the path, it is that which counts (`partial`, for governance).
            let of_covering_exception = *name == SCOPE_LOST && controls_unverified.contains(&before.id);
            assert!(
                after.status >= before.status || of_covering_exception,
                "{name}: {} {} -> {}", before.id, before.status, after.status
            );
        }
        let approves = |assessment: &Assessment| assessment.posture == Disposition::Approve;
        assert!(approves(&before) || !approves(&after), "{name}");
    }
}

#[test]
fn each_worsening_changes_a_judgement_somewhere() {
    for Worsening { name, apply } in WORSENINGS {
        let changes = (0..200).any(|seed| {
            let mut evidence = base();
            let before = text(&judged(&evidence.capture()));
            apply(&mut evidence, &mut Dice::new(seed));
            before != text(&judged(&evidence.capture()))
        });
        assert!(changes, "{name}");
    }
}
