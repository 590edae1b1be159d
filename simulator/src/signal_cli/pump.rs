//! Hands what arrives to whoever is subscribed.
//!
//! There is no acknowledgement: a message is forgotten as soon as a subscriber's socket took the
//! line, whether or not anybody ever reads it. And it is one line after the other, so a subscriber
//! that stops reading stops everybody.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::SignalCli;
use super::state::{Queued, Subscription};

impl SignalCli {
    /// Hands out the queue until the process "dies".
    pub(crate) async fn pump(self, life: CancellationToken) {
        tokio::select! {
            () = life.cancelled() => {}
            () = self.hand_out() => {}
        }
    }

    async fn hand_out(&self) {
        loop {
            let wanted = || self.state().read(|state| !state.queue.is_empty() && state.listening().next().is_some());
            self.state().wait_for(wanted).await;
            self.hand_out_first().await;
        }
    }

    async fn hand_out_first(&self) {
        // It stays in the queue meanwhile: a process that dies while it writes loses nothing.
        let (first, subscriptions) = self.state().read(|state| {
            let first = state.queue.front().cloned();
            (first, state.listening().cloned().collect::<Vec<_>>())
        });
        let Some(first) = first else {
            return;
        };
        let mut written = false;
        for subscription in &subscriptions {
            written |= self.write_to(subscription, &first).await;
        }
        if written {
            self.state().change(|state| {
                state.queue.pop_front();
                state.written.push(first.timestamp);
            });
        }
    }

    /// Whether the subscriber's socket took the line; a broken subscriber is forgotten.
    async fn write_to(&self, subscription: &Subscription, queued: &Queued) -> bool {
        let account = &self.options().account;
        let exception = queued.exception.map(|kind| json!({ "message": "", "type": kind }));
        let result = match exception {
            Some(exception) => json!({ "envelope": queued.envelope, "account": account, "exception": exception }),
            None => json!({ "envelope": queued.envelope, "account": account }),
        };
        let params = json!({ "subscription": subscription.id, "result": result });
        let line = json!({ "jsonrpc": "2.0", "method": "receive", "params": params });
        let written = subscription.writer.write(&line.to_string()).await.is_ok();
        if !written {
            self.state().change(|state| state.forget(&subscription.writer));
        }
        written
    }
}
