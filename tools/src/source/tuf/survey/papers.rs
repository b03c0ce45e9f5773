//! Texts in the ceremony folders, bounded in length and number.

use super::super::git::GitError;
use super::super::git::history::History;
use super::{Blobs, Folders};

const MAX_PAPERS: usize = 200;
const MAX_PAPER_BYTES: usize = 1_000_000;

/// How much of a paper is kept.
const MAX_KEPT_BYTES: usize = 64_000;

/// One text.
#[derive(Debug)]
pub(in super::super) struct Paper {
    pub(in super::super) path: String,
    pub(in super::super) text: String,
    /// The commit that brought its present text.
    pub(in super::super) from: usize,
}

/// Reads the texts that the tree holds.
pub(super) fn read(
    history: &History,
    blobs: &mut Blobs,
    folders: &Folders,
    warnings: &mut Vec<String>,
) -> Result<Vec<Paper>, GitError> {
    let mut papers = Vec::new();
    let mut left_out = 0_usize;
    for path in history.paths().filter(|path| folders.holds_paper(path)) {
        let held = history.held(path).into_iter().next_back();
        let Some(held) = held.filter(|held| held.last == history.head()) else {
            continue;
        };
        if papers.len() >= MAX_PAPERS {
            left_out += 1;
            continue;
        }
        let text = match blobs.read(&held.blob, MAX_PAPER_BYTES) {
            Ok(bytes) => String::from_utf8(bytes).ok(),
            Err(GitError::TooLong { .. }) => None,
            Err(error) => return Err(error),
        };
        match text {
            Some(text) => papers.push(Paper {
                path: path.to_owned(),
                text: shortened(text),
                from: held.from,
            }),
            None => warnings.push(format!(
                "`{}` is no text of at most {MAX_PAPER_BYTES} bytes and was not read",
                path.escape_debug()
            )),
        }
    }
    if left_out > 0 {
        warnings.push(format!(
            "{left_out} paper(s) past the first {MAX_PAPERS} were not read"
        ));
    }
    Ok(papers)
}

fn shortened(text: String) -> String {
    if text.len() <= MAX_KEPT_BYTES {
        return text;
    }
    let mut end = MAX_KEPT_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}\n[shortened: {end} of {} bytes]", text.len())
}
