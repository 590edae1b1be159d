//! Edits, deletions and reactions: webhooks about a message that is there already. Pure.
//!
//! The message is named by its bare id: the rest of the id is the reactor's own view in some engines.

use serde::Deserialize;
use serde_json::Value;

use super::addresses::{self, Own};
use super::ids::{self, FullId};
use super::mentions;
use super::payload::{EditExtra, MessagePayload, ReactionExtra, RevokePayload, Whole};
use crate::clock::Moment;
use crate::event::{Address, Amendment, Deed, Mention, SeenKey, StanzaId};
use crate::redact::Private;

/// What came of a payload.
pub(super) enum Read {
    /// It is this.
    Amended(SeenKey, Box<Amendment>),
    /// It lacks what it needs; it may be of a chat that is not bridged, which this names.
    Unreadable(Option<String>),
}

/// Reads an event of this name; nothing if it is no such event.
pub(super) fn read(name: &str, payload: &Value, own: &Own, made: Moment) -> Option<Read> {
    let reader = match name {
        "message.edited" => edited,
        "message.revoked" => revoked,
        "message.reaction" => reacted,
        _ => return None,
    };
    Some(reader(payload, own, made))
}

/// A part of a payload in the shape that is asked for.
fn part<'v, T: Deserialize<'v> + Default>(payload: &'v Value) -> T {
    T::deserialize(payload).unwrap_or_default()
}

fn edited(payload: &Value, own: &Own, made: Moment) -> Read {
    let (message, extra) = (part::<MessagePayload>(payload), part::<EditExtra>(payload));
    let Some(target) = extra.edited_message_id.text().or_else(|| message.id.text()) else {
        return Read::Unreadable(None);
    };
    let deed = Deed::Edit(message.body.text().map(Private::from));
    amended(&message, FullId::bare(target), deed, own, made)
}

fn revoked(payload: &Value, own: &Own, made: Moment) -> Read {
    let revoke = part::<RevokePayload>(payload);
    let either = [revoke.after.get(), revoke.before.get()].into_iter().flatten().find(|message| message.is_object());
    let Some(message) = either.map(part::<MessagePayload>) else { return Read::Unreadable(None) };
    let named = revoke.revoked_message_id.text().or_else(|| message.id.text());
    match named.map(FullId::bare) {
        Some(target) => amended(&message, target, Deed::Delete, own, made),
        None => Read::Unreadable(None),
    }
}

fn reacted(payload: &Value, own: &Own, made: Moment) -> Read {
    let (message, extra) = (part::<MessagePayload>(payload), part::<ReactionExtra>(payload));
    let Some(reaction) = extra.reaction.get() else { return Read::Unreadable(None) };
    let Some(target) = reaction.message_id.text().map(FullId::bare) else { return Read::Unreadable(None) };
    let deed = Deed::React(reaction.text.text().map(Private::from));
    amended(&message, target, deed, own, made)
}

fn amended(message: &MessagePayload, target: &str, deed: Deed<Option<Private>>, own: &Own, made: Moment) -> Read {
    let Some(id) = message.id.text().and_then(FullId::parse) else { return Read::Unreadable(None) };
    let Some(chat) = Address::parse(id.chat) else { return Read::Unreadable(Some(id.chat.to_owned())) };
    let from_me = message.from_me.0.unwrap_or(id.from_me);
    let author = addresses::author(&chat, id, message, from_me, own);
    let amendment = Amendment {
        chat_alternative: addresses::of_chat(&chat, message, from_me, own),
        target: StanzaId::new(target),
        // An engine that names only the message gives the change no id of its own.
        stanza: (id.stanza != target).then(|| StanzaId::new(id.stanza)),
        sent_at: message.timestamp.0.map_or(made, Whole::seconds),
        mentions: mentions(message, &deed, own),
        author,
        deed,
        chat,
    };
    Read::Amended(key(&amendment), Box::new(amendment))
}

fn mentions(message: &MessagePayload, deed: &Deed<Option<Private>>, own: &Own) -> Vec<Mention> {
    match deed {
        Deed::Edit(text) => mentions::of(message, text.as_ref(), own),
        Deed::Delete | Deed::React(_) => Vec::new(),
    }
}

/// Its own id; without one the message, who did it, when, and what.
fn key(amendment: &Amendment) -> SeenKey {
    match &amendment.stanza {
        Some(stanza) => ids::change_key(&amendment.chat, stanza),
        None => ids::change_key(&amendment.chat, &StanzaId::new(described(amendment))),
    }
}

fn described(amendment: &Amendment) -> String {
    let (name, content) = match &amendment.deed {
        Deed::Edit(text) => ("edit", text.as_ref()),
        Deed::Delete => ("delete", None),
        Deed::React(emoji) => ("react", emoji.as_ref()),
    };
    let who = ids::who(&amendment.author);
    let (target, at) = (amendment.target.reveal(), amendment.sent_at.0);
    format!("{target}/{name}/{}/{at}/{}", who.reveal(), content.map_or("", Private::reveal))
}

#[cfg(test)]
mod tests;
