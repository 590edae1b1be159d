//! Room for the bodies of webhooks: only so much is in memory at a time, however many come at once.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::webhook::BODY_LIMIT;

/// All bodies together, in bytes.
pub(super) const SIZE: usize = 3 * BODY_LIMIT;

/// Those of senders that have brought too much that was not signed: they crowd each other and nobody else.
pub(super) const CORNER: usize = BODY_LIMIT;

/// What the smallest takes: reading it and its way to the disk take more than its bytes.
const LEAST: usize = 16 * 1024;

/// Room is given out in pieces of this size.
const PIECE: usize = 1024;

/// How long a request waits for room before its sender is asked to repeat it. Real time: it measures the machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// The room of all doors.
pub(super) struct Room {
    pieces: Arc<Semaphore>,
    patience: Duration,
}

impl Room {
    /// An empty one, of so many bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { pieces: Arc::new(Semaphore::new(size / PIECE)), patience: PATIENCE }
    }

    /// A place for the body of this request, kept until it is dropped; nothing if none gets free in time.
    pub(super) async fn enter(&self, headers: &HeaderMap) -> Option<OwnedSemaphorePermit> {
        let pieces = u32::try_from(share(headers).div_ceil(PIECE)).ok()?;
        let place = Arc::clone(&self.pieces).acquire_many_owned(pieces);
        tokio::time::timeout(self.patience, place).await.ok()?.ok()
    }
}

/// What a request costs its sender until it has proven itself: one for each 128 KB.
pub(super) fn cost(headers: &HeaderMap) -> u32 {
    u32::try_from(share(headers).div_ceil(128 * 1024)).unwrap_or(u32::MAX)
}

/// As much as the request says it brings; one that does not say may bring as much as is allowed.
fn share(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or(BODY_LIMIT).clamp(LEAST, BODY_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(length: &str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_LENGTH, length.parse().unwrap())])
    }

    #[test]
    fn a_share_is_what_is_announced_within_limits() {
        let length = |length| share(&headers(length));
        assert_eq!((length("10"), length("100000"), length("99999999")), (LEAST, 100_000, BODY_LIMIT));
        assert_eq!((share(&HeaderMap::new()), length("much")), (BODY_LIMIT, BODY_LIMIT));
        assert_eq!((cost(&headers("10")), cost(&headers("131073")), cost(&HeaderMap::new())), (1, 2, 64));
    }

    #[tokio::test]
    async fn who_finds_no_room_is_sent_away_and_room_gets_free() {
        let room = Room { patience: Duration::from_millis(20), ..Room::new(SIZE) };
        let mut places = Vec::new();
        for _ in 0..SIZE / BODY_LIMIT {
            places.push(room.enter(&HeaderMap::new()).await.unwrap());
        }
        assert!(room.enter(&headers("10")).await.is_none());
        places.pop();
        assert!(room.enter(&headers("10")).await.is_some());
    }
}
