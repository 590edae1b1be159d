//! The chats and messages that the engine's store holds, newest first.

use std::collections::{HashMap, HashSet};

use axum::extract::{Path, Query, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};

use super::api::{answer, failure, refusal, request, working};
use super::faults::WahaFault;
use super::message::{Message, insert};
use super::model::Engine;
use super::state::State;
use super::{Waha, payload};

const STORE_OFF: &str = "Enable NOWEB store \"config.noweb.store.enabled=True\" and \
    \"config.noweb.store.full_sync=True\" when starting a new session. \
    Read more: https://waha.devlike.pro/docs/engines/noweb#store";

type Queries = Query<HashMap<String, String>>;

/// Waits for a session that works and has a store; otherwise the answer that says it hasn't.
pub(crate) async fn stored(waha: &Waha, session: Option<&str>) -> Result<(), Response> {
    working(waha, session).await?;
    if waha.options().engine == Engine::Noweb && !waha.options().store {
        return Err(refusal(400, "Bad Request", STORE_OFF));
    }
    Ok(())
}

/// `GET /api/{session}/chats/overview`.
pub(crate) async fn overview(
    Extract(waha): Extract<Waha>,
    Path(session): Path<String>,
    Query(query): Queries,
) -> Response {
    if let Err(refusal) = listable(&waha, &session).await {
        return refusal;
    }
    let chats: Vec<Value> = waha.state().read(|state| {
        let asked_for = page(state.chats().into_iter(), &query, 20);
        asked_for.map(|chat| waha.summary(state, &chat)).collect()
    });
    answer(200, &chats.into())
}

/// `GET /api/{session}/chats/{chat}/messages`.
pub(crate) async fn messages(
    Extract(waha): Extract<Waha>,
    Path((session, chat)): Path<(String, String)>,
    Query(query): Queries,
) -> Response {
    if let Err(refusal) = listable(&waha, &session).await {
        return refusal;
    }
    let bound = |name: &str, without: i64| query.get(name).and_then(|at| at.parse().ok()).unwrap_or(without);
    let span = bound("filter.timestamp.gte", i64::MIN)..=bound("filter.timestamp.lte", i64::MAX);
    let listed: Vec<Value> = waha.state().read(|state| {
        let of_span = state.newest_first(&chat).into_iter().filter(|message| span.contains(&message.at));
        page(of_span, &query, 10).map(|message| waha.listed(state, message)).collect()
    });
    answer(200, &listed.into())
}

/// Waits for what the store needs, unless a fault strikes.
pub(crate) async fn listable(waha: &Waha, session: &str) -> Result<(), Response> {
    stored(waha, Some(session)).await?;
    match waha.state().change(|state| state.faults.take(|fault| matches!(fault, WahaFault::ListFails { .. }))) {
        Some(_) => Err(failure(waha, "Timed Out", &request("GET", "/api/{session}/chats", None))),
        None => Ok(()),
    }
}

fn page<T>(entries: impl Iterator<Item = T>, query: &HashMap<String, String>, limit: usize) -> impl Iterator<Item = T> {
    let number = |name: &str| query.get(name).and_then(|number| number.parse().ok());
    entries.skip(number("offset").unwrap_or(0)).take(number("limit").unwrap_or(limit))
}

impl Waha {
    fn summary(&self, state: &State, chat: &str) -> Value {
        let last = state.newest_first(chat).into_iter().next();
        let at = last.map(|message| message.at);
        json!({
            "id": chat,
            "name": state.book.find(chat).and_then(|contact| contact.name.clone()),
            "picture": null,
            "lastMessage": last.map(|message| self.listed(state, message)),
            "_chat": { "id": chat, "conversationTimestamp": at },
        })
    }

    /// As in a webhook, but for the file, which isn't fetched, and the present acknowledgement.
    fn listed(&self, state: &State, message: &Message) -> Value {
        let mut message = message.clone();
        message.ack = state.ack_of(&message);
        let mut listed = payload::message(self.options().engine, &state.book, &self.url(), &message);
        insert(&mut listed, "media", Value::Null);
        listed
    }
}

impl State {
    /// Every chat by phone number where that is known, the one with the latest message first.
    fn chats(&self) -> Vec<String> {
        let mut chats: Vec<_> = self.kept().rev().map(|message| (message.at, self.by_number(&message.chat))).collect();
        chats.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut seen = HashSet::new();
        chats.into_iter().map(|(_, chat)| chat).filter(|chat| seen.insert(chat.clone())).collect()
    }

    /// The messages of a chat under either of its ids; one id is there once.
    fn newest_first(&self, chat: &str) -> Vec<&Message> {
        let (other, mut seen) = (self.book.alternative(chat), HashSet::new());
        let is_of_chat = |message: &Message| message.chat == chat || other.as_ref() == Some(&message.chat);
        let of_chat = self.kept().rev().filter(|message| is_of_chat(message));
        let mut messages: Vec<_> = of_chat.filter(|message| seen.insert(&message.stanza)).collect();
        messages.sort_by_key(|message| std::cmp::Reverse(message.at));
        messages
    }

    /// What the store holds.
    fn kept(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.iter().filter(|_| self.stores)
    }
}
