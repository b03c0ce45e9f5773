//! Holds the compiled evaluator against the `cel` crate's interpreter: the same expressions on the same
//! damaged records must come out the same, untraced, traced and interpreted.

mod damage;
#[path = "../../tests/seeded/dice.rs"]
mod dice;
mod grammar;
mod interpreter;
mod library;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::capture::{Capture, RecordAt, record_fields};
use crate::facts::FactBase;
use crate::facts::testing::at;
use crate::kind::Kind;
use crate::library::Library;
use crate::packet::ReviewPeriod;
use crate::record::Ty;

use super::{Bindings, Compiled, Names, Trace, Traced, Untraced, Val, compile, holds};
use dice::Dice;
use interpreter::Interpreter;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::builtin().unwrap());

const AS_OF: &str = "2026-12-15T00:00:00Z";

/// What a variable stands for.
#[derive(Debug, Clone, Copy)]
enum Slot {
    AsOf,
    One(Kind),
    Many(Kind),
}

/// The variables of an expression, in order.
type Scope = Vec<(String, Slot)>;

/// An expression in both forms.
struct Expression {
    source: String,
    scope: Scope,
    compiled: Compiled,
    program: cel::Program,
}

impl Expression {
    /// `None` where our compiler refuses it.
    fn parse(source: &str, scope: &Scope) -> Option<Self> {
        Some(Self {
            source: source.to_owned(),
            scope: scope.clone(),
            compiled: compile(source, &names(scope)).ok()?,
            program: cel::Program::compile(source).unwrap(),
        })
    }
}

fn names(scope: &Scope) -> Names {
    let mut names = Names::new(LIBRARY.policy().constants());
    for (name, slot) in scope {
        let ty = match slot {
            Slot::AsOf => Ty::Time,
            Slot::One(kind) => Ty::Object(record_fields(*kind)),
            Slot::Many(kind) => Ty::List(Box::new(Ty::Object(record_fields(*kind)))),
        };
        names.declare(name, ty);
    }
    names
}

/// Damaged evidence, and what both evaluators need of it.
struct World {
    base: &'static FactBase<'static>,
    interpreter: Interpreter,
}

impl World {
    fn new(dice: &mut Dice) -> Self {
        // The interpreter's host functions must own what they use or hold it for ever.
        let capture: &'static Capture = Box::leak(Box::new(damage::damaged(dice)));
        let period = ReviewPeriod {
            from: at("2026-07-01T00:00:00Z"),
            to: at("2027-01-01T00:00:00Z"),
        };
        let base = FactBase::new(capture, LIBRARY.policy(), at(AS_OF), period);
        let base = Box::leak(Box::new(base));
        Self {
            base,
            interpreter: Interpreter::new(base),
        }
    }

    /// Random records for the variables of `scope`; `None` where a kind has none.
    fn pick(&self, scope: &Scope, dice: &mut Dice) -> Option<Vec<Bound>> {
        let slots = scope.iter().map(|(_, slot)| match slot {
            Slot::AsOf => Some(Bound::AsOf),
            Slot::One(kind) => self.any(*kind, dice).map(Bound::One),
            Slot::Many(kind) => {
                let number = dice.below(3);
                (0..number)
                    .map(|_| self.any(*kind, dice))
                    .collect::<Option<_>>()
                    .map(Bound::Many)
            }
        });
        slots.collect()
    }

    fn any(&self, kind: Kind, dice: &mut Dice) -> Option<RecordAt> {
        let count = self.base.capture.table(kind).count();
        let row = u32::try_from(dice.below(count)).unwrap();
        (count > 0).then_some(RecordAt { kind, row })
    }

    /// The truth of `expression` for the records in `bound`, which all three ways must agree on.
    fn truth(&self, expression: &Expression, bound: &[Bound]) -> bool {
        let untraced = self.compiled(expression, bound, &mut Untraced);
        let traced = self.compiled(expression, bound, &mut Traced::default());
        let interpreted = self.interpreter.truth(self.base, expression, bound);
        let records = || {
            let of = |bound: &Bound| match bound {
                Bound::AsOf => AS_OF.to_owned(),
                Bound::One(at) => self.base.capture.json(*at).to_string(),
                Bound::Many(records) => {
                    let records = records.iter().map(|at| self.base.capture.json(*at));
                    records.collect::<serde_json::Value>().to_string()
                }
            };
            bound.iter().map(of).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(
            (Ok(untraced), untraced),
            (interpreted, traced),
            "(compiled, compiled) and (interpreted, traced) of {} on\n{}",
            expression.source,
            records()
        );
        untraced
    }

    fn compiled<T: Trace>(&self, expression: &Expression, bound: &[Bound], trace: &mut T) -> bool {
        let mut bindings: Bindings<'_, T> = Bindings::new();
        for bound in bound {
            match bound {
                Bound::AsOf => bindings.push(Val::Time(self.base.as_of)),
                Bound::One(at) => bindings.push_record(self.base, *at),
                Bound::Many(records) => bindings.push_records(self.base, records),
            }
        }
        holds(&expression.compiled.expr, self.base, &mut bindings, trace)
    }
}

/// What a variable is bound to.
#[derive(Debug)]
enum Bound {
    AsOf,
    One(RecordAt),
    Many(Vec<RecordAt>),
}

#[test]
fn every_expression_of_the_library_is_judged_alike_and_comes_out_both_ways() {
    let expressions = library::expressions(&LIBRARY);
    let mut outcomes: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
    let mut dice = Dice::new(20_261_215);
    for _ in 0..60 {
        let world = World::new(&mut dice);
        for (label, expression) in &expressions {
            for _ in 0..6 {
                if let Some(bound) = world.pick(&expression.scope, &mut dice) {
                    let truth = world.truth(expression, &bound);
                    outcomes.entry(label).or_default()[usize::from(truth)] += 1;
                }
            }
        }
    }
    assert_eq!(outcomes.len(), expressions.len());
    let one_sided: Vec<_> = outcomes
        .iter()
        .filter(|(_, counts)| counts.contains(&0))
        .collect();
    assert!(one_sided.is_empty(), "{one_sided:?}");
}

#[test]
fn random_expressions_are_judged_alike() {
    // The interpreter's own parser runs on the caller's stack and needs a deep one.
    let test = std::thread::Builder::new().stack_size(64 << 20);
    test.spawn(compare_random_expressions)
        .unwrap()
        .join()
        .unwrap();
}

fn compare_random_expressions() {
    let mut dice = Dice::new(7);
    let (mut accepted, mut outcomes) = (0, [0_u32; 2]);
    for _ in 0..25 {
        let world = World::new(&mut dice);
        for _ in 0..100 {
            let (source, scope) = grammar::expression(&mut dice);
            let Some(expression) = Expression::parse(&source, &scope) else {
                continue;
            };
            accepted += 1;
            for _ in 0..4 {
                if let Some(bound) = world.pick(&scope, &mut dice) {
                    outcomes[usize::from(world.truth(&expression, &bound))] += 1;
                }
            }
        }
    }
    assert!(accepted > 1500, "only {accepted} of 2500 compile");
    assert!(outcomes.iter().all(|count| *count > 2000), "{outcomes:?}");
}

#[test]
fn the_guard_analysis_lets_no_expression_through_that_the_interpreter_fails_on() {
    // What has a guard in one branch only, or on another variable, must not compile; each of these
    // fails in the interpreter on some record.
    let scope: Scope = vec![
        ("as_of".to_owned(), Slot::AsOf),
        ("subject".to_owned(), Slot::One(Kind::SigningKeys)),
        ("other".to_owned(), Slot::One(Kind::SigningKeys)),
    ];
    for source in [
        "has(other.attributes) && subject.attributes.local",
        "has(subject.attributes) ? true : subject.attributes.local",
        "!(has(subject.attributes) && as_of < as_of) && subject.attributes.local",
        "(has(subject.attributes) || as_of == as_of) && subject.attributes.local",
        "has(subject.key_attestation) && subject.key_attestation.verified_at < as_of",
        "[\"a\"].exists(subject, subject == \"a\") && subject.observed_at < as_of",
    ] {
        assert!(Expression::parse(source, &scope).is_none(), "{source}");
    }
}
