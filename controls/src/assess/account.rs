//! The rules' own account of a requirement, in plain sentences with their citations.

use crate::assessment::Finding;
use crate::capture::RecordAt;
use crate::cel::holds;
use crate::facts::FactBase;
use crate::library::{Account, Requirement};
use crate::status::RequirementStatus;

use super::evidence::Evidence;
use super::finding::Read;

/// How many subjects without findings are told one by one.
const MAX_MET: usize = 6;
/// How many notes are told.
const MAX_NOTES: usize = 12;
/// How many findings are told one by one; the finding list has them all.
const MAX_FINDINGS: usize = 12;

/// Sentences gathered while judging.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    plain: Vec<String>,
    met: Vec<String>,
    untold: usize,
    notes: Vec<String>,
    reads: Vec<Read>,
}

impl Accounts {
    /// Adds a sentence that rests on no record.
    pub(super) fn say(&mut self, sentence: &str) {
        self.plain.push(sentence.to_owned());
    }

    /// Adds what the requirement has to say about one subject.
    pub(super) fn add<'a>(
        &mut self,
        base: &FactBase<'a>,
        requirement: &'a Requirement,
        evidence: &Evidence<'a>,
        named_in: &dyn Fn() -> Vec<Read>,
        met: bool,
    ) {
        let tell_met = met && self.met.len() < MAX_MET;
        self.untold += usize::from(met && !tell_met);
        for account in &requirement.account {
            let wanted = if account.every_subject {
                self.notes.len() < MAX_NOTES
            } else {
                tell_met
            };
            let Some((sentence, mut reads)) =
                wanted.then(|| tell(base, account, evidence)).flatten()
            else {
                continue;
            };
            let told = if account.every_subject {
                &mut self.notes
            } else {
                &mut self.met
            };
            if !told.contains(&sentence) {
                told.push(sentence);
                reads.extend(named_in());
                self.reads.extend(reads);
            }
        }
        if self.reads.is_empty() {
            self.reads.push((evidence.subject, "/id".to_owned()));
        }
    }

    /// The account and the places that it rests on, besides those of the findings told in it.
    pub(super) fn finish(
        self,
        title: &str,
        status: RequirementStatus,
        findings: &[Finding],
    ) -> (String, Vec<Read>) {
        let mut sentences = vec![format!("{}: {status}.", title.trim_end_matches('.'))];
        sentences.extend(
            findings
                .iter()
                .take(MAX_FINDINGS)
                .map(|finding| as_sentence(&finding.message)),
        );
        if findings.len() > MAX_FINDINGS {
            sentences
                .push("Further findings of the same kind are listed with the packet.".to_owned());
        }
        if findings.is_empty() {
            sentences.extend(self.plain);
        }
        sentences.extend(self.met);
        if self.untold > 0 {
            sentences
                .push("The same was found for every other subject that has no finding.".to_owned());
        }
        sentences.extend(self.notes);
        (sentences.join(" "), self.reads)
    }
}

fn tell<'a>(
    base: &FactBase<'a>,
    account: &'a Account,
    evidence: &Evidence<'a>,
) -> Option<(String, Vec<(RecordAt, String)>)> {
    if !evidence.has(&account.needs) {
        return None;
    }
    let mut bindings = evidence.traced(base, evidence.bound.len());
    let mut trace = crate::cel::Traced::default();
    let applies = account
        .when
        .as_ref()
        .is_none_or(|when| holds(&when.expr, base, &mut bindings, &mut trace));
    applies.then(|| {
        let (sentence, mut reads) = account.says.render(base, &mut bindings);
        reads.append(&mut trace.reads);
        (as_sentence(&sentence), reads)
    })
}

/// A message as a sentence: with a capital letter, unless it begins with an identifier, and a full stop.
fn as_sentence(message: &str) -> String {
    let mut sentence = String::with_capacity(message.len() + 1);
    let first_word = message.split(' ').next().unwrap_or_default();
    let mut letters = message.chars();
    if first_word.bytes().all(|b| b.is_ascii_lowercase())
        && let Some(first) = letters.next()
    {
        sentence.extend(first.to_uppercase());
    }
    sentence.push_str(letters.as_str());
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}
