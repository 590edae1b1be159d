//! Queues what the bridge has to say to the owner.

use std::sync::Arc;

use super::channel::Channel;
use crate::clock::Moment;
use crate::event::{Event, Notice};
use crate::store::{ChannelId, ChatId, Direction, Lane, NewDelivery, State, StoreError, Tx};

/// The group of the question about what waited for too long.
pub(super) const MAY_SEND: &str = "may send";

/// A notice and where it belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Say<'a> {
    channel: ChannelId,
    chat: Option<ChatId>,
    notice: &'a Notice,
    group: Option<&'a str>,
}

impl<'a> Say<'a> {
    /// Into the control chat.
    #[must_use]
    pub(super) fn control(channel: ChannelId, notice: &'a Notice) -> Self {
        Self { channel, chat: None, notice, group: None }
    }

    /// Into the portal of the chat it concerns, in order with the chat's messages.
    #[must_use]
    pub(super) fn portal(channel: ChannelId, chat: ChatId, notice: &'a Notice) -> Self {
        Self { channel, chat: Some(chat), notice, group: None }
    }

    /// Not again while one of this group is on its way.
    #[must_use]
    pub(super) fn once(self, group: &'a str) -> Self {
        Self { group: Some(group), ..self }
    }
}

/// Says it as soon as the lane allows. False if its group has one on its way.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn owner(tx: &Tx<'_>, say: Say<'_>, now: Moment) -> Result<bool, StoreError> {
    queue(tx, say, State::Pending, now, now)
}

/// Says it at `due`, unless it is taken back before (`Tx::drop_held`).
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn owner_later(tx: &Tx<'_>, say: Say<'_>, due: Moment, now: Moment) -> Result<bool, StoreError> {
    queue(tx, say, State::Held, due, now)
}

/// Says something that concerns the whole program in the control chat of every channel, unless it is on its way there.
pub async fn say_once(channels: &[Arc<Channel>], group: &'static str, notice: &Notice, now: Moment) {
    for channel in channels {
        let (id, notice) = (channel.id, notice.clone());
        let said = channel.store.write(move |tx| owner(tx, Say::control(id, &notice).once(group), now)).await;
        if let Err(error) = said {
            tracing::error!(channel = %channel.name, %error, "a notice cannot be queued");
        }
    }
}

/// Says that messages are deleted here that have not arrived for certain, in the job that deletes them.
///
/// # Errors
///
/// Any [`StoreError`].
pub fn tell_forgotten(tx: &Tx<'_>, channel: ChannelId, notice: &Notice, now: Moment) -> Result<(), StoreError> {
    owner(tx, Say::control(channel, notice), now).map(drop)
}

fn queue(tx: &Tx<'_>, say: Say<'_>, state: State, due: Moment, now: Moment) -> Result<bool, StoreError> {
    let event = Event::Notice(say.notice.clone());
    // Of a chat that has been forgotten meanwhile it is said in the control chat.
    let chat = match say.chat {
        Some(chat) if tx.has_chat(chat)? => Some(chat),
        _ => None,
    };
    let lane = Lane { channel: say.channel, chat, direction: Direction::ToSignal };
    let new = NewDelivery { state, not_before: due, notice_group: say.group, ..NewDelivery::due(lane, &event, now) };
    tx.enqueue(&new, now)
}
