//! What a test can see: what reached `WhatsApp`, and what became of the webhooks.

use std::collections::HashSet;
use std::time::Duration;

use super::Waha;
use super::faults::WahaFault;
use super::model::{SentText, WebhookAttempt};

impl Waha {
    /// How often the session was restarted through the API.
    #[must_use]
    pub fn restarts(&self) -> u32 {
        self.state().read(|state| state.restarts)
    }

    /// How often the session was logged out through the API.
    #[must_use]
    pub fn logouts(&self) -> u32 {
        self.state().read(|state| state.logouts)
    }

    /// Whether the session was deleted through the API.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.state().read(|state| state.deleted)
    }

    /// Every accepted call to send a text, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<SentText> {
        self.state().read(|state| state.sent.clone())
    }

    /// The texts as the recipients' phones show them: one id shows once, and failures never.
    #[must_use]
    pub fn delivered(&self) -> Vec<SentText> {
        let mut seen = HashSet::new();
        let mut sent = self.sent();
        sent.retain(|text| !text.failed && seen.insert(text.stanza.clone()));
        sent
    }

    /// Waits until at least `n` texts were accepted.
    pub async fn wait_sent(&self, n: usize, deadline: Duration) -> bool {
        self.wait_until(deadline, |waha| waha.state().read(|state| state.sent.len() >= n)).await
    }

    /// How many webhooks are neither delivered nor given up.
    #[must_use]
    pub fn events_in_flight(&self) -> usize {
        self.state().read(|state| state.in_flight)
    }

    /// Waits until no webhook is on its way; false when the deadline passes first.
    pub async fn all_webhooks_done(&self, deadline: Duration) -> bool {
        self.wait_until(deadline, |waha| waha.events_in_flight() == 0).await
    }

    /// Every finished attempt to deliver a webhook, in order.
    #[must_use]
    pub fn webhook_log(&self) -> Vec<WebhookAttempt> {
        self.state().read(|state| state.attempts.clone())
    }

    /// Arms a fault for the sends to come.
    pub fn fault(&self, fault: WahaFault) {
        self.state().change(|state| state.faults.arm(fault));
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.state().change(|state| state.faults.clear());
    }
}
