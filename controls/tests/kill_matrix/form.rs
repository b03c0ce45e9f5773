//! Text that does not have a draft's form.

use custody_controls::validator::FaultCode::MalformedDraft;
use serde_json::{Value, json};

use crate::edit::{KC3, kc, kill, object, set};
use crate::review::Review;

#[test]
fn drafts_have_a_drafts_form() {
    let review = Review::with_gaps();
    kill(
        &review,
        &[
            ("PR5 a member that is not known", MalformedDraft, |d| {
                drop(object(d, "").insert("approved_by".to_owned(), json!("me")))
            }),
            ("PR5 a member in a finding", MalformedDraft, |d| {
                drop(object(d, &kc(KC3, "/findings/0")).insert("severity".to_owned(), json!("low")))
            }),
            ("a member left out", MalformedDraft, |d| {
                drop(object(d, "").remove("summary"))
            }),
            ("a list left out", MalformedDraft, |d| {
                drop(object(d, &kc(KC3, "")).remove("findings"))
            }),
            ("text for a list", MalformedDraft, |d| {
                set(d, &kc(KC3, "/citations"), "none")
            }),
            ("a status that is none", MalformedDraft, |d| {
                set(d, &kc(KC3, "/status"), "mostly-fine")
            }),
            ("a posture that is none", MalformedDraft, |d| {
                set(d, "/posture", "accept")
            }),
            ("a citation of nothing", MalformedDraft, |d| {
                drop(object(d, &kc(KC3, "/citations/0")).remove("value"))
            }),
            ("a value without a place", MalformedDraft, |d| {
                drop(object(d, &kc(KC3, "/citations/0")).remove("pointer"))
            }),
            ("a pointer that is none", MalformedDraft, |d| {
                set(d, &kc(KC3, "/citations/0/pointer"), "inspected_at")
            }),
            ("a pointer with a broken escape", MalformedDraft, |d| {
                set(d, &kc(KC3, "/citations/0/pointer"), "/inspected~at")
            }),
            ("a blank quote", MalformedDraft, |d| {
                set(d, "/concerns/0/citations/0/quote", "  ")
            }),
            ("a blank concern", MalformedDraft, |d| {
                set(d, "/concerns/0/text", " ")
            }),
            ("null for concerns", MalformedDraft, |d| {
                set(d, "/concerns", Value::Null)
            }),
        ],
    );
    let intact = review.draft.to_string();
    for (name, draft) in [
        (
            "PR5 a duplicate member",
            intact.replacen("\"posture\":", "\"posture\":\"remediate\",\"posture\":", 1),
        ),
        (
            "PR5 a duplicate member within",
            intact.replacen("\"status\":", "\"status\":\"stale\",\"status\":", 1),
        ),
        (
            "PR5 NaN",
            intact
                .replacen("184 days", "x", 1)
                .replacen("[\"op-17\"]", "NaN", 1),
        ),
        ("no JSON", "The packet is fine.".to_owned()),
        ("no object", format!("[{intact}]")),
        ("two drafts", format!("{intact}{intact}")),
        ("nothing", String::new()),
        ("too long", format!("{intact}{}", " ".repeat(16_000_000))),
    ] {
        assert_ne!(draft, intact, "{name} changes the draft");
        assert!(review.codes(&draft).contains(&MalformedDraft), "{name}");
    }
}
