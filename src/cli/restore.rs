//! `rialto restore FILE`

use std::path::Path;

use super::{logs, runtime, say};
use crate::bridge::restored;
use crate::clock::Clock;
use crate::config::Config;
use crate::retention;
use crate::store::Store;
use crate::store::restore::Candidate;

pub(super) fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    logs::begin(&config.log);
    let clock = Clock::system();
    let candidate = Candidate::take(file, &config.store.path)?;
    let store = candidate.open(&config.encryption)?;
    let done = runtime()?.block_on(bring_to_present(&store, &clock, config));
    store.close();
    drop(store);
    let asked = done?;
    let aside = candidate.put_in_place(clock.now())?;
    say(format_args!("restored from {}; messages to WhatsApp that may have been sent: {asked}", file.display()));
    if let Some(aside) = aside {
        let period = humantime::format_duration(config.periods().shortest());
        say(format_args!("the former database is now {}; the bridge deletes it after {period}", aside.display()));
    }
    Ok(())
}

/// Before anything is served: what is past its time goes, and what cannot be known counts as unknown.
async fn bring_to_present(store: &Store, clock: &Clock, config: &Config) -> anyhow::Result<usize> {
    let asked = restored::settle(store, clock.now()).await?;
    retention::run(store, clock, &config.periods()).await?;
    Ok(asked)
}
