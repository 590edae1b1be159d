//! What only the NOWEB engine writes: Baileys' own objects.

use serde_json::{Value, json};

use super::book::{Book, Group, wire};
use super::message::{Message, Quote, insert};
use super::model::Engine;
use super::payload::{address, participant_ids};
use crate::stamp;

/// Adds this engine's share to the payload of a message.
pub(crate) fn complete(payload: &mut Value, book: &Book, message: &Message) {
    insert(payload, "body", json!(message.content.body));
    address(Engine::Noweb, payload, &message.chat, message.participant.as_deref());
    insert(payload, "_data", data(book, message));
}

fn data(book: &Book, message: &Message) -> Value {
    let author = message.participant.as_ref().unwrap_or(&message.chat);
    let name = if message.from_me { Some(book.owner.push_name.clone()) } else { book.push_name(author) };
    let mut data = json!({
        "key": key(book, message),
        "messageTimestamp": message.at,
        "broadcast": message.chat.ends_with("@broadcast"),
        "message": message.content.wire,
        "status": message.ack + 1,
    });
    if let Some(name) = name {
        insert(&mut data, "pushName", json!(name));
    }
    if let Some(duration) = message.content.duration {
        insert(&mut data, "duration", json!(duration));
    }
    data
}

fn key(book: &Book, message: &Message) -> Value {
    let author = message.participant.as_ref().unwrap_or(&message.chat);
    let mode = if author.ends_with("@lid") { "lid" } else { "pn" };
    let mut key = json!({
        "remoteJid": wire(&message.chat),
        "fromMe": message.from_me,
        "id": message.stanza,
        "addressingMode": mode,
    });
    if let Some(participant) = &message.participant {
        insert(&mut key, "participant", json!(wire(participant)));
    }
    if let Some(alternative) = book.alternative(author) {
        let group = message.participant.is_some();
        let name = if group { "participantAlt" } else { "remoteJidAlt" };
        insert(&mut key, name, json!(wire(&alternative)));
    }
    key
}

/// Adds this engine's share to the payload of an acknowledgement.
pub(crate) fn complete_ack(payload: &mut Value, (chat, stanza): (&str, &str), participant: Option<&str>, level: i8) {
    address(Engine::Noweb, payload, chat, participant);
    let Some(participant) = participant else {
        return;
    };
    let moment = if level >= 3 { "readTimestamp" } else { "receiptTimestamp" };
    insert(
        payload,
        "_data",
        json!({
            "key": { "remoteJid": chat, "fromMe": true, "id": stanza, "participant": wire(participant) },
            "receipt": { "userJid": wire(participant), moment: stamp::now_ms() / 1000 },
        }),
    );
}

/// The answer of `sendText`: the message as Baileys returns it.
pub(crate) fn answer(book: &Book, message: &Message, quote: Option<&Quote>) -> Value {
    let mut answer = json!({
        "key": { "remoteJid": wire(&message.chat), "fromMe": true, "id": message.stanza },
        "message": answered(message, quote),
        "messageTimestamp": message.at.to_string(),
        "status": "PENDING",
    });
    if message.participant.is_some() {
        let device = format!("{}:12@s.whatsapp.net", book.owner.number);
        insert(&mut answer, "participant", json!(device));
    }
    answer
}

fn answered(message: &Message, quote: Option<&Quote>) -> Value {
    let Some(text) = &message.content.body else { return message.content.wire.clone() };
    let mut content = json!({ "text": text });
    if let Some(quote) = quote {
        insert(&mut content, "contextInfo", quote.context());
    }
    json!({ "extendedTextMessage": content })
}

/// A group as Baileys describes it.
pub(crate) fn group(book: &Book, group: &Group) -> Value {
    let participants: Vec<Value> = group
        .participants
        .iter()
        .map(|jid| (participant_ids(book, jid), group.admins.contains(jid).then_some("admin")))
        .map(|((id, number), admin)| json!({ "id": id, "phoneNumber": number, "admin": admin }))
        .collect();
    json!({
        "id": group.id, "addressingMode": "lid", "subject": group.subject,
        "announce": false, "restrict": false, "memberAddMode": true,
        "joinApprovalMode": false, "creation": 1_690_000_000,
        "participants": participants,
    })
}
