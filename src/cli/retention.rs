//! `rialto retention`

use super::secret::with_secret;
use super::{logs, runtime, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{Purged, Reading, Store, StoreError, backup};
use crate::{backups, retention};

pub(super) fn retention(config: Config, compact: bool) -> anyhow::Result<()> {
    logs::begin(&config.log);
    let path = &config.store.path;
    anyhow::ensure!(path.is_file(), "there is no database at {}: check store.path", path.display());
    if compact {
        let made_anew = Store::compact(path)?;
        say(if made_anew { "the database is made anew" } else { "the database gives free space back already" });
    }
    let config = with_secret(config)?;
    let store = Store::open(&config.store.path, &config.encryption)?;
    let purged = runtime()?.block_on(delete(&store, &config));
    store.close();
    say(format_args!("deleted: {}", purged?));
    Ok(())
}

/// Idle chats are left to the bridge, which leaves their groups.
async fn delete(store: &Store, config: &Config) -> anyhow::Result<Purged> {
    let (clock, periods) = (Clock::system(), config.periods());
    let purged = retention::run(store, &clock, &periods).await?;
    let now = clock.now();
    let put_aside = backups::forget_put_aside(&config.store.path, periods.shortest(), now)?;
    let of_backups = match &config.backup.path {
        Some(folder) => {
            let cutoffs = retention::cutoffs(now, &periods);
            let plan = store.read(move |tx| tx.plan_for_copies(&periods)).await?;
            backups::tend(folder, &config.backup, &plan, cutoffs)?
        }
        None => Purged::default(),
    };
    let purged = purged.and(Purged { put_aside, ..of_backups });
    retention::report(store, purged).await?;
    Ok(purged)
}

/// Counts what is due by the configuration as it is now and deletes nothing, also beside a running bridge.
pub(super) fn dry_run(config: &Config) -> anyhow::Result<()> {
    let (now, periods) = (Clock::system().now(), config.periods());
    let cutoffs = retention::cutoffs(now, &periods);
    let reading = Reading::open(&config.store.path, &config.encryption)?;
    let plan = reading.read(|tx| tx.plan_for_copies(&periods))?;
    let due = backup::due(&config.store.path, &plan, cutoffs)?;
    let put_aside = backups::long_put_aside(&config.store.path, periods.shortest(), now)?.len();
    let of_backups = match &config.backup.path {
        Some(folder) => backups::due(folder, &config.backup, &plan, cutoffs)?,
        None => Purged::default(),
    };
    let idle_chats = idle_chats(&reading, config)?;
    say(format_args!("due, and not deleted: {}", due.and(Purged { idle_chats, put_aside, ..of_backups })));
    Ok(())
}

fn idle_chats(reading: &Reading, config: &Config) -> Result<usize, StoreError> {
    let now = Clock::system().now();
    config.retention.idle_portals.map_or(Ok(0), |idle| reading.read(|tx| tx.idle_chats(now.minus(idle))))
}
