//! What the owner typed, found again by its Signal id while it is here: to take it back, to change it, to send it again.

use rusqlite::{OptionalExtension, params};

use super::deliveries::{COLUMNS, delivery_row, event_place};
use super::{ChannelId, Delivery, SignalPart, SignalSide, StoreError, Tx};
use crate::clock::Moment;
use crate::event::Event;

impl Tx<'_> {
    /// Notes that an edit is another name of a message of the owner, or of an earlier edit of it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_edit(
        &self,
        channel: ChannelId,
        edit: Moment,
        target: &SignalPart,
        now: Moment,
    ) -> Result<(), StoreError> {
        let source = self.original(channel, target)?;
        let digest = self.signal_digest(&SignalPart { timestamp: edit, author: SignalSide::Owner });
        let sql = "INSERT INTO edits (channel, digest, source, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        self.connection.execute(sql, params![channel.0, digest.as_bytes(), source, now.0])?;
        Ok(())
    }

    /// The digest of the message behind an edit; of the message itself, if it is none.
    pub(super) fn original(&self, channel: ChannelId, part: &SignalPart) -> Result<Vec<u8>, StoreError> {
        let digest = self.signal_digest(part);
        let sql = "SELECT source FROM edits WHERE channel = ?1 AND digest = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_row(params![channel.0, digest.as_bytes()], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or_else(|| digest.as_bytes().to_vec()))
    }

    /// The delivery of what the owner typed, wherever it stands.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn typed(&self, channel: ChannelId, part: &SignalPart) -> Result<Option<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE source = ?1 AND channel = ?2 AND direction = 'to_whatsapp'"
        );
        let source = self.original(channel, part)?;
        let row =
            self.connection.prepare_cached(&sql)?.query_row(params![source, channel.0], delivery_row).optional()?;
        Ok(row.map(|row| self.delivery(row)))
    }

    /// Gives a delivery another body, in its place.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn replace_event(&self, delivery: &Delivery, event: &Event) -> Result<(), StoreError> {
        let sealed = self.seal(event_place(delivery.id.as_ref()), event)?;
        let sql = "UPDATE deliveries SET event = ?2, edited = edited + 1 WHERE seq = ?1";
        self.connection.prepare_cached(sql)?.execute(params![delivery.seq, sealed])?;
        Ok(())
    }
}
