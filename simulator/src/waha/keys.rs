//! Keys for one session, what they open, and the making of the session.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Waha;
use super::api::{answer, object, refusal};

/// `GET /api/keys`.
pub(crate) async fn list(State(waha): State<Waha>) -> Response {
    answer(200, &json!(waha.keys()))
}

/// `POST /api/keys`. Versions before the oldest that is known to have it have no such route; `actions` came later.
pub(crate) async fn make(State(waha): State<Waha>, uri: Uri, body: Bytes) -> Response {
    if waha.is_before([2026, 2, 1]) {
        return refusal(404, "Not Found", &format!("Cannot POST {uri}"));
    }
    let wish = match object(&body) {
        Ok(wish) => wish,
        Err(refusal) => return refusal,
    };
    let of = |name: &str| wish.get(name).cloned().unwrap_or_default();
    let id = crate::stamp::hex(32);
    let mut key = json!({
        "id": format!("key_id_{id}"),
        "key": format!("key_{}", crate::stamp::hex(33)),
        "isActive": of("isActive"),
        "isAdmin": of("isAdmin"),
        "session": of("session"),
    });
    if !waha.is_before([2026, 7, 1]) {
        super::message::insert(&mut key, "actions", of("actions"));
    }
    waha.state().change(|state| state.keys.push(key.clone()));
    answer(201, &key)
}

/// `DELETE /api/keys/{id}`.
pub(crate) async fn delete(State(waha): State<Waha>, Path(id): Path<String>) -> Response {
    waha.state().change(|state| state.keys.retain(|key| key.get("id") != Some(&json!(id))));
    ().into_response()
}

/// `GET /api/server/environment`: the secrets of the server, in plain.
pub(crate) async fn environment(State(waha): State<Waha>) -> Response {
    let options = waha.options();
    answer(200, &json!({ "WAHA_API_KEY": options.api_key, "WHATSAPP_HOOK_HMAC_KEY": options.hmac_key }))
}

/// `POST /api/sessions`.
pub(crate) async fn make_session(State(waha): State<Waha>, body: Bytes) -> Response {
    let wish = match object(&body) {
        Ok(wish) => Value::Object(wish),
        Err(refusal) => return refusal,
    };
    let name = waha.options().session.clone();
    if waha.has_session(&name) || wish.get("name") != Some(&json!(name)) {
        return refusal(
            422,
            "Unprocessable Entity",
            &format!("Session '{name}' already exists. Use PUT to update it."),
        );
    }
    waha.state().change(|state| {
        state.made = Some(wish);
        state.deleted = false;
    });
    waha.session_status("SCAN_QR_CODE");
    answer(201, &json!({ "name": name, "status": "STARTING" }))
}

/// Whether a session's key opens this; nothing if there is no such key.
pub(crate) fn may(waha: &Waha, key: &str, head: &Parts, body: &Bytes) -> Option<bool> {
    let found = waha.keys().into_iter().find(|one| one.get("key") == Some(&json!(key)))?;
    let of = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
    let action = action(&head.method, head.uri.path());
    let allowed = match found.get("actions") {
        Some(actions) if !actions.is_null() => actions.get(action).is_some_and(|may| *may == json!(true)),
        _ => true,
    };
    Some(allowed && found.get("isActive") == Some(&json!(true)) && concerns(head, body, &of("session")?))
}

fn action(method: &Method, path: &str) -> &'static str {
    match path {
        _ if path.ends_with("/restart") || path.ends_with("/logout") => "control",
        _ if *method == Method::GET => "read",
        _ if *method == Method::DELETE => "delete",
        _ => "send",
    }
}

/// The session is named in the path, in the query or in the body; the version concerns everybody.
fn concerns(head: &Parts, body: &Bytes, session: &str) -> bool {
    let path = head.uri.path().trim_start_matches("/api/").split('/').collect::<Vec<_>>();
    let named = || {
        let query = head.uri.query().unwrap_or_default().split('&').any(|part| part == format!("session={session}"));
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        query || body.get("session") == Some(&json!(session))
    };
    match path.as_slice() {
        [] | ["keys", ..] | ["sessions"] | ["server", "environment"] => false,
        ["version"] | ["server", "version"] => true,
        ["sendText" | "sendSeen" | "startTyping" | "stopTyping" | "contacts"] => named(),
        ["sessions", name, ..] | [name, ..] => *name == session,
    }
}

impl Waha {
    /// The keys that were made and not deleted, as they are listed.
    #[must_use]
    pub fn keys(&self) -> Vec<Value> {
        self.state().read(|state| state.keys.clone())
    }

    /// The request that made the session, if one did.
    #[must_use]
    pub fn made_session(&self) -> Option<Value> {
        self.state().read(|state| state.made.clone())
    }

    /// Whether this version is older.
    pub(crate) fn is_before(&self, version: [u32; 3]) -> bool {
        let numbers: Vec<u32> = self.options().version.split('.').filter_map(|part| part.parse().ok()).collect();
        numbers < version.to_vec()
    }
}
