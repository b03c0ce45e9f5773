//! Holds an approved roster of the registry against the groups that carry it.
//!
//! An approval covers the people it names. So the groups can take somebody off the approved
//! roster and never put anybody on it: that would be an approval that nobody gave.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::kind::Kind;
use serde_json::{Value, json};

use super::listing::{ScimError, Server, member, text};
use super::people::People;
use super::{GroupName, RosterGroup, RosterGroups};
use crate::source::overlay::{Overlay, shown};

/// Roles by person.
type Roles = BTreeMap<String, BTreeSet<String>>;

const PLACE: &str = "scim/Groups";

/// Puts the groups' members over the registry's roster snapshot.
pub(super) fn put(overlay: &mut Overlay, server: &Server, roster: &RosterGroups, people: &People) {
    let mut live = Roles::new();
    let mut complete = true;
    for RosterGroup { group, role } in &roster.groups {
        match members(overlay, server, group, people) {
            Ok(members) => {
                for person in members {
                    live.entry(person).or_default().insert(role.clone());
                }
            }
            Err(reason) => {
                complete = false;
                overlay.fault(PLACE, reason);
            }
        }
    }
    if !complete {
        return;
    }
    let mut snapshots = overlay.records(Kind::RosterSnapshots);
    let wanted = |snapshot: &&mut Value| {
        snapshot.get("id").and_then(Value::as_str) == Some(&roster.snapshot)
    };
    let Some(snapshot) = snapshots.iter_mut().find(wanted) else {
        let reason = "is not among the registry's roster snapshots, so nothing says its approval";
        return overlay.fault(PLACE, format!("roster `{}` {reason}", roster.snapshot));
    };
    let approved = confirm(snapshot, &mut live, roster, people);
    let uncovered: Vec<String> = live
        .into_iter()
        .filter(|(_, roles)| !roles.is_empty())
        .map(|(person, roles)| {
            let roles: Vec<String> = roles.into_iter().collect();
            format!("{person} ({})", roles.join(", "))
        })
        .collect();
    for person in approved.dropped {
        overlay.warn(&format!(
            "person `{person}` is on roster `{}` and no longer in its groups: taken off",
            roster.snapshot
        ));
    }
    if !uncovered.is_empty() {
        let list = uncovered.join("; ");
        overlay.warn(&format!(
            "the groups of roster `{}` hold people or roles that its approval does not name: {list}",
            roster.snapshot
        ));
        note(
            snapshot,
            &format!("In the groups, without approval: {list}."),
        );
    }
    overlay.replace(Kind::RosterSnapshots, snapshots, PLACE);
}

struct Confirmed {
    dropped: Vec<String>,
}

/// Keeps of the snapshot's members whom the groups have too, with the roles that both have. Takes
/// them out of `live`.
fn confirm(
    snapshot: &mut Value,
    live: &mut Roles,
    roster: &RosterGroups,
    people: &People,
) -> Confirmed {
    let carried: BTreeSet<&str> = roster.groups.iter().map(|g| g.role.as_str()).collect();
    let mut dropped = Vec::new();
    let mut covered = Vec::new();
    let members = snapshot.get_mut("members").and_then(Value::as_array_mut);
    for entry in members.into_iter().flatten() {
        let reference = entry
            .get("person")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let person = people.named(reference).unwrap_or(reference).to_owned();
        let of_groups = live.get(&person);
        let Some(Value::Array(roles)) = entry.get_mut("roles") else {
            continue;
        };
        let before = roles.len();
        roles.retain(|role| {
            let role = role.as_str().unwrap_or_default();
            // A role that no group carries is the registry's alone to say.
            !carried.contains(role) || of_groups.is_some_and(|held| held.contains(role))
        });
        for role in roles.iter().filter_map(Value::as_str) {
            covered.push((person.clone(), role.to_owned()));
        }
        if before > 0 && roles.is_empty() {
            dropped.push(person);
        }
    }
    let members = snapshot.get_mut("members").and_then(Value::as_array_mut);
    if let Some(members) = members {
        members.retain(|entry| {
            let reference = entry
                .get("person")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let person = people.named(reference).unwrap_or(reference);
            let no_role = entry
                .get("roles")
                .and_then(Value::as_array)
                .is_some_and(Vec::is_empty);
            !(no_role && dropped.iter().any(|gone| gone == person))
        });
    }
    for (person, role) in covered {
        if let Some(roles) = live.get_mut(&person) {
            roles.remove(&role);
        }
    }
    Confirmed { dropped }
}

fn note(snapshot: &mut Value, text: &str) {
    let before = snapshot.get("notes").and_then(Value::as_str);
    let notes = before.map_or_else(|| text.to_owned(), |before| format!("{before}\n{text}"));
    if let Value::Object(snapshot) = snapshot {
        snapshot.insert("notes".to_owned(), json!(notes));
    }
}

/// The people in a group.
fn members(
    overlay: &mut Overlay,
    server: &Server,
    name: &GroupName,
    people: &People,
) -> Result<Vec<String>, String> {
    let group = find(server, name)?;
    let entries = match member(&group, "members") {
        None | Some(Value::Null) => &Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            return Err(format!(
                "group {} has `members` that are no array",
                named(name)
            ));
        }
    };
    let mut found = Vec::new();
    let mut unknown = 0;
    for entry in entries {
        let account = text(entry, "value");
        let nested = text(entry, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("group"));
        match account.and_then(|account| people.with_account(account)) {
            Some(person) if !nested => found.push(person.to_owned()),
            Some(_) | None => unknown += 1,
        }
    }
    if unknown > 0 {
        overlay.warn(&format!(
            "group {} has {unknown} member(s) that are no account that was read (a group within \
             the group is not followed): they are on no roster",
            named(name)
        ));
    }
    Ok(found)
}

fn find(server: &Server, name: &GroupName) -> Result<Value, String> {
    let failed = |error: ScimError| format!("group {}: {error}", named(name));
    match name {
        GroupName::Id(id) => {
            let group = server.one("Groups", id).map_err(failed)?;
            match text(&group, "id") == Some(id) {
                true => Ok(group),
                false => Err(format!("group {}: another is given for it", named(name))),
            }
        }
        GroupName::DisplayName(name_text) => {
            let filter = format!("displayName eq {}", json!(name_text));
            let groups = server.list("Groups", Some(&filter)).map_err(failed)?;
            let exact: Vec<Value> = groups
                .into_iter()
                .filter(|group| text(group, "displayName") == Some(name_text))
                .collect();
            let count = exact.len();
            match (count, exact.into_iter().next()) {
                (1, Some(group)) => Ok(group),
                (_, _) => Err(format!(
                    "{count} groups have the name {}: one is expected",
                    named(name)
                )),
            }
        }
    }
}

fn named(name: &GroupName) -> String {
    match name {
        GroupName::Id(text) | GroupName::DisplayName(text) => format!("`{}`", shown(text)),
    }
}
