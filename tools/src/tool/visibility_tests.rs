//! What a reader may not see.

use custody_controls::kind::Kind;
use serde_json::json;

use super::fixture::Review;
use super::{Visibility, WITHHELD};

#[derive(Debug)]
struct Without(&'static [(Kind, &'static str)]);

impl Visibility for Without {
    fn may_see(&self, kind: Kind, field: &str) -> bool {
        !self.0.contains(&(kind, field))
    }
}

#[test]
fn withheld_fields_are_shown_searched_and_filtered_by_nowhere() {
    let mut review = Review::small();
    review.visibility = Box::new(Without(&[
        (Kind::EscrowMedia, "seal_serial"),
        (Kind::SealInspections, "inspected_at"),
    ]));
    let listed = review.answer("hsm_list_escrow_media", json!({}));
    assert_eq!(listed["rows"][0]["record"]["seal_serial"], WITHHELD);
    assert_eq!(listed["rows"][0]["record"]["location"], "vault");
    let artifacts = json!({"artifacts": ["hsm/escrow_media/EM-1"]});
    let read = review.answer("hsm_read_records", artifacts);
    assert_eq!(read["records"][0]["record"]["seal_serial"], WITHHELD);
    for query in ["SEAL-5", "withheld"] {
        assert_eq!(
            review.answer("hsm_search", json!({"query": query}))["total"],
            0
        );
    }
    assert_eq!(
        review.refusal("hsm_list_escrow_media", json!({"seal_serial": "SEAL-5"})),
        "`seal_serial` cannot be asked by: the field is withheld from this reader"
    );
    let findings = review.answer("controls_list_findings", json!({}));
    assert_eq!(
        findings["findings"]["rows"][0]["citations"][0]["value"],
        WITHHELD
    );
    assert_eq!(findings["findings"]["rows"][0]["message"], WITHHELD);
}

#[test]
fn whoever_may_not_see_aliases_does_not_learn_them_by_asking() {
    let mut review = Review::small();
    review.visibility = Box::new(Without(&[(Kind::People, "aliases")]));
    let found =
        |person: &str| review.all_artifacts("hsm_list_audit_events", json!({"person": person}));
    assert_eq!(found("mlin"), ["hsm/audit_events/EV-1"]);
    assert_eq!(found("p-2"), ["hsm/audit_events/EV-2"]);
}
