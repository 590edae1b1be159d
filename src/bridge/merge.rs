//! Two chats that turned out to be one person become one, as soon as nothing is in flight in either. What is to be merged
//! stands in the store, so a crash changes nothing.

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::Notice;
use crate::failpoint::reach;
use crate::store::{ChannelId, Merged, PortalState, StoreError, Tx};

/// Merges what is found until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let merging = async {
        loop {
            all(channel).await;
            channel.merge_due.notified().await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = merging => {}
    }
}

/// Returns when nothing is left to be merged.
async fn all(channel: &Channel) {
    while is_due(channel).await {
        // A group that is being made is made for one of the chats as they are.
        let made = channel.account.making.lock().await;
        attempt(channel).await;
        drop(made);
        reach!("merge.after_commit");
        channel.clock.sleep(limits::SOON).await;
    }
}

async fn is_due(channel: &Channel) -> bool {
    let id = channel.id;
    match channel.store.read(move |tx| tx.merges(id)).await {
        Ok(merges) => !merges.is_empty(),
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "what is to be merged cannot be read");
            true
        }
    }
}

async fn attempt(channel: &Channel) {
    let (id, now) = (channel.id, channel.clock.now());
    let merged = channel.store.write(move |tx| {
        for merge in tx.merges(id)? {
            if let Some(merged) = tx.merge(merge)? {
                tell(tx, id, merged, now)?;
            }
        }
        reach!("merge.before_commit");
        Ok(())
    });
    if let Err(error) = merged.await {
        tracing::error!(channel = %channel.name, %error, "two chats of one person are not merged yet");
        channel.clock.sleep(limits::backoff(3)).await;
    }
}

/// One line in each portal, behind what waits. Nothing is written into one that is not right.
fn tell(tx: &Tx<'_>, channel: ChannelId, merged: Merged, now: Moment) -> Result<(), StoreError> {
    if merged.stays.is_none() {
        return Ok(());
    }
    if let Some(left) = merged.left.filter(|left| left.state == PortalState::Current) {
        let notice = Notice::GoesOnElsewhere { group: left.group };
        tell::owner(tx, Say::portal(channel, merged.chat, &notice), now)?;
    }
    tell::owner(tx, Say::portal(channel, merged.chat, &Notice::Merged), now).map(drop)
}
