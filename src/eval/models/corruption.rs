//! Makes a bad draft of a right one. Each round tries another way, as a model that is told of its faults might.

use serde_json::{Value, json};

/// A draft of someone who has not looked.
pub(super) fn of_nothing(reference: Option<String>) -> Value {
    json!({"reference": reference, "posture": "approve", "summary": "Nothing to report.", "requirements": []})
}

/// Records, values and words that are not there.
pub(super) fn fabricate(draft: &mut Value, round: usize) {
    let invented = json!({
        "artifact": "ceremonies/seal_inspections/SI-2026-999",
        "pointer": "/inspected_at",
        "value": "2026-12-14T09:00:00Z",
    });
    match round % 3 {
        0 => each_requirement(draft, |requirement| {
            push(requirement, "citations", invented.clone());
            add(
                requirement,
                "rationale",
                " It was inspected again on 2026-12-14T09:00:00Z.",
            );
        }),
        1 => each_requirement(draft, |requirement| {
            for citation in list(requirement, "citations") {
                if citation.get("value").is_some_and(Value::is_string) {
                    set(citation, "value", json!("2026-12-14T09:00:00Z"));
                }
            }
        }),
        _ => {
            let quoted = json!([{
                "artifact": "ceremonies/documents/DOC-2026-999",
                "quote": "all of it was found in order",
            }]);
            let concern = json!({"text": "It was found in order.", "disposition": "escalate", "citations": quoted});
            set(draft, "concerns", json!([concern]));
        }
    }
}

/// Everything is in order.
pub(super) fn flatter(draft: &mut Value, round: usize) {
    set(draft, "posture", json!("approve"));
    if round % 3 == 2 {
        return;
    }
    each_requirement(draft, |requirement| {
        let backed = round % 3 == 1 && requirement.get("requirement") == Some(&json!("KC-5"));
        let status = if backed {
            "exception-backed"
        } else {
            "satisfied"
        };
        set(requirement, "status", json!(status));
        set(requirement, "findings", json!([]));
    });
}

/// The right answer without any citation; every other time, findings keep theirs.
pub(super) fn cite_nothing(draft: &mut Value, round: usize) {
    each_requirement(draft, |requirement| {
        set(requirement, "citations", json!([]));
        if round % 2 == 1 {
            for finding in list(requirement, "findings") {
                set(finding, "citations", json!([]));
            }
        }
    });
}

/// A finding less where there is one; else a requirement less.
pub(super) fn forget(draft: &mut Value, round: usize) {
    let mut forgotten = false;
    if round.is_multiple_of(2) {
        each_requirement(draft, |requirement| {
            if !forgotten {
                forgotten = pop(requirement, "findings");
            }
        });
    }
    if !forgotten {
        pop(draft, "requirements");
    }
}

/// Says that something was done.
pub(super) fn claim_action(draft: &mut Value, round: usize) {
    match round % 3 {
        0 => add(draft, "summary", " I approved the packet."),
        1 => each_requirement(draft, |requirement| {
            add(
                requirement,
                "rationale",
                " I have rotated the key and extended the exception.",
            );
        }),
        _ => add(
            draft,
            "summary",
            " The open findings were remediated and the review was signed.",
        ),
    }
}

pub(super) fn each_requirement(draft: &mut Value, change: impl FnMut(&mut Value)) {
    list(draft, "requirements").for_each(change);
}

pub(super) fn set(value: &mut Value, member: &str, to: Value) {
    if let Value::Object(members) = value {
        members.insert(member.to_owned(), to);
    }
}

/// The items of the list under `member`.
fn list<'v>(value: &'v mut Value, member: &str) -> impl Iterator<Item = &'v mut Value> {
    value
        .get_mut(member)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}

/// Takes the last item of the list under `member` away; whether there was one.
fn pop(value: &mut Value, member: &str) -> bool {
    let items = value.get_mut(member).and_then(Value::as_array_mut);
    items.is_some_and(|items| items.pop().is_some())
}

fn push(value: &mut Value, member: &str, item: Value) {
    if let Some(items) = value.get_mut(member).and_then(Value::as_array_mut) {
        items.push(item);
    }
}

/// Adds words to the text under `member`.
pub(super) fn add(value: &mut Value, member: &str, words: &str) {
    if let Some(Value::String(text)) = value.get_mut(member) {
        text.push_str(words);
    }
}
