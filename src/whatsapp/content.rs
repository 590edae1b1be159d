//! What a message says.

use serde_json::Value;

use super::files;
use super::kinds::{self, Kind, Shape};
use super::payload::MessagePayload;
use crate::event::{Content, Unsupported};
use crate::redact::Private;

/// The content; nothing if the message is only the machinery talking.
pub(super) fn of(message: &MessagePayload) -> Option<Content> {
    let shape = kinds::shape(message.data.get());
    if shape.view_once {
        // Its words belong to what may be seen once, so they are not kept either.
        return Some(Content::Unsupported { what: Unsupported::ViewOnce, caption: None });
    }
    match what(message, shape.kind) {
        Some(what) if let Some(file) = files::of(what, message, &shape) => {
            Some(Content::Media { file, caption: body(message).or_else(|| words(&shape)) })
        }
        Some(what) => Some(Content::Unsupported { what, caption: caption(what, message, &shape) }),
        None => text(message, shape.kind),
    }
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
        Unsupported::Location => place(message).or_else(inner),
        Unsupported::Contact => inner().or_else(|| contact(message)),
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

/// The name and the address of a place.
fn place(message: &MessagePayload) -> Option<Private> {
    let place = message.location.get()?;
    let words = [&place.name, &place.description, &place.address].into_iter().filter_map(|words| words.text());
    let words: Vec<_> = words.collect();
    (!words.is_empty()).then(|| words.join(", ").into())
}

/// The formatted name in the first vCard.
fn contact(message: &MessagePayload) -> Option<Private> {
    let card = message.v_cards.get()?.first()?;
    let name = card.reveal().lines().find_map(|line| line.strip_prefix("FN:"))?;
    Some(name.trim().into())
}
