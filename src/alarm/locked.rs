//! What the second path says of a program that waits for its secret. Nothing is recorded, because there is nowhere to: a
//! program that is started again and stays locked says it again.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::AGAIN;
use super::post::{Post, Unheard};
use crate::bridge::notices;
use crate::clock::Clock;
use crate::config;

/// Looks after a program that waits.
pub struct Waiting {
    post: Post,
    after: Duration,
    clock: Clock,
}

impl Waiting {
    /// For this configuration.
    ///
    /// # Errors
    ///
    /// [`Unheard`] if no HTTP client can be made.
    pub fn new(config: &config::Alarm, clock: Clock) -> Result<Self, Unheard> {
        Ok(Self { post: Post::new(config)?, after: config.after, clock })
    }

    /// Says it once if `opened` takes too long, and the end if it was said. There is no sign of life meanwhile: who waits
    /// for one hears of it too.
    pub async fn run(self, opened: CancellationToken) {
        if !self.post.has_webhook() || opened.run_until_cancelled(self.clock.sleep(self.after)).await.is_none() {
            return;
        }
        if opened.run_until_cancelled(self.say(true)).await.is_some() {
            opened.cancelled().await;
            self.say(false).await;
        }
    }

    async fn say(&self, begins: bool) {
        while self.post.say(notices::alarm_locked(begins)).await.is_err() {
            tracing::warn!("the alarm webhook did not take an alarm; it is tried again");
            self.clock.sleep(AGAIN).await;
        }
        tracing::info!(about = "locked", begins, "said by the alarm webhook");
    }
}
