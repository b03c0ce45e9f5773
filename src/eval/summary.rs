//! What the counts of many runs come to: the figures of a report, each with its interval.
//!
//! Intervals draw whole families of scenarios, since cases of one family are not independent.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::status::Disposition;

use super::citations::CitationScore;
use super::report::{
    CitationQuality, ClassSurfacing, Figure, FigureName, HumanCeiling, Measure, PostureAgreement,
    PostureTable, Stability, Surfacing,
};
use super::score::{Found, Review, RunScore};
use super::stats::{
    Confusion, Estimate, Proportion, Resampling, Scale, by_cluster, cluster_bootstrap, cohen_kappa,
    flips, gwet_ac1, krippendorff_alpha, linear_weighted_kappa, mean, mean_pairwise_jaccard,
    observed_agreement, paired_cluster_bootstrap, pass_hat_k,
};

/// Two postures of one case: the reviewer's and the packet's.
type Pair = (Disposition, Disposition);

/// Runs to be summed up.
#[derive(Debug, Clone, Copy)]
pub struct Runs<'r> {
    /// The runs, ordered by case and epoch.
    pub scored: &'r [RunScore],
    /// Seed of all drawing.
    pub seed: u64,
}

impl<'r> Runs<'r> {
    /// How many families there are.
    #[must_use]
    pub fn clusters(&self) -> u64 {
        let names: BTreeSet<&str> = self.scored.iter().map(|run| run.cluster.as_str()).collect();
        names.len() as u64
    }

    fn plan(&self) -> Resampling {
        Resampling::seeded(self.seed)
    }

    /// The runs of each case.
    fn by_case(&self) -> Vec<Vec<&'r RunScore>> {
        by_cluster(self.scored, |run| run.case.clone())
    }

    fn bootstrapped(
        &self,
        measure: Measure,
        statistic: impl Fn(&[&RunScore]) -> Estimate,
    ) -> Figure {
        let clusters = by_cluster(self.scored, |run| run.cluster.clone());
        let whole: Vec<&RunScore> = self.scored.iter().collect();
        // Grouping takes references: one level less for the statistic.
        let of = |sample: &[&&RunScore]| {
            let sample: Vec<&RunScore> = sample.iter().map(|run| **run).collect();
            statistic(&sample)
        };
        let interval = cluster_bootstrap(&clusters, of, self.plan());
        Figure::with_interval(FigureName::whole(measure), statistic(&whole), interval)
    }

    fn share(&self, measure: Measure, counted: Proportion) -> Figure {
        Figure::share(FigureName::whole(measure), counted, self.clusters())
    }

    fn event(&self, measure: Measure, counted: Proportion) -> Figure {
        Figure::event(FigureName::whole(measure), counted, self.clusters())
    }

    /// How far the posture agrees with the reference reviewers'.
    #[must_use]
    pub fn posture(&self) -> PostureAgreement {
        let pairs: Vec<Pair> = self.scored.iter().filter_map(pair).collect();
        let count = |holds: &dyn Fn(&Pair) -> bool| Proportion::count(&pairs, |pair| holds(pair));
        let accepted = Proportion::count(self.scored, |run| {
            let edits = run.reference().map(|review| review.major_edits.as_slice());
            run.agrees() && edits.is_some_and(<[String]>::is_empty)
        });
        let table_of_all = PostureTable::tally(pairs.iter().copied());
        PostureAgreement {
            mistaken_approvals: Figure::plain(
                FigureName::whole(Measure::MistakenApprovals),
                Estimate::Value(table_of_all.mistaken_approvals() as f64),
            ),
            table: table_of_all,
            agreement: self
                .bootstrapped(Measure::PostureAgreement, |runs| {
                    observed_agreement(&table(runs))
                })
                .counted(count(&|(reviewer, packet)| reviewer == packet)),
            kappa: self.bootstrapped(Measure::Kappa, |runs| cohen_kappa(&table(runs))),
            weighted_kappa: self.bootstrapped(Measure::WeightedKappa, |runs| {
                linear_weighted_kappa(&table(runs))
            }),
            ac1: self.bootstrapped(Measure::Ac1, |runs| gwet_ac1(&table(runs))),
            status_agreement: self.share(Measure::StatusAgreement, self.statuses()),
            clean_acceptance: self.share(Measure::CleanAcceptance, accepted),
            under_escalation: self.event(
                Measure::UnderEscalation,
                count(&|(reviewer, packet)| packet < reviewer),
            ),
            over_escalation: self.event(
                Measure::OverEscalation,
                count(&|(reviewer, packet)| packet > reviewer),
            ),
        }
    }

    fn statuses(&self) -> Proportion {
        let all = self.scored.iter().flat_map(|run| {
            let wanted = run.reference().map(|review| &review.statuses);
            wanted
                .into_iter()
                .flatten()
                .map(|(id, status)| run.statuses.get(id) == Some(status))
        });
        Proportion::count(all, |same| *same)
    }

    /// What became of planted defects.
    #[must_use]
    pub fn surfacing(&self) -> Surfacing {
        let fates = || self.scored.iter().flat_map(|run| &run.planted);
        let of = |found: Found| Proportion::count(fates(), |fate| fate.found == found);
        let clean: Vec<&RunScore> = self.scored.iter().filter(|run| is_clean(run)).collect();
        let alarms: usize = clean.iter().map(|run| run.alarms.len()).sum();
        let false_alarms = Proportion {
            numerator: alarms as u64,
            denominator: clean.len() as u64,
        };
        let classes: BTreeSet<&str> = fates().map(|fate| fate.class.as_str()).collect();
        Surfacing {
            recall: self.share(
                Measure::SurfacingRecall,
                Proportion::count(fates(), |fate| fate.found.is_surfaced()),
            ),
            precision: self.share(Measure::SurfacingPrecision, self.founded(|_| true)),
            false_alarms: Figure::plain(
                FigureName::whole(Measure::FalseAlarms),
                false_alarms.estimate(),
            )
            .counted(false_alarms),
            buried: self.event(Measure::Buried, of(Found::Buried)),
            diluted: self.event(Measure::Diluted, of(Found::Diluted)),
            classes: classes.into_iter().map(|class| self.class(class)).collect(),
        }
    }

    /// Findings and concerns that a reviewer has too, of all of the classes asked for.
    fn founded(&self, wanted: impl Fn(&str) -> bool) -> Proportion {
        let founded = self.scored.iter().flat_map(|run| &run.founded);
        let founded: u64 = founded
            .filter(|(class, _)| wanted(class))
            .map(|(_, count)| count)
            .sum();
        let alarms = self.scored.iter().flat_map(|run| &run.alarms);
        let alarms = alarms.filter(|alarm| wanted(&alarm.class)).count() as u64;
        Proportion {
            numerator: founded,
            denominator: founded + alarms,
        }
    }

    fn class(&self, class: &str) -> ClassSurfacing {
        let of_class = |run: &&RunScore| run.planted.iter().any(|fate| fate.class == class);
        let clusters: BTreeSet<&str> = self
            .scored
            .iter()
            .filter(of_class)
            .map(|run| run.cluster.as_str())
            .collect();
        let fates: Vec<Found> = self
            .scored
            .iter()
            .flat_map(|run| &run.planted)
            .filter(|fate| fate.class == class)
            .map(|fate| fate.found)
            .collect();
        let count = |found: Found| fates.iter().filter(|fate| **fate == found).count() as u64;
        let surfaced = Proportion::count(&fates, |found| found.is_surfaced());
        let clusters = clusters.len() as u64;
        let founded = self.founded(|known| known == class);
        ClassSurfacing {
            class: class.to_owned(),
            planted: surfaced.denominator,
            surfaced: surfaced.numerator,
            buried: count(Found::Buried),
            diluted: count(Found::Diluted),
            recall: Figure::share(
                FigureName::part(Measure::SurfacingRecall, class),
                surfaced,
                clusters,
            ),
            precision: (founded.denominator > 0).then(|| {
                Figure::share(
                    FigureName::part(Measure::SurfacingPrecision, class),
                    founded,
                    clusters,
                )
            }),
        }
    }

    /// What the citations are worth.
    #[must_use]
    pub fn citations(&self) -> CitationQuality {
        let share = |measure: Measure, of: fn(&CitationScore) -> Proportion| {
            let all = self.scored.iter().map(|run| of(&run.citations));
            self.share(measure, all.fold(Proportion::default(), plus))
        };
        CitationQuality {
            validity: share(Measure::CitationValidity, |score| score.valid),
            recall: share(Measure::CitationRecall, |score| score.upheld),
            precision: share(Measure::CitationPrecision, |score| score.needed),
            roles: share(Measure::RoleCompleteness, |score| score.roles),
            currency: share(Measure::Currency, |score| score.current),
            faithfulness: share(Measure::Faithfulness, |score| score.responded),
        }
    }

    /// How steady repeated runs are; nothing where every case ran once.
    #[must_use]
    pub fn stability(&self) -> Option<Stability> {
        let cases = self.by_case();
        let most = cases.iter().map(Vec::len).max().filter(|most| *most > 1)?;
        let postures: Vec<Vec<u8>> = cases.iter().map(|runs| ranks(runs)).collect();
        let pass_hat = (1..=most as u64).map(|k| {
            let mut figure = self.of_cases(Measure::PassHat, |cases| {
                mean(cases.iter().map(|runs| {
                    let right = runs.iter().filter(|run| run.agrees()).count();
                    pass_hat_k(right as u64, runs.len() as u64, k)
                }))
            });
            figure.name = FigureName::part(Measure::PassHat, k.to_string());
            figure
        });
        Some(Stability {
            pass_hat: pass_hat.collect(),
            flip_rate: self.event(Measure::FlipRate, flips(&postures)),
            alpha: self.of_cases(Measure::Alpha, |cases| {
                let units: Vec<Vec<u8>> = cases.iter().map(|runs| ranks(runs)).collect();
                krippendorff_alpha(&units, Scale::Ordinal)
            }),
            citation_jaccard: self.of_cases(Measure::CitationJaccard, |cases| {
                mean(cases.iter().map(|runs| {
                    let cited: Vec<BTreeSet<&str>> = runs
                        .iter()
                        .map(|run| run.cited.iter().map(String::as_str).collect())
                        .collect();
                    mean_pairwise_jaccard(&cited)
                }))
            }),
        })
    }

    /// A figure over cases, each with its runs.
    fn of_cases(
        &self,
        measure: Measure,
        statistic: impl Fn(&[&Vec<&RunScore>]) -> Estimate,
    ) -> Figure {
        let cases = self.by_case();
        let whole: Vec<&Vec<&RunScore>> = cases.iter().collect();
        let estimate = statistic(&whole);
        let cluster = |runs: &Vec<&RunScore>| runs.first().map(|run| run.cluster.clone());
        let clusters = by_cluster(cases, cluster);
        let interval = cluster_bootstrap(&clusters, statistic, self.plan());
        Figure::with_interval(FigureName::whole(measure), estimate, interval)
    }

    /// How far two reviewers agree, on the cases that both have looked at.
    #[must_use]
    pub fn human_ceiling(&self) -> Option<HumanCeiling> {
        let firsts = self
            .by_case()
            .into_iter()
            .filter_map(|runs| runs.first().copied());
        let doubled: Vec<Doubled<'_>> = firsts.filter_map(Doubled::of).collect();
        let reviewers = doubled
            .first()
            .map(|case| [case.first.reviewer.clone(), case.second.reviewer.clone()])?;
        let human = |cases: &[&Doubled<'_>]| {
            kappa(
                cases
                    .iter()
                    .map(|case| (case.first.posture, case.second.posture)),
            )
        };
        let packet = |cases: &[&Doubled<'_>]| {
            kappa(
                cases
                    .iter()
                    .map(|case| (case.first.posture, case.run.posture)),
            )
        };
        let agreed = Proportion::count(&doubled, |case| case.first.posture == case.second.posture);
        let whole: Vec<&Doubled<'_>> = doubled.iter().collect();
        let estimate = human(&whole);
        let cases = doubled.len() as u64;
        let clusters = by_cluster(doubled, |case| case.run.cluster.clone());
        let interval = cluster_bootstrap(&clusters, human, self.plan());
        let above = paired_cluster_bootstrap(&clusters, packet, human, self.plan());
        Some(HumanCeiling {
            reviewers,
            cases,
            agreement: Figure::share(
                FigureName::whole(Measure::HumanAgreement),
                agreed,
                clusters.len() as u64,
            ),
            kappa: Figure::with_interval(
                FigureName::whole(Measure::HumanKappa),
                estimate,
                interval,
            ),
            above: Figure::with_interval(
                FigureName::whole(Measure::KappaAboveHuman),
                above.difference,
                above.interval,
            ),
        })
    }
}

/// A case that two reviewers have looked at.
struct Doubled<'r> {
    run: &'r RunScore,
    first: &'r Review,
    second: &'r Review,
}

impl<'r> Doubled<'r> {
    fn of(run: &'r RunScore) -> Option<Self> {
        let mut reviewers = run.reviewers.iter();
        Some(Self {
            run,
            first: reviewers.next()?,
            second: reviewers.next()?,
        })
    }
}

/// The reviewer's posture beside the packet's.
pub(super) fn pair(run: &RunScore) -> Option<Pair> {
    run.reference().map(|review| (review.posture, run.posture))
}

/// The table of postures of some runs.
pub(super) fn table(runs: &[&RunScore]) -> Confusion {
    PostureTable::tally(runs.iter().filter_map(|run| pair(run))).0
}

fn kappa(pairs: impl Iterator<Item = Pair>) -> Estimate {
    cohen_kappa(&PostureTable::tally(pairs).0)
}

fn ranks(runs: &[&RunScore]) -> Vec<u8> {
    runs.iter().map(|run| run.posture as u8).collect()
}

/// Whether every reviewer approves.
fn is_clean(run: &RunScore) -> bool {
    let mut reviews = run.reviewers.iter();
    reviews.all(|review| review.posture == Disposition::Approve)
}

pub(super) fn plus(a: Proportion, b: Proportion) -> Proportion {
    Proportion {
        numerator: a.numerator + b.numerator,
        denominator: a.denominator + b.denominator,
    }
}

/// Runs by case name, first epoch.
pub(super) fn first_runs(scored: &[RunScore]) -> BTreeMap<&str, &RunScore> {
    let mut firsts = BTreeMap::new();
    for run in scored {
        firsts.entry(run.case.as_str()).or_insert(run);
    }
    firsts
}
