//! Reads one account (RFC 7643, section 4.1): only what a person's record needs.

use custody_controls::fault::Fault;
use custody_controls::kind::{SourceSystem, is_identifier};
use serde_json::Value;

use super::PersonId;
use super::listing::{Server, member, text};

/// What an account says of its person.
#[derive(Clone)]
pub(super) struct Account {
    /// The server's id.
    pub(super) resource: String,
    /// The person's id.
    pub(super) id: String,
    /// Other identifiers of the account that logs may know the person by.
    pub(super) aliases: Vec<String>,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) active: Active,
    /// Where the account is found, if on the server itself.
    pub(super) location: Option<String>,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Active {
    Yes,
    No,
    /// The server does not say, which is not the same as either.
    Unsaid,
}

/// The account in `resource`, the `position`th of the list.
pub(super) fn read(
    resource: &Value,
    position: usize,
    person_id: PersonId,
    server: &Server,
) -> Result<Account, Vec<Fault>> {
    let own = text(resource, "id").unwrap_or_default();
    let record = if is_identifier(own) {
        format!("`{own}`")
    } else {
        format!("at position {position}")
    };
    let fault = |field: &str, reason: &str| Fault {
        source: SourceSystem::Identity,
        file: Some("scim/Users".to_owned()),
        record: Some(record.clone()),
        field: Some(format!("/{field}")),
        reason: reason.to_owned(),
    };
    if let Some(name) = ambiguous(resource) {
        return Err(vec![fault(name, "stands there twice, in two spellings")]);
    }
    let chosen = match person_id {
        PersonId::UserName => "userName",
        PersonId::Id => "id",
        PersonId::ExternalId => "externalId",
    };
    let id = person(resource, chosen).map_err(|reason| fault(chosen, reason));
    let active = active(member(resource, "active")).map_err(|reason| fault("active", reason));
    let (id, active) = match (id, active) {
        (Ok(id), Ok(active)) => (id, active),
        (id, active) => return Err([id.err(), active.err()].into_iter().flatten().collect()),
    };
    Ok(Account {
        resource: own.to_owned(),
        id: id.to_owned(),
        aliases: aliases(resource, id),
        name: name(resource).unwrap_or_else(|| id.to_owned()),
        email: email(resource),
        active,
        location: member(resource, "meta")
            .and_then(|meta| text(meta, "location"))
            .filter(|location| server.is_own(location))
            .map(str::to_owned),
    })
}

/// An attribute that is there in two spellings: names have no case, so which one holds is not said.
fn ambiguous(resource: &Value) -> Option<&'static str> {
    let read = [
        "id",
        "userName",
        "externalId",
        "active",
        "displayName",
        "name",
        "emails",
        "meta",
    ];
    read.into_iter().find(|name| {
        let keys = resource.as_object().into_iter().flat_map(|all| all.keys());
        keys.filter(|key| key.eq_ignore_ascii_case(name)).count() > 1
    })
}

fn person<'v>(resource: &'v Value, chosen: &str) -> Result<&'v str, &'static str> {
    match text(resource, chosen) {
        Some(id) if is_identifier(id) => Ok(id),
        Some(_) => {
            Err("does not match [A-Za-z0-9._:@+-]+, so it cannot be a person's id: set `person_id`")
        }
        None => Err("is missing, and is to be the id"),
    }
}

/// The account's identifiers but `id`. One that breaks the id pattern is in no reference of any
/// record.
fn aliases(resource: &Value, id: &str) -> Vec<String> {
    let mut aliases: Vec<String> = Vec::new();
    for name in ["userName", "id", "externalId"] {
        let alias = text(resource, name).filter(|alias| is_identifier(alias) && *alias != id);
        if let Some(alias) = alias.filter(|alias| !aliases.iter().any(|known| known == alias)) {
            aliases.push(alias.to_owned());
        }
    }
    aliases
}

/// A boolean; some servers send it as text.
fn active(value: Option<&Value>) -> Result<Active, &'static str> {
    match value {
        None | Some(Value::Null) => Ok(Active::Unsaid),
        Some(Value::Bool(true)) => Ok(Active::Yes),
        Some(Value::Bool(false)) => Ok(Active::No),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Active::Yes),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Active::No),
        Some(_) => Err("must be true or false"),
    }
}

fn name(resource: &Value) -> Option<String> {
    let full = text(resource, "displayName").map(str::to_owned);
    full.or_else(|| {
        let name = member(resource, "name")?;
        let parts = || {
            let parts = ["givenName", "familyName"].map(|part| text(name, part));
            let parts: Vec<&str> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        };
        text(name, "formatted").map(str::to_owned).or_else(parts)
    })
}

/// The primary address; else the one for work; else the first.
fn email(resource: &Value) -> Option<String> {
    let emails = member(resource, "emails")?.as_array()?;
    let primary = |email: &&Value| member(email, "primary") == Some(&Value::Bool(true));
    let work =
        |email: &&Value| text(email, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
    let best = emails.iter().find(primary);
    let best = best.or_else(|| emails.iter().find(work));
    let best = best.or_else(|| emails.first())?;
    text(best, "value").map(str::to_owned)
}
