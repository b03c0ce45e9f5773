//! Reading records in full, in parts where they are long.

use std::collections::BTreeSet;

use custody_controls::kind::Kind;
use serde_json::{Value, json};

use super::MAX_RESULT_BYTES;
use super::fixture::{Review, capture_of, document, key};

#[test]
fn reading_tells_what_can_be_read() {
    let review = Review::small();
    let artifacts =
        json!({"artifacts": ["release/signing_paths/SP-1", "K-1", "hsm/signing_keys/K-404"]});
    assert_eq!(
        review.refusal("hsm_read_records", artifacts),
        "`release/signing_paths/SP-1` is not a record of `hsm`: ask `release_read_records`; \
         `K-1` is not an artifact id: write <kind>/<id> with one of hsm/audit_events, hsm/escrow_media, \
         hsm/modules, hsm/signing_keys; there is no record `hsm/signing_keys/K-404`"
    );
    let twice = json!({"artifacts": ["hsm/signing_keys/K-2", "hsm/signing_keys/K-1", "hsm/signing_keys/K-2"]});
    let answer = review.answer("hsm_read_records", twice);
    assert_eq!(
        answer["records"][0],
        json!({"artifact": "hsm/signing_keys/K-2", "record": key("K-2")})
    );
    assert_eq!(answer["records"].as_array().unwrap().len(), 2);
    let past = json!({"artifacts": ["hsm/signing_keys/K-2"], "offset": 9});
    assert_eq!(
        review.refusal("hsm_read_records", past),
        "`hsm/signing_keys/K-2` is shown whole: leave `offset` out"
    );
}

/// Reads a record part by part; returns the text of all parts, without marks.
#[track_caller]
fn read_in_parts(review: &Review, tool: &str, artifact: &str, of: &str) -> String {
    let mut whole = String::new();
    let mut offset = 0;
    loop {
        let arguments = json!({"artifacts": [artifact], "offset": offset});
        let output = review.ask(tool, arguments).unwrap();
        assert!(output.text.len() <= MAX_RESULT_BYTES);
        assert_eq!(output.shown.len(), 1);
        let answer: Value = serde_json::from_str(&output.text).unwrap();
        let row = &answer["records"][0];
        assert_eq!(row["part"]["of"], of);
        assert_eq!(row["part"]["from"], offset);
        let text = row["record"].pointer(of).unwrap().as_str().unwrap();
        let text = text.split_once("on]…").map_or(text, |(_, rest)| rest);
        let text = text
            .rsplit_once("…[cut: goes on")
            .map_or(text, |(piece, _)| piece);
        whole.push_str(text);
        match row["part"].get("next_offset") {
            Some(next) => offset = next.as_u64().unwrap(),
            None => return whole,
        }
    }
}

#[test]
fn a_long_document_is_read_in_parts_that_add_up() {
    let text: String = (0..30_000).map(|n| format!("{n} \"é\"\u{1}\n")).collect();
    let evidence = [(Kind::Documents, json!([document("D", &text)]))];
    let review = Review::of(capture_of(&evidence, None));
    let read = "ceremonies_read_records";
    let artifact = "ceremonies/documents/D";
    assert_eq!(read_in_parts(&review, read, artifact, "/text"), text);
    let past = json!({"artifacts": [artifact], "offset": 4_000_000});
    assert!(
        review
            .refusal(read, past)
            .starts_with("`offset` is past the end: there are ")
    );
    let listed = review.answer("ceremonies_list_documents", json!({}));
    let glance = listed["rows"][0]["record"]["text"].as_str().unwrap();
    assert!(
        glance.contains("…[cut: ") && glance.contains(read),
        "{glance}"
    );
}

#[test]
fn a_record_that_is_long_in_every_way_is_read_in_parts_that_add_up() {
    let aliases: Vec<String> = (0..9_000).map(|n| format!("alias-{n}")).collect();
    let person = json!({"id": "p-1", "name": "\u{2}".repeat(20_000), "email": "e", "aliases": aliases,
        "status": "active", "training": []});
    let review = Review::of(capture_of(&[(Kind::People, json!([person]))], None));
    let artifact = "identity/people/p-1";
    let json = read_in_parts(&review, "identity_read_records", artifact, "");
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), person);
    let listed = review.ask("identity_list_people", json!({})).unwrap();
    assert!(
        listed
            .text
            .contains("[too long for a list: `identity_read_records` shows it]")
    );
    assert_eq!(listed.shown, BTreeSet::new());
}

#[test]
fn records_without_room_are_named_and_not_counted_as_shown() {
    let documents: Vec<Value> = (0..6)
        .map(|n| document(&format!("D-{n}"), &"x".repeat(15_000)))
        .collect();
    let review = Review::of(capture_of(&[(Kind::Documents, documents.into())], None));
    let names: Vec<String> = (0..6)
        .map(|n| format!("ceremonies/documents/D-{n}"))
        .collect();
    let output = review
        .ask("ceremonies_read_records", json!({"artifacts": names}))
        .unwrap();
    assert!(output.text.len() <= MAX_RESULT_BYTES);
    let answer: Value = serde_json::from_str(&output.text).unwrap();
    assert_eq!(answer["records"].as_array().unwrap().len(), 2);
    assert_eq!(answer["not_shown"], json!(names[2..]));
    assert_eq!(output.shown.len(), 2);
    let several = json!({"artifacts": names, "offset": 5});
    assert_eq!(
        review.refusal("ceremonies_read_records", several),
        "`offset` goes on in one record: ask for that one alone"
    );
}
