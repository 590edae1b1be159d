//! Sending a text, and all the ways in which that goes wrong.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use serde_json::{Map, Value};

use super::api::{answer, failure, not_working, object, refusal, request, working};
use super::book::is_group;
use super::faults::WahaFault;
use super::files::Fetched;
use super::message::{Content, Message, Quote};
use super::model::{Engine, SentText};
use super::{Waha, gows, noweb, things};
use crate::link::Knife;
use crate::shared::pass;

/// `POST /api/sendText`.
pub(crate) async fn send_text(
    State(waha): State<Waha>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    body: Bytes,
) -> Response {
    match checked(&waha, &body).await {
        Ok(call) => attempt(&waha, &knife, call).await,
        Err(refusal) => refusal,
    }
}

/// A call that is fit to be sent.
pub(crate) struct Call {
    pub(crate) body: Value,
    pub(crate) chat: String,
    pub(crate) text: String,
    pub(crate) file: Option<Fetched>,
    /// The name of the call, if it sends neither text nor file.
    pub(crate) thing: Option<&'static str>,
}

async fn checked(waha: &Waha, body: &Bytes) -> Result<Call, Response> {
    let body = object(body)?;
    working(waha, field(&body, "session")).await?;
    let chat = field(&body, "chatId").map(suffixed);
    let text = field(&body, "text").unwrap_or_default().to_owned();
    let body = Value::Object(body);
    match chat {
        Some(chat) => Ok(Call { body, chat, text, file: None, thing: None }),
        None => Err(broken(waha, "Cannot read properties of undefined (reading 'includes')", &body)),
    }
}

pub(crate) fn field<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name)?.as_str()
}

/// A bare number is taken for a phone user.
pub(crate) fn suffixed(chat: &str) -> String {
    if chat.contains('@') { chat.to_owned() } else { format!("{chat}@c.us") }
}

pub(crate) fn broken(waha: &Waha, message: &str, body: &Value) -> Response {
    failure(waha, message, &request("POST", "/api/sendText", Some(body)))
}

/// Sends, unless a fault strikes before.
pub(crate) async fn attempt(waha: &Waha, knife: &Knife, call: Call) -> Response {
    match take(waha, strikes_before) {
        Some(WahaFault::RefuseStatus { status, .. }) => refuse(waha, status, &call.body),
        Some(WahaFault::Exception { message, .. }) => broken(waha, message, &call.body),
        Some(WahaFault::HangBeforeSend { .. }) => std::future::pending().await,
        Some(_) => knife.cut().await,
        None => sent(waha, knife, call).await,
    }
}

pub(crate) fn strikes_before(fault: &WahaFault) -> bool {
    match fault {
        WahaFault::RefuseStatus { .. } | WahaFault::Exception { .. } | WahaFault::HangBeforeSend { .. } => true,
        WahaFault::DropConnection { after_send, .. } => !after_send,
        _ => false,
    }
}

pub(crate) fn strikes_after(fault: &WahaFault) -> bool {
    !strikes_before(fault)
        && !matches!(
            fault,
            WahaFault::FailedAck { .. }
                | WahaFault::ListFails { .. }
                | WahaFault::ContactFails { .. }
                | WahaFault::SeenFails { .. }
        )
}

pub(crate) fn take(waha: &Waha, fits: impl Fn(&WahaFault) -> bool) -> Option<WahaFault> {
    waha.state().change(|state| state.faults.take(fits))
}

pub(crate) fn refuse(waha: &Waha, status: u16, body: &Value) -> Response {
    match status {
        422 => not_working(waha),
        500 => broken(waha, "Timed Out", body),
        status => refusal(status, "Refused", "Refused on request"),
    }
}

/// Sends, and answers unless a fault strikes after.
async fn sent(waha: &Waha, knife: &Knife, call: Call) -> Response {
    let fails = take(waha, |fault| matches!(fault, WahaFault::FailedAck { .. })).is_some();
    let (message, quote) = waha.accept(&call, fails);
    let good = answer(201, &waha.send_answer(&message, quote.as_ref()));
    let echo = if call.thing == Some(things::VOTE) { waha.echo_vote(&call) } else { waha.echo(&message) };
    waha.ack_sent(&message, fails);
    match take(waha, strikes_after) {
        None => good,
        Some(WahaFault::SendThen500 { .. }) => broken(waha, "Timed Out", &call.body),
        Some(WahaFault::SendThenHang { .. }) => std::future::pending().await,
        Some(WahaFault::DropConnection { .. }) => knife.cut().await,
        Some(WahaFault::EchoBeforeAnswer { delay }) => waha.late(&echo, delay, good).await,
        Some(_) => answer(201, &serde_json::json!({ "status": "PENDING" })),
    }
}

impl Waha {
    /// Puts a text on its way and remembers the call.
    fn accept(&self, call: &Call, failed: bool) -> (Message, Option<Quote>) {
        let text = self.sent_text(call, failed);
        let quote = text.reply_to.as_ref().and_then(|id| self.state().read(|state| state.quote(&call.chat, id)));
        let message = self.outgoing(call, text.stanza.clone(), quote.clone());
        self.state().change(|state| {
            match (&call.file, call.thing) {
                (Some(file), _) => state.sent_files.push(file.record(call, text.stanza)),
                (None, Some(thing)) => state.sent_things.push(call.record_thing(thing, text.stanza)),
                (None, None) => state.sent.push(text),
            }
            state.messages.push(message.clone());
        });
        (message, quote)
    }

    fn sent_text(&self, call: &Call, failed: bool) -> SentText {
        let field = |name| call.body.get(name).and_then(Value::as_str).map(str::to_owned);
        let chosen = field("id").filter(|_| self.honours_ids() && call.file.is_none() && call.thing.is_none());
        SentText {
            chat_id: call.chat.clone(),
            text: call.text.clone(),
            reply_to: field("reply_to"),
            mentions: mentions(&call.body),
            chosen: chosen.is_some(),
            stanza: chosen.unwrap_or_else(|| self.new_stanza()),
            link_preview: call.body.get("linkPreview").and_then(Value::as_bool),
            failed,
        }
    }

    fn outgoing(&self, call: &Call, stanza: String, quote: Option<Quote>) -> Message {
        let thing = call.thing.and_then(|thing| things::content(thing, call.body.as_object()?));
        let content = match (&call.file, thing) {
            (Some(file), _) => file.content(&call.text),
            (None, Some(thing)) => thing,
            (None, None) => Content::sent(&call.text, quote.as_ref()),
        };
        let mut message = Message::incoming(stanza, &call.chat, content);
        message.from_me = true;
        message.by_api = true;
        message.ack = i8::from(self.options().engine == Engine::Gows);
        message.quote = quote;
        if is_group(&call.chat) {
            message.participant = Some(self.state().read(|state| state.book.my_lid()));
        }
        message
    }

    fn send_answer(&self, message: &Message, quote: Option<&Quote>) -> Value {
        self.state().read(|state| match self.options().engine {
            Engine::Noweb => noweb::answer(&state.book, message, quote),
            Engine::Gows => gows::answer(&state.book, message),
        })
    }

    fn ack_sent(&self, message: &Message, fails: bool) {
        let (chat, stanza) = (&message.chat, &message.stanza);
        if fails {
            self.acks(chat, stanza, -1);
        } else if self.options().auto_ack {
            self.acks(chat, stanza, 1);
            // In groups, NOWEB never tells that a phone has it.
            if self.options().engine == Engine::Gows || !is_group(chat) {
                self.acks(chat, stanza, 2);
            }
        }
    }

    /// Holds an answer back until the echo was answered, and a little longer.
    pub(crate) async fn late(&self, echo: &str, delay: Duration, answer: Response) -> Response {
        let answered = || {
            self.state().read(|state| {
                let mut attempts = state.attempts.iter();
                attempts.any(|attempt| attempt.event_id == echo && attempt.status.is_some())
            })
        };
        self.state().wait_for(answered).await;
        pass(delay).await;
        answer
    }

    /// Whether this version lets the client choose message ids: from 2026.4.3 on.
    pub(crate) fn honours_ids(&self) -> bool {
        let parts = self.options().version.split('.');
        let version: Vec<u32> = parts.filter_map(|part| part.parse().ok()).collect();
        version >= vec![2026, 4, 3]
    }
}

/// Whom a message to be sent mentions.
pub(crate) fn mentions(body: &Value) -> Vec<String> {
    let mentions = body.get("mentions").and_then(Value::as_array).into_iter().flatten();
    mentions.filter_map(Value::as_str).map(str::to_owned).collect()
}
