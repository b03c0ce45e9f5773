//! What a repository does not say itself: who holds a key, how a token is validated, which cloud
//! key service an online key is said to be in. A file of the reviewer's own, documented in
//! `tools/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The mapping file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mapping {
    holders: Vec<Holder>,
    pub(super) modules: Vec<ModuleDetails>,
    online_keys: Vec<OnlineKey>,
    /// What the keys of a role sign; the role's own name where it is left out.
    pub(super) artifact_classes: BTreeMap<String, Vec<String>>,
}

/// Which keys a person holds. Any one of the lists may name a key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holder {
    /// The id or alias of a person.
    person: String,
    /// SHA-256 of public keys.
    #[serde(default)]
    keys: Vec<String>,
    /// Serial numbers of tokens.
    #[serde(default)]
    serials: Vec<String>,
    /// Names in `x-tuf-on-ci-keyowner`.
    #[serde(default)]
    owners: Vec<String>,
}

/// What is known of a module besides what its attestation says. Applies to the module with this
/// serial number, or to all of this firmware.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModuleDetails {
    serial: Option<String>,
    firmware: Option<String>,
    pub(super) scheme: Option<String>,
    pub(super) level: Option<String>,
    pub(super) certificate: Option<String>,
    pub(super) status: Option<ValidationWord>,
    pub(super) location: Option<String>,
}

/// The standing of a validation certificate.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ValidationWord {
    Active,
    Historical,
    Revoked,
}

impl ValidationWord {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Historical => "historical",
            Self::Revoked => "revoked",
        }
    }
}

/// The key service that an online key without a URI of its own is said to be in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnlineKey {
    /// SHA-256 of the public key.
    key: String,
    uri: String,
}

impl Mapping {
    /// Reads the file's text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        // One key of two people, or one token, would make the count of people a matter of order.
        let lists: [fn(&Holder) -> &Vec<String>; 3] = [
            |holder| &holder.keys,
            |holder| &holder.serials,
            |holder| &holder.owners,
        ];
        for list in lists {
            let mut seen = BTreeMap::new();
            for holder in &mapping.holders {
                for name in list(holder) {
                    let other = seen.insert(name, &holder.person);
                    if other.is_some_and(|other| *other != holder.person) {
                        return Err(format!("`{name}` is given to two holders"));
                    }
                }
            }
        }
        let keys = mapping.holders.iter().flat_map(|holder| &holder.keys);
        let keys = keys.chain(mapping.online_keys.iter().map(|online| &online.key));
        for key in keys {
            // A key in other digits would match nothing, and nobody would notice.
            let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            if key.len() != 64 || !key.bytes().all(digit) {
                return Err(format!(
                    "key `{key}` is not the SHA-256 of a public key in 64 small hexadecimal digits"
                ));
            }
        }
        Ok(mapping)
    }

    /// Who holds a key, by what is known of it: the key itself first, then its token, then the
    /// name that the metadata gives, which stands for itself where no holder lists it.
    pub(super) fn holder(
        &self,
        key: &str,
        serial: Option<&str>,
        owner: Option<&str>,
    ) -> Option<String> {
        let by_key = self.person(|holder| holder.keys.iter().any(|one| one == key));
        by_key
            .or_else(|| {
                let serial = serial?;
                self.person(|holder| holder.serials.iter().any(|one| one == serial))
            })
            .or_else(|| {
                let owner = owner?;
                Some(self.listed_owner(owner).unwrap_or(owner))
            })
            .map(str::to_owned)
    }

    /// Whom an owner's name stands for, where a holder lists it.
    pub(super) fn listed_owner(&self, owner: &str) -> Option<&str> {
        self.person(|holder| holder.owners.iter().any(|one| one == owner))
    }

    fn person(&self, holds: impl Fn(&Holder) -> bool) -> Option<&str> {
        let found = self.holders.iter().find(|holder| holds(holder))?;
        Some(&found.person)
    }

    /// The key service that an online key is said to be in.
    pub(super) fn online_uri(&self, key: &str) -> Option<&str> {
        let found = self.online_keys.iter().find(|online| online.key == key)?;
        Some(&found.uri)
    }

    /// Details of a module: those by serial number before those by firmware.
    pub(super) fn module(&self, serial: &str, firmware: &str) -> Option<&ModuleDetails> {
        let by_serial = |details: &&ModuleDetails| details.serial.as_deref() == Some(serial);
        let by_firmware = |details: &&ModuleDetails| {
            details.serial.is_none() && details.firmware.as_deref() == Some(firmware)
        };
        let modules = &self.modules;
        let found = modules.iter().find(by_serial);
        found.or_else(|| modules.iter().find(by_firmware))
    }
}

#[cfg(test)]
mod tests {
    use super::Mapping;

    fn text() -> String {
        let (aa, cc) = ("aa".repeat(32), "cc".repeat(32));
        format!(
            "[[holders]]\nperson = 'p-ada'\nkeys = ['{aa}']\nserials = ['7']\nowners = ['@ada']\n\
             [[holders]]\nperson = 'p-bo'\nserials = ['8']\n[[online_keys]]\nkey = '{cc}'\nuri = 'kms:x'\n"
        )
    }

    #[test]
    fn a_holder_is_found_by_key_then_token_then_owner() {
        let mapping = Mapping::parse(&text()).unwrap();
        let holder = |key: &str, serial, owner| mapping.holder(&key.repeat(32), serial, owner);
        assert_eq!(
            holder("aa", Some("8"), Some("@x")).as_deref(),
            Some("p-ada")
        );
        assert_eq!(
            holder("bb", Some("8"), Some("@ada")).as_deref(),
            Some("p-bo")
        );
        assert_eq!(holder("bb", None, Some("@ada")).as_deref(), Some("p-ada"));
        assert_eq!(holder("bb", None, Some("@new")).as_deref(), Some("@new"));
        assert_eq!(holder("bb", Some("9"), None), None);
        assert_eq!(mapping.online_uri(&"cc".repeat(32)), Some("kms:x"));
    }

    #[test]
    fn one_token_of_two_people_is_refused() {
        let two = text().replace("['8']", "['7']");
        assert_eq!(
            Mapping::parse(&two).unwrap_err(),
            "`7` is given to two holders"
        );
        let capital = text().replace("aaaa", "AAAA");
        assert!(
            Mapping::parse(&capital)
                .unwrap_err()
                .contains("is not the SHA-256")
        );
        assert!(Mapping::parse("[[holders]]\nperson = 'x'\nkey = 'a'").is_err());
    }
}
