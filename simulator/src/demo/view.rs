//! What the page shows: both phones and what runs between them, as one JSON value.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::House;
use super::cast::{self, Chat};
use crate::signal_cli::{PhoneMessage, Progress, Reactions};
use crate::waha::ChatMessage;

/// The most messages shown of one conversation.
const LONGEST: usize = 200;

/// Everything, as it is now.
pub(crate) fn snapshot(house: &House) -> Value {
    json!({
        "whatsapp": whatsapp(house),
        "signal": signal(house),
        "bridge": *house.bridge.status().borrow(),
    })
}

fn whatsapp(house: &House) -> Value {
    let history = house.waha.history();
    let chats: Vec<Value> = cast::chats().iter().map(|chat| chat_view(chat, &history)).collect();
    json!({ "running": house.waha.is_running(), "waiting": house.waha.waiting(), "conversations": chats })
}

fn chat_view(chat: &Chat, history: &[ChatMessage]) -> Value {
    let messages: Vec<_> = history.iter().filter(|message| message.chat == chat.id).collect();
    let texts: HashMap<_, _> = messages.iter().map(|message| (message.stanza.as_str(), *message)).collect();
    let speakers: Vec<_> =
        chat.people.iter().map(|person| json!({ "id": person.chat(), "name": person.name })).collect();
    json!({
        "id": chat.id,
        "name": chat.name,
        "detail": chat.detail,
        "group": chat.group,
        "speakers": speakers,
        "messages": newest(&messages).iter().map(|message| chat_message(message, &texts)).collect::<Vec<_>>(),
    })
}

fn chat_message(message: &ChatMessage, texts: &HashMap<&str, &ChatMessage>) -> Value {
    let quoted = message.quoted.as_deref().and_then(|stanza| texts.get(stanza));
    let quote = quoted.map(|quoted| json!({ "name": name(quoted.author.as_deref()), "text": quoted.text }));
    json!({
        "id": message.stanza,
        "mine": message.author.is_none(),
        "name": name(message.author.as_deref()),
        "text": message.text,
        "at": message.at * 1000,
        "bridged": message.by_api,
        "ticks": message.author.is_none().then(|| ticks(message.ack)),
        "quote": quote,
        "edited": message.edited,
        "deleted": message.deleted,
        "file": message.file,
        "reactions": message.reactions.iter().map(|(who, emoji)| reaction(reactor(who), emoji)).collect::<Vec<_>>(),
    })
}

fn reaction(name: &str, emoji: &str) -> Value {
    json!({ "name": name, "emoji": emoji })
}

/// The name of whoever reacted.
fn reactor(who: &str) -> &str {
    name(Some(who).filter(|who| *who != "owner"))
}

/// The name of whoever wrote it.
fn name(author: Option<&str>) -> &str {
    let Some(author) = author else {
        return "You";
    };
    let known = cast::PEOPLE.iter().find(|person| person.chat() == author);
    known.map_or(author, |person| person.name)
}

fn ticks(ack: i8) -> &'static str {
    match ack {
        ..0 => "failed",
        0 => "waiting",
        1 => "sent",
        2 => "delivered",
        3.. => "read",
    }
}

fn signal(house: &House) -> Value {
    let history = house.signal.history();
    let groups = house.signal.groups();
    let portals = groups.iter().map(|group| conversation(Some(&group.id), &group.name, &history));
    let conversations: Vec<Value> = portals.chain([conversation(None, "Rialto", &history)]).collect();
    json!({
        "running": house.signal.is_running(),
        "waiting": house.signal.queued(),
        "conversations": conversations,
    })
}

/// A group, or the chat with the bridge's account itself.
fn conversation(group: Option<&str>, name: &str, history: &[PhoneMessage]) -> Value {
    let messages: Vec<_> = history.iter().filter(|message| message.group_id.as_deref() == group).collect();
    let own: HashMap<_, _> = messages.iter().map(|message| (message.timestamp, message.own.is_some())).collect();
    json!({
        "id": group.unwrap_or_default(),
        "name": name,
        "detail": if group.is_some() { "Group · Rialto, you" } else { "Notices of the bridge" },
        "group": false,
        "control": group.is_none(),
        "messages": newest(&messages).iter().map(|message| phone_message(message, &own)).collect::<Vec<_>>(),
    })
}

fn phone_message(message: &PhoneMessage, own: &HashMap<i64, bool>) -> Value {
    let quote = message.quoted.map(|quoted| {
        let name = if own.get(&quoted) == Some(&true) { "You" } else { "Rialto" };
        json!({ "name": name, "text": message.quoted_text })
    });
    json!({
        "id": message.timestamp.to_string(),
        "mine": message.own.is_some(),
        "name": if message.own.is_some() { "You" } else { "Rialto" },
        "text": message.text,
        "styles": styles(&message.text_styles),
        "at": message.timestamp,
        "bridged": message.own.is_none(),
        "ticks": message.own.map(progress),
        "quote": quote,
        "edited": message.edited,
        "deleted": message.deleted,
        "file": message.file,
        "reactions": both(&message.reactions),
    })
}

fn both(reactions: &Reactions) -> Vec<Value> {
    let both = [("Rialto", &reactions.bridge), ("You", &reactions.owner)];
    both.into_iter().filter_map(|(name, emoji)| Some(reaction(name, emoji.as_ref()?))).collect()
}

fn progress(own: Progress) -> &'static str {
    match own {
        Progress::Waiting => "sent",
        Progress::Delivered => "delivered",
        Progress::Read => "read",
    }
}

/// Start, length and name of how parts look, in UTF-16 units, as Signal and the page count.
fn styles(styles: &[String]) -> Vec<(u64, u64, &str)> {
    let range = |style| {
        let mut parts = str::split(style, ':');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?))
    };
    styles.iter().filter_map(|style| range(style)).collect()
}

fn newest<T>(items: &[T]) -> &[T] {
    items.get(items.len().saturating_sub(LONGEST)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_have_places() {
        let all = ["0:7:BOLD", "8:2:ITALIC", "x:1:BOLD"].map(str::to_owned);
        assert_eq!(styles(&all), [(0, 7, "BOLD"), (8, 2, "ITALIC")]);
    }

    #[test]
    fn the_newest_are_shown() {
        let many: Vec<usize> = (0..LONGEST + 5).collect();
        assert_eq!(newest(&many).first(), Some(&5));
        assert_eq!(newest(&many[..2]), [0, 1]);
    }
}
