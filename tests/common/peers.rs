//! Where the servers are that nobody here wrote, as `scripts/peers/` sets them up.

use std::path::{Path, PathBuf};

use custody::config::environment;

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
        eprintln!("skipped: no `{program}` among the peers; scripts/peers/ sets them up");
    }
    found
}
