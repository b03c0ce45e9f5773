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
    let Some(mut live) = live_roles(overlay, server, roster, people) else {
        return;
    };
    let mut snapshots = overlay.records(Kind::RosterSnapshots);
    let wanted = |snapshot: &&mut Value| {
        snapshot.get("id").and_then(Value::as_str) == Some(&roster.snapshot)
    };
    let name = shown(&roster.snapshot);
    let Some(snapshot) = snapshots.iter_mut().find(wanted) else {
        let reason = "is not among the registry's roster snapshots, so nothing says its approval";
        return overlay.fault(PLACE, format!("roster `{name}` {reason}"));
    };
    for person in confirm(snapshot, &mut live, roster, people) {
        overlay.warn(&format!(
            "person `{person}` is on roster `{name}` and no longer in its groups: taken off"
        ));
    }
    live.retain(|_, roles| !roles.is_empty());
    if !live.is_empty() {
        let roles = |roles: &BTreeSet<String>| Vec::from_iter(roles.iter().cloned()).join(", ");
        let uncovered = live
            .iter()
            .map(|(person, held)| format!("{person} ({})", roles(held)));
        let list = Vec::from_iter(uncovered).join("; ");
        overlay.warn(&format!(
            "the groups of roster `{name}` hold people or roles that its approval does not name: {list}"
        ));
        note(
            snapshot,
            &format!("In the groups, without approval: {list}."),
        );
    }
    overlay.replace(Kind::RosterSnapshots, snapshots, PLACE);
}

/// Who holds which role by the groups; `None` where a group could not be read.
fn live_roles(
    overlay: &mut Overlay,
    server: &Server,
    roster: &RosterGroups,
    people: &People,
) -> Option<Roles> {
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
    complete.then_some(live)
}

/// Keeps of the snapshot's members whom the groups have too, with the roles that both have, and
/// takes those out of `live`. Returns who is gone.
fn confirm(
    snapshot: &mut Value,
    live: &mut Roles,
    roster: &RosterGroups,
    people: &People,
) -> BTreeSet<String> {
    let carried: BTreeSet<&str> = roster.groups.iter().map(|g| g.role.as_str()).collect();
    let mut gone = BTreeSet::new();
    let mut covered = Vec::new();
    let Some(Value::Array(members)) = snapshot.get_mut("members") else {
        return gone;
    };
    members.retain_mut(|entry| {
        let reference = entry.get("person").and_then(Value::as_str);
        let reference = reference.unwrap_or_default();
        let person = people.named(reference).unwrap_or(reference).to_owned();
        let of_groups = live.get(&person);
        let Some(Value::Array(roles)) = entry.get_mut("roles") else {
            return true;
        };
        let had_none = roles.is_empty();
        roles.retain(|role| {
            let role = role.as_str().unwrap_or_default();
            // A role that no group carries is the registry's alone to say.
            !carried.contains(role) || of_groups.is_some_and(|held| held.contains(role))
        });
        let held = roles.iter().filter_map(Value::as_str).map(str::to_owned);
        covered.extend(held.map(|role| (person.clone(), role)));
        let stays = had_none || !roles.is_empty();
        if !stays {
            gone.insert(person);
        }
        stays
    });
    for (person, role) in covered {
        if let Some(roles) = live.get_mut(&person) {
            roles.remove(&role);
        }
    }
    gone
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
