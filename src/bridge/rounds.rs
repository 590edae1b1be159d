//! Work beside the lanes for which no message waits: one thing after the other, a pause between them, and a rest once none is
//! left, until something rings.

use std::time::Duration;

use tokio::sync::Notify;

use super::channel::Channel;
use super::portal::Halt;

/// When to go on.
pub(super) struct Rhythm<'a> {
    /// The pause between two.
    pub(super) pace: Duration,
    /// The rest when none was left, or one failed: another look is soon enough.
    pub(super) rest: Duration,
    /// Ends the rest.
    pub(super) bell: &'a Notify,
}

/// Sees to one after the other without end. `one` is true if there was one.
pub(super) async fn keep<R, F>(channel: &Channel, rhythm: Rhythm<'_>, ready: impl Fn() -> R, one: impl Fn() -> F)
where
    R: Future<Output = ()>,
    F: Future<Output = Result<bool, Halt>>,
{
    loop {
        ready().await;
        match one().await {
            Ok(true) => channel.clock.sleep(rhythm.pace).await,
            Ok(false) => {
                tokio::select! {
                    () = rhythm.bell.notified() => {}
                    () = channel.clock.sleep(rhythm.rest) => {}
                }
            }
            Err(_) => channel.clock.sleep(rhythm.rest).await,
        }
    }
}
