//! Objects by id, through one `git cat-file` process. Every answer is held against its id.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use tempfile::TempDir;

use super::place::GitPlace;
use super::{GitError, ObjectFormat, ObjectId};

/// How long reading one repository may take in all.
const MAX_SECONDS: u64 = 600;

/// Reads objects of one repository.
pub(in super::super) struct ObjectReader {
    format: ObjectFormat,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    child: Arc<Mutex<Child>>,
    // Dropping it tells the watch that reading is over.
    _watch: Sender<()>,
    // The process's own git folder.
    _folder: TempDir,
}

/// The kinds of object that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum ObjectKind {
    Commit,
    Tree,
    Blob,
}

impl ObjectKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

impl std::fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ObjectReader({})", self.format.name())
    }
}

impl ObjectReader {
    /// Starts the process. `search_path` is where `git` is looked for.
    pub(in super::super) fn start(
        place: &GitPlace,
        format: ObjectFormat,
        search_path: Option<&OsString>,
    ) -> Result<Self, GitError> {
        let folder = empty_git_folder(format).map_err(GitError::Start)?;
        let mut command = Command::new("git");
        // Nothing of the caller's environment: a GIT_ variable could point anywhere.
        command.env_clear();
        if let Some(search_path) = search_path {
            command.env("PATH", search_path);
        }
        command
            .envs([
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_ATTR_NOSYSTEM", "1"),
                ("GIT_NO_LAZY_FETCH", "1"),
                ("GIT_NO_REPLACE_OBJECTS", "1"),
                ("GIT_GRAFT_FILE", "/dev/null"),
                ("GIT_OPTIONAL_LOCKS", "0"),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("LC_ALL", "C"),
            ])
            .env("GIT_DIR", folder.path())
            .env("GIT_OBJECT_DIRECTORY", place.objects())
            .current_dir(folder.path())
            .args(["--no-replace-objects", "--no-optional-locks"])
            .args(["cat-file", "--batch-command"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => GitError::NoProgram,
            _ => GitError::Start(error),
        })?;
        let (Some(ask), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(GitError::Ended);
        };
        let child = Arc::new(Mutex::new(child));
        Ok(Self {
            format,
            ask,
            answers: BufReader::new(answers),
            _watch: watch(Arc::clone(&child)),
            child,
            _folder: folder,
        })
    }

    /// The content of an object of this kind, if it has at most `limit` bytes.
    pub(in super::super) fn read(
        &mut self,
        id: &ObjectId,
        kind: ObjectKind,
        limit: usize,
    ) -> Result<Vec<u8>, GitError> {
        if id.format() != self.format {
            return Err(GitError::object(
                id,
                "has an id of another kind of repository",
            ));
        }
        // Asked for its length first, so that a giant is never unpacked.
        let length = self.header(id, kind, "info")?;
        if length > limit {
            return Err(GitError::TooLong {
                id: id.clone(),
                length,
                limit,
            });
        }
        if self.header(id, kind, "contents")? != length {
            return Err(GitError::object(id, "changed its length while it was read"));
        }
        let mut content = vec![0; length];
        let mut end = [0];
        let read = self.answers.read_exact(&mut content);
        read.and_then(|()| self.answers.read_exact(&mut end))
            .map_err(|_| self.ended())?;
        self.check_content(id, kind, &content)?;
        Ok(content)
    }

    fn header(&mut self, id: &ObjectId, kind: ObjectKind, ask: &str) -> Result<usize, GitError> {
        let asked = self.ask.write_all(format!("{ask} {id}\n").as_bytes());
        let mut line = Vec::new();
        let answered = asked
            .and_then(|()| self.ask.flush())
            .and_then(|()| (&mut self.answers).take(256).read_until(b'\n', &mut line));
        if answered.is_err() || line.is_empty() {
            return Err(self.ended());
        }
        let line = String::from_utf8_lossy(&line);
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(_), Some(found), Some(length)) if found == kind.name() => length
                .parse()
                .map_err(|_| GitError::object(id, "has no length")),
            (Some(_), Some("missing"), None) => Err(GitError::object(id, "is missing")),
            _ => Err(GitError::object(id, format!("is no {}", kind.name()))),
        }
    }

    /// An object's id is a digest of it: what does not match is not what the history names.
    fn check_content(
        &self,
        id: &ObjectId,
        kind: ObjectKind,
        content: &[u8],
    ) -> Result<(), GitError> {
        let mut context = Context::new(match self.format {
            ObjectFormat::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
            ObjectFormat::Sha256 => &SHA256,
        });
        context.update(format!("{} {}\0", kind.name(), content.len()).as_bytes());
        context.update(content);
        if hex::encode(context.finish()) == id.as_str() {
            Ok(())
        } else {
            Err(GitError::object(
                id,
                "does not hold what its id says: the repository is damaged",
            ))
        }
    }

    fn ended(&self) -> GitError {
        // Killed means that the watch ended it.
        let status = self
            .child
            .lock()
            .ok()
            .and_then(|mut child| child.wait().ok());
        let ended_itself = status.is_some_and(|status| status.code().is_some());
        if ended_itself {
            GitError::Ended
        } else {
            GitError::Silent(MAX_SECONDS)
        }
    }
}

impl Drop for ObjectReader {
    fn drop(&mut self) {
        if let Ok(mut child) = self.child.lock() {
            // It has nothing to lose: it only reads.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Ends the process when reading takes too long.
fn watch(child: Arc<Mutex<Child>>) -> Sender<()> {
    let (done, over) = channel::<()>();
    std::thread::spawn(move || {
        let waited = over.recv_timeout(Duration::from_secs(MAX_SECONDS));
        if waited == Err(RecvTimeoutError::Timeout)
            && let Ok(mut child) = child.lock()
        {
            let _ = child.kill();
        }
    });
    done
}

/// A git folder with nothing in it but the form of object ids.
fn empty_git_folder(format: ObjectFormat) -> std::io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("custody-git-").tempdir()?;
    for name in ["objects", "refs"] {
        fs::create_dir(folder.path().join(name))?;
    }
    fs::write(folder.path().join("HEAD"), "ref: refs/heads/none\n")?;
    let config = format!(
        "[core]\n\trepositoryformatversion = 1\n\tbare = true\n\tcommitGraph = false\n[extensions]\n\tobjectFormat = {}\n",
        format.name()
    );
    fs::write(folder.path().join("config"), config)?;
    Ok(folder)
}
