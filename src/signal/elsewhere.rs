//! Messages that other devices of the bridge's own account send: signal-cli hears of them, and they are not ours.

use serde::Deserialize;

use crate::clock::Moment;

#[derive(Deserialize)]
struct Notification {
    params: Params,
}

#[derive(Deserialize)]
struct Params {
    result: Payload,
}

#[derive(Deserialize)]
struct Payload {
    envelope: Envelope,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    timestamp: i64,
    sync_message: Option<serde::de::IgnoredAny>,
}

/// The timestamp of such a message: signal-cli gives the envelope that of the message.
pub(super) fn timestamp(line: &str) -> Option<Moment> {
    let is_sync = line.contains("\"syncMessage\"");
    let read = is_sync.then(|| serde_json::from_str::<Notification>(line).ok()).flatten()?;
    let envelope = read.params.result.envelope;
    envelope.sync_message.map(|_| Moment(envelope.timestamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_another_device_sent_is_found() {
        let line = |envelope: &str| format!(r#"{{"params":{{"subscription":0,"result":{{"envelope":{envelope}}}}}}}"#);
        let sync = r#"{"timestamp":17,"syncMessage":{"sentMessage":{"timestamp":17,"message":"x"}}}"#;
        assert_eq!(timestamp(&line(sync)), Some(Moment(17)));
        let data = r#"{"timestamp":17,"dataMessage":{"message":"a \"syncMessage\" in a text"}}"#;
        assert_eq!(timestamp(&line(data)), None);
        assert_eq!(timestamp("\"syncMessage\""), None);
    }
}
