//! WAHA and the WhatsApp phones behind it, as far as the bridge can see them. Nothing happens by itself: each call is
//! worked on, each answer given and each webhook posted when the run says so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::{Request, StatusCode};
use rialto::clock::Moment;
use rialto::whatsapp::{Answer, Carrier, WahaError};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::world::World;

pub(crate) type Reply = Result<Answer, WahaError>;

/// A call of the bridge that waits for its answer.
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    query: Vec<(String, String)>,
    body: Value,
    reply: oneshot::Sender<Reply>,
    /// What came of it, where it was worked on and not answered yet.
    pub(crate) worked: Option<Reply>,
}

/// A message as WhatsApp has it.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) chat: usize,
    pub(crate) stanza: String,
    pub(crate) text: String,
    /// Whether it is a picture, with the text as its caption.
    picture: bool,
    pub(crate) mine: bool,
    /// Whether it comes under the number, under the hidden id, or under one of both alone.
    face: usize,
    /// By the API, not on the phone.
    pub(crate) by_api: bool,
    /// Seconds.
    pub(crate) at: i64,
    /// The message it answers.
    pub(crate) answers: Option<String>,
}

/// An event on its way to the bridge.
pub(crate) struct Webhook {
    pub(crate) body: String,
    pub(crate) posting: Option<oneshot::Receiver<u16>>,
    pub(crate) done: bool,
}

pub(crate) struct Waha {
    pub(crate) up: bool,
    /// Takes the ids we choose.
    pub(crate) chosen_ids: bool,
    pub(crate) calls: Vec<Call>,
    pub(crate) webhooks: Vec<Webhook>,
    pub(crate) messages: Vec<Message>,
    /// What the contacts' phones show of the owner's, once for each stanza.
    pub(crate) shown: Vec<Message>,
    count: usize,
}

/// Carries the calls of the bridge to the world.
pub(crate) struct Wire(pub(crate) Arc<Mutex<World>>);

impl Carrier for Wire {
    fn carry(&self, request: Request) -> BoxFuture<'_, Reply> {
        let (reply, wait) = oneshot::channel();
        let limit = request.timeout().copied().unwrap_or(Duration::MAX);
        self.0.lock().unwrap().waha.calls.push(Call::of(&request, reply));
        Box::pin(async move {
            match tokio::time::timeout(limit, wait).await {
                Ok(Ok(answer)) => answer,
                _ => Err(WahaError::Unknown),
            }
        })
    }
}

impl Call {
    fn of(request: &Request, reply: oneshot::Sender<Reply>) -> Self {
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        Self {
            method: request.method().to_string(),
            path: request.url().path().to_owned(),
            query: request.url().query_pairs().into_owned().collect(),
            body: serde_json::from_slice(body).unwrap_or_default(),
            reply,
            worked: None,
        }
    }

    pub(crate) fn answer(self, reply: Reply) {
        // The bridge may have died meanwhile, or given it up.
        drop(self.reply.send(reply));
    }

    fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands beside calls that fail")]
pub(crate) fn said(status: u16, body: &Value) -> Reply {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Ok(Answer { status: StatusCode::from_u16(status).unwrap(), retry_after: None, body: Some(body) })
}

pub(crate) fn chat_id(chat: usize) -> String {
    format!("7920000{chat:04}@c.us")
}

fn lid(chat: usize) -> String {
    format!("10000000000{chat:04}@lid")
}

fn chat_of(id: &str) -> Option<usize> {
    id.strip_prefix("7920000").or_else(|| id.strip_prefix("10000000000"))?.split('@').next()?.parse().ok()
}

impl Waha {
    pub(crate) fn new(chosen_ids: bool) -> Self {
        let (calls, webhooks, messages, shown) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { up: true, chosen_ids, calls, webhooks, messages, shown, count: 0 }
    }

    /// A new id, in the engine's form.
    fn stanza(&mut self) -> String {
        self.count += 1;
        format!("3EB0{:018X}", self.count)
    }

    /// Somebody writes: the contact, or the owner on the phone.
    pub(crate) fn writes(
        &mut self,
        chat: usize,
        (text, picture): (&str, bool),
        (mine, face): (bool, usize),
        answers: Option<String>,
        now: Moment,
    ) {
        let (stanza, at) = (self.stanza(), now.0 / 1000);
        let message = Message { chat, stanza, text: text.to_owned(), picture, mine, face, by_api: false, at, answers };
        self.hand_out(message, now);
    }

    fn hand_out(&mut self, message: Message, now: Moment) {
        let (event, payload) = ("message.any", wire(&message, &self.messages));
        self.messages.push(message);
        self.event(event, &payload, now);
    }

    fn event(&mut self, event: &str, payload: &Value, now: Moment) {
        self.count += 1;
        let body = json!({
            "id": format!("evt_{}", self.count), "timestamp": now.0, "event": event, "session": "default",
            "payload": payload, "environment": {"engine": "NOWEB"},
        });
        self.webhooks.push(Webhook { body: body.to_string(), posting: None, done: false });
    }

    fn ack(&mut self, message: &Message, level: i8, now: Moment) {
        let chat = chat_id(message.chat);
        let id = format!("true_{chat}_{}", message.stanza);
        let payload = json!({"id": id, "from": chat, "fromMe": true, "ack": level, "ackName": "SERVER"});
        self.event("message.ack", &payload, now);
    }

    /// WAHA ends and begins: what it still had to repeat is gone, and its session says so.
    pub(crate) fn restart(&mut self, now: Moment) {
        self.webhooks.retain(|webhook| webhook.done);
        self.calls.clear();
        self.up = true;
        let payload = json!({"name": "default", "status": "WORKING", "statuses": []});
        self.event("session.status", &payload, now);
    }

    /// Does what a call asks for and says what came of it.
    pub(crate) fn work(&mut self, call: &Call, now: Moment) -> Reply {
        let path: Vec<_> = call.path.trim_start_matches('/').split('/').collect();
        match path.as_slice() {
            ["api", "sendText"] => self.send(&call.body, now),
            ["api", "sessions", _] => {
                let me = json!({"id": "79220000001@c.us", "lid": "100000000000001@lid", "pushName": "Owner"});
                said(200, &json!({"name": "default", "status": "WORKING", "me": me}))
            }
            ["api", "sessions", _, "restart"] => said(201, &json!({})),
            ["api", "server", "version"] => {
                let version = if self.chosen_ids { "2026.11.1" } else { "2026.2.1" };
                said(200, &json!({"version": version, "engine": "NOWEB"}))
            }
            ["api", _, "new-message-id"] if self.chosen_ids => {
                let id = self.stanza();
                said(200, &json!({"id": id}))
            }
            ["api", "contacts"] => said(200, &json!({"id": call.asked("contactId"), "name": "Alex"})),
            ["api", _, "lids", "pn", number] => other(number),
            ["api", _, "lids", lid] => other(lid),
            ["api", _, "chats", "overview"] => self.overview(call),
            ["api", _, "chats", chat, "messages"] => self.list(chat, call),
            ["api", _, "chats", chat, "messages", id] if call.method != "GET" => self.change(chat, id, call, now),
            ["api", _, "chats", _, "messages", stanza] => self.one(stanza),
            _ => said(404, &json!({"message": "not here", "statusCode": 404})),
        }
    }

    fn send(&mut self, body: &Value, now: Moment) -> Reply {
        let chat = chat_of(body["chatId"].as_str().unwrap()).expect("sent to nobody");
        let chosen = body["id"].as_str().filter(|_| self.chosen_ids).map(str::to_owned);
        let stanza = chosen.unwrap_or_else(|| self.stanza());
        let text = body["text"].as_str().unwrap().to_owned();
        let answers = body["reply_to"].as_str().map(|id| id.rsplit('_').next().unwrap().to_owned());
        let message = Message {
            chat,
            stanza,
            text,
            picture: false,
            mine: true,
            face: 0,
            by_api: true,
            at: now.0 / 1000,
            answers,
        };
        // WhatsApp shows a stanza once, however often it is sent.
        if self.shown.iter().all(|shown| shown.stanza != message.stanza) {
            self.shown.push(message.clone());
            self.hand_out(message.clone(), now);
            self.ack(&message, 1, now);
        }
        let jid = chat_id(chat).replace("c.us", "s.whatsapp.net");
        said(201, &json!({"key": {"remoteJid": jid, "fromMe": true, "id": message.stanza}, "status": "PENDING"}))
    }

    /// An edit or a deletion of what the owner wrote, and its echo; done twice it is the same.
    fn change(&mut self, chat: &str, id: &str, call: &Call, now: Moment) -> Reply {
        let (place, target) = (chat_of(chat).expect("changed at nobody's"), id.split('_').nth(2).expect("a full id"));
        let text = call.body["text"].as_str().map(str::to_owned);
        let known = self.shown.iter_mut().find(|shown| shown.stanza == target && shown.chat == place);
        match (known, &text) {
            (Some(known), Some(text)) => known.text.clone_from(text),
            (Some(_), None) => self.shown.retain(|shown| shown.stanza != target),
            (None, _) => {}
        }
        let (own, chat) = (self.stanza(), chat_id(place));
        let mut message = json!({"id": format!("true_{chat}_{own}"), "timestamp": now.0 / 1000, "from": chat,
            "fromMe": true, "source": "api", "body": text});
        let (event, payload) = match text {
            Some(_) => {
                message["editedMessageId"] = target.into();
                ("message.edited", message)
            }
            None => ("message.revoked", json!({"after": message, "before": null, "revokedMessageId": target})),
        };
        self.event(event, &payload, now);
        let jid = chat.replace("c.us", "s.whatsapp.net");
        said(200, &json!({"key": {"remoteJid": jid, "fromMe": true, "id": own}, "status": "PENDING"}))
    }

    fn overview(&self, call: &Call) -> Reply {
        let last = |chat: usize| self.messages.iter().filter(|m| m.chat == chat).map(|m| m.at).max();
        let mut chats: Vec<_> = (0..10_000).map_while(|chat| (chat < self.chats()).then_some(chat)).collect();
        chats.sort_by_key(|chat| std::cmp::Reverse(last(*chat)));
        let chats = chats.into_iter().filter(|chat| last(*chat).is_some());
        let entry = |chat| json!({"id": chat_id(chat), "lastMessage": {"timestamp": last(chat)}});
        let page: Vec<_> = paged(chats, call).map(entry).collect();
        said(200, &json!(page))
    }

    fn chats(&self) -> usize {
        self.messages.iter().map(|message| message.chat + 1).max().unwrap_or(0)
    }

    fn one(&self, stanza: &str) -> Reply {
        match self.messages.iter().find(|message| message.stanza == stanza) {
            Some(message) => said(200, &wire(message, &self.messages)),
            None => said(404, &json!({"message": "Message not found", "error": "Not Found", "statusCode": 404})),
        }
    }

    fn list(&self, chat: &str, call: &Call) -> Reply {
        let (chat, since) = (chat_of(chat), call.asked("filter.timestamp.gte").and_then(|at| at.parse().ok()));
        let of_chat = |m: &&Message| Some(m.chat) == chat && since.is_none_or(|since: i64| m.at >= since);
        let messages = self.messages.iter().rev().filter(of_chat);
        let page: Vec<_> = paged(messages, call).map(|message| wire(message, &self.messages)).collect();
        said(200, &json!(page))
    }
}

fn other(id: &str) -> Reply {
    let chat = chat_of(id);
    said(200, &json!({"lid": chat.map(lid), "pn": chat.map(chat_id)}))
}

fn paged<T>(items: impl Iterator<Item = T>, call: &Call) -> impl Iterator<Item = T> {
    let number = |name, default| call.asked(name).and_then(|number| number.parse().ok()).unwrap_or(default);
    items.skip(number("offset", 0)).take(number("limit", 100))
}

/// A message as NOWEB shows it.
fn wire(message: &Message, known: &[Message]) -> Value {
    let Message { chat, stanza, text, picture, mine, face, by_api, at, answers } = message;
    let (number, hidden, source) = (chat_id(*chat), lid(*chat), if *by_api { "api" } else { "app" });
    let (chat, other) = if face % 2 == 0 { (number, hidden) } else { (hidden, number) };
    let other = (*face < 2).then_some(other);
    let quoted = answers.as_ref().and_then(|id| known.iter().find(|known| known.stanza == *id));
    let reply = quoted.map(|quoted| json!({"id": quoted.stanza, "participant": chat, "body": quoted.text}));
    json!({
        "id": format!("{mine}_{chat}_{stanza}"), "timestamp": at, "from": chat, "fromMe": mine, "source": source,
        "body": text, "hasMedia": picture, "media": picture.then(|| json!({"mimetype": "image/jpeg", "url": null})), "ack": i32::from(!*by_api), "replyTo": reply,
        "_data": {"key": {"remoteJidAlt": other}},
    })
}
