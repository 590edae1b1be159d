//! Places and their like, which are sent by calls of their own.

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use serde_json::{Map, Value};

use super::Waha;
use super::api::{object, refusal, working};
use super::message::Content;
use super::send::{Call, attempt, broken, field, suffixed};
use crate::link::Knife;

/// Something that WAHA accepted for sending.
#[derive(Clone, Debug, PartialEq)]
pub struct SentThing {
    /// The call.
    pub call: String,
    /// The chat as the client named it.
    pub chat_id: String,
    /// The body of the call.
    pub body: Value,
    /// The bare id under which it was sent.
    pub stanza: String,
}

macro_rules! calls {
    ($($name:ident = $call:literal),* $(,)?) => {$(
        pub(crate) async fn $name(
            State(waha): State<Waha>,
            ConnectInfo(knife): ConnectInfo<Knife>,
            body: Bytes,
        ) -> Response {
            send(waha, knife, $call, body).await
        }
    )*};
}
calls!(location = "sendLocation");

async fn send(waha: Waha, knife: Knife, call: &'static str, body: Bytes) -> Response {
    match checked(&waha, call, &body).await {
        Ok(call) => attempt(&waha, &knife, call).await,
        Err(refusal) => refusal,
    }
}

async fn checked(waha: &Waha, call: &'static str, body: &Bytes) -> Result<Call, Response> {
    let body = object(body)?;
    working(waha, field(&body, "session")).await?;
    if content(call, &body).is_none() {
        return Err(refusal(400, "Bad Request", "Bad Request"));
    }
    let chat = field(&body, "chatId").map(suffixed);
    let body = Value::Object(body);
    match chat {
        Some(chat) => Ok(Call { body, chat, text: String::new(), file: None, thing: Some(call) }),
        None => Err(broken(waha, "Cannot read properties of undefined (reading 'includes')", &body)),
    }
}

/// The message that a call makes; nothing if its body is not what the call takes.
pub(crate) fn content(call: &str, body: &Map<String, Value>) -> Option<Content> {
    let number = |name| body.get(name)?.as_f64();
    match call {
        "sendLocation" => Some(Content::place(field(body, "title")?, number("latitude")?, number("longitude")?)),
        _ => None,
    }
}

impl Call {
    /// What is remembered of it.
    pub(crate) fn record_thing(&self, call: &str, stanza: String) -> SentThing {
        SentThing { call: call.to_owned(), chat_id: self.chat.clone(), body: self.body.clone(), stanza }
    }
}

impl Waha {
    /// What was sent that is neither text nor file, in order.
    #[must_use]
    pub fn sent_things(&self) -> Vec<SentThing> {
        self.state().read(|state| state.sent_things.clone())
    }
}
