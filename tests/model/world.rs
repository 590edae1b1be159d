//! Everything outside the bridge, in one place behind one lock.

use std::sync::{Arc, Mutex};

use rialto::clock::Clock;

use crate::signal::Signal;
use crate::waha::Waha;

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) waha: Waha,
    pub(crate) signal: Signal,
}

impl World {
    pub(crate) fn new(clock: Clock, chosen_ids: bool) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { clock, waha: Waha::new(chosen_ids), signal: Signal::new() }))
    }

    /// The chat whose messages a group shows, by the texts in it; nothing while there are none.
    pub(crate) fn chat_of_group(&self, group: usize) -> Option<usize> {
        self.signal.shown.iter().filter(|shown| shown.group == Some(group)).find_map(|shown| chat_in(&shown.text))
    }
}

/// What stands before a message that may have arrived before.
pub(crate) const MARK: &str = "ⓘ perhaps for the second time:\n";

/// The message in what the phone shows: `w3.7` for the seventh that chat 3 wrote, `y3.7` for what the owner wrote on the
/// `WhatsApp` phone, `s3.7` for what was typed in Signal. Nothing for the bridge's own words.
pub(crate) fn message_in(text: &str) -> Option<&str> {
    let last = text.lines().last()?;
    let said = last.rsplit_once("▸ ").map_or(last, |(_, said)| said);
    let (chat, number) = said.strip_prefix(['w', 'y', 's'])?.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(chat) && digits(number)).then_some(said)
}

/// The chat that a text names.
pub(crate) fn chat_in(text: &str) -> Option<usize> {
    message_in(text)?.get(1..)?.split('.').next()?.parse().ok()
}
