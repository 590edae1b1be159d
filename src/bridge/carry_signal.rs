//! Carries one delivery to Signal: finds its conversation, makes the request, sends it, records what became of it.

use super::after_signal::{self, dead, put_back};
use super::channel::Channel;
use super::notices::Facts;
use super::outcome::{self, AfterSignal};
use super::place::{self, Place};
use super::to_signal::{self, Context};
use super::{amend_signal, limits, membership, proof, signal_side};
use crate::event::{Aci, Event, Message, Notice, PortalTrouble, Quote, Refusal, SignalQuote, Undelivered};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::signal::{Recipient, SendReceipt};
use crate::store::{
    ChatId, Delivery, Direction, Lane, Portal, PortalId, Sign, SignalPart, SignalSide, StoreError, Tx, WhatsAppPart,
};

/// Carries the delivery. False if it stays because of something that passes.
pub(super) async fn carry(channel: &Channel, delivery: Delivery, failures: u32) -> bool {
    let Some(event) = delivery.event.clone() else {
        return dead(channel, delivery, Undelivered::Unreadable).await;
    };
    if let Event::GroupChanged { group, .. } = &event {
        return membership::attend(channel, &delivery, group, failures).await;
    }
    if let Event::Leave { group } = &event {
        return membership::leave(channel, &delivery, group, failures).await;
    }
    if let Event::Amended(amendment) = &event {
        return amend_signal::carry(channel, delivery, amendment, failures).await;
    }
    if let Some((receipt, portal)) = proof::of(channel, &delivery).await {
        return delivered(channel, &delivery, &event, portal, &receipt).await;
    }
    let found = match place::find(channel, &delivery, &event).await {
        Ok(Place::Portal(portal)) => Conversation { portal: Some(portal), title: None },
        Ok(Place::Control { title }) => Conversation { portal: None, title },
        Ok(Place::Moved) => return true,
        Ok(Place::Wait(until)) => {
            put_back(channel, &delivery, until, false, false).await;
            return true;
        }
        Err(error) if error.is_tampering() => {
            channel.counters.refused(Refusal::Tampered);
            tracing::error!(channel = %channel.name, %error, "the conversation of a delivery cannot be read");
            return dead(channel, delivery, Undelivered::PlaceUnreadable).await;
        }
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "the conversation of a delivery cannot be read");
            put_back(channel, &delivery, channel.clock.now().plus(limits::backoff(failures + 1)), false, false).await;
            return false;
        }
    };
    send(channel, delivery, event, found, failures).await
}

/// Where it goes, once that is found: a portal, or the control chat under a title.
struct Conversation {
    portal: Option<Portal>,
    title: Option<Private>,
}

async fn send(channel: &Channel, delivery: Delivery, event: Event, place: Conversation, failures: u32) -> bool {
    let owner = channel.owner_known().await;
    let context = match context(channel, &delivery, &event, &place, &owner).await {
        Read::Context(context) => context,
        Read::NotYet => {
            put_back(channel, &delivery, channel.clock.now().plus(limits::SOON), false, false).await;
            return true;
        }
        Read::Unreadable => return false,
    };
    let Some(request) = to_signal::request(&event, context) else {
        let seq = delivery.seq;
        channel.insist(move |tx| tx.finish(seq)).await;
        return true;
    };
    let _permit = channel.signal_calls.acquire().await;
    if channel.account.pauses(channel.clock.now()) {
        // Learned by another lane meanwhile.
        return true;
    }
    if !begin(channel, &delivery).await {
        return false;
    }
    reach!("to_signal.before_call");
    let call = channel.signal.open_call();
    let answer = channel.signal.send(&call, &request).await;
    let lone = channel.signal.close_call(call, &answer);
    reach!("to_signal.after_call");
    let after = outcome::of_signal(&answer, &owner);
    if after != AfterSignal::Delivered {
        tracing::warn!(channel = %channel.name, ?after, "a message did not go to Signal as it should");
    }
    let portal = place.portal;
    if let Some(lone) = lone.filter(|_| !delivery.repeated) {
        channel.doubts.open(&delivery, lone, portal.clone());
        put_back(channel, &delivery, channel.clock.now().plus(limits::PROOF), false, true).await;
        return false;
    }
    match (after, answer) {
        (AfterSignal::Delivered, Ok(receipt)) => delivered(channel, &delivery, &event, portal, &receipt).await,
        (AfterSignal::ReadByStranger, Ok(receipt)) => {
            membership::stop(channel, portal.as_ref(), PortalTrouble::Stranger).await;
            delivered(channel, &delivery, &event, portal, &receipt).await
        }
        (after, answer) => after_signal::not_delivered(channel, delivery, portal, after, answer.err(), failures).await,
    }
}

/// Durable before the call.
pub(super) async fn begin(channel: &Channel, delivery: &Delivery) -> bool {
    let head = delivery.clone();
    let begun = channel.store.write(move |tx| {
        let begun = tx.begin(&head, None);
        reach!("to_signal.begin.before_commit");
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

/// What the store says that the request needs.
enum Read {
    Context(Context),
    /// It answers a message that is being sent just now.
    NotYet,
    Unreadable,
}

async fn context(channel: &Channel, delivery: &Delivery, event: &Event, place: &Conversation, owner: &Aci) -> Read {
    let to = match &place.portal {
        Some(portal) => Recipient::Group(portal.group.clone()),
        None => Recipient::Owner(owner.clone()),
    };
    let (event, portal, repeated) = (event.clone(), place.portal.as_ref().map(|portal| portal.id), delivery.repeated);
    let title = place.title.clone();
    let lane = Lane { direction: Direction::ToWhatsApp, ..delivery.lane };
    let read = channel.store.read(move |tx| {
        let quoted = match lane.chat {
            Some(chat) => quoted(tx, &event, chat, portal)?,
            None => None,
        };
        let not_yet = quoted.is_none() && answers(&event) && tx.call_open(lane)?;
        let facts = Facts { skipped: tx.skipped(lane.channel)?, waiting: tx.awaiting_answer(lane.channel)? };
        Ok((!not_yet).then_some((quoted, facts)))
    });
    match read.await {
        Ok(Some((quoted, facts))) => {
            let quote = quoted.and_then(|(part, quote)| signal_quote(channel, part, quote, owner));
            Read::Context(Context { to, quote, title, repeated, facts })
        }
        Ok(None) => Read::NotYet,
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "a delivery cannot be read");
            channel.clock.sleep(limits::backoff(1)).await;
            Read::Unreadable
        }
    }
}

fn answers(event: &Event) -> bool {
    matches!(event, Event::Message(Message { quote: Some(_), .. }))
}

fn quoted(
    tx: &Tx<'_>,
    event: &Event,
    chat: ChatId,
    portal: Option<PortalId>,
) -> Result<Option<(SignalPart, Quote)>, StoreError> {
    let Event::Message(Message { chat: address, quote: Some(quote), .. }) = event else { return Ok(None) };
    let Some(message) = tx.message_by_stanza(chat, address, &quote.stanza)? else { return Ok(None) };
    Ok(tx.signal_part(message, portal)?.map(|part| (part, quote.clone())))
}

fn signal_quote(channel: &Channel, part: SignalPart, quote: Quote, owner: &Aci) -> Option<SignalQuote> {
    let author = match part.author {
        SignalSide::Owner => Some(owner.clone()),
        SignalSide::Bridge => channel.bridge.get().cloned(),
    };
    author.map(|author| SignalQuote { timestamp: part.timestamp, author, text: quote.text })
}

async fn delivered(
    channel: &Channel,
    delivery: &Delivery,
    event: &Event,
    portal: Option<Portal>,
    receipt: &SendReceipt,
) -> bool {
    let (id, seq, now) = (channel.id, delivery.seq, channel.clock.now());
    let (chat, portal) = (delivery.lane.chat, portal.map(|portal| portal.id));
    let kept_until = now.plus(channel.retention);
    let part = SignalPart { timestamp: receipt.timestamp, author: SignalSide::Bridge };
    let message = if let Event::Message(message) = event { Some(message.clone()) } else { None };
    let notice = if let Event::Notice(notice) = event { Some(about(channel, notice)) } else { None };
    signal_side::send_succeeded(channel).await;
    channel
        .insist(move |tx| {
            // What a receipt has proven was not in flight, and its chat may have been forgotten meanwhile.
            let chat = match chat {
                Some(chat) if tx.has_chat(chat)? => Some(chat),
                _ => None,
            };
            if let (Some(message), Some(chat)) = (&message, chat) {
                let row = tx.add_message(id, chat, portal, now, kept_until)?;
                let ids = WhatsAppPart {
                    answers: message.quote.as_ref().map(|quote| quote.stanza.clone()),
                    stands_for: to_signal::stands_for(&message.content),
                    ..WhatsAppPart::new(message.stanza.clone(), message.message_id.clone())
                };
                tx.add_whatsapp_part(row, &message.chat, &ids)?;
                tx.add_signal_part(row, &part)?;
                if let Some(at) = message.edited_at {
                    tx.note_edited(row, at)?;
                }
            }
            if let Some(about) = &notice {
                tx.add_notice(id, chat, &part, about.as_ref(), kept_until)?;
            }
            tx.note(id, Sign::ToSignal, now)?;
            tx.note_up_to(id, Sign::Unproven, limits::UNCONFIRMED, now)?;
            tx.finish(seq)?;
            reach!("to_signal.record.before_commit");
            Ok(())
        })
        .await;
    reach!("to_signal.after_record");
    true
}

/// What message of the owner a line of the bridge is about, for whoever answers it.
fn about(channel: &Channel, notice: &Notice) -> Option<SignalPart> {
    let of_owner = to_signal::about(notice).filter(|about| channel.owner.get() == Some(&about.author));
    of_owner.map(|about| SignalPart { timestamp: about.timestamp, author: SignalSide::Owner })
}
