//! Watches over silence, what looks connected and yet brings nothing, over the owner's phone and the age of the peers.

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::condition;
use super::tell::{self, Say};
use super::{ages, limits, phone, silence};
use crate::clock::Moment;
use crate::event::Notice;
use crate::store::{ChannelId, Sign, StoreError, Tx};

/// Watches until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let watching = async {
        let mut working_since = channel.clock.now();
        loop {
            channel.clock.sleep(limits::WATCH).await;
            if channel.whatsapp_trouble.borrow().is_some() {
                working_since = channel.clock.now();
            }
            if let Err(error) = look(channel, working_since).await {
                tracing::error!(channel = %channel.name, %error, "it cannot be watched over silence");
            }
        }
    };
    stop.run_until_cancelled(watching).await;
}

async fn look(channel: &Channel, working_since: Moment) -> Result<(), StoreError> {
    let (id, now) = (channel.id, channel.clock.now());
    channel.store.write(move |tx| receipts(tx, id, now)).await?;
    ages::look(channel).await?;
    phone::look(channel).await?;
    silence::look(channel, working_since).await
}

/// Said once for each silence: a receipt ends it.
fn receipts(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<(), StoreError> {
    let Some(since) = condition::unconfirmed(tx, channel, now)? else { return Ok(()) };
    if tx.noted(channel, Sign::Doubt)?.is_some_and(|told| told.at >= since) {
        return Ok(());
    }
    tx.note(channel, Sign::Doubt, now)?;
    let notice = Notice::NothingConfirmed { after: limits::UNCONFIRMED_FOR };
    tell::owner(tx, Say::control(channel, &notice), now).map(drop)
}
