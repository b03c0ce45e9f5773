//! The built-in library's boolean expressions, each with the variables that it may use.

use serde_json::Value;

use super::{Expression, Scope, Slot};
use crate::kind::Kind;
use crate::library::{Join, Library, Select};

/// Every filter, condition and check, with a label.
pub(super) fn expressions(library: &Library) -> Vec<(String, Expression)> {
    let mut found = Vec::new();
    for requirement in library.requirements() {
        let file = library
            .files()
            .values()
            .filter_map(|text| serde_saphyr::from_str::<Value>(text).ok())
            .find(|file| file["id"] == requirement.id())
            .unwrap();
        let mut collector = Collector {
            requirement: requirement.id(),
            found: &mut found,
        };
        collector.collect(&file, &requirement.evidence);
    }
    found
}

struct Collector<'c> {
    requirement: &'c str,
    found: &'c mut Vec<(String, Expression)>,
}

impl Collector<'_> {
    fn collect(&mut self, file: &Value, joins: &[Join]) {
        let subject = roots("subject", &file["subject"]["kind"]);
        self.add("subject", &file["subject"]["filter"], &subject);
        for (index, entry) in list(&file["subject"]["named_by"]).iter().enumerate() {
            let holder = roots("holder", &entry["kind"]);
            self.add(&format!("named_by {index}"), &entry["filter"], &holder);
        }
        let mut scope = subject;
        for (entry, join) in list(&file["evidence"]).iter().zip(joins) {
            let name = entry["name"].as_str().unwrap();
            for absent in list(&entry["absent"]) {
                self.add(&format!("{name} absent"), &absent["when"], &scope);
            }
            let mut with_candidate = scope.clone();
            with_candidate.push(("candidate".to_owned(), Slot::One(join.from)));
            self.add(&format!("{name} where"), &entry["where"], &with_candidate);
            scope.push((name.to_owned(), slot(join)));
        }
        for check in list(&file["checks"]) {
            let name = check["check"].as_str().unwrap();
            self.add(name, &check["expression"], &scope);
            self.add(&format!("{name} when"), &check["when"], &scope);
        }
        for (index, account) in list(&file["account"]).iter().enumerate() {
            self.add(&format!("account {index}"), &account["when"], &scope);
        }
    }

    fn add(&mut self, label: &str, source: &Value, scope: &Scope) {
        if let Some(source) = source.as_str() {
            let expression = Expression::parse(source, scope).unwrap();
            self.found
                .push((format!("{} {label}", self.requirement), expression));
        }
    }
}

fn roots(name: &str, kind: &Value) -> Scope {
    let kind = Kind::from_path(kind.as_str().unwrap()).unwrap();
    vec![
        ("as_of".to_owned(), Slot::AsOf),
        (name.to_owned(), Slot::One(kind)),
    ]
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn slot(join: &Join) -> Slot {
    let many = match &join.select {
        Select::Reference { many, .. } => *many,
        Select::Match(matching) => matching.latest.is_none(),
        Select::RosterInForce(_) | Select::Exception { .. } => false,
    };
    if many {
        Slot::Many(join.from)
    } else {
        Slot::One(join.from)
    }
}
