//! What a message says.

mod cards;
mod json;
mod notes;
mod place;
mod polls;

use serde_json::Value;

use super::files;
use super::kinds::{self, Kind, Shape};
use super::payload::MessagePayload;
use crate::event::{Choices, Content, MediaKind, Quote, StanzaId, Thing, Unsupported};
use crate::redact::Private;

/// The content; nothing if the message is only the machinery talking.
pub(super) fn of(message: &MessagePayload) -> Option<Content> {
    let shape = kinds::shape(message.data.get());
    if shape.view_once && once(message, &shape).is_none() {
        return Some(Content::UNSEEN);
    }
    match what(message, shape.kind) {
        Some(what) if let Some(file) = files::of(what, message, &shape) => {
            Some(Content::Media { file, caption: body(message).or_else(|| words(&shape)) })
        }
        Some(what) => Some(
            thing(what, message, &shape)
                .map_or_else(|| Content::Unsupported { what, caption: caption(what, message, &shape) }, Content::Thing),
        ),
        None => text(message, shape.kind),
    }
}

/// The picture or film of a message that may be seen once; of nothing else Signal can say that. Engines hand it over to few.
fn once(message: &MessagePayload, shape: &Shape<'_>) -> Option<MediaKind> {
    let file = files::of(what(message, shape.kind)?, message, shape)?;
    Some(file.kind).filter(|kind| kind.is_seen())
}

fn what(message: &MessagePayload, kind: Kind) -> Option<Unsupported> {
    match kind {
        Kind::Is(what) => Some(what),
        Kind::System => None,
        _ if message.has_media.is_set() => Some(by_mimetype(message)),
        _ if message.location.get().is_some() => Some(Unsupported::Location),
        _ if message.v_cards.get().is_some_and(|cards| !cards.is_empty()) => Some(Unsupported::Contact),
        _ => None,
    }
}

/// What it shows, as far as that can be read.
fn thing(what: Unsupported, message: &MessagePayload, shape: &Shape<'_>) -> Option<Thing> {
    match what {
        Unsupported::Location => place::of(message, shape).map(Thing::Place),
        Unsupported::Contact => Some(cards::of(message, shape)).filter(|cards| !cards.is_empty()).map(Thing::Cards),
        Unsupported::Poll => polls::of(message, shape).map(Thing::Poll),
        Unsupported::PollResults => polls::results(shape).map(Thing::Results),
        Unsupported::CalendarEvent => notes::appointment(shape).map(Thing::Appointment),
        Unsupported::Buttons => notes::choices(shape).or_else(|| said(message)).map(Thing::Choices),
        Unsupported::Payment => notes::deal(shape).map(Thing::Deal),
        Unsupported::GroupInvite => notes::invite(shape).map(Thing::Invite),
        Unsupported::Call => notes::call(shape).map(Thing::Call),
        Unsupported::PinnedMessage => Some(Thing::Pin { pinned: notes::is_pinned(shape) }),
        _ => None,
    }
}

/// The message that one is about which pins it.
pub(super) fn pinned(message: &MessagePayload) -> Option<Quote> {
    let shape = kinds::shape(message.data.get());
    let key = shape.inner.filter(|_| shape.name == "pinInChatMessage")?.get("key")?;
    Some(Quote { stanza: StanzaId::new(json::text(key, &["id", "ID"])?.reveal()), text: None })
}

/// What WAHA itself makes of a text with buttons.
fn said(message: &MessagePayload) -> Option<Choices> {
    Some(Choices { words: vec![body(message)?], choices: Vec::new() })
}

fn text(message: &MessagePayload, kind: Kind) -> Option<Content> {
    match (kind, message.body.text()) {
        (Kind::Unknown, None) => Some(Content::Unsupported { what: Unsupported::Other, caption: None }),
        (Kind::System, _) | (_, None) => None,
        (_, Some(text)) => Some(Content::Text(text.into())),
    }
}

fn by_mimetype(message: &MessagePayload) -> Unsupported {
    let mimetype = message.media.get().and_then(|media| media.mimetype.get());
    match mimetype.and_then(|mimetype| mimetype.split('/').next()) {
        Some("image") => Unsupported::Picture,
        Some("video") => Unsupported::Video,
        Some("audio") => Unsupported::Audio,
        Some("application" | "text") => Unsupported::Document,
        _ => Unsupported::Attachment,
    }
}

/// The words that came with it. WEBJS puts a thumbnail or a whole vCard into the body of a place or a contact.
fn caption(what: Unsupported, message: &MessagePayload, shape: &Shape<'_>) -> Option<Private> {
    let inner = || shape.inner.and_then(title);
    match what {
        Unsupported::Location | Unsupported::Contact => inner(),
        Unsupported::Document => body(message).or_else(|| file_name(message)).or_else(inner),
        _ => body(message).or_else(inner),
    }
}

/// What its writer wrote below a file.
fn words(shape: &Shape<'_>) -> Option<Private> {
    let caption = shape.inner?.get("caption")?.as_str()?;
    (!caption.is_empty()).then(|| caption.into())
}

fn body(message: &MessagePayload) -> Option<Private> {
    message.body.text().map(Private::from)
}

fn file_name(message: &MessagePayload) -> Option<Private> {
    message.media.get().and_then(|media| media.filename.text()).map(Private::from)
}

/// The name of a group, an event, a contact or a file, or the question of a poll.
fn title(inner: &Value) -> Option<Private> {
    let names = ["groupName", "caption", "name", "displayName", "fileName"];
    let found = names.into_iter().filter_map(|name| inner.get(name)?.as_str()).find(|text| !text.is_empty());
    found.map(Private::from)
}
