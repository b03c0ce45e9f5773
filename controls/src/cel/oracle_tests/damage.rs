//! Evidence damaged at random, but of the right types: members dropped, flipped, aged, exchanged.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Dice;
use crate::capture::{Capture, record_fields};
use crate::facts::testing::capture_of;
use crate::kind::Kind;
use crate::record::{FieldType, ObjectType, Ty};

const TIMES: [&str; 14] = [
    "2020-01-01T00:00:00Z",
    "2025-12-15T00:00:00Z",
    "2026-06-13T23:59:59Z",
    "2026-06-14T00:00:00Z",
    "2026-07-01T00:00:00Z",
    "2026-09-01T10:00:00Z",
    "2026-09-01T12:30:00+02:00",
    "2026-11-09T23:59:59.5Z",
    "2026-11-10T00:00:00Z",
    "2026-12-14T23:59:59Z",
    "2026-12-15T00:00:00Z",
    "2026-12-15T00:00:00.000000001Z",
    "2027-01-01T00:00:00Z",
    "2030-01-01T00:00:00-05:00",
];

const TEXTS: [&str; 26] = [
    "ana",
    "bo",
    "cy",
    "dee",
    "gone",
    "xe",
    "op-1",
    "op-2",
    "nobody",
    "K1",
    "K2",
    "KS",
    "KR",
    "M1",
    "E1",
    "E2",
    "C1",
    "C2",
    "EM1",
    "RA1",
    "B1",
    "P2",
    "S-1",
    "T-1",
    "pkg",
    "key-custodian",
];

/// The clean base with about one value in eight damaged.
pub(super) fn damaged(dice: &mut Dice) -> Capture {
    let base: BTreeMap<String, Vec<Value>> =
        serde_json::from_str(include_str!("../../../tests/rules/base.json")).unwrap();
    let kinds: Vec<(Kind, String)> = base
        .into_iter()
        .map(|(path, mut records)| {
            let kind = Kind::from_path(&path).unwrap();
            for record in &mut records {
                object(record, record_fields(kind), dice);
            }
            (kind, Value::from(records).to_string())
        })
        .collect();
    let kinds: Vec<(Kind, &str)> = kinds
        .iter()
        .map(|(kind, text)| (*kind, text.as_str()))
        .collect();
    capture_of(&kinds)
}

fn object(value: &mut Value, ty: &ObjectType, dice: &mut Dice) {
    let members = value.as_object_mut().unwrap();
    for field in &ty.fields {
        // Ids and aliases stay, so that what is damaged still loads.
        if field.name != "id" && field.name != "aliases" {
            member(members, field, dice);
        }
    }
}

fn member(members: &mut Map<String, Value>, field: &FieldType, dice: &mut Dice) {
    match members.get_mut(field.name) {
        Some(present) if !present.is_null() => {
            if field.optional && dice.below(6) == 0 {
                if dice.below(2) == 0 {
                    members.remove(field.name);
                } else {
                    members.insert(field.name.to_owned(), Value::Null);
                }
            } else {
                damage(present, &field.ty, dice);
            }
        }
        Some(_) | None => {
            if dice.below(6) == 0 {
                members.insert(field.name.to_owned(), made(&field.ty, dice));
            }
        }
    }
}

fn damage(value: &mut Value, ty: &Ty, dice: &mut Dice) {
    match ty {
        Ty::Object(ty) => object(value, ty, dice),
        Ty::List(item) => {
            let items = value.as_array_mut().unwrap();
            items.retain(|_| dice.below(8) > 0);
            for member in items.iter_mut() {
                damage(member, item, dice);
            }
            if dice.below(6) == 0 {
                items.push(made(item, dice));
            }
        }
        Ty::Bool | Ty::Int | Ty::Text | Ty::Person | Ty::Time | Ty::Enum(_) => {
            if dice.below(8) == 0 {
                *value = made(ty, dice);
            }
        }
    }
}

fn made(ty: &Ty, dice: &mut Dice) -> Value {
    match ty {
        Ty::Bool => (dice.below(2) == 0).into(),
        Ty::Int => dice.below(4).into(),
        Ty::Text | Ty::Person => dice.pick(&TEXTS).into(),
        Ty::Time => dice.pick(&TIMES).into(),
        Ty::Enum(names) => dice.pick(names).into(),
        Ty::List(item) => (0..dice.below(3)).map(|_| made(item, dice)).collect(),
        Ty::Object(ty) => {
            let fields = ty.fields.iter();
            let fields = fields.filter_map(|field| {
                let wanted = !field.optional || dice.below(2) == 0;
                wanted.then(|| (field.name.to_owned(), made(&field.ty, dice)))
            });
            Value::Object(fields.collect())
        }
    }
}
