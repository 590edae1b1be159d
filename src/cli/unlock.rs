//! `rialto unlock`: gives a running bridge that was started locked its secret.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{ask, say, secret};
use crate::admin::{LockState, UnlockWish};
use crate::config::Config;

const LIMIT: Duration = Duration::from_secs(5);

/// Longer than a small board takes to derive the key, to look at a large file and to bring it up to date.
const OPENING: Duration = Duration::from_mins(10);

const FIRST: &str = "There is no database yet, or it has no secret: the one you give now becomes its secret. Keep it elsewhere \
    too. Without it nobody can open the database again, and it is asked for at each start.";

pub(super) fn unlock(config: &Config) -> anyhow::Result<()> {
    let answer = ask::get(config, "/health/detail", LIMIT)?;
    let state: Option<LockState> = serde_json::from_str(&answer.body).ok();
    let Some(LockState { takes_first_secret: first, .. }) = state.filter(|state| state.locked) else {
        say("the bridge is open already; nothing was done");
        return Ok(());
    };
    if first {
        say(FIRST);
    }
    let secret = if first { secret::choose()? } else { secret::ask("Secret of the database: ")? };
    let wish = Zeroizing::new(serde_json::to_string(&UnlockWish { secret, first })?);
    let answer = ask::post(config, "/unlock", &wish, OPENING)?;
    anyhow::ensure!(answer.is_good, "{}", answer.body);
    say(answer.body);
    Ok(())
}
