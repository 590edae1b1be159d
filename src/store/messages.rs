//! Messages that are on both sides, by their ids: what replies and acks are resolved with. No bodies.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::periods::kept_for;
use super::{ChannelId, ChatId, PortalId, StoreError, Tx, row_id};
use crate::clock::Moment;
use crate::event::{Address, MessageId, StanzaId, Unsupported};
use crate::vault::{Digest, Place};

/// The version of what stands beside a message and is not the message.
const BESIDE: i64 = -1;

row_id! {
    /// A message's row id.
    MessageKey;
    /// A part's row id.
    PartId;
}

/// A message's id on WhatsApp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatsAppPart {
    /// The bare id.
    pub stanza: StanzaId,
    /// The id WAHA's API takes.
    pub message_id: MessageId,
    /// The message it answers: an edit in Signal has to name it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<StanzaId>,
    /// What it is, if it is no text and no file that crossed: Signal shows a line instead, and an edit of its words is put
    /// behind that line; or it is a place, a poll or the like, on either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<Unsupported>,
}

impl WhatsAppPart {
    /// A text that answers nothing.
    #[must_use]
    pub fn new(stanza: StanzaId, message_id: MessageId) -> Self {
        Self { stanza, message_id, answers: None, stands_for: None }
    }
}

/// Whose Signal message it is. Signal names a message by author and timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalSide {
    /// The bridge account sent it.
    Bridge,
    /// The owner typed it.
    Owner,
}

/// A message's id on Signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalPart {
    /// Its timestamp.
    pub timestamp: Moment,
    /// Its author.
    pub author: SignalSide,
}

impl Tx<'_> {
    /// Records a message that has arrived on the other side. It is kept as long as its chat says.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_message(
        &self,
        channel: ChannelId,
        chat: ChatId,
        portal: Option<PortalId>,
        now: Moment,
    ) -> Result<MessageKey, StoreError> {
        let id = MessageKey::fresh();
        let sql = concat!(
            "INSERT INTO messages (id, channel, chat, portal, at, kept_until) SELECT id, channel, chat, portal, at, at + ",
            kept_for!(),
            " FROM (SELECT ?1 AS id, ?2 AS channel, ?3 AS chat, ?4 AS portal, ?5 AS at)"
        );
        let values = params![id, channel.0, chat, portal, now.0];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(id)
    }

    /// Adds the WhatsApp id of a message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_whatsapp_part(
        &self,
        message: MessageKey,
        chat: &Address,
        part: &WhatsAppPart,
    ) -> Result<(), StoreError> {
        self.add_stand_in(message, chat, &part.stanza, part)
    }

    /// Adds the WhatsApp id of a message that is found by another one: by that of what stands for it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_stand_in(
        &self,
        message: MessageKey,
        chat: &Address,
        stanza: &StanzaId,
        part: &WhatsAppPart,
    ) -> Result<(), StoreError> {
        self.add_part(message, ("whatsapp", 0), &self.whatsapp_digest(chat, stanza), part)
    }

    /// Adds the Signal id of a message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_signal_part(&self, message: MessageKey, part: &SignalPart) -> Result<(), StoreError> {
        let digest = self.signal_digest(part);
        self.add_part(message, ("signal", 0), &digest, part)
    }

    /// Adds the Signal id of a line beside a message: a quote of it is one of the message, and it is never the message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_line_part(&self, message: MessageKey, part: &SignalPart) -> Result<(), StoreError> {
        let digest = self.signal_digest(part);
        self.add_part(message, ("signal", BESIDE), &digest, part)
    }

    fn add_part<T: Serialize>(
        &self,
        message: MessageKey,
        (side, version): (&str, i64),
        digest: &Digest,
        value: &T,
    ) -> Result<(), StoreError> {
        let id = PartId::fresh();
        let sealed = self.seal(part_place(id.as_ref()), value)?;
        let sql =
            "INSERT INTO message_parts (id, message, side, version, digest, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = params![id, message, side, version, digest.as_bytes(), sealed];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// The message of a chat with this WhatsApp id.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn message_by_stanza(
        &self,
        chat: ChatId,
        address: &Address,
        stanza: &StanzaId,
    ) -> Result<Option<MessageKey>, StoreError> {
        self.message_by(chat, "whatsapp", self.whatsapp_digest(address, stanza).as_bytes())
    }

    /// The message of a chat with this Signal id.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn message_by_signal(
        &self,
        channel: ChannelId,
        chat: ChatId,
        part: &SignalPart,
    ) -> Result<Option<MessageKey>, StoreError> {
        self.message_by(chat, "signal", &self.original(channel, part)?)
    }

    /// The chat is part of the question, so that an id can never lead into another conversation.
    fn message_by(&self, chat: ChatId, side: &str, digest: &[u8]) -> Result<Option<MessageKey>, StoreError> {
        let sql = "SELECT m.id FROM message_parts p JOIN messages m ON m.id = p.message
                   WHERE p.digest = ?1 AND p.side = ?2 AND m.chat = ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![digest, side, chat], |row| row.get(0)).optional()?)
    }

    /// The newest WhatsApp id of a message; of several files, that of the first.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn whatsapp_part(&self, message: MessageKey) -> Result<Option<WhatsAppPart>, StoreError> {
        self.part(message, "whatsapp")
    }

    /// All WhatsApp ids of a message, in the order in which they were sent: of several files each is a message there.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn whatsapp_parts(&self, message: MessageKey) -> Result<Vec<WhatsAppPart>, StoreError> {
        self.parts(message, "whatsapp")
    }

    /// The chat of a message that lies in the control chat: what a quote there routes by.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn chat_of_control(&self, channel: ChannelId, part: &SignalPart) -> Result<Option<ChatId>, StoreError> {
        let sql = "SELECT m.chat FROM message_parts p JOIN messages m ON m.id = p.message
                   WHERE p.digest = ?1 AND p.side = 'signal' AND m.channel = ?2 AND m.portal IS NULL";
        let digest = self.original(channel, part)?;
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![digest, channel.0], |row| row.get(0)).optional()?)
    }

    /// Whether messages of a chat lie in the control chat.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn lies_in_control(&self, chat: ChatId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM messages WHERE chat = ?1 AND portal IS NULL";
        Ok(self.connection.prepare_cached(sql)?.exists([chat])?)
    }

    /// The Signal id of a message, if the message lies in this conversation (none is the control chat): Signal cannot
    /// quote across conversations.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn signal_part(&self, message: MessageKey, portal: Option<PortalId>) -> Result<Option<SignalPart>, StoreError> {
        let sql = "SELECT 1 FROM messages WHERE id = ?1 AND portal IS ?2";
        if !self.connection.prepare_cached(sql)?.exists(params![message, portal])? {
            return Ok(None);
        }
        self.part(message, "signal")
    }

    /// The Signal id of a message, wherever it lies.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn signal_part_anywhere(&self, message: MessageKey) -> Result<Option<SignalPart>, StoreError> {
        self.part(message, "signal")
    }

    /// All Signal ids that a message itself has.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn signal_parts(&self, message: MessageKey) -> Result<Vec<SignalPart>, StoreError> {
        self.parts(message, "signal")
    }

    /// The Signal ids of the lines beside a message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn line_parts(&self, message: MessageKey) -> Result<Vec<SignalPart>, StoreError> {
        self.parts_beside(message, "signal", true)
    }

    fn parts<T: serde::de::DeserializeOwned>(&self, message: MessageKey, side: &str) -> Result<Vec<T>, StoreError> {
        self.parts_beside(message, side, false)
    }

    fn parts_beside<T: serde::de::DeserializeOwned>(
        &self,
        message: MessageKey,
        side: &str,
        beside: bool,
    ) -> Result<Vec<T>, StoreError> {
        let sql =
            "SELECT id, value FROM message_parts WHERE message = ?1 AND side = ?2 AND (version < 0) = ?3 ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![message, side, beside], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.map(|row| {
            let (id, sealed): (PartId, Vec<u8>) = row?;
            self.open(part_place(id.as_ref()), &sealed)
        })
        .collect()
    }

    fn part<T: serde::de::DeserializeOwned>(&self, message: MessageKey, side: &str) -> Result<Option<T>, StoreError> {
        let sql = "SELECT id, value FROM message_parts WHERE message = ?1 AND side = ?2 AND version >= 0
                   ORDER BY version DESC, id LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found: Option<(PartId, Vec<u8>)> =
            statement.query_row(params![message, side], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        found.map(|(id, sealed)| self.open(part_place(id.as_ref()), &sealed)).transpose()
    }

    /// Scoped like `seen`: a direct message keeps its digest when its chat turns out to have another address.
    pub(super) fn whatsapp_digest(&self, chat: &Address, stanza: &StanzaId) -> Digest {
        let group = (!chat.is_person()).then(|| chat.chat_id());
        let scope = group.as_ref().map_or("direct", |group| group.reveal());
        self.digest("message_parts.whatsapp", &[scope, stanza.reveal()])
    }

    pub(super) fn signal_digest(&self, part: &SignalPart) -> Digest {
        let author = match part.author {
            SignalSide::Bridge => "bridge",
            SignalSide::Owner => "owner",
        };
        self.digest("message_parts.signal", &[author, &part.timestamp.0.to_string()])
    }
}

fn part_place(row: &[u8]) -> Place<'_> {
    Place { table: "message_parts", column: "value", row }
}
