//! Watches over the owner's WhatsApp phone: WhatsApp logs linked devices out when it has been away for 14 days.
//!
//! WAHA does not say whether the phone is online. What it hands on of the phone is what is written on it, and that it
//! linked the session. So a phone that is merely unused looks like one that is away, and the words say so.

use super::channel::Channel;
use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::Notice;
use crate::store::{ChannelId, Sign, StoreError, Tx};

/// Looks, and tells the owner once that the phone has not been seen, and once that it has.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) async fn look(channel: &Channel) -> Result<(), StoreError> {
    let (id, now) = (channel.id, channel.clock.now());
    let is_connected = channel.whatsapp_trouble.borrow().is_none();
    channel.store.write(move |tx| compare(tx, id, is_connected, now)).await
}

fn compare(tx: &Tx<'_>, channel: ChannelId, is_connected: bool, now: Moment) -> Result<(), StoreError> {
    // The first look counts as the phone's last: somebody has linked it, and nobody knows when.
    let Some(seen) = tx.noted(channel, Sign::Phone)? else { return tx.note(channel, Sign::Phone, now) };
    let is_away = seen.age(now) >= limits::PHONE_AWAY;
    let was_told = tx.noted(channel, Sign::PhoneAway)?.is_some();
    match (is_away, was_told) {
        // What is logged out already has a notice of its own.
        (true, false) if is_connected => {
            tx.note(channel, Sign::PhoneAway, now)?;
            let notice = Notice::PhoneAway { after: seen.age(now) };
            tell::owner(tx, Say::control(channel, &notice), now).map(drop)
        }
        (false, true) => {
            tx.forget(channel, Sign::PhoneAway)?;
            tell::owner(tx, Say::control(channel, &Notice::PhoneBack), now).map(drop)
        }
        _ => Ok(()),
    }
}
