//! What the owner is shown to have seen.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::Waha;
use super::api::{answer, failure, object, request, working};
use super::faults::WahaFault;
use super::message::bare_id;
use super::send::field;

/// A call that marked messages as seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The chat as the client named it.
    pub chat_id: String,
    /// The messages as the client named them. Without any, all of the chat was marked.
    pub message_ids: Vec<String>,
}

impl Seen {
    /// The bare ids.
    #[must_use]
    pub fn stanzas(&self) -> Vec<&str> {
        self.message_ids.iter().map(|id| bare_id(id)).collect()
    }
}

/// `POST /api/sendSeen`. Versions before 2025.4.2 take one id under another name, and mark the whole chat without it.
pub(crate) async fn send_seen(State(waha): State<Waha>, body: Bytes) -> Response {
    let body = match object(&body) {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    if let Err(refusal) = working(&waha, field(&body, "session")).await {
        return refusal;
    }
    let fails = |fault: &WahaFault| matches!(fault, WahaFault::SeenFails { .. });
    let fault = waha.state().change(|state| state.faults.take(fails));
    let chat_id = field(&body, "chatId").unwrap_or_default().to_owned();
    let named = body.get("messageIds").and_then(Value::as_array).filter(|_| !waha.is_before([2025, 4, 2]));
    let named = named.into_iter().flatten().filter_map(Value::as_str);
    let message_ids: Vec<_> = named.map(str::to_owned).collect();
    waha.state().change(|state| state.seen_asked += 1);
    if fault.is_some() {
        return failure(&waha, "Timed Out", &request("POST", "/api/sendSeen", Some(&Value::Object(body))));
    }
    let is_all = message_ids.is_empty();
    waha.state().change(|state| state.seen.push(Seen { chat_id, message_ids }));
    if is_all {
        answer(201, &serde_json::json!({ "ids": [] }))
    } else {
        (axum::http::StatusCode::CREATED, "").into_response()
    }
}

impl Waha {
    /// Every accepted call that marked messages as seen, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.state().read(|state| state.seen.clone())
    }

    /// How often it was asked to mark messages as seen, whatever came of it.
    #[must_use]
    pub fn seen_asked(&self) -> usize {
        self.state().read(|state| state.seen_asked)
    }
}
