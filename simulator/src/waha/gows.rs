//! What only the GOWS engine writes: whatsmeow's own objects in Go's JSON.

use serde_json::{Map, Value, json};

use super::book::{Book, Group, is_group, wire};
use super::message::{Message, insert};
use super::model::Engine;
use super::payload::{address, participant_ids};
use crate::stamp;

/// Adds this engine's share to the payload of a message.
pub(crate) fn complete(payload: &mut Value, book: &Book, message: &Message) {
    if let Some(body) = &message.content.body {
        insert(payload, "body", json!(body));
    }
    address(Engine::Gows, payload, &message.chat, message.participant.as_deref());
    insert(payload, "_data", data(book, message));
    forget_null_filename(payload);
}

/// This engine leaves the name of a file out where the other one writes null.
fn forget_null_filename(payload: &mut Value) {
    let media = payload.get_mut("media").and_then(Value::as_object_mut);
    if let Some(media) = media {
        media.retain(|name, value| name != "filename" || !value.is_null());
    }
}

fn data(book: &Book, message: &Message) -> Value {
    let content = go_names(message.content.wire.clone());
    json!({
        "Info": info(book, message),
        "Message": content, "RawMessage": content,
        "IsEphemeral": false, "IsViewOnce": false, "IsViewOnceV2": false,
        "IsViewOnceV2Extension": false, "IsDocumentWithCaption": false,
        "IsLottieSticker": false, "IsBotInvoke": false, "IsEdit": false,
        "SourceWebMsg": null, "UnavailableRequestID": "", "RetryCount": 0,
        "NewsletterMeta": null, "Status": message.ack + 1,
    })
}

fn info(book: &Book, message: &Message) -> Value {
    let mut info = source(&message.chat, &sender(book, message), message.from_me);
    let (addressing, alternative) = alternative(book, message);
    let name = if message.from_me {
        Some(book.owner.push_name.clone())
    } else {
        book.push_name(message.participant.as_ref().unwrap_or(&message.chat))
    };
    let media = message.content.media.as_ref().map_or("", |media| media.kind);
    let details = json!({
        "AddressingMode": addressing, "SenderAlt": alternative, "RecipientAlt": "",
        "ID": message.stanza, "ServerID": 0,
        "Type": if media.is_empty() { "text" } else { "media" }, "MediaType": media,
        "PushName": name.unwrap_or_default(), "Timestamp": stamp::iso(message.at),
        "Category": "", "Multicast": false, "Edit": "",
        "MsgBotInfo": {
            "EditType": "", "EditTargetID": "", "EditSenderTimestampMS": "0001-01-01T00:00:00Z",
        },
        "MsgMetaInfo": {
            "TargetID": "", "TargetSender": "", "TargetChat": "", "DeprecatedLIDSession": null,
            "ThreadMessageID": "", "ThreadMessageSenderJID": "",
        },
        "VerifiedName": null, "DeviceSentMeta": null,
    });
    merge(&mut info, details);
    info
}

fn source(chat: &str, sender: &str, from_me: bool) -> Value {
    json!({
        "Chat": wire(chat), "Sender": sender, "IsFromMe": from_me, "IsGroup": is_group(chat),
        "BroadcastListOwner": "", "BroadcastRecipients": null,
    })
}

/// Who sent it: with the device number when it is this very device.
fn sender(book: &Book, message: &Message) -> String {
    match &message.participant {
        _ if message.by_api => format!("{}:12@s.whatsapp.net", book.owner.number),
        Some(participant) => wire(participant),
        None if message.from_me => wire(&book.my_id()),
        None => wire(&message.chat),
    }
}

/// The addressing mode and the sender's other id, both empty in chats of the owner's own making.
fn alternative(book: &Book, message: &Message) -> (&'static str, String) {
    if message.from_me && message.participant.is_none() {
        return ("", String::new());
    }
    let author = message.participant.as_ref().unwrap_or(&message.chat);
    let mode = if author.ends_with("@lid") { "lid" } else { "pn" };
    let alternative = book.alternative(author).unwrap_or_default();
    (mode, wire(&alternative))
}

/// Adds this engine's share to the payload of an acknowledgement.
pub(crate) fn complete_ack(payload: &mut Value, (chat, stanza): (&str, &str), participant: Option<&str>, level: i8) {
    address(Engine::Gows, payload, chat, participant);
    let mut data = source(chat, &wire(participant.unwrap_or(chat)), false);
    merge(
        &mut data,
        json!({
            "MessageIDs": [stanza],
            "Timestamp": stamp::iso(stamp::now_ms() / 1000),
            "Type": if level >= 3 { "read" } else { "" },
            "MessageSender": "",
        }),
    );
    insert(payload, "_data", data);
}

/// The answer of `sendText`.
pub(crate) fn answer(book: &Book, message: &Message) -> Value {
    let mut info = source(&message.chat, &sender(book, message), true);
    let now = stamp::iso_ms(stamp::now_ms());
    merge(
        &mut info,
        json!({
            "AddressingMode": "", "SenderAlt": "", "RecipientAlt": "", "ID": message.stanza,
            "ServerID": 0, "Type": "", "PushName": "", "Timestamp": now, "Category": "",
            "Multicast": false, "MediaType": "", "Edit": "", "VerifiedName": null,
            "DeviceSentMeta": null,
        }),
    );
    let text = message.content.body.as_deref().unwrap_or_default();
    // Named by phone number here, although the echo names the hidden id.
    let mine = message.participant.as_ref().map(|_| book.my_id());
    let id = super::message::full_id(true, &message.chat, &message.stanza, mine.as_deref());
    json!({ "id": id, "_data": {
        "Info": info,
        "Message": { "extendedTextMessage": { "text": text } },
        "IsEphemeral": false,
        "Status": 1,
    }})
}

/// A group as whatsmeow describes it.
pub(crate) fn group(book: &Book, group: &Group) -> Value {
    let participants: Vec<Value> = group.participants.iter().map(|jid| participant(book, group, jid)).collect();
    json!({
        "JID": group.id, "OwnerJID": "", "OwnerPN": "", "Name": group.subject,
        "NameSetAt": "2026-11-21T23:00:00Z", "NameSetBy": "", "Topic": "",
        "IsLocked": false, "IsAnnounce": false, "AddressingMode": "lid",
        "Participants": participants,
        "MemberAddMode": "all_member_add", "IsJoinApprovalRequired": false,
    })
}

fn participant(book: &Book, group: &Group, jid: &str) -> Value {
    let (id, number) = participant_ids(book, jid);
    json!({
        "JID": id, "PhoneNumber": number.unwrap_or_default(),
        "LID": if jid.ends_with("@lid") { jid } else { "" },
        "IsAdmin": group.admins.iter().any(|admin| admin == jid), "IsSuperAdmin": false, "DisplayName": "", "Error": 0,
    })
}

/// Spells the protocol as Go's JSON does: capital abbreviations, and numbers as numbers.
fn go_names(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(renamed(members)),
        Value::Array(items) => items.into_iter().map(go_names).collect(),
        other => other,
    }
}

fn renamed(members: Map<String, Value>) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| match name.as_str() {
            "url" => ("URL".into(), value),
            "ptt" => ("PTT".into(), value),
            "id" => ("ID".into(), value),
            "mentionedJid" => ("mentionedJID".into(), value),
            "stanzaId" => ("stanzaID".into(), value),
            "remoteJid" => ("remoteJID".into(), value),
            "fileSha256" => ("fileSHA256".into(), value),
            "fileEncSha256" => ("fileEncSHA256".into(), value),
            "fileLength" | "mediaKeyTimestamp" => (name, number(&value)),
            "type" => (name, kind(&value)),
            _ => (name, go_names(value)),
        })
        .collect()
}

fn number(value: &Value) -> Value {
    let digits = value.as_str().unwrap_or_default();
    digits.parse::<u64>().map_or(Value::Null, Value::from)
}

/// The kind of a change to an earlier message.
fn kind(value: &Value) -> Value {
    match value.as_str() {
        Some("MESSAGE_EDIT") => json!(14),
        Some("EPHEMERAL_SETTING") => json!(3),
        _ => json!(0),
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
