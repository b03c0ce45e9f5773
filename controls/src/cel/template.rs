//! Messages with values in them: `medium {subject.id} was sealed at {subject.sealed_at}`.
//!
//! A value is printed as its record has it, byte for byte, so that prose and citation agree.

use serde_json::Value as Json;

use crate::capture::RecordAt;
use crate::facts::FactBase;
use crate::record::Ty;

use super::compile::{Compiled, compile_reference};
use super::eval::{Bindings, evaluate};
use super::trace::{Place, Traced};
use super::types::{Names, Val};

/// A message with expressions in braces.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Words(String),
    Value(Compiled),
}

impl Template {
    /// Compiles the expressions in `source`.
    ///
    /// # Errors
    /// Says which expression does not compile, or has no printable value.
    pub(crate) fn compile(source: &str, names: &Names) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((words, tail)) = rest.split_once('{') {
            let (expression, tail) = tail.split_once('}').ok_or("`{` without `}` in a message")?;
            let compiled = compile_reference(expression, names)
                .map_err(|reason| format!("`{{{expression}}}`: {reason}"))?;
            if !is_printable(&compiled.ty) {
                return Err(format!(
                    "`{{{expression}}}`: a {} cannot be printed in a message",
                    compiled.ty
                ));
            }
            parts.push(Part::Words(words.to_owned()));
            parts.push(Part::Value(compiled));
            rest = tail;
        }
        parts.push(Part::Words(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The slots of all variables used.
    pub(crate) fn uses(&self) -> impl Iterator<Item = usize> + '_ {
        self.parts.iter().flat_map(|part| match part {
            Part::Words(_) => Vec::new(),
            Part::Value(compiled) => compiled.uses.iter().copied().collect(),
        })
    }

    /// The message, and the places of the values in it.
    pub(crate) fn render<'a>(
        &'a self,
        base: &FactBase<'a>,
        bindings: &mut Bindings<'a, Traced>,
    ) -> (String, Vec<(RecordAt, String)>) {
        let mut text = String::new();
        let mut trace = Traced::default();
        for part in &self.parts {
            match part {
                Part::Words(words) => text.push_str(words),
                Part::Value(compiled) => {
                    let (value, place) =
                        evaluate(&compiled.expr, base, bindings, &mut Traced::default());
                    print(base, &value, &place, &mut text, &mut trace);
                }
            }
        }
        (text, trace.reads)
    }
}

fn is_printable(ty: &Ty) -> bool {
    match ty {
        Ty::Int | Ty::Text | Ty::Person | Ty::Time | Ty::Enum(_) => true,
        Ty::List(item) => is_printable(item),
        Ty::Bool | Ty::Object(_) => false,
    }
}

fn print(
    base: &FactBase<'_>,
    value: &Val<'_, Traced>,
    place: &Place,
    text: &mut String,
    trace: &mut Traced,
) {
    use super::trace::Trace as _;
    match value {
        Val::List(list) => {
            let items = (0..list.count())
                .map(|index| (list.item(index).into(), Traced::item(place, index)));
            print_list(base, items, text, trace);
        }
        Val::Items(items) => print_list(base, items.iter().cloned(), text, trace),
        Val::Int(number) => {
            text.push_str(&number.to_string());
            trace.read(place);
        }
        Val::Text(words) => {
            text.push_str(words);
            trace.read(place);
        }
        Val::Time(time) => {
            text.push_str(&as_written(base, place).unwrap_or_else(|| time.to_string()));
            trace.read(place);
        }
        Val::Null | Val::Bool(_) | Val::Object(_) => {}
    }
}

fn print_list<'a>(
    base: &FactBase<'_>,
    items: impl Iterator<Item = (Val<'a, Traced>, Place)>,
    text: &mut String,
    trace: &mut Traced,
) {
    let mut separator = "";
    for (item, place) in items {
        text.push_str(separator);
        print(base, &item, &place, text, trace);
        separator = ", ";
    }
}

/// The text of a time as its record has it.
fn as_written(base: &FactBase<'_>, place: &Place) -> Option<String> {
    let (at, pointer) = place.as_ref()?;
    match base.capture.value_at(*at, pointer)? {
        Json::String(text) => Some(text),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
    }
}
