//! Changes one thing in a draft, and says what the validator makes of it.

use custody_controls::validator::FaultCode;
use serde_json::Value;

use crate::review::Review;

/// One change to a draft.
pub(crate) type Change = fn(&mut Value);

/// Rejects a mutant that survives, or that dies of something else alone.
#[track_caller]
pub(crate) fn kill(review: &Review, mutants: &[(&str, FaultCode, Change)]) {
    let intact = review.draft.to_string();
    assert_eq!(
        review.faults(&intact),
        [],
        "the draft is correct to begin with"
    );
    let mut survivors = Vec::new();
    for (name, expected, change) in mutants {
        let mut draft = review.draft.clone();
        change(&mut draft);
        assert_ne!(draft, review.draft, "{name} changes the draft");
        let codes = review.codes(&draft.to_string());
        if !codes.contains(expected) {
            survivors.push(format!("{name}: expected {expected:?}, found {codes:?}"));
        }
    }
    assert!(survivors.is_empty(), "{survivors:#?}");
}

#[track_caller]
pub(crate) fn accept(review: &Review, variations: &[(&str, Change)]) {
    let mut refused = Vec::new();
    for (name, change) in variations {
        let mut draft = review.draft.clone();
        change(&mut draft);
        let faults = review.faults(&draft.to_string());
        if !faults.is_empty() {
            refused.push(format!("{name}: {faults:#?}"));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

pub(crate) fn at<'d>(draft: &'d mut Value, pointer: &str) -> &'d mut Value {
    draft
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("{pointer} is in the draft"))
}

pub(crate) fn set(draft: &mut Value, pointer: &str, value: impl Into<Value>) {
    *at(draft, pointer) = value.into();
}

pub(crate) fn items<'d>(draft: &'d mut Value, pointer: &str) -> &'d mut Vec<Value> {
    at(draft, pointer).as_array_mut().unwrap()
}

pub(crate) fn object<'d>(
    draft: &'d mut Value,
    pointer: &str,
) -> &'d mut serde_json::Map<String, Value> {
    at(draft, pointer).as_object_mut().unwrap()
}

/// Adds a sentence to prose.
pub(crate) fn say(draft: &mut Value, pointer: &str, sentence: &str) {
    let text = at(draft, pointer).as_str().unwrap().to_owned();
    set(draft, pointer, format!("{text} {sentence}"));
}

pub(crate) const KC1: &str = "/requirements/0";
pub(crate) const KC3: &str = "/requirements/2";

pub(crate) fn kc(entry: &str, rest: &str) -> String {
    format!("{entry}{rest}")
}
