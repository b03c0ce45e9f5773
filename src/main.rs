//! The `custody` command.

use std::process::ExitCode;

use custody::cli;

#[tokio::main]
async fn main() -> ExitCode {
    cli::subscribe();
    // The one clock reading: everything else is told the time.
    #[expect(clippy::disallowed_methods, reason = "one clock read, in main")]
    let now = custody_controls::instant::Instant::from(std::time::SystemTime::now());
    cli::run(now).await
}
