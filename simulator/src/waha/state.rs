//! What the stand-in remembers.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::book::Book;
use super::changes::Marks;
use super::faults::WahaFault;
use super::files::{Files, SentFile};
use super::message::{Message, Quote, bare_id};
use super::model::{ApiChange, SentText, WahaOptions, WebhookAttempt};
use super::seen::Seen;
use super::things::SentThing;
use crate::fault::Faults;
use crate::stamp;

/// Everything that changes while the stand-in runs.
pub(crate) struct State {
    /// Cancelled when the process "dies"; a new one comes with each start.
    pub(crate) life: CancellationToken,
    pub(crate) server: Option<JoinHandle<()>>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) statuses: Vec<(String, i64)>,
    pub(crate) book: Book,
    /// The ids and names of the newsletters that the owner follows.
    pub(crate) newsletters: Vec<(String, String)>,
    /// Where pictures lie, by chat.
    pub(crate) pictures: HashMap<String, String>,
    pub(crate) messages: Vec<Message>,
    /// Events `WhatsApp` holds back while the session isn't connected.
    pub(crate) held: Vec<(String, String, Value)>,
    pub(crate) sent: Vec<SentText>,
    pub(crate) sent_files: Vec<SentFile>,
    pub(crate) sent_things: Vec<SentThing>,
    pub(crate) files: Files,
    /// Every accepted call that marked messages as seen.
    pub(crate) seen: Vec<Seen>,
    /// How often it was asked to.
    pub(crate) seen_asked: usize,
    /// Each change of whether the owner types, by chat.
    pub(crate) typing: Vec<(String, bool)>,
    /// The chats whose presences were asked for.
    pub(crate) watched: Vec<String>,
    /// Every accepted call that changed a message.
    pub(crate) changes: Vec<ApiChange>,
    /// What became of messages, by stanza.
    pub(crate) marks: HashMap<String, Marks>,
    /// How far the owner's messages got, by stanza, since they were sent.
    pub(crate) acks: HashMap<String, i8>,
    pub(crate) attempts: Vec<WebhookAttempt>,
    pub(crate) in_flight: usize,
    /// The delivery the next one waits for, if deliveries are ordered.
    pub(crate) last: Option<JoinHandle<()>>,
    pub(crate) faults: Faults<WahaFault>,
    /// Whether chats and messages are there to be listed.
    pub(crate) stores: bool,
    /// Whether webhooks about anything but the session get lost.
    pub(crate) loses: bool,
    /// Keys for one session, as they are listed.
    pub(crate) keys: Vec<Value>,
    /// The request that made the session, if it was not there from the beginning.
    pub(crate) made: Option<Value>,
    /// How often the session was restarted through the API.
    pub(crate) restarts: u32,
    /// How often the session was logged out through the API.
    pub(crate) logouts: u32,
    /// Whether there is no session any more.
    pub(crate) deleted: bool,
}

impl State {
    /// The state of a session that works.
    pub(crate) fn new(options: &WahaOptions) -> Self {
        Self {
            life: CancellationToken::new(),
            server: None,
            webhook_url: options.webhook_url.clone(),
            statuses: vec![("WORKING".into(), stamp::now_ms())],
            book: Book::new(options.owner.clone()),
            newsletters: Vec::new(),
            pictures: HashMap::new(),
            messages: Vec::new(),
            held: Vec::new(),
            sent: Vec::new(),
            sent_files: Vec::new(),
            sent_things: Vec::new(),
            files: Files::default(),
            seen: Vec::new(),
            seen_asked: 0,
            typing: Vec::new(),
            watched: Vec::new(),
            changes: Vec::new(),
            marks: HashMap::new(),
            acks: HashMap::new(),
            attempts: Vec::new(),
            in_flight: 0,
            last: None,
            faults: Faults::none(),
            stores: options.store,
            loses: false,
            keys: Vec::new(),
            made: None,
            restarts: 0,
            logouts: 0,
            deleted: false,
        }
    }

    /// The status of the session.
    pub(crate) fn status(&self) -> &str {
        self.statuses.last().map_or("STOPPED", |(status, _)| status)
    }

    /// Whether events can happen: the process runs and the session works.
    pub(crate) fn connected(&self) -> bool {
        self.server.is_some() && self.status() == "WORKING"
    }

    /// Remembers how far a message of the owner got; nothing takes a failure or a step back.
    pub(crate) fn note_ack(&mut self, stanza: &str, level: i8) {
        let known = self.acks.entry(stanza.to_owned()).or_insert(level);
        *known = if level < 0 { level } else { level.max(*known) };
    }

    /// The payload of `session.status`, with the last three statuses.
    pub(crate) fn status_payload(&self, session: &str) -> Value {
        let recent = self.statuses.iter().rev().take(3).rev();
        let statuses: Vec<Value> = recent.map(|(status, at)| json!({ "status": status, "timestamp": at })).collect();
        json!({ "name": session, "status": self.status(), "statuses": statuses })
    }

    /// A message of a chat by its full or bare id.
    pub(crate) fn message(&self, chat: &str, id: &str) -> Option<&Message> {
        let stanza = bare_id(id);
        self.messages
            .iter()
            .rev()
            .find(|message| message.stanza == stanza && (chat == "all" || self.same(chat, message)))
    }

    fn same(&self, chat: &str, message: &Message) -> bool {
        message.chat == chat || self.book.alternative(chat).as_ref() == Some(&message.chat)
    }

    /// What it takes to quote a message, if it is known.
    pub(crate) fn quote(&self, chat: &str, id: &str) -> Option<Quote> {
        let message = self.message(chat, id)?;
        let author = match &message.participant {
            Some(participant) => participant.clone(),
            None if message.from_me => self.book.my_id(),
            None => message.chat.clone(),
        };
        let mut wire = message.content.wire.clone();
        if let Some(wire) = wire.as_object_mut() {
            // The secret of a message isn't repeated where it is quoted.
            wire.remove("messageContextInfo");
        }
        Some(Quote { stanza: message.stanza.clone(), participant: author, body: message.content.body.clone(), wire })
    }
}
