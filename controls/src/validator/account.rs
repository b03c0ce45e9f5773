//! Goes through a draft and holds every part of it against rules, records and grounds.

use super::citation::{CitationCheck, CitedRecords, Relevance};
use super::fault::{FaultCode, FaultList};
use super::grounding::{AlwaysAllowed, Grounds};
use super::loose::{LooseCitations, LooseConcern, LooseDraft, LooseRequirement};
use super::names::KnownPeople;
use super::prose::{Prose, ProseCheck};
use super::ruled::{Ruled, Rules};
use super::{ReviewBasis, Shown};

/// Checks every statement of `draft`, and returns how many there are.
pub(super) fn check(
    basis: &ReviewBasis<'_>,
    shown: Shown<'_>,
    draft: &LooseDraft<'_>,
    faults: &mut FaultList,
) -> u32 {
    let known = KnownPeople::of(basis.capture);
    let account = Account {
        basis,
        shown,
        records: CitedRecords::of(basis, draft, &known),
        always: AlwaysAllowed::of(basis, &known),
        known,
        rules: Rules::of(basis),
    };
    account.whole(draft, faults)
}

struct Account<'s, 'a> {
    basis: &'s ReviewBasis<'a>,
    shown: Shown<'s>,
    known: KnownPeople<'a>,
    records: CitedRecords<'a>,
    always: AlwaysAllowed<'a>,
    rules: Rules<'a>,
}

impl<'a> Account<'_, 'a> {
    fn whole(&self, draft: &LooseDraft<'_>, faults: &mut FaultList) -> u32 {
        let mut claims = 1; // the posture
        if let Some(entries) = &draft.requirements {
            self.rules.requirement_set(entries, faults);
            for entry in entries {
                claims += self.requirement(entry, faults);
            }
            self.rules.findings(entries, faults);
        }
        for concern in &draft.concerns {
            claims += self.concern(concern, faults);
        }
        if let Some(text) = draft.summary {
            let entries = draft.requirements.iter().flatten().flat_map(citations_of);
            let all = entries.chain(draft.concerns.iter().map(|concern| &concern.citations));
            let prose = Prose {
                text,
                path: "/summary",
                requirement: None,
            };
            claims += self.prose_check(all).check(prose, faults);
        }
        self.rules.posture(draft, faults);
        claims
    }

    fn requirement(&self, entry: &LooseRequirement<'_>, faults: &mut FaultList) -> u32 {
        let ruled = entry.requirement.and_then(|id| self.rules.get(id));
        if let Some(ruled) = ruled {
            ruled.status(entry, faults);
            if entry.citations.none_given && ruled.needs_citation(self.basis.capture) {
                let message = "cites nothing: cite records that this requirement was judged on";
                let path = format!("{}/citations", entry.path);
                faults.add(
                    FaultCode::UncitedRequirement,
                    entry.requirement,
                    path,
                    message,
                );
            }
        }
        let mut claims = 1; // the status
        let check = self.citation_check(entry.requirement, ruled);
        for citations in citations_of(entry) {
            check.all(citations, faults);
            claims += count(citations.items.len());
        }
        let findings = entry.findings.iter().flatten();
        let explanations = findings.filter_map(|finding| {
            Some((
                finding.explanation?,
                format!("{}/explanation", finding.path),
            ))
        });
        let rationale = entry
            .rationale
            .map(|text| (text, format!("{}/rationale", entry.path)));
        let prose = self.prose_check(citations_of(entry));
        for (text, path) in rationale.into_iter().chain(explanations) {
            claims += prose.check(
                Prose {
                    text,
                    path: &path,
                    requirement: entry.requirement,
                },
                faults,
            );
        }
        claims + count(entry.findings.as_ref().map_or(0, Vec::len))
    }

    fn citation_check<'c>(
        &'c self,
        requirement: Option<&'c str>,
        ruled: Option<&'c Ruled<'a>>,
    ) -> CitationCheck<'c, 'a> {
        CitationCheck {
            basis: self.basis,
            shown: self.shown,
            records: &self.records,
            requirement,
            relevance: ruled.map_or(Relevance::Anything, |ruled| {
                Relevance::JudgedOn(&ruled.judged_on)
            }),
        }
    }

    fn concern(&self, concern: &LooseConcern<'_>, faults: &mut FaultList) -> u32 {
        self.citation_check(None, None)
            .all(&concern.citations, faults);
        let quotes = concern
            .citations
            .items
            .iter()
            .any(|(_, citation)| citation.quote.is_some());
        if !quotes {
            let message = "a concern needs at least one citation with a verbatim `quote`";
            faults.add(
                FaultCode::MalformedDraft,
                None,
                format!("{}/citations", concern.path),
                message,
            );
        }
        let path = format!("{}/text", concern.path);
        if concern.text.is_some_and(|text| text.trim().is_empty()) {
            faults.add(
                FaultCode::MalformedDraft,
                None,
                &path,
                "is blank: say what a human should look at",
            );
        }
        let prose = self.prose_check(std::iter::once(&concern.citations));
        let claims = concern.text.map_or(0, |text| {
            prose.check(
                Prose {
                    text,
                    path: &path,
                    requirement: None,
                },
                faults,
            )
        });
        1 + count(concern.citations.items.len()) + claims
    }

    fn prose_check<'c>(
        &self,
        citations: impl Iterator<Item = &'c LooseCitations>,
    ) -> ProseCheck<'_, 'a> {
        let cited = self.records.named_by(self.basis, citations);
        ProseCheck {
            basis: self.basis,
            known: &self.known,
            grounds: Grounds::of(&self.always, cited),
        }
    }
}

/// All citations of a requirement's entry: its own and its findings'.
fn citations_of<'e>(entry: &'e LooseRequirement<'_>) -> impl Iterator<Item = &'e LooseCitations> {
    let findings = entry
        .findings
        .iter()
        .flatten()
        .map(|finding| &finding.citations);
    std::iter::once(&entry.citations).chain(findings)
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
