//! The calls that only read.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::api::{answer, failure, refusal, request, working};
use super::book::user;
use super::chats::{listable, stored};
use super::faults::WahaFault;
use super::message::{bare_id, insert};
use super::model::{Contact, Engine};
use super::{Waha, payload};

type Queries = Query<HashMap<String, String>>;

/// `GET /api/server/version`.
pub(crate) async fn version(State(waha): State<Waha>) -> Response {
    answer(200, &waha.environment())
}

/// `GET /api/sessions`: running sessions only, unless all are asked for.
pub(crate) async fn sessions(State(waha): State<Waha>, Query(query): Queries) -> Response {
    if !waha.has_session(&waha.options().session) {
        return answer(200, &json!([]));
    }
    let all = query.get("all").is_some_and(|all| all == "true");
    let session = waha.session();
    let stopped = session.get("status") == Some(&json!("STOPPED"));
    let shown = if stopped && !all { json!([]) } else { json!([session]) };
    answer(200, &shown)
}

/// `GET /api/sessions/{session}`.
pub(crate) async fn session(State(waha): State<Waha>, Path(name): Path<String>) -> Response {
    if !waha.has_session(&name) {
        return refusal(404, "Not Found", "Session not found");
    }
    let mut session = waha.session();
    let engine = match waha.options().engine {
        _ if session.get("status") == Some(&json!("STOPPED")) => json!({}),
        Engine::Noweb => json!({ "engine": "NOWEB" }),
        Engine::Gows => json!({
            "grpc": { "client": "READY", "stream": "READY" },
            "gows": { "found": true, "connected": true },
        }),
    };
    insert(&mut session, "engine", engine);
    answer(200, &session)
}

/// `GET /api/sessions/{session}/me`.
pub(crate) async fn me(State(waha): State<Waha>) -> Response {
    answer(200, &waha.me())
}

/// `GET /api/contacts`: NOWEB answers an empty body for strangers.
pub(crate) async fn contact(State(waha): State<Waha>, Query(query): Queries) -> Response {
    if let Err(refusal) = stored(&waha, query.get("session").map(String::as_str)).await {
        return refusal;
    }
    let fault = waha.state().change(|state| state.faults.take(|fault| matches!(fault, WahaFault::ContactFails { .. })));
    if fault.is_some() {
        return failure(&waha, "Timed Out", &request("GET", "/api/contacts", None));
    }
    let id = query.get("contactId").map_or("", String::as_str);
    let known = waha.state().read(|state| state.book.find(id).cloned());
    match known {
        Some(contact) => answer(200, &shown(id, &contact)),
        None if waha.options().engine == Engine::Noweb => ().into_response(),
        None => answer(200, &json!({ "id": id })),
    }
}

fn shown(id: &str, contact: &Contact) -> Value {
    let by_number = contact.number.as_ref().map(|digits| format!("{digits}@c.us"));
    let mut shown = json!({ "id": by_number.unwrap_or_else(|| id.to_owned()) });
    for (key, value) in [("name", &contact.name), ("pushname", &contact.push_name)] {
        if let Some(value) = value {
            insert(&mut shown, key, json!(value));
        }
    }
    shown
}

/// `GET /api/{session}/new-message-id`, unknown to older versions.
pub(crate) async fn new_message_id(State(waha): State<Waha>, Path(session): Path<String>, uri: Uri) -> Response {
    if !waha.honours_ids() {
        return refusal(404, "Not Found", &format!("Cannot GET {uri}"));
    }
    match working(&waha, Some(&session)).await {
        Ok(()) => answer(200, &json!({ "id": waha.new_stanza() })),
        Err(refusal) => refusal,
    }
}

/// `GET /api/{session}/lids`.
pub(crate) async fn lids(State(waha): State<Waha>, Path(session): Path<String>) -> Response {
    if let Err(refusal) = stored(&waha, Some(&session)).await {
        return refusal;
    }
    let pairs = waha.state().read(|state| {
        let known = state.book.contacts.iter();
        known.filter_map(|contact| Some(pair(contact.lid.as_deref()?, contact.number.as_deref()?))).collect::<Vec<_>>()
    });
    answer(200, &json!(pairs))
}

fn pair(lid: &str, number: &str) -> Value {
    json!({ "lid": format!("{lid}@lid"), "pn": format!("{number}@c.us") })
}

/// `GET /api/{session}/lids/{lid}`.
pub(crate) async fn lid(State(waha): State<Waha>, Path((session, lid)): Path<(String, String)>) -> Response {
    if let Err(refusal) = stored(&waha, Some(&session)).await {
        return refusal;
    }
    if lid.contains('@') && !lid.ends_with("@lid") {
        let message = "Invalid LID - it must end with @lid";
        return refusal(422, "Unprocessable Entity", message);
    }
    let lid = format!("{}@lid", user(&lid));
    let number = waha.state().read(|state| state.book.alternative(&lid));
    answer(200, &json!({ "lid": lid, "pn": number }))
}

/// `GET /api/{session}/lids/pn/{phone}`.
pub(crate) async fn lid_by_phone(State(waha): State<Waha>, Path((session, phone)): Path<(String, String)>) -> Response {
    if let Err(refusal) = stored(&waha, Some(&session)).await {
        return refusal;
    }
    let number = format!("{}@c.us", user(&phone));
    let lid = waha.state().read(|state| state.book.alternative(&number));
    answer(200, &json!({ "lid": lid, "pn": number }))
}

/// `GET /api/{session}/groups/{id}`.
pub(crate) async fn group(State(waha): State<Waha>, Path((session, id)): Path<(String, String)>, uri: Uri) -> Response {
    if let Err(refusal) = working(&waha, Some(&session)).await {
        return refusal;
    }
    let engine = waha.options().engine;
    let known = waha.state().read(|state| payload::group(engine, &state.book, &id));
    match (known, engine) {
        (Some(group), _) => answer(200, &group),
        (None, Engine::Noweb) => missing(&waha, &format!("Group with id '{id}' not found"), &uri),
        (None, Engine::Gows) => missing(&waha, "Unexpected end of JSON input", &uri),
    }
}

/// `GET /api/{session}/chats/{chat}/messages/{id}`.
pub(crate) async fn message(
    State(waha): State<Waha>,
    Path((session, chat, id)): Path<(String, String, String)>,
    Query(query): Queries,
    uri: Uri,
) -> Response {
    if let Err(refusal) = listable(&waha, &session).await {
        return refusal;
    }
    let stanza = bare_id(&id).to_owned();
    let downloads = query.get("downloadMedia").is_none_or(|download| download == "true");
    let has_file = downloads && waha.refetch(&stanza);
    let (engine, url) = (waha.options().engine, waha.url());
    let known = waha.state().read(|state| {
        let message = state.message(&chat, &id).filter(|_| waha.options().store)?;
        Some(payload::message(engine, &state.book, &url, message))
    });
    match (known, engine) {
        (Some(mut message), _) => {
            if !has_file {
                insert(&mut message, "media", Value::Null);
            }
            answer(200, &message)
        }
        (None, Engine::Noweb) => refusal(404, "Not Found", "Message not found"),
        (None, Engine::Gows) => missing(&waha, "Unexpected end of JSON input", &uri),
    }
}

pub(crate) fn missing(waha: &Waha, message: &str, uri: &Uri) -> Response {
    failure(waha, message, &request("GET", uri.path(), None))
}

impl Waha {
    /// Whether there is a session of this name.
    pub(crate) fn has_session(&self, name: &str) -> bool {
        let made = self.options().has_session || self.made_session().is_some();
        name == self.options().session && made && !self.state().read(|state| state.deleted)
    }

    /// The session as it is listed.
    pub(crate) fn session(&self) -> Value {
        let status = self.state().read(|state| state.status().to_owned());
        let stopped = status == "STOPPED";
        let timestamps = if stopped { json!({ "activity": null }) } else { json!({}) };
        json!({
            "name": self.options().session,
            "status": status,
            "config": self.config(),
            "me": if stopped { Value::Null } else { self.me() },
            "presence": null,
            "timestamps": timestamps,
        })
    }

    fn config(&self) -> Value {
        let options = self.options();
        let Some(url) = self.state().read(|state| state.webhook_url.clone()) else {
            return Value::Null;
        };
        let hmac = json!({ "key": options.hmac_key });
        json!({ "webhooks": [{ "url": url, "events": options.events, "hmac": hmac }] })
    }
}
