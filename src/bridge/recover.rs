//! What was in flight when the program ended: its outcome is unknown.
//!
//! Towards Signal it goes once more, marked. Towards WhatsApp it goes again only under the id that was chosen for it
//! before the call; else the owner is told that it may have been sent, and decides.

use super::channel::Channel;
use super::intake::about;
use super::tell::{self, Say};
use super::{change_whatsapp, held};
use crate::clock::Moment;
use crate::event::{Event, Notice, Standing};
use crate::failpoint::reach;
use crate::store::{Delivery, Direction, State, StoreError, Tx};

/// Sorts everything that was in flight. Runs before the lanes do.
pub(super) async fn all(channel: &Channel) {
    let id = channel.id;
    let open = channel.insist(move |tx| tx.in_flight(id)).await;
    if !open.is_empty() {
        tracing::warn!(channel = %channel.name, count = open.len(), "calls were open when the program ended");
    }
    for delivery in open {
        one(channel, delivery).await;
        reach!("recover.between");
    }
}

/// Sorts one delivery.
pub(super) async fn one(channel: &Channel, delivery: Delivery) {
    let now = channel.clock.now();
    channel.insist(move |tx| sort(tx, &delivery, now)).await;
    reach!("recover.after_commit");
}

fn sort(tx: &Tx<'_>, delivery: &Delivery, now: Moment) -> Result<(), StoreError> {
    // A change names its message, and done twice it is the same.
    let is_change = matches!(delivery.event, Some(Event::Changed(_)));
    let again = delivery.lane.direction == Direction::ToSignal || delivery.chosen.is_some() || is_change;
    if again { tx.put_back(delivery.seq, now, false, true) } else { may_have_been_sent(tx, delivery, now) }?;
    reach!("recover.before_commit");
    Ok(())
}

/// Sets a delivery aside as unknown and asks the owner.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn may_have_been_sent(tx: &Tx<'_>, delivery: &Delivery, now: Moment) -> Result<(), StoreError> {
    if let Some(Event::Changed(change)) = &delivery.event {
        return change_whatsapp::give_up(tx, (delivery, change), Standing::Unclear, now);
    }
    tx.set_aside(delivery.seq, State::Unknown)?;
    if let (Some(Event::Typed(typed)), Some(chat)) = (&delivery.event, delivery.lane.chat) {
        let notice = Notice::MaybeSent { about: about(typed) };
        tell::owner(tx, Say::portal(delivery.lane.channel, chat, &notice), now)?;
        // If its echo is among what waits for the answer that will not come, it is the answer to the question.
        held::release_own(tx, delivery.lane.channel, chat)?;
    }
    Ok(())
}
