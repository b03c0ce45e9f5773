//! Folders as git keeps them, and what differs between two of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::history::{Change, Listed};
use super::objects::{ObjectKind, ObjectReader};
use super::{GitError, ObjectId};

const MAX_TREE_BYTES: usize = 16_000_000;
const MAX_ENTRIES: usize = 2_000_000;
const MAX_DEPTH: usize = 64;
/// Far more than file systems take; git itself would keep a name of any length.
const MAX_NAME_BYTES: usize = 4_096;
const MAX_KEPT_TREES: usize = 4_096;

/// Folder contents by name.
type Tree = BTreeMap<Vec<u8>, Entry>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Folder(ObjectId),
    Leaf(Listed),
}

/// Walks what differs between two trees.
pub(super) struct Comparison<'r> {
    reader: &'r mut ObjectReader,
    wanted: &'r dyn Fn(&str) -> bool,
    kept: HashMap<ObjectId, Tree>,
    /// What came and went, by path.
    pub(super) files: BTreeMap<String, Vec<Change>>,
    entries: usize,
    /// How many names were no UTF-8.
    pub(super) unreadable_names: usize,
}

impl<'r> Comparison<'r> {
    pub(super) fn new(reader: &'r mut ObjectReader, wanted: &'r dyn Fn(&str) -> bool) -> Self {
        Self {
            reader,
            wanted,
            kept: HashMap::new(),
            files: BTreeMap::new(),
            entries: 0,
            unreadable_names: 0,
        }
    }

    /// Notes what commit `index` changed from one tree to the other.
    pub(super) fn compare(
        &mut self,
        index: usize,
        before: Option<&ObjectId>,
        after: Option<&ObjectId>,
        prefix: &str,
        depth: usize,
    ) -> Result<(), GitError> {
        if before == after {
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(GitError::TooMuch("its folders are nested over 64 deep"));
        }
        let before = self.tree(before)?;
        let after = self.tree(after)?;
        let names: BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
        for name in names {
            let (old, new) = (before.get(name), after.get(name));
            if old == new {
                continue;
            }
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(GitError::TooMuch(
                    "its history has over 2000000 changed files",
                ));
            }
            let Ok(name) = std::str::from_utf8(name) else {
                self.unreadable_names += 1;
                continue;
            };
            let path = format!("{prefix}{name}");
            let (old_folder, new_folder) = (folder(old), folder(new));
            if old_folder.is_some() || new_folder.is_some() {
                let inner = format!("{path}/");
                self.compare(index, old_folder, new_folder, &inner, depth + 1)?;
            }
            self.note(index, path, leaf(old), leaf(new));
        }
        Ok(())
    }

    fn note(&mut self, index: usize, path: String, old: Option<&Listed>, new: Option<&Listed>) {
        if old != new && (self.wanted)(&path) {
            let listed = new.cloned();
            let changes = self.files.entry(path).or_default();
            changes.push(Change { index, listed });
        }
    }

    fn tree(&mut self, id: Option<&ObjectId>) -> Result<Tree, GitError> {
        let Some(id) = id else {
            return Ok(Tree::new());
        };
        if let Some(kept) = self.kept.get(id) {
            return Ok(kept.clone());
        }
        let bytes = self.reader.read(id, ObjectKind::Tree, MAX_TREE_BYTES)?;
        let tree = parse_tree(&bytes, id)?;
        if self.kept.len() >= MAX_KEPT_TREES {
            self.kept.clear();
        }
        self.kept.insert(id.clone(), tree.clone());
        Ok(tree)
    }
}

const fn folder(entry: Option<&Entry>) -> Option<&ObjectId> {
    match entry {
        Some(Entry::Folder(id)) => Some(id),
        Some(Entry::Leaf(_)) | None => None,
    }
}

const fn leaf(entry: Option<&Entry>) -> Option<&Listed> {
    match entry {
        Some(Entry::Leaf(listed)) => Some(listed),
        Some(Entry::Folder(_)) | None => None,
    }
}

/// `<mode> <name>\0<id>`, one after the other.
fn parse_tree(mut bytes: &[u8], id: &ObjectId) -> Result<Tree, GitError> {
    let bad = || GitError::object(id, "is no folder that git would write");
    let mut tree = Tree::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ');
        let (mode, rest) = bytes
            .split_at_checked(space.ok_or_else(bad)?)
            .ok_or_else(bad)?;
        let rest = rest.get(1..).ok_or_else(bad)?;
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(bad)?;
        let (name, rest) = rest.split_at_checked(end).ok_or_else(bad)?;
        let rest = rest.get(1..).ok_or_else(bad)?;
        let (object, rest) = rest.split_at_checked(id.format().bytes()).ok_or_else(bad)?;
        let object = ObjectId::of_bytes(object);
        let entry = match mode {
            b"40000" | b"040000" => Entry::Folder(object),
            b"120000" | b"160000" => Entry::Leaf(Listed::Other),
            _ if mode.starts_with(b"100") => Entry::Leaf(Listed::File(object)),
            _ => return Err(bad()),
        };
        if name.len() > MAX_NAME_BYTES {
            return Err(GitError::TooMuch("a name in it is over 4096 bytes long"));
        }
        let odd = name.is_empty() || name.contains(&b'/') || name == b"." || name == b"..";
        if odd || tree.insert(name.to_vec(), entry).is_some() {
            return Err(bad());
        }
        bytes = rest;
    }
    Ok(tree)
}
