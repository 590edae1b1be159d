//! `rialto rekey`

use std::path::PathBuf;

use super::secret::{choose, passphrase, with_secret};
use super::{logs, say};
use crate::config::{Config, Encryption, Unlock};
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
    /// Ask for the new passphrase, so that it lies nowhere on the machine.
    #[arg(long)]
    ask: bool,
}

const DONE: &str = "the database opens with the new secret alone.";

const NAME_IT: &str = "Name it in the configuration before you start the bridge.";

const KEEP_IT: &str = "Keep it elsewhere too; the bridge asks for it at each start.";

const COPIES: &str = "Copies made before open with the old one; if that has leaked, run `rialto reseal --new-key` and \
                      delete them";

pub(super) fn rekey(config: Config, new: &NewSecret) -> anyhow::Result<()> {
    logs::begin(&config.log);
    let (path, by_hand) = (config.store.path.clone(), config.encryption.unlock.is_by_hand());
    anyhow::ensure!(path.is_file(), "there is no database at {}: check store.path", path.display());
    anyhow::ensure!(
        !by_hand || new.key_file.is_none(),
        "nobody can type a key file: first leave out encryption.locked_start"
    );
    let config = with_secret(config)?;
    let unlock = new.read(&config.encryption.unlock)?;
    let new = Encryption { enabled: config.encryption.enabled, unlock };
    match rekey::rekey(&path, &config.encryption, &new) {
        Err(StoreError::InUse) => anyhow::bail!("a bridge uses this database: stop it, then change the secret"),
        done => done?,
    }
    say(format_args!("{DONE} {} {COPIES}", if by_hand { KEEP_IT } else { NAME_IT }));
    Ok(())
}

impl NewSecret {
    fn read(&self, before: &Unlock) -> anyhow::Result<Unlock> {
        match (&self.secret_file, &self.key_file) {
            (Some(file), _) => Ok(Unlock::from_secret_file(file, before)?),
            (None, Some(file)) => Ok(Unlock::from_key_file(file)?),
            (None, None) => passphrase(&choose()?, before),
        }
    }
}
