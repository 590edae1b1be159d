//! What signal-cli answers to a send, and to everything that sends on the way.

use std::time::Duration;

use jsonrpsee::core::JsonRawValue;
use serde::Deserialize;
use uuid::Uuid;

use super::challenge::Challenge;
use crate::clock::Moment;
use crate::config::Aci;
use crate::redact::Private;

/// A message that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendReceipt {
    /// Signal's id of the message, together with the bridge account.
    pub timestamp: Moment,
    /// Who got it, one for each success; an account whose identifier signal-cli does not say is `None`. In a group
    /// this is every member but the bridge account, so a portal names exactly the owner. It can be empty: a group
    /// in which nobody else is takes a message without an error.
    pub recipients: Vec<Option<Aci>>,
    /// How many recipients did not get it.
    pub failed: usize,
}

/// What became of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was sent.
    Success,
    /// Signal's server could not be reached.
    Network,
    /// There is no such account.
    Unregistered,
    /// Any other failure; the code of the error says more.
    Other,
}

/// What became of one recipient, when to try again, and what Signal asks for before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) outcome: Outcome,
    pub(super) retry_after: Option<Duration>,
    pub(super) challenge: Option<Challenge>,
}

/// The result that `send` and the group methods share.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    timestamp: Option<i64>,
    results: Option<Vec<Entry>>,
    /// The group that was made; only where one was.
    pub(super) group_id: Option<Private>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    recipient_address: Option<RecipientAddress>,
    #[serde(rename = "type")]
    kind: Option<String>,
    retry_after_seconds: Option<u64>,
    token: Option<Challenge>,
}

#[derive(Deserialize)]
struct RecipientAddress {
    uuid: Option<Private>,
}

impl Sent {
    /// The receipt; nothing if the answer does not say which message it is about.
    pub(super) fn receipt(self) -> Option<SendReceipt> {
        let timestamp = Moment(self.timestamp.filter(|timestamp| *timestamp > 0)?);
        let entries = self.results.unwrap_or_default();
        let sent = entries.iter().filter(|entry| entry.outcome() == Outcome::Success);
        let recipients: Vec<_> = sent.map(Entry::recipient).collect();
        let failed = entries.len().saturating_sub(recipients.len());
        Some(SendReceipt { timestamp, recipients, failed })
    }
}

impl Entry {
    fn outcome(&self) -> Outcome {
        match self.kind.as_deref() {
            Some("SUCCESS") => Outcome::Success,
            Some("NETWORK_FAILURE") => Outcome::Network,
            Some("UNREGISTERED_FAILURE") => Outcome::Unregistered,
            _ => Outcome::Other,
        }
    }

    fn recipient(&self) -> Option<Aci> {
        aci(self.recipient_address.as_ref()?.uuid.as_ref()?)
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            outcome: self.outcome(),
            retry_after: self.retry_after_seconds.map(Duration::from_secs),
            challenge: self.token.clone(),
        }
    }
}

/// An account identifier in its normal form; nothing for anything else, such as a `PNI:` one.
pub(super) fn aci(text: &Private) -> Option<Aci> {
    Uuid::try_parse(text.reveal()).ok().map(|uuid| Aci::new(uuid.hyphenated().to_string()))
}

#[derive(Deserialize)]
struct ErrorData {
    response: Option<Sent>,
}

/// Reads what became of each recipient out of the `data` of an error; nothing where it does not say.
pub(super) fn attempts(data: Option<&JsonRawValue>) -> Vec<Attempt> {
    let data = data.and_then(|raw| serde_json::from_str::<Option<ErrorData>>(raw.get()).ok()).flatten();
    let entries = data.and_then(|data| data.response).and_then(|sent| sent.results);
    entries.unwrap_or_default().iter().map(Entry::attempt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "545d590b-826c-4eaa-9959-2341f57772cb";

    #[test]
    fn a_receipt_counts_who_got_it() {
        let answer = format!(
            r#"{{"timestamp":1795303875042,"results":[
                {{"recipientAddress":{{"uuid":null,"number":"+15550007777"}},"type":"UNREGISTERED_FAILURE"}},
                {{"recipientAddress":{{"uuid":"{OWNER}","number":null,"username":null}},"type":"SUCCESS"}},
                {{"recipientAddress":{{"uuid":"PNI:{OWNER}"}},"type":"SUCCESS"}},
                {{"recipientAddress":null,"type":"SUCCESS"}}]}}"#
        );
        let receipt = serde_json::from_str::<Sent>(&answer).unwrap().receipt().unwrap();
        let recipients = vec![Some(Aci::new(OWNER)), None, None];
        assert_eq!(receipt, SendReceipt { timestamp: Moment(1_795_303_875_042), recipients, failed: 1 });
        let empty = serde_json::from_str::<Sent>(r#"{"timestamp":5,"results":[]}"#).unwrap().receipt().unwrap();
        assert_eq!((empty.recipients.len(), empty.failed), (0, 0));
        assert!(serde_json::from_str::<Sent>("{}").unwrap().receipt().is_none());
    }

    #[test]
    fn an_error_says_when_to_try_again() {
        let read = |data: &str| attempts(Some(&JsonRawValue::from_string(data.to_owned()).unwrap()));
        let limited = r#"{"response":{"timestamp":1,"results":[{"type":"RATE_LIMIT_FAILURE","token":"t","retryAfterSeconds":3600}]}}"#;
        let challenge = Some(Challenge::new("t"));
        let attempt = Attempt { outcome: Outcome::Other, retry_after: Some(Duration::from_hours(1)), challenge };
        assert_eq!(read(limited), [attempt]);
        for nothing in ["null", "{}", "7", r#"{"response":null}"#, r#"{"response":{"results":7}}"#] {
            assert_eq!(read(nothing), [], "{nothing}");
        }
        assert_eq!(attempts(None), []);
    }
}
