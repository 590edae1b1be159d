//! `rialto retention`

use super::secret::with_secret;
use super::{logs, runtime, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{Purged, Reading, Store};
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
    let period = config.retention.period;
    let clock = Clock::system();
    let purged = runtime()?.block_on(retention::run(&store, &clock, period))?;
    store.close();
    let now = clock.now();
    backups::forget_put_aside(&config.store.path, period, now)?;
    if let Some(folder) = &config.backup.path {
        backups::tend(folder, &config.backup, retention::cutoffs(now, period))?;
    }
    say(format_args!("deleted: {}", counted(&purged)));
    Ok(())
}

/// Counts what is due and deletes nothing, also beside a running bridge.
pub(super) fn dry_run(config: &Config) -> anyhow::Result<()> {
    let reading = Reading::open(&config.store.path, &config.encryption)?;
    let cutoffs = retention::cutoffs(Clock::system().now(), config.retention.period);
    let due = reading.read(|tx| tx.due(cutoffs))?;
    say(format_args!("due, and not deleted: {}", counted(&due)));
    Ok(())
}

fn counted(purged: &Purged) -> String {
    format!(
        "{} messages, {} keys of events, {} deliveries, {} unused chats",
        purged.messages, purged.seen, purged.deliveries, purged.chats
    )
}
