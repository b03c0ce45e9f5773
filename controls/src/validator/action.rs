//! Finds prose which says that its author approved, signed, rotated, extended or changed something.
//!
//! What a record says was done ("the exception was approved on 2026-02-01 by p-7") is evidence and
//! passes; that this review did it does not. It looks at wording alone and knows no record.

mod languages;
mod sentence;
mod verbs;
mod words;

use sentence::{Sentence, sentences};
use verbs::{Form, form_of};
use words::{
    is_adverb, is_auxiliary, is_determiner, is_governed, is_month, is_negation, is_own,
    is_preposition, is_subordinator,
};

/// The words of each claim, in order.
pub(super) fn claims(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for sentence in sentences(text) {
        let english = performative(&sentence)
            .or_else(|| done_by_author(&sentence))
            .or_else(|| by_author(&sentence))
            .or_else(|| governed_thing_done(&sentence))
            .or_else(|| approval_given(&sentence))
            .or_else(|| elliptical(&sentence));
        found.extend(english.map(|(start, end)| sentence.written(start, end)));
    }
    found.extend(languages::claims(text));
    found.dedup();
    found
}

/// How far into a sentence a second verb, or what makes it evidence, is looked for.
const REACH: usize = 40;

/// From the first word of a claim to its last.
type Span = (usize, usize);

/// "hereby" does what it says.
fn performative(sentence: &Sentence<'_>) -> Option<Span> {
    let at = sentence.position(|word| matches!(word, "hereby" | "herewith"))?;
    Some((at.saturating_sub(2), at + 1))
}

/// Who speaks: a person's "I", or the tool by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    FirstPerson,
    Tool,
}

/// Whether the author is named at `at`, and how many words that takes.
fn author_at(sentence: &Sentence<'_>, at: usize) -> Option<(Author, usize)> {
    let (word, next) = (
        sentence.word(at)?,
        sentence.word(at + 1).unwrap_or_default(),
    );
    let starts = at == 0
        || sentence.word(at - 1).is_some_and(|before| {
            matches!(before, "and" | "that" | "then" | "but" | "so" | "because")
        });
    match word {
        "i" | "we" | "i've" | "we've" | "i'll" | "we'll" | "i'm" | "we're" => {
            Some((Author::FirstPerson, 1))
        }
        "custody" if starts => Some((Author::Tool, 1)),
        "this"
            if matches!(
                next,
                "tool"
                    | "assistant"
                    | "agent"
                    | "system"
                    | "review"
                    | "workflow"
                    | "draft"
                    | "packet"
                    | "recommendation"
                    | "model"
                    | "run"
                    | "process"
            ) =>
        {
            Some((Author::Tool, 2))
        }
        "the"
            if matches!(
                next,
                "tool" | "assistant" | "agent" | "drafter" | "bot" | "ai"
            ) =>
        {
            Some((Author::Tool, 2))
        }
        "the" if next == "review" && sentence.word(at + 2) == Some("agent") => {
            Some((Author::Tool, 3))
        }
        _ => None,
    }
}

/// "I have approved", "we are extending", "this tool rotated the key", "we checked it and signed it".
fn done_by_author(sentence: &Sentence<'_>) -> Option<Span> {
    (0..sentence.len()).find_map(|at| {
        let (author, length) = author_at(sentence, at)?;
        let verb = verb_after(sentence, author, at + length)
            .or_else(|| joined_verb(sentence, at + length))?;
        Some((at, verb + 1))
    })
}

/// The position of an action verb that follows the author, past auxiliaries and adverbs.
fn verb_after(sentence: &Sentence<'_>, author: Author, from: usize) -> Option<usize> {
    let mut at = from;
    let (mut is_be, mut is_perfect, mut is_future) = (false, false, false);
    if let Some(contracted) = sentence.word(from.checked_sub(1)?) {
        is_be = matches!(contracted, "i'm" | "we're");
    }
    while let Some(word) = sentence
        .word(at)
        .filter(|word| is_auxiliary(word) || is_adverb(word))
    {
        is_be |= matches!(word, "am" | "are" | "is" | "was" | "were" | "be" | "been");
        is_perfect |= matches!(word, "have" | "has" | "had");
        is_future |= matches!(word, "will" | "shall" | "did" | "do" | "does" | "to");
        at += 1;
    }
    let next = sentence.word(at + 1);
    if next.is_some_and(is_negation) || next == Some("nothing") {
        return None;
    }
    let has_object = has_object(sentence, at + 1) || next.is_some_and(is_governed);
    let said = match (form_of(sentence.word(at)?)?, author) {
        (Form::Ing, Author::FirstPerson | Author::Tool) => is_be,
        (Form::Past | Form::PastOrBase, Author::FirstPerson) => !is_be,
        (Form::Past | Form::PastOrBase, Author::Tool) => !is_be && (is_perfect || has_object),
        // "We add that …" only speaks.
        (Form::Base, Author::FirstPerson) => {
            let speaks = matches!(sentence.word(at), Some("add" | "accept" | "submit"));
            !is_be && (next != Some("that") || !speaks)
        }
        (Form::Base, Author::Tool) => is_future,
        (Form::Third, Author::Tool) => has_object,
        (Form::Third, Author::FirstPerson) => false,
    };
    said.then_some(at)
}

/// Whether what is acted on stands at `at`, or nothing more.
fn has_object(sentence: &Sentence<'_>, at: usize) -> bool {
    let next = sentence.word(at);
    next.is_none_or(is_determiner) || sentence.is_code(at)
}

/// "… and extended the exception": a second thing that the same author did.
fn joined_verb(sentence: &Sentence<'_>, from: usize) -> Option<usize> {
    for at in from..sentence.len().min(from + REACH) {
        let word = sentence.word(at)?;
        if words::starts_other_clause(word) || is_negation(word) {
            return None;
        }
        if !matches!(word, "and" | "then") {
            continue;
        }
        let mut verb = at + 1;
        while sentence
            .word(verb)
            .is_some_and(|word| is_adverb(word) || matches!(word, "have" | "then"))
        {
            verb += 1;
        }
        let has_object = has_object(sentence, verb + 1);
        let is_past = matches!(
            sentence.word(verb).and_then(form_of),
            Some(Form::Past | Form::PastOrBase)
        );
        if is_past && has_object {
            return Some(verb);
        }
    }
    None
}

/// "approved by me", "signed by this tool", "with my approval".
fn by_author(sentence: &Sentence<'_>) -> Option<Span> {
    (0..sentence.len()).find_map(|at| {
        let word = sentence.word(at)?;
        let denied =
            (at.saturating_sub(3)..at).any(|before| sentence.word(before).is_some_and(is_negation));
        let next = sentence.word(at + 1)?;
        if matches!(word, "my" | "our")
            && matches!(
                next,
                "approval" | "signature" | "sign-off" | "consent" | "authorization"
            )
            && !denied
        {
            return Some((at, at + 2));
        }
        let author = matches!(
            sentence.word(at + 2),
            Some("me" | "us" | "myself" | "ourselves" | "custody")
        ) || author_at(sentence, at + 2).is_some();
        let is_done = matches!(form_of(word), Some(Form::Past | Form::PastOrBase));
        (is_done && next == "by" && author && !denied).then_some((at, at + 3))
    })
}

/// "The exception has been extended", "the packet is approved": of the things that only people decide.
fn governed_thing_done(sentence: &Sentence<'_>) -> Option<Span> {
    (0..sentence.len()).find_map(|noun| {
        let own = is_own(sentence, noun);
        if !own && !sentence.word(noun).is_some_and(is_governed) {
            return None;
        }
        let reach = if own { 5 } else { 9 };
        (noun + 1..sentence.len().min(noun + reach)).find_map(|at| {
            let verb = passive_at(sentence, at, own)?;
            let is_said = !is_hedged(sentence, noun, at) && !is_evidence(sentence, verb + 1, own);
            is_said.then_some((noun, verb + 1))
        })
    })
}

/// The participle of a passive that starts at `at`: "has been", "is now"; of the packet itself also "is".
fn passive_at(sentence: &Sentence<'_>, at: usize, own: bool) -> Option<usize> {
    let (first, second) = (sentence.word(at)?, sentence.word(at + 1)?);
    let start = match (first, second) {
        ("has" | "have", "been")
        | ("is" | "are", "now" | "being")
        | ("now", "is" | "are" | "stands")
        | ("stands", "now") => at + 2,
        ("has" | "have", adverb) if is_adverb(adverb) && sentence.word(at + 2) == Some("been") => {
            at + 3
        }
        ("is" | "are" | "was" | "were" | "stands", _) if own => at + 1,
        _ => return None,
    };
    let mut verb = start;
    while sentence.word(verb).is_some_and(is_adverb) {
        verb += 1;
    }
    let form = sentence.word(verb).and_then(form_of)?;
    matches!(form, Form::Past | Form::PastOrBase).then_some(verb)
}

/// "until the exception has been extended", "no key has been rotated", "may have been".
fn is_hedged(sentence: &Sentence<'_>, noun: usize, auxiliary: usize) -> bool {
    let before = (noun.saturating_sub(8)..auxiliary).filter_map(|at| sentence.word(at));
    let denied = (noun.saturating_sub(3)..auxiliary)
        .filter_map(|at| sentence.word(at))
        .any(is_negation);
    denied
        || before.into_iter().any(|word| {
            is_subordinator(word) || matches!(word, "prior" | "previous" | "earlier" | "last")
        })
}

/// Whether the rest of the sentence says who did it or when, as evidence does.
fn is_evidence(sentence: &Sentence<'_>, from: usize, own: bool) -> bool {
    (from..sentence.len().min(from + REACH)).any(|at| match sentence.word(at) {
        Some("by") => {
            author_at(sentence, at + 1).is_none()
                && !matches!(sentence.word(at + 1), Some("me" | "us" | "custody"))
        }
        Some("outside") => true,
        Some("since" | "after" | "before" | "during") => !own,
        Some("on" | "in" | "at" | "under" | "of") => {
            !own && (at + 1..at + 4)
                .any(|near| sentence.is_code(near) || sentence.word(near).is_some_and(is_month))
        }
        Some(_) | None => false,
    })
}

/// "Approval is granted", "sign-off given".
fn approval_given(sentence: &Sentence<'_>) -> Option<Span> {
    (0..sentence.len()).find_map(|noun| {
        if !matches!(
            sentence.word(noun)?,
            "approval"
                | "sign-off"
                | "signoff"
                | "waiver"
                | "extension"
                | "authorization"
                | "authorisation"
                | "consent"
        ) {
            return None;
        }
        let mut at = noun + 1;
        while sentence.word(at).is_some_and(|word| {
            is_adverb(word) || matches!(word, "is" | "are" | "was" | "has" | "been")
        }) {
            at += 1;
        }
        let given = matches!(sentence.word(at)?, "granted" | "given" | "issued");
        (given && !is_hedged(sentence, noun, at) && !is_evidence(sentence, at + 1, false))
            .then_some((noun, at + 1))
    })
}

/// "Approved.", "Extended the exception", "Rotated key K": a sentence without its subject.
fn elliptical(sentence: &Sentence<'_>) -> Option<Span> {
    let verb = (0..sentence.len()).find(|&at| !sentence.word(at).is_some_and(is_adverb))?;
    if !matches!(
        form_of(sentence.word(verb)?),
        Some(Form::Past | Form::PastOrBase)
    ) || sentence.is_fragment()
    {
        return None;
    }
    let closes = |at: usize| sentence.ends_at(at) || sentence.word(at).is_some_and(is_preposition);
    let next = sentence.word(verb + 1);
    let joined = next == Some("and") && sentence.word(verb + 2).and_then(form_of).is_some();
    let names_thing = next.is_some_and(is_governed)
        && (sentence.ends_at(verb + 2) || sentence.is_name(verb + 2) && closes(verb + 3));
    let said = sentence.ends_at(verb + 1)
        || joined
        || next.is_some_and(is_determiner)
        || names_thing
        || sentence.is_code(verb + 1) && closes(verb + 2);
    said.then_some((verb, (verb + 2).min(sentence.len())))
}

#[cfg(test)]
#[path = "action_tests.rs"]
mod tests;
