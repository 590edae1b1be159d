//! What is due for deletion (pure), and deleting it.

use std::time::Duration;

use crate::bridge;
use crate::clock::{Clock, Moment};
use crate::config::Periods;
use crate::event::Notice;
use crate::failpoint::reach;
use crate::store::{ChannelId, Cutoffs, Purged, Store, StoreError, Tx};
use crate::whatsapp::FRESHNESS;

/// The name under which the last run is noted.
pub const JOB: &str = "retention";

/// Keys of accepted events are kept at least this long: peers repeat what they think was not taken.
const SEEN_AT_LEAST: Duration = Duration::from_hours(7 * 24);

/// What is past its time at `now`.
#[must_use]
pub fn cutoffs(now: Moment, periods: &Periods) -> Cutoffs {
    Cutoffs { now, seen: now.minus(seen_period(periods)) }
}

/// Keys of accepted events outlive everything that could repeat one: a webhook is taken for as long as it is fresh, so
/// its key must be there for longer; and nothing that is kept may come a second time. Which chat a key is of cannot be
/// told, so the longest period goes for all of them.
fn seen_period(periods: &Periods) -> Duration {
    periods.longest().max(FRESHNESS + Duration::from_hours(1)).max(SEEN_AT_LEAST)
}

/// Deletes what is due, gives back the pages that are free, and empties the write-ahead log.
///
/// # Errors
///
/// Any [`StoreError`]; the next run goes on.
pub async fn run(store: &Store, clock: &Clock, periods: &Periods) -> Result<Purged, StoreError> {
    let (now, cutoffs) = (clock.now(), cutoffs(clock.now(), periods));
    let wanted = periods.clone();
    store.write(move |tx| tx.set_periods(&wanted)).await?;
    settle(store, clock).await?;
    let untold = forget_unsent(store, now).await? + forget_unshown(store, now).await?;
    let purged = store.purge(cutoffs).await?;
    let purged = Purged { deliveries: purged.deliveries + untold, ..purged };
    reach!("retention.after_chunks");
    let noted = store.write(move |tx| {
        tx.note_deleted(&purged)?;
        tx.set_last_run(JOB, now)
    });
    noted.await?;
    reach!("retention.after_commit");
    while store.write(|tx| tx.give_back()).await? {}
    store.empty_log().await?;
    Ok(purged)
}

/// Rewrites, in pieces, what carries the time at which it goes and whose period has changed. What was not finished goes on
/// at the next call.
///
/// # Errors
///
/// Any [`StoreError`].
pub async fn settle(store: &Store, clock: &Clock) -> Result<(), StoreError> {
    let now = clock.now();
    while store.write(move |tx| tx.settle_piece(now)).await? {
        reach!("retention.between_pieces");
    }
    Ok(())
}

/// Notes what a run has deleted, everywhere, and says it in the log.
///
/// # Errors
///
/// Any [`StoreError`].
pub async fn report(store: &Store, purged: Purged) -> Result<(), StoreError> {
    tracing::info!(deleted = %purged, "retention has run");
    store.write(move |tx| tx.note_deleted(&purged)).await
}

/// Begins to forget chats that were idle for `idle`; the channels do it. Returns how many.
///
/// # Errors
///
/// Any [`StoreError`].
pub async fn forget_idle(store: &Store, now: Moment, idle: Duration) -> Result<usize, StoreError> {
    store.write(move |tx| tx.begin_to_forget_idle(now.minus(idle), now)).await
}

/// What the owner typed and nobody can vouch for goes with a line, in pieces. Returns how much went.
async fn forget_unsent(store: &Store, now: Moment) -> Result<usize, StoreError> {
    let mut total = 0;
    loop {
        let job = move |tx: &Tx<'_>| {
            let gone = tx.forget_unsent(now)?;
            tell(tx, &gone, |count| Notice::UnsentForgotten { count }, now)
        };
        match store.write(job).await? {
            0 => return Ok(total),
            gone => total += gone,
        }
    }
}

/// What waited for Signal for too long goes with a line, in pieces. Returns how much went.
async fn forget_unshown(store: &Store, now: Moment) -> Result<usize, StoreError> {
    let (mut total, mut after) = (0, 0);
    loop {
        let job = move |tx: &Tx<'_>| {
            let unshown = tx.forget_unshown(now, after)?;
            let gone = tell(tx, &unshown.counts, |count| Notice::UnshownForgotten { count }, now)?;
            Ok((gone, unshown.last))
        };
        let (gone, last) = store.write(job).await?;
        total += gone;
        let Some(last) = last else { return Ok(total) };
        after = last;
    }
}

/// Says what goes, in the job that deletes it. Returns how much that is.
fn tell(tx: &Tx<'_>, gone: &[(ChannelId, i64)], notice: fn(i64) -> Notice, now: Moment) -> Result<usize, StoreError> {
    gone.iter().try_for_each(|(channel, count)| bridge::tell_forgotten(tx, *channel, &notice(*count), now))?;
    Ok(gone.iter().map(|(_, count)| usize::try_from(*count).unwrap_or_default()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ChannelPeriods;

    #[test]
    fn keys_of_events_outlive_the_freshness_window() {
        let (now, hour) = (Moment(10_000_000_000), Duration::from_hours(1));
        let spans = [hour / 60, hour, hour * 24, hour * 24 * 90];
        for (general, period, chat) in spans
            .iter()
            .flat_map(|one| spans.map(|two| (*one, two, spans)))
            .flat_map(|(one, two, all)| all.map(|three| (one, two, three)))
        {
            let channel = ChannelPeriods { name: "home".into(), period, chats: vec![("1@g.us".into(), chat)] };
            let periods = Periods { general, channels: vec![channel] };
            let kept = now.since(cutoffs(now, &periods).seen);
            assert!(periods.all().all(|period| kept >= period) && kept > FRESHNESS && kept >= SEEN_AT_LEAST);
        }
    }
}
