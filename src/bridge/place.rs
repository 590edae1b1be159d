//! Where in Signal a delivery goes: into the chat's portal, or into the control chat under a label.
//!
//! Strangers stay in the control chat until the owner has written to them. So does a message whose portal cannot be
//! made yet: it is not held back. A portal that is stopped holds its messages: there somebody else may be reading, and
//! the owner is to mend it.

use super::channel::Channel;
use super::portal::{self, Ready};
use super::{membership, title};
use crate::clock::Moment;
use crate::config::ConversationMode;
use crate::event::{Event, GroupId, Notice, PortalTrouble};
use crate::redact::Private;
use crate::store::{ChatId, Delivery, Portal, StoreError};

/// Where it goes.
#[derive(Debug)]
pub(super) enum Place {
    /// Into the chat's portal.
    Portal(Portal),
    /// Into the control chat; `title` says which chat it is of.
    Control {
        /// The label; none for notices of the bridge itself.
        title: Option<Private>,
    },
    /// The chat turned out to be another one, where its deliveries are now.
    Moved,
    /// Nowhere before this time.
    Wait(Moment),
}

/// Finds it.
///
/// # Errors
///
/// If the store does not say.
pub(super) async fn find(channel: &Channel, delivery: &Delivery, event: &Event) -> Result<Place, StoreError> {
    let Some(chat) = delivery.lane.chat else { return Ok(Place::Control { title: None }) };
    if let Event::Notice(Notice::GoesOnElsewhere { group }) = event {
        return last_words(channel, group).await;
    }
    let portal = channel.store.read(move |tx| tx.portal_of(chat)).await?;
    if portal.is_none() && stays_in_control(channel, chat, event).await? {
        return control(channel, chat, event).await;
    }
    match portal::ensure(channel, chat, event).await {
        Ready::Portal(portal) => Ok(Place::Portal(portal)),
        Ready::Moved => Ok(Place::Moved),
        Ready::Wait { until, why } => not_yet(channel, chat, event, until, why).await,
    }
}

/// Into a group that is not the chat's current one, for the one line that says so.
async fn last_words(channel: &Channel, group: &GroupId) -> Result<Place, StoreError> {
    let (id, group) = (channel.id, group.clone());
    let portal = channel.store.read(move |tx| tx.portal_by_group(id, &group)).await?;
    Ok(portal.map_or(Place::Control { title: None }, Place::Portal))
}

/// A notice about a chat without a portal is about something in the control chat, and so is what is done to a message. A message is a stranger's if the owner
/// neither has it in the address book nor has written to it.
async fn stays_in_control(channel: &Channel, chat: ChatId, event: &Event) -> Result<bool, StoreError> {
    if matches!(event, Event::Notice(_) | Event::Amended(_)) {
        return Ok(true);
    }
    if channel.mode == ConversationMode::Portal || channel.store.read(move |tx| tx.is_opened(chat)).await? {
        return Ok(false);
    }
    let address = channel.store.read(move |tx| tx.chat_address(chat)).await?;
    Ok(!title::of(channel, &address, event).await.is_known)
}

/// Into the control chat, under the chat's label.
///
/// # Errors
///
/// If the store does not say.
pub(super) async fn control(channel: &Channel, chat: ChatId, event: &Event) -> Result<Place, StoreError> {
    let address = channel.store.read(move |tx| tx.chat_address(chat)).await?;
    let title = title::of(channel, &address, event).await.of_label();
    Ok(Place::Control { title: Some(title) })
}

async fn not_yet(
    channel: &Channel,
    chat: ChatId,
    event: &Event,
    until: Moment,
    why: Option<PortalTrouble>,
) -> Result<Place, StoreError> {
    let Some(why) = why else { return Ok(Place::Wait(until)) };
    let (id, now) = (channel.id, channel.clock.now());
    channel.store.write(move |tx| membership::tell_waiting(tx, id, why, now)).await?;
    match why {
        PortalTrouble::RateLimited | PortalTrouble::Refused | PortalTrouble::OwnerPending => {
            control(channel, chat, event).await
        }
        _ => Ok(Place::Wait(until)),
    }
}
