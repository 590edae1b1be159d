//! The owner's identity key. When it is another than the trusted one, somebody else may hold the owner's number: both
//! directions stand still until the new key is trusted on the server, never from a chat.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Notice, Refusal};
use crate::signal::LinkState;
use crate::store::{ChannelId, Side, StoreError, Tx};

/// How often signal-cli is asked whether the key has been trusted.
const ASK: Duration = Duration::from_secs(30);

/// A distrust found before a restart holds after it. Runs before the lanes do, so that nothing slips through.
pub(super) async fn restore(channel: &Channel) {
    let id = channel.id;
    if channel.insist(move |tx| tx.outage(id, Side::Owner)).await.is_some() {
        channel.owner_trusted.send_replace(false);
    }
}

/// Watches over the owner's key until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let id = channel.id;
    let mut trusted = channel.owner_trusted.subscribe();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            // The sender lives in the channel.
            _ = trusted.wait_for(|trusted| !trusted) => {}
        }
        let now = channel.clock.now();
        channel.insist(move |tx| tx.begin_outage(id, Side::Owner, now)).await;
        channel.counters.refused(Refusal::OwnerKey);
        tracing::error!(
            channel = %channel.name,
            "the owner's safety number has changed; nothing is sent in either direction until it is trusted: \
             compare it with the owner, then use signal-cli's trust command on the server"
        );
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = until_trusted(channel) => {}
        }
        let now = channel.clock.now();
        channel.insist(move |tx| go_on(tx, id, now)).await;
        tracing::info!(channel = %channel.name, "the owner's new safety number has been trusted");
        channel.owner_trusted.send_replace(true);
    }
}

async fn until_trusted(channel: &Channel) {
    let owner = channel.owner_known().await;
    loop {
        // The sender lives in the link that the channel holds.
        let _ = channel.signal.state().wait_for(|state| *state == LinkState::Up).await;
        if channel.signal.is_trusted(&owner).await == Ok(true) {
            return;
        }
        channel.clock.sleep(ASK).await;
    }
}

fn go_on(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<(), StoreError> {
    let Some(since) = tx.end_outage(channel, Side::Owner)? else { return Ok(()) };
    let notice = Notice::IdentityTrusted { after: now.since(since) };
    tell::owner(tx, Say::control(channel, &notice), now).map(drop)
}
