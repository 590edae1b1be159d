//! `rialto rekey`

use std::path::PathBuf;

use super::{logs, say};
use crate::config::{Config, ConfigError, Encryption, Unlock};
use crate::store::{StoreError, rekey};

/// Where the new secret is. Never the secret itself: arguments are there for everybody on the machine to read.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct NewSecret {
    /// A file with the new passphrase, 32 characters or more.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Instead of a passphrase: a file of exactly 32 random bytes.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

const DONE: &str = "the database opens with the new secret alone: name it in the configuration before you start the bridge. \
                    Copies made before open with the old one; if that has leaked, run `rialto reseal --new-key` and \
                    delete them";

pub(super) fn rekey(config: &Config, new: &NewSecret) -> anyhow::Result<()> {
    logs::begin(&config.log);
    let path = &config.store.path;
    anyhow::ensure!(path.is_file(), "there is no database at {}: check store.path", path.display());
    let unlock = new.read(&config.encryption.unlock)?;
    let new = Encryption { enabled: config.encryption.enabled, unlock };
    match rekey::rekey(path, &config.encryption, &new) {
        Err(StoreError::InUse) => anyhow::bail!("a bridge uses this database: stop it, then change the secret"),
        done => done?,
    }
    say(DONE);
    Ok(())
}

impl NewSecret {
    fn read(&self, before: &Unlock) -> Result<Unlock, ConfigError> {
        match (&self.secret_file, &self.key_file) {
            (Some(file), _) => Unlock::from_secret_file(file, before),
            (None, Some(file)) => Unlock::from_key_file(file),
            (None, None) => Ok(Unlock::Nothing),
        }
    }
}
