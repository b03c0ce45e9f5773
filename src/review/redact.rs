//! Withholds from a packet what a role may not see: cited values, quoted words, and every mention in prose.
//!
//! It errs on the side of withholding. Statuses, findings and their checks stay: they are the rules'
//! conclusions, and the packet is about them.

mod matcher;

use std::collections::BTreeSet;

use custody_controls::capture::{Capture, record_fields};
use custody_controls::kind::{ArtifactId, Kind};
use custody_controls::record::{ObjectType, Ty};
use serde_json::{Map, Value};

use self::matcher::Matcher;
use super::access::Access;

/// What stands in the place of what is withheld.
pub const WITHHELD: &str = "[withheld]";

/// Members that hold the packet's own words, ids and digests, never evidence.
const OWN_WORDS: [&str; 19] = [
    "schema",
    "id",
    "digest",
    "cycle",
    "as_of",
    "from",
    "to",
    "posture",
    "disposition",
    "status",
    "requirement",
    "check",
    "because",
    "against",
    "findings",
    "code",
    "outcome",
    "version",
    "state",
];

/// Members in which a citation shows what its record holds.
const SHOWN: [&str; 3] = ["value", "quote", "source_url"];

/// Members that name a record.
const RECORD_NAMES: [&str; 2] = ["artifact", "subject"];

impl Access {
    /// Withholds from `packet`, in its JSON form, what this role may not see of the records in `capture`.
    pub fn redact_packet(&self, packet: &mut Value, capture: &Capture) {
        if !self.sees_everything() {
            Redaction::new(self, capture, packet).value(packet);
        }
    }
}

struct Redaction<'a> {
    access: &'a Access,
    capture: &'a Capture,
    /// Texts of hidden fields, not to be mentioned in prose.
    hidden: Matcher,
    /// What identifies people, where hidden: not to be mentioned even in values that may be seen.
    people: Matcher,
}

impl<'a> Redaction<'a> {
    fn new(access: &'a Access, capture: &'a Capture, packet: &Value) -> Self {
        let mut people = Matcher::default();
        for text in hidden_identities(access, capture) {
            people.add(&text);
        }
        let mut hidden = people.clone();
        let allowed = packet_names(packet);
        for text in hidden_texts(access, capture) {
            if !allowed.contains(text.as_str()) {
                hidden.add(&text);
            }
        }
        Self {
            access,
            capture,
            hidden,
            people,
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => self.hidden.withhold(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => self.object(members),
        }
    }

    fn object(&self, members: &mut Map<String, Value>) {
        let is_citation = self.citation(members);
        for (name, member) in members.iter_mut() {
            let own_words = OWN_WORDS.contains(&name.as_str());
            match member {
                Value::Array(drafts) if name == "rejected_drafts" => {
                    drafts.iter_mut().for_each(|draft| self.unchecked(draft));
                }
                // What a citation may show, it shows, but for people.
                _ if is_citation && SHOWN.contains(&name.as_str()) => {
                    strings(member, &|text| self.people.withhold(text));
                }
                Value::String(text) if RECORD_NAMES.contains(&name.as_str()) => {
                    self.record_name(text);
                }
                Value::String(_) if own_words => {}
                Value::Array(items) if own_words && items.iter().all(Value::is_string) => {}
                _ => self.value(member),
            }
        }
    }

    /// What no check has passed may hold anything anywhere: a hidden value as a status, as a member's name,
    /// or cited from a field that may be seen.
    fn unchecked(&self, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => self.hidden.withhold(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.unchecked(item)),
            Value::Object(members) => {
                self.citation(members);
                for (mut name, mut member) in std::mem::take(members) {
                    self.hidden.withhold(&mut name);
                    match &mut member {
                        Value::String(text) if RECORD_NAMES.contains(&name.as_str()) => {
                            self.record_name(text);
                        }
                        _ => self.unchecked(&mut member),
                    }
                    members.insert(name, member);
                }
            }
        }
    }

    /// `<source>/<kind>/<id>` keeps its kind; the id goes where the role may not see ids of that kind.
    fn record_name(&self, text: &mut String) {
        match text.parse::<ArtifactId>() {
            Ok(artifact) if !self.access.may_see(artifact.kind(), "id") => {
                *text = format!("{}/{WITHHELD}", artifact.kind());
            }
            Ok(artifact) if self.capture.find(&artifact).is_some() => {}
            // A source's name, or what a rejected draft made up.
            Ok(_) | Err(_) => self.hidden.withhold(text),
        }
    }

    /// Withholds what a citation shows of its record. Says whether `members` are a citation.
    fn citation(&self, members: &mut Map<String, Value>) -> bool {
        let Some(artifact) = members.get("artifact").and_then(Value::as_str) else {
            return false;
        };
        let artifact = artifact.parse::<ArtifactId>().ok();
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let sees = |field: &str| {
            artifact
                .as_ref()
                .is_some_and(|artifact| self.access.may_see(artifact.kind(), field))
        };
        let sees_value = match text("pointer").map(top_level_field) {
            Some(Some(field)) => sees(&field),
            // A whole record, or a value from nowhere.
            Some(None) | None => artifact.as_ref().is_some_and(|artifact| {
                hidden_fields(self.access, artifact.kind()).next().is_none()
            }),
        };
        let sees_quote = text("quote").is_none_or(|quote| {
            artifact
                .as_ref()
                .is_some_and(|artifact| self.sees_quote(artifact, quote))
        });
        let withheld = [
            ("value", sees_value),
            ("quote", sees_quote),
            ("source_url", sees("source_url") && sees("id")),
        ];
        for (name, seen) in withheld {
            if let Some(member) = members.get_mut(name).filter(|_| !seen) {
                *member = Value::from(WITHHELD);
            }
        }
        true
    }

    /// Whether the quoted words stand in a field of the record that the role may see, and in no other.
    fn sees_quote(&self, artifact: &ArtifactId, quote: &str) -> bool {
        let Some(at) = self.capture.find(artifact) else {
            return false;
        };
        let record = self.capture.json(at);
        let holds = |value: &Value| {
            let mut found = false;
            each_string(value, &mut |text| found |= text.contains(quote));
            found
        };
        let holding: Vec<&String> = record
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| holds(value))
            .map(|(field, _)| field)
            .collect();
        let seen = |field: &&String| self.access.may_see(artifact.kind(), field);
        !holding.is_empty() && holding.iter().all(seen)
    }
}

/// The first step of an RFC 6901 pointer; `None` for the whole record.
fn top_level_field(pointer: &str) -> Option<String> {
    let step = pointer.strip_prefix('/')?.split('/').next()?;
    Some(step.replace("~1", "/").replace("~0", "~"))
}

fn hidden_fields(
    access: &Access,
    kind: Kind,
) -> impl Iterator<Item = (&'static str, &'static Ty)> + '_ {
    record_fields(kind)
        .fields
        .iter()
        .filter(move |field| !access.may_see(kind, field.name))
        .map(|field| (field.name, &field.ty))
}

/// Words that every packet may say: its cycle and its requirements.
fn packet_names(packet: &Value) -> BTreeSet<&str> {
    let requirements = packet
        .get("requirements")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|requirement| requirement.get("id"));
    packet
        .get("cycle")
        .into_iter()
        .chain(requirements)
        .filter_map(Value::as_str)
        .collect()
}

/// Every text in a hidden field. Words out of a fixed list are no secret: they are the contract's own.
fn hidden_texts(access: &Access, capture: &Capture) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for kind in Kind::ALL {
        let hidden: Vec<_> = hidden_fields(access, kind).collect();
        for at in capture.records().filter(|at| at.kind == kind) {
            let record = capture.json(at);
            for (field, ty) in &hidden {
                if let Some(value) = record.get(field) {
                    collect_texts(ty, value, &mut texts);
                }
            }
        }
    }
    texts
}

fn collect_texts(ty: &Ty, value: &Value, texts: &mut BTreeSet<String>) {
    match (ty, value) {
        (Ty::Bool | Ty::Int | Ty::Enum(_), _) => {}
        (Ty::Time, Value::String(time)) => {
            // Prose may name the day alone.
            texts.extend(time.get(..10).map(str::to_owned));
            texts.insert(time.clone());
        }
        (Ty::Text | Ty::Person, Value::String(text)) => {
            texts.insert(text.clone());
        }
        (Ty::List(item), Value::Array(items)) => {
            items
                .iter()
                .for_each(|value| collect_texts(item, value, texts));
        }
        (Ty::Object(object), Value::Object(members)) => collect_members(object, members, texts),
        (Ty::Time | Ty::Text | Ty::Person | Ty::List(_) | Ty::Object(_), _) => {}
    }
}

fn collect_members(
    object: &ObjectType,
    members: &Map<String, Value>,
    texts: &mut BTreeSet<String>,
) {
    for field in &object.fields {
        if let Some(value) = members.get(field.name) {
            collect_texts(&field.ty, value, texts);
        }
    }
}

/// What identifies people, as far as it is hidden: a name in each of its parts too.
fn hidden_identities(access: &Access, capture: &Capture) -> BTreeSet<String> {
    let hidden = |field| !access.may_see(Kind::People, field);
    let mut texts = BTreeSet::new();
    for (_, person) in capture.tables().people.iter() {
        if hidden("id") {
            texts.insert(person.id.as_str().to_owned());
        }
        if hidden("name") {
            texts.insert(person.name.as_str().to_owned());
            texts.extend(person.name.as_str().split_whitespace().map(str::to_owned));
        }
        if hidden("email") {
            texts.insert(person.email.as_str().to_owned());
        }
        if hidden("aliases") {
            texts.extend(person.aliases.iter().map(|alias| alias.as_str().to_owned()));
        }
    }
    texts
}

fn each_string(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| each_string(item, visit)),
        Value::Object(members) => members.values().for_each(|item| each_string(item, visit)),
    }
}

fn strings(value: &mut Value, change: &dyn Fn(&mut String)) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| strings(item, change)),
        Value::Object(members) => members.values_mut().for_each(|item| strings(item, change)),
    }
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
