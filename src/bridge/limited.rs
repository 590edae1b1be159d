//! Tells the owner that Signal limits the bridge account, once, and once that it does not any more. While it does, the
//! line waits like everything else; what is over before it got through is told in one line.

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::Notice;
use crate::store::{ChannelId, StoreError, Tx};

const NOTICE: &str = "signal limits";

/// Follows the limit until `stop`. It is not kept over a restart: the next send that is refused tells of it.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let (id, mut limit) = (channel.id, channel.account.watch());
    channel.insist(move |tx| tx.drop_waiting(id, NOTICE)).await;
    let mut told = None;
    loop {
        let now = channel.clock.now();
        let found = limit.borrow_and_update().as_ref().map(|limit| (limit.since, limit.wants_captcha()));
        if found != told {
            channel.insist(move |tx| say(tx, id, told, found, now)).await;
            told = found;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            // The sender lives in the account.
            _ = limit.changed() => {}
        }
    }
}

/// Since when there is a limit, and whether a captcha ends it.
type Known = Option<(Moment, bool)>;

fn say(tx: &Tx<'_>, channel: ChannelId, told: Known, found: Known, now: Moment) -> Result<(), StoreError> {
    tx.drop_waiting(channel, NOTICE)?;
    if let Some((since, captcha)) = found {
        let notice = Notice::SignalLimited { captcha };
        let due = since.plus(limits::OUTAGE_NOTICE);
        return tell::owner_later(tx, Say::control(channel, &notice).once(NOTICE), due, now).map(drop);
    }
    let after = told.map(|(since, _)| now.since(since)).filter(|after| *after >= limits::OUTAGE_NOTICE);
    match after {
        Some(after) => tell::owner(tx, Say::control(channel, &Notice::SignalTakes { after }), now).map(drop),
        None => Ok(()),
    }
}
