//! The JSON of messages and acknowledgements, as each engine writes it.

use serde_json::{Value, json};

use super::book::{Book, is_group, wire};
use super::message::{Message, full_id, insert};
use super::model::Engine;
use super::{gows, noweb};

/// The payload of `message` and `message.any`.
pub(crate) fn message(engine: Engine, book: &Book, base: &str, message: &Message) -> Value {
    let mut payload = common(message, base);
    match engine {
        Engine::Noweb => noweb::complete(&mut payload, book, message),
        Engine::Gows => gows::complete(&mut payload, book, message),
    }
    payload
}

/// What both engines say about a message in the same words.
fn common(message: &Message, base: &str) -> Value {
    json!({
        "id": message.id(),
        "timestamp": message.at,
        "from": message.chat,
        "fromMe": message.from_me,
        "source": if message.by_api { "api" } else { "app" },
        "hasMedia": message.content.media.is_some(),
        "media": media(message, base),
        "ack": message.ack,
        "ackName": ack_name(message.ack),
        "location": message.content.location,
        "vCards": message.content.cards,
        "replyTo": reply_to(message),
    })
}

fn media(message: &Message, base: &str) -> Value {
    let Some(media) = &message.content.media else {
        return Value::Null;
    };
    let file = format!("{}.{}", message.stanza, media.extension);
    json!({
        "url": format!("{base}/api/files/default/{file}"),
        "filename": media.filename,
        "mimetype": media.mimetype,
    })
}

fn reply_to(message: &Message) -> Value {
    message.quote.as_ref().map_or(Value::Null, |quote| {
        json!({
            "id": quote.stanza,
            "participant": quote.participant,
            "body": quote.body,
            "_data": quote.wire,
        })
    })
}

/// The payload of `message.ack` and `message.ack.group`.
pub(crate) fn ack(
    engine: Engine,
    book: &Book,
    (chat, stanza): (&str, &str),
    participant: Option<&str>,
    level: i8,
) -> Value {
    // Acknowledgements name the owner by phone number even where the message names the hidden id.
    let mine = is_group(chat).then(|| book.my_id());
    let mut payload = json!({
        "id": full_id(true, chat, stanza, mine.as_deref()),
        "from": chat,
        "fromMe": true,
        "ack": level,
        "ackName": ack_name(level),
    });
    match engine {
        Engine::Noweb => noweb::complete_ack(&mut payload, (chat, stanza), participant, level),
        Engine::Gows => gows::complete_ack(&mut payload, (chat, stanza), participant, level),
    }
    payload
}

/// The payload of `message.reaction`.
pub(crate) fn reaction(engine: Engine, reaction: &Message, target: &str, emoji: &str) -> Value {
    let mut payload = json!({
        "id": reaction.id(),
        "timestamp": reaction.at,
        "from": reaction.chat,
        "fromMe": reaction.from_me,
        "source": "app",
        "reaction": { "text": emoji, "messageId": target },
    });
    address(engine, &mut payload, &reaction.chat, reaction.participant.as_deref());
    payload
}

/// Fills in `to` and `participant`, in which the engines differ most.
pub(crate) fn address(engine: Engine, payload: &mut Value, chat: &str, participant: Option<&str>) {
    let to = match (engine, participant) {
        (Engine::Noweb, None) => return,
        (Engine::Noweb, Some(_)) => Some(chat),
        (Engine::Gows, participant) => participant,
    };
    insert(payload, "to", json!(to));
    insert(payload, "participant", json!(participant));
}

/// The raw metadata of a group.
pub(crate) fn group(engine: Engine, book: &Book, id: &str) -> Option<Value> {
    let group = book.group(id)?;
    Some(match engine {
        Engine::Noweb => noweb::group(book, group),
        Engine::Gows => gows::group(book, group),
    })
}

/// The ids of a participant: as listed, and by phone number if that is known.
pub(crate) fn participant_ids(book: &Book, jid: &str) -> (String, Option<String>) {
    let number = if jid.ends_with("@lid") { book.alternative(jid) } else { Some(jid.to_owned()) };
    (wire(jid), number.map(|number| wire(&number)))
}

fn ack_name(level: i8) -> &'static str {
    match level {
        0 => "PENDING",
        1 => "SERVER",
        2 => "DEVICE",
        3 => "READ",
        4 => "PLAYED",
        _ => "ERROR",
    }
}
