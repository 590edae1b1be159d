//! Tells the lanes that something was committed for them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::{ChannelId, Lane};

/// Collects rung lanes until their channel asks. Bounded by the number of lanes, however often they ring.
#[derive(Clone, Default)]
pub struct Bell {
    rung: Arc<Mutex<HashSet<Lane>>>,
    notify: Arc<Notify>,
}

impl Bell {
    /// Rings for these lanes.
    pub fn ring(&self, lanes: impl IntoIterator<Item = Lane>) {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let before = rung.len();
        rung.extend(lanes);
        if rung.len() > before {
            self.notify.notify_waiters();
        }
    }

    /// The lanes of a channel that rang since it asked last; waits for at least one.
    pub async fn wait(&self, channel: ChannelId) -> Vec<Lane> {
        loop {
            // Registered before looking, so that a ring in between is not missed.
            let mut notified = std::pin::pin!(self.notify.notified());
            notified.as_mut().enable();
            let lanes = self.take(channel);
            if !lanes.is_empty() {
                return lanes;
            }
            notified.await;
        }
    }

    fn take(&self, channel: ChannelId) -> Vec<Lane> {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lanes: Vec<_> = rung.extract_if(|lane| lane.channel == channel).collect();
        lanes.sort();
        lanes
    }
}
