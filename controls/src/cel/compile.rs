//! Type-checks parsed CEL against the record types and compiles it. Mistakes are load errors.

use std::collections::{BTreeMap, BTreeSet};

use cel::common::ast::{CallExpr, Expr as Cel, ListExpr, LiteralValue, SelectExpr};

use crate::kind::Kind;
use crate::record::Ty;

use super::expr::{Comparison, Expr, Quantifier};
use super::fact::Fact;
use super::parse::parse as parse_text;
use super::types::{Constant, Names};

/// A checked expression.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    /// What to evaluate.
    pub(crate) expr: Expr,
    /// The type of its value.
    pub(crate) ty: Ty,
    /// The slots of the variables that it uses.
    pub(crate) uses: BTreeSet<usize>,
    /// The record kinds that its facts look into.
    pub(crate) reads: BTreeSet<Kind>,
}

/// Parses and checks `source`, whose variables are `names`.
///
/// # Errors
/// Returns what is wrong with it: syntax, an unknown name, a type that does not fit, an optional
/// field read without a guard, or something outside the subset.
pub(crate) fn compile(source: &str, names: &Names) -> Result<Compiled, String> {
    let (parsed, checker) = parse(source, names)?;
    checker.finish(&parsed)
}

/// As [`compile`], for references and messages: an optional field needs no guard, and where it is
/// absent there is no reference and nothing to print.
///
/// # Errors
/// As [`compile`].
pub(crate) fn compile_reference(source: &str, names: &Names) -> Result<Compiled, String> {
    let (parsed, mut checker) = parse(source, names)?;
    checker.optional = OptionalFields::MayBeNull;
    checker.finish(&parsed)
}

fn parse(source: &str, names: &Names) -> Result<(Cel, Checker), String> {
    let parsed = parse_text(source)?;
    let checker = Checker {
        names: names.clone(),
        optional: OptionalFields::NeedGuard,
        guards: BTreeMap::new(),
        uses: BTreeSet::new(),
        reads: BTreeSet::new(),
    };
    Ok((parsed, checker))
}

/// A field's path from a variable, as `2.residency.module`.
type Path = String;

#[derive(Clone, Copy, PartialEq, Eq)]
enum OptionalFields {
    NeedGuard,
    MayBeNull,
}

struct Checker {
    names: Names,
    optional: OptionalFields,
    /// Optional fields known to be there, with how many enclosing guards say so.
    guards: BTreeMap<Path, usize>,
    uses: BTreeSet<usize>,
    reads: BTreeSet<Kind>,
}

impl Checker {
    fn finish(mut self, parsed: &Cel) -> Result<Compiled, String> {
        let declared = self.names.variables().count();
        let (expr, ty) = self.check(parsed)?;
        let uses = self
            .uses
            .into_iter()
            .filter(|slot| *slot < declared)
            .collect();
        Ok(Compiled {
            expr,
            ty,
            uses,
            reads: self.reads,
        })
    }

    fn check(&mut self, cel: &Cel) -> Result<(Expr, Ty), String> {
        match cel {
            Cel::Literal(literal) => check_literal(literal),
            Cel::Ident(name) => self.variable(name),
            Cel::Select(select) => self.select(select),
            Cel::List(list) => check_texts(list),
            Cel::Call(call) => self.call(call),
            Cel::Unspecified | Cel::Comprehension(_) | Cel::Map(_) | Cel::Struct(_) => Err(
                "maps, structs and raw comprehensions are not part of the expression subset"
                    .to_owned(),
            ),
        }
    }

    fn boolean(&mut self, cel: &Cel) -> Result<Expr, String> {
        match self.check(cel)? {
            (expr, Ty::Bool) => Ok(expr),
            (_, ty) => Err(format!("must be a boolean, is {ty}")),
        }
    }

    fn variable(&mut self, name: &str) -> Result<(Expr, Ty), String> {
        let Some((slot, ty)) = self.names.find(name) else {
            let known: Vec<&str> = self.names.variables().collect();
            return Err(format!(
                "unknown name `{name}` (known: params, {})",
                known.join(", ")
            ));
        };
        let ty = ty.clone();
        self.uses.insert(slot);
        Ok((Expr::Var(slot), ty))
    }

    fn select(&mut self, select: &SelectExpr) -> Result<(Expr, Ty), String> {
        if let Cel::Ident(name) = &select.operand.expr
            && name == "params"
        {
            return match self.names.constant(&select.field) {
                Some(Constant::Int(value)) => Ok((Expr::Int(*value), Ty::Int)),
                Some(Constant::Text(value)) => Ok((Expr::Text(value.clone()), Ty::Text)),
                None => Err(format!("policy.yaml has no parameter `{}`", select.field)),
            };
        }
        let (of, index, name, ty, optional) = self.field(select)?;
        let path = self.path(&Cel::Select(select.clone()));
        let guarded = path.is_some_and(|path| self.guards.contains_key(&path));
        if optional && !guarded && self.optional == OptionalFields::NeedGuard {
            return Err(format!("optional field `{name}` is read without `has()`"));
        }
        Ok((
            Expr::Field {
                of: Box::new(of),
                index,
                name,
            },
            ty,
        ))
    }

    fn field(
        &mut self,
        select: &SelectExpr,
    ) -> Result<(Expr, usize, &'static str, Ty, bool), String> {
        let (of, ty) = self.check(&select.operand.expr)?;
        let Ty::Object(object) = ty else {
            return Err(format!(
                "`.{}` is read of a {ty}, which has no fields",
                select.field
            ));
        };
        let (index, field) = object
            .field(&select.field)
            .ok_or_else(|| format!("{} has no field `{}`", object.name, select.field))?;
        Ok((of, index, field.name, field.ty.clone(), field.optional))
    }

    fn path(&self, cel: &Cel) -> Option<Path> {
        match cel {
            Cel::Ident(name) => self.names.find(name).map(|(slot, _)| slot.to_string()),
            Cel::Select(select) => self
                .path(&select.operand.expr)
                .map(|path| format!("{path}.{}", select.field)),
            Cel::Unspecified
            | Cel::Call(_)
            | Cel::Comprehension(_)
            | Cel::List(_)
            | Cel::Literal(_)
            | Cel::Map(_)
            | Cel::Struct(_) => None,
        }
    }

    fn call(&mut self, call: &CallExpr) -> Result<(Expr, Ty), String> {
        let name = call.func_name.as_str();
        match (name, &call.target, call.args.as_slice()) {
            ("_&&_", None, [left, right]) => self.junction(&left.expr, &right.expr, true),
            ("_||_", None, [left, right]) => self.junction(&left.expr, &right.expr, false),
            ("!_", None, [inner]) => {
                Ok((Expr::Not(Box::new(self.boolean(&inner.expr)?)), Ty::Bool))
            }
            ("_?_:_", None, [condition, yes, no]) => {
                self.choose(&condition.expr, &yes.expr, &no.expr)
            }
            ("@in", None, [item, list]) => self.membership(&item.expr, &list.expr),
            ("has", None, [field]) => self.has(&field.expr),
            ("size", None, [list]) => self.size(&list.expr),
            ("size", Some(list), []) => self.size(&list.expr),
            ("all" | "exists" | "filter" | "map", Some(list), [variable, body]) => {
                self.each(name, &list.expr, &variable.expr, &body.expr)
            }
            (_, None, [left, right]) if Comparison::from_cel(name).is_some() => {
                self.comparison(name, &left.expr, &right.expr)
            }
            (_, None, arguments) => {
                let arguments: Vec<&Cel> =
                    arguments.iter().map(|argument| &argument.expr).collect();
                self.fact(name, &arguments)
            }
            (_, Some(_), _) => Err(format!("`{name}` is not part of the expression subset")),
        }
    }

    /// `left && right` (where the right side may rely on `left`), or `left || right` (on its opposite).
    fn junction(
        &mut self,
        left: &Cel,
        right: &Cel,
        conjunction: bool,
    ) -> Result<(Expr, Ty), String> {
        let checked = Box::new(self.boolean(left)?);
        let shown = self.shown_by(left, conjunction);
        let right = Box::new(self.with_guards(&shown, |checker| checker.boolean(right))?);
        let expr = if conjunction {
            Expr::And(checked, right)
        } else {
            Expr::Or(checked, right)
        };
        Ok((expr, Ty::Bool))
    }

    fn choose(&mut self, condition: &Cel, yes: &Cel, no: &Cel) -> Result<(Expr, Ty), String> {
        let checked = self.boolean(condition)?;
        let (if_true, if_false) = (
            self.shown_by(condition, true),
            self.shown_by(condition, false),
        );
        let (yes, yes_ty) = self.with_guards(&if_true, |checker| checker.check(yes))?;
        let (no, no_ty) = self.with_guards(&if_false, |checker| checker.check(no))?;
        if yes_ty != no_ty {
            return Err(format!("the branches of `?:` are a {yes_ty} and a {no_ty}"));
        }
        Ok((
            Expr::Choose {
                condition: Box::new(checked),
                yes: Box::new(yes),
                no: Box::new(no),
            },
            yes_ty,
        ))
    }

    fn with_guards<R>(&mut self, paths: &[Path], within: impl FnOnce(&mut Self) -> R) -> R {
        for path in paths {
            *self.guards.entry(path.clone()).or_default() += 1;
        }
        let result = within(self);
        for path in paths {
            if let Some(count) = self.guards.get_mut(path) {
                *count -= 1;
                if *count == 0 {
                    self.guards.remove(path);
                }
            }
        }
        result
    }

    /// The optional fields that must be there when `cel` has the truth `truth`.
    fn shown_by(&self, cel: &Cel, truth: bool) -> Vec<Path> {
        let Cel::Call(call) = cel else {
            return Vec::new();
        };
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("has", [field]) if truth => self.path(&field.expr).into_iter().collect(),
            ("!_", [inner]) => self.shown_by(&inner.expr, !truth),
            ("_&&_", [left, right]) if truth => [
                self.shown_by(&left.expr, true),
                self.shown_by(&right.expr, true),
            ]
            .concat(),
            ("_||_", [left, right]) if !truth => [
                self.shown_by(&left.expr, false),
                self.shown_by(&right.expr, false),
            ]
            .concat(),
            (_, _) => Vec::new(),
        }
    }

    fn has(&mut self, field: &Cel) -> Result<(Expr, Ty), String> {
        let Cel::Select(select) = field else {
            return Err("`has()` takes a field".to_owned());
        };
        let (of, index, name, _, _) = self.field(select)?;
        Ok((
            Expr::Has {
                of: Box::new(of),
                index,
                name,
            },
            Ty::Bool,
        ))
    }

    fn size(&mut self, list: &Cel) -> Result<(Expr, Ty), String> {
        match self.check(list)? {
            (expr, Ty::List(_)) => Ok((Expr::Size(Box::new(expr)), Ty::Int)),
            (_, ty) => Err(format!("`size()` takes a list, got a {ty}")),
        }
    }

    fn each(
        &mut self,
        name: &str,
        list: &Cel,
        variable: &Cel,
        body: &Cel,
    ) -> Result<(Expr, Ty), String> {
        let (list, list_ty) = self.check(list)?;
        let Ty::List(item_ty) = list_ty.clone() else {
            return Err(format!("`{name}` runs over a list, got a {list_ty}"));
        };
        let Cel::Ident(variable) = variable else {
            return Err(format!("`{name}` takes a variable name first"));
        };
        let slot = self.names.declare(variable, *item_ty);
        let body = self.check(body);
        self.names.undeclare();
        let (body, body_ty) = body?;
        let (kind, ty) = match name {
            "map" => (Quantifier::Map, Ty::List(Box::new(body_ty))),
            _ if body_ty != Ty::Bool => {
                return Err(format!(
                    "the condition of `{name}` must be a boolean, is {body_ty}"
                ));
            }
            "filter" => (Quantifier::Filter, list_ty),
            "all" => (Quantifier::All, Ty::Bool),
            _ => (Quantifier::Exists, Ty::Bool),
        };
        Ok((
            Expr::Each {
                kind,
                list: Box::new(list),
                slot,
                body: Box::new(body),
            },
            ty,
        ))
    }

    fn comparison(&mut self, name: &str, left: &Cel, right: &Cel) -> Result<(Expr, Ty), String> {
        let Some(operator) = Comparison::from_cel(name) else {
            return Err(format!("`{name}` is not part of the expression subset"));
        };
        let (left, left_ty) = self.check(left)?;
        let (right, right_ty) = self.check(right)?;
        for (ty, other) in [(&left_ty, &right), (&right_ty, &left)] {
            refuse_misspelt(ty, other)?;
        }
        let comparable = match (&left_ty, &right_ty) {
            (Ty::Int, Ty::Int) | (Ty::Time, Ty::Time) => true,
            (Ty::Bool, Ty::Bool) | (Ty::Text | Ty::Enum(_), Ty::Text) | (Ty::Text, Ty::Enum(_)) => {
                matches!(operator, Comparison::Equal | Comparison::NotEqual)
            }
            (Ty::Enum(left), Ty::Enum(right)) => {
                left == right && matches!(operator, Comparison::Equal | Comparison::NotEqual)
            }
            (
                Ty::Bool
                | Ty::Int
                | Ty::Text
                | Ty::Person
                | Ty::Time
                | Ty::Enum(_)
                | Ty::Object(_)
                | Ty::List(_),
                _,
            ) => false,
        };
        if !comparable {
            let hint = if left_ty == Ty::Person || right_ty == Ty::Person {
                "; use same_person()"
            } else {
                ""
            };
            return Err(format!(
                "a {left_ty} cannot be compared with a {right_ty} here{hint}"
            ));
        }
        Ok((
            Expr::Compare {
                operator,
                left: Box::new(left),
                right: Box::new(right),
            },
            Ty::Bool,
        ))
    }

    fn membership(&mut self, item: &Cel, list: &Cel) -> Result<(Expr, Ty), String> {
        let (item, item_ty) = self.check(item)?;
        let (list, list_ty) = self.check(list)?;
        if let Expr::Texts(texts) = &list {
            for text in texts {
                refuse_misspelt(&item_ty, &Expr::Text(text.clone()))?;
            }
        }
        match (&item_ty, &list_ty) {
            (Ty::Text | Ty::Enum(_), Ty::List(of)) if **of == Ty::Text => Ok((
                Expr::In {
                    item: Box::new(item),
                    list: Box::new(list),
                },
                Ty::Bool,
            )),
            (_, _) => Err(format!(
                "`in` takes a text and a list of text, got a {item_ty} and a {list_ty}"
            )),
        }
    }

    fn fact(&mut self, name: &str, arguments: &[&Cel]) -> Result<(Expr, Ty), String> {
        let Some(fact) = Fact::ALL.into_iter().find(|fact| fact.name() == name) else {
            let known: Vec<&str> = Fact::ALL.iter().map(|fact| fact.name()).collect();
            return Err(format!(
                "unknown function `{name}` (known: has, size, {})",
                known.join(", ")
            ));
        };
        let parameters = fact.parameters();
        if parameters.len() != arguments.len() {
            return Err(format!(
                "`{name}` takes {} arguments, got {}",
                parameters.len(),
                arguments.len()
            ));
        }
        let mut checked = Vec::new();
        for (parameter, argument) in parameters.iter().zip(arguments) {
            let (expr, ty) = self.check(argument)?;
            if !accepts(parameter, &ty) {
                return Err(format!("`{name}` takes a {parameter} here, got a {ty}"));
            }
            checked.push(expr);
        }
        self.reads.extend(fact.reads());
        Ok((Expr::Fact(fact, checked), fact.result()))
    }
}

fn check_literal(literal: &LiteralValue) -> Result<(Expr, Ty), String> {
    match literal {
        LiteralValue::Boolean(value) => Ok((Expr::Bool(*value.inner()), Ty::Bool)),
        LiteralValue::Int(value) => Ok((Expr::Int(*value.inner()), Ty::Int)),
        LiteralValue::String(value) => Ok((Expr::Text(value.inner().to_owned()), Ty::Text)),
        LiteralValue::Null => {
            Err("null is not part of the expression subset; use has()".to_owned())
        }
        LiteralValue::Bytes(_) | LiteralValue::Double(_) | LiteralValue::UInt(_) => {
            Err("only booleans, whole numbers and text can be written out".to_owned())
        }
    }
}

fn check_texts(list: &ListExpr) -> Result<(Expr, Ty), String> {
    let texts: Result<Vec<String>, String> = list
        .elements
        .iter()
        .map(|element| match &element.expr {
            Cel::Literal(LiteralValue::String(text)) => Ok(text.inner().to_owned()),
            _ => Err("a list that is written out holds text only".to_owned()),
        })
        .collect();
    Ok((Expr::Texts(texts?), Ty::List(Box::new(Ty::Text))))
}

/// A text compared with an enumeration must be one of its members.
fn refuse_misspelt(ty: &Ty, other: &Expr) -> Result<(), String> {
    match (ty, other) {
        (Ty::Enum(names), Expr::Text(text)) if !names.contains(&text.as_str()) => {
            Err(format!("`{text}` is none of {}", names.join("|")))
        }
        (_, _) => Ok(()),
    }
}

/// Whether a fact's parameter takes an argument of type `ty`. Text may stand for a person:
/// resolving it is what the fact does.
fn accepts(parameter: &Ty, ty: &Ty) -> bool {
    match (parameter, ty) {
        (Ty::Text, Ty::Enum(_)) | (Ty::Person, Ty::Text) => true,
        (Ty::List(parameter), Ty::List(ty)) => accepts(parameter, ty),
        (_, _) => parameter == ty,
    }
}

#[cfg(test)]
#[path = "compile_tests.rs"]
mod tests;
