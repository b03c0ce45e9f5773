//! Evaluates compiled expressions over borrowed records.
//!
//! One evaluator serves both ways: untraced, and traced to learn what a failed check read.

use std::cmp::Ordering;

use crate::capture::RecordAt;
use crate::facts::FactBase;
use crate::record::Value;

use super::expr::{Expr, Quantifier};
use super::trace::Trace;
use super::types::Val;

/// The values of the variables in scope, by slot.
#[derive(Debug, Default)]
pub(crate) struct Bindings<'a, T: Trace> {
    slots: Vec<(Val<'a, T>, T::Place)>,
}

impl<'a, T: Trace> Bindings<'a, T> {
    /// No variable bound.
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// How many slots are bound.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Unbinds the slots from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.slots.truncate(len);
    }

    /// Binds the next slot to a list of texts, each with its place.
    pub(crate) fn push_texts(&mut self, texts: Vec<(&'a str, T::Place)>) {
        let items = texts
            .into_iter()
            .map(|(text, place)| (Val::Text(text), place))
            .collect();
        self.slots.push((Val::Items(items), T::Place::default()));
    }

    /// Binds the next slot to a value that no record holds.
    pub(crate) fn push(&mut self, value: Val<'a, T>) {
        self.slots.push((value, T::Place::default()));
    }

    /// Binds the next slot to a record.
    pub(crate) fn push_record(&mut self, base: &FactBase<'a>, at: RecordAt) {
        let value = base.capture.object(at).map_or(Val::Null, Val::Object);
        self.slots.push((value, T::record(at)));
    }

    /// Binds the next slot to a list of records.
    pub(crate) fn push_records(&mut self, base: &FactBase<'a>, records: &[RecordAt]) {
        let items = records
            .iter()
            .map(|at| {
                (
                    base.capture.object(*at).map_or(Val::Null, Val::Object),
                    T::record(*at),
                )
            })
            .collect();
        self.slots.push((Val::Items(items), T::Place::default()));
    }
}

/// Whether a check's expression holds. A value that cannot be decided does not hold.
pub(crate) fn holds<'a, T: Trace>(
    expr: &'a Expr,
    base: &FactBase<'a>,
    bindings: &mut Bindings<'a, T>,
    trace: &mut T,
) -> bool {
    Evaluation {
        base,
        bindings,
        trace,
    }
    .truth(expr)
}

/// The value of an expression and its place. What it read on the way is noted, the value itself is not.
pub(crate) fn evaluate<'a, T: Trace>(
    expr: &'a Expr,
    base: &FactBase<'a>,
    bindings: &mut Bindings<'a, T>,
    trace: &mut T,
) -> (Val<'a, T>, T::Place) {
    Evaluation {
        base,
        bindings,
        trace,
    }
    .value(expr)
}

/// How many items of one list are cited one by one; a longer list is cited as a whole.
const MAX_CITED_ITEMS: usize = 8;

struct Evaluation<'e, 'a, T: Trace> {
    base: &'e FactBase<'a>,
    bindings: &'e mut Bindings<'a, T>,
    trace: &'e mut T,
}

impl<'a, T: Trace> Evaluation<'_, 'a, T> {
    /// The truth of a boolean expression. Of a false conjunction only the false side's reads are
    /// kept, of a true disjunction only the true side's: what remains explains the result.
    fn truth(&mut self, expr: &'a Expr) -> bool {
        match expr {
            Expr::Bool(value) => *value,
            Expr::Not(inner) => !self.truth(inner),
            Expr::And(left, right) => self.either(left, right, false),
            Expr::Or(left, right) => self.either(left, right, true),
            Expr::Choose { condition, yes, no } => {
                let branch = if self.truth(condition) { yes } else { no };
                self.truth(branch)
            }
            Expr::Has { of, index, name } => self.has(of, *index, name),
            Expr::Compare {
                operator,
                left,
                right,
            } => {
                let (left, right) = (self.read(left), self.read(right));
                order(&left, &right).is_some_and(|ordering| operator.holds(ordering))
            }
            Expr::In { item, list } => self.is_in(item, list),
            Expr::Each {
                kind: Quantifier::All,
                list,
                slot,
                body,
            } => !self.any(list, *slot, body, false),
            Expr::Each {
                kind: Quantifier::Exists,
                list,
                slot,
                body,
            } => self.any(list, *slot, body, true),
            Expr::Var(_) | Expr::Field { .. } | Expr::Fact(..) => {
                matches!(self.read(expr), Val::Bool(true))
            }
            Expr::Each {
                kind: Quantifier::Filter | Quantifier::Map,
                ..
            }
            | Expr::Int(_)
            | Expr::Text(_)
            | Expr::Texts(_)
            | Expr::Size(_) => false,
        }
    }

    /// Whether a side has the truth `wanted` (`true` for a disjunction, `false` for a conjunction):
    /// the result is `wanted` then, and its opposite otherwise.
    fn either(&mut self, left: &'a Expr, right: &'a Expr, wanted: bool) -> bool {
        let before = self.trace.mark();
        if self.truth(left) == wanted {
            return wanted;
        }
        let between = self.trace.mark();
        let right = self.truth(right);
        if right == wanted {
            self.trace.forget(before, between);
        }
        right
    }

    /// Whether the body has the truth `wanted` for some item of the list. Traced, every item is looked at.
    fn any(&mut self, list: &'a Expr, slot: usize, body: &'a Expr, wanted: bool) -> bool {
        let (list, place) = self.value(list);
        let before = self.trace.mark();
        let mut found = false;
        for index in 0..count(&list) {
            let mark = self.trace.mark();
            self.enter(slot, item(&list, &place, index));
            let matches = self.truth(body) == wanted;
            self.bindings.slots.truncate(slot);
            let here = self.trace.mark();
            match (matches, found) {
                // Reads of the items before explain nothing any more.
                (true, false) => self.trace.forget(before, mark),
                (false, true) => self.trace.forget(mark, here),
                (true, true) | (false, false) => {}
            }
            found |= matches;
            if found && !T::EXHAUSTIVE {
                break;
            }
        }
        if count(&list) == 0 {
            self.trace.read(&place);
        }
        found
    }

    fn enter(&mut self, slot: usize, item: (Val<'a, T>, T::Place)) {
        self.bindings.slots.truncate(slot);
        self.bindings.slots.push(item);
    }

    fn has(&mut self, of: &'a Expr, index: usize, name: &'static str) -> bool {
        let (object, place) = self.value(of);
        let Val::Object(object) = object else {
            return false;
        };
        let present = !matches!(object.field(index), Value::Null);
        // Absence has no place of its own: the object that lacks the member is cited.
        self.trace.read(&if present {
            T::member(&place, name)
        } else {
            place
        });
        present
    }

    fn is_in(&mut self, item_of: &'a Expr, list: &'a Expr) -> bool {
        let wanted = self.read(item_of);
        if let Expr::Texts(texts) = list {
            return matches!(wanted, Val::Text(text) if texts.iter().any(|known| known == text));
        }
        let (list, place) = self.value(list);
        self.trace.read(&place);
        (0..count(&list))
            .any(|index| order(&item(&list, &place, index).0, &wanted).is_some_and(Ordering::is_eq))
    }

    /// The value of an expression, noted as read.
    fn read(&mut self, expr: &'a Expr) -> Val<'a, T> {
        let (value, place) = self.value(expr);
        self.note(&value, &place);
        value
    }

    fn note(&mut self, value: &Val<'a, T>, place: &T::Place) {
        match value {
            Val::List(_) | Val::Items(_) if (1..=MAX_CITED_ITEMS).contains(&count(value)) => {
                for index in 0..count(value) {
                    self.trace.read(&item(value, place, index).1);
                }
            }
            Val::Null
            | Val::Bool(_)
            | Val::Int(_)
            | Val::Text(_)
            | Val::Time(_)
            | Val::Object(_)
            | Val::List(_)
            | Val::Items(_) => self.trace.read(place),
        }
    }

    fn value(&mut self, expr: &'a Expr) -> (Val<'a, T>, T::Place) {
        let nowhere = T::Place::default;
        match expr {
            Expr::Int(value) => (Val::Int(*value), nowhere()),
            Expr::Text(value) => (Val::Text(value), nowhere()),
            Expr::Var(slot) => self
                .bindings
                .slots
                .get(*slot)
                .cloned()
                .unwrap_or((Val::Null, nowhere())),
            Expr::Field { of, index, name } => {
                let (object, place) = self.value(of);
                match object {
                    Val::Object(object) => (object.field(*index).into(), T::member(&place, name)),
                    Val::Null
                    | Val::Bool(_)
                    | Val::Int(_)
                    | Val::Text(_)
                    | Val::Time(_)
                    | Val::List(_)
                    | Val::Items(_) => (Val::Null, nowhere()),
                }
            }
            Expr::Choose { condition, yes, no } => {
                let branch = if self.truth(condition) { yes } else { no };
                self.value(branch)
            }
            Expr::Size(list) => {
                let list = self.read(list);
                (
                    i64::try_from(count(&list)).map_or(Val::Null, Val::Int),
                    nowhere(),
                )
            }
            Expr::Each {
                kind: Quantifier::Filter,
                list,
                slot,
                body,
            } => self.filter(list, *slot, body),
            Expr::Each {
                kind: Quantifier::Map,
                list,
                slot,
                body,
            } => self.map(list, *slot, body),
            Expr::Fact(fact, arguments) => {
                let arguments: Vec<Val<'a, T>> = arguments
                    .iter()
                    .map(|argument| self.read(argument))
                    .collect();
                (
                    fact.apply(self.base, &arguments).unwrap_or(Val::Null),
                    nowhere(),
                )
            }
            Expr::Bool(_)
            | Expr::Texts(_)
            | Expr::Has { .. }
            | Expr::Not(_)
            | Expr::And(..)
            | Expr::Or(..)
            | Expr::Compare { .. }
            | Expr::In { .. }
            | Expr::Each {
                kind: Quantifier::All | Quantifier::Exists,
                ..
            } => (Val::Bool(self.truth(expr)), nowhere()),
        }
    }

    fn filter(&mut self, list: &'a Expr, slot: usize, body: &'a Expr) -> (Val<'a, T>, T::Place) {
        let (list, place) = self.value(list);
        let mut kept = Vec::new();
        for index in 0..count(&list) {
            let candidate = item(&list, &place, index);
            let mark = self.trace.mark();
            self.enter(slot, candidate.clone());
            if self.truth(body) {
                kept.push(candidate);
            } else {
                let here = self.trace.mark();
                self.trace.forget(mark, here);
            }
            self.bindings.slots.truncate(slot);
        }
        (Val::Items(kept.into()), place)
    }

    fn map(&mut self, list: &'a Expr, slot: usize, body: &'a Expr) -> (Val<'a, T>, T::Place) {
        let (list, place) = self.value(list);
        let mut made = Vec::new();
        for index in 0..count(&list) {
            self.enter(slot, item(&list, &place, index));
            made.push(self.value(body));
            self.bindings.slots.truncate(slot);
        }
        (Val::Items(made.into()), place)
    }
}

fn count<T: Trace>(list: &Val<'_, T>) -> usize {
    match list {
        Val::List(list) => list.count(),
        Val::Items(items) => items.len(),
        Val::Null | Val::Bool(_) | Val::Int(_) | Val::Text(_) | Val::Time(_) | Val::Object(_) => 0,
    }
}

fn item<'a, T: Trace>(list: &Val<'a, T>, place: &T::Place, index: usize) -> (Val<'a, T>, T::Place) {
    match list {
        Val::List(list) => (list.item(index).into(), T::item(place, index)),
        Val::Items(items) => items
            .get(index)
            .cloned()
            .unwrap_or((Val::Null, T::Place::default())),
        Val::Null | Val::Bool(_) | Val::Int(_) | Val::Text(_) | Val::Time(_) | Val::Object(_) => {
            (Val::Null, T::Place::default())
        }
    }
}

fn order<T: Trace>(left: &Val<'_, T>, right: &Val<'_, T>) -> Option<Ordering> {
    match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => Some(left.cmp(right)),
        (Val::Int(left), Val::Int(right)) => Some(left.cmp(right)),
        (Val::Text(left), Val::Text(right)) => Some(left.cmp(right)),
        (Val::Time(left), Val::Time(right)) => Some(left.cmp(right)),
        // Null and values of unlike type have no order: nothing compared with them holds.
        (
            Val::Null
            | Val::Bool(_)
            | Val::Int(_)
            | Val::Text(_)
            | Val::Time(_)
            | Val::Object(_)
            | Val::List(_)
            | Val::Items(_),
            _,
        ) => None,
    }
}
