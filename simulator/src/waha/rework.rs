//! The calls that edit, delete or react to a message, and all the ways in which they go wrong.

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};

use super::api::{answer, failure, object, request, working};
use super::faults::WahaFault;
use super::message::{Content, bare_id};
use super::model::{ApiChange, Engine, WhatChange};
use super::send::{refuse, strikes_after, strikes_before, take};
use super::{Waha, gows, noweb};
use crate::link::Knife;

/// A call that names a message.
struct Call {
    method: &'static str,
    path: String,
    body: Value,
    chat: String,
    /// As the caller named it.
    id: String,
    what: WhatChange,
}

/// `PUT /api/{session}/chats/{chat}/messages/{id}`.
pub(crate) async fn edit_message(
    Extract(waha): Extract<Waha>,
    Path((session, chat, id)): Path<(String, String, String)>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    body: Bytes,
) -> Response {
    let body = match object(&body) {
        Ok(body) => Value::Object(body),
        Err(refusal) => return refusal,
    };
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let path = format!("/api/{session}/chats/{chat}/messages/{id}");
    let call = Call { method: "PUT", path, body, chat, id, what: WhatChange::Edit(text) };
    attempt(&waha, &session, &knife, call).await
}

/// `DELETE /api/{session}/chats/{chat}/messages/{id}`.
pub(crate) async fn delete_message(
    Extract(waha): Extract<Waha>,
    Path((session, chat, id)): Path<(String, String, String)>,
    ConnectInfo(knife): ConnectInfo<Knife>,
) -> Response {
    let path = format!("/api/{session}/chats/{chat}/messages/{id}");
    let call = Call { method: "DELETE", path, body: json!({}), chat, id, what: WhatChange::Delete };
    attempt(&waha, &session, &knife, call).await
}

/// `PUT /api/reaction`.
pub(crate) async fn react(
    Extract(waha): Extract<Waha>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    body: Bytes,
) -> Response {
    let body = match object(&body) {
        Ok(body) => Value::Object(body),
        Err(refusal) => return refusal,
    };
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (session, id, emoji) = (field("session"), field("messageId"), field("reaction"));
    let chat = id.split('_').nth(1).unwrap_or_default().to_owned();
    let what = WhatChange::React(emoji);
    attempt(&waha, &session, &knife, Call { method: "PUT", path: "/api/reaction".into(), body, chat, id, what }).await
}

async fn attempt(waha: &Waha, session: &str, knife: &Knife, call: Call) -> Response {
    if let Err(refusal) = working(waha, Some(session)).await {
        return refusal;
    }
    match take(waha, strikes_before) {
        Some(WahaFault::RefuseStatus { status, .. }) => refuse(waha, status, &call.body),
        Some(WahaFault::Exception { message, .. }) => broken(waha, message, &call),
        Some(WahaFault::HangBeforeSend { .. }) => std::future::pending().await,
        Some(_) => knife.cut().await,
        None if needs_full_id(waha, &call) => {
            broken(waha, "Message id be in format false_11111111111@c.us_AAAAAAAAAAAAAAAAAAAA[_participant]", &call)
        }
        None => done(waha, knife, call).await,
    }
}

/// Reactions need it with every engine, the others with NOWEB.
fn needs_full_id(waha: &Waha, call: &Call) -> bool {
    let always = matches!(call.what, WhatChange::React(_)) || waha.options().engine == Engine::Noweb;
    always && call.id.split('_').count() < 3
}

fn broken(waha: &Waha, message: &str, call: &Call) -> Response {
    failure(waha, message, &request(call.method, &call.path, Some(&call.body)))
}

async fn done(waha: &Waha, knife: &Knife, call: Call) -> Response {
    let stanza = bare_id(&call.id).to_owned();
    let change = ApiChange {
        chat_id: call.chat.clone(),
        message_id: call.id.clone(),
        stanza: stanza.clone(),
        what: call.what.clone(),
    };
    waha.state().change(|state| state.changes.push(change));
    let content = match &call.what {
        WhatChange::Edit(text) => Content::change("MESSAGE_EDIT", &call.chat, &stanza, Some(text)),
        WhatChange::Delete => Content::change("REVOKE", &call.chat, &stanza, None),
        WhatChange::React(_) => Content::default(),
    };
    let mut message = waha.by_owner(&call.chat, content);
    message.by_api = true;
    let echo = match &call.what {
        WhatChange::Edit(text) => waha.edit(&message, &stanza, text),
        WhatChange::Delete => waha.revoke(&message, &stanza),
        WhatChange::React(emoji) => waha.react(&message, &stanza, emoji),
    };
    let good = answer(
        200,
        &waha.state().read(|state| match waha.options().engine {
            Engine::Noweb => noweb::answer(&state.book, &message, None),
            Engine::Gows => gows::answer(&state.book, &message),
        }),
    );
    match take(waha, strikes_after) {
        None => good,
        Some(WahaFault::SendThen500 { .. }) => broken(waha, "Timed Out", &call),
        Some(WahaFault::SendThenHang { .. }) => std::future::pending().await,
        Some(WahaFault::DropConnection { .. }) => knife.cut().await,
        Some(WahaFault::EchoBeforeAnswer { delay }) => waha.late(&echo, delay, good).await,
        Some(_) => answer(200, &json!({ "status": "PENDING" })),
    }
}
