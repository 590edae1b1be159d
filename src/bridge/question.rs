//! The question about what waited for WhatsApp for too long to go unasked.

use super::channel::Channel;
use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::Notice;
use crate::store::{ChannelId, StoreError, Tx};

/// Too old to go unasked: the owner is asked once for all that waits, and again where no answer came in a day.
pub(super) async fn ask(channel: &Channel, seq: i64) -> bool {
    let (id, now) = (channel.id, channel.clock.now());
    channel
        .insist(move |tx| {
            let is_first = tx.awaiting_answer(id)? == 0;
            if tx.await_answer(seq)? && (is_first || !asked_lately(tx, id, now)?) {
                ask_later(tx, id, now)?;
            }
            Ok(())
        })
        .await;
    true
}

fn asked_lately(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<bool, StoreError> {
    Ok(tx.last_run(&question(channel))?.is_some_and(|last| now.since(last) < limits::ASK_AGAIN))
}

/// A little later, so that the question counts what else is too old by then.
fn ask_later(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<(), StoreError> {
    tx.set_last_run(&question(channel), now)?;
    let say = Say::control(channel, &Notice::MaySend).once(tell::MAY_SEND);
    tell::owner_later(tx, say, now.plus(limits::QUESTION), now).map(drop)
}

fn question(channel: ChannelId) -> String {
    format!("notice:{}:may send", channel.number())
}
