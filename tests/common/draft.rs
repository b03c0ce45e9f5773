//! Makes a draft of a packet or of an assessment, as a model would write it.

use serde_json::{Map, Value, json};

/// A draft with the accounts and citations of `packet`. An assessment has no summary of its own.
pub(crate) fn draft_of(packet: &Value) -> Value {
    let posture = packet["posture"].as_str().unwrap();
    let summary = packet["summary"].as_str();
    let requirements: Vec<Value> = array(&packet["requirements"])
        .iter()
        .map(|requirement| requirement_of(requirement, array(&packet["findings"])))
        .collect();
    json!({
        "posture": posture,
        "summary": summary.map_or_else(|| format!("Posture {posture}."), str::to_owned),
        "requirements": requirements,
    })
}

fn requirement_of(requirement: &Value, findings: &[Value]) -> Value {
    let of_requirement = findings
        .iter()
        .filter(|finding| finding["requirement"] == requirement["id"]);
    let findings: Vec<Value> = of_requirement
        .map(|finding| {
            json!({
                "check": finding["check"],
                "subject": finding["subject"],
                "explanation": finding["message"],
                "citations": citations_of(finding),
            })
        })
        .collect();
    json!({
        "requirement": requirement["id"],
        "status": requirement["status"],
        "rationale": requirement["rationale"],
        "citations": citations_of(requirement),
        "findings": findings,
    })
}

/// Citations without what a model never states: digests and links.
fn citations_of(cited: &Value) -> Vec<Value> {
    let kept = ["artifact", "pointer", "value", "quote"];
    array(&cited["citations"])
        .iter()
        .map(|citation| {
            let members = kept
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), citation.get(*name)?.clone())));
            Value::Object(members.collect::<Map<_, _>>())
        })
        .collect()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}
