//! What runs, in the two groups in which it stops.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::lifecycle::PATIENCE;

/// The tasks of a program. Work stops first: no new webhooks, what signal-cli has written is taken in, open calls end
/// and are recorded. What links to a peer stops after it.
#[derive(Default)]
pub struct Tasks {
    working: TaskTracker,
    linked: TaskTracker,
    stop: CancellationToken,
    unlink: CancellationToken,
}

impl Tasks {
    /// None yet. Work stops at `stop`.
    #[must_use]
    pub fn new(stop: CancellationToken) -> Self {
        Self { stop, ..Self::default() }
    }

    /// Starts something that stops first.
    pub fn work<F: Future<Output = ()> + Send + 'static>(&self, task: impl FnOnce(CancellationToken) -> F) {
        self.working.spawn(task(self.stop.clone()));
    }

    /// Starts something that the work still needs while it stops.
    pub fn link<F: Future<Output = ()> + Send + 'static>(&self, task: impl FnOnce(CancellationToken) -> F) {
        self.linked.spawn(task(self.unlink.clone()));
    }

    /// Returns after the stop, when everything has ended or was waited for long enough.
    pub async fn finish(self) {
        self.stop.cancelled().await;
        if !ended(&self.working).await {
            tracing::warn!("not everything finished in time; what was open is sorted at the next start");
        }
        self.unlink.cancel();
        ended(&self.linked).await;
    }
}

/// Timed by the machine, also under a manual clock: whoever stands still must still be able to stop.
async fn ended(tasks: &TaskTracker) -> bool {
    tasks.close();
    tokio::time::timeout(PATIENCE, tasks.wait()).await.is_ok()
}
