//! What a line of signal-cli is, before anybody acts on it.

use jsonrpsee::core::JsonRawValue;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::redact::Private;

/// What a line is. The texts in it are private: nothing here can be printed.
pub(super) enum Peeked {
    /// A message or another notification of the receiving side.
    Receive,
    /// The answer to a request, in a form the JSON-RPC client is sure to take.
    Reply {
        /// The request's id; not yet known to be one of ours.
        id: u64,
        /// The answer as JSON.
        clean: String,
    },
    /// Anything else: no JSON, an answer without an id, a request, an unknown notification.
    Odd,
}

#[derive(Deserialize)]
struct Line<'a> {
    id: Option<Value>,
    method: Option<String>,
    #[serde(borrow)]
    result: Option<&'a JsonRawValue>,
    #[serde(borrow)]
    error: Option<&'a JsonRawValue>,
}

/// A reply that is built anew: the JSON-RPC client ends its connection over a reply it does not like, and puts that
/// reply into the error. The message of an error is left out but for what it may say of the account, because exceptions can repeat what was sent.
#[derive(Serialize)]
struct CleanReply<'a> {
    jsonrpc: &'static str,
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a JsonRawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<CleanError<'a>>,
}

#[derive(Serialize)]
struct CleanError<'a> {
    code: i32,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a JsonRawValue>,
}

#[derive(Deserialize)]
struct WireError<'a> {
    code: Option<i32>,
    #[serde(borrow)]
    message: Option<&'a JsonRawValue>,
    #[serde(borrow)]
    data: Option<&'a JsonRawValue>,
}

/// JSON-RPC's "internal error": stands in for an error that cannot be read.
pub(super) const INTERNAL: i32 = -32603;

/// Stands in for the one message that says something its code does not: Signal turns the account away.
pub(super) const TURNED_AWAY: &str = "turned away";

/// The server's 401 stands right behind signal-cli's own words on what it did; nothing else of the text is looked at.
fn turned_away(message: &str) -> bool {
    let reason = message.split_once(": ").map_or("", |(_, reason)| reason);
    ["[401] ", "StatusCode: 401"].iter().any(|word| reason.starts_with(word))
}

/// Looks at one line.
pub(super) fn peek(line: &str) -> Peeked {
    let Ok(line) = serde_json::from_str::<Line<'_>>(line) else { return Peeked::Odd };
    match (&line.method, line.id.as_ref().and_then(Value::as_u64)) {
        (Some(method), _) if method == "receive" => Peeked::Receive,
        (None, Some(id)) => clean(id, &line).map_or(Peeked::Odd, |clean| Peeked::Reply { id, clean }),
        _ => Peeked::Odd,
    }
}

fn clean(id: u64, line: &Line<'_>) -> Option<String> {
    let error = line.error.map(clean_error);
    let result = error.is_none().then(|| line.result.unwrap_or(JsonRawValue::NULL));
    serde_json::to_string(&CleanReply { jsonrpc: "2.0", id, result, error }).ok()
}

fn clean_error(raw: &JsonRawValue) -> CleanError<'_> {
    let wire = serde_json::from_str(raw.get()).unwrap_or(WireError { code: None, message: None, data: None });
    let words = wire.message.and_then(|message| serde_json::from_str::<Private>(message.get()).ok());
    let message = if words.is_some_and(|words| turned_away(words.reveal())) { TURNED_AWAY } else { "" };
    CleanError { code: wire.code.unwrap_or(INTERNAL), message, data: wire.data }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(line: &str) -> String {
        match peek(line) {
            Peeked::Receive => "receive".to_owned(),
            Peeked::Reply { id, clean } => format!("{id}: {clean}"),
            Peeked::Odd => "odd".to_owned(),
        }
    }

    #[test]
    fn a_reply_is_made_clean() {
        assert_eq!(
            named(r#"{"id":7,"result":{"a": 1},"error":null,"more":"secret"}"#),
            r#"7: {"jsonrpc":"2.0","id":7,"result":{"a": 1}}"#
        );
        assert_eq!(
            named(r#"{"id":7,"error":{"code":-1,"message":"secret","data":{"response":{}}}}"#),
            r#"7: {"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"","data":{"response":{}}}}"#
        );
        assert_eq!(
            named(r#"{"id":7,"error":{"code":-3,"message":"Failed to get linked devices: [401] secret"}}"#),
            r#"7: {"jsonrpc":"2.0","id":7,"error":{"code":-3,"message":"turned away"}}"#
        );
        assert_eq!(
            named(r#"{"id":7,"error":{"code":-3,"message":"Failed: some [401] Authorization failed!"}}"#),
            r#"7: {"jsonrpc":"2.0","id":7,"error":{"code":-3,"message":""}}"#
        );
        let unreadable = r#"7: {"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":""}}"#;
        assert_eq!(named(r#"{"id":7,"error":"secret"}"#), unreadable);
        assert_eq!(named(r#"{"id":7,"error":{"code":99999999999,"message":""}}"#), unreadable);
        assert_eq!(named(r#"{"id":7}"#), r#"7: {"jsonrpc":"2.0","id":7,"result":null}"#);
    }

    #[test]
    fn what_is_neither_reply_nor_receive_is_odd() {
        for line in [
            "",
            "not json",
            "[]",
            "17",
            r#"{"foo":"bar"}"#,
            r#"{"id":null,"error":{"code":-32700}}"#,
            r#"{"id":"7","result":1}"#,
            r#"{"id":-7,"result":1}"#,
            r#"{"id":7.5,"result":1}"#,
            r#"{"id":7,"method":"doThis","params":{}}"#,
            r#"{"method":"other","params":{}}"#,
            r#"{"method":7,"id":1}"#,
        ] {
            assert_eq!(named(line), "odd", "{line}");
        }
        assert_eq!(named(r#"{"method":"receive","params":{}}"#), "receive");
        assert_eq!(named(r#"{"id":7,"method":"receive","params":{}}"#), "receive");
    }
}
