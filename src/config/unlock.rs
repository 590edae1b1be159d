//! A secret that does not come from the configuration: one that a person gives, or that is to take the configured one's place.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, MINIMUM_ITERATIONS, Unlock, secret};

impl Unlock {
    /// Whether a person has to give the secret before anything opens.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        matches!(self, Self::ByHand { .. })
    }

    /// A passphrase that a person gave, held to what is asked of a configured one. A work factor is kept from `before`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, and holds nothing of it.
    pub fn from_passphrase(secret: SecretString, before: &Self) -> Result<Self, String> {
        secret::strong(secret.expose_secret())?;
        let iterations = match before {
            Self::Passphrase { iterations, .. } | Self::ByHand { iterations } => *iterations,
            Self::KeyFile(_) | Self::Nothing => MINIMUM_ITERATIONS,
        };
        Ok(Self::Passphrase { secret, iterations })
    }

    /// The passphrase in a file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`].
    pub fn from_secret_file(file: &Path, before: &Self) -> Result<Self, ConfigError> {
        let secret = secret::read(None, Some(file), "secret").map(Option::unwrap_or_default);
        secret
            .and_then(|secret| Self::from_passphrase(secret, before))
            .map_err(|problem| value("--secret-file", problem))
    }

    /// The 32 bytes of a key file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`].
    pub fn from_key_file(file: &Path) -> Result<Self, ConfigError> {
        secret::key_file(file).map(Self::KeyFile).map_err(|problem| value("--key-file", problem))
    }
}

fn value(key: &str, problem: String) -> ConfigError {
    ConfigError::Value { key: key.to_owned(), origin: "the command line".to_owned(), problem }
}
