//! A message before an engine gave it its JSON.

use serde_json::{Value, json};

use super::book::wire;
use super::model::Other;
use crate::stamp;

/// One message as `WhatsApp` knows it.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) stanza: String,
    pub(crate) chat: String,
    pub(crate) participant: Option<String>,
    pub(crate) from_me: bool,
    pub(crate) by_api: bool,
    pub(crate) ack: i8,
    pub(crate) at: i64,
    pub(crate) content: Content,
    pub(crate) quote: Option<Quote>,
}

impl Message {
    /// A message of somebody else, as it arrives now.
    pub(crate) fn incoming(stanza: String, chat: &str, content: Content) -> Self {
        Self {
            stanza,
            chat: chat.to_owned(),
            participant: None,
            from_me: false,
            by_api: false,
            ack: 2,
            at: stamp::now_ms() / 1000,
            content,
            quote: None,
        }
    }

    /// The id under which WAHA shows it.
    pub(crate) fn id(&self) -> String {
        full_id(self.from_me, &self.chat, &self.stanza, self.participant.as_deref())
    }
}

/// An id with its chat, its direction and, in groups, its sender.
pub(crate) fn full_id(from_me: bool, chat: &str, stanza: &str, participant: Option<&str>) -> String {
    match participant {
        Some(participant) => format!("{from_me}_{chat}_{stanza}_{participant}"),
        None => format!("{from_me}_{chat}_{stanza}"),
    }
}

/// The bare id within a full one.
pub(crate) fn bare_id(id: &str) -> &str {
    id.split('_').nth(2).unwrap_or(id)
}

/// What a message says.
#[derive(Clone, Default)]
pub(crate) struct Content {
    pub(crate) body: Option<String>,
    pub(crate) media: Option<Media>,
    pub(crate) location: Value,
    pub(crate) cards: Value,
    /// For how many seconds a place is shown as it moves.
    pub(crate) duration: Option<u32>,
    /// The message in the protocol's own JSON, as the NOWEB engine spells it.
    pub(crate) wire: Value,
}

/// A file that comes with a message.
#[derive(Clone)]
pub(crate) struct Media {
    pub(crate) kind: &'static str,
    pub(crate) mimetype: &'static str,
    pub(crate) extension: &'static str,
    pub(crate) filename: Option<String>,
}

/// The message another one answers.
#[derive(Clone)]
pub(crate) struct Quote {
    pub(crate) stanza: String,
    pub(crate) participant: String,
    pub(crate) body: Option<String>,
    pub(crate) wire: Value,
}

impl Quote {
    /// The part of the protocol's JSON that points at the quoted message.
    pub(crate) fn context(&self) -> Value {
        json!({
            "stanzaId": self.stanza,
            "participant": wire(&self.participant),
            "quotedMessage": self.wire,
        })
    }
}

impl Content {
    /// A text typed on a phone.
    pub(crate) fn text(text: &str) -> Self {
        let secret = json!({ "messageSecret": "c2VjcmV0" });
        Self::of(Some(text), json!({ "conversation": text, "messageContextInfo": secret }))
    }

    /// A text that answers another message.
    pub(crate) fn reply(text: &str, quote: &Quote) -> Self {
        let message = json!({ "text": text, "contextInfo": quote.context() });
        Self::of(Some(text), json!({ "extendedTextMessage": message }))
    }

    /// A text in a chat whose messages stay for so many seconds.
    pub(crate) fn disappearing(text: &str, seconds: u32) -> Self {
        let message = json!({ "text": text, "contextInfo": { "expiration": seconds } });
        Self::of(Some(text), json!({ "extendedTextMessage": message }))
    }

    /// A text that names people.
    pub(crate) fn naming(text: &str, named: &[&str]) -> Self {
        let named: Vec<_> = named.iter().map(|jid| wire(jid)).collect();
        let message = json!({ "text": text, "contextInfo": { "mentionedJid": named } });
        Self::of(Some(text), json!({ "extendedTextMessage": message }))
    }

    /// A text sent through the API.
    pub(crate) fn sent(text: &str, quote: Option<&Quote>) -> Self {
        match quote {
            Some(quote) => Self::reply(text, quote),
            None => Self::of(Some(text), json!({ "extendedTextMessage": { "text": text } })),
        }
    }

    /// A change to an earlier message: `MESSAGE_EDIT` with the new text, or `REVOKE`.
    pub(crate) fn change(kind: &str, chat: &str, stanza: &str, text: Option<&str>) -> Self {
        let key = json!({ "remoteJid": wire(chat), "fromMe": false, "id": stanza });
        let mut change = json!({ "key": key, "type": kind });
        if let Some(text) = text {
            insert(&mut change, "editedMessage", json!({ "conversation": text }));
        }
        Self::of(text, json!({ "protocolMessage": change }))
    }

    /// A message that is no plain text.
    pub(crate) fn other(other: Other) -> Self {
        match other {
            Other::Sticker => Self::file("sticker", "image/webp", "webp", None),
            Other::Image { caption } => Self::file("image", "image/jpeg", "jpeg", caption),
            Other::Once { caption } => Self::once(Self::file("image", "image/jpeg", "jpeg", caption)),
            Other::Video { caption } => Self::file("video", "video/mp4", "mp4", caption),
            Other::Voice => Self::file("ptt", "audio/ogg; codecs=opus", "oga", None),
            Other::Document { filename, caption } => Self::document(filename, caption),
            Other::Location { name } => Self::place(&name, 38.893_725_5, -77.096_976_3),
            Other::LiveLocation { words, seconds } => Self::live(&words, seconds),
            Other::ContactCard { name, number } => Self::card(&name, &number),
            Other::Poll { question, several } => Self::poll(&question, &["Yes", "No"], several),
            Other::Wire { message } => Self::of(None, message),
            Other::TimerChange => Self::timer(),
        }
    }

    fn of(body: Option<&str>, wire: Value) -> Self {
        Self { body: body.map(str::to_owned), wire, ..Self::default() }
    }

    fn file(kind: &'static str, mimetype: &'static str, extension: &'static str, caption: Option<String>) -> Self {
        let name = if kind == "ptt" { "audio" } else { kind };
        let mut file = upload(mimetype);
        if name == "audio" {
            insert(&mut file, "ptt", json!(true));
        }
        if let Some(caption) = &caption {
            insert(&mut file, "caption", json!(caption));
        }
        Self {
            media: Some(Media { kind, mimetype, extension, filename: None }),
            body: caption,
            wire: json!({ format!("{name}Message"): file }),
            ..Self::default()
        }
    }

    fn once(mut content: Self) -> Self {
        if let Some(image) = content.wire.get_mut("imageMessage") {
            insert(image, "viewOnce", json!(true));
        }
        content.wire = json!({ "viewOnceMessageV2": { "message": content.wire } });
        content
    }

    fn document(filename: String, caption: Option<String>) -> Self {
        let mut content = Self::file("document", "application/pdf", "pdf", caption);
        if let Some(document) = content.wire.get_mut("documentMessage") {
            insert(document, "fileName", json!(filename));
        }
        if let Some(media) = &mut content.media {
            media.filename = Some(filename);
        }
        content
    }

    /// A place that somebody shares.
    pub(crate) fn place(name: &str, latitude: f64, longitude: f64) -> Self {
        let wire = json!({ "locationMessage": {
            "degreesLatitude": latitude, "degreesLongitude": longitude, "name": name, "address": "1 Main St",
        }});
        let location = json!({
            "live": false, "latitude": latitude.to_string(), "longitude": longitude.to_string(),
            "name": name, "address": "1 Main St",
        });
        Self { location, ..Self::of(None, wire) }
    }

    fn live(words: &str, seconds: u32) -> Self {
        let wire = json!({ "liveLocationMessage": {
            "degreesLatitude": 38.8, "degreesLongitude": -77.1, "accuracyInMeters": 5,
            "caption": words, "sequenceNumber": "1",
        }});
        let location = json!({
            "live": true, "latitude": "38.8", "longitude": "-77.1", "description": words, "thumbnail": null,
        });
        Self { location, duration: Some(seconds), ..Self::of(None, wire) }
    }

    fn card(name: &str, number: &str) -> Self {
        let card = format!(
            "BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\n\
             TEL;type=CELL;type=VOICE;waid={number}:+{number}\nEND:VCARD"
        );
        let wire = json!({ "contactMessage": { "displayName": name, "vcard": card } });
        Self { cards: json!([card]), ..Self::of(None, wire) }
    }

    /// Contacts that are shared.
    pub(crate) fn cards(cards: &[&str]) -> Self {
        let wire = match cards {
            [card] => json!({ "contactMessage": { "vcard": card } }),
            cards => {
                let each: Vec<_> = cards.iter().map(|card| json!({ "vcard": card })).collect();
                json!({ "contactsArrayMessage": { "contacts": each } })
            }
        };
        Self { cards: json!(cards), ..Self::of(None, wire) }
    }

    /// A question with answers.
    pub(crate) fn poll(question: &str, options: &[&str], several: bool) -> Self {
        let options: Vec<_> = options.iter().map(|option| json!({ "optionName": option })).collect();
        let count = if several { options.len() } else { 1 };
        let poll = json!({ "name": question, "options": options, "selectableOptionsCount": count });
        Self::of(None, json!({ "pollCreationMessageV3": poll }))
    }

    /// A vote in a poll, which nobody but the phones can read.
    pub(crate) fn vote(poll: &str) -> Self {
        let key = json!({ "id": bare_id(poll) });
        Self::of(None, json!({ "pollUpdateMessage": { "pollCreationMessageKey": key } }))
    }

    fn timer() -> Self {
        let change = json!({ "type": "EPHEMERAL_SETTING", "ephemeralExpiration": 86_400 });
        Self::of(None, json!({ "protocolMessage": change }))
    }
}

/// An encrypted file on the servers of `WhatsApp`.
fn upload(mimetype: &str) -> Value {
    json!({
        "url": "https://mmg.whatsapp.net/v/t62.7118-24/x.enc?ccb=11-4",
        "mimetype": mimetype,
        "fileSha256": "AAAA",
        "fileLength": "12345",
        "mediaKey": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "fileEncSha256": "BBBB",
        "directPath": "/v/t62.7118-24/x.enc?ccb=11-4",
        "mediaKeyTimestamp": "1795302000",
    })
}

/// Adds one member to a JSON object.
pub(crate) fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}
