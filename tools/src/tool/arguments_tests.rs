//! Arguments that do not fit.

use serde_json::{Value, json};

use super::fixture::Review;
use super::{ToolError, catalogue};

#[test]
fn bad_arguments_are_all_named_at_once_with_what_would_be_right() {
    let review = Review::small();
    assert_eq!(
        review.refusal(
            "hsm_list_audit_events",
            json!({"action": "approve", "from": "yesterday", "person": 7, "skip": -1})
        ),
        "bad arguments: `action` must be one of: key_generated, key_imported, key_exported, \
         key_policy_change, quorum_change, custodian_change, backup, restore, media_replacement, login, sign; \
         `from` must be a time (RFC 3339 with offset, as 2026-03-02T10:00:00Z); `person` must be text; \
         `skip` must be a whole number from 0 to 4294967295"
    );
    assert_eq!(
        review.refusal("hsm_read_records", json!({"artifact": "hsm/modules/HSM-1"})),
        "bad arguments: `artifact` is not an argument, allowed are: artifacts, offset; `artifacts` is required"
    );
    assert_eq!(
        review.refusal("hsm_read_records", json!({"artifacts": []})),
        "bad arguments: `artifacts` must have 1 to 20 entries"
    );
    assert_eq!(
        review.refusal("hsm_list_keys", json!([])),
        "bad arguments: must be one JSON object"
    );
    let optional = json!({"environment": null, "skip": null});
    assert_eq!(review.answer("hsm_list_keys", optional)["total"], 2);
    assert_eq!(review.answer("hsm_list_keys", Value::Null)["total"], 2);
}

#[test]
fn arguments_as_text_are_read_strictly() {
    let review = Review::small();
    let catalogue = catalogue();
    let keys = &catalogue[0];
    assert_eq!(keys.spec().name, "hsm_list_keys");
    let ask = |text: &str| keys.call_text(&review.material(), text);
    assert_eq!(ask("").unwrap(), ask("{}").unwrap());
    for bad in [
        r#"{"state": "active", "state": "retired"}"#,
        "{",
        "{} {}",
        "NaN",
    ] {
        assert!(matches!(ask(bad), Err(ToolError::TellModel(_))), "{bad}");
    }
}
