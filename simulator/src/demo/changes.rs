//! What the page does to a message that is there: an edit, a deletion, a reaction.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::api::{Done, checked, refused};
use super::{House, cast};
use crate::waha::ChatMessage;

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Edit,
    Delete,
    React,
}

/// Something done to a message.
#[derive(Deserialize)]
pub(crate) struct Change {
    conversation: String,
    /// On `WhatsApp`: who does it, as the chat with that person; nobody is the owner on the phone.
    speaker: Option<String>,
    id: String,
    deed: Deed,
    /// What it says now, or the reaction; none takes the reaction back.
    text: String,
}

impl Change {
    /// The new text of an edit.
    fn edited(&self) -> Result<&str, (StatusCode, &'static str)> {
        checked(&self.text)
    }

    /// The reaction: one of a few, whatever the page says.
    fn emoji(&self) -> Result<&str, (StatusCode, &'static str)> {
        let known = ["", "👍", "❤️", "😂"].into_iter().find(|known| *known == self.text);
        known.ok_or(refused("that is no reaction"))
    }
}

pub(crate) async fn on_whatsapp(State(house): State<Arc<House>>, Json(change): Json<Change>) -> Done {
    let chats = cast::chats();
    let chat = chats.iter().find(|known| known.id == change.conversation).ok_or(refused("there is no such chat"))?;
    let in_chat = |message: &ChatMessage| message.chat == chat.id && message.stanza == change.id && !message.deleted;
    let message = house.waha.history().into_iter().find(in_chat).ok_or(refused("there is no such message"))?;
    if change.deed != Deed::React && message.author != change.speaker {
        return Err(refused("somebody else wrote this"));
    }
    match &change.speaker {
        None => by_owner(&house, &change)?,
        Some(speaker) => {
            let mut people = chat.people.iter();
            let person = people.find(|person| person.chat() == *speaker).ok_or(refused("nobody here has that name"))?;
            by_person(&house, &change, person.in_chat(&chat.id).as_deref())?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

fn by_owner(house: &House, change: &Change) -> Result<(), (StatusCode, &'static str)> {
    let (chat, id) = (change.conversation.as_str(), change.id.as_str());
    match change.deed {
        Deed::Edit => house.waha.owner_edits(chat, id, change.edited()?),
        Deed::Delete => house.waha.owner_revokes(chat, id),
        Deed::React => house.waha.owner_reacts(chat, id, change.emoji()?),
    };
    Ok(())
}

fn by_person(house: &House, change: &Change, member: Option<&str>) -> Result<(), (StatusCode, &'static str)> {
    let (chat, id) = (change.conversation.as_str(), change.id.as_str());
    match change.deed {
        Deed::Edit => house.waha.edits(chat, member, id, change.edited()?),
        Deed::Delete => house.waha.revokes(chat, member, id),
        Deed::React => house.waha.reacts(chat, member, id, change.emoji()?),
    };
    Ok(())
}

pub(crate) async fn on_signal(State(house): State<Arc<House>>, Json(change): Json<Change>) -> Done {
    let group = Some(change.conversation.as_str()).filter(|group| !group.is_empty());
    let mut history = house.signal.history().into_iter();
    let is_it = |at: i64, of: Option<&str>| at.to_string() == change.id && of == group;
    let message = history.find(|message| is_it(message.timestamp, message.group_id.as_deref()));
    let message = message.filter(|message| !message.deleted).ok_or(refused("there is no such message"))?;
    if change.deed != Deed::React && message.own.is_none() {
        return Err(refused("somebody else wrote this"));
    }
    match change.deed {
        Deed::Edit => house.signal.owner_edits(group, message.timestamp, change.edited()?),
        Deed::Delete => house.signal.owner_deletes(group, message.timestamp),
        Deed::React => {
            let emoji = Some(change.emoji()?).filter(|emoji| !emoji.is_empty());
            house.signal.owner_reacts(group, message.timestamp, emoji)
        }
    };
    Ok(StatusCode::NO_CONTENT)
}
