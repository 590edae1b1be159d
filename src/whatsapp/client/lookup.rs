//! Asks WAHA's store for one message, and for where a picture lies.

use super::Client;
use crate::event::{Address, MessageId, StanzaId};
use crate::whatsapp::answers;
use crate::whatsapp::error::WahaError;
use crate::whatsapp::pictures::PicturePlace;

/// What the store says of a message of the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// It holds it: it was sent.
    There(MessageId),
    /// It keeps messages, and does not hold this one.
    Absent,
    /// It proves nothing: it is off, or the engine does not tell an absent message from a failure, as GOWS.
    Unsaid,
}

impl Client {
    /// Looks for a message of the owner by its bare id.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; only those that say that WAHA cannot be asked now.
    pub async fn whereabouts(&self, chat: &Address, stanza: &StanzaId) -> Result<Whereabouts, WahaError> {
        let id = chat.chat_id();
        let path = ["api", &self.session, "chats", id.reveal(), "messages", stanza.reveal()];
        match self.get(&path, &[("downloadMedia", "false")]).await {
            Ok(json) => Ok(json
                .as_ref()
                .and_then(|json| answers::own_message(json, stanza))
                .map_or(Whereabouts::Unsaid, Whereabouts::There)),
            Err(WahaError::NoMessage) => Ok(Whereabouts::Absent),
            Err(WahaError::Refused | WahaError::Unknown) => Ok(Whereabouts::Unsaid),
            Err(error) => Err(error),
        }
    }

    /// Where the picture of a chat lies; nothing if it has none, or none for the owner to see. WAHA remembers it for a day.
    ///
    /// # Errors
    ///
    /// See [`WahaError`].
    pub async fn picture(&self, chat: &Address) -> Result<Option<PicturePlace>, WahaError> {
        let id = chat.chat_id();
        let json = self.get(&["api", &self.session, "chats", id.reveal(), "picture"], &[]).await?;
        Ok(json.as_ref().and_then(|json| PicturePlace::parse(json.get("url")?.as_str()?)))
    }
}
