//! Asks a child process to read a token, and waits for it only so long.
//!
//! The PIN goes over the child's standard input: never an argument, never the environment.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::reading::{Answer, Ask, LONGEST_ANSWER, MARK, Question, TokenReading};
use super::{Pkcs11Settings, TokenSettings};

/// What a child process says of the token. Blocks.
pub(super) fn ask(
    settings: &Pkcs11Settings,
    token: &TokenSettings,
    ask: Ask,
    pin: Option<&SecretString>,
) -> Result<TokenReading, String> {
    let runtime = Handle::try_current().map_err(|_| "called outside the runtime".to_owned())?;
    let library = std::path::absolute(&token.library)
        .map_err(|error| format!("the library's path: {error}"))?;
    // `dlopen` would look for a mere name in the system's folders.
    if !library.is_file() {
        return Err(format!("library `{}` is not a file", library.display()));
    }
    let question = Question {
        ask,
        library,
        token: token.token.clone(),
        serial: token.serial.clone(),
        seconds: token.timeout.as_secs().saturating_add(1),
    };
    let sent = json!({ "question": question, "pin": pin.map(|pin| pin.expose_secret()) });
    let sent = SecretString::from(format!("{sent}\n"));
    runtime.block_on(async {
        match timeout(token.timeout, exchange(settings, &sent)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!(
                "the library gave no answer within {} seconds, and was ended",
                token.timeout.as_secs()
            )),
        }
    })
}

async fn exchange(
    settings: &Pkcs11Settings,
    question: &SecretString,
) -> Result<TokenReading, String> {
    let cannot_start = |error: std::io::Error| format!("its reader cannot be started: {error}");
    let mut child = command(settings).spawn().map_err(cannot_start)?;
    if let Some(mut input) = child.stdin.take() {
        // A child that died already shows by its end.
        let _ = input.write_all(question.expose_secret().as_bytes()).await;
    }
    match answer(&mut child).await? {
        Some(Answer::Reading(reading)) => Ok(reading),
        Some(Answer::Fault(reason)) => Err(reason),
        None => Err(ended(&mut child).await),
    }
}

fn command(settings: &Pkcs11Settings) -> Command {
    let (program, arguments) = &settings.reader;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What a vendor's library prints is not shown: it may be anything.
        .stderr(Stdio::null())
        .kill_on_drop(true);
    for name in &settings.withheld {
        command.env_remove(name);
    }
    command
}

/// The child's answer; `None` where it ended without one.
async fn answer(child: &mut Child) -> Result<Option<Answer>, String> {
    let Some(output) = child.stdout.take() else {
        return Ok(None);
    };
    let mut output = BufReader::new(output.take(LONGEST_ANSWER));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = output.read_until(b'\n', &mut line).await;
        let length = read.map_err(|error| format!("its reader cannot be heard: {error}"))?;
        if length == 0 {
            return Ok(None);
        }
        if let Some(answer) = line.strip_prefix(MARK.as_bytes()) {
            let answer = serde_json::from_slice(answer);
            return answer.map_err(|_| "its reader's answer does not fit".to_owned());
        }
    }
}

async fn ended(child: &mut Child) -> String {
    let status = timeout(Duration::from_secs(2), child.wait()).await;
    let how = match status {
        Ok(Ok(status)) => how_ended(status),
        Ok(Err(_)) | Err(_) => String::new(),
    };
    format!("the library ended its process without an answer{how}")
}

fn how_ended(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return format!(" (signal {signal})");
        }
    }
    status
        .code()
        .map_or_else(String::new, |code| format!(" (exit code {code})"))
}
