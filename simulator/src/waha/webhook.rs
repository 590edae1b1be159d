//! Webhooks: the envelope, the signature, and the attempts to deliver them.

use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha512;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Waha;
use super::message::insert;
use super::model::{Engine, Policy, Retries, WebhookAttempt};
use crate::shared::pass;
use crate::stamp;

/// One event, written and signed once; the same bytes go out with every attempt.
pub(crate) struct Event {
    pub(crate) id: String,
    kind: String,
    headers: String,
    body: Vec<u8>,
}

/// The lower case hexadecimal HMAC-SHA512 of a body.
#[must_use]
pub fn signature(key: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    let code = mac.finalize().into_bytes();
    code.iter().fold(String::new(), |mut hex, byte| {
        // A string takes every write.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Waha {
    /// Wraps a payload in its envelope.
    pub(crate) fn event(&self, kind: &str, id: String, payload: Value) -> Event {
        let now = stamp::now_ms();
        let body = self.envelope(kind, &id, now, payload).to_string().into_bytes();
        Event { id, kind: kind.to_owned(), headers: self.headers(now, &body), body }
    }

    fn envelope(&self, kind: &str, id: &str, now: i64, payload: Value) -> Value {
        let options = self.options();
        let mut envelope = json!({
            "id": id,
            "timestamp": now,
            "event": kind,
            "session": options.session,
            "me": self.me(),
            "environment": self.environment(),
        });
        insert(&mut envelope, "payload", payload);
        if options.engine == Engine::Noweb {
            insert(&mut envelope, "engine", json!(options.engine.name()));
        }
        envelope
    }

    fn headers(&self, now: i64, body: &[u8]) -> String {
        let options = self.options();
        let request = Uuid::new_v4().simple();
        let mut headers = format!(
            "Content-Type: application/json\r\nUser-Agent: WAHA/{}\r\n\
             X-Webhook-Request-Id: {request}\r\nX-Webhook-Timestamp: {now}\r\n",
            options.version
        );
        if !options.hmac_key.is_empty() {
            headers.push_str("X-Webhook-Hmac: ");
            headers.push_str(&signature(&options.hmac_key, body));
            headers.push_str("\r\nX-Webhook-Hmac-Algorithm: sha512\r\n");
        }
        headers
    }

    /// Tries until the receiver answers 2xx, the retries run out or this process "dies".
    pub(crate) async fn deliver(self, event: Event, life: CancellationToken) {
        let keeps = self.options().keep_pending;
        tokio::select! {
            () = life.cancelled(), if !keeps => {}
            () = self.attempts(&event) => {}
        }
        self.state().change(|state| state.in_flight -= 1);
    }

    async fn attempts(&self, event: &Event) {
        let retries = &self.options().retries;
        for attempt in 1..=retries.attempts + 1 {
            let (status, retry_after) = self.attempt(event, attempt).await;
            if status.is_some_and(|status| (200..300).contains(&status)) {
                return;
            }
            if attempt <= retries.attempts {
                pass(pause(retries, attempt).max(retry_after)).await;
            }
        }
    }

    async fn attempt(&self, event: &Event, attempt: u32) -> (Option<u16>, Duration) {
        let answer = match self.state().read(|state| state.webhook_url.clone()) {
            Some(url) => self.client().post(&url, &event.headers, &event.body).await.ok(),
            None => None,
        };
        let status = answer.as_ref().map(|answer| answer.status);
        self.state().change(|state| {
            state.attempts.push(WebhookAttempt {
                event_id: event.id.clone(),
                event: event.kind.clone(),
                status,
                attempt,
            });
        });
        let retry_after = answer.and_then(|answer| answer.retry_after);
        (status, Duration::from_secs(retry_after.unwrap_or_default()))
    }
}

/// The pause after a failed attempt, counted from 1.
fn pause(retries: &Retries, attempt: u32) -> Duration {
    match retries.policy {
        Policy::Constant => retries.delay,
        Policy::Linear => retries.delay * attempt,
        Policy::Exponential => {
            let pause = retries.delay * 2_u32.saturating_pow(attempt);
            pause + pause / 100 * jitter()
        }
    }
}

/// A random number of percent, up to 20.
fn jitter() -> u32 {
    u32::from(Uuid::new_v4().as_bytes().last().copied().unwrap_or_default()) % 21
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_documented() {
        let body = br#"{"event":"message","session":"default","engine":"WEBJS"}"#;
        let expected = "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8\
                        097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89";
        assert_eq!(signature("my-secret-key", body), expected);
    }

    #[test]
    fn pauses_grow_as_the_policy_says() {
        let retries = |policy| Retries { policy, delay: Duration::from_secs(1), attempts: 3 };
        assert_eq!(pause(&retries(Policy::Constant), 3), Duration::from_secs(1));
        assert_eq!(pause(&retries(Policy::Linear), 3), Duration::from_secs(3));
        let third = pause(&retries(Policy::Exponential), 3).as_secs_f64();
        assert!((8.0..=9.6).contains(&third), "{third}");
    }
}
