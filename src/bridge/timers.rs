//! When messages disappear from portals on the phones: as they do from their chats on WhatsApp; or after as long as their records
//! are kept here, where the configuration says so, which is no longer. What the owner sets in a group stays: only a timer that is
//! as the bridge has left it is changed.

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use super::portal::Halt;
use super::rounds::{self, Rhythm};
use crate::event::GroupId;
use crate::failpoint::reach;
use crate::signal::SignalError;
use crate::store::{Portal, PortalId, Timer};

/// Sets what is to be set until `stop`, one after the other, beside the lanes.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let rhythm = Rhythm { pace: limits::TIMER_PACE, rest: limits::TIMERS, bell: &channel.timers_due };
    let keep = rounds::keep(channel, rhythm, || channel.signal_ready(), || next(channel));
    stop.run_until_cancelled(keep).await;
}

/// Sees to one portal. False if none was left.
async fn next(channel: &Channel) -> Result<bool, Halt> {
    let (id, by_retention) = (channel.id, channel.disappearing);
    let Some(timer) = channel.store.read(move |tx| tx.timer_due(id, by_retention)).await? else { return Ok(false) };
    let (portal, wanted) = (timer.portal, timer.wanted);
    match current(channel, &timer).await? {
        Some(current) if current == wanted && timer.is_ours(current) => is_set(channel, portal, wanted).await?,
        Some(current) if timer.is_ours(current) => set(channel, &timer).await?,
        _ => channel.store.write(move |tx| tx.leave_timer(portal, wanted)).await?,
    }
    Ok(true)
}

/// What it is now; nothing of a group that is not there.
async fn current(channel: &Channel, timer: &Timer) -> Result<Option<i64>, SignalError> {
    match channel.signal.group(&timer.group).await {
        Ok(group) => Ok(group.map(|group| group.timer)),
        Err(SignalError::Refused) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn set(channel: &Channel, timer: &Timer) -> Result<(), Halt> {
    let Some(seconds) = intend(channel, timer.portal).await? else { return Ok(()) };
    call(channel, &timer.group, seconds).await?;
    is_set(channel, timer.portal, seconds).await
}

async fn call(channel: &Channel, group: &GroupId, seconds: i64) -> Result<(), SignalError> {
    let answer = channel.signal.set_timer(group, seconds).await;
    reach!("timers.after_call");
    answer
}

/// Before the call, so that what it did is known for the bridge's own also if its answer is lost.
async fn intend(channel: &Channel, portal: PortalId) -> Result<Option<i64>, Halt> {
    let by_retention = channel.disappearing;
    let tried = channel.store.write(move |tx| {
        let tried = tx.try_timer(portal, by_retention);
        reach!("timers.intend.before_commit");
        tried
    });
    Ok(tried.await?)
}

/// What a group that was made just now gets with its rights, if anything.
pub(super) async fn at_birth(channel: &Channel, portal: &Portal) -> Result<Option<i64>, Halt> {
    let (portal, by_retention) = (portal.id, channel.disappearing);
    let wanted = channel.store.read(move |tx| tx.timer_wanted(portal, by_retention)).await?;
    if wanted.is_some_and(|wanted| wanted > 0) { intend(channel, portal).await } else { Ok(None) }
}

/// Notes that it is set.
pub(super) async fn is_set(channel: &Channel, portal: PortalId, seconds: i64) -> Result<(), Halt> {
    let noted = channel.store.write(move |tx| {
        tx.timer_is_set(portal, seconds)?;
        reach!("timers.set.before_commit");
        Ok(())
    });
    Ok(noted.await?)
}
