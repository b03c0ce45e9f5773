//! The words that claims are made of: actions, auxiliaries, the things that people decide.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::sentence::Sentence;

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

/// Words that can stand between an author and its verb.
pub(super) fn is_auxiliary(word: &str) -> bool {
    matches!(
        word,
        "have"
            | "has"
            | "had"
            | "will"
            | "shall"
            | "am"
            | "are"
            | "is"
            | "was"
            | "were"
            | "be"
            | "been"
            | "did"
            | "do"
            | "does"
            | "decided"
            | "chose"
            | "agreed"
            | "proceeded"
            | "opted"
            | "elected"
            | "going"
            | "went"
            | "ahead"
            | "managed"
            | "to"
    )
}

/// Words that say how or when.
pub(super) fn is_adverb(word: &str) -> bool {
    word.len() > 3 && word.ends_with("ly")
        || matches!(
            word,
            "now"
                | "also"
                | "just"
                | "already"
                | "then"
                | "therefore"
                | "thus"
                | "hence"
                | "since"
                | "today"
                | "herewith"
                | "hereby"
                | "both"
                | "thereby"
                | "ourselves"
                | "myself"
                | "itself"
        )
}

/// Words that begin what was acted on.
pub(super) fn is_determiner(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "this"
            | "that"
            | "these"
            | "those"
            | "a"
            | "an"
            | "all"
            | "both"
            | "each"
            | "every"
            | "its"
            | "their"
            | "his"
            | "her"
            | "your"
            | "our"
            | "my"
            | "it"
            | "them"
            | "everything"
            | "one"
            | "two"
            | "any"
    )
}

/// Words that deny.
pub(super) fn is_negation(word: &str) -> bool {
    matches!(
        word,
        "no" | "not"
            | "none"
            | "never"
            | "neither"
            | "nor"
            | "nobody"
            | "cannot"
            | "without"
            | "nothing"
    ) || word.ends_with("n't")
}

/// Words after which something is only supposed, asked for or timed.
pub(super) fn is_subordinator(word: &str) -> bool {
    matches!(
        word,
        "until"
            | "once"
            | "if"
            | "unless"
            | "whether"
            | "before"
            | "after"
            | "when"
            | "should"
            | "must"
            | "may"
            | "might"
            | "can"
            | "could"
            | "would"
            | "needs"
            | "need"
            | "recommend"
            | "recommends"
            | "recommended"
    )
}

/// Words after which the author is no longer the one who acts.
pub(super) fn starts_other_clause(word: &str) -> bool {
    is_subordinator(word)
        || matches!(
            word,
            "that"
                | "which"
                | "who"
                | "whose"
                | "where"
                | "because"
                | "was"
                | "were"
                | "is"
                | "are"
                | "been"
                | "be"
                | "by"
                | "has"
                | "had"
                | "propose"
                | "suggest"
                | "advise"
                | "ask"
                | "to"
        )
}

/// Words that can follow the object of an action.
pub(super) fn is_preposition(word: &str) -> bool {
    matches!(
        word,
        "to" | "for"
            | "on"
            | "in"
            | "at"
            | "until"
            | "through"
            | "and"
            | "as"
            | "per"
            | "with"
            | "from"
            | "so"
    )
}

/// English month names.
pub(super) fn is_month(word: &str) -> bool {
    matches!(
        word,
        "january"
            | "february"
            | "march"
            | "april"
            | "may"
            | "june"
            | "july"
            | "august"
            | "september"
            | "october"
            | "november"
            | "december"
    )
}

/// Things whose state only people change.
pub(super) fn is_governed(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    matches!(
        singular,
        "attestation"
            | "packet"
            | "cycle"
            | "exception"
            | "quorum"
            | "threshold"
            | "key"
            | "roster"
            | "policy"
            | "policie"
            | "pipeline"
            | "path"
            | "bridge"
            | "configuration"
            | "config"
            | "medium"
            | "media"
            | "seal"
            | "envelope"
            | "waiver"
            | "extension"
            | "scope"
            | "control"
            | "requirement"
            | "training"
            | "access"
            | "acces"
            | "ticket"
            | "finding"
            | "gap"
            | "certificate"
            | "module"
            | "commitment"
            | "signature"
            | "approval"
            | "evidence"
            | "record"
            | "change"
            | "issue"
    )
}

/// What this review itself makes: nobody has approved it when it is written.
pub(super) fn is_own(sentence: &Sentence<'_>, at: usize) -> bool {
    let own = matches!(
        sentence.word(at),
        Some("packet" | "attestation" | "cycle" | "review" | "recommendation" | "submission")
    );
    let before = at.checked_sub(1).and_then(|before| sentence.word(before));
    own && !matches!(
        before,
        Some("key" | "prior" | "previous" | "last" | "earlier" | "device" | "seal" | "hsm")
    )
}
