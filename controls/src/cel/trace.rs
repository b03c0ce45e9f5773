//! Follows what an expression reads, so that a finding cites exactly that.

use std::fmt::Debug;

use crate::capture::RecordAt;
use crate::json::push_pointer;

/// Whether and how reads are followed.
pub(crate) trait Trace: Debug {
    /// Where a value stands.
    type Place: Clone + Debug + Default;
    /// Whether every item of a list is looked at, to name all that fail and not just the first.
    const EXHAUSTIVE: bool;
    /// The place of a record.
    fn record(at: RecordAt) -> Self::Place;
    /// The place of a member.
    fn member(of: &Self::Place, name: &str) -> Self::Place;
    /// The place of a list item.
    fn item(of: &Self::Place, index: usize) -> Self::Place;
    /// Notes that the value at `place` was read.
    fn read(&mut self, place: &Self::Place);
    /// How many reads are noted.
    fn mark(&self) -> usize;
    /// Forgets the reads noted from mark `from` up to mark `to`.
    fn forget(&mut self, from: usize, to: usize);
}

/// No trace: the fast way, for checks that hold.
#[derive(Debug, Default)]
pub(crate) struct Untraced;

impl Trace for Untraced {
    type Place = ();
    const EXHAUSTIVE: bool = false;
    fn record(_: RecordAt) {}
    fn member((): &(), _: &str) {}
    fn item((): &(), _: usize) {}
    fn read(&mut self, (): &()) {}
    fn mark(&self) -> usize {
        0
    }
    fn forget(&mut self, _: usize, _: usize) {}
}

/// A value's record and RFC 6901 pointer; nowhere for values that no record holds.
pub(crate) type Place = Option<(RecordAt, String)>;

/// A full trace: every place read, in order.
#[derive(Debug, Default)]
pub(crate) struct Traced {
    pub(crate) reads: Vec<(RecordAt, String)>,
}

impl Trace for Traced {
    type Place = Place;
    const EXHAUSTIVE: bool = true;
    fn record(at: RecordAt) -> Place {
        Some((at, String::new()))
    }
    fn member(of: &Place, name: &str) -> Place {
        let (at, mut pointer) = of.clone()?;
        push_pointer(&mut pointer, name);
        Some((at, pointer))
    }
    fn item(of: &Place, index: usize) -> Place {
        Self::member(of, &index.to_string())
    }
    fn read(&mut self, place: &Place) {
        if let Some((at, pointer)) = place {
            // A whole record is cited by its id.
            let pointer = if pointer.is_empty() {
                "/id".to_owned()
            } else {
                pointer.clone()
            };
            self.reads.push((*at, pointer));
        }
    }
    fn mark(&self) -> usize {
        self.reads.len()
    }
    fn forget(&mut self, from: usize, to: usize) {
        self.reads.drain(from..to);
    }
}
