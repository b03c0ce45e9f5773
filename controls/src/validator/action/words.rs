//! The words around an action: auxiliaries, denials, and the things that people decide.

use super::sentence::Sentence;

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
