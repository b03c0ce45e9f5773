//! The `custody` command.

use std::process::ExitCode;

use custody::cli;
use custody_controls::instant::Instant;

#[tokio::main]
async fn main() -> ExitCode {
    cli::subscribe();
    // The one clock reading: everything else is told the time.
    #[expect(clippy::disallowed_methods, reason = "one clock read, in main")]
    let now = std::time::SystemTime::now();
    cli::run(Instant::from(now).to_the_second()).await
}
