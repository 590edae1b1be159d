//! Carries to WhatsApp what the owner did in Signal to a message: into the chat of the portal it was done in, to the message
//! that is known there under the id that Signal named. Where WhatsApp does not follow, the owner is told before it is tried.

use std::sync::Arc;

use super::carry_whatsapp::belongs;
use super::channel::Channel;
use super::intake::{Changes, not_changed};
use super::outcome::{self, AfterChange};
use super::{echo, held, limits, permit, to_whatsapp};
use crate::clock::Moment;
use crate::event::{Author, Change, Deed, Event, Refusal, Standing, StanzaId, TypedBody, Unsupported};
use crate::failpoint::reach;
use crate::store::{ChannelId, ChatId, Delivery, Direction, Known, Lane, MessageKey, Sign, StoreError, Tx};
use crate::whatsapp::{Named, WahaError, change_key};

/// Carries the delivery. False if it stays because of something that passes.
pub(super) async fn carry(channel: &Channel, delivery: Delivery, change: &Change, chat: ChatId, failures: u32) -> bool {
    match find(channel, chat, change).await {
        Ok(Place::Found(target)) => send(channel, delivery, change, target, failures).await,
        Ok(Place::Ends(standing)) => end(channel, delivery, change, Some(standing)).await,
        Ok(Place::Unsent) => end(channel, delivery, change, None).await,
        Ok(Place::NotYet) => {
            put_back(channel, &delivery, channel.clock.now().plus(limits::SOON), false).await;
            true
        }
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "the message of a change cannot be read");
            if error.is_tampering() {
                channel.counters.refused(Refusal::Tampered);
                return end(channel, delivery, change, Some(Standing::Forgotten)).await;
            }
            channel.clock.sleep(limits::backoff(2)).await;
            false
        }
    }
}

/// The message on WhatsApp.
#[derive(Clone)]
struct Target {
    message: MessageKey,
    named: Named,
    /// The further messages that it is there, of several files.
    more: Vec<Named>,
}

enum Place {
    Found(Target),
    /// WhatsApp does not follow.
    Ends(Standing),
    /// It is not on WhatsApp; what the owner typed may still be here.
    Unsent,
    /// It may be the message that is being brought just now.
    NotYet,
}

/// By the chat of the conversation, and Signal's id with its author.
async fn find(channel: &Channel, chat: ChatId, change: &Change) -> Result<Place, StoreError> {
    let (id, rules, change, now) = (channel.id, Arc::clone(&channel.chats), change.clone(), channel.clock.now());
    channel
        .store
        .read(move |tx| {
            if tx.is_lost(chat)? {
                return Ok(Place::Ends(Standing::NumberLost));
            }
            if !belongs(tx, id, chat, &change.conversation)? {
                return Ok(Place::Ends(Standing::Forgotten));
            }
            if !permit::may_be_written_to(tx, &rules, chat)? {
                return Ok(Place::Ends(Standing::NotBridged));
            }
            let Some(message) = tx.message_by_signal(id, chat, &Changes::target(&change))? else {
                let lane = Lane { channel: id, chat: Some(chat), direction: Direction::ToSignal };
                return Ok(if tx.call_open(lane)? { Place::NotYet } else { Place::Unsent });
            };
            let known = tx.known(message)?;
            if let Some(standing) = too_late(&change, known, now) {
                return Ok(Place::Ends(standing));
            }
            let Some(part) = tx.whatsapp_part(message)? else { return Ok(Place::Ends(Standing::Unnamed)) };
            match (part.stands_for, &change.deed) {
                // WhatsApp has no words there that could be others.
                (Some(_), Deed::Edit(_)) => return Ok(Place::Ends(Standing::Fixed)),
                // Nobody sees it as a message.
                (Some(Unsupported::PollVote | Unsupported::Call), Deed::Delete | Deed::React(_)) => {
                    return Ok(Place::Ends(Standing::Fixed));
                }
                _ => {}
            }
            let address = tx.chat_address(chat)?;
            let parts = tx.whatsapp_parts(message)?.into_iter().filter(|other| other.stanza != part.stanza);
            let more = parts.map(|part| Named { chat: address.clone(), id: part.message_id }).collect();
            Ok(Place::Found(Target { message, named: Named { chat: address, id: part.message_id }, more }))
        })
        .await
}

/// WhatsApp itself would take it without a word, and do nothing.
fn too_late(change: &Change, known: Known, now: Moment) -> Option<Standing> {
    let age = now.since(known.at);
    match change.deed {
        Deed::Edit(_) if age > limits::WHATSAPP_EDITS => Some(Standing::TooLate),
        Deed::Delete if age > limits::WHATSAPP_DELETIONS => Some(Standing::TooLate),
        _ if now.since(change.timestamp) > limits::MAX_SEND_DELAY => Some(Standing::Waited),
        _ => None,
    }
}

async fn send(channel: &Channel, delivery: Delivery, change: &Change, target: Target, failures: u32) -> bool {
    let _permit = channel.whatsapp_calls.acquire().await;
    if !begin(channel, &delivery).await {
        return false;
    }
    reach!("change_whatsapp.before_call");
    let answer = call(channel, change, &target, delivery.repeated).await;
    reach!("change_whatsapp.after_call");
    match answer {
        Ok(stanza) => record(channel, delivery, change, target, stanza).await,
        Err(error) => failed(channel, delivery, change, error, failures).await,
    }
}

async fn call(
    channel: &Channel,
    change: &Change,
    target: &Target,
    repeated: bool,
) -> Result<Option<StanzaId>, WahaError> {
    match &change.deed {
        Deed::Edit(TypedBody::Text(text)) => channel.whatsapp.edit(&target.named, &to_whatsapp::words(text)).await,
        Deed::Edit(_) => Err(WahaError::Refused),
        Deed::Delete => delete(channel, target, repeated).await,
        Deed::React(emoji) => channel.whatsapp.react(&target.named, emoji.as_ref()).await,
    }
}

/// The one that is asked about comes last: while it is there, the rest is asked for again. A refusal of one of the rest means that
/// it is gone only where it was asked for before.
async fn delete(channel: &Channel, target: &Target, repeated: bool) -> Result<Option<StanzaId>, WahaError> {
    let mut refused = None;
    for further in &target.more {
        match channel.whatsapp.delete(further).await {
            Err(WahaError::Refused | WahaError::NoMessage) if repeated => {}
            Err(error @ (WahaError::Refused | WahaError::NoMessage)) => refused = Some(error),
            answer => drop(answer?),
        }
    }
    let stanza = channel.whatsapp.delete(&target.named).await?;
    refused.map_or(Ok(stanza), Err)
}

/// Durable before the call.
async fn begin(channel: &Channel, delivery: &Delivery) -> bool {
    let head = delivery.clone();
    let begun = channel.store.write(move |tx| {
        let begun = tx.begin(&head, None);
        reach!("change_whatsapp.begin.before_commit");
        begun
    });
    match begun.await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "a change cannot begin");
            channel.clock.sleep(limits::backoff(1)).await;
            false
        }
    }
}

/// Its echo is known from now on, by the id of the answer; after a call that had none, by what it did.
async fn record(
    channel: &Channel,
    delivery: Delivery,
    change: &Change,
    target: Target,
    stanza: Option<StanzaId>,
) -> bool {
    let (change, now) = (change.clone(), channel.clock.now());
    channel
        .insist(move |tx| {
            let Lane { channel, chat, .. } = delivery.lane;
            if let Some(stanza) = &stanza {
                tx.remember(channel, &change_key(&target.named.chat, stanza), now)?;
            }
            tx.note(channel, Sign::ToWhatsApp, now)?;
            match &change.deed {
                Deed::Edit(_) => tx.note_edited(target.message, whole_second(change.timestamp))?,
                Deed::Delete => tx.mark_deleted(target.message)?,
                Deed::React(_) => {}
            }
            tx.finish(delivery.seq)?;
            if let Some(chat) = chat {
                let in_doubt = delivery.repeated || stanza.is_none();
                settle_echoes(tx, (channel, chat), &change, (&target, stanza.as_ref(), in_doubt), now)?;
                held::release_own(tx, channel, chat)?;
            }
            reach!("change_whatsapp.record.before_commit");
            Ok(())
        })
        .await;
    reach!("change_whatsapp.after_record");
    true
}

/// WhatsApp's clock, by which the edits of a message are told apart, has no finer ones.
fn whole_second(at: Moment) -> Moment {
    Moment(at.0 - at.0.rem_euclid(1000))
}

/// Takes what came back from WhatsApp before the answer, and knows what will come of calls that had none.
fn settle_echoes(
    tx: &Tx<'_>,
    (channel, chat): (ChannelId, ChatId),
    change: &Change,
    (target, stanza, in_doubt): (&Target, Option<&StanzaId>, bool),
    now: Moment,
) -> Result<(), StoreError> {
    let Some(whatsapp) = tx.whatsapp_part(target.message)? else { return Ok(()) };
    let deed = echo::of(change);
    if in_doubt {
        tx.renew(channel, &echo::key(&whatsapp.stanza, &deed), now)?;
    }
    for held in tx.held_in(channel, chat)? {
        let Some(Event::Amended(amendment)) = &held.event else { continue };
        let is_named = amendment.stanza.is_some() && amendment.stanza.as_ref() == stanza;
        let is_same = in_doubt && amendment.target == whatsapp.stanza && amendment.deed == deed;
        if amendment.author == Author::Owner && (is_named || is_same) {
            tx.finish(held.seq)?;
        }
    }
    Ok(())
}

async fn failed(channel: &Channel, delivery: Delivery, change: &Change, error: WahaError, failures: u32) -> bool {
    let now = channel.clock.now();
    let after = outcome::of_change(error, delivery.attempts);
    tracing::warn!(channel = %channel.name, %error, ?after, "a change did not go to WhatsApp as it should");
    match after {
        AfterChange::Down(cause) => {
            channel.whatsapp_trouble.send_replace(Some(cause));
            channel.session_changed.notify_one();
            put_back(channel, &delivery, now.plus(limits::backoff(failures + 1)), false).await;
        }
        AfterChange::Wait(span) => put_back(channel, &delivery, now.plus(span), false).await,
        AfterChange::Again => {
            put_back(channel, &delivery, now.plus(limits::backoff(delivery.attempts + 1)), true).await;
        }
        AfterChange::Ends(standing) => return end(channel, delivery, change, Some(standing)).await,
    }
    false
}

async fn put_back(channel: &Channel, delivery: &Delivery, not_before: Moment, in_doubt: bool) {
    let delivery = delivery.clone();
    channel
        .insist(move |tx| {
            tx.put_back(delivery.seq, not_before, in_doubt, in_doubt)?;
            if let Some(chat) = delivery.lane.chat {
                held::release_own(tx, delivery.lane.channel, chat)?;
            }
            reach!("change_whatsapp.put_back.before_commit");
            Ok(())
        })
        .await;
}

/// Ends it with a line that quotes the message. If the message is not on WhatsApp, what was typed is changed as it stands now.
async fn end(channel: &Channel, delivery: Delivery, change: &Change, standing: Option<Standing>) -> bool {
    // It may have been done before.
    let standing = standing.map(|standing| if delivery.repeated { Standing::Unclear } else { standing });
    let (change, now) = (change.clone(), channel.clock.now());
    channel
        .insist(move |tx| {
            let Lane { channel, chat, .. } = delivery.lane;
            if let Some(standing) = standing {
                give_up(tx, (&delivery, &change), standing, now)?;
            } else {
                tx.finish(delivery.seq)?;
                Changes { tx, channel }.at_last(&change, chat, now)?;
            }
            reach!("change_whatsapp.end.before_commit");
            Ok(())
        })
        .await;
    true
}

/// Takes the delivery away and says why.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn give_up(
    tx: &Tx<'_>,
    (delivery, change): (&Delivery, &Change),
    standing: Standing,
    now: Moment,
) -> Result<(), StoreError> {
    let Lane { channel, chat, .. } = delivery.lane;
    tx.finish(delivery.seq)?;
    not_changed(tx, (channel, chat), change, standing, now)?;
    match chat {
        Some(chat) => held::release_own(tx, channel, chat),
        None => Ok(()),
    }
}
