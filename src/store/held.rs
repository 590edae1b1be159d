//! Deliveries that stand beside their lane: until their time, or until something makes them unnecessary.

use rusqlite::params;

use super::deliveries::COLUMNS;
use super::media::LATE;
use super::{ChannelId, ChatId, Delivery, StoreError, Tx};
use crate::clock::Moment;
use crate::event::{Address, StanzaId};

impl Tx<'_> {
    /// The deliveries held for a WhatsApp message, but for its own late file.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn held_for(&self, channel: ChannelId, chat: &Address, stanza: &StanzaId) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE source = ?1 AND channel = ?2 AND state = 'held'
             AND notice_group IS NOT '{LATE}'"
        );
        let digest = self.whatsapp_digest(chat, stanza);
        self.deliveries(&sql, params![digest.as_bytes(), channel.0])
    }

    /// The held deliveries of a chat's lane to Signal.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn held_in(&self, channel: ChannelId, chat: ChatId) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE channel = ?1 AND direction = 'to_signal' AND chat = ?2
             AND state = 'held' ORDER BY seq"
        );
        self.deliveries(&sql, params![channel.0, chat])
    }

    /// The held deliveries of a channel whose time has come.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn held_due(&self, channel: ChannelId, now: Moment) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE state = 'held' AND not_before <= ?2 AND channel = ?1 ORDER BY seq"
        );
        self.deliveries(&sql, params![channel.0, now.0])
    }

    /// When the next held delivery of a channel is due.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn next_held(&self, channel: ChannelId) -> Result<Option<Moment>, StoreError> {
        let sql = "SELECT min(not_before) FROM deliveries WHERE state = 'held' AND channel = ?1";
        let due: Option<i64> = self.connection.prepare_cached(sql)?.query_row([channel.0], |row| row.get(0))?;
        Ok(due.map(Moment))
    }

    /// Lets a held delivery into its lane, due at once, and so its files.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn release(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET state = 'pending', not_before = created_at WHERE seq = ?1 AND state = 'held'";
        self.connection.execute(sql, [delivery.seq])?;
        let sql = "UPDATE media SET not_before = (SELECT created_at FROM deliveries WHERE seq = ?2)
                   WHERE delivery = ?1 AND state = 'wanted' AND attempts = 0";
        self.connection.execute(sql, params![delivery.id, delivery.seq])?;
        self.ring(delivery.lane);
        Ok(())
    }

    /// Lets a held delivery wait longer.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn hold_until(&self, seq: i64, due: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET not_before = ?2 WHERE seq = ?1 AND state = 'held'";
        self.connection.execute(sql, params![seq, due.0])?;
        Ok(())
    }

    /// Takes back what is held under a notice group. Returns how many there were.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn drop_held(&self, channel: ChannelId, group: &str) -> Result<usize, StoreError> {
        let sql = "DELETE FROM deliveries WHERE channel = ?1 AND notice_group = ?2 AND state = 'held'";
        Ok(self.connection.execute(sql, params![channel.0, group])?)
    }
}
