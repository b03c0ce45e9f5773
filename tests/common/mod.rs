//! A scenario of `examples/` in a folder of its own, and the `custody` command run on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The day of the review in both scenarios.
pub(crate) const AS_OF: &str = "2026-12-15T09:00:00Z";

/// The seed's own scenario: three findings.
pub(crate) const SEED: &str = "semiannual-2026-h2";

/// A copy of a scenario, with its own review store.
pub(crate) struct Scenario {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Scenario {
    pub(crate) fn copy_of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(name);
        copy(&example, folder.path());
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, in the scenario's folder, with none of the caller's configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("custody"));
        command.current_dir(self.folder.path()).args(arguments);
        command
            .env_remove("CUSTODY_API_KEY")
            .env_remove("CUSTODY_LOG");
        command.env("USER", "preparer");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments))
    }

    /// What the command prints with `--json`: one document and nothing else.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// The same at the day of the review.
    #[track_caller]
    pub(crate) fn review(&self, arguments: &[&str]) -> Value {
        self.json(&[arguments, &["--as-of", AS_OF]].concat())
    }
}

pub(crate) fn outcome(mut command: Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == ".custody" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(path, target).unwrap();
        }
    }
}
