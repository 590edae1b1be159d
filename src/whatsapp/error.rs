//! What a failed call to WAHA means for the caller.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;

use crate::tls;

/// How long to wait when whoever limits the rate does not say.
const UNSAID: Duration = Duration::from_secs(30);

/// A call failed. Nothing of WAHA's words is in here: its errors repeat the whole request.
///
/// For a call that only reads, every variant means "not now".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WahaError {
    /// There is no connection, or what answers is not WAHA (a redirect). Nothing was sent: repeat when WAHA is back.
    #[error("WAHA cannot be reached")]
    Unreachable,
    /// The certificate that is shown there is not WAHA's, or not of a trusted authority. Nothing was sent: a person has to
    /// act.
    #[error("the certificate at WAHA's address is not trusted")]
    Untrusted,
    /// The session does not run or does not exist (422 that names the session). Nothing was sent: repeat when it works.
    /// WAHA waits 5 to 10 seconds itself before it says so.
    #[error("the WAHA session is not working")]
    NotReady,
    /// The API key is wrong or may not do this (401, 403). Nothing was sent: a person has to act.
    #[error("WAHA refuses the API key")]
    Unauthorised,
    /// WAHA or WhatsApp does not take this request (400, 404, 413, other 422, 501; no such person). Nothing was sent, and a repeat will not help.
    #[error("WAHA refuses the request")]
    Refused,
    /// WAHA's store keeps messages and does not hold the one that was named (404 that says so).
    #[error("WAHA does not have the message")]
    NoMessage,
    /// WhatsApp does not let the account write first to this person now (463). Nothing was sent, and a repeat will not
    /// help.
    #[error("WhatsApp does not let this account write first to somebody")]
    ColdContact,
    /// Somebody limits the rate (429). Nothing was sent: wait.
    #[error("WAHA is being called too often")]
    RateLimited {
        /// How long.
        after: Duration,
    },
    /// It may have been sent or not: a 500, whose words are the engine's and prove nothing but for two; a timeout; a connection
    /// lost after the request was written; a success that cannot be read.
    #[error("the outcome of the call to WAHA is not known")]
    Unknown,
}

impl WahaError {
    /// Reads a failure without an answer.
    pub(super) fn of_transport(error: &reqwest::Error) -> Self {
        if tls::is_distrust(error) {
            Self::Untrusted
        } else if error.is_connect() {
            Self::Unreachable
        } else if error.is_builder() {
            Self::Refused
        } else {
            Self::Unknown
        }
    }

    /// Reads an answer that is no success.
    pub(super) fn of_answer(status: StatusCode, retry_after: Option<&str>, body: &[u8]) -> Self {
        match status.as_u16() {
            401 | 403 => Self::Unauthorised,
            422 if names_session(body) => Self::NotReady,
            429 => Self::RateLimited { after: wait(retry_after) },
            408 => Self::Unknown,
            404 if says_no_message(body) => Self::NoMessage,
            501 | 400..=499 => Self::Refused,
            300..=399 => Self::Unreachable,
            500 => of_exception(body),
            _ => Self::Unknown,
        }
    }
}

/// A 500 repeats the whole request, so only the engine's own words count, and only those known to come instead of a
/// message: GOWS's that WhatsApp's server refused it, or that it does not know the number (WAHA issues 1904, 2050, 2094).
fn of_exception(body: &[u8]) -> WahaError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let words = body.pointer("/exception/message").and_then(Value::as_str).unwrap_or_default();
    if words.ends_with("server returned error 463") {
        WahaError::ColdContact
    } else if words.starts_with("2 UNKNOWN: no LID found for ") && words.ends_with(" from server") {
        WahaError::Refused
    } else {
        WahaError::Unknown
    }
}

/// `{"error":…,"session":…,"status":…}` is WAHA's word on the session, `status` missing where there is none. All other
/// refusals with 422 have a `message` and no `session`.
fn names_session(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body.get("session").is_some_and(Value::is_string))
}

/// A session, a chat or a path that is not there has other words.
fn says_no_message(body: &[u8]) -> bool {
    let said = serde_json::from_slice::<Value>(body).ok();
    said.is_some_and(|body| body.get("message").and_then(Value::as_str) == Some("Message not found"))
}

fn wait(retry_after: Option<&str>) -> Duration {
    let seconds = retry_after.and_then(|after| after.trim().parse().ok());
    seconds.map_or(UNSAID, Duration::from_secs)
}
