//! WhatsApp's word on a message of the owner.

use serde::Deserialize;

use super::{Field, GowsSource, IdText, NowebKey, Whole};
use crate::redact::Private;

/// The payload of `message.ack` and `message.ack.group`; WEBJS sends a whole message.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::whatsapp) struct AckPayload {
    pub(in crate::whatsapp) id: Field<IdText>,
    pub(in crate::whatsapp) from_me: Field<bool>,
    /// In groups: whose device took or read the message.
    pub(in crate::whatsapp) participant: Field<Private>,
    pub(in crate::whatsapp) ack: Field<Whole>,
    /// NOWEB, newer than 2026.7: why it failed.
    pub(in crate::whatsapp) error: Field<AckError>,
    #[serde(rename = "_data")]
    pub(in crate::whatsapp) data: Field<AckData>,
}

/// WhatsApp's refusal of a message.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct AckError {
    pub(in crate::whatsapp) code: Field<Whole>,
    pub(in crate::whatsapp) reason: Field<String>,
}

/// The engine's own receipt.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::whatsapp) struct AckData {
    /// NOWEB.
    pub(in crate::whatsapp) key: Field<NowebKey>,
    /// GOWS: here not inside an `Info`.
    #[serde(flatten)]
    pub(in crate::whatsapp) source: GowsSource,
}
