//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use custody_controls::instant::Instant;
use custody_controls::status::{Disposition, RequirementStatus};

use crate::config::DEFAULT_CONFIG;
use crate::eval::gate::Threshold;

/// Prepares the evidence packet for a semiannual signing-key custody review.
///
/// It recommends approve, remediate or escalate for a human to decide. It signs nothing and changes nothing.
#[derive(Debug, Parser)]
#[command(name = "custody", version, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The configuration.
    #[arg(long, global = true, value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    /// Prints exactly one JSON document on stdout.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The instant for which everything is judged (RFC 3339); the present where it is left out.
    #[arg(long, global = true, value_name = "RFC3339", value_parser = instant)]
    pub(crate) as_of: Option<Instant>,
    /// A capture instead of the live sources.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) evidence: Option<PathBuf>,
    /// Goes on without a source that cannot be read; that is a finding then.
    #[arg(long, global = true)]
    pub(crate) allow_missing_source: bool,
    /// Exits 0 for approve, 3 for remediate, 4 for escalate; 5 for a rejected draft.
    #[arg(long, global = true)]
    pub(crate) exit_code: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Captures, drafts, validates, and puts the packet into the review queue.
    Prepare(PrepareArguments),
    /// Freezes all sources into one capture file.
    Capture(CaptureArguments),
    /// Shows what the rules alone find: statuses, findings, posture. No model.
    Assess(AssessArguments),
    /// Holds a draft from anywhere against the rules.
    Validate(ValidateArguments),
    /// Shows the review queue and what is in it.
    #[command(subcommand)]
    Packets(PacketsCommand),
    /// Records a human's decision on a packet.
    Decide(DecideArguments),
    /// Checks, shows and approves the controls library.
    #[command(subcommand)]
    Controls(ControlsCommand),
    /// Checks the configured sources.
    #[command(subcommand)]
    Sources(SourcesCommand),
    /// Verifies the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Finds out what an OpenAI-compatible endpoint can do.
    #[command(subcommand)]
    Endpoint(EndpointCommand),
    /// Scores a model, or the embedded drafter, against reviewers' labels.
    Eval(EvalArguments),
    /// Prints the JSON schema of packets, drafts or records.
    Schema(SchemaArguments),
    /// Loads a PKCS#11 library for another custody process, which asks over standard input.
    #[cfg(feature = "pkcs11")]
    #[command(hide = true)]
    TokenReader,
}

#[derive(Debug, Args)]
pub(crate) struct ModelArguments {
    /// `offline` for the embedded drafter (not a language model), or a model's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// The endpoint's base URL. Its key comes from the environment only.
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PrepareArguments {
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    /// Who prepares; the login name where it is left out. Who prepares may not decide.
    #[arg(long = "as", value_name = "WHO")]
    pub(crate) who: Option<String>,
    /// Shows accounts, subjects and every citation too.
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CaptureArguments {
    /// The capture file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AssessArguments {
    /// Shows accounts, subjects and every citation too.
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArguments {
    /// The draft; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) draft: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PacketsCommand {
    /// Lists the queue.
    List,
    /// Shows one packet.
    Show {
        /// The packet's id, or a cycle for its latest.
        id: String,
        /// Shows accounts, subjects and every citation too.
        #[arg(long)]
        full: bool,
    },
    /// Shows what differs between two packets.
    Diff {
        /// The earlier packet.
        a: String,
        /// The later packet.
        b: String,
    },
    /// Prints a packet in another format.
    Export {
        /// The packet's id, or a cycle for its latest.
        id: String,
        /// The format.
        #[arg(long, value_enum, default_value_t = Format::Md)]
        format: Format,
        /// The file to write; stdout where it is left out.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Md,
    Json,
    Html,
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArguments {
    /// The packet's id, or a cycle for its latest.
    pub(crate) id: String,
    /// Who decides.
    #[arg(long = "as", value_name = "WHO")]
    pub(crate) who: String,
    /// The decision.
    #[arg(long, value_enum)]
    pub(crate) decision: DecisionWord,
    /// Why. Needed to override or return.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// The posture that the reviewer takes instead, with `override`.
    #[arg(long, value_parser = disposition)]
    pub(crate) posture: Option<Disposition>,
    /// A requirement's status by the reviewer, as `KC-3=satisfied` or `KC-3=satisfied:why`, with `override`.
    #[arg(long = "correct", value_name = "ID=STATUS[:NOTE]", value_parser = correction)]
    pub(crate) corrections: Vec<CorrectionArgument>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DecisionWord {
    Accept,
    Override,
    Return,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CorrectionArgument {
    pub(crate) requirement: String,
    pub(crate) status: RequirementStatus,
    pub(crate) note: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ControlsCommand {
    /// Loads a library and names every mistake by file and line.
    Lint {
        /// The library's folder; the configured one, or the built-in one, where it is left out.
        path: Option<PathBuf>,
    },
    /// Shows the library, or one requirement of it.
    Show {
        /// The requirement's id.
        requirement: Option<String>,
    },
    /// Records in policy.lock that the configured library's digest is approved.
    Approve {
        /// Who approves.
        #[arg(long = "as", value_name = "WHO")]
        who: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourcesCommand {
    /// Says per source whether it can be read and what it would yield.
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Finds any edit, deletion or reordering.
    Verify,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EndpointCommand {
    /// Sends a handful of small requests and shows what the endpoint can do.
    Probe {
        #[command(flatten)]
        model: ModelArguments,
        /// The file to save the profile to, for `[model] profile`.
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct EvalArguments {
    #[command(subcommand)]
    pub(crate) command: Option<EvalCommand>,
    /// Cases, or folders of cases; `evals/cases` where none is given.
    pub(crate) cases: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    /// How often each case is run.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) epochs: u32,
    /// How many runs go on at the same time.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) jobs: u32,
    /// The folder for logs and report. A second run with the same folder goes on where the first stopped.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Plays the runs of this folder again, without a model.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["out", "epochs", "max_tokens", "max_seconds", "from_decisions", "model", "base_url"])]
    pub(crate) replay: Option<PathBuf>,
    /// No further run begins once so many tokens are spent.
    #[arg(long, value_name = "TOKENS")]
    pub(crate) max_tokens: Option<u64>,
    /// No further run begins after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_seconds: Option<u64>,
    /// Exits 6 when a figure is worse, as `kappa=0.8` or `surfacing-recall.stale_escrow=0.9`. May be repeated.
    #[arg(long = "min", value_name = "NAME=VALUE")]
    pub(crate) thresholds: Vec<Threshold>,
    /// Writes the report as one page.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Says what each figure means.
    #[arg(long)]
    pub(crate) full: bool,
    /// Seed of all drawing.
    #[arg(long, value_name = "NUMBER", default_value_t = 2026)]
    pub(crate) seed: u64,
    /// Scores the packets in the review store against what people decided on them.
    #[arg(long, conflicts_with_all = ["cases", "out", "epochs", "max_tokens", "max_seconds", "model", "base_url"])]
    pub(crate) from_decisions: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvalCommand {
    /// Tests whether two evaluations of the same cases differ by more than chance.
    Compare {
        /// The first evaluation's folder or report.
        a: PathBuf,
        /// The second evaluation's folder or report.
        b: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// What to print the schema of.
    #[arg(value_enum)]
    pub(crate) of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    Packet,
    Draft,
    Records,
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|reason| reason.to_string())
}

fn disposition(text: &str) -> Result<Disposition, String> {
    Disposition::ALL
        .into_iter()
        .find(|known| known.as_str() == text)
        .ok_or_else(|| format!("must be one of {}", Disposition::NAMES.join(", ")))
}

fn correction(text: &str) -> Result<CorrectionArgument, String> {
    let (requirement, rest) = text
        .split_once('=')
        .ok_or("must be ID=STATUS or ID=STATUS:NOTE")?;
    let (status, note) = match rest.split_once(':') {
        Some((status, note)) => (status, Some(note.to_owned())),
        None => (rest, None),
    };
    let known = RequirementStatus::ALL
        .into_iter()
        .find(|known| known.as_str() == status);
    let status = known.ok_or_else(|| {
        let names: Vec<&str> = RequirementStatus::ALL
            .into_iter()
            .map(RequirementStatus::as_str)
            .collect();
        format!(
            "`{status}` is no status: must be one of {}",
            names.join(", ")
        )
    })?;
    Ok(CorrectionArgument {
        requirement: requirement.to_owned(),
        status,
        note,
    })
}
