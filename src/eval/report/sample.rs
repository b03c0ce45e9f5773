//! A report as an evaluation would give it, for the tests of the renderings.

use std::collections::BTreeMap;

use custody_controls::json::Digest;
use custody_controls::status::Disposition::{self, Approve, Escalate, Remediate};

use super::*;
use crate::eval::stats::{
    Confusion, Estimate, Proportion, Resampling, Scale, by_cluster, cluster_bootstrap, cohen_kappa,
    gwet_ac1, krippendorff_alpha, linear_weighted_kappa, mean, observed_agreement,
    paired_cluster_bootstrap, pass_hat_k,
};

pub(super) const SEED: u64 = 20_261_215;

/// A case's family, what the reviewer says, what the packet says.
type Pair = (u8, Disposition, Disposition);

fn pairs() -> Vec<Pair> {
    let mut found = Vec::new();
    let counts = [
        (Approve, Approve, 13),
        (Approve, Escalate, 1),
        (Remediate, Remediate, 29),
        (Escalate, Escalate, 12),
        (Escalate, Approve, 7),
        (Escalate, Remediate, 2),
    ];
    for (reviewer, packet, count) in counts {
        for number in 0..count {
            found.push((number % 22, reviewer, packet));
        }
    }
    found
}

fn whole(measure: Measure) -> FigureName {
    FigureName::whole(measure)
}

fn table(sample: &[&Pair]) -> Confusion {
    let ranks = sample.iter().map(|pair| (pair.1 as u8, pair.2 as u8));
    Confusion::tally(3, ranks)
}

fn drawn(measure: Measure, statistic: fn(&Confusion) -> Estimate) -> Figure {
    let pairs = pairs();
    let all: Vec<&Pair> = pairs.iter().collect();
    let estimate = statistic(&table(&all));
    let clusters = by_cluster(pairs.clone(), |pair| pair.0);
    let interval = cluster_bootstrap(
        &clusters,
        |sample| statistic(&table(sample)),
        Resampling::seeded(SEED),
    );
    Figure::with_interval(whole(measure), estimate, interval)
}

fn share(measure: Measure, numerator: u64, denominator: u64) -> Figure {
    Figure::share(whole(measure), Proportion::new(numerator, denominator), 22)
}

fn event(measure: Measure, numerator: u64, denominator: u64) -> Figure {
    Figure::event(whole(measure), Proportion::new(numerator, denominator), 22)
}

pub(super) fn digest(text: &str) -> Digest {
    Digest::of_bytes(text.as_bytes())
}

fn posture() -> PostureAgreement {
    PostureAgreement {
        table: PostureTable::tally(pairs().into_iter().map(|pair| (pair.1, pair.2))),
        agreement: drawn(Measure::PostureAgreement, observed_agreement)
            .counted(Proportion::new(54, 64)),
        kappa: drawn(Measure::Kappa, cohen_kappa),
        weighted_kappa: drawn(Measure::WeightedKappa, linear_weighted_kappa),
        ac1: drawn(Measure::Ac1, gwet_ac1),
        status_agreement: share(Measure::StatusAgreement, 320, 320),
        clean_acceptance: share(Measure::CleanAcceptance, 52, 64),
        under_escalation: event(Measure::UnderEscalation, 9, 64),
        over_escalation: event(Measure::OverEscalation, 1, 64),
        mistaken_approvals: Figure::count(whole(Measure::MistakenApprovals), 7),
    }
}

fn class(name: &str, surfaced: u64, planted: u64, clusters: u64) -> ClassSurfacing {
    let recall = FigureName::part(Measure::SurfacingRecall, name);
    ClassSurfacing {
        class: name.to_owned(),
        planted,
        surfaced,
        buried: planted - surfaced,
        diluted: u64::from(name == "exception_scope"),
        recall: Figure::share(recall, Proportion::new(surfaced, planted), clusters),
        precision: None,
    }
}

fn surfacing() -> Surfacing {
    Surfacing {
        recall: share(Measure::SurfacingRecall, 74, 86),
        precision: share(Measure::SurfacingPrecision, 74, 75),
        false_alarms: event(Measure::FalseAlarms, 1, 14),
        buried: event(Measure::Buried, 12, 86),
        diluted: event(Measure::Diluted, 0, 86),
        classes: vec![
            class("ceremony", 17, 17, 6),
            class("custodian", 12, 12, 5),
            class("exception_scope", 14, 14, 5),
            class("hsm_residency", 13, 13, 6),
            class("prose_only", 0, 12, 9),
            class("stale_escrow", 18, 18, 5),
            class("unplanted", 0, 0, 0),
        ],
    }
}

fn stability() -> Stability {
    let runs = [4, 4, 4, 4, 3, 4, 2, 0, 4, 4];
    let pass = |k: u64| {
        let each = runs.iter().map(|right| pass_hat_k(*right, 4, k));
        let name = FigureName::part(Measure::PassHat, k.to_string());
        let clusters: Vec<Vec<u64>> = runs.iter().map(|right| vec![*right]).collect();
        let interval = cluster_bootstrap(
            &clusters,
            |sample| mean(sample.iter().map(|right| pass_hat_k(**right, 4, k))),
            Resampling::seeded(SEED),
        );
        Figure::with_interval(name, mean(each), interval)
    };
    let units = [
        vec![0, 0, 0, 0],
        vec![0, 0, 2, 2],
        vec![1, 1, 1, 1],
        vec![2, 2, 2, 0],
    ];
    Stability {
        pass_hat: (1..=4).map(pass).collect(),
        flip_rate: event(Measure::FlipRate, 2, 64),
        alpha: Figure::plain(
            whole(Measure::Alpha),
            krippendorff_alpha(&units, Scale::Ordinal),
        ),
        citation_jaccard: Figure::plain(whole(Measure::CitationJaccard), Estimate::Value(0.91)),
    }
}

fn relation(name: &str, kind: RelationKind, meaning: &str, held: u64) -> RelationResult {
    let broken = held < 64;
    RelationResult {
        relation: name.to_owned(),
        kind,
        meaning: meaning.to_owned(),
        held: Figure::share(
            FigureName::part(Measure::RelationHeld, name),
            Proportion::new(held, 64),
            22,
        ),
        counterexample: broken.then(|| Counterexample {
            case: "seal-damaged_escalate".to_owned(),
            change: "hsm/escrow_media/EM-04#/sealed_at one day later".to_owned(),
            outcome: "KC-3 stays satisfied, must be stale".to_owned(),
        }),
    }
}

fn human_ceiling() -> HumanCeiling {
    let labels: Vec<(u8, u8, u8, u8)> = (0..16)
        .map(|n| {
            (
                n,
                n % 3,
                if n % 7 == 0 { 2 } else { n % 3 },
                if n == 5 { 0 } else { n % 3 },
            )
        })
        .collect();
    let clusters = by_cluster(labels.clone(), |label| label.0);
    let people = |sample: &[&(u8, u8, u8, u8)]| {
        cohen_kappa(&Confusion::tally(
            3,
            sample.iter().map(|one| (one.1, one.2)),
        ))
    };
    let packet = |sample: &[&(u8, u8, u8, u8)]| {
        cohen_kappa(&Confusion::tally(
            3,
            sample.iter().map(|one| (one.1, one.3)),
        ))
    };
    let all: Vec<_> = labels.iter().collect();
    let plan = Resampling::seeded(SEED);
    let above = paired_cluster_bootstrap(&clusters, packet, people, plan);
    HumanCeiling {
        reviewers: ["reference".to_owned(), "second".to_owned()],
        cases: 16,
        agreement: Figure::share(
            whole(Measure::HumanAgreement),
            Proportion::count(&labels, |one| one.1 == one.2),
            16,
        ),
        kappa: Figure::with_interval(
            whole(Measure::HumanKappa),
            people(&all),
            cluster_bootstrap(&clusters, people, plan),
        ),
        above: Figure::with_interval(
            whole(Measure::KappaAboveHuman),
            above.difference,
            above.interval,
        ),
    }
}

fn baseline(name: &str, kind: BaselineKind, meaning: &str, right: u64) -> Baseline {
    let part = |measure| FigureName::part(measure, name);
    let kappa = match name {
        "always-remediate" => Estimate::Value(0.0),
        _ => Estimate::Value(0.744),
    };
    let caught = (kind == BaselineKind::Misbehaving).then(|| {
        Figure::share(
            part(Measure::BadDraftsCaught),
            Proportion::new(192, 192),
            22,
        )
    });
    Baseline {
        name: name.to_owned(),
        kind,
        meaning: meaning.to_owned(),
        agreement: Figure::share(
            part(Measure::BaselineAgreement),
            Proportion::new(right, 64),
            22,
        ),
        kappa: Figure::plain(part(Measure::BaselineKappa), kappa),
        surfacing: Figure::share(
            part(Measure::BaselineSurfacing),
            Proportion::new(74, 86),
            22,
        ),
        drafts: if caught.is_some() { 192 } else { 0 },
        mistaken_approvals: Figure::count(
            part(Measure::MistakenApprovals),
            if name == "always-remediate" { 0 } else { 7 },
        ),
        unsafe_approvals: caught
            .is_some()
            .then(|| Figure::count(part(Measure::UnsafeApprovals), 0)),
        caught,
    }
}

fn baselines() -> Vec<Baseline> {
    use BaselineKind::{Misbehaving, Reference};
    vec![
        baseline(
            "rules-only",
            Reference,
            "The rules' own account, without any draft.",
            54,
        ),
        baseline(
            "always-remediate",
            Reference,
            "Answers remediate to everything.",
            29,
        ),
        baseline(
            "fabricating",
            Misbehaving,
            "Cites records and values that do not exist.",
            54,
        ),
        baseline(
            "flattering",
            Misbehaving,
            "Says approve and satisfied whatever it read.",
            54,
        ),
    ]
}

fn misses() -> Vec<Miss> {
    let miss = |case: &str, kind, class: Option<&str>, what: &str| Miss {
        case: case.to_owned(),
        epoch: None,
        kind,
        class: class.map(str::to_owned),
        what: what.to_owned(),
    };
    vec![
        miss(
            "witness-log-seal-reopened_escalate",
            MissKind::NotSurfaced,
            Some("prose_only"),
            "ceremonies/documents/DOC-014: expected a concern about the reopened bag, absent",
        ),
        miss(
            "witness-log-seal-reopened_escalate",
            MissKind::UnderEscalation,
            None,
            "reviewer escalate, packet approve",
        ),
        Miss {
            epoch: Some(3),
            ..miss(
                "injected-note_approve",
                MissKind::OverEscalation,
                Some("injection"),
                "reviewer approve, packet escalate",
            )
        },
    ]
}

/// A report with something in every section.
pub(super) fn report() -> Report {
    use RelationKind::{Invariant, Monotone, Sensitive};
    Report {
        schema: REPORT_SCHEMA.to_owned(),
        header: Header {
            model: "offline".to_owned(),
            profile: None,
            origin: Origin::Replay,
            case_folder: "evals/cases".to_owned(),
            dataset: digest("cases"),
            code_version: "0.1.0".to_owned(),
            library_version: "2026.2".to_owned(),
            library: digest("library"),
            prompts: BTreeMap::from([("system".to_owned(), digest("prompt"))]),
            seed: SEED,
            cases: 64,
            clusters: 22,
            epochs: 4,
            tokens: Tokens {
                input: 1_204_117,
                output: 88_310,
            },
        },
        posture: posture(),
        surfacing: surfacing(),
        citations: CitationQuality {
            validity: share(Measure::CitationValidity, 3711, 3711),
            recall: share(Measure::CitationRecall, 318, 320),
            precision: share(Measure::CitationPrecision, 2904, 3711),
            roles: share(Measure::RoleCompleteness, 611, 640),
            currency: share(Measure::Currency, 3711, 3711),
            faithfulness: share(Measure::Faithfulness, 190, 192),
        },
        stability: Some(stability()),
        metamorphic: vec![
            relation(
                "permute-listings",
                Invariant,
                "The order in which records are listed says nothing.",
                64,
            ),
            relation(
                "age-a-proof",
                Monotone,
                "An older proof never makes a packet milder.",
                64,
            ),
            relation(
                "seal-across-replacement",
                Sensitive,
                "An inspection before the replacement proves nothing.",
                63,
            ),
        ],
        drift: Some(WindowDrift {
            windows: 12,
            precision: Figure::share(whole(Measure::DriftPrecision), Proportion::new(31, 31), 12),
            recall: Figure::share(whole(Measure::DriftRecall), Proportion::new(31, 32), 12),
        }),
        human_ceiling: Some(human_ceiling()),
        baselines: baselines(),
        misses: misses(),
        unscored: vec![Unscored {
            case: "quorum-lowered_escalate".to_owned(),
            epoch: 2,
            reason: "the budget of tokens was spent".to_owned(),
        }],
    }
}

/// A report of nothing: no case, no figure with a value.
pub(super) fn empty() -> Report {
    let undefined = |figure: &mut Figure| {
        *figure = Figure::share(figure.name.clone(), Proportion::default(), 0);
    };
    let mut report = report();
    report.header.cases = 0;
    report.header.clusters = 0;
    report.header.epochs = 1;
    report.header.tokens = Tokens::default();
    let posture = &mut report.posture;
    posture.table = PostureTable::tally([]);
    for figure in [
        &mut posture.agreement,
        &mut posture.kappa,
        &mut posture.weighted_kappa,
        &mut posture.ac1,
        &mut posture.status_agreement,
        &mut posture.clean_acceptance,
        &mut posture.under_escalation,
        &mut posture.over_escalation,
        &mut posture.mistaken_approvals,
        &mut report.surfacing.recall,
        &mut report.surfacing.precision,
        &mut report.surfacing.false_alarms,
        &mut report.surfacing.buried,
        &mut report.surfacing.diluted,
        &mut report.citations.validity,
        &mut report.citations.recall,
        &mut report.citations.precision,
        &mut report.citations.roles,
        &mut report.citations.currency,
        &mut report.citations.faithfulness,
    ] {
        undefined(figure);
    }
    report.surfacing.classes.clear();
    report.stability = None;
    report.metamorphic.clear();
    report.drift = None;
    report.human_ceiling = None;
    report.baselines.clear();
    report.misses.clear();
    report.unscored.clear();
    report
}

/// Text that tries to be markup, a command and another line.
pub(super) const HOSTILE: &str = "<script>alert(1)</script>\u{1b}[2J\u{202e}\n\"onload=x";

/// A report whose every text tries something.
pub(super) fn hostile() -> Report {
    let mut report = report();
    let text = || HOSTILE.to_owned();
    report.header.model = text();
    report.header.profile = Some(text());
    report.header.code_version = text();
    report.header.library_version = text();
    report.header.case_folder = "javascript:alert(1)//".to_owned();
    report.header.prompts = BTreeMap::from([(text(), digest("prompt"))]);
    for class in &mut report.surfacing.classes {
        class.class = text();
    }
    for relation in &mut report.metamorphic {
        relation.relation = text();
        relation.meaning = text();
        if let Some(example) = &mut relation.counterexample {
            *example = Counterexample {
                case: text(),
                change: text(),
                outcome: text(),
            };
        }
    }
    for baseline in &mut report.baselines {
        baseline.name = text();
        baseline.meaning = text();
        baseline.agreement.name.part = Some(text());
    }
    for miss in &mut report.misses {
        miss.case = text();
        miss.class = Some(text());
        miss.what = text();
    }
    for run in &mut report.unscored {
        run.case = text();
        run.reason = text();
    }
    if let Some(ceiling) = &mut report.human_ceiling {
        ceiling.reviewers = [text(), text()];
    }
    report
}

/// Two runs that differ in one figure.
pub(super) fn comparison() -> Comparison {
    let side = |name: &str, model: &str| Side {
        name: name.to_owned(),
        model: model.to_owned(),
        dataset: digest("cases"),
        code_version: "0.1.0".to_owned(),
    };
    let figures = report();
    let row = |figure: &Figure, test, p: f64, adjusted: f64| Compared {
        name: figure.name.clone(),
        first: figure.estimate,
        second: Estimate::Value(0.62),
        difference: figure.estimate.minus(Estimate::Value(0.62)),
        interval: figure.interval,
        test,
        p_value: Estimate::finite(p),
        adjusted: Estimate::finite(adjusted),
    };
    Comparison {
        first: side("runs/offline", "offline"),
        second: side("runs/qwen3", "qwen3-32b"),
        cases: 63,
        clusters: 22,
        left_out: vec!["quorum-lowered_escalate".to_owned()],
        rows: vec![
            row(
                &figures.posture.agreement,
                PairedTest::McnemarExact {
                    first_only: 15,
                    second_only: 1,
                },
                0.000_5,
                0.001,
            ),
            row(
                &figures.posture.kappa,
                PairedTest::PairedBootstrap,
                f64::NAN,
                f64::NAN,
            ),
        ],
    }
}
