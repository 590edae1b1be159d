//! What kind of message it is, by the engine's own name for it.
//!
//! NOWEB and GOWS carry WhatsApp's protobuf message, one key a kind, with small differences in the letters' case; WEBJS
//! and WPP carry a `type`.

use serde_json::{Map, Value};

use super::payload::{Data, Field};
use crate::event::Unsupported;

/// How deep wrappers may nest; WhatsApp itself uses three.
const DEPTH: usize = 8;

/// A kind of message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, in WAHA's `body`.
    Text,
    /// This, which is not carried yet.
    Is(Unsupported),
    /// Nothing to show, unless WAHA found a text in it.
    Noise,
    /// WhatsApp's own words in a chat; whatever stands in `body` is not somebody's text.
    System,
    /// A kind we do not know.
    Unknown,
}

/// What is known of a message's kind.
pub(super) struct Shape<'a> {
    /// The kind.
    pub(super) kind: Kind,
    /// Whether it may be seen only once.
    pub(super) view_once: bool,
    /// The engine's name for it.
    pub(super) name: &'a str,
    /// The innermost part, where titles and names are.
    pub(super) inner: Option<&'a Value>,
}

/// Reads the engine's own part of a message.
pub(super) fn shape(data: Option<&Data>) -> Shape<'_> {
    let Some(data) = data else { return Shape::unknown("") };
    let message = data.message.get().or(data.gows_message.get());
    let mut shape = message.map_or_else(|| without_message(data), of_message);
    shape.view_once |= is_view_once(data);
    shape
}

fn is_view_once(data: &Data) -> bool {
    let key = data.key.get().is_some_and(|key| key.is_view_once.is_set());
    let gows = [&data.gows_view_once, &data.gows_view_once_v2, &data.gows_view_once_extension];
    key || data.is_view_once.is_set() || gows.into_iter().any(Field::is_set)
}

impl<'a> Shape<'a> {
    fn unknown(name: &'a str) -> Self {
        Self { kind: Kind::Unknown, view_once: false, name, inner: None }
    }

    /// Whether it is a round film of somebody speaking.
    pub(super) fn is_note(&self) -> bool {
        matches!(self.name, "ptv" | "ptvMessage")
    }

    /// Whether it is where somebody is, and moves.
    pub(super) fn is_live(&self) -> bool {
        self.name == "liveLocationMessage"
    }
}

fn without_message(data: &Data) -> Shape<'_> {
    let name = data.kind.get().map_or("", String::as_str);
    let kind = match data.kind.get() {
        Some(kind) => by_type(kind),
        None if data.message_stub_type.get().is_some_and(|stub| !stub.is_null()) => Kind::System,
        None => Kind::Unknown,
    };
    Shape { kind, ..Shape::unknown(name) }
}

/// Unwraps what wraps (disappearing, view once, document with caption, animated sticker, edited) and names the rest.
fn of_message(message: &Map<String, Value>) -> Shape<'_> {
    let (mut map, mut view_once) = (message, false);
    for _ in 0..DEPTH {
        let Some((name, value)) = content(map) else {
            return Shape { kind: Kind::Noise, view_once, ..Shape::unknown("") };
        };
        view_once |= name.starts_with("viewOnceMessage") || value.get("viewOnce") == Some(&Value::Bool(true));
        let Some(inner) = wrapped(value) else {
            return Shape { kind: by_key(name, value), view_once, name, inner: Some(value) };
        };
        map = inner;
    }
    Shape { view_once, ..Shape::unknown("") }
}

fn wrapped(value: &Value) -> Option<&Map<String, Value>> {
    value.get("message").and_then(Value::as_object)
}

/// The part that says something: one we know before one we do not.
fn content(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let parts = || map.iter().filter(|(name, value)| !value.is_null() && !is_context(name));
    let known = |name: &str, value: &Value| wrapped(value).is_some() || by_key(name, value) != Kind::Unknown;
    let found = parts().find(|(name, value)| known(name, value)).or_else(|| parts().next());
    found.map(|(name, value)| (name.as_str(), value))
}

/// What travels beside the content: keys for encryption and the like.
fn is_context(name: &str) -> bool {
    name == "messageContextInfo" || name.to_ascii_lowercase().ends_with("senderkeydistributionmessage")
}

fn by_key(name: &str, value: &Value) -> Kind {
    use Unsupported as U;
    match name {
        "conversation" | "extendedTextMessage" => Kind::Text,
        "imageMessage" => Kind::Is(U::Picture),
        "videoMessage" | "ptvMessage" => Kind::Is(U::Video),
        "audioMessage" if is_voice(value) => Kind::Is(U::VoiceMessage),
        "audioMessage" => Kind::Is(U::Audio),
        "documentMessage" => Kind::Is(U::Document),
        "stickerMessage" => Kind::Is(U::Sticker),
        "locationMessage" | "liveLocationMessage" => Kind::Is(U::Location),
        "contactMessage" | "contactsArrayMessage" => Kind::Is(U::Contact),
        "pollUpdateMessage" => Kind::Is(U::PollVote),
        "eventMessage" => Kind::Is(U::CalendarEvent),
        "groupInviteMessage" => Kind::Is(U::GroupInvite),
        // The first is spelled so in WhatsApp's own schema.
        "callLogMesssage" | "callLogMessage" | "scheduledCallCreationMessage" => Kind::Is(U::Call),
        "pinInChatMessage" => Kind::Is(U::PinnedMessage),
        "reactionMessage" | "encReactionMessage" => Kind::Is(U::Reaction),
        "secretEncryptedMessage" => Kind::Is(U::Edit),
        // An album only announces the pictures that follow, a message each.
        "albumMessage"
        | "protocolMessage"
        | "keepInChatMessage"
        | "stickerSyncRmrMessage"
        | "encEventResponseMessage" => Kind::Noise,
        "buttonsMessage" | "listMessage" | "templateMessage" | "interactiveMessage" | "highlyStructuredMessage" => {
            Kind::Is(U::Buttons)
        }
        "requestPaymentMessage"
        | "sendPaymentMessage"
        | "declinePaymentRequestMessage"
        | "cancelPaymentRequestMessage"
        | "invoiceMessage"
        | "orderMessage"
        | "productMessage" => Kind::Is(U::Payment),
        _ if name.starts_with("pollCreationMessage") => Kind::Is(U::Poll),
        _ if name.starts_with("pollResultSnapshot") => Kind::Is(U::PollResults),
        _ => Kind::Unknown,
    }
}

/// `ptt` in NOWEB, `PTT` in GOWS.
fn is_voice(value: &Value) -> bool {
    ["ptt", "PTT"].into_iter().any(|flag| value.get(flag) == Some(&Value::Bool(true)))
}

fn by_type(kind: &str) -> Kind {
    use Unsupported as U;
    match kind {
        "chat" | "buttons_response" | "list_response" | "template_button_reply" => Kind::Text,
        "image" => Kind::Is(U::Picture),
        "video" | "ptv" => Kind::Is(U::Video),
        "ptt" => Kind::Is(U::VoiceMessage),
        "audio" => Kind::Is(U::Audio),
        "document" => Kind::Is(U::Document),
        "sticker" => Kind::Is(U::Sticker),
        "location" => Kind::Is(U::Location),
        "vcard" | "multi_vcard" => Kind::Is(U::Contact),
        "poll_creation" => Kind::Is(U::Poll),
        "event_creation" => Kind::Is(U::CalendarEvent),
        "album" => Kind::Noise,
        "groups_v4_invite" => Kind::Is(U::GroupInvite),
        "call_log" => Kind::Is(U::Call),
        "pinned_message" => Kind::Is(U::PinnedMessage),
        "e2e_notification"
        | "notification"
        | "notification_template"
        | "broadcast_notification"
        | "gp2"
        | "protocol"
        | "debug"
        | "revoked" => Kind::System,
        _ => Kind::Unknown,
    }
}
