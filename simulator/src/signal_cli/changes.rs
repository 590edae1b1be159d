//! Edits, deletions and reactions, as the owner's phone takes them.

use serde_json::Value;

use super::model::{InboxMessage, Reactions};
use super::rpc::text;
use super::state::State;

/// Who wrote a message on the owner's phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// The owner.
    Owner,
    /// The bridge's account.
    Bridge,
}

/// What a call does to the owner's phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Shows a message, or another version of one.
    Send,
    /// Shows a reaction, or takes it back.
    React,
    /// Deletes a message.
    Delete,
    /// Shows nothing.
    Nothing,
}

impl Deed {
    /// What a method does.
    pub(crate) fn of(method: &str) -> Self {
        match method {
            "sendReaction" => Self::React,
            "remoteDelete" => Self::Delete,
            _ => Self::Nothing,
        }
    }
}

impl InboxMessage {
    /// Whether this timestamp is the message's own or that of an edit of it.
    fn is(&self, timestamp: i64) -> bool {
        self.timestamp == timestamp || self.edits.contains(&timestamp)
    }
}

impl State {
    fn theirs(&mut self, timestamp: i64) -> Option<&mut InboxMessage> {
        self.inbox.iter_mut().find(|message| message.is(timestamp))
    }

    /// The bridge changed a message of its own; one that isn't there stays away.
    pub(crate) fn edited(&mut self, target: i64, message: InboxMessage) {
        if let Some(known) = self.theirs(target).filter(|known| !known.deleted) {
            known.edits.push(message.timestamp);
            *known = InboxMessage {
                timestamp: known.timestamp,
                edits: std::mem::take(&mut known.edits),
                reactions: std::mem::take(&mut known.reactions),
                ..message
            };
        }
    }

    /// The bridge deleted a message of its own.
    pub(crate) fn deleted(&mut self, params: &Value) {
        let target = params.get("targetTimestamp").and_then(Value::as_i64).unwrap_or_default();
        if let Some(known) = self.theirs(target) {
            known.deleted = true;
            known.text.clear();
            known.reactions = Reactions::default();
        }
    }

    /// The bridge reacted to a message of anybody, or took that back.
    pub(crate) fn reacted(&mut self, params: &Value, owner: &str) {
        let target = params.get("targetTimestamp").and_then(Value::as_i64).unwrap_or_default();
        let taken_back = params.get("remove") == Some(&Value::Bool(true));
        let emoji = text(params, "emoji").filter(|_| !taken_back).map(str::to_owned);
        let of_owner = text(params, "targetAuthor") == Some(owner);
        let own = self.outbox.iter_mut().find(|own| own.is(target)).filter(|_| of_owner);
        match own {
            Some(own) => own.reactions.bridge = emoji,
            None if of_owner => {}
            None => {
                if let Some(known) = self.theirs(target) {
                    known.reactions.bridge = emoji;
                }
            }
        }
    }

    /// The owner reacts to a message. Whose it is, and what the reaction was before.
    pub(crate) fn owner_reacts(&mut self, target: i64, emoji: Option<&str>) -> (Author, Option<String>) {
        let emoji = emoji.map(str::to_owned);
        if let Some(own) = self.outbox.iter_mut().find(|own| own.is(target)) {
            return (Author::Owner, std::mem::replace(&mut own.reactions.owner, emoji));
        }
        let was = self.theirs(target).and_then(|known| std::mem::replace(&mut known.reactions.owner, emoji));
        (Author::Bridge, was)
    }
}
