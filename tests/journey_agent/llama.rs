//! Two hundred reviews with llama-cpp-python over models that know nothing: each ends in the
//! rules' own account or in a packet that says the same, and none hangs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant as Clock};

use custody::agent::endpoint::{
    EmptyContent, Endpoint, EndpointConfig, EndpointProfile, LimitField, ToolChoice, probe,
};
use custody::agent::limits::Limits;
use custody::agent::pseudonym::Pseudonyms;
use custody::basis::Judged;
use custody::prepare::{Preparation, Prepared, prepare};
use custody::review::Store;
use custody::review::queue::AsOfOrigin;
use custody_controls::capture::read_capture;
use custody_controls::instant::Instant;
use custody_controls::library::Library;
use custody_controls::packet::{ReviewPeriod, ReviewScope, ValidatedPacket, ValidationOutcome};
use custody_tools::tool::SeeAll;
use secrecy::SecretString;

use crate::common::{AS_OF, SEED, Scenario};
use crate::peer::{Server, peers_with};

/// The longest that one run may take before it counts as hanging.
const LONGEST_RUN: Duration = Duration::from_secs(120);

/// One server, and the runs that are made with it.
struct Lot {
    model: u32,
    seed: u32,
    context: u32,
    format: &'static str,
    choice: ToolChoice,
    runs: u32,
}

/// Two lists that run side by side, two hundred runs in all. The seeds are the servers'.
const LOTS: [&[Lot]; 2] = [
    &[
        // Tools are rendered and called: random arguments within the schemas' grammar. This server
        // keeps no limit on a call's length but its context, and fails oddly where that is over.
        lot(3, 11, 12_288, CALLING, ToolChoice::Auto, 30),
        lot(4, 12, 16_384, CALLING, ToolChoice::Auto, 50),
        // Too small for the first request.
        lot(1, 13, 2_048, CALLING, ToolChoice::Auto, 10),
    ],
    &[
        // The usual template: tools are not shown, and all that comes is noise.
        lot(1, 14, 1_536, "chatml", ToolChoice::Unsaid, 40),
        lot(4, 15, 1_024, "chatml", ToolChoice::Unsaid, 30),
        // Names of tools come as text.
        lot(2, 16, 9_600, CALLING, ToolChoice::Auto, 20),
        // This server fails on `required`.
        lot(4, 17, 10_240, CALLING, ToolChoice::Required, 20),
    ],
];

const CALLING: &str = "chatml-function-calling";

const fn lot(
    model: u32,
    seed: u32,
    context: u32,
    format: &'static str,
    choice: ToolChoice,
    runs: u32,
) -> Lot {
    Lot {
        model,
        seed,
        context,
        format,
        choice,
        runs,
    }
}

impl Lot {
    fn serve(&self, peers: &Path) -> Server {
        let mut command = Command::new(peers.join("llama/bin/python"));
        let model = peers.join(format!("tiny-{}.gguf", self.model));
        command.args(["-m", "llama_cpp.server", "--n_threads", "1", "--model"]);
        command.arg(model);
        command.args(["--chat_format", self.format]);
        command.args(["--n_ctx", &self.context.to_string()]);
        command.args(["--seed", &self.seed.to_string()]);
        Server::start(command)
    }

    /// Run `number` asks in its own way: other limits, other forms.
    fn config(&self, number: u32, server: &Server) -> EndpointConfig {
        let key = SecretString::from("sk-unused");
        let mut config = EndpointConfig::new(&server.base_url(), "tiny", key);
        config.patience.base_delay = Duration::from_millis(5);
        config.patience.retries = number % 2;
        config.max_output = [16, 64, 256, 1024][number as usize % 4];
        config.profile = EndpointProfile {
            tool_choice: self.choice,
            empty_content: match number % 3 {
                0 => EmptyContent::EmptyText,
                1 => EmptyContent::Null,
                _ => EmptyContent::Absent,
            },
            limit_field: match number % 5 {
                0 => LimitField::MaxCompletionTokens,
                1 => LimitField::None,
                _ => LimitField::MaxTokens,
            },
            ..EndpointProfile::default()
        };
        config
    }
}

fn limits(number: u32) -> Limits {
    Limits {
        max_turns: 2 + number % 6,
        max_tool_calls: 1 + number % 7,
        max_bytes: if number.is_multiple_of(6) {
            2_000
        } else {
            1_000_000
        },
        max_seconds: 40,
        max_rejected_drafts: number % 2,
        ..Limits::default()
    }
}

/// The seed's own evidence, and what the rules say of it.
struct Review {
    rules: Judged,
}

impl Review {
    fn frozen() -> Self {
        let scenario = Scenario::copy_of(SEED);
        assert_eq!(scenario.run(&["capture", "--out", "frozen.json"]).code, 0);
        let capture = std::fs::read_to_string(scenario.path("frozen.json")).unwrap();
        let instant = |text: &str| Instant::parse(text).unwrap();
        let scope = ReviewScope {
            cycle: "2026-H2".to_owned(),
            as_of: instant(AS_OF),
            period: ReviewPeriod {
                from: instant("2026-07-01T00:00:00Z"),
                to: instant("2027-01-01T00:00:00Z"),
            },
        };
        Self {
            rules: Judged::new(
                read_capture(&capture).unwrap(),
                Library::builtin().unwrap(),
                scope,
            ),
        }
    }

    fn judged(&self) -> Judged {
        let Judged {
            capture,
            library,
            scope,
            ..
        } = &self.rules;
        Judged::new(capture.clone(), library.clone(), scope.clone())
    }
}

/// Why runs ended, and how often.
type Ends = BTreeMap<String, u32>;

#[test]
fn two_hundred_reviews_with_a_random_model_end_in_the_rules_account() {
    let Some(peers) = peers_with("llama/bin/python") else {
        return;
    };
    let total: u32 = LOTS.iter().copied().flatten().map(|lot| lot.runs).sum();
    assert_eq!(total, 200);
    let review = Review::frozen();
    let begun = Clock::now();
    let ends: Vec<Ends> = std::thread::scope(|scope| {
        let lists = LOTS.map(|lots| {
            let (peers, review) = (&peers, &review);
            scope.spawn(move || lots.iter().map(|lot| run_lot(lot, peers, review)).collect())
        });
        let ended = lists.map(|list| list.join().unwrap());
        ended.into_iter().flat_map(|ends: Vec<Ends>| ends).collect()
    });
    let mut all = Ends::new();
    for (reason, count) in ends.into_iter().flatten() {
        *all.entry(reason).or_default() += count;
    }
    eprintln!("{total} runs in {} s: {all:#?}", begun.elapsed().as_secs());
    assert_eq!(all.values().sum::<u32>(), total);
    // The runs are of many kinds, or they would show little.
    for kind in [
        "tool calls answered",
        "in text instead",
        "longer than the model's context",
    ] {
        assert!(
            all.keys().any(|reason| reason.contains(kind)),
            "none ended for: {kind}"
        );
    }
}

fn run_lot(lot: &Lot, peers: &Path, review: &Review) -> Ends {
    let server = lot.serve(peers);
    let begun = Clock::now();
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&folder.path().join("queue.db")).await.unwrap();
        let mut ends = Ends::new();
        for number in 0..lot.runs {
            let model = Endpoint::new(lot.config(number, &server)).unwrap();
            let run = one_run(&store, review, &model, limits(number));
            let prepared = tokio::time::timeout(LONGEST_RUN, run).await;
            let end = check(review, &prepared.unwrap());
            *ends.entry(end).or_default() += 1;
        }
        let took = begun.elapsed().as_secs();
        eprintln!(
            "server {}: {} runs in {took} s: {ends:?}",
            lot.seed, lot.runs
        );
        ends
    })
}

async fn one_run(store: &Store, review: &Review, model: &Endpoint, limits: Limits) -> Prepared {
    let judged = review.judged();
    let how = Preparation {
        model,
        limits,
        visibility: &SeeAll,
        pseudonyms: &Pseudonyms::of(&judged.capture),
        prepared_by: "a test",
        as_of_origin: AsOfOrigin::Given,
        now: review.rules.scope.as_of,
        progress: &|_| {},
    };
    prepare(store, judged, &how).await.unwrap()
}

/// Holds a packet against the rules' own, and says how its run ended.
fn check(review: &Review, prepared: &Prepared) -> String {
    let packet = &prepared.loaded.packet;
    let validation = &packet.body.validation;
    let reason = validation.reason.clone().unwrap_or_default();
    let rejected = validation.rejected_drafts.clone();
    let rules = ValidatedPacket::rules_only(&review.rules.basis(), rejected, reason.clone());
    match validation.outcome {
        ValidationOutcome::RulesOnly => {
            assert!(!reason.is_empty());
            assert_eq!(&packet.body, rules.body());
        }
        ValidationOutcome::Accepted => {
            let (body, rules) = (&packet.body, rules.body());
            assert_eq!(body.posture, rules.posture);
            let statuses = |body: &custody_controls::packet::PacketBody| -> Vec<_> {
                body.requirements
                    .iter()
                    .map(|one| (one.id.clone(), one.status))
                    .collect()
            };
            assert_eq!(statuses(body), statuses(rules));
            assert_eq!(body.findings.len(), rules.findings.len());
        }
    }
    let kind = reason.split(':').next().unwrap_or_default();
    match packet.provenance.tool_calls {
        0 => kind.to_owned(),
        _ => format!("tool calls answered, then {kind}"),
    }
}

#[test]
fn a_probe_of_a_server_over_a_random_model_finds_a_profile() {
    let Some(peers) = peers_with("llama/bin/python") else {
        return;
    };
    let lot = lot(4, 18, 2_048, "chatml", ToolChoice::Unsaid, 0);
    let server = lot.serve(&peers);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let profile = runtime.block_on(probe(&lot.config(0, &server))).unwrap();
    for (name, value) in profile.rows() {
        eprintln!("{name:<36}{value}");
    }
    // The newer name is taken and ignored, which only the length of an answer shows.
    assert_eq!(profile.limit_field, LimitField::MaxTokens);
    let seen = profile.observed.unwrap();
    use custody::agent::endpoint::{LongInput, Support};
    assert_eq!(seen.length_limit, Support::Kept);
    assert_eq!(seen.developer_role, Support::Refused);
    assert_eq!(seen.long_input, LongInput::Refused);
}
