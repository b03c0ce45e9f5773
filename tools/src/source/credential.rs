//! What a source is read with: a bearer token, a PIN.
//!
//! It holds what the application found, and reads neither files nor the environment.

use secrecy::SecretString;

/// What a source is read with. Never part of a fault, a log line or a `Debug` text.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The source is read without one.
    NotNeeded,
    /// The secret.
    Secret(SecretString),
    /// One is configured but cannot be had, for this reason. The source cannot be read.
    Unavailable(String),
}

impl Credential {
    /// The secret, where one is needed.
    pub(super) fn secret(&self) -> Result<Option<&SecretString>, String> {
        match self {
            Self::NotNeeded => Ok(None),
            Self::Secret(secret) => Ok(Some(secret)),
            Self::Unavailable(reason) => Err(reason.clone()),
        }
    }
}
