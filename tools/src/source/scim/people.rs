//! Puts accounts over the registry's people.
//!
//! The server says who there is, under which name and address, and whether the account may be
//! used. The registry says training, further aliases and what it knows of a leave or separation.
//! Where the two differ on a person's standing, the worse one holds.

use std::collections::{BTreeMap, BTreeSet};

use custody_controls::kind::Kind;
use serde_json::{Map, Value, json};

use super::account::{Account, Active};
use super::{Deactivated, ScimSettings};
use crate::source::overlay::{Overlay, shown};

/// Who a person is by any of the names that the evidence or the server has.
#[derive(Debug, Default)]
pub(super) struct People {
    by_name: BTreeMap<String, String>,
    by_resource: BTreeMap<String, String>,
}

impl People {
    /// The id of the person with this id or alias.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(String::as_str)
    }

    /// The id of the person with this account.
    pub(super) fn with_account(&self, resource: &str) -> Option<&str> {
        self.by_resource.get(resource).map(String::as_str)
    }
}

impl People {
    /// Takes in the names of the person `id`. Returns all of them but the id.
    fn learn(&mut self, id: &str, mut names: Vec<String>, accounts: &[Account]) -> Vec<String> {
        for account in accounts {
            for name in std::iter::once(&account.id).chain(&account.aliases) {
                if name != id && !names.contains(name) {
                    names.push(name.clone());
                }
            }
            let resource = account.resource.clone();
            self.by_resource.insert(resource, id.to_owned());
        }
        for name in &names {
            self.by_name.entry(name.clone()).or_insert(id.to_owned());
        }
        // Ids win.
        self.by_name.insert(id.to_owned(), id.to_owned());
        names
    }
}

/// A person's record in the making.
struct Draft {
    registered: Option<Map<String, Value>>,
    accounts: Vec<Account>,
}

/// Puts `accounts` over the registry's people, and says who is who.
pub(super) fn put(
    overlay: &mut Overlay,
    mut accounts: Vec<Account>,
    settings: &ScimSettings,
) -> People {
    // A server may list in any order; the same accounts are the same evidence.
    accounts.sort_by(|a, b| a.resource.cmp(&b.resource));
    let drafts = drafts(overlay, accounts);
    let mut people = People::default();
    let mut unsaid = 0;
    let mut records = Vec::new();
    for draft in &drafts {
        unsaid += usize::from(draft.accounts.iter().any(|a| a.active == Active::Unsaid));
        records.push(record(draft, settings, overlay, &mut people));
    }
    if unsaid > 0 {
        overlay.warn(&format!(
            "{unsaid} account(s) do not say whether they are active; what the registry says stands, \
             and `active` where it says nothing"
        ));
    }
    overlay.replace(Kind::People, records, "scim/Users");
    people
}

/// The registry's people with their accounts, and a person for each account that is nobody's.
fn drafts(overlay: &mut Overlay, accounts: Vec<Account>) -> Vec<Draft> {
    let draft = |record| match record {
        Value::Object(record) => Some(Draft {
            registered: Some(record),
            accounts: Vec::new(),
        }),
        _ => None,
    };
    let registered = overlay.records(Kind::People).into_iter();
    let mut drafts: Vec<Draft> = registered.filter_map(draft).collect();
    let known = index(&drafts);
    for account in accounts {
        let names = std::iter::once(&account.id).chain(&account.aliases);
        let holders: BTreeSet<usize> = names.filter_map(|name| known.get(name).copied()).collect();
        let mut holders = holders.into_iter();
        match (holders.next(), holders.next()) {
            (None, _) => drafts.push(Draft {
                registered: None,
                accounts: vec![account],
            }),
            (Some(holder), None) => {
                if let Some(draft) = drafts.get_mut(holder) {
                    draft.accounts.push(account);
                }
            }
            (Some(_), Some(_)) => {
                let reason = "names more than one person of the registry by its identifiers";
                let fault = format!("account `{}` {reason}", shown(&account.resource));
                overlay.fault("scim/Users", fault);
            }
        }
    }
    drafts
}

/// The registry's people by id and alias; ids win.
fn index(drafts: &[Draft]) -> BTreeMap<String, usize> {
    let mut known = BTreeMap::new();
    for (position, draft) in drafts.iter().enumerate() {
        for alias in draft.registered.iter().flat_map(aliases) {
            known.insert(alias, position);
        }
    }
    for (position, draft) in drafts.iter().enumerate() {
        if let Some(id) = draft.registered.as_ref().and_then(id) {
            known.insert(id.to_owned(), position);
        }
    }
    known
}

fn id(record: &Map<String, Value>) -> Option<&str> {
    record.get("id").and_then(Value::as_str)
}

fn aliases(record: &Map<String, Value>) -> Vec<String> {
    let aliases = record.get("aliases").and_then(Value::as_array);
    let texts = aliases.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// The person's record, and its names in `people`.
fn record(
    draft: &Draft,
    settings: &ScimSettings,
    overlay: &mut Overlay,
    people: &mut People,
) -> Value {
    let mut record = draft.registered.clone().unwrap_or_default();
    let registered_id = id(&record).map(str::to_owned);
    // The account that the registry names first speaks for name and address.
    let primary = draft.accounts.iter();
    let primary = primary.min_by_key(|account| Some(&account.id) != registered_id.as_ref());
    let id = registered_id.or_else(|| primary.map(|account| account.id.clone()));
    let id = id.unwrap_or_default();
    let names = people.learn(&id, aliases(&record), &draft.accounts);
    let standing = standing(&id, draft, settings, overlay);
    record.insert("status".to_owned(), json!(standing));
    record.insert("id".to_owned(), json!(id));
    record.insert("aliases".to_owned(), json!(names));
    record.entry("training").or_insert_with(|| json!([]));
    if let Some(account) = primary {
        record.insert("name".to_owned(), json!(account.name));
        match &account.email {
            Some(email) => drop(record.insert("email".to_owned(), json!(email))),
            // Empty where neither says one: none is made up.
            None => drop(record.entry("email").or_insert_with(|| json!(""))),
        }
        if let Some(location) = &account.location {
            record.insert("source_url".to_owned(), json!(location));
        }
        // It was true of what the registry said; the server does not date what it says.
        record.remove("observed_at");
    }
    Value::Object(record)
}

/// The accounts that say whether a person may log in: those whose id the registry names, where
/// there are any. Another identifier, as `externalId`, may be set by whoever provisions an account,
/// and must not bring back a person whose own account is deactivated.
fn speaking(draft: &Draft) -> Vec<&Account> {
    let registered = draft.registered.as_ref();
    let named = |account: &&Account| {
        registered.is_some_and(|record| {
            id(record) == Some(account.id.as_str()) || aliases(record).contains(&account.id)
        })
    };
    let own: Vec<&Account> = draft.accounts.iter().filter(named).collect();
    if own.is_empty() {
        draft.accounts.iter().collect()
    } else {
        own
    }
}

/// The person's standing: the worse of what the registry and the accounts say.
fn standing(
    id: &str,
    draft: &Draft,
    settings: &ScimSettings,
    overlay: &mut Overlay,
) -> &'static str {
    let registered = draft.registered.as_ref();
    let registered = registered
        .and_then(|record| record.get("status"))
        .and_then(Value::as_str);
    let any = |wanted| {
        let mut accounts = draft.accounts.iter();
        accounts.any(|account| account.active == wanted)
    };
    let usable = speaking(draft)
        .iter()
        .any(|account| account.active != Active::No);
    if draft.accounts.is_empty() {
        let listed = match settings.filter {
            Some(_) => "is not among the accounts that the filter selects",
            None => "has no account on the server",
        };
        if registered != Some("separated") {
            overlay.warn(&format!(
                "person `{id}` of the registry {listed}, and counts as separated"
            ));
        }
        return "separated";
    }
    if !usable && (any(Active::Yes) || any(Active::Unsaid)) {
        overlay.warn(&format!(
            "person `{id}` has a deactivated account, and another that the registry does not name by \
             `person_id`: the deactivated one counts"
        ));
    }
    if usable && any(Active::No) {
        overlay.warn(&format!(
            "person `{id}` has a deactivated account and one that is not: the person counts as there"
        ));
    }
    if registered == Some("separated") && any(Active::Yes) {
        overlay.warn(&format!(
            "person `{id}` is separated by the registry, and still has an active account"
        ));
    }
    match (registered, usable, settings.deactivated) {
        (Some("separated"), _, _) | (_, false, Deactivated::Separated) => "separated",
        (Some("on_leave"), _, _) | (_, false, Deactivated::OnLeave) => "on_leave",
        (_, true, _) => "active",
    }
}
