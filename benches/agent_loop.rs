//! What the agent loop itself costs per turn, against models that answer at once.
//!
//! `cargo bench --bench agent_loop`. Three rows: the loop alone, with the journal in a store, and
//! with an endpoint on this machine too. Every turn reads the rules' account of one requirement.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant as Clock;

use custody::agent::driver::{AppendFuture, Journal};
use custody::agent::endpoint::{Endpoint, EndpointConfig};
use custody::agent::limits::Limits;
use custody::agent::message::{ModelRequest, RequestedCall, Turn};
use custody::agent::model::{Model, TurnFuture};
use custody::agent::pseudonym::Pseudonyms;
use custody::agent::run::Event;
use custody::basis::{EvidenceFrom, Judged, gather};
use custody::config::Config;
use custody::drafting::{Drafter, draft};
use custody::prepare::{Preparation, prepare};
use custody::review::Store;
use custody::review::queue::AsOfOrigin;
use custody_controls::instant::Instant;
use custody_controls::library::Library;
use custody_tools::source::MissingSource;
use custody_tools::tool::SeeAll;
use secrecy::SecretString;
use serde_json::json;

/// Turns of one run; each is answered, and no draft comes.
const TURNS: u32 = 40;

/// Runs of which the fastest counts.
const RUNS: usize = 5;

const TOOL: &str = "controls_read_account";

/// The arguments of turn `number`: no two are the same call.
fn arguments(number: usize) -> String {
    json!({"requirement": format!("KC-{}", number % 5 + 1), "skip": number / 5}).to_string()
}

/// A model in this process that answers at once.
struct Stub;

impl Model for Stub {
    fn name(&self) -> &str {
        "stub"
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn turn<'m>(&'m self, request: &'m ModelRequest) -> TurnFuture<'m> {
        let call = RequestedCall {
            name: TOOL.to_owned(),
            arguments: arguments(request.messages.len() / 2),
        };
        Box::pin(async move {
            Ok(Turn {
                calls: vec![call],
                ..Turn::default()
            })
        })
    }
}

/// A journal that keeps nothing.
struct Nowhere;

impl Journal for Nowhere {
    fn append<'j>(&'j mut self, _event: &'j Event) -> AppendFuture<'j> {
        Box::pin(async { Ok(()) })
    }
}

fn limits() -> Limits {
    Limits {
        max_turns: TURNS,
        ..Limits::default()
    }
}

async fn judged() -> Judged {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/semiannual-2026-h2");
    let config = Config::read(&folder.join("custody.toml")).unwrap();
    let as_of = Instant::parse("2026-12-15T09:00:00Z").unwrap();
    let from = EvidenceFrom::Sources(MissingSource::Refuse);
    let capture = gather(&config, from, as_of, |_| {}, |_| {}).await.unwrap();
    Judged::new(capture, Library::builtin().unwrap(), config.scope(as_of))
}

async fn loop_alone() -> f64 {
    let judged = judged().await;
    let drafter = Drafter {
        model: &Stub,
        limits: limits(),
        visibility: &SeeAll,
        pseudonyms: &Pseudonyms::default(),
        progress: &|_| {},
    };
    let begun = Clock::now();
    let drafted = draft(&judged, &drafter, [], &mut Nowhere).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(drafted.run.tool_calls(), TURNS);
    took.as_secs_f64() * 1e3 / f64::from(TURNS)
}

async fn with_a_store(model: &dyn Model) -> f64 {
    let judged = judged().await;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("queue.db")).await.unwrap();
    let how = Preparation {
        model,
        limits: limits(),
        visibility: &SeeAll,
        pseudonyms: &Pseudonyms::of(&judged.capture),
        prepared_by: "a benchmark",
        as_of_origin: AsOfOrigin::Given,
        now: judged.scope.as_of,
        progress: &|_| {},
    };
    let begun = Clock::now();
    let prepared = prepare(&store, judged, &how).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(prepared.loaded.packet.provenance.tool_calls, TURNS);
    took.as_secs_f64() * 1e3 / f64::from(TURNS)
}

/// An endpoint that reads a request to its end and answers with a call.
fn serve(listener: &TcpListener) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        stream.set_nodelay(true).unwrap();
        std::thread::spawn(move || while answer(&mut stream).is_some() {});
    }
}

fn answer(stream: &mut TcpStream) -> Option<()> {
    let mut bytes = Vec::new();
    let mut piece = [0; 65_536];
    let mut whole = None;
    while whole.is_none_or(|whole| bytes.len() < whole) {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        whole = whole.or_else(|| {
            let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = text.split("content-length:").nth(1)?.lines().next()?;
            Some(head + 4 + length.trim().parse::<usize>().ok()?)
        });
    }
    let taken = String::from_utf8_lossy(&bytes)
        .matches("\"tool_call_id\"")
        .count();
    let function = json!({"name": TOOL, "arguments": arguments(taken)});
    let message = json!({"tool_calls": [{"function": function}]});
    let body = json!({"choices": [{"message": message}]}).to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).ok()
}

fn fastest(mut run: impl FnMut() -> f64) -> f64 {
    (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || serve(&listener));
    let key = SecretString::from("sk-unused");
    let url = format!("http://{address}/v1");
    let rows = [
        ("the loop alone", fastest(|| runtime.block_on(loop_alone()))),
        (
            "with journal, validator and queue in a store",
            fastest(|| runtime.block_on(with_a_store(&Stub))),
        ),
        (
            "with an endpoint on this machine too",
            fastest(|| {
                let config = EndpointConfig::new(&url, "stub", key.clone());
                runtime.block_on(with_a_store(&Endpoint::new(config).unwrap()))
            }),
        ),
    ];
    println!("{TURNS} turns with a tool call each; the fastest of {RUNS} runs");
    for (what, milliseconds) in rows {
        println!("{what:<46}{milliseconds:>9.2} ms a turn");
    }
}
