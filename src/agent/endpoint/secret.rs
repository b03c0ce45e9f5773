//! Where an endpoint's key comes from: the environment's value or a private file.
//!
//! A key is never part of an error, a log line or a `Debug` text.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// More than any key is long.
const LONGEST_KEY: u64 = 16 * 1024;

/// Why there is no key. Names the file, never what is in it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither the environment nor a file gave one.
    #[error("no key: neither the environment nor a key file gives one")]
    Missing,
    /// The file cannot be read.
    #[error("key file `{0}` cannot be read: {1}")]
    Unreadable(PathBuf, io::ErrorKind),
    /// The path is a directory, a pipe or the like.
    #[error("key file `{0}` is not a regular file")]
    NotRegular(PathBuf),
    /// Others on this machine can read the file.
    #[error("key file `{0}` can be used by others: its mode is {1:04o}, and must be 0600 or 0400")]
    NotPrivate(PathBuf, u32),
    /// There is nothing in it.
    #[error("key file `{0}` is empty")]
    Empty(PathBuf),
    /// It holds something no request header can carry, or more than a key is long.
    #[error("the key is not one line of visible ASCII characters")]
    Malformed,
}

/// The key from the environment's value, or else from `file`, with space around it removed.
///
/// A blank value in the environment counts as absent. A file must be regular and, on Unix,
/// readable by its owner alone.
///
/// # Errors
/// Says why neither gives a key.
pub fn key_from(env_value: Option<String>, file: Option<&Path>) -> Result<SecretString, KeyError> {
    let from_env = env_value.filter(|value| !value.trim().is_empty());
    match (from_env, file) {
        (Some(value), _) => checked(&value),
        (None, Some(path)) => read_key(path),
        (None, None) => Err(KeyError::Missing),
    }
}

fn checked(text: &str) -> Result<SecretString, KeyError> {
    let key = text.trim();
    if key.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(SecretString::from(key.to_owned()))
    } else {
        Err(KeyError::Malformed)
    }
}

fn read_key(path: &Path) -> Result<SecretString, KeyError> {
    let unreadable = |error: io::Error| KeyError::Unreadable(path.to_owned(), error.kind());
    // Looked at before it is opened, because opening a pipe waits for its other end, and again
    // when it is open, because the name may have come to mean something else.
    check_private(path, &std::fs::metadata(path).map_err(unreadable)?)?;
    let opened = File::open(path).map_err(unreadable)?;
    check_private(path, &opened.metadata().map_err(unreadable)?)?;
    let mut bytes = Vec::new();
    opened
        .take(LONGEST_KEY + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST_KEY {
        return Err(KeyError::Malformed);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::Malformed)?;
    if text.trim().is_empty() {
        return Err(KeyError::Empty(path.to_owned()));
    }
    checked(text)
}

fn check_private(path: &Path, metadata: &Metadata) -> Result<(), KeyError> {
    if !metadata.is_file() {
        return Err(KeyError::NotRegular(path.to_owned()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o7777;
        if !matches!(mode, 0o600 | 0o400) {
            return Err(KeyError::NotPrivate(path.to_owned(), mode));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn exposed(result: &Result<SecretString, KeyError>) -> Result<&str, &KeyError> {
        result.as_ref().map(SecretString::expose_secret)
    }

    #[cfg(unix)]
    fn file_with(content: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn the_environment_comes_first_and_space_is_trimmed() {
        let key = key_from(Some(" sk-1\n".into()), Some(Path::new("/nowhere")));
        assert_eq!(exposed(&key), Ok("sk-1"));
        assert_eq!(exposed(&key_from(None, None)), Err(&KeyError::Missing));
        assert_eq!(
            exposed(&key_from(Some("  ".into()), None)),
            Err(&KeyError::Missing)
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_gives_its_trimmed_line() {
        for mode in [0o600, 0o400] {
            let (_folder, path) = file_with(b"\tsk-file \n", mode);
            assert_eq!(exposed(&key_from(None, Some(&path))), Ok("sk-file"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_use_is_refused() {
        for mode in [0o644, 0o640, 0o604, 0o602, 0o700, 0o4600] {
            let (_folder, path) = file_with(b"sk-file", mode);
            assert_eq!(
                exposed(&key_from(None, Some(&path))),
                Err(&KeyError::NotPrivate(path.clone(), mode))
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &Path| key_from(None, Some(path)).unwrap_err();
        assert_eq!(
            at(folder.path()),
            KeyError::NotRegular(folder.path().to_owned())
        );
        let absent = folder.path().join("absent");
        assert_eq!(
            at(&absent),
            KeyError::Unreadable(absent.clone(), io::ErrorKind::NotFound)
        );
        let (_a, empty) = file_with(b" \n", 0o600);
        assert_eq!(at(&empty), KeyError::Empty(empty.clone()));
        let long = vec![b'a'; 20_000];
        for content in [b"sk-planted\nsecond".as_slice(), b"sk-planted\xff", &long] {
            let (_b, path) = file_with(content, 0o600);
            let error = at(&path);
            assert_eq!(error, KeyError::Malformed);
            assert!(!format!("{error} {error:?}").contains("sk-planted"));
        }
    }

    #[test]
    fn debug_of_a_key_shows_nothing() {
        let key = key_from(Some("sk-planted".into()), None);
        assert!(!format!("{key:?}").contains("planted"));
    }
}
