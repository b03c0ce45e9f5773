//! The `scim` connector: people and roster members from a SCIM 2.0 server (RFC 7643, RFC 7644).
//!
//! It sends GET alone. What SCIM cannot tell (training, approved rosters, role assignments, prior
//! attestations) stands in a registry folder of the `directory` form, and is never made up here.

mod account;
mod listing;
mod people;
mod roster;

use std::path::PathBuf;
use std::time::Duration;

use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;

use self::account::Account;
use self::listing::Server;
use super::credential::Credential;
use super::http::HttpLimits;
use super::overlay::Overlay;
use super::{Connector, SourceError, SourceEvidence, Standing, WriteAccess};

/// How a SCIM server is read.
#[derive(Debug, Clone)]
pub struct ScimSettings {
    /// The address up to and without `/Users`.
    pub base_url: String,
    /// The bearer token.
    pub bearer: Credential,
    /// The folder with what SCIM cannot tell, in the `directory` form.
    pub registry: PathBuf,
    /// Which accounts are read, as a SCIM filter; all where it is `None`.
    pub filter: Option<String>,
    /// Which attribute of an account is the person's id.
    pub person_id: PersonId,
    /// What a deactivated account says of its person.
    pub deactivated: Deactivated,
    /// How many accounts are asked for at a time. The server may give fewer.
    pub page_size: u32,
    /// How long one answer may take.
    pub timeout: Duration,
    /// The roster that groups of the server carry.
    pub roster: Option<RosterGroups>,
}

/// The attribute of an account that is the person's id. The others become aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonId {
    /// `userName`
    UserName,
    /// `id`, the server's own.
    Id,
    /// `externalId`, the provisioning client's.
    ExternalId,
}

/// What a deactivated account says of its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deactivated {
    /// The person has left: whoever may not log in has no custody.
    Separated,
    /// The person is away and keeps custody. For companies that deactivate accounts for a leave.
    OnLeave,
}

/// The groups that carry an approved roster.
#[derive(Debug, Clone)]
pub struct RosterGroups {
    /// The id of the registry's roster snapshot whose approval they are held against.
    pub snapshot: String,
    /// One group per role.
    pub groups: Vec<RosterGroup>,
}

/// A group whose members hold a role.
#[derive(Debug, Clone)]
pub struct RosterGroup {
    /// Which group.
    pub group: GroupName,
    /// The role on the roster.
    pub role: String,
}

/// How a group is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupName {
    /// By the server's id.
    Id(String),
    /// By its `displayName`, which one group alone may have.
    DisplayName(String),
}

/// Reads people and roster members from a SCIM 2.0 server.
#[derive(Debug, Clone)]
pub struct Scim {
    settings: ScimSettings,
}

impl Scim {
    /// The connector's name in configuration.
    pub const NAME: &'static str = "scim";

    /// Reads as `settings` say.
    #[must_use]
    pub const fn new(settings: ScimSettings) -> Self {
        Self { settings }
    }

    fn server(&self) -> Result<Server, String> {
        let limits = HttpLimits {
            timeout: self.settings.timeout,
            in_all: Duration::from_secs(600),
            largest_body: 32_000_000,
            retries: 2,
        };
        let bearer = self.settings.bearer.secret();
        let bearer = bearer.map_err(|reason| format!("its bearer token: {reason}"))?;
        Server::new(&self.settings, bearer, limits).map_err(|error| error.to_string())
    }

    fn read_server(&self, overlay: &mut Overlay) {
        let server = match self.server() {
            Ok(server) => server,
            Err(reason) => return overlay.fault("scim", reason),
        };
        let listed = server.list("Users", self.settings.filter.as_deref());
        let accounts = match listed {
            Ok(resources) => self.accounts(&server, &resources, overlay),
            Err(error) => return overlay.fault("scim/Users", error.to_string()),
        };
        if !overlay.is_sound() {
            return;
        }
        let people = people::put(overlay, accounts, &self.settings);
        if let Some(roster) = &self.settings.roster {
            roster::put(overlay, &server, roster, &people);
        }
    }

    fn accounts(
        &self,
        server: &Server,
        resources: &[serde_json::Value],
        overlay: &mut Overlay,
    ) -> Vec<Account> {
        let mut accounts = Vec::new();
        for (index, resource) in resources.iter().enumerate() {
            match account::read(resource, index + 1, self.settings.person_id, server) {
                Ok(account) => accounts.push(account),
                Err(faults) => overlay.faults(faults),
            }
        }
        accounts
    }
}

impl Connector for Scim {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn read(&self, source: SourceSystem, as_of: Instant) -> Result<SourceEvidence, SourceError> {
        let mut overlay = Overlay::of_registry(source, &self.settings.registry, as_of);
        self.read_server(&mut overlay);
        overlay.finish()
    }

    fn standing(&self, _source: SourceSystem) -> Standing {
        let asked = self.server().and_then(|server| {
            let answered = server.ask_for_one("Users");
            answered.map_err(|error| error.to_string())
        });
        let why = match &self.settings.bearer {
            Credential::NotNeeded => {
                "no token is configured, and SCIM has no request that tells what others may do"
            }
            Credential::Secret(_) | Credential::Unavailable(_) => {
                "SCIM has no request that tells what a token may do; \
                 have the server issue one that may only read"
            }
        };
        Standing {
            unreachable: asked.err(),
            write_access: WriteAccess::Unknown(why.to_owned()),
        }
    }
}

#[cfg(test)]
#[path = "scim_tests.rs"]
mod scim_tests;
