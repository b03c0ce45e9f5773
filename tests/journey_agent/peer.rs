//! Servers that nobody here wrote, as `scripts/peers/llm.sh` sets them up.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use custody::config::environment;

/// How long a server may take to listen.
const STARTING: Duration = Duration::from_secs(180);

/// Where the peers are, if `program` is among them. Says so where it is not.
pub(crate) fn peers_with(program: &str) -> Option<PathBuf> {
    let cache = || {
        let home = || Some(Path::new(&environment("HOME")?).join(".cache"));
        environment("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(home)
    };
    let named = environment("CUSTODY_PEERS").map(PathBuf::from);
    let folder = named.or_else(|| Some(cache()?.join("custody-peers")));
    let found = folder.filter(|folder| folder.join(program).exists());
    if found.is_none() {
        eprintln!("skipped: no `{program}` among the peers; scripts/peers/llm.sh sets them up");
    }
    found
}

/// A server process, which ends with the test.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts `command` with a free port, and waits until it listens there.
    pub(crate) fn start(mut command: Command) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut child = command
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                child.try_wait().unwrap().is_none(),
                "the server ended: {command:?}"
            );
            assert!(
                begun.elapsed() < STARTING,
                "the server does not listen: {command:?}"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        Self { child, port }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}
