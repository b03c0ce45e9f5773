//! Where a repository's objects and branches are. Links and borrowed places are refused, so that
//! nothing outside the configured folder is read.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{GitError, ObjectId};

/// A repository's own git folder.
#[derive(Debug)]
pub(in super::super) struct GitPlace {
    folder: PathBuf,
}

/// A branch, and the commit at its tip.
#[derive(Debug)]
pub(in super::super) struct Branch {
    pub(in super::super) name: String,
    pub(in super::super) tip: ObjectId,
}

const MAX_REF_BYTES: u64 = 4_096;
const MAX_PACKED_REFS_BYTES: u64 = 64_000_000;

impl GitPlace {
    /// Finds the git folder of the checkout or bare repository at `path`.
    pub(in super::super) fn locate(path: &Path) -> Result<Self, GitError> {
        let path = std::path::absolute(path).map_err(GitError::Unreadable)?;
        if !fs::metadata(&path).map_err(GitError::Unreadable)?.is_dir() {
            return Err(GitError::NoRepository("it is no folder"));
        }
        let inner = path.join(".git");
        let folder = match fs::symlink_metadata(&inner) {
            Ok(found) if found.is_dir() => inner,
            Ok(_) => {
                return Err(GitError::Refused(
                    "its `.git` leads elsewhere (a worktree or submodule); give the path of the main repository",
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => path,
            Err(error) => return Err(GitError::Unreadable(error)),
        };
        let place = Self { folder };
        place.check()?;
        Ok(place)
    }

    /// Where the objects are.
    pub(in super::super) fn objects(&self) -> PathBuf {
        self.folder.join("objects")
    }

    /// The places whose permissions decide whether this account could change the history.
    pub(in super::super) fn writable_places(&self) -> [(PathBuf, &'static str); 8] {
        [
            ("objects", "its objects"),
            ("objects/pack", "its packed objects"),
            ("refs", "its branches"),
            ("refs/heads", "its branches"),
            ("refs/remotes", "its fetched branches"),
            ("packed-refs", "its packed branches"),
            ("HEAD", "the name of its branch"),
            ("", "its git folder"),
        ]
        .map(|(place, what)| (self.folder.join(place), what))
    }

    fn check(&self) -> Result<(), GitError> {
        for name in ["objects", "refs"] {
            match fs::symlink_metadata(self.folder.join(name)) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(GitError::Refused("its objects or branches are a link")),
                Err(_) => return Err(GitError::NoRepository("it has no `objects` and `refs`")),
            }
        }
        if self.exists("shallow") {
            return Err(GitError::Refused(
                "it is a shallow clone without the whole history; run `git fetch --unshallow` there",
            ));
        }
        if self.exists("commondir") {
            return Err(GitError::Refused(
                "it shares another repository's objects; give the path of the main repository",
            ));
        }
        if self.exists("reftable") {
            return Err(GitError::Refused(
                "its branches are kept as a reftable, which is not read",
            ));
        }
        if self.exists("objects/info/alternates") {
            return Err(GitError::Refused(
                "it borrows objects from elsewhere (`objects/info/alternates`); run `git repack -a -d` there and remove that file",
            ));
        }
        no_links(&self.objects())?;
        no_links(&self.objects().join("pack"))
    }

    fn exists(&self, name: &str) -> bool {
        fs::symlink_metadata(self.folder.join(name)).is_ok()
    }

    /// The branch `name`, or the one that `HEAD` names.
    pub(in super::super) fn branch(&self, name: Option<&str>) -> Result<Branch, GitError> {
        let name = match name {
            Some(name) => full_name(name)?,
            None => match self.read_ref("HEAD")?.as_deref().map(Reference::parse) {
                Some(Some(Reference::Branch(name))) => name,
                Some(Some(Reference::Commit(tip))) => {
                    return Ok(Branch {
                        name: "HEAD".to_owned(),
                        tip,
                    });
                }
                Some(None) | None => return Err(GitError::NoRepository("it has no `HEAD`")),
            },
        };
        let tip = self
            .tip_of(&name)?
            .ok_or_else(|| GitError::NoBranch(shown(&name)))?;
        Ok(Branch {
            name: shown(&name),
            tip,
        })
    }

    fn tip_of(&self, name: &str) -> Result<Option<ObjectId>, GitError> {
        let mut name = name.to_owned();
        // A branch may name another one; git follows five.
        for _ in 0..5 {
            if !is_branch_name(&name) {
                return Err(GitError::BadBranch(name.escape_debug().to_string()));
            }
            match self.read_ref(&name)? {
                None => return self.packed(&name),
                Some(text) => match Reference::parse(&text) {
                    Some(Reference::Commit(tip)) => return Ok(Some(tip)),
                    Some(Reference::Branch(next)) => name = next,
                    None => return Ok(None),
                },
            }
        }
        Err(GitError::Refused(
            "its branches name each other in a circle",
        ))
    }

    fn packed(&self, name: &str) -> Result<Option<ObjectId>, GitError> {
        let path = self.folder.join("packed-refs");
        let Some(text) = read_small(&path, MAX_PACKED_REFS_BYTES)? else {
            return Ok(None);
        };
        let found = text.lines().find_map(|line| {
            let (id, found) = line.split_once(' ')?;
            (found == name).then(|| ObjectId::parse(id)).flatten()
        });
        Ok(found)
    }

    fn read_ref(&self, name: &str) -> Result<Option<String>, GitError> {
        // No part of the way may be a link: it could lead out of the repository.
        let mut path = self.folder.clone();
        for part in name.split('/') {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_symlink() => {
                    return Err(GitError::Refused("a branch of it is a link"));
                }
                Ok(_) => {}
                Err(_) => return Ok(None),
            }
        }
        if path.is_dir() {
            return Ok(None);
        }
        read_small(&path, MAX_REF_BYTES)
    }
}

/// What a file under `refs`, or `HEAD`, says.
enum Reference {
    Commit(ObjectId),
    Branch(String),
}

impl Reference {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end();
        match text.strip_prefix("ref: ") {
            Some(name) => Some(Self::Branch(name.trim().to_owned())),
            None => ObjectId::parse(text).map(Self::Commit),
        }
    }
}

fn full_name(name: &str) -> Result<String, GitError> {
    let full = if name.starts_with("refs/") {
        name.to_owned()
    } else {
        format!("refs/heads/{name}")
    };
    if is_branch_name(&full) {
        Ok(full)
    } else {
        Err(GitError::BadBranch(name.escape_debug().to_string()))
    }
}

fn shown(name: &str) -> String {
    name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()
}

/// Whether a name stays under `refs` and is one that git allows.
fn is_branch_name(name: &str) -> bool {
    name.starts_with("refs/")
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.contains("..")
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"\\^~:?*[".contains(&byte))
        })
}

fn read_small(path: &Path, limit: u64) -> Result<Option<String>, GitError> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(GitError::Unreadable)?,
    };
    if !metadata.is_file() {
        return Err(GitError::Refused("a branch of it is no regular file"));
    }
    let mut text = String::new();
    let file = fs::File::open(path).map_err(GitError::Unreadable)?;
    let read = file.take(limit + 1).read_to_string(&mut text);
    let length = read.map_err(GitError::Unreadable)?;
    if length as u64 > limit {
        return Err(GitError::TooMuch("its branches take too much room"));
    }
    Ok(Some(text))
}

fn no_links(folder: &Path) -> Result<(), GitError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(GitError::Unreadable)?,
    };
    for entry in entries {
        let kind = entry.and_then(|entry| entry.file_type());
        if kind.map_err(GitError::Unreadable)?.is_symlink() {
            return Err(GitError::Refused("its objects hold a link"));
        }
    }
    Ok(())
}
