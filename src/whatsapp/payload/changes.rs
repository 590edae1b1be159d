//! What edits, deletions and reactions have besides a message's own fields.

use serde::Deserialize;
use serde_json::Value;

use super::{Field, IdText};
use crate::redact::Private;

/// In `message.edited`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::whatsapp) struct EditExtra {
    /// The message that says something else now; its bare id.
    pub(in crate::whatsapp) edited_message_id: Field<IdText>,
}

/// The payload of `message.revoked`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::whatsapp) struct RevokePayload {
    /// The deletion, in the shape of a message.
    pub(in crate::whatsapp) after: Field<Value>,
    /// WEBJS: what was deleted.
    pub(in crate::whatsapp) before: Field<Value>,
    /// The message that is gone; its bare id.
    pub(in crate::whatsapp) revoked_message_id: Field<IdText>,
}

/// In `message.reaction`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct ReactionExtra {
    pub(in crate::whatsapp) reaction: Field<Reaction>,
}

/// A reaction.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::whatsapp) struct Reaction {
    /// Empty: it was taken back.
    pub(in crate::whatsapp) text: Field<Private>,
    /// The message; a full id, from the owner's side or, with GOWS, from the reactor's.
    pub(in crate::whatsapp) message_id: Field<IdText>,
}
