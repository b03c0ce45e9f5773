//! The `pkcs11` connector: keys and module of a PKCS#11 token, over a custody registry.
//!
//! The vendor's library is native code. It is loaded by a child process, so that a crash or a hang
//! of it is a fault of the source and not of the review. What a token cannot tell (who may use a
//! key, for what, with what quorum) stands in a registry folder of the `directory` form.

mod child;
mod inventory;
mod matching;
pub mod reading;
#[cfg(feature = "pkcs11")]
mod spki;
#[cfg(feature = "pkcs11")]
pub mod token;

use std::path::PathBuf;
use std::time::Duration;

use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;

use self::reading::{Ask, TokenReading};
use super::credential::Credential;
use super::overlay::{Overlay, shown};
use super::{Connector, SourceError, SourceEvidence, Standing, WriteAccess};

/// How a company's tokens are read.
#[derive(Debug, Clone)]
pub struct Pkcs11Settings {
    /// The tokens.
    pub tokens: Vec<TokenSettings>,
    /// The folder with what tokens cannot tell, in the `directory` form.
    pub registry: PathBuf,
    /// The program that reads a token, and its arguments.
    pub reader: (PathBuf, Vec<String>),
    /// Environment variables that the vendor's code does not get to see.
    pub withheld: Vec<String>,
    /// When the tokens are read.
    pub now: Instant,
}

/// How one token is read.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// The vendor's library.
    pub library: PathBuf,
    /// The token's label.
    pub token: String,
    /// The token's serial number, where the label alone does not tell.
    pub serial: Option<String>,
    /// The user's PIN.
    pub pin: Credential,
    /// What says that the token is hardware.
    pub hardware: Hardware,
    /// How long reading the token may take.
    pub timeout: Duration,
}

/// What says that a token is hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hardware {
    /// The slot's own flag (`CKF_HW_SLOT`).
    Slot,
    /// The registry, by listing the token's serial number among its modules. For libraries of
    /// hardware modules that do not set the flag.
    Registry,
}

/// Reads keys and module of a PKCS#11 token.
#[derive(Debug, Clone)]
pub struct Pkcs11Token {
    settings: Pkcs11Settings,
}

impl Pkcs11Token {
    /// The connector's name in configuration.
    pub const NAME: &'static str = "pkcs11";

    /// Reads as `settings` say.
    #[must_use]
    pub const fn new(settings: Pkcs11Settings) -> Self {
        Self { settings }
    }

    /// Asks every token, one after the other: two libraries of one vendor may share a lock.
    fn ask(&self, ask: Ask) -> Vec<Result<TokenReading, String>> {
        let ask_token = |token: &TokenSettings| {
            let pin = match ask {
                Ask::Keys => token
                    .pin
                    .secret()
                    .map_err(|reason| format!("its PIN: {reason}"))?,
                Ask::Module => None,
            };
            child::ask(&self.settings, token, ask, pin)
        };
        let named = |token: &TokenSettings| {
            ask_token(token).map_err(|reason| format!("token `{}`: {reason}", shown(&token.token)))
        };
        self.settings.tokens.iter().map(named).collect()
    }

    /// The day of reading, or of as-of where that is earlier.
    ///
    /// A day and not an instant: the same keys read again on the same day are the same evidence.
    fn observed_at(&self, as_of: Instant) -> Instant {
        let observed = as_of.min(self.settings.now);
        let midnight = observed.utc().date_naive().and_hms_opt(0, 0, 0);
        midnight.map_or(observed, |midnight| Instant::from(midnight.and_utc()))
    }
}

impl Connector for Pkcs11Token {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn read(&self, source: SourceSystem, as_of: Instant) -> Result<SourceEvidence, SourceError> {
        let mut overlay = Overlay::of_registry(source, &self.settings.registry, as_of);
        let mut readings = Vec::new();
        let tokens = self.settings.tokens.iter();
        for (token, answer) in tokens.zip(self.ask(Ask::Keys)) {
            match answer {
                Ok(reading) => readings.push((token.hardware, reading)),
                Err(reason) => overlay.fault(inventory::PLACE, reason),
            }
        }
        // With a token missing, its keys would seem to be gone.
        if overlay.is_sound() {
            inventory::put(&mut overlay, &readings, self.observed_at(as_of));
        }
        overlay.finish()
    }

    fn standing(&self, _source: SourceSystem) -> Standing {
        // The tokens are looked at without a login: no try at a PIN is used up.
        let mut faults = Vec::new();
        let mut unprotected = Vec::new();
        for answer in self.ask(Ask::Module) {
            match answer {
                Ok(reading) if reading.module.write_protected => {}
                Ok(reading) => unprotected.push(format!("`{}`", shown(&reading.module.label))),
                Err(reason) => faults.push(reason),
            }
        }
        let write_access = if !unprotected.is_empty() {
            WriteAccess::Possible(format!(
                "PKCS#11 has no PIN that may only read: a user's PIN could also open a read/write \
                 session on {}. custody opens a read-only one, and never logs in as security officer",
                unprotected.join(", ")
            ))
        } else if faults.is_empty() {
            WriteAccess::None("the token is write-protected".to_owned())
        } else {
            WriteAccess::Unknown("not every token could be looked at".to_owned())
        };
        Standing {
            unreachable: (!faults.is_empty()).then(|| faults.join("; ")),
            write_access,
        }
    }
}

#[cfg(test)]
#[path = "pkcs11_tests.rs"]
mod pkcs11_tests;
