//! What a test can see, and the faults it can arm.

use std::time::Duration;

use serde_json::Value;

use super::SignalCli;
use super::model::{Group, InboxMessage, SignalFault};

impl SignalCli {
    /// All the owner's phone received, in order of arrival.
    #[must_use]
    pub fn inbox(&self) -> Vec<InboxMessage> {
        self.state().read(|state| state.inbox.clone())
    }

    /// Waits until the owner's phone received at least `n` messages.
    pub async fn wait_inbox(&self, n: usize, deadline: Duration) -> bool {
        self.wait_until(deadline, |signal| signal.state().read(|state| state.inbox.len() >= n)).await
    }

    /// All groups.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        self.state().read(|state| state.groups.clone())
    }

    /// The timestamps of the messages a subscriber's socket took: these are forgotten here.
    #[must_use]
    pub fn lines_written(&self) -> Vec<i64> {
        self.state().read(|state| state.written.clone())
    }

    /// How many messages wait for a subscriber.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.state().read(|state| state.queue.len())
    }

    /// Every call so far: method and parameters.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.state().read(|state| state.calls.clone())
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state().read(|state| state.connections.len())
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.state().read(|state| state.subscriptions.len())
    }

    /// Writes any line to every connection, whatever it says.
    pub fn push_line(&self, raw: &str) {
        let (raw, signal) = (raw.to_owned(), self.clone());
        self.runtime().spawn(async move {
            for writer in signal.state().read(|state| state.connections.clone()) {
                // A connection that closed in the meantime misses nothing.
                let _ = writer.write(&raw).await;
            }
        });
    }

    /// Timestamps go on from this time, for a bridge whose clock is ahead.
    pub fn set_time(&self, ms: i64) {
        self.state().change(|state| state.clock.set(ms));
    }

    /// Arms a fault for the calls to come.
    pub fn fault(&self, fault: SignalFault) {
        self.state().change(|state| state.faults.arm(fault));
    }

    /// Whether each armed fault has struck as often as it can.
    #[must_use]
    pub fn faults_are_spent(&self) -> bool {
        self.state().change(|state| state.faults.are_spent())
    }

    /// Sends are made and not answered, until the answers are released.
    pub fn hold_answers(&self) {
        self.state().change(|state| state.held_answers = Some(0));
    }

    /// How many answers are held back.
    #[must_use]
    pub fn held_answers(&self) -> usize {
        self.state().read(|state| state.held_answers.unwrap_or_default())
    }

    /// Answers what was held back, and whatever comes.
    pub fn release_answers(&self) {
        self.state().change(|state| state.held_answers = None);
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.state().change(|state| state.faults.clear());
    }
}
