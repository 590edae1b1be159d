//! What the owner typed to a WAHA request: a pure mapping.

use crate::event::{Address, MessageId, Rich, StanzaId, Typed, TypedBody};
use crate::redact::Private;
use crate::whatsapp::{SendText, markup};

/// The request; nothing if there is no text in it.
#[must_use]
pub fn request(
    typed: &Typed,
    chat: Address,
    reply_to: Option<MessageId>,
    chosen: Option<StanzaId>,
) -> Option<SendText> {
    match &typed.body {
        TypedBody::Text(text) => Some(SendText { chat, text: words(text), reply_to, id: chosen }),
        // Files are a message each: see `files::send`. Things have calls of their own: see `carry_thing`.
        TypedBody::Files { .. }
        | TypedBody::Thing(_)
        | TypedBody::Vote(_)
        | TypedBody::Unsupported(_)
        | TypedBody::Truncated => None,
    }
}

/// What the owner wrote, with WhatsApp's markers.
#[must_use]
pub fn words(text: &Rich) -> Private {
    markup::write(text).into()
}
