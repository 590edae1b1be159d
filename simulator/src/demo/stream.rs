//! The stream of snapshots: one after each change, and never more than ten in a second.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use super::bridge::Status;
use super::{House, view};
use crate::shared::pass;

const PAUSE: Duration = Duration::from_millis(100);

/// `GET /api/events`.
pub(crate) async fn events(State(house): State<Arc<House>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let snapshots = stream::unfold(Feed::new(house), |mut feed| async move {
        let snapshot = feed.next().await;
        Some((Ok(Event::default().data(snapshot)), feed))
    });
    Sse::new(snapshots).keep_alive(KeepAlive::new())
}

/// What one page was told last, and how to hear of news.
struct Feed {
    house: Arc<House>,
    waha: watch::Receiver<u64>,
    signal: watch::Receiver<u64>,
    bridge: watch::Receiver<Status>,
    last: String,
}

impl Feed {
    fn new(house: Arc<House>) -> Self {
        let (waha, signal, bridge) = (house.waha.changes(), house.signal.changes(), house.bridge.status());
        Self { house, waha, signal, bridge, last: String::new() }
    }

    /// The next snapshot that shows something new; the first one comes at once.
    async fn next(&mut self) -> String {
        loop {
            if !self.last.is_empty() {
                self.changed().await;
            }
            let snapshot = view::snapshot(&self.house).to_string();
            if snapshot != self.last {
                self.last.clone_from(&snapshot);
                return snapshot;
            }
        }
    }

    async fn changed(&mut self) {
        // None of them can fail: the house holds the other ends.
        tokio::select! {
            _ = self.waha.changed() => {}
            _ = self.signal.changed() => {}
            _ = self.bridge.changed() => {}
        }
        pass(PAUSE).await;
        self.waha.mark_unchanged();
        self.signal.mark_unchanged();
        self.bridge.mark_unchanged();
    }
}
