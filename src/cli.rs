//! The command line: arguments, exit codes, and one file per command.

mod arguments;
mod assess;
mod audit;
mod capture;
mod controls;
mod decide;
mod endpoint;
mod eval;
mod packets;
mod prepare;
mod schema;
mod sources;
mod terminal;
mod validate;

use std::process::ExitCode;

use clap::Parser as _;
use custody_controls::instant::Instant;
use custody_controls::status::Disposition;

use arguments::{Cli, Command};
pub use terminal::subscribe;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; with `--exit-code`, the posture is approve or the draft stands.
    Done,
    /// It could not run; the reason is on stderr.
    CouldNotRun,
    /// With `--exit-code`: the posture is remediate.
    Remediate,
    /// With `--exit-code`: the posture is escalate.
    Escalate,
    /// With `--exit-code`: the draft is rejected.
    Rejected,
    /// A figure of an evaluation misses its threshold.
    BelowThreshold,
}

impl Exit {
    const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::CouldNotRun => 1,
            // 2 is wrong usage, which clap ends with.
            Self::Remediate => 3,
            Self::Escalate => 4,
            Self::Rejected => 5,
            Self::BelowThreshold => 6,
        }
    }

    const fn of_posture(posture: Disposition) -> Self {
        match posture {
            Disposition::Approve => Self::Done,
            Disposition::Remediate => Self::Remediate,
            Disposition::Escalate => Self::Escalate,
        }
    }
}

/// Runs the command line of this process. `now` is the one clock reading.
pub async fn run(now: Instant) -> ExitCode {
    let cli = Cli::parse();
    let exit = match dispatch(cli, now).await {
        Ok(exit) => exit,
        Err(error) => {
            terminal::error(&error);
            Exit::CouldNotRun
        }
    };
    ExitCode::from(exit.code())
}

async fn dispatch(cli: Cli, now: Instant) -> anyhow::Result<Exit> {
    let common = cli.common;
    match cli.command {
        Command::Prepare(arguments) => prepare::run(&common, &arguments, now).await,
        Command::Capture(arguments) => capture::run(&common, &arguments, now).await,
        Command::Assess(arguments) => assess::run(&common, &arguments, now).await,
        Command::Validate(arguments) => validate::run(&common, &arguments, now).await,
        Command::Packets(command) => packets::run(&common, &command, now).await,
        Command::Decide(arguments) => decide::run(&common, &arguments, now).await,
        Command::Controls(command) => controls::run(&common, &command, now).await,
        Command::Sources(command) => sources::run(&common, &command, now).await,
        Command::Audit(command) => audit::run(&common, &command).await,
        Command::Endpoint(command) => endpoint::run(&common, &command).await,
        Command::Eval(arguments) => eval::run(&common, &arguments).await,
        Command::Schema(arguments) => schema::run(&arguments),
        #[cfg(feature = "pkcs11")]
        Command::TokenReader => {
            custody_tools::source::pkcs11::token::serve(
                std::io::stdin().lock(),
                std::io::stdout().lock(),
            )?;
            Ok(Exit::Done)
        }
    }
}
