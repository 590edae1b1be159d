//! Carries to Signal what was done on WhatsApp to a message: finds the message and its conversation, does it natively or in
//! words, records it. All of it can be done again: only what is told in words is marked as perhaps the second time.

use super::after_signal::{self, dead, put_back};
use super::amendment::{self, Act, Found, Scene};
use super::carry_signal::begin;
use super::channel::Channel;
use super::outcome::{self, AfterSignal};
use super::place::{self, Place};
use super::{amended, limits, membership, mentioned, signal_side};
use crate::event::{Aci, Amendment, Author, Deed, Event, PortalTrouble, Refusal, Undelivered};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::signal::{Recipient, SendReceipt, SignalError};
use crate::store::{ChannelId, ChatId, Delivery, MessageKey, Portal, StoreError, Tx};
use crate::whatsapp::awaited_stanza;

/// Carries the delivery. False if it stays because of something that passes.
pub(super) async fn carry(channel: &Channel, delivery: Delivery, amendment: &Amendment, failures: u32) -> bool {
    let target = match target(channel, &delivery, amendment).await {
        Ok(target) => target,
        Err(error) => return unread(channel, delivery, &error, failures).await,
    };
    let (portal, title) = match find(channel, &delivery, amendment, target.as_ref()).await {
        Ok(Place::Portal(portal)) => (Some(portal), None),
        Ok(Place::Control { title }) => (None, title),
        Ok(Place::Moved) => return true,
        Ok(Place::Wait(until)) => {
            put_back(channel, &delivery, until, false, false).await;
            return true;
        }
        Err(error) => return unread(channel, delivery, &error, failures).await,
    };
    let owner = channel.owner_known().await;
    let scene = scene(channel, &delivery, amendment, target.as_ref(), (portal.as_ref(), title), &owner).await;
    let act = amendment::act(amendment, target.as_ref().map(|(_, found)| found), &scene);
    let is_allowed = target.as_ref().is_some_and(|(_, found)| amendment::may_delete(amendment, found, &scene));
    let (message, name) = (target.map(|(message, _)| message), scene.name);
    let task = Task { delivery, amendment, message, portal, name, owner, is_allowed };
    carry_out(channel, task, act, failures).await
}

/// What is to be carried, with all that was found about it.
struct Task<'a> {
    delivery: Delivery,
    amendment: &'a Amendment,
    message: Option<MessageKey>,
    portal: Option<Portal>,
    name: Option<Private>,
    owner: Aci,
    /// Whether who did it may delete the message.
    is_allowed: bool,
}

async fn target(
    channel: &Channel,
    delivery: &Delivery,
    amendment: &Amendment,
) -> Result<Option<(MessageKey, Found)>, StoreError> {
    let (id, amendment) = (channel.id, amendment.clone());
    let Some(chat) = delivery.lane.chat else { return Ok(None) };
    channel.store.read(move |tx| look_up(tx, id, chat, &amendment)).await
}

/// By the chat and the bare id, and in no other way.
fn look_up(
    tx: &Tx<'_>,
    channel: ChannelId,
    chat: ChatId,
    amendment: &Amendment,
) -> Result<Option<(MessageKey, Found)>, StoreError> {
    let Some(message) = tx.message_by_stanza(chat, &amendment.chat, &amendment.target)? else { return Ok(None) };
    let Some(whatsapp) = tx.whatsapp_part(message)? else { return Ok(None) };
    let is_stand_in = amendment.target == awaited_stanza(&whatsapp.stanza);
    let line = if is_stand_in { tx.line_parts(message)?.pop() } else { None };
    let known = tx.known(message)?;
    let signal = tx.signal_parts(message)?;
    let answered = match &whatsapp.answers {
        Some(answers) => tx.message_by_stanza(chat, &amendment.chat, answers)?,
        None => None,
    };
    let answers = answered.map(|answered| tx.signal_part(answered, known.portal)).transpose()?.flatten();
    let edits = signal.first().map(|part| tx.edits_of(channel, part)).transpose()?.unwrap_or_default();
    let reacted = tx.reaction(message, amended::who(amendment).reveal())?;
    Ok(Some((message, Found { known, whatsapp, signal, line, edits, answers, reacted })))
}

/// What was done to a message in the control chat is shown there, also if its chat has a portal by now.
async fn find(
    channel: &Channel,
    delivery: &Delivery,
    amendment: &Amendment,
    target: Option<&(MessageKey, Found)>,
) -> Result<Place, StoreError> {
    let event = Event::Amended(amendment.clone());
    match (target, delivery.lane.chat) {
        (Some((_, found)), Some(chat)) if found.known.portal.is_none() => place::control(channel, chat, &event).await,
        _ => place::find(channel, delivery, &event).await,
    }
}

async fn scene(
    channel: &Channel,
    delivery: &Delivery,
    amendment: &Amendment,
    target: Option<&(MessageKey, Found)>,
    (portal, title): (Option<&Portal>, Option<Private>),
    owner: &Aci,
) -> Scene {
    let found = target.map(|(_, found)| found);
    let to = match portal {
        Some(portal) => Recipient::Group(portal.group.clone()),
        None => Recipient::Owner(owner.clone()),
    };
    Scene {
        to,
        title,
        is_here: found.is_some_and(|found| found.known.portal == portal.map(|portal| portal.id)),
        is_admin: is_admin(channel, amendment, found).await,
        name: mentioned::speaker(channel, &amendment.author).await,
        mentioned: mentioned::of(channel, amendment.mentions.as_slice(), owner).await,
        repeated: delivery.repeated,
        owner: owner.clone(),
        bridge: channel.bridge.get().cloned(),
        now: channel.clock.now(),
    }
}

/// Asked only where it matters: when somebody deletes what somebody else wrote. An answer that does not come is a no.
async fn is_admin(channel: &Channel, amendment: &Amendment, found: Option<&Found>) -> bool {
    let Author::Participant { address, alternative, .. } = &amendment.author else { return false };
    let of_another = found.is_some_and(|found| !amendment::is_author(amendment, found));
    if amendment.deed != Deed::Delete || !of_another {
        return false;
    }
    let who: Vec<_> = [address, alternative].into_iter().flatten().cloned().collect();
    channel.whatsapp.is_admin(&amendment.chat, &who).await.unwrap_or(false)
}

async fn carry_out(channel: &Channel, task: Task<'_>, act: Act, failures: u32) -> bool {
    if act == Act::Nothing {
        return record(channel, task, act, None).await;
    }
    let _permit = channel.signal_calls.acquire().await;
    if channel.account.pauses(channel.clock.now()) {
        // Learned by another lane meanwhile.
        return true;
    }
    if !begin(channel, &task.delivery).await {
        return false;
    }
    reach!("amend_signal.before_call");
    let answer = call(channel, &act).await;
    reach!("amend_signal.after_call");
    let after = outcome::of_signal(&answer, &task.owner);
    if after != AfterSignal::Delivered {
        tracing::warn!(channel = %channel.name, ?after, "a change did not go to Signal as it should");
    }
    match (after, answer) {
        (AfterSignal::Delivered, Ok(receipt)) => record(channel, task, act, Some(receipt)).await,
        (AfterSignal::ReadByStranger, Ok(receipt)) => {
            membership::stop(channel, task.portal.as_ref(), PortalTrouble::Stranger).await;
            record(channel, task, act, Some(receipt)).await
        }
        (after, answer) => {
            let Task { delivery, portal, .. } = task;
            after_signal::not_delivered(channel, delivery, portal, after, answer.err(), failures).await
        }
    }
}

/// One after the other: what was deleted before one that fails is deleted again.
async fn call(channel: &Channel, act: &Act) -> Result<SendReceipt, SignalError> {
    let call = channel.signal.open_call();
    let link = &channel.signal;
    let answer = match act {
        Act::Edit(request) => link.edit(&call, request).await,
        Act::React(request) => link.react(&call, request).await,
        Act::Say(request) | Act::Tell(request) => link.send(&call, request).await,
        Act::Delete(requests) => {
            let mut answer = Err(SignalError::Refused);
            for request in requests {
                answer = link.delete(&call, request).await;
                if answer.is_err() {
                    break;
                }
            }
            answer
        }
        Act::Nothing => Err(SignalError::Refused),
    };
    // Nothing has to be proven: it is done again.
    let _ = link.close_call(call, &answer);
    answer
}

async fn record(channel: &Channel, task: Task<'_>, act: Act, receipt: Option<SendReceipt>) -> bool {
    if receipt.is_some() {
        signal_side::send_succeeded(channel).await;
    }
    let now = channel.clock.now();
    let record = amended::Record {
        seq: task.delivery.seq,
        lane: task.delivery.lane,
        amendment: task.amendment.clone(),
        message: task.message,
        portal: task.portal.map(|portal| portal.id),
        name: task.name,
        is_allowed: task.is_allowed,
        line: receipt.map(|receipt| receipt.timestamp),
        act,
        now,
    };
    channel
        .insist(move |tx| {
            record.write(tx)?;
            reach!("amend_signal.record.before_commit");
            Ok(())
        })
        .await;
    reach!("amend_signal.after_record");
    true
}

async fn unread(channel: &Channel, delivery: Delivery, error: &StoreError, failures: u32) -> bool {
    tracing::error!(channel = %channel.name, %error, "the conversation of a change cannot be read");
    if error.is_tampering() {
        channel.counters.refused(Refusal::Tampered);
        return dead(channel, delivery, Undelivered::PlaceUnreadable).await;
    }
    put_back(channel, &delivery, channel.clock.now().plus(limits::backoff(failures + 1)), false, false).await;
    false
}
