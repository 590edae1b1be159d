//! Edits, deletions and reactions, by people on `WhatsApp` and by the owner on the phone.
#![expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]

use std::collections::BTreeMap;

use serde_json::json;

use super::book::is_group;
use super::message::{Content, Message, full_id, insert};
use super::model::{ApiChange, Engine, WhatChange};
use super::state::State;
use super::{Waha, payload};

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

    pub(crate) fn by_owner(&self, chat: &str, content: Content) -> Message {
        let mut message = self.by_somebody(chat, None, content);
        message.from_me = true;
        message.ack = 1;
        if is_group(chat) {
            message.participant = Some(self.state().read(|state| state.book.my_lid()));
        }
        message
    }

    /// Returns the id in the envelope, as the others do.
    pub(crate) fn edit(&self, message: &Message, stanza: &str, text: &str) -> String {
        self.state()
            .change(|state| state.apply(&message.chat, stanza, &message.reactor(), &WhatChange::Edit(text.to_owned())));
        let mut payload = self.message_payload(message);
        insert(&mut payload, "editedMessageId", json!(stanza));
        self.happen("message.edited", payload)
    }

    pub(crate) fn revoke(&self, message: &Message, stanza: &str) -> String {
        self.state().change(|state| state.apply(&message.chat, stanza, &message.reactor(), &WhatChange::Delete));
        let after = self.message_payload(message);
        let data = after.get("_data").cloned();
        let payload = json!({
            "after": after, "before": null, "revokedMessageId": stanza, "_data": data,
        });
        self.happen("message.revoked", payload)
    }

    pub(crate) fn react(&self, message: &Message, stanza: &str, emoji: &str) -> String {
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
