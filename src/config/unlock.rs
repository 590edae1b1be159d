//! A secret that is to take the place of the configured one.

use std::path::Path;

use secrecy::ExposeSecret;

use super::{ConfigError, MINIMUM_ITERATIONS, Unlock, secret};

impl Unlock {
    /// The passphrase in a file, held to what is asked of a configured one. A work factor is kept from `before`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`].
    pub fn from_secret_file(file: &Path, before: &Self) -> Result<Self, ConfigError> {
        let wrong = |problem| value("--secret-file", problem);
        let secret = secret::read(None, Some(file), "secret").map_err(wrong)?.unwrap_or_default();
        secret::strong(secret.expose_secret()).map_err(wrong)?;
        let iterations = match before {
            Self::Passphrase { iterations, .. } => *iterations,
            Self::KeyFile(_) | Self::Nothing => MINIMUM_ITERATIONS,
        };
        Ok(Self::Passphrase { secret, iterations })
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
