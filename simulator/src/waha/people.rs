//! The people on `WhatsApp`, the owner's own phone among them.
#![expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]

use std::time::Duration;

use serde_json::{Value, json};

use super::Waha;
use super::book::{Group, is_group};
use super::files::sample;
use super::message::{Content, Message};
use super::model::{Contact, Other};
use super::payload;
use crate::stamp;

impl Waha {
    /// Puts a person into the phone's address book.
    pub fn add_contact(&self, contact: Contact) {
        self.state().change(|state| {
            state.book.contacts.retain(|known| known.number.is_none() || known.number != contact.number);
            state.book.contacts.push(contact);
        });
    }

    /// Puts a group on the phone.
    pub fn add_group(&self, id: &str, subject: &str, participants: Vec<String>) {
        let group = Group { id: id.to_owned(), subject: subject.to_owned(), participants, admins: Vec::new() };
        self.state().change(|state| {
            state.book.groups.retain(|known| known.id != group.id);
            state.book.groups.push(group);
        });
    }

    /// Somebody writes to the owner.
    pub fn says(&self, chat: &str, text: &str) -> String {
        self.arrive(chat, None, Content::text(text))
    }

    /// Somebody writes in a group.
    pub fn says_in_group(&self, group: &str, participant: &str, text: &str) -> String {
        self.arrive(group, Some(participant), Content::text(text))
    }

    /// Somebody answers a message; if the message is unknown, the quote is lost on the way.
    pub fn replies(&self, chat: &str, participant: Option<&str>, text: &str, quoted_stanza: &str) -> String {
        let quote = self.state().read(|state| state.quote(chat, quoted_stanza));
        let content = match &quote {
            Some(quote) => Content::reply(text, quote),
            None => Content::text(text),
        };
        let mut message = self.incoming(chat, participant, content);
        message.quote = quote;
        self.publish(message)
    }

    /// Somebody names others in a text, where `@` and the digits of their addresses stand for them.
    pub fn mentions(&self, chat: &str, participant: Option<&str>, text: &str, named: &[&str]) -> String {
        self.arrive(chat, participant, Content::naming(text, named))
    }

    /// Somebody writes in a chat whose messages stay for so many seconds, or in a group.
    #[expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]
    pub fn says_for(&self, chat: &str, participant: Option<&str>, text: &str, seconds: u32) -> String {
        let message = self.incoming(chat, participant, Content::disappearing(text, seconds));
        self.publish(message)
    }

    /// The owner writes on the phone, past the bridge.
    pub fn owner_says(&self, chat: &str, text: &str) -> String {
        let message = self.typed(chat, Content::text(text));
        self.publish(message)
    }

    /// A message that the owner makes on the phone.
    pub(crate) fn typed(&self, chat: &str, content: Content) -> Message {
        let mut message = self.incoming(chat, None, content);
        // The form of an iPhone's own ids.
        message.stanza = format!("3A{}", crate::stamp::hex(18));
        message.from_me = true;
        message.ack = 1;
        if is_group(chat) {
            message.participant = Some(self.state().read(|state| state.book.my_lid()));
        }
        message
    }

    /// Somebody sends something that is no plain text.
    pub fn sends_other(&self, chat: &str, kind: Other) -> String {
        self.sends(chat, None, kind)
    }

    /// A file has a few bytes of its kind.
    fn sends(&self, chat: &str, participant: Option<&str>, kind: Other) -> String {
        let message = self.incoming(chat, participant, Content::other(kind));
        if let Some(media) = &message.content.media {
            self.keep_file(&message.stanza, Some(media), sample(media.kind));
        }
        self.publish(message)
    }

    /// Somebody sends something that is no plain text to a group.
    pub fn sends_other_in_group(&self, group: &str, participant: &str, kind: Other) -> String {
        self.sends(group, Some(participant), kind)
    }

    /// Makes somebody an admin of a group.
    pub fn makes_admin(&self, group: &str, participant: &str) {
        self.state().change(|state| state.book.makes_admin(group, participant));
    }

    /// Somebody gives a group another subject.
    pub fn renames_group(&self, id: &str, subject: &str) {
        self.state().change(|state| state.book.rename(id, subject));
        let change = json!({ "id": id, "subject": subject });
        self.happen("group.v2.update", json!({ "timestamp": stamp::now_ms(), "group": change, "_data": change }));
    }

    /// Somebody does something (`join`, `leave`, `promote` or `demote`) to members of a group, or to themselves.
    pub fn group_changes(&self, id: &str, kind: &str, actor: &str, members: &[&str]) -> String {
        let participants: Vec<_> = members.iter().map(|id| json!({ "id": id, "role": "participant" })).collect();
        // GOWS and NOWEB.
        let data = json!({ "Sender": actor, "author": actor });
        let payload = json!({
            "group": { "id": id }, "type": kind, "timestamp": stamp::now_ms(), "participants": participants,
            "_data": data,
        });
        self.happen("group.v2.participants", payload)
    }

    /// Makes everything that was said until now older.
    pub fn ages(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.state().change(|state| state.messages.iter_mut().for_each(|message| message.at -= seconds));
    }

    /// Somebody calls the owner.
    pub fn calls(&self, from: &str) -> String {
        let id = stamp::hex(32);
        let now = stamp::now_ms() / 1000;
        let call = json!({
            "id": id, "from": from, "timestamp": now, "isVideo": false, "isGroup": false,
        });
        self.happen("call.received", call);
        id
    }

    /// `WhatsApp` acknowledges a message of the owner: -1 failed, 1 server, 2 device, 3 read.
    pub fn acks(&self, chat: &str, stanza: &str, level: i8) {
        self.state().change(|state| state.note_ack(stanza, level));
        if !is_group(chat) {
            return self.ack(chat, stanza, None, level);
        }
        for participant in self.others(chat) {
            self.ack(chat, stanza, Some(&participant), level);
        }
    }

    /// The same of one member of a group.
    pub fn acks_of(&self, group: &str, participant: &str, stanza: &str, level: i8) {
        self.state().change(|state| state.note_ack(stanza, level));
        self.ack(group, stanza, Some(participant), level);
    }

    /// Everybody in a group but the owner, who stands in when nobody else is known.
    fn others(&self, group: &str) -> Vec<String> {
        self.state().read(|state| {
            let mine = [state.book.my_id(), state.book.my_lid()];
            let known = state.book.group(group);
            let mut others = known.map_or_else(Vec::new, |group| group.participants.clone());
            others.retain(|participant| !mine.contains(participant));
            if others.is_empty() {
                others.push(state.book.my_lid());
            }
            others
        })
    }

    fn ack(&self, chat: &str, stanza: &str, participant: Option<&str>, level: i8) {
        let engine = self.options().engine;
        let payload = self.state().read(|state| payload::ack(engine, &state.book, (chat, stanza), participant, level));
        let event = if participant.is_some() { "message.ack.group" } else { "message.ack" };
        self.happen(event, payload);
    }

    /// The session changes its status, for the API as well as in an event.
    pub fn session_status(&self, status: &str) {
        let now = stamp::now_ms();
        self.state().change(|state| state.statuses.push((status.to_owned(), now)));
        self.emit_status();
        self.catch_up();
    }

    /// Sends any event as a webhook right now; returns the id in its envelope.
    pub fn emit(&self, event: &str, payload: Value) -> String {
        let id = format!("evt_{}", stamp::ulid());
        self.launch(event, id.clone(), payload);
        id
    }

    fn arrive(&self, chat: &str, participant: Option<&str>, content: Content) -> String {
        let message = self.incoming(chat, participant, content);
        self.publish(message)
    }

    pub(crate) fn incoming(&self, chat: &str, participant: Option<&str>, content: Content) -> Message {
        let mut message = Message::incoming(self.new_stanza(), chat, content);
        message.participant = participant.map(str::to_owned);
        message
    }

    pub(crate) fn message_payload(&self, message: &Message) -> Value {
        let (engine, url) = (self.options().engine, self.url());
        self.state().read(|state| payload::message(engine, &state.book, &url, message))
    }
}
