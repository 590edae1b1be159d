//! What follows when Signal did not take a delivery as it should.

use super::channel::Channel;
use super::outcome::AfterSignal;
use super::tell::{self, Say};
use super::{limits, membership, signal_side};
use crate::clock::Moment;
use crate::event::{Event, Notice, Undelivered};
use crate::failpoint::reach;
use crate::signal::SignalError;
use crate::store::{Delivery, Portal, PortalState, State};

/// Acts on what `after` says. False if the delivery stays because of something that passes.
pub(super) async fn not_delivered(
    channel: &Channel,
    delivery: Delivery,
    portal: Option<Portal>,
    after: AfterSignal,
    error: Option<SignalError>,
    failures: u32,
) -> bool {
    let now = channel.clock.now();
    match after {
        AfterSignal::Repeat | AfterSignal::RepeatRarely if tried_enough(&delivery, after) => {
            return dead(channel, delivery, Undelivered::GaveUp).await;
        }
        AfterSignal::Repeat | AfterSignal::RepeatRarely => {
            // The answer would have said who got it.
            membership::look(channel, portal.as_ref()).await;
            let wait = limits::backoff(delivery.attempts + 1);
            put_back(channel, &delivery, now.plus(wait), true, true).await;
        }
        AfterSignal::Pause(after) => {
            // The account's pause is what the lane waits for: it can be lifted.
            channel.account.refused(now, after, channel.signal.take_challenge());
            put_back(channel, &delivery, now, false, false).await;
        }
        // The last words in a group that the owner has left: nobody is to hear them.
        AfterSignal::NobodyThere if portal.as_ref().is_some_and(|portal| portal.state == PortalState::Old) => {
            return dead(channel, delivery, Undelivered::Refused).await;
        }
        AfterSignal::NobodyThere => {
            membership::look(channel, portal.as_ref()).await;
            put_back(channel, &delivery, now.plus(limits::backoff(failures + 1)), false, false).await;
        }
        AfterSignal::Refused if delivery.attempts + 1 >= limits::ATTEMPTS => {
            return dead(channel, delivery, Undelivered::Refused).await;
        }
        AfterSignal::Refused => {
            membership::look(channel, portal.as_ref()).await;
            let wait = limits::backoff(delivery.attempts + 1);
            put_back(channel, &delivery, now.plus(wait), true, false).await;
        }
        AfterSignal::Distrust => {
            channel.owner_trusted.send_replace(false);
            put_back(channel, &delivery, now, false, false).await;
        }
        AfterSignal::Wait | AfterSignal::Delivered | AfterSignal::ReadByStranger => {
            // A link that is down is waited for by itself; the others are asked again ever more rarely.
            let down = error == Some(SignalError::Down);
            if !down && error != Some(SignalError::SignedOut) {
                signal_side::send_failed(channel);
            }
            let wait = if down { limits::SOON } else { limits::backoff(failures + 1) };
            put_back(channel, &delivery, now.plus(wait), false, false).await;
        }
    }
    false
}

/// A notice is never given up for that: nobody else could say it, and twice it does no harm.
fn tried_enough(delivery: &Delivery, after: AfterSignal) -> bool {
    let is_notice = matches!(delivery.event, Some(Event::Notice(_)));
    // What changes a message can be done as often as one likes.
    let is_change = matches!(delivery.event, Some(Event::Amended(_)));
    let tries = if after == AfterSignal::Repeat && !is_change { 1 } else { limits::ATTEMPTS };
    !is_notice && delivery.repeated && delivery.attempts + 1 >= tries
}

/// Lets the delivery wait at the head of its lane.
pub(super) async fn put_back(channel: &Channel, delivery: &Delivery, not_before: Moment, counts: bool, repeated: bool) {
    let seq = delivery.seq;
    channel
        .insist(move |tx| {
            tx.put_back(seq, not_before, counts, repeated)?;
            reach!("to_signal.put_back.before_commit");
            Ok(())
        })
        .await;
}

/// Ends a delivery with a notice in its own conversation. A notice that cannot be said ends with a line in the log.
pub(super) async fn dead(channel: &Channel, delivery: Delivery, why: Undelivered) -> bool {
    tracing::error!(channel = %channel.name, ?why, "a delivery to Signal ended undelivered");
    let (id, now) = (channel.id, channel.clock.now());
    let is_notice = matches!(delivery.event, Some(Event::Notice(_)));
    channel
        .insist(move |tx| {
            tx.set_aside(delivery.seq, State::Dead)?;
            let notice = Notice::NotBrought { why };
            let nowhere = why == Undelivered::PlaceUnreadable;
            let say = match delivery.lane.chat {
                Some(chat) if !nowhere => Say::portal(id, chat, &notice),
                _ => Say::control(id, &notice),
            };
            if !is_notice || nowhere {
                tell::owner(tx, say, now)?;
            }
            reach!("to_signal.dead.before_commit");
            Ok(())
        })
        .await;
    true
}
