//! What a model is shown must not rest on where pages are cut or how records were ordered.

use custody_tools::tool::{SeeAll, Tool, catalogue};
use serde_json::{Value, json};

use super::{Expected, Relation, Trial};
use crate::basis::Judged;
use crate::eval::case::Case;
use crate::eval::report::RelationKind::Invariant;

pub(super) const RELATIONS: &[Relation] = &[Relation {
    name: "tool-pages",
    kind: Invariant,
    meaning: "lists show the same rows wherever a page begins and however records were ordered",
    trials,
}];

fn trials(case: &Case) -> Vec<Trial> {
    let evidence = super::invariant::reversed(case);
    let found = evidence.freeze().ok().map(|capture| {
        let judged = Judged::new(
            capture,
            case.judged.library.clone(),
            case.judged.scope.clone(),
        );
        let tools = catalogue();
        let mut lists = tools
            .iter()
            .filter(|tool| tool.spec().name.contains("_list_"));
        lists.find_map(|tool| differs(tool.as_ref(), &case.judged, &judged))
    });
    let change =
        "lists read page by page, from the middle, and of records in reverse order".to_owned();
    let trial = |broken| {
        Trial::new(
            change.clone(),
            case,
            evidence.clone(),
            Expected::Found(broken),
        )
    };
    found.map(trial).into_iter().collect()
}

fn differs(tool: &dyn Tool, one: &Judged, other: &Judged) -> Option<String> {
    let name = tool.spec().name;
    let rows = all_rows(tool, one);
    if rows.as_ref() != all_rows(tool, other).as_ref() {
        return Some(format!(
            "`{name}` shows other rows for another order of records"
        ));
    }
    let rows = rows?;
    for start in [1, rows.len() / 2] {
        let (page, _) = page(tool, one, start)?;
        if rows
            .get(start..)
            .is_some_and(|rest| !rest.starts_with(&page))
        {
            return Some(format!("`{name}` shows other rows from row {start} on"));
        }
    }
    None
}

fn all_rows(tool: &dyn Tool, judged: &Judged) -> Option<Vec<Value>> {
    let (mut rows, mut next) = (Vec::new(), Some(0));
    while let Some(start) = next {
        let (mut found, following) = page(tool, judged, start)?;
        rows.append(&mut found);
        next = following.filter(|following| *following > start);
    }
    Some(rows)
}

/// The rows from `start` on that one page has, and where the next page begins.
fn page(tool: &dyn Tool, judged: &Judged, start: usize) -> Option<(Vec<Value>, Option<usize>)> {
    let material = judged.material(&SeeAll);
    let output = tool
        .call_text(&material, &json!({ "skip": start }).to_string())
        .ok()?;
    let answer: Value = serde_json::from_str(&output.text).ok()?;
    // A list stands at the top, or under its own name beside what goes with it.
    let page = match &answer {
        Value::Object(members) if members.contains_key("rows") => Some(&answer),
        Value::Object(members) => members.values().find(|member| member.get("rows").is_some()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    }?;
    let rows = page.get("rows")?.as_array()?.clone();
    let next = page.get("next_skip").and_then(Value::as_u64);
    Some((rows, next.and_then(|next| usize::try_from(next).ok())))
}
