//! Edits, deletions and reactions: by people on `WhatsApp`, by the owner on the phone, and through the API.
#![expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};

use super::api::{answer, failure, object, request, working};
use super::book::is_group;
use super::faults::WahaFault;
use super::message::{Content, Message, bare_id, full_id, insert};
use super::model::{ApiChange, Engine, WhatChange};
use super::send::{refuse, strikes_after, strikes_before, take};
use super::state::State;
use super::{Waha, gows, noweb, payload};
use crate::link::Knife;

/// What `WhatsApp` shows of a message besides what it said at first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) edited: bool,
    pub(crate) deleted: bool,
    /// Who reacts, and how.
    pub(crate) reactions: BTreeMap<String, String>,
}

/// How long `WhatsApp` takes an edit, in seconds.
const EDITS: i64 = 15 * 60;
/// How long `WhatsApp` takes a deletion, in seconds.
const DELETIONS: i64 = 60 * 3600;

impl Waha {
    /// Somebody changes the text of an earlier message.
    pub fn edits(&self, chat: &str, participant: Option<&str>, stanza: &str, text: &str) -> String {
        let message = self.by_somebody(chat, participant, Content::change("MESSAGE_EDIT", chat, stanza, Some(text)));
        self.edit(&message, stanza, text);
        message.stanza
    }

    /// The owner changes the text of an earlier message, on the phone.
    pub fn owner_edits(&self, chat: &str, stanza: &str, text: &str) -> String {
        let message = self.by_owner(chat, Content::change("MESSAGE_EDIT", chat, stanza, Some(text)));
        self.edit(&message, stanza, text);
        message.stanza
    }

    /// Somebody deletes an earlier message for everyone.
    pub fn revokes(&self, chat: &str, participant: Option<&str>, stanza: &str) -> String {
        let message = self.by_somebody(chat, participant, Content::change("REVOKE", chat, stanza, None));
        self.revoke(&message, stanza);
        message.stanza
    }

    /// The owner deletes a message for everyone, on the phone.
    pub fn owner_revokes(&self, chat: &str, stanza: &str) -> String {
        let message = self.by_owner(chat, Content::change("REVOKE", chat, stanza, None));
        self.revoke(&message, stanza);
        message.stanza
    }

    /// Somebody reacts to a message; an empty emoji takes the reaction back.
    pub fn reacts(&self, chat: &str, participant: Option<&str>, stanza: &str, emoji: &str) -> String {
        let message = self.by_somebody(chat, participant, Content::default());
        self.react(&message, stanza, emoji);
        message.stanza
    }

    /// The owner reacts to a message, on the phone.
    pub fn owner_reacts(&self, chat: &str, stanza: &str, emoji: &str) -> String {
        let message = self.by_owner(chat, Content::default());
        self.react(&message, stanza, emoji);
        message.stanza
    }

    /// Every accepted call that changed a message, in order.
    #[must_use]
    pub fn changes_made(&self) -> Vec<ApiChange> {
        self.state().read(|state| state.changes.clone())
    }

    fn by_somebody(&self, chat: &str, participant: Option<&str>, content: Content) -> Message {
        let mut message = Message::incoming(self.new_stanza(), chat, content);
        message.participant = participant.map(str::to_owned);
        message
    }

    fn by_owner(&self, chat: &str, content: Content) -> Message {
        let mut message = self.by_somebody(chat, None, content);
        message.from_me = true;
        message.ack = 1;
        if is_group(chat) {
            message.participant = Some(self.state().read(|state| state.book.my_lid()));
        }
        message
    }

    /// Returns the id in the envelope, as the others do.
    fn edit(&self, message: &Message, stanza: &str, text: &str) -> String {
        self.state()
            .change(|state| state.apply(&message.chat, stanza, &message.reactor(), &WhatChange::Edit(text.to_owned())));
        let mut payload = self.message_payload(message);
        insert(&mut payload, "editedMessageId", json!(stanza));
        self.happen("message.edited", payload)
    }

    fn revoke(&self, message: &Message, stanza: &str) -> String {
        self.state().change(|state| state.apply(&message.chat, stanza, &message.reactor(), &WhatChange::Delete));
        let after = self.message_payload(message);
        let data = after.get("_data").cloned();
        let payload = json!({
            "after": after, "before": null, "revokedMessageId": stanza, "_data": data,
        });
        self.happen("message.revoked", payload)
    }

    fn react(&self, message: &Message, stanza: &str, emoji: &str) -> String {
        let target = self.state().change(|state| {
            state.apply(&message.chat, stanza, &message.reactor(), &WhatChange::React(emoji.to_owned()));
            state.reacted_to(self.options().engine, message, stanza)
        });
        let engine = self.options().engine;
        self.happen("message.reaction", payload::reaction(engine, message, &target, emoji))
    }
}

impl Message {
    /// Who did it.
    fn reactor(&self) -> String {
        match (&self.participant, self.from_me) {
            (_, true) => "owner".to_owned(),
            (Some(participant), false) => participant.clone(),
            (None, false) => self.chat.clone(),
        }
    }
}

impl State {
    /// What there is besides a message's first words.
    pub(crate) fn marks_of(&self, stanza: &str) -> Marks {
        self.marks.get(stanza).cloned().unwrap_or_default()
    }

    /// A message is changed, if it is there and young enough.
    fn apply(&mut self, chat: &str, stanza: &str, who: &str, what: &WhatChange) {
        let now = crate::stamp::now_ms() / 1000;
        let Some(age) = self.message(chat, stanza).map(|message| now - message.at) else { return };
        let marks = self.marks.entry(stanza.to_owned()).or_default();
        match what {
            WhatChange::Edit(_) if age > EDITS || marks.deleted => return,
            WhatChange::Edit(_) => marks.edited = true,
            WhatChange::Delete if age > DELETIONS => return,
            WhatChange::Delete => *marks = Marks { deleted: true, ..Marks::default() },
            WhatChange::React(emoji) if emoji.is_empty() => drop(marks.reactions.remove(who)),
            WhatChange::React(emoji) => drop(marks.reactions.insert(who.to_owned(), emoji.clone())),
        }
        let text = match what {
            WhatChange::Edit(text) => Some(text.clone()),
            WhatChange::Delete => None,
            WhatChange::React(_) => return,
        };
        for message in self.messages.iter_mut().filter(|message| message.stanza == stanza) {
            message.content.body.clone_from(&text);
        }
    }

    /// How a reaction names its message: GOWS hands on what a reactor calls a message of their own.
    fn reacted_to(&self, engine: Engine, reaction: &Message, stanza: &str) -> String {
        let Some(message) = self.message(&reaction.chat, stanza) else {
            return full_id(true, &reaction.chat, stanza, None);
        };
        let of_reactor = !message.from_me && !reaction.from_me && message.participant.is_none();
        if engine == Engine::Gows && of_reactor {
            return full_id(true, &self.book.my_id(), stanza, None);
        }
        message.id()
    }
}

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
