//! WAHA's webhook JSON, as far as the bridge reads it.
//!
//! Engines and versions differ in what is missing, `null`, or of another type, so every field stands for itself: one
//! that does not fit is simply not there. None of these types prints what it holds.

mod acks;
mod changes;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

pub(super) use acks::{AckError, AckPayload};
pub(super) use changes::{EditExtra, ReactionExtra, RevokePayload};

use super::surrogates;
use crate::clock::Moment;
use crate::redact::Private;

/// A field that is absent where it is missing, `null` or of another type.
pub(super) struct Field<T>(pub(super) Option<T>);

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        Ok(Self(serde_json::from_value(Value::deserialize(json)?).ok()))
    }
}

impl<T> Field<T> {
    /// The value, if it is there.
    pub(super) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl Field<Private> {
    /// The text, if there is any.
    pub(super) fn text(&self) -> Option<&str> {
        self.get().map(Private::reveal).filter(|text| !text.is_empty())
    }
}

impl Field<bool> {
    /// Whether it is there and true.
    pub(super) fn is_set(&self) -> bool {
        self.0 == Some(true)
    }
}

/// A whole number, written as a number (a fraction is cut off) or as text.
#[derive(Clone, Copy)]
pub(super) struct Whole(pub(super) i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(json)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            _ => String::new(),
        };
        let whole = text.split('.').next().unwrap_or_default();
        whole.parse().map(Self).map_err(|_| serde::de::Error::custom("no number"))
    }
}

impl Whole {
    /// The moment, where the unit is seconds as in messages. What would lie thousands of years ahead is milliseconds.
    pub(super) fn seconds(self) -> Moment {
        const MILLISECONDS_FROM: i64 = 100_000_000_000;
        let seconds = if self.0 < MILLISECONDS_FROM { self.0 } else { self.0 / 1000 };
        Moment(seconds.saturating_mul(1000))
    }

    /// The moment, where the unit is milliseconds as in envelopes.
    pub(super) fn millis(self) -> Moment {
        Moment(self.0)
    }
}

/// An id as plain text, or inside the object WEBJS keeps it in.
pub(super) struct IdText(pub(super) Private);

impl<'de> Deserialize<'de> for IdText {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(json)?;
        let inner = json.get("_serialized").or_else(|| json.get("id")).unwrap_or(&json);
        let text = inner.as_str().filter(|text| !text.is_empty());
        text.map(|text| Self(text.into())).ok_or_else(|| serde::de::Error::custom("no id"))
    }
}

impl Field<IdText> {
    /// The id, if it is there.
    pub(super) fn text(&self) -> Option<&str> {
        self.get().map(|id| id.0.reveal())
    }
}

/// What stands around every event.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Envelope {
    /// `evt_…`; the same for `message` and `message.any` of one message.
    pub(super) id: Field<Private>,
    /// When the event was made; milliseconds. Stays the same when WAHA repeats it.
    pub(super) timestamp: Field<Whole>,
    /// The event's name.
    pub(super) event: Field<String>,
    /// The session's name.
    pub(super) session: Field<String>,
    /// The owner; `null` until paired.
    pub(super) me: Field<Me>,
    /// What happened, by the event's name.
    pub(super) payload: Value,
}

impl Envelope {
    /// Reads a body; nothing if it is not a JSON object.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(body)
            .or_else(|_| serde_json::from_slice(&surrogates::mend(body)))
            .ok()
            .filter(Value::is_object)?;
        serde_json::from_value(json).ok()
    }

    /// The payload in the shape its event's name asks for.
    pub(super) fn take_payload<T: DeserializeOwned + Default>(&mut self) -> T {
        serde_json::from_value(self.payload.take()).unwrap_or_default()
    }
}

/// The owner's own addresses.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Me {
    /// By number.
    pub(super) id: Field<Private>,
    /// By LID; NOWEB and GOWS, WEBJS from 2026.7.1.
    pub(super) lid: Field<Private>,
    /// By number with the device; GOWS only.
    pub(super) jid: Field<Private>,
}

/// The payload of `message` and `message.any`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MessagePayload {
    pub(super) id: Field<IdText>,
    /// Seconds.
    pub(super) timestamp: Field<Whole>,
    pub(super) from_me: Field<bool>,
    pub(super) participant: Field<Private>,
    /// Text or caption.
    pub(super) body: Field<Private>,
    pub(super) has_media: Field<bool>,
    pub(super) media: Field<Media>,
    pub(super) ack: Field<Whole>,
    pub(super) location: Field<Location>,
    pub(super) v_cards: Field<Vec<Private>>,
    pub(super) reply_to: Field<ReplyTo>,
    #[serde(rename = "_data")]
    pub(super) data: Field<Data>,
}

/// A file that came with a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Media {
    /// Where WAHA has it; `null` where it does not fetch files, or could not.
    pub(super) url: Field<Private>,
    /// May carry parameters, as in `audio/ogg; codecs=opus`.
    pub(super) mimetype: Field<String>,
    /// Chosen by the sender.
    pub(super) filename: Field<Private>,
}

/// A place.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    pub(super) name: Field<Private>,
    pub(super) address: Field<Private>,
    /// What is written with it; WEBJS: its name.
    pub(super) description: Field<Private>,
    /// Degrees, as text.
    pub(super) latitude: Field<Value>,
    pub(super) longitude: Field<Value>,
    /// Whether it is where somebody is, and moves.
    pub(super) live: Field<bool>,
}

/// The message that is answered.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ReplyTo {
    /// The bare stanza id; WPP: the full id.
    pub(super) id: Field<IdText>,
    /// Its text or caption.
    pub(super) body: Field<Private>,
}

/// The engine's own message, as far as WAHA's fields leave something out.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Data {
    /// NOWEB.
    pub(super) key: Field<NowebKey>,
    /// NOWEB.
    pub(super) push_name: Field<Private>,
    /// WEBJS and WPP.
    pub(super) notify_name: Field<Private>,
    /// NOWEB: the content, one key a kind.
    pub(super) message: Field<Map<String, Value>>,
    /// NOWEB: present on what WhatsApp itself says in a chat.
    pub(super) message_stub_type: Field<Value>,
    /// WEBJS and WPP: the kind of content.
    #[serde(rename = "type")]
    pub(super) kind: Field<String>,
    /// WEBJS: whom the text names.
    #[serde(rename = "mentionedJidList")]
    pub(super) mentioned: Field<Vec<IdText>>,
    /// WEBJS and WPP.
    pub(super) is_view_once: Field<bool>,
    /// NOWEB: for how many seconds somebody shows where they are.
    pub(super) duration: Field<Whole>,
    /// WEBJS: the same.
    pub(super) share_duration: Field<Whole>,
    /// WEBJS and WPP: a poll.
    pub(super) poll_name: Field<Private>,
    pub(super) poll_options: Field<Value>,
    #[serde(rename = "pollSelectableOptionsCount")]
    pub(super) poll_selectable: Field<Whole>,
    /// GOWS.
    #[serde(rename = "Info")]
    pub(super) info: Field<GowsSource>,
    /// GOWS: the content, one key a kind.
    #[serde(rename = "Message")]
    pub(super) gows_message: Field<Map<String, Value>>,
    #[serde(rename = "IsViewOnce")]
    pub(super) gows_view_once: Field<bool>,
    #[serde(rename = "IsViewOnceV2")]
    pub(super) gows_view_once_v2: Field<bool>,
    #[serde(rename = "IsViewOnceV2Extension")]
    pub(super) gows_view_once_extension: Field<bool>,
}

/// NOWEB's (Baileys') message key.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct NowebKey {
    /// The contact's other address.
    pub(super) remote_jid_alt: Field<Private>,
    pub(super) participant: Field<Private>,
    /// The participant's other address.
    pub(super) participant_alt: Field<Private>,
    /// From 2026.3.3: a message that may be seen once, and only on the phone.
    pub(super) is_view_once: Field<bool>,
}

/// Where a message or receipt came from, in GOWS's (whatsmeow's) words.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct GowsSource {
    pub(super) sender: Field<Private>,
    /// The sender's other address: the owner's own where the owner sent.
    pub(super) sender_alt: Field<Private>,
    /// The other address of whom the owner sent to.
    pub(super) recipient_alt: Field<Private>,
    pub(super) is_from_me: Field<bool>,
    pub(super) push_name: Field<Private>,
}

/// The payload of `session.status`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SessionPayload {
    pub(super) status: Field<String>,
    /// The latest few, the current one last.
    pub(super) statuses: Field<Vec<StatusPoint>>,
}

/// One status of the past.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct StatusPoint {
    /// Milliseconds.
    pub(super) timestamp: Field<Whole>,
}
