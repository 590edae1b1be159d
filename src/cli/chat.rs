//! Which chat a person means.

use crate::event::Address;
use crate::store::{ChatId, Reading};

/// Finds the chat that `text` names, in `channel` if that is given.
pub(super) fn find(reading: &Reading, text: &str, channel: Option<&str>) -> anyhow::Result<ChatId> {
    let Some(address) = Address::named(text) else {
        anyhow::bail!("this is neither a number like +491701234567 nor a chat id like 491701234567@c.us");
    };
    let mut found = reading.read(|tx| tx.find_everywhere(&address))?;
    found.retain(|(name, _)| channel.is_none_or(|channel| channel == name));
    match found.as_slice() {
        [(_, chat)] => Ok(*chat),
        [] => anyhow::bail!("nothing is kept of this chat"),
        _ => anyhow::bail!("several channels have this chat: name one by --channel"),
    }
}
