//! `rialto reseal`: by the running bridge, or here if there is none.

use std::time::Duration;

use super::secret::with_secret;
use super::{ask, logs, runtime, say};
use crate::admin::ResealWish;
use crate::config::Config;
use crate::store::reseal::{Progress, Reseal};
use crate::store::{Store, StoreError};
use crate::vault::VaultError;

/// The new key waits for its turn with the disk, and for nothing else.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn reseal(config: Config, new_key: bool) -> anyhow::Result<()> {
    let path = &config.store.path;
    anyhow::ensure!(path.is_file(), "there is no database at {}: check store.path", path.display());
    match Store::open(path, &config.encryption) {
        Err(StoreError::InUse) => by_the_bridge(&config, new_key),
        // A running bridge needs no secret for it.
        Err(StoreError::Vault(VaultError::Locked)) => {
            let config = with_secret(config)?;
            here(&config, &Store::open(&config.store.path, &config.encryption)?, new_key)
        }
        store => here(&config, &store?, new_key),
    }
}

fn by_the_bridge(config: &Config, new_key: bool) -> anyhow::Result<()> {
    let wish = serde_json::to_string(&ResealWish { new_key })?;
    let answer = ask::post(config, "/reseal", &wish, LIMIT)?;
    anyhow::ensure!(answer.is_good, "{}", answer.body);
    say(answer.body);
    Ok(())
}

fn here(config: &Config, store: &Store, new_key: bool) -> anyhow::Result<()> {
    logs::begin(&config.log);
    let job = Reseal::new(store.clone());
    let done = runtime()?.block_on(async {
        job.ask(new_key).await?;
        job.run().await
    });
    store.close();
    let Progress { resealed, unreadable, .. } = done?;
    let kind = if config.encryption.enabled { "sealed under the newest key" } else { "plain" };
    say(format_args!("{resealed} values are {kind} now; values that do not open and stay as they are: {unreadable}"));
    Ok(())
}
