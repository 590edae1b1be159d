//! Runs one channel.

use std::sync::Arc;

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
    tokio::join!(
        lanes::run(Arc::clone(&channel), stop.clone()),
        held::run(&channel, stop.clone()),
        files::run(&channel, stop.clone()),
        merge::run(&channel, stop.clone()),
        forget::run(&channel, stop.clone()),
        identity::run(&channel, stop.clone()),
        whatsapp_side::run(&channel, stop.clone()),
        gaps::run(&channel, &intake, stop.clone()),
        signal_side::run(&channel, stop.clone()),
        limited::run(&channel, stop.clone()),
        captcha::run(&channel, stop.clone()),
        watch::run(&channel, stop.clone()),
        timers::run(&channel, stop.clone()),
        titles::run(&channel, stop.clone()),
        pictures::run(&channel, stop.clone()),
        ticks::run(&channel, stop.clone()),
        typing::run(&channel, stop.clone()),
        signal_side::pin_owner(&channel, configured_owner, stop.clone()),
    );
}
