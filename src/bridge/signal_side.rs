//! Follows the link to signal-cli: pins the owner, and says after an outage how long it was.

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::tell::{self, Say};
use super::{limits, membership};
use crate::clock::Moment;
use crate::event::{Aci, Notice};
use crate::failpoint::reach;
use crate::signal::LinkState;
use crate::store::{ChannelId, Side, StoreError, Tx};

/// While one line about an outage waits, a shorter one after it says nothing new.
const BACK: &str = "signal back";

/// Pins the owner once it is known. `configured` is what the configuration names.
pub(super) async fn pin_owner(channel: &Channel, configured: String, stop: CancellationToken) {
    let owner = tokio::select! {
        biased;
        () = stop.cancelled() => return,
        owner = channel.owner_known() => owner,
    };
    // A second setting is the same value: the link's owner changes at most once.
    let _ = channel.owner.set(owner.clone());
    let id = channel.id;
    channel
        .insist(move |tx| {
            pin(tx, id, &configured, &owner)?;
            reach!("owner.before_commit");
            Ok(())
        })
        .await;
}

fn pin(tx: &Tx<'_>, channel: ChannelId, configured: &str, owner: &Aci) -> Result<(), StoreError> {
    match tx.pinned_owner(channel, configured)? {
        Some(_) => Ok(()),
        None => tx.pin_owner(channel, configured, owner),
    }
}

/// Follows the link until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let mut state = channel.signal.state();
    loop {
        let now = *state.borrow_and_update();
        record(channel, now).await;
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = state.changed() => if changed.is_err() { return },
        }
    }
}

async fn record(channel: &Channel, state: LinkState) {
    let (id, now) = (channel.id, channel.clock.now());
    if state == LinkState::Connecting {
        return;
    }
    if state == LinkState::Up {
        learn_bridge(channel).await;
    }
    if matches!(state, LinkState::SignedOut | LinkState::NoAccount) {
        // It has a name now, and is over with the outage.
        channel.signal_failing.send_replace(None);
    }
    let job = move |tx: &Tx<'_>| {
        if state == LinkState::Up {
            up(tx, id, now)?;
        } else {
            tx.begin_outage(id, Side::Signal, now)?;
        }
        reach!("signal_side.before_commit");
        Ok(())
    };
    if let Err(error) = channel.store.write(job).await {
        tracing::error!(channel = %channel.name, %error, "the state of the Signal side is not recorded");
    }
}

/// Without a group there is nothing to quote, so no answer is fine.
async fn learn_bridge(channel: &Channel) {
    if channel.bridge.get().is_none() {
        for group in channel.signal.groups().await.unwrap_or_default() {
            membership::learn_bridge(channel, &group);
        }
    }
}

/// A send failed for a cause outside of it. The first time counts.
pub(super) fn send_failed(channel: &Channel) {
    let now = channel.clock.now();
    channel.signal_failing.send_if_modified(|since| {
        let is_first = since.is_none();
        since.get_or_insert(now);
        is_first
    });
}

/// A send succeeded. If that had been impossible for a while, the owner hears how long.
pub(super) async fn send_succeeded(channel: &Channel) {
    channel.account.took(channel.clock.now());
    let Some(since) = channel.signal_failing.send_replace(None) else { return };
    let (id, now) = (channel.id, channel.clock.now());
    let after = now.since(since);
    if after >= limits::OUTAGE_NOTICE {
        let notice = Notice::SignalBack { after };
        channel.insist(move |tx| tell::owner(tx, Say::control(id, &notice).once(BACK), now).map(drop)).await;
    }
}

fn up(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<(), StoreError> {
    let Some(since) = tx.end_outage(channel, Side::Signal)? else { return Ok(()) };
    let after = now.since(since);
    if after >= limits::OUTAGE_NOTICE {
        tell::owner(tx, Say::control(channel, &Notice::SignalBack { after }).once(BACK), now)?;
    }
    Ok(())
}
