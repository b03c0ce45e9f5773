//! What people read: width, colours, progress and errors on stderr, one document on stdout.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use custody_tools::source::SourceProgress;
use indicatif::{ProgressBar, ProgressStyle};
use tracing_subscriber::EnvFilter;

use crate::agent::endpoint::LOG_DIRECTIVES;
use crate::agent::run::Event;
use crate::config::environment;
use crate::render::{Detail, Style, escape_control};

/// Sends log lines to stderr, as `CUSTODY_LOG` filters them; warnings where it is not set.
pub fn subscribe() {
    let wanted = environment("CUSTODY_LOG").unwrap_or_else(|| "warn".to_owned());
    let filter = EnvFilter::new(format!("{wanted},{LOG_DIRECTIVES}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

/// The look of text on stdout.
pub(crate) fn style(full: bool) -> Style {
    let colour = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    Style {
        width,
        colour,
        detail: if full { Detail::Full } else { Detail::Glance },
    }
}

/// Prints text or a document on stdout. A reader that went away is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints one JSON document.
pub(crate) fn print_json<T: serde::Serialize>(value: &T) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Completes the commands under the last `Next:` heading, so that they run as printed.
pub(crate) fn with_config(text: String, config: &std::path::Path) -> String {
    if config.as_os_str() == crate::config::DEFAULT_CONFIG {
        return text;
    }
    let Some((said, next)) = text
        .rfind("\nNext")
        .and_then(|at| text.split_at_checked(at))
    else {
        return text;
    };
    let config = escape_control(&config.display().to_string()).into_owned();
    let complete = |line: &str| match line.strip_prefix("  custody ") {
        Some(_) => format!("{line} --config {config}\n"),
        None => format!("{line}\n"),
    };
    format!("{said}{}", next.lines().map(complete).collect::<String>())
}

/// Says on stderr what a person should know.
pub(crate) fn warn(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "warning: {}", lines(text));
}

/// Says on stderr what is going on.
pub(crate) fn note(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{}", lines(text));
}

/// Says on stderr why the command could not run.
pub(crate) fn error(error: &anyhow::Error) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "error: {}", lines(&format!("{error:#}")));
}

/// Text that may hold words of a source, line by line without control characters.
fn lines(text: &str) -> String {
    text.lines()
        .map(|line| escape_control(line).into_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Shows how the reading of sources goes.
pub(crate) fn source_progress(progress: SourceProgress) {
    match progress {
        SourceProgress::Started { .. } => {}
        SourceProgress::Finished { source, records } => {
            note(&format!("read {source}: {records} records"))
        }
        SourceProgress::Failed { source, faults } => {
            note(&format!("could not read {source}: {faults} fault(s)"))
        }
    }
}

/// A spinner on stderr that tells how a run goes; silent where stderr is no terminal.
#[derive(Debug)]
pub(crate) struct RunProgress(ProgressBar);

impl RunProgress {
    pub(crate) fn start(model: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        bar.set_message(format!("{model} is reading the evidence"));
        Self(bar)
    }

    pub(crate) fn tell(&self, event: &Event) {
        let message = match event {
            Event::Turn { turn, .. } => {
                format!("the model asks for {} answer(s)", turn.calls.len())
            }
            Event::Answers { answers } => format!("{} tool call(s) answered", answers.len()),
            Event::DraftRejected { rejected } => format!(
                "a draft was rejected for {} fault(s)",
                rejected.faults.len()
            ),
            Event::DraftAccepted => "the draft stands".to_owned(),
            Event::ModelFailed { .. } | Event::ToolStopped { .. } => "the run ends".to_owned(),
        };
        self.0.set_message(message);
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A bar on stderr that tells how many of an evaluation's steps are done; silent where stderr is no terminal.
#[derive(Debug, Clone)]
pub(crate) struct CountedProgress(ProgressBar);

impl CountedProgress {
    pub(crate) fn start(what: &'static str, steps: u64) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(steps);
        let form = "{msg} {wide_bar} {pos}/{len} {elapsed} (left {eta})";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
