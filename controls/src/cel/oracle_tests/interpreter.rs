//! The oracle: the `cel` crate's interpreter over records as maps, made from their JSON text.

use std::collections::HashMap;
use std::sync::Arc;

use cel::extractors::Arguments;
use cel::objects::{Key, Map};
use cel::{Context, Value};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{Bound, Expression};
use crate::capture::{RecordAt, record_fields};
use crate::cel::fact::Fact;
use crate::cel::{Constant, Untraced, Val};
use crate::facts::{self, FactBase};
use crate::instant::Instant;
use crate::record::{ObjectType, Participant, TrainingAcknowledgement, Ty};

pub(super) struct Interpreter(Context<'static, 'static>);

impl Interpreter {
    /// The standard functions, the facts, and `params`.
    pub(super) fn new(base: &'static FactBase<'static>) -> Self {
        let mut context = Context::default();
        for fact in Fact::ALL {
            context
                .add_function(fact.name(), move |Arguments(arguments): Arguments| {
                    call(fact, base, &arguments)
                })
                .unwrap();
        }
        let parameters = base.policy.constants().into_iter();
        let parameters = parameters.map(|(name, constant)| {
            let value = match constant {
                Constant::Int(value) => Value::Int(value),
                Constant::Text(value) => Value::String(Arc::new(value)),
            };
            (name, value)
        });
        context.add_variable_from_value("params", map(parameters));
        Self(context)
    }

    pub(super) fn truth(
        &self,
        base: &FactBase<'_>,
        expression: &Expression,
        bound: &[Bound],
    ) -> Result<bool, String> {
        let mut context = self.0.new_inner_scope();
        for ((name, _), bound) in expression.scope.iter().zip(bound) {
            let value = match bound {
                Bound::AsOf => timestamp(base.as_of),
                Bound::One(at) => record(base, *at),
                Bound::Many(records) => {
                    let records = records.iter().map(|at| record(base, *at));
                    Value::List(Arc::new(records.collect()))
                }
            };
            context.add_variable_from_value(name.as_str(), value);
        }
        match expression.program.execute(&context) {
            Ok(Value::Bool(truth)) => Ok(truth),
            Ok(other) => Err(format!("no boolean: {other:?}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn record(base: &FactBase<'_>, at: RecordAt) -> Value {
    object(&base.capture.json(at), record_fields(at.kind))
}

/// Null members are left out: to the controls, null and absent are one.
fn object(json: &Json, ty: &ObjectType) -> Value {
    let fields = ty.fields.iter().filter_map(|field| {
        let member = json.get(field.name).filter(|member| !member.is_null())?;
        Some((field.name.to_owned(), value(member, &field.ty)))
    });
    map(fields)
}

fn value(json: &Json, ty: &Ty) -> Value {
    match ty {
        Ty::Bool => Value::Bool(json.as_bool().unwrap()),
        Ty::Int => Value::Int(json.as_i64().unwrap()),
        Ty::Text | Ty::Person | Ty::Enum(_) => {
            Value::String(Arc::new(json.as_str().unwrap().to_owned()))
        }
        Ty::Time => timestamp(Instant::parse(json.as_str().unwrap()).unwrap()),
        Ty::Object(ty) => object(json, ty),
        Ty::List(item) => {
            let items = json.as_array().unwrap().iter();
            Value::List(Arc::new(items.map(|member| value(member, item)).collect()))
        }
    }
}

fn map(members: impl Iterator<Item = (String, Value)>) -> Value {
    let map: HashMap<Key, Value> = members
        .map(|(name, value)| (Key::String(Arc::new(name)), value))
        .collect();
    Value::Map(Map { map: Arc::new(map) })
}

fn timestamp(at: Instant) -> Value {
    Value::Timestamp(at.utc().fixed_offset())
}

/// A fact as a host function. Whole objects are made anew from the interpreter's own values.
fn call(fact: Fact, base: &FactBase<'static>, arguments: &[Value]) -> Value {
    let truth = match fact {
        Fact::WitnessesIndependent => {
            let participants: Vec<Participant> = typed(&arguments[0]);
            facts::witnesses_are_independent(base.capture, &participants)
        }
        Fact::TrainingIsCurrent => {
            let training: Vec<TrainingAcknowledgement> = typed(&arguments[0]);
            let (Val::Text(course), Val::Int(days)) = (val(&arguments[1]), val(&arguments[2]))
            else {
                panic!("{arguments:?}")
            };
            facts::training_is_current(&training, course, u32::try_from(days).unwrap(), base.as_of)
        }
        Fact::ScopeCovers => {
            let Val::Text(bridge) = val(&arguments[1]) else {
                panic!("{arguments:?}")
            };
            facts::scope_covers(&typed(&arguments[0]), bridge, &typed(&arguments[2]))
        }
        Fact::ExceptionInForce => facts::in_force(&typed(&arguments[0]), base.as_of),
        Fact::DistinctPeople
        | Fact::SamePerson
        | Fact::AllAmong
        | Fact::OlderThan
        | Fact::InPeriod
        | Fact::IsProductionKey
        | Fact::MayBeProductionKey
        | Fact::ExportedInPeriod
        | Fact::MayBeLegacyBridge
        | Fact::OnRoster
        | Fact::RosterKnown
        | Fact::AssignmentHolds
        | Fact::IsTemporary => return scalar(fact, base, arguments),
    };
    Value::Bool(truth)
}

fn scalar(fact: Fact, base: &FactBase<'static>, arguments: &[Value]) -> Value {
    let arguments: Vec<Val<'_, Untraced>> = arguments.iter().map(val).collect();
    match fact.apply(base, &arguments) {
        Some(Val::Bool(truth)) => Value::Bool(truth),
        Some(Val::Int(number)) => Value::Int(number),
        // A fact about a record that is not there does not hold.
        None => Value::Bool(false),
        Some(other) => panic!("{other:?}"),
    }
}

fn val(value: &Value) -> Val<'_, Untraced> {
    match value {
        Value::Int(value) => Val::Int(*value),
        Value::String(value) => Val::Text(value),
        Value::Bool(value) => Val::Bool(*value),
        Value::Timestamp(value) => Val::Time(Instant::from(value.to_utc())),
        Value::List(items) => Val::Items(items.iter().map(|item| (val(item), ())).collect()),
        other => panic!("{other:?}"),
    }
}

fn typed<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(json(value)).unwrap()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Int(value) => Json::from(*value),
        Value::String(value) => Json::from(value.as_str()),
        Value::Bool(value) => Json::from(*value),
        Value::Timestamp(value) => Json::from(Instant::from(value.to_utc()).to_string()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(map) => {
            let members = map.map.iter().map(|(key, value)| match key {
                Key::String(name) => (name.to_string(), json(value)),
                Key::Int(_) | Key::Uint(_) | Key::Bool(_) => panic!("{key:?}"),
            });
            members.collect()
        }
        other => panic!("{other:?}"),
    }
}
