//! `rialto forget CHAT`: finds the chat in the database, and asks the running bridge to forget it.

use std::time::{Duration, Instant};

use super::{ask, chat, say};
use crate::admin::Forget;
use crate::config::Config;
use crate::store::{ChatId, Reading};

/// Longer than the database may make a request wait.
const LIMIT: Duration = Duration::from_secs(20);

/// Longer than a call may be open, which is waited for.
const PATIENCE: Duration = Duration::from_secs(80);

const DONE: &str = "forgotten; what was lost with it, and what is not reached, is said in your chat with the bridge. \
    Not reached: your phones, the servers of Signal and WhatsApp, WAHA's store, copies of the database. Scheduled \
    backups lose it by their own clock, and hashes of what came stay for theirs, so that nothing old comes back as new";

const NOT_YET: &str = "it is noted, and done as soon as a call that is open in this chat has ended, or Signal has said \
    which groups there are; then your chat with the bridge says so";

pub(super) fn forget(config: &Config, text: &str, channel: Option<&str>) -> anyhow::Result<()> {
    let reading = Reading::open(&config.store.path, &config.encryption)?;
    let chat = chat::find(&reading, text, channel)?;
    let asked = serde_json::to_string(&Forget { chat: chat.written() })?;
    let answer = ask::post(config, "/forget", &asked, LIMIT)?;
    anyhow::ensure!(answer.is_good, "{}", answer.body);
    say(if is_gone(&reading, chat)? { DONE } else { NOT_YET });
    Ok(())
}

fn is_gone(reading: &Reading, chat: ChatId) -> anyhow::Result<bool> {
    let began = Instant::now();
    while reading.read(|tx| tx.has_chat(chat))? {
        if began.elapsed() > PATIENCE {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(true)
}
