//! Closes gaps: after the bridge, WAHA or its session was away, what WAHA knows and the bridge does not is fetched and
//! handed to the intake like any webhook, so that what was taken before, echoes and history are told apart as ever.
//!
//! WhatsApp itself hands over what came while WAHA was away. What gets lost are webhooks: WAHA keeps those that the
//! bridge did not take in its memory alone.

mod fetch;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::intake::ChannelIntake;
use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{GapCause, Notice};
use crate::store::{ChannelId, StoreError, Tx};

/// One line about gaps at a time.
const NOTICE: &str = "gap";

/// Whether something may have been missed, and until when nothing was. Opened by the watch on the WhatsApp side.
#[derive(Debug, Default)]
pub struct Gap(watch::Sender<Known>);

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    opened: u64,
    closed: u64,
    fine: Option<Moment>,
}

impl Gap {
    /// Something may have been missed, and the WhatsApp side works so that it can be looked up.
    pub(super) fn open(&self) {
        self.0.send_modify(|known| known.opened += 1);
    }

    /// The WhatsApp side works. Says nothing about now while a gap is open.
    pub(super) fn is_fine(&self, now: Moment) {
        self.0.send_if_modified(|known| {
            if known.opened == known.closed {
                known.fine = Some(now);
            }
            false
        });
    }

    /// Everything up to `until` is here, as far as the gaps opened before the `opened`th go.
    fn close(&self, opened: u64, until: Moment) {
        self.0.send_modify(|known| (known.closed, known.fine) = (opened, Some(until)));
    }

    /// Waits for an open gap; returns its number.
    async fn opened(&self) -> u64 {
        let mut known = self.0.subscribe();
        // The sender lives in `self`.
        known.wait_for(|known| known.opened != known.closed).await.map_or(0, |known| known.opened)
    }

    fn fine(&self) -> Option<Moment> {
        self.0.borrow().fine
    }
}

/// Closes gaps until `stop`, and keeps the moment up to which there are none.
pub(super) async fn run(channel: &Channel, intake: &ChannelIntake, stop: CancellationToken) {
    let closing = async {
        loop {
            next(channel, intake).await;
        }
    };
    let keeping = async {
        loop {
            channel.clock.sleep(limits::KEEP_FINE).await;
            keep(channel).await;
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = closing => {}
        () = keeping => {}
    }
    if channel.whatsapp_trouble.borrow().is_none() {
        channel.gap.is_fine(channel.clock.now());
    }
    keep(channel).await;
}

async fn next(channel: &Channel, intake: &ChannelIntake) {
    let opened = channel.gap.opened().await;
    channel.whatsapp_ready().await;
    let mut trouble = channel.whatsapp_trouble.subscribe();
    tokio::select! {
        biased;
        () = close(channel, intake, opened) => {}
        // It begins anew when the side is back. What it took until then is known as seen.
        _ = trouble.wait_for(Option::is_some) => {}
    }
}

async fn close(channel: &Channel, intake: &ChannelIntake, opened: u64) {
    let began = channel.clock.now();
    let (fine, cause) = match fine(channel).await {
        // Before its first start a channel has missed nothing.
        None => (began, None),
        Some(fine) => (fine, fetch::all(channel, intake, fine).await),
    };
    let (id, notice) = (channel.id, cause.and_then(|cause| notice(cause, fine, began)));
    channel.insist(move |tx| record(tx, id, began, notice.as_ref())).await;
    channel.gap.close(opened, began);
}

/// Until when everything was fine: as this run of the program knows it, else as the one before kept it.
async fn fine(channel: &Channel) -> Option<Moment> {
    let (id, kept) = (channel.id, channel.gap.fine());
    match kept {
        Some(fine) => Some(fine),
        None => channel.insist(move |tx| kept_moment(tx, id)).await,
    }
}

/// WAHA can bring messages before its session was ever seen to work, and be restarted before that.
fn kept_moment(tx: &Tx<'_>, channel: ChannelId) -> Result<Option<Moment>, StoreError> {
    match tx.fine_until(channel)? {
        None if tx.has_chats(channel)? => tx.first_started(channel).map(Some),
        kept => Ok(kept),
    }
}

/// Where WAHA hands out nothing at all, a short gap is hardly one: it would repeat what was not taken.
fn notice(cause: GapCause, fine: Moment, began: Moment) -> Option<Notice> {
    let away = began.since(fine);
    let repeats = matches!(cause, GapCause::StoreOff | GapCause::NotOffered | GapCause::NothingKept);
    (!repeats || away >= limits::OUTAGE_NOTICE).then_some(Notice::GapOpen { cause, away })
}

/// Together, so that it is said once.
fn record(tx: &Tx<'_>, channel: ChannelId, began: Moment, notice: Option<&Notice>) -> Result<(), StoreError> {
    tx.set_fine_until(channel, began)?;
    match notice {
        Some(notice) => tell::owner(tx, Say::control(channel, notice).once(NOTICE), began).map(drop),
        None => Ok(()),
    }
}

async fn keep(channel: &Channel) {
    let (id, Some(fine)) = (channel.id, channel.gap.fine()) else { return };
    if let Err(error) = channel.store.write(move |tx| tx.set_fine_until(id, fine)).await {
        tracing::warn!(channel = %channel.name, %error, "the next start looks further back for missed messages");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn only_a_closed_gap_lets_time_count_as_fine() {
        let gap = Gap::default();
        gap.open();
        gap.is_fine(Moment(5));
        assert_eq!((gap.fine(), gap.opened().await), (None, 1));
        gap.open();
        gap.close(1, Moment(3));
        gap.is_fine(Moment(6));
        assert_eq!((gap.fine(), gap.opened().await), (Some(Moment(3)), 2), "it was opened again meanwhile");
        gap.close(2, Moment(7));
        gap.is_fine(Moment(8));
        assert_eq!(gap.fine(), Some(Moment(8)));
    }

    #[test]
    fn a_short_gap_is_said_only_if_something_is_known_to_be_missing() {
        let said = |cause, away: Duration| notice(cause, Moment(0), Moment(0).plus(away)).is_some();
        let (short, long) = (Duration::from_secs(59), Duration::from_mins(1));
        for cause in [GapCause::StoreOff, GapCause::NotOffered, GapCause::NothingKept] {
            assert!(!said(cause, short) && said(cause, long));
        }
        assert!(said(GapCause::TooMany, short) && said(GapCause::Failed, short));
    }
}
