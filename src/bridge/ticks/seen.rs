//! What the owner has read in Signal, marked as seen on WhatsApp.

use std::sync::Arc;

use super::{Round, end, take, untampered};
use crate::bridge::channel::Channel;
use crate::bridge::permit;
use crate::config::Chats;
use crate::event::{Address, MessageId};
use crate::failpoint::reach;
use crate::store::{ChannelId, ChatId, Direction, MessageKey, StoreError, Tick, Tx};
use crate::whatsapp::{WahaError, received_in};

/// Messages of one chat.
#[derive(Debug)]
struct Seen {
    chat: ChatId,
    address: Address,
    ids: Vec<MessageId>,
    messages: Vec<MessageKey>,
}

pub(super) async fn tell(channel: &Channel) -> Result<Round, StoreError> {
    let Some(engine) = *channel.engine.borrow() else { return Ok(Round::Failed) };
    let taken = take(channel, Direction::ToWhatsApp).await?;
    let all: Vec<_> = taken.iter().map(|tick| tick.message).collect();
    if !engine.heeds_seen_ids() {
        end(channel, Direction::ToWhatsApp, all).await?;
        return Ok(Round::Told);
    }
    let (id, rules) = (channel.id, Arc::clone(&channel.chats));
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
                all.push(Seen { chat: tick.chat, address, ids: vec![part.message_id], messages: vec![tick.message] });
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
    reach!("ticks.after_seen");
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
    if channel.ticks.names_any() && seen.address.is_person() && permit::has_one_kind(&addresses) {
        match channel.whatsapp.other_address(&seen.address).await {
            Ok(Some(other)) => addresses.push(other),
            Ok(None) | Err(WahaError::Refused) => return Ok(Ok(false)),
            Err(error) => return Ok(Err(error)),
        }
    }
    let ids: Vec<_> = addresses.iter().map(Address::chat_id).collect();
    Ok(Ok(channel.ticks.may_be_seen(&ids)))
}
