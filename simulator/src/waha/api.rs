//! The HTTP API: who may call, what can be called, and how it says no.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use serde_json::{Map, Value, json};

use super::{
    Waha, chats, files, keys, newsletters, participants, pictures, reads, rework, seen, send, session, things, typing,
};
use crate::stamp;

/// Everything that can be called.
pub(crate) fn routes(waha: Waha) -> Router {
    Router::new()
        .route("/ping", get(|| async { answer(200, &json!({ "message": "pong" })) }))
        .route("/api/sendText", post(send::send_text))
        .route("/api/sendImage", post(files::image))
        .route("/api/sendVideo", post(files::video))
        .route("/api/sendVoice", post(files::voice))
        .route("/api/sendFile", post(files::document))
        .route("/api/sendLocation", post(things::location))
        .route("/api/sendContactVcard", post(things::contacts))
        .route("/api/sendPoll", post(things::poll))
        .route("/api/sendPollVote", post(things::vote))
        .route("/api/sendSeen", post(seen::send_seen))
        .route("/api/startTyping", post(typing::start))
        .route("/api/stopTyping", post(typing::stop))
        .route("/api/{session}/presence/{chat}/subscribe", post(typing::subscribe))
        .route("/api/files/{session}/{file}", get(files::file))
        .route("/api/reaction", put(rework::react))
        .route("/api/version", get(reads::version))
        .route("/api/server/version", get(reads::version))
        .route("/api/sessions", get(reads::sessions).post(keys::make_session))
        .route("/api/sessions/{session}", get(reads::session).delete(session::delete))
        .route("/api/sessions/{session}/restart", post(session::restart))
        .route("/api/sessions/{session}/logout", post(session::logout))
        .route("/api/keys", get(keys::list).post(keys::make))
        .route("/api/keys/{id}", delete(keys::delete))
        .route("/api/server/environment", get(keys::environment))
        .route("/api/sessions/{session}/me", get(reads::me))
        .route("/api/contacts", get(reads::contact))
        .route("/api/{session}/new-message-id", get(reads::new_message_id))
        .route("/api/{session}/lids", get(reads::lids))
        .route("/api/{session}/lids/{lid}", get(reads::lid))
        .route("/api/{session}/lids/pn/{phone}", get(reads::lid_by_phone))
        .route("/api/{session}/groups/{id}", get(reads::group))
        .route("/api/{session}/channels/{id}", get(newsletters::newsletter))
        .route("/api/{session}/groups/{id}/participants/v2", get(participants::participants))
        .route("/api/{session}/chats/overview", get(chats::overview))
        .route("/api/{session}/chats/{chat}/picture", get(pictures::picture))
        .route("/api/{session}/chats/{chat}/messages", get(chats::messages))
        .route(
            "/api/{session}/chats/{chat}/messages/{id}",
            get(reads::message).put(rework::edit_message).delete(rework::delete_message),
        )
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_route)
        .layer(DefaultBodyLimit::max(50 * 1024 * 1024))
        .layer(from_fn_with_state(waha.clone(), authorise))
        .with_state(waha)
}

/// The key that may do everything opens all; a session's key what it is for.
async fn authorise(State(waha): State<Waha>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/ping" {
        return next.run(request).await;
    }
    let key = request.headers().get("X-Api-Key").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    if key == waha.options().api_key {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 50 * 1024 * 1024).await else {
        return answer(500, &json!({ "message": "PayloadTooLargeError", "statusCode": 500 }));
    };
    match keys::may(&waha, &key, &head, &body) {
        None => answer(401, &json!({ "message": "Unauthorized", "statusCode": 401 })),
        Some(false) => refusal(403, "Forbidden", "Forbidden resource"),
        Some(true) => next.run(Request::from_parts(head, body.into())).await,
    }
}

async fn unknown_route(method: Method, uri: Uri) -> Response {
    refusal(404, "Not Found", &format!("Cannot {method} {uri}"))
}

/// A JSON answer.
pub(crate) fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, kind, body.to_string()).into_response()
}

/// The usual form of an error.
pub(crate) fn refusal(status: u16, name: &str, message: &str) -> Response {
    answer(status, &json!({ "message": message, "error": name, "statusCode": status }))
}

/// The form of an unexpected error, which repeats the whole request.
pub(crate) fn failure(waha: &Waha, message: &str, request: &Value) -> Response {
    let body = json!({
        "statusCode": 500,
        "timestamp": stamp::iso_ms(stamp::now_ms()),
        "exception": {
            "message": message,
            "name": "Error",
            "stack": format!("Error: {message}\n    at process.processTicksAndRejections"),
        },
        "request": request,
        "version": waha.environment(),
    });
    answer(500, &body)
}

/// The request as an unexpected error repeats it.
pub(crate) fn request(method: &str, path: &str, body: Option<&Value>) -> Value {
    let mut request = json!({ "path": path, "method": method, "query": {} });
    if let Some(body) = body {
        super::message::insert(&mut request, "body", body.clone());
    }
    request
}

/// The JSON object in a body, or the answer that says there is none.
#[expect(clippy::result_large_err, reason = "an answer is made once per request, its size doesn't matter")]
pub(crate) fn object(body: &Bytes) -> Result<Map<String, Value>, Response> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        // An array is an object without a session to the real server.
        Ok(_) => Ok(Map::new()),
        Err(_) => Err(refusal(400, "Bad Request", "Unexpected end of JSON input")),
    }
}

/// Waits for the session to work; otherwise the answer that says it doesn't.
pub(crate) async fn working(waha: &Waha, session: Option<&str>) -> Result<(), Response> {
    let Some(session) = session else {
        return Err(refusal(400, "Bad Request", "Session name is required"));
    };
    if !waha.has_session(session) {
        let error = format!("Session \"{session}\" does not exist");
        return Err(answer(422, &json!({ "error": error, "session": session })));
    }
    let works = |waha: &Waha| waha.state().read(|state| state.status() == "WORKING");
    if waha.wait_until(waha.options().status_wait, works).await {
        return Ok(());
    }
    Err(not_working(waha))
}

/// The answer of a session in the wrong status.
pub(crate) fn not_working(waha: &Waha) -> Response {
    let status = waha.state().read(|state| state.status().to_owned());
    answer(
        422,
        &json!({
            "error": "Session status is not as expected. Try again later or restart the session",
            "session": waha.options().session,
            "status": status,
            "expected": ["WORKING"],
        }),
    )
}
