//! Runs one channel.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::intake::ChannelIntake;
use super::{
    captcha, files, forget, gaps, held, identity, lanes, limited, merge, pictures, recover, signal_side, ticks, timers,
    titles, typing, watch, whatsapp_side,
};

/// Runs everything of a channel between the two wings until `stop`; open calls are finished and recorded.
///
/// `intake` takes what was missed. `configured_owner` is what the configuration names as owner, for pinning.
pub async fn run(channel: Arc<Channel>, intake: ChannelIntake, configured_owner: String, stop: CancellationToken) {
    identity::restore(&channel).await;
    recover::all(&channel).await;
    let parts: FuturesUnordered<BoxFuture<'_, ()>> =
        parts(&channel, &intake, configured_owner, &stop).into_iter().collect();
    // Each is woken by itself: joined, every one of them would be looked at whenever one is.
    parts.collect::<()>().await;
}

fn parts<'a>(
    channel: &'a Arc<Channel>,
    intake: &'a ChannelIntake,
    configured_owner: String,
    stop: &CancellationToken,
) -> Vec<BoxFuture<'a, ()>> {
    let stop = || stop.clone();
    vec![
        lanes::run(Arc::clone(channel), stop()).boxed(),
        held::run(channel, stop()).boxed(),
        files::run(channel, stop()).boxed(),
        merge::run(channel, stop()).boxed(),
        forget::run(channel, stop()).boxed(),
        identity::run(channel, stop()).boxed(),
        whatsapp_side::run(channel, stop()).boxed(),
        gaps::run(channel, intake, stop()).boxed(),
        signal_side::run(channel, stop()).boxed(),
        limited::run(channel, stop()).boxed(),
        captcha::run(channel, stop()).boxed(),
        watch::run(channel, stop()).boxed(),
        timers::run(channel, stop()).boxed(),
        titles::run(channel, stop()).boxed(),
        pictures::run(channel, stop()).boxed(),
        ticks::run(channel, stop()).boxed(),
        typing::run(channel, stop()).boxed(),
        signal_side::pin_owner(channel, configured_owner, stop()).boxed(),
    ]
}
