//! What was done to messages that are on both sides: which edit is the newest, what is deleted, whose reaction is shown.
//! No words and no reactions.

use rusqlite::{OptionalExtension, params};

use super::deliveries::COLUMNS;
use super::floods::hex;
use super::{ChannelId, ChatId, Delivery, MessageKey, PortalId, SignalPart, StoreError, Tx};
use crate::clock::Moment;
use crate::event::{Address, StanzaId};
use crate::vault::Digest;

/// What is known of a message besides its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The conversation it lies in; none is the control chat.
    pub portal: Option<PortalId>,
    /// When it was recorded.
    pub at: Moment,
    /// When it was last edited on WhatsApp, by WhatsApp's clock.
    pub edited_at: Option<Moment>,
    /// Whether it was deleted for everybody.
    pub deleted: bool,
}

/// Somebody's latest reaction to a message, or that it was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reacted {
    /// When, by WhatsApp's clock.
    pub at: Moment,
    /// Whether it is the one that Signal shows.
    pub shown: bool,
}

impl Tx<'_> {
    /// What is known of a message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn known(&self, message: MessageKey) -> Result<Known, StoreError> {
        let sql = "SELECT portal, at, edited_at, deleted FROM messages WHERE id = ?1";
        let row = |row: &rusqlite::Row<'_>| {
            let edited_at: Option<i64> = row.get(2)?;
            Ok(Known {
                portal: row.get(0)?,
                at: Moment(row.get(1)?),
                edited_at: edited_at.map(Moment),
                deleted: row.get(3)?,
            })
        };
        Ok(self.connection.prepare_cached(sql)?.query_row([message], row)?)
    }

    /// Notes that a message was edited on WhatsApp.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn note_edited(&self, message: MessageKey, at: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE messages SET edited_at = max(coalesce(edited_at, 0), ?2) WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![message, at.0])?;
        Ok(())
    }

    /// Notes that a message is deleted for everybody.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn mark_deleted(&self, message: MessageKey) -> Result<(), StoreError> {
        self.connection.prepare_cached("UPDATE messages SET deleted = 1 WHERE id = ?1")?.execute([message])?;
        Ok(())
    }

    /// How often a Signal message was edited, by whomever.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn edits_of(&self, channel: ChannelId, part: &SignalPart) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM edits WHERE channel = ?1 AND source = ?2";
        let values = params![channel.0, self.original(channel, part)?];
        Ok(self.connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
    }

    /// The latest that is known of somebody's reaction to a message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn reaction(&self, message: MessageKey, who: &str) -> Result<Option<Reacted>, StoreError> {
        let sql = "SELECT at, shown FROM reactions WHERE message = ?1 AND digest = ?2";
        let digest = self.reactor(message, who);
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = |row: &rusqlite::Row<'_>| Ok(Reacted { at: Moment(row.get(0)?), shown: row.get(1)? });
        Ok(statement.query_row(params![message, digest.as_bytes()], row).optional()?)
    }

    /// Notes somebody's reaction, or that it was taken back. If it is shown, no other is.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn note_reaction(&self, message: MessageKey, who: &str, reacted: Reacted) -> Result<(), StoreError> {
        if reacted.shown {
            let sql = "UPDATE reactions SET shown = 0 WHERE message = ?1";
            self.connection.prepare_cached(sql)?.execute([message])?;
        }
        let sql = "INSERT INTO reactions (message, digest, at, shown) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (message, digest) DO UPDATE SET at = excluded.at, shown = excluded.shown";
        let digest = self.reactor(message, who);
        let values = params![message, digest.as_bytes(), reacted.at.0, reacted.shown];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn reactor(&self, message: MessageKey, who: &str) -> Digest {
        self.digest("reactions", &[&hex(message.as_ref()), who])
    }

    /// The notice group of the line that says who reacts to a message.
    #[must_use]
    pub fn reaction_line(&self, message: MessageKey) -> String {
        format!("reactions {}", hex(self.digest("reactions.line", &[&hex(message.as_ref())]).as_bytes()))
    }

    /// The group of the line about what happens to a group.
    #[must_use]
    pub fn news_line(&self, chat: ChatId) -> String {
        format!("news {}", hex(self.digest("news.line", &[&hex(chat.as_ref())]).as_bytes()))
    }

    /// What is on its way to Signal about a WhatsApp message, wherever it stands: the message itself, and what waits for it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn on_the_way(
        &self,
        channel: ChannelId,
        chat: ChatId,
        address: &Address,
        stanza: &StanzaId,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE source = ?1 AND channel = ?2 AND direction = 'to_signal'
             AND chat = ?3 ORDER BY seq"
        );
        let digest = self.whatsapp_digest(address, stanza);
        self.deliveries(&sql, params![digest.as_bytes(), channel.0, chat])
    }

    /// Whether a call to WhatsApp is open in this chat, or one that named no message of its own is to be made again: what
    /// the owner does on WhatsApp meanwhile may be its echo.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn change_open(&self, channel: ChannelId, chat: ChatId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE channel = ?1 AND direction = 'to_whatsapp' AND chat = ?2
                   AND (state = 'in_flight' OR state = 'pending' AND repeated = 1 AND chosen IS NULL)";
        Ok(self.connection.prepare_cached(sql)?.exists(params![channel.0, chat])?)
    }
}
