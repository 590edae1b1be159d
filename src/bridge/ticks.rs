//! Ticks: what was read on one side is shown as read on the other. They are told beside the lanes, since no message waits for
//! them: what was read within a moment together, each a few times at most, and nobody hears of it if that was in vain.
//!
//! A tick names its message, and goes to the chat that the message's own id names. "All up to here" is never said.

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::{limits, permit};
use crate::clock::Moment;
use crate::config::{Chats, Shown};
use crate::event::{Ack, Address, MessageId, StanzaId};
use crate::failpoint::reach;
use crate::store::{ChannelId, ChatId, Direction, MessageKey, SignalSide, StoreError, Tick, Tx};
use crate::whatsapp::{WahaError, received_in};

/// Rung when there is something to tell.
#[derive(Debug, Default)]
pub struct TicksDue {
    to_signal: Notify,
    to_whatsapp: Notify,
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
}

/// Notes how far a message of the owner has come on WhatsApp. True if the owner is to be told that it was read.
///
/// Of several files each is a message there: the last one counts, once it is sent.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn progress(
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
        Some(typed) if tx.typed(channel, &typed)?.is_none() => tx.add_tick(message, Direction::ToSignal),
        _ => Ok(false),
    }
}

/// Tells both sides until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let both = async { tokio::join!(keep(channel, Direction::ToSignal), keep(channel, Direction::ToWhatsApp)) };
    stop.run_until_cancelled(both).await;
}

/// What came of a look at what there is to tell.
enum Round {
    Nothing,
    Told,
    Failed,
}

async fn keep(channel: &Channel, direction: Direction) {
    loop {
        match direction {
            Direction::ToSignal => channel.signal_ready().await,
            Direction::ToWhatsApp => channel.whatsapp_ready().await,
        }
        let pause = match round(channel, direction).await {
            Ok(Round::Nothing) => {
                channel.ticks_due.of(direction).notified().await;
                limits::TICKS
            }
            Ok(Round::Told) => limits::TICKS,
            Ok(Round::Failed) | Err(_) => limits::TICKS_AGAIN,
        };
        channel.clock.sleep(pause).await;
    }
}

async fn round(channel: &Channel, direction: Direction) -> Result<Round, StoreError> {
    let id = channel.id;
    if !channel.store.read(move |tx| tx.has_ticks(id, direction)).await? {
        return Ok(Round::Nothing);
    }
    match direction {
        Direction::ToSignal => to_signal(channel).await,
        Direction::ToWhatsApp => to_whatsapp(channel).await,
    }
}

/// Counted before anything is called.
async fn take(channel: &Channel, direction: Direction) -> Result<Vec<Tick>, StoreError> {
    let id = channel.id;
    let taken = channel.store.write(move |tx| {
        let taken = tx.take_ticks(id, direction);
        reach!("ticks.take.before_commit");
        taken
    });
    taken.await
}

async fn end(channel: &Channel, direction: Direction, told: Vec<MessageKey>) -> Result<(), StoreError> {
    let ended = channel.store.write(move |tx| {
        told.iter().try_for_each(|message| tx.end_tick(*message, direction))?;
        reach!("ticks.end.before_commit");
        Ok(())
    });
    ended.await
}

/// All of them in one call, whatever their chats: a receipt names messages of the owner, and goes to the owner.
async fn to_signal(channel: &Channel) -> Result<Round, StoreError> {
    let taken = take(channel, Direction::ToSignal).await?;
    let messages = taken.iter().map(|tick| tick.message).collect();
    let typed = channel.store.read(move |tx| typed(tx, &taken)).await?;
    if !typed.is_empty() {
        let answer = channel.signal.read_receipt(&channel.owner_known().await, &typed).await;
        reach!("ticks.after_call");
        if let Err(error) = answer {
            tracing::debug!(channel = %channel.name, %error, "a receipt was not sent");
            return Ok(Round::Failed);
        }
    }
    end(channel, Direction::ToSignal, messages).await?;
    Ok(Round::Told)
}

fn typed(tx: &Tx<'_>, ticks: &[Tick]) -> Result<Vec<Moment>, StoreError> {
    let mut all = Vec::new();
    for tick in ticks {
        let part = untampered(tx.signal_part_anywhere(tick.message))?;
        all.extend(part.filter(|part| part.author == SignalSide::Owner).map(|part| part.timestamp));
    }
    Ok(all)
}

/// What is not as it was written names nothing.
fn untampered<T>(found: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Err(error) if error.is_tampering() => Ok(None),
        found => found,
    }
}

/// Messages of one chat.
#[derive(Debug)]
struct Seen {
    chat: ChatId,
    address: Address,
    ids: Vec<MessageId>,
    messages: Vec<MessageKey>,
}

async fn to_whatsapp(channel: &Channel) -> Result<Round, StoreError> {
    let Some(engine) = *channel.engine.borrow() else { return Ok(Round::Failed) };
    let taken = take(channel, Direction::ToWhatsApp).await?;
    let all: Vec<_> = taken.iter().map(|tick| tick.message).collect();
    if !engine.heeds_seen_ids() {
        end(channel, Direction::ToWhatsApp, all).await?;
        return Ok(Round::Told);
    }
    let (id, rules) = (channel.id, std::sync::Arc::clone(&channel.chats));
    let chats = channel.store.read(move |tx| by_chat(tx, id, &rules, &taken)).await?;
    let (mut left, mut round) = (all, Round::Told);
    for chat in chats {
        if !is_over(channel, &chat).await? {
            left.retain(|message| !chat.messages.contains(message));
            round = Round::Failed;
        }
    }
    end(channel, Direction::ToWhatsApp, left).await?;
    Ok(round)
}

/// By the chat that the message's id names, if that is still its own: a number can pass to somebody else.
fn by_chat(tx: &Tx<'_>, channel: ChannelId, rules: &Chats, ticks: &[Tick]) -> Result<Vec<Seen>, StoreError> {
    let mut all: Vec<Seen> = Vec::new();
    for tick in ticks {
        let Some(part) = untampered(tx.whatsapp_part(tick.message))? else { continue };
        let Some(address) = received_in(&part.message_id) else { continue };
        let is_its = untampered(tx.find_chat(channel, &address, None))? == Some(tick.chat);
        if !is_its || !permit::may_be_written_to(tx, rules, tick.chat)? {
            continue;
        }
        match all.iter_mut().find(|seen| seen.address == address) {
            Some(seen) => {
                seen.ids.push(part.message_id);
                seen.messages.push(tick.message);
            }
            None => {
                all.push(Seen { chat: tick.chat, address, ids: vec![part.message_id], messages: vec![tick.message] })
            }
        }
    }
    Ok(all)
}

/// False if it is to be tried again.
async fn is_over(channel: &Channel, seen: &Seen) -> Result<bool, StoreError> {
    let answer = match may_be_seen(channel, seen).await? {
        Ok(true) => channel.whatsapp.seen(&seen.address, &seen.ids).await,
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    reach!("ticks.after_call");
    Ok(match answer {
        Ok(()) | Err(WahaError::Refused | WahaError::NoMessage | WahaError::ColdContact) => true,
        Err(error) => {
            tracing::debug!(channel = %channel.name, %error, "what was read was not shown on WhatsApp");
            false
        }
    })
}

/// Whichever address of a person the configuration names. Where the other one is not known, nothing is shown.
async fn may_be_seen(channel: &Channel, seen: &Seen) -> Result<Result<bool, WahaError>, StoreError> {
    let chat = seen.chat;
    let mut addresses = channel.store.read(move |tx| tx.chat_addresses(chat)).await?;
    if channel.ticks.names_any() && !seen.address.is_group() && permit::has_one_kind(&addresses) {
        match channel.whatsapp.other_address(&seen.address).await {
            Ok(Some(other)) => addresses.push(other),
            Ok(None) | Err(WahaError::Refused) => return Ok(Ok(false)),
            Err(error) => return Ok(Err(error)),
        }
    }
    let ids: Vec<_> = addresses.iter().map(Address::chat_id).collect();
    Ok(Ok(channel.ticks.may_be_seen(&ids)))
}
