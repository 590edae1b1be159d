//! Who types: people on `WhatsApp`, and the owner through the API.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Waha;
use super::api::{answer, object, working};
use super::send::field;

/// `POST /api/startTyping`.
pub(crate) async fn start(State(waha): State<Waha>, body: Bytes) -> Response {
    set(&waha, &body, true).await
}

/// `POST /api/stopTyping`.
pub(crate) async fn stop(State(waha): State<Waha>, body: Bytes) -> Response {
    set(&waha, &body, false).await
}

async fn set(waha: &Waha, body: &Bytes, types: bool) -> Response {
    let body = match object(body) {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    if let Err(refusal) = working(waha, field(&body, "session")).await {
        return refusal;
    }
    let chat = field(&body, "chatId").unwrap_or_default().to_owned();
    waha.state().change(|state| state.typing.push((chat, types)));
    answer(201, &json!({ "result": true }))
}

/// `POST /api/{session}/presence/{chat}/subscribe`.
pub(crate) async fn subscribe(State(waha): State<Waha>, Path((session, chat)): Path<(String, String)>) -> Response {
    if let Err(refusal) = working(&waha, Some(&session)).await {
        return refusal;
    }
    waha.state().change(|state| state.watched.push(chat));
    (StatusCode::CREATED, "").into_response()
}

impl Waha {
    /// Somebody in a chat is in this state, such as `typing` or `paused`.
    pub fn is_there(&self, chat: &str, participant: &str, state: &str) {
        let presence = json!({ "participant": participant, "lastKnownPresence": state, "lastSeen": null });
        self.happen("presence.update", json!({ "id": chat, "presences": [presence] }));
    }

    /// Every change of whether the owner types: the chat as the client named it, and whether it began.
    #[must_use]
    pub fn typing(&self) -> Vec<(String, bool)> {
        self.state().read(|state| state.typing.clone())
    }

    /// The chats whose presences were asked for, in order.
    #[must_use]
    pub fn watched(&self) -> Vec<String> {
        self.state().read(|state| state.watched.clone())
    }
}
