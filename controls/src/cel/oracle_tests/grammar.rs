//! Random well-typed expressions of the subset. Now and then a guard is left out: the compiler must refuse
//! those that then could fail.

use super::{Dice, LIBRARY, Scope, Slot, names};
use crate::cel::fact::Fact;
use crate::kind::Kind;
use crate::record::Ty;

/// A random boolean expression and its variables.
pub(super) fn expression(dice: &mut Dice) -> (String, Scope) {
    let any = |dice: &mut Dice| Kind::ALL[dice.below(Kind::ALL.len())];
    let scope: Scope = vec![
        ("as_of".to_owned(), Slot::AsOf),
        ("subject".to_owned(), Slot::One(any(dice))),
        ("other".to_owned(), Slot::One(any(dice))),
        ("many".to_owned(), Slot::Many(any(dice))),
    ];
    let names = names(&scope);
    let variables = scope
        .iter()
        .map(|(name, _)| (name.clone(), names.find(name).unwrap().1.clone()))
        .collect();
    let mut writer = Writer { dice, variables };
    let depth = 1 + writer.dice.below(3);
    (writer.boolean(depth), scope)
}

struct Writer<'d> {
    dice: &'d mut Dice,
    variables: Vec<(String, Ty)>,
}

/// A way to a value: its text, and the optional fields on it, outermost first.
struct Path {
    text: String,
    optional: Vec<String>,
    ty: Ty,
}

impl Writer<'_> {
    fn boolean(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom();
        }
        match self.dice.below(8) {
            0 => format!("!({})", self.boolean(depth - 1)),
            1 | 2 => format!(
                "({} && {})",
                self.boolean(depth - 1),
                self.boolean(depth - 1)
            ),
            3 | 4 => format!(
                "({} || {})",
                self.boolean(depth - 1),
                self.boolean(depth - 1)
            ),
            5 => format!(
                "({} ? {} : {})",
                self.boolean(depth - 1),
                self.boolean(depth - 1),
                self.boolean(depth - 1)
            ),
            6 => self.quantified(depth).unwrap_or_else(|| self.atom()),
            _ => self.atom(),
        }
    }

    fn quantified(&mut self, depth: usize) -> Option<String> {
        let list = self.path(&|ty| matches!(ty, Ty::List(_)))?;
        let quantifier = self.dice.pick(&["all", "exists"]);
        let (variable, body) = self.body(&list, depth)?;
        let text = format!("{}.{quantifier}({variable}, {body})", list.text);
        Some(self.guarded(&[&list], text))
    }

    /// A boolean over an item of `list`.
    fn body(&mut self, list: &Path, depth: usize) -> Option<(String, String)> {
        let Ty::List(item) = &list.ty else {
            return None;
        };
        let variable = format!("v{}", self.variables.len());
        self.variables.push((variable.clone(), (**item).clone()));
        let body = self.boolean(depth - 1);
        self.variables.pop();
        Some((variable, body))
    }

    fn atom(&mut self) -> String {
        let made = match self.dice.below(9) {
            0 | 1 => self.comparison(),
            2 => self.enumeration(),
            3 => self.membership(),
            4 => self.presence(),
            5 => self.count(),
            6 => {
                let path = self.path(&|ty| *ty == Ty::Bool);
                path.map(|path| self.guarded(&[&path], path.text.clone()))
            }
            _ => self.fact(),
        };
        made.unwrap_or_else(|| self.dice.pick(&["true", "false"]).to_owned())
    }

    fn comparison(&mut self) -> Option<String> {
        let ty = match self.dice.below(4) {
            0 | 1 => Ty::Time,
            2 => Ty::Int,
            _ => Ty::Text,
        };
        let left = self.path(&|found| *found == ty)?;
        let operators: &[&str] = if ty == Ty::Text {
            &["==", "!="]
        } else {
            &["==", "!=", "<", "<=", ">", ">="]
        };
        let operator = self.dice.pick(operators);
        if ty == Ty::Int {
            let number = self.dice.below(4);
            let text = format!("{} {operator} {number}", left.text);
            return Some(self.guarded(&[&left], text));
        }
        let right = self.path(&|found| *found == ty)?;
        let text = format!("{} {operator} {}", left.text, right.text);
        Some(self.guarded(&[&left, &right], text))
    }

    fn enumeration(&mut self) -> Option<String> {
        let path = self.path(&|ty| matches!(ty, Ty::Enum(_)))?;
        let Ty::Enum(names) = &path.ty else {
            return None;
        };
        let (one, two) = (self.dice.pick(names), self.dice.pick(names));
        let text = match self.dice.below(3) {
            0 => format!("{} == \"{one}\"", path.text),
            1 => format!("\"{one}\" != {}", path.text),
            _ => format!("{} in [\"{one}\", \"{two}\"]", path.text),
        };
        Some(self.guarded(&[&path], text))
    }

    fn membership(&mut self) -> Option<String> {
        let item = self.path(&|ty| *ty == Ty::Text)?;
        let list = self.path(&|ty| *ty == Ty::List(Box::new(Ty::Text)))?;
        let text = format!("{} in {}", item.text, list.text);
        Some(self.guarded(&[&item, &list], text))
    }

    fn presence(&mut self) -> Option<String> {
        let mut path = self.path(&|_| true)?;
        if !path.text.contains('.') {
            return None;
        }
        // The field itself needs no guard, what it is read of does.
        path.optional.retain(|optional| *optional != path.text);
        let text = format!("has({})", path.text);
        Some(self.guarded(&[&path], text))
    }

    fn count(&mut self) -> Option<String> {
        let list = self.path(&|ty| matches!(ty, Ty::List(_)))?;
        let number = self.dice.below(3);
        let operator = self.dice.pick(&["==", ">", "<="]);
        let (variable, body) = self.body(&list, 1)?;
        let of = match self.dice.below(3) {
            0 => list.text.clone(),
            1 => format!("{}.filter({variable}, {body})", list.text),
            _ => format!("{}.map({variable}, {body})", list.text),
        };
        Some(self.guarded(&[&list], format!("size({of}) {operator} {number}")))
    }

    fn fact(&mut self) -> Option<String> {
        let fact = Fact::ALL[self.dice.below(Fact::ALL.len())];
        let mut paths = Vec::new();
        let mut arguments = Vec::new();
        for parameter in fact.parameters() {
            if parameter == Ty::Int {
                arguments.push(self.number());
                continue;
            }
            let path = self.path(&|ty| accepts(&parameter, ty))?;
            arguments.push(path.text.clone());
            paths.push(path);
        }
        let call = format!("{}({})", fact.name(), arguments.join(", "));
        let text = if fact.result() == Ty::Int {
            format!("{call} >= {}", self.dice.below(4))
        } else {
            call
        };
        Some(self.guarded(&paths.iter().collect::<Vec<_>>(), text))
    }

    fn number(&mut self) -> String {
        let names: Vec<&str> = LIBRARY
            .policy()
            .parameters
            .keys()
            .map(String::as_str)
            .filter(|name| LIBRARY.policy().number(name).is_some())
            .collect();
        format!("params.{}", self.dice.pick(&names))
    }

    /// `text` where everything optional on the paths is there.
    fn guarded(&mut self, paths: &[&Path], text: String) -> String {
        let mut guards: Vec<String> = paths
            .iter()
            .flat_map(|path| path.optional.iter())
            .map(|optional| format!("has({optional})"))
            .collect();
        if guards.is_empty() || self.dice.below(10) == 0 {
            return text;
        }
        if self.dice.below(12) == 0 {
            guards.pop();
            guards.push("true".to_owned());
        }
        let guard = guards.join(" && ");
        match self.dice.below(3) {
            0 => format!("(!({guard}) || {text})"),
            1 => format!(
                "({guard} ? {text} : {})",
                self.dice.pick(&["true", "false"])
            ),
            _ => format!("({guard} && {text})"),
        }
    }

    /// A random way from a variable to a value whose type is wanted.
    fn path(&mut self, wanted: &dyn Fn(&Ty) -> bool) -> Option<Path> {
        let mut found = Vec::new();
        for (name, ty) in &self.variables {
            let start = Path {
                text: name.clone(),
                optional: Vec::new(),
                ty: ty.clone(),
            };
            collect(start, wanted, &mut found);
        }
        let index = self.dice.below(found.len());
        (!found.is_empty()).then(|| found.swap_remove(index))
    }
}

fn collect(path: Path, wanted: &dyn Fn(&Ty) -> bool, found: &mut Vec<Path>) {
    if let Ty::Object(object) = &path.ty {
        for field in &object.fields {
            let text = format!("{}.{}", path.text, field.name);
            let mut optional = path.optional.clone();
            if field.optional {
                optional.push(text.clone());
            }
            let member = Path {
                text,
                optional,
                ty: field.ty.clone(),
            };
            collect(member, wanted, found);
        }
    }
    if wanted(&path.ty) {
        found.push(path);
    }
}

fn accepts(parameter: &Ty, ty: &Ty) -> bool {
    match (parameter, ty) {
        (Ty::Person, Ty::Text) => true,
        (Ty::List(parameter), Ty::List(ty)) => accepts(parameter, ty),
        (_, _) => parameter == ty,
    }
}
