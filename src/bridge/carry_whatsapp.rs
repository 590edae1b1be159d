//! Carries one delivery to WhatsApp: what the owner typed, into the chat of the portal it was typed in.

use std::sync::Arc;

use super::channel::Channel;
use super::doubt::Looked;
use super::intake::about;
use super::labels::NOTICE;
use super::outcome::{self, AfterWaha};
use super::recover;
use super::tell::{self, Say};
use super::{carry_thing, change_whatsapp, doubt, files, limits, naming, permit, question, sent, to_whatsapp, votes};
use crate::clock::Moment;
use crate::event::{
    Aci, Address, Conversation, Event, MessageId, Notice, Refusal, SignalQuote, StanzaId, Typed, TypedBody,
    Undelivered, Unsupported,
};
use crate::failpoint::reach;
use crate::store::{
    ChannelId, ChatId, Delivery, Direction, Lane, SignalPart, SignalSide, State, StoreError, Tx, WhatsAppPart,
};
use crate::whatsapp::{SendText, WahaError, message_key};

/// Carries the delivery. False if it stays because of something that passes.
pub(super) async fn carry(channel: &Channel, delivery: Delivery, failures: u32) -> bool {
    if let (Some(Event::Changed(change)), Some(chat)) = (delivery.event.clone(), delivery.lane.chat) {
        return change_whatsapp::carry(channel, delivery, &change, chat, failures).await;
    }
    let (Some(Event::Typed(typed)), Some(chat)) = (delivery.event.clone(), delivery.lane.chat) else {
        return dead(channel, delivery, Undelivered::Unreadable).await;
    };
    // One in doubt is looked for first.
    if delivery.chosen.is_none() && is_too_old(channel, &delivery, &typed) {
        return question::ask(channel, delivery.seq).await;
    }
    let way = match place(channel, &delivery, chat, &typed).await {
        Place::Found(way) => way,
        Place::NotYet => {
            put_back(channel, &delivery, channel.clock.now().plus(limits::SOON)).await;
            return true;
        }
        Place::Lost => return dead(channel, delivery, Undelivered::NumberLost).await,
        Place::Nowhere => return dead(channel, delivery, Undelivered::QuoteLost).await,
        Place::NotBridged => return dead(channel, delivery, Undelivered::NotBridged).await,
        Place::OnlyRead => return dead(channel, delivery, Undelivered::OnlyRead).await,
        Place::Unreadable => return false,
        Place::Tampered => {
            channel.counters.refused(Refusal::Tampered);
            return dead(channel, delivery, Undelivered::PlaceUnreadable).await;
        }
    };
    if let TypedBody::Long { files, marks } = &typed.body {
        return files::long::unfold(channel, delivery, &typed, (files, marks)).await;
    }
    if !typed.body.files().is_empty() {
        return files::send::carry(channel, delivery, &typed, way, failures).await;
    }
    // What may have been sent as a text stays one.
    let typed = if delivery.chosen.is_some() { typed } else { as_vote(typed, &way) };
    if matches!(typed.body, TypedBody::Thing(_) | TypedBody::Vote(_)) {
        return carry_thing::carry(channel, delivery, &typed, way, failures).await;
    }
    let chosen = match choose(channel, &delivery).await {
        Ok(chosen) => chosen,
        Err(error) => return failed(channel, delivery, error, None, failures).await,
    };
    // Files are a message each: see `files::send`.
    let TypedBody::Text(text) = &typed.body else { return dead(channel, delivery, Undelivered::Unreadable).await };
    let written = naming::write(channel, &way.address, text).await;
    let request = to_whatsapp::request(written, way.address, way.reply_to, chosen);
    send(channel, delivery, &typed, request, failures).await
}

/// Numbers that answer a poll are a vote in it.
fn as_vote(typed: Typed, way: &Way) -> Typed {
    let numbers = match &typed.body {
        TypedBody::Text(text) if way.answers == Some(Unsupported::Poll) => votes::numbers(text.reveal()),
        _ => None,
    };
    match numbers {
        Some(numbers) => Typed { body: TypedBody::Vote(numbers), ..typed },
        None => typed,
    }
}

fn is_too_old(channel: &Channel, delivery: &Delivery, typed: &Typed) -> bool {
    !delivery.approved && channel.clock.now().since(typed.timestamp) > limits::MAX_SEND_DELAY
}

/// Where a message goes, and what it answers.
pub(super) struct Way {
    /// Where.
    pub(super) address: Address,
    /// What.
    pub(super) reply_to: Option<MessageId>,
    /// What that is, if it is neither words nor a file.
    pub(super) answers: Option<Unsupported>,
}

/// Whether there is one.
enum Place {
    Found(Way),
    /// It answers a message that is being brought just now.
    NotYet,
    /// There is no address any more that is the contact's.
    Lost,
    /// It answers a line of the bridge.
    Nowhere,
    /// The configuration does not allow it.
    NotBridged,
    /// Nothing is sent there.
    OnlyRead,
    Unreadable,
    /// What leads there is not as it was written.
    Tampered,
}

/// What was typed in a group goes to the chat of that group, whatever the lane says.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn belongs(
    tx: &Tx<'_>,
    channel: ChannelId,
    chat: ChatId,
    conversation: &Conversation,
) -> Result<bool, StoreError> {
    match conversation {
        Conversation::Group(group) => Ok(tx.portal_by_group(channel, group)?.is_some_and(|portal| portal.chat == chat)),
        // A quote led there; what was quoted may be past its time by now.
        Conversation::Direct => Ok(true),
    }
}

/// Both are looked up by the portal's chat and nothing else.
async fn place(channel: &Channel, delivery: &Delivery, chat: ChatId, typed: &Typed) -> Place {
    // What may have been sent is looked for all the same.
    let (rules, is_in_doubt) = (Arc::clone(&channel.chats), delivery.chosen.is_some());
    let (quote, owner) = (typed.quote.clone(), typed.author.clone());
    let (channel_id, conversation) = (channel.id, typed.conversation.clone());
    let lane = Lane { channel: channel.id, chat: Some(chat), direction: Direction::ToSignal };
    let read = channel.store.read(move |tx| {
        if tx.is_lost(chat)? {
            return Ok(Place::Lost);
        }
        if !belongs(tx, channel_id, chat, &conversation)? {
            // A chat that became another's meanwhile is gone: then the lane is read anew.
            return tx.chat_address(chat).map(|_| Place::Tampered);
        }
        if tx.chat_address(chat)?.is_feed() {
            return Ok(Place::OnlyRead);
        }
        if !is_in_doubt && !permit::may_be_written_to(tx, &rules, chat)? {
            return Ok(Place::NotBridged);
        }
        let answered =
            quote.as_ref().map(|quote| answered(tx, (lane.channel, chat), quote, &owner)).transpose()?.flatten();
        if quote.is_some() && answered.is_none() && tx.call_open(lane)? {
            return Ok(Place::NotYet);
        }
        if answered.is_none() && !is_in_doubt && quote.as_ref().is_some_and(|quote| is_line(quote, &owner)) {
            return Ok(Place::Nowhere);
        }
        let answers = answered.as_ref().and_then(|part| part.stands_for);
        let reply_to = answered.map(|part| part.message_id);
        Ok(Place::Found(Way { address: tx.chat_address(chat)?, reply_to, answers }))
    });
    match read.await {
        Ok(place) => place,
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "the chat of a delivery cannot be read");
            if error.is_tampering() {
                return Place::Tampered;
            }
            channel.clock.sleep(limits::backoff(2)).await;
            Place::Unreadable
        }
    }
}

/// Whether it is a line of the bridge, known by its mark: it may have been on its way when it was answered.
fn is_line(quote: &SignalQuote, owner: &Aci) -> bool {
    quote.author != *owner && quote.text.as_ref().is_some_and(|text| text.reveal().starts_with(NOTICE))
}

fn answered(
    tx: &Tx<'_>,
    (channel, chat): (ChannelId, ChatId),
    quote: &SignalQuote,
    owner: &Aci,
) -> Result<Option<WhatsAppPart>, StoreError> {
    let author = if quote.author == *owner { SignalSide::Owner } else { SignalSide::Bridge };
    let part = SignalPart { timestamp: quote.timestamp, author };
    let Some(message) = tx.message_by_signal(channel, chat, &part)? else { return Ok(None) };
    tx.whatsapp_part(message)
}

fn takes_chosen_id(channel: &Channel) -> bool {
    channel.engine.borrow().is_some_and(|engine| engine.takes_chosen_id())
}

/// The id the message shall have, where the engine takes one: the earlier one for a call that is made again.
async fn choose(channel: &Channel, delivery: &Delivery) -> Result<Option<StanzaId>, WahaError> {
    if let Some(chosen) = &delivery.chosen {
        return Ok(Some(chosen.clone()));
    }
    if !takes_chosen_id(channel) {
        return Ok(None);
    }
    match channel.whatsapp.new_message_id().await {
        Ok(id) => Ok(Some(id)),
        // Without an id it is sent all the same, as to an older engine. What keeps WAHA from sending is not passed over.
        Err(WahaError::Refused | WahaError::Unknown) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn send(channel: &Channel, delivery: Delivery, typed: &Typed, request: SendText, failures: u32) -> bool {
    let _permit = channel.whatsapp_calls.acquire().await;
    let (chat, chosen) = (request.chat.clone(), request.id.clone());
    if !begin(channel, &delivery, &chat, chosen.as_ref()).await {
        return false;
    }
    if let Some(earlier) = &delivery.chosen {
        let since = channel.clock.now().since(delivery.not_before);
        // An engine that was changed meanwhile and takes no ids would show it twice.
        let stale =
            since > limits::MAX_SEND_DELAY || is_too_old(channel, &delivery, typed) || !takes_chosen_id(channel);
        match doubt::look(channel, &delivery, earlier, stale).await {
            Ok(Looked::SameAgain) => {}
            Ok(Looked::Sent(answer)) => {
                sent::record(channel, delivery, typed, chat, answer, chosen, None).await;
                return true;
            }
            Ok(Looked::Dead(why)) => return dead(channel, delivery, why).await,
            Ok(Looked::Settled) => return true,
            Err(error) => return failed(channel, delivery, error, chosen.as_ref(), failures).await,
        }
    }
    reach!("to_whatsapp.before_call");
    let answer = channel.whatsapp.send_text(request).await;
    reach!("to_whatsapp.after_call");
    match answer {
        Ok(answer) => {
            sent::record(channel, delivery, typed, chat, answer, chosen, None).await;
            true
        }
        Err(error) => failed(channel, delivery, error, chosen.as_ref(), failures).await,
    }
}

/// Durable before the call, and with a chosen id so is the knowledge that its echo is one.
pub(super) async fn begin(channel: &Channel, delivery: &Delivery, chat: &Address, chosen: Option<&StanzaId>) -> bool {
    let (id, now) = (channel.id, channel.clock.now());
    let (head, chat, chosen) = (delivery.clone(), chat.clone(), chosen.cloned());
    let begun = channel.store.write(move |tx| {
        if let Some(chosen) = &chosen {
            tx.remember(id, &message_key(&chat, chosen), now)?;
        }
        let begun = tx.begin(&head, chosen.as_ref());
        reach!("to_whatsapp.begin.before_commit");
        begun
    });
    match begun.await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "a delivery cannot begin");
            channel.clock.sleep(limits::backoff(1)).await;
            false
        }
    }
}

/// Acts on WAHA's failure. False if the delivery stays because of something that passes.
pub(super) async fn failed(
    channel: &Channel,
    delivery: Delivery,
    error: WahaError,
    chosen: Option<&StanzaId>,
    failures: u32,
) -> bool {
    let now = channel.clock.now();
    let after = outcome::of_waha(error, chosen.is_some(), delivery.attempts);
    tracing::warn!(channel = %channel.name, %error, ?after, "a message did not go to WhatsApp as it should");
    match after {
        AfterWaha::Down(cause) => {
            channel.whatsapp_trouble.send_replace(Some(cause));
            channel.session_changed.notify_one();
            // WAHA may say that the session works and refuse all the same: then it is asked ever more rarely.
            put_back(channel, &delivery, now.plus(limits::backoff(failures + 1))).await;
        }
        AfterWaha::Wait(span) => put_back(channel, &delivery, now.plus(span)).await,
        AfterWaha::SameAgain => {
            in_doubt(channel, &delivery, now.plus(limits::backoff(delivery.attempts + 1))).await;
        }
        AfterWaha::LookLater => in_doubt(channel, &delivery, now.plus(limits::CALL)).await,
        AfterWaha::Dead(why) => return dead(channel, delivery, why).await,
        AfterWaha::Unknown => {
            channel
                .insist(move |tx| {
                    recover::may_have_been_sent(tx, &delivery, now)?;
                    reach!("to_whatsapp.unknown.before_commit");
                    Ok(())
                })
                .await;
            return true;
        }
    }
    false
}

/// Nothing went out: an id that was chosen just now has never been used, one that was chosen earlier may have been.
async fn put_back(channel: &Channel, delivery: &Delivery, not_before: Moment) {
    let (seq, in_doubt) = (delivery.seq, delivery.repeated);
    channel
        .insist(move |tx| {
            if in_doubt { tx.put_back(seq, not_before, false, true) } else { tx.begin_anew(seq, not_before) }?;
            reach!("to_whatsapp.put_back.before_commit");
            Ok(())
        })
        .await;
}

/// It may have been sent under the id that was chosen for it.
async fn in_doubt(channel: &Channel, delivery: &Delivery, not_before: Moment) {
    let seq = delivery.seq;
    channel
        .insist(move |tx| {
            tx.put_back(seq, not_before, true, true)?;
            reach!("to_whatsapp.in_doubt.before_commit");
            Ok(())
        })
        .await;
}

/// Ends a delivery with a notice that quotes it.
pub(super) async fn dead(channel: &Channel, delivery: Delivery, why: Undelivered) -> bool {
    tracing::warn!(channel = %channel.name, ?why, "a delivery to WhatsApp ended undelivered");
    let (id, now) = (channel.id, channel.clock.now());
    channel
        .insist(move |tx| {
            tx.set_aside(delivery.seq, State::Dead)?;
            match (&delivery.event, delivery.lane.chat) {
                (Some(Event::Typed(typed)), Some(chat)) => {
                    let notice = Notice::NotSent { about: about(typed), why };
                    tell::owner(tx, Say::portal(id, chat, &notice), now)?;
                }
                _ => drop(tell::owner(tx, Say::control(id, &Notice::NotBrought { why }), now)?),
            }
            reach!("to_whatsapp.dead.before_commit");
            Ok(())
        })
        .await;
    true
}
