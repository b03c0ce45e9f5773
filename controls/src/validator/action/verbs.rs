//! The actions that a review must leave to people, in all their forms.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The form of an action verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// approve
    Base,
    /// approves
    Third,
    /// approved
    Past,
    /// approving
    Ing,
    /// reset
    PastOrBase,
}

// What a review of key custody must leave to people.
const REGULAR: &str = "approve sign countersign co-sign cosign re-sign rotate extend renew change update modify alter \
    amend adjust revoke grant waive file attest accept close reopen replace reseal re-seal seal remove add create \
    delete fix correct remediate authorize authorise publish deploy merge disable enable suspend reinstate retire \
    destroy restore register enroll assign reassign reissue issue transfer import export regenerate rekey lift endorse \
    finalize finalise resolve reconcile refresh patch execute activate deactivate prolong unlock install commit \
    provision reconfigure configure migrate unblock expand widen";
const IRREGULAR: [(&str, &str, &str, &str); 18] = [
    ("certify", "certifies", "certified", "certifying"),
    ("notify", "notifies", "notified", "notifying"),
    ("ratify", "ratifies", "ratified", "ratifying"),
    ("apply", "applies", "applied", "applying"),
    ("modify", "modifies", "modified", "modifying"),
    ("submit", "submits", "submitted", "submitting"),
    ("enrol", "enrols", "enrolled", "enrolling"),
    ("cancel", "cancels", "cancelled", "cancelling"),
    ("override", "overrides", "overrode", "overriding"),
    ("override", "overrides", "overridden", "overriding"),
    ("withdraw", "withdraws", "withdrew", "withdrawing"),
    ("withdraw", "withdraws", "withdrawn", "withdrawing"),
    ("patch", "patches", "patched", "patching"),
    ("attest", "attests", "attested", "attesting"),
    ("publish", "publishes", "published", "publishing"),
    ("refresh", "refreshes", "refreshed", "refreshing"),
    ("commit", "commits", "committed", "committing"),
    ("fix", "fixes", "fixed", "fixing"),
];

static FORMS: LazyLock<HashMap<String, Form>> = LazyLock::new(|| {
    let mut forms = HashMap::new();
    for base in REGULAR.split_whitespace() {
        let stem = base.strip_suffix('e').unwrap_or(base);
        forms.insert(base.to_owned(), Form::Base);
        forms.insert(format!("{base}s"), Form::Third);
        forms.insert(format!("{stem}ed"), Form::Past);
        forms.insert(format!("{stem}ing"), Form::Ing);
    }
    for (base, third, past, ing) in IRREGULAR {
        forms.insert(base.to_owned(), Form::Base);
        forms.insert(third.to_owned(), Form::Third);
        forms.insert(past.to_owned(), Form::Past);
        forms.insert(ing.to_owned(), Form::Ing);
    }
    // "I escalate" is advice; "I escalated it" is an act.
    forms.insert("escalated".to_owned(), Form::Past);
    forms.insert("reset".to_owned(), Form::PastOrBase);
    forms.insert("resets".to_owned(), Form::Third);
    forms.insert("resetting".to_owned(), Form::Ing);
    forms
});

/// The form of an action verb; `None` for other words.
pub(super) fn form_of(word: &str) -> Option<Form> {
    FORMS.get(word).copied()
}
