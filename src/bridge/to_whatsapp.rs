//! What the owner typed to a WAHA request: a pure mapping.

use crate::event::{Address, MessageId, Rich, StanzaId};
use crate::redact::Private;
use crate::whatsapp::{SendText, markup};

/// What the owner wrote, in WhatsApp's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The words, with WhatsApp's markers.
    pub words: Private,
    /// Whom they mention, by the digits behind an `@`.
    pub mentions: Vec<Address>,
}

/// The request.
#[must_use]
pub fn request(written: Written, chat: Address, reply_to: Option<MessageId>, chosen: Option<StanzaId>) -> SendText {
    SendText { chat, text: written.words, reply_to, mentions: written.mentions, id: chosen }
}

/// What the owner wrote, with WhatsApp's markers.
#[must_use]
pub fn words(text: &Rich) -> Private {
    markup::write(text).into()
}
