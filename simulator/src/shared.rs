//! A state that many tasks change and tests wait on.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// A value behind a lock, together with a signal that it changed.
///
/// The lock is only ever held inside the closures, so it can never be held across an await.
pub(crate) struct Shared<S> {
    value: Mutex<S>,
    changes: watch::Sender<u64>,
}

impl<S> Shared<S> {
    /// Wraps the first value.
    pub(crate) fn new(value: S) -> Self {
        Self { value: Mutex::new(value), changes: watch::Sender::new(0) }
    }

    /// Looks at the value without waking anybody.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.value.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the value and wakes everybody who waits.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        let result = change(&mut self.value.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Something that knows when the value changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Waits until the predicate holds; false when the deadline passes first.
    pub(crate) async fn wait_until(&self, deadline: Duration, holds: impl Fn() -> bool) -> bool {
        tokio::time::timeout(deadline, self.wait_for(holds)).await.is_ok()
    }

    /// Waits as long as it takes until the predicate holds.
    pub(crate) async fn wait_for(&self, holds: impl Fn() -> bool) {
        // Subscribed before the first look: a change in between is never missed.
        let mut changes = self.changes.subscribe();
        while !holds() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// Lets time pass, where the real servers let it pass.
#[expect(clippy::disallowed_methods, reason = "the bridge's clock doesn't rule the servers it talks to")]
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
