//! What was read, noted in the job that learns of it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::clock::Moment;
use crate::config::{Readers, Shown, ToSignal};
use crate::event::{Ack, Address, Event, StanzaId};
use crate::store::{ChannelId, Direction, MessageKey, SignalPart, SignalSide, StoreError, Tx};
use crate::whatsapp::received_in;

/// How many messages are remembered that were read before they were recorded.
const EARLY: usize = 512;

/// Rung when there is something to tell.
#[derive(Debug, Default)]
pub struct TicksDue {
    to_signal: Notify,
    to_whatsapp: Notify,
    /// What the owner has read in Signal and is not recorded yet: whoever has the chat open reads at once.
    early: Mutex<VecDeque<Moment>>,
}

impl TicksDue {
    /// The bell of one side.
    #[must_use]
    pub fn of(&self, direction: Direction) -> &Notify {
        match direction {
            Direction::ToSignal => &self.to_signal,
            Direction::ToWhatsApp => &self.to_whatsapp,
        }
    }

    fn early(&self) -> MutexGuard<'_, VecDeque<Moment>> {
        // Each change leaves it whole.
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_early(&self, read: Moment) {
        let mut early = self.early();
        if early.len() >= EARLY {
            early.pop_front();
        }
        early.push_back(read);
    }

    fn was_early(&self, recorded: Moment) -> bool {
        let mut early = self.early();
        let before = early.len();
        early.retain(|read| *read != recorded);
        early.len() < before
    }
}

/// Notes that the owner has read a message in Signal. True if that is to be told on WhatsApp.
///
/// # Errors
///
/// Any [`StoreError`].
pub(in crate::bridge) fn read(
    tx: &Tx<'_>,
    channel: ChannelId,
    part: &SignalPart,
    due: &TicksDue,
) -> Result<bool, StoreError> {
    let Some(tick) = tx.newest_part_of(channel, part)? else {
        due.is_early(part.timestamp);
        return Ok(false);
    };
    let Some(ids) = tx.whatsapp_part(tick.message)? else { return Ok(false) };
    let Some(address) = received_in(&ids.message_id) else { return Ok(false) };
    let on_the_way = tx.on_the_way(channel, tick.chat, &address, &ids.stanza)?;
    // The words went ahead: who has read them has not seen the file.
    let is_half = on_the_way.iter().any(|delivery| matches!(delivery.event, Some(Event::LateFile(_))));
    if is_half { Ok(false) } else { tx.add_tick(tick.message, Direction::ToWhatsApp) }
}

/// A message is recorded just now: it may have been read before that. True as for [`read`].
///
/// # Errors
///
/// Any [`StoreError`].
pub(in crate::bridge) fn recorded(
    tx: &Tx<'_>,
    channel: ChannelId,
    part: &SignalPart,
    due: &TicksDue,
) -> Result<bool, StoreError> {
    if !due.was_early(part.timestamp) {
        return Ok(false);
    }
    match read(tx, channel, part, due) {
        // The message itself is to be recorded all the same.
        Err(error) if error.is_tampering() => Ok(false),
        read => read,
    }
}

/// Whether one reader is not enough in this chat.
pub(in crate::bridge) fn waits_for_all(to_signal: ToSignal, chat: &Address) -> bool {
    chat.is_group() && to_signal.in_groups == Readers::All
}

/// Notes how far a message of the owner has come on WhatsApp. True if there may be something to tell the owner.
///
/// # Errors
///
/// Any [`StoreError`].
pub(in crate::bridge) fn acknowledged(
    tx: &Tx<'_>,
    channel: ChannelId,
    to_signal: ToSignal,
    message: MessageKey,
    ack: &Ack,
) -> Result<bool, StoreError> {
    if !waits_for_all(to_signal, &ack.chat) {
        return progress(tx, channel, to_signal, (message, &ack.stanza), ack.level);
    }
    match &ack.reader {
        Some(reader) if counts(tx, channel, to_signal.shown, (message, &ack.stanza), ack.level)? => {
            tx.add_reader(message, reader)
        }
        Some(_) => Ok(false),
        // WEBJS names nobody: it says what WhatsApp's own ticks show, which is everybody's word.
        None => progress(tx, channel, to_signal, (message, &ack.stanza), ack.level),
    }
}

/// The same where nobody is named who has it.
///
/// # Errors
///
/// Any [`StoreError`].
pub(in crate::bridge) fn progress(
    tx: &Tx<'_>,
    channel: ChannelId,
    to_signal: ToSignal,
    (message, stanza): (MessageKey, &StanzaId),
    level: i8,
) -> Result<bool, StoreError> {
    if counts(tx, channel, to_signal.shown, (message, stanza), level)? {
        tx.add_tick(message, Direction::ToSignal)
    } else {
        Ok(false)
    }
}

/// Of several files each is a message there: the last one counts, once it is sent.
fn counts(
    tx: &Tx<'_>,
    channel: ChannelId,
    shown: Shown,
    (message, stanza): (MessageKey, &StanzaId),
    level: i8,
) -> Result<bool, StoreError> {
    let is_shown = match shown {
        Shown::Read => level >= Ack::READ,
        Shown::Delivered => level >= Ack::ON_DEVICE,
        Shown::Off => false,
    };
    if !is_shown || tx.whatsapp_parts(message)?.last().is_none_or(|part| part.stanza != *stanza) {
        return Ok(false);
    }
    let typed = tx.signal_part_anywhere(message)?.filter(|part| part.author == SignalSide::Owner);
    match typed {
        Some(typed) => Ok(tx.typed(channel, &typed)?.is_none()),
        None => Ok(false),
    }
}
