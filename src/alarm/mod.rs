//! The second path of alarm, for when Signal itself is the broken side: a fixed sentence to a webhook when something has
//! been broken for a while and when it works again, and a sign of life while everything works, whose absence tells
//! somebody else that the bridge, its machine or its network is gone.
//!
//! `decide` says when (pure), `post` makes the calls. What fails here is logged and nothing more.

mod decide;
mod locked;
mod post;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use locked::Waiting;
pub use post::Unheard;

use crate::bridge::{Channel, Condition, notices};
use crate::clock::{Clock, Moment};
use crate::config;
use crate::store::{About, Store, StoreError};
use decide::{Say, decide};
use post::Post;

/// How often it is looked at.
const LOOK: Duration = Duration::from_mins(1);

/// How long after a call that failed the next is made.
const AGAIN: Duration = Duration::from_mins(5);

/// Looks after all channels.
pub struct Alarm {
    post: Post,
    after: Duration,
    every: Duration,
    store: Store,
    clock: Clock,
    channels: Arc<[Arc<Channel>]>,
    /// What was broken before is only counted from here on: the machine may have been off.
    started: Moment,
    next_beat: Moment,
    next_call: Moment,
}

impl Alarm {
    /// For these channels.
    ///
    /// # Errors
    ///
    /// [`Unheard`] if no HTTP client can be made.
    pub fn new(
        config: &config::Alarm,
        store: Store,
        clock: Clock,
        channels: Arc<[Arc<Channel>]>,
    ) -> Result<Self, Unheard> {
        let now = clock.now();
        let (after, every) = (config.after, config.heartbeat_every);
        let post = Post::new(config)?;
        Ok(Self { post, after, every, store, clock, channels, started: now, next_beat: now, next_call: now })
    }

    /// Looks until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        if !self.post.has_webhook() && !self.post.has_heartbeat() {
            return;
        }
        let looking = async {
            loop {
                self.clock.sleep(LOOK).await;
                self.look().await;
            }
        };
        stop.run_until_cancelled(looking).await;
    }

    async fn look(&mut self) {
        match self.conditions().await {
            Ok(conditions) => {
                for about in [About::Signal, About::SignedOut, About::Limited, About::WhatsApp, About::Receipts] {
                    self.consider(about, &conditions).await;
                }
                if conditions.iter().all(|condition| condition.is_good()) {
                    self.beat().await;
                }
            }
            // Then there is no sign of life either, and whoever waits for it raises the alarm.
            Err(error) => tracing::error!(%error, "whether the bridge works cannot be said"),
        }
    }

    async fn conditions(&self) -> Result<Vec<Condition>, StoreError> {
        self.store.write(|tx| tx.probe()).await?;
        let mut conditions = Vec::new();
        for channel in self.channels.iter() {
            conditions.push(Condition::of(channel).await?);
        }
        Ok(conditions)
    }

    async fn consider(&mut self, about: About, conditions: &[Condition]) {
        let now = self.clock.now();
        if !self.post.has_webhook() || now < self.next_call {
            return;
        }
        let since = conditions.iter().filter_map(|condition| condition.since(about)).min();
        let since = since.map(|since| since.max(self.started));
        let last = self.store.read(move |tx| tx.raised(about)).await.unwrap_or_default();
        match decide(since, last, self.after, now) {
            Say::Begins => self.say(about, true).await,
            Say::Ends => self.say(about, false).await,
            Say::Nothing => {}
        }
    }

    /// Recorded after it was said: a crash between the two says it twice, which is better than never.
    async fn say(&mut self, about: About, begins: bool) {
        let now = self.clock.now();
        if self.post.say(notices::alarm(about, begins)).await.is_err() {
            tracing::warn!(?about, "the alarm webhook did not take an alarm; it is tried again");
            self.next_call = now.plus(AGAIN);
            return;
        }
        tracing::info!(?about, begins, "said by the alarm webhook");
        let job = move |tx: &crate::store::Tx<'_>| if begins { tx.raise(about, now) } else { tx.all_clear(about) };
        if let Err(error) = self.store.write(job).await {
            tracing::error!(%error, "that an alarm was said is not recorded; it may be said again");
        }
    }

    async fn beat(&mut self) {
        let now = self.clock.now();
        // A clock that was set back must not stop it for as long.
        let waits = self.next_beat.since(now);
        if !self.post.has_heartbeat() || (!waits.is_zero() && waits <= self.every.max(LOOK)) {
            return;
        }
        let heard = self.post.beat().await;
        if heard.is_err() {
            tracing::warn!("the heartbeat was not heard; it is tried again");
        }
        self.next_beat = now.plus(if heard.is_ok() { self.every } else { LOOK });
    }
}
