//! What is done to a message that is there already: an edit, a deletion, a reaction.

use serde::{Deserialize, Serialize};

use super::{Aci, Address, Author, Conversation, Mention, StanzaId, TypedBody};
use crate::clock::Moment;
use crate::redact::Private;

/// What is done. `B` is what an edited message says now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed<B> {
    /// It says this now.
    Edit(B),
    /// It is deleted for everybody.
    Delete,
    /// It has this reaction of whoever did it; nothing: none any more.
    React(Option<Private>),
}

/// Something that was done on WhatsApp, on its way to Signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    /// The chat, in the form this was addressed by.
    pub chat: Address,
    /// The same contact's other address, where WAHA gave it; never set for groups.
    pub chat_alternative: Option<Address>,
    /// The message, by its bare id: engines differ in the rest of the id.
    pub target: StanzaId,
    /// Its own bare id, by which an answer of WAHA names it; nothing if the engine gives it none.
    pub stanza: Option<StanzaId>,
    /// Who did it, which need not be who wrote the message.
    pub author: Author,
    /// When, by WhatsApp's clock.
    pub sent_at: Moment,
    /// What. An edit without words is one that could not be read: the message stays as it is.
    pub deed: Deed<Option<Private>>,
    /// Whom the new words of an edit name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
}

/// Something the owner did in Signal, on its way to WhatsApp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Where.
    pub conversation: Conversation,
    /// Signal's id of the change itself; a later one may name an edited message by it.
    pub timestamp: Moment,
    /// The owner.
    pub author: Aci,
    /// The message, by its own timestamp or by that of an earlier edit.
    pub target: Moment,
    /// Who wrote the message.
    pub target_author: Aci,
    /// What.
    pub deed: Deed<TypedBody>,
}
