//! `rialto retention`

use super::{logs, runtime, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;
use crate::{backups, retention};

pub(super) fn retention(config: &Config) -> anyhow::Result<()> {
    logs::begin(&config.log);
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
    say(format_args!(
        "deleted: {} messages, {} keys of events, {} ended deliveries, {} unused chats",
        purged.messages, purged.seen, purged.deliveries, purged.chats
    ));
    Ok(())
}
