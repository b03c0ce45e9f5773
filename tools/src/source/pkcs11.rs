//! The `pkcs11` connector: keys and module of a PKCS#11 token, over a custody registry.
//!
//! The vendor's library is native code. It is loaded by a child process, so that a crash or a hang
//! of it is a fault of the source and not of the review. What a token cannot tell (who may use a
//! key, for what, with what quorum) stands in a registry folder of the `directory` form.

mod child;
mod inventory;
pub mod reading;
#[cfg(feature = "pkcs11")]
mod spki;
#[cfg(feature = "pkcs11")]
pub mod token;

use std::path::PathBuf;
use std::time::Duration;

use custody_controls::instant::Instant;
use custody_controls::kind::SourceSystem;

use self::inventory::Observation;
use self::reading::{Ask, TokenReading};
use super::credential::Credential;
use super::overlay::Overlay;
use super::{Connector, SourceError, SourceEvidence, Standing, WriteAccess};

/// How a token is read.
#[derive(Debug, Clone)]
pub struct Pkcs11Settings {
    /// The vendor's library.
    pub library: PathBuf,
    /// The token's label.
    pub token: String,
    /// The token's serial number, where the label alone does not tell.
    pub serial: Option<String>,
    /// The user's PIN.
    pub pin: Credential,
    /// The folder with what the token cannot tell, in the `directory` form.
    pub registry: PathBuf,
    /// What says that the token is hardware.
    pub hardware: Hardware,
    /// How long reading the token may take.
    pub timeout: Duration,
    /// The program that reads the token, and its arguments.
    pub reader: (PathBuf, Vec<String>),
    /// Environment variables that the vendor's code does not get to see.
    pub withheld: Vec<String>,
    /// When the token is read.
    pub now: Instant,
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

    fn ask(&self, ask: Ask) -> Result<TokenReading, String> {
        let pin = match ask {
            Ask::Keys => {
                let pin = self.settings.pin.secret();
                pin.map_err(|reason| format!("the token's PIN: {reason}"))?
            }
            Ask::Module => None,
        };
        child::ask(&self.settings, ask, pin)
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
        match self.ask(Ask::Keys) {
            Ok(reading) => inventory::put(
                &mut overlay,
                &reading,
                &Observation {
                    observed_at: self.observed_at(as_of),
                    hardware: self.settings.hardware,
                },
            ),
            Err(reason) => overlay.fault(inventory::PLACE, reason),
        }
        overlay.finish()
    }

    fn standing(&self, _source: SourceSystem) -> Standing {
        // The token is looked at without a login: no try at its PIN is used up.
        match self.ask(Ask::Module) {
            Ok(reading) => Standing {
                unreachable: None,
                write_access: write_access(&reading),
            },
            Err(reason) => Standing {
                write_access: WriteAccess::Unknown("it was not looked at".to_owned()),
                unreachable: Some(reason),
            },
        }
    }
}

fn write_access(reading: &TokenReading) -> WriteAccess {
    if reading.module.write_protected {
        WriteAccess::None("the token is write-protected".to_owned())
    } else {
        WriteAccess::Possible(
            "PKCS#11 has no PIN that may only read: the user's PIN could also open a read/write \
             session. custody opens a read-only one, and never logs in as security officer"
                .to_owned(),
        )
    }
}

#[cfg(test)]
#[path = "pkcs11_tests.rs"]
mod pkcs11_tests;
