//! Deliveries that stand beside their lane until their time: each is looked at again when it is due.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use crate::clock::Moment;
use crate::event::{Amendment, Author, Event, Notice, SeenKey};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::store::{ChannelId, ChatId, Delivery, Direction, Lane, MediaState, Side, StoreError, Tx};
use crate::whatsapp::message_key;

/// Looks after held deliveries until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let id = channel.id;
    loop {
        let due = next(channel).await;
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            // Before the bell, which may ring without end.
            () = channel.clock.sleep_until(due) => {}
            () = channel.held_changed.notified() => continue,
        }
        let now = channel.clock.now();
        let released = channel.store.write(move |tx| {
            release_due(tx, id, now)?;
            reach!("held.release.before_commit");
            Ok(())
        });
        if let Err(error) = released.await {
            tracing::error!(channel = %channel.name, %error, "held deliveries cannot be looked after");
            channel.clock.sleep(limits::backoff(3)).await;
        }
    }
}

async fn next(channel: &Channel) -> Moment {
    let id = channel.id;
    let due = channel.store.read(move |tx| tx.next_held(id)).await.unwrap_or_default();
    due.unwrap_or_else(|| channel.clock.now().plus(Duration::from_hours(1)))
}

fn release_due(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<(), StoreError> {
    tx.held_due(channel, now)?.iter().try_for_each(|held| decide(tx, channel, held, now))
}

/// Own messages that were held for the answer of a call were typed on the phone, if no other call has one to come.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn release_own(tx: &Tx<'_>, channel: ChannelId, chat: ChatId) -> Result<(), StoreError> {
    if tx.nameless_call_open(channel, chat)? {
        return Ok(());
    }
    for held in tx.held_in(channel, chat)? {
        if is_own(tx, channel, chat, &held)? {
            tx.release(&held)?;
        }
    }
    Ok(())
}

/// What the owner did to a message is told from the echo of what was done for the owner as long as that may come.
fn is_own(tx: &Tx<'_>, channel: ChannelId, chat: ChatId, held: &Delivery) -> Result<bool, StoreError> {
    match &held.event {
        Some(Event::Message(message)) => Ok(message.author == Author::Owner),
        Some(Event::Amended(amendment)) if amendment.author == Author::Owner => {
            let known = tx.message_by_stanza(chat, &amendment.chat, &amendment.target)?.is_some();
            Ok(known && !tx.change_open(channel, chat)?)
        }
        _ => Ok(false),
    }
}

fn decide(tx: &Tx<'_>, channel: ChannelId, held: &Delivery, now: Moment) -> Result<(), StoreError> {
    match &held.event {
        Some(Event::Ack(_)) if tx.answer_missing(Lane { direction: Direction::ToWhatsApp, ..held.lane })? => {
            tx.hold_until(held.seq, now.plus(limits::ECHO_HOLD))
        }
        // Sending a file takes longer than an own message is held at first.
        Some(Event::Message(message)) if message.author == Author::Owner && is_call_open(tx, held)? => {
            tx.hold_until(held.seq, now.plus(limits::ECHO_HOLD))
        }
        Some(Event::Amended(amendment)) if may_be_echo(tx, channel, held, amendment)? => {
            tx.hold_until(held.seq, now.plus(limits::ECHO_HOLD))
        }
        Some(Event::Amended(amendment)) if its_message_may_come(tx, held, amendment)? => {
            tx.hold_until(held.seq, now.plus(limits::TARGET))
        }
        // It names a message that never came to be.
        Some(Event::Ack(_)) => tx.finish(held.seq),
        // While WhatsApp is not connected nothing can be confirmed.
        Some(Event::Notice(Notice::NotConfirmed { .. })) if tx.outage(channel, Side::WhatsApp)?.is_some() => {
            tx.hold_until(held.seq, now.plus(limits::CONFIRM))
        }
        Some(Event::Notice(Notice::NotDecrypted { item })) if came_again(tx, channel, item)? => tx.finish(held.seq),
        Some(Event::Notice(Notice::Awaited { chat, stanza, .. }))
            if tx.is_seen(channel, &message_key(chat, stanza))? =>
        {
            tx.finish(held.seq)
        }
        // What is still being fetched is not given up by the clock: whatever becomes of it lets this go.
        Some(Event::LateFile(_)) if is_fetched(tx, held)? => tx.hold_until(held.seq, now.plus(limits::LATE_FILE)),
        _ => tx.release(held),
    }
}

fn came_again(tx: &Tx<'_>, channel: ChannelId, item: &Private) -> Result<bool, StoreError> {
    tx.is_seen(channel, &SeenKey::of_signal(item.clone()))
}

fn is_fetched(tx: &Tx<'_>, held: &Delivery) -> Result<bool, StoreError> {
    Ok(tx.media_of(held.id)?.iter().any(|row| row.state == MediaState::Wanted))
}

fn is_call_open(tx: &Tx<'_>, held: &Delivery) -> Result<bool, StoreError> {
    held.lane.chat.map_or(Ok(false), |chat| tx.nameless_call_open(held.lane.channel, chat))
}

fn may_be_echo(tx: &Tx<'_>, channel: ChannelId, held: &Delivery, amendment: &Amendment) -> Result<bool, StoreError> {
    match held.lane.chat {
        Some(chat) if amendment.author == Author::Owner => tx.change_open(channel, chat),
        _ => Ok(false),
    }
}

/// A message of the owner that is being sent may be the one that is named, by the id it will get.
fn its_message_may_come(tx: &Tx<'_>, held: &Delivery, amendment: &Amendment) -> Result<bool, StoreError> {
    let Some(chat) = held.lane.chat else { return Ok(false) };
    if tx.message_by_stanza(chat, &amendment.chat, &amendment.target)?.is_some() {
        return Ok(false);
    }
    tx.answer_missing(Lane { direction: Direction::ToWhatsApp, ..held.lane })
}
