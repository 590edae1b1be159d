//! `rialto retention`

use super::{logs, runtime, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::retention;
use crate::store::Store;

pub(super) fn retention(config: &Config) -> anyhow::Result<()> {
    logs::begin(&config.log);
    let store = Store::open(&config.store.path, &config.encryption)?;
    let period = config.retention.period;
    let purged = runtime()?.block_on(retention::run(&store, &Clock::system(), period))?;
    store.close();
    say(format_args!(
        "deleted: {} messages, {} keys of events, {} ended deliveries, {} unused chats",
        purged.messages, purged.seen, purged.deliveries, purged.chats
    ));
    Ok(())
}
