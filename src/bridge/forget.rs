//! A chat that the owner wants forgotten: what holds it goes as soon as nothing is in flight in it. What is to be forgotten
//! stands in the store, so a crash changes nothing.

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use super::portal::{self, Halt};
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Event, Notice};
use crate::failpoint::reach;
use crate::store::{ChannelId, ChatId, Direction, Forgotten, Lane, NewDelivery, StoreError, Tally, Tx};

/// What was said to a wish from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// The chat is being forgotten.
    Yes,
    /// There is no such chat in this channel.
    NoSuchChat,
}

/// Begins to forget a chat of this channel.
///
/// # Errors
///
/// Any [`StoreError`].
pub async fn begin(channel: &Channel, chat: ChatId) -> Result<Begun, StoreError> {
    let (id, now) = (channel.id, channel.clock.now());
    let begun = channel.store.write(move |tx| {
        if tx.channel_of(chat)? != Some(id) {
            return Ok(Begun::NoSuchChat);
        }
        tx.begin_to_forget(chat, now)?;
        reach!("forget.begin.before_commit");
        Ok(Begun::Yes)
    });
    let begun = begun.await?;
    channel.forget_due.notify_one();
    Ok(begun)
}

/// Forgets what is to be forgotten until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let forgetting = async {
        loop {
            all(channel).await;
            channel.forget_due.notified().await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = forgetting => {}
    }
}

/// Returns when nothing is left to be forgotten.
async fn all(channel: &Channel) {
    let mut failures = 0;
    loop {
        match attempt(channel).await {
            Ok(true) => return,
            Ok(false) => failures = 0,
            Err(halt) => {
                failures += 1;
                tracing::error!(channel = %channel.name, ?halt, failures, "a chat is not forgotten yet");
                channel.clock.sleep(limits::backoff(failures)).await;
            }
        }
        channel.clock.sleep(limits::SOON).await;
    }
}

/// True if nothing is left.
async fn attempt(channel: &Channel) -> Result<bool, Halt> {
    let id = channel.id;
    let chats = channel.store.read(move |tx| tx.being_forgotten(id)).await?;
    for chat in &chats {
        one(channel, *chat).await?;
    }
    if !chats.is_empty() {
        reach!("forget.after_commit");
        empty_log(channel).await;
    }
    Ok(chats.is_empty())
}

async fn one(channel: &Channel, chat: ChatId) -> Result<(), Halt> {
    while channel.store.write(move |tx| tx.forget_piece(chat)).await? {
        reach!("forget.between_pieces");
    }
    // A group that is being made for the chat would be nobody's.
    let made = channel.account.making.lock().await;
    if channel.store.read(move |tx| tx.has_intent(chat)).await? {
        portal::reconcile(channel).await?;
    }
    let (id, now) = (channel.id, channel.clock.now());
    let rest = channel.store.write(move |tx| {
        if let Some(forgotten) = tx.forget_rest(chat)? {
            take_leave(tx, id, forgotten, now)?;
        }
        reach!("forget.before_commit");
        Ok(())
    });
    rest.await?;
    drop(made);
    Ok(())
}

/// The groups are left in the order of the control chat, and then it is said.
fn take_leave(tx: &Tx<'_>, channel: ChannelId, forgotten: Forgotten, now: Moment) -> Result<(), StoreError> {
    let lane = Lane { channel, chat: None, direction: Direction::ToSignal };
    for group in forgotten.groups {
        tx.enqueue(&NewDelivery::due(lane, &Event::Leave { group }, now), now)?;
    }
    let Tally { unsent, maybe, unshown } = forgotten.tally;
    let notice = Notice::Forgotten { idle: forgotten.idle, unsent, maybe, unshown };
    tell::owner(tx, Say::control(channel, &notice), now).map(drop)
}

/// What was deleted stands in the log until then. If a reader is in the way, retention does it.
async fn empty_log(channel: &Channel) {
    if let Err(error) = channel.store.empty_log().await {
        tracing::warn!(channel = %channel.name, %error, "the log is not emptied yet; retention does it");
    }
}
