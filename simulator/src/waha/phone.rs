//! What `WhatsApp` shows on the owner's phone, and what the owner does there.

use std::collections::HashSet;

use tokio::sync::watch;

use super::Waha;
use super::book::is_group;
use super::message::{Content, Message};
use super::state::State;
use crate::kind;

/// A message in a chat, as the phone shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// The bare id.
    pub stanza: String,
    /// The chat, under its phone number where that is known.
    pub chat: String,
    /// Who wrote it, under the phone number where that is known; `None` is the owner.
    pub author: Option<String>,
    /// The text; empty for what is no text.
    pub text: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// Whether it was sent through the API and not typed on the phone.
    pub by_api: bool,
    /// How far it got: -1 failed, 0 pending, 1 server, 2 device, 3 read.
    pub ack: i8,
    /// The bare id of the message it answers.
    pub quoted: Option<String>,
    /// Whether it says something else than at first.
    pub edited: bool,
    /// Whether it was deleted for everyone; then it has no text.
    pub deleted: bool,
    /// What its file is, as a MIME type; nothing if it has none.
    pub file: Option<&'static str>,
    /// Who reacts, and how; `owner` is the owner.
    pub reactions: Vec<(String, String)>,
}

impl Waha {
    /// Every message of every chat, in order; one id shows once.
    #[must_use]
    pub fn history(&self) -> Vec<ChatMessage> {
        self.state().read(|state| {
            let mut seen = HashSet::new();
            let messages = state.messages.iter().filter(|message| seen.insert(&message.stanza));
            messages.map(|message| state.shown(message)).collect()
        })
    }

    /// The owner answers a message on the phone, past the bridge; an unknown message is not quoted.
    #[expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]
    pub fn owner_replies(&self, chat: &str, text: &str, quoted_stanza: &str) -> String {
        let quote = self.state().read(|state| state.quote(chat, quoted_stanza));
        let content = quote.as_ref().map_or_else(|| Content::text(text), |quote| Content::reply(text, quote));
        let mut message = Message::incoming(self.new_stanza(), chat, content);
        message.quote = quote;
        message.from_me = true;
        message.ack = 1;
        if is_group(chat) {
            message.participant = Some(self.state().read(|state| state.book.my_lid()));
        }
        self.publish(message)
    }

    /// The other side of a chat opens it and reads what the owner wrote.
    pub fn reads_all(&self, chat: &str) {
        let unread = self.state().read(|state| state.unread(chat));
        for (chat, stanza) in unread {
            self.acks(&chat, &stanza, 3);
        }
    }

    /// The file of a message.
    #[must_use]
    pub fn file_of(&self, stanza: &str) -> Option<Vec<u8>> {
        self.state().read(|state| state.file_of(stanza).map(<[u8]>::to_vec))
    }

    /// Whether the process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state().read(|state| state.server.is_some())
    }

    /// How many events wait: for a connection to `WhatsApp`, or for the receiver of the webhooks.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state().read(|state| state.held.len() + state.in_flight)
    }

    /// Something that knows whenever anything changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.state().changes()
    }
}

impl State {
    fn shown(&self, message: &Message) -> ChatMessage {
        let author = message.participant.as_ref().unwrap_or(&message.chat);
        let marks = self.marks_of(&message.stanza);
        ChatMessage {
            stanza: message.stanza.clone(),
            chat: self.by_number(&message.chat),
            author: (!message.from_me).then(|| self.by_number(author)),
            text: message.content.body.clone().unwrap_or_default(),
            at: message.at,
            by_api: message.by_api,
            ack: self.ack_of(message),
            quoted: message.quote.as_ref().map(|quote| quote.stanza.clone()),
            edited: marks.edited,
            deleted: marks.deleted,
            file: self.file_of(&message.stanza).filter(|_| !marks.deleted).map(kind::mime),
            reactions: marks.reactions.into_iter().map(|(who, emoji)| (self.by_number(&who), emoji)).collect(),
        }
    }

    /// An id by phone number, if that is known.
    pub(crate) fn by_number(&self, jid: &str) -> String {
        let hidden = jid.ends_with("@lid");
        let number = hidden.then(|| self.book.alternative(jid)).flatten();
        number.unwrap_or_else(|| jid.to_owned())
    }

    pub(crate) fn ack_of(&self, message: &Message) -> i8 {
        self.acks.get(&message.stanza).copied().unwrap_or(message.ack)
    }

    /// The owner's messages of a chat that went out and weren't read: chat as sent, and stanza.
    fn unread(&self, chat: &str) -> Vec<(String, String)> {
        let chat = self.by_number(chat);
        let mine = self.messages.iter().filter(|message| message.from_me && self.by_number(&message.chat) == chat);
        mine.filter(|message| matches!(self.ack_of(message), 0..=2))
            .map(|message| (message.chat.clone(), message.stanza.clone()))
            .collect()
    }
}
