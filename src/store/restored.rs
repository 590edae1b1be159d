//! What a restored store must not take for granted: the world went on after it was copied.

use rusqlite::params;

use super::deliveries::COLUMNS;
use super::{ChannelId, Delivery, StoreError, Tx};
use crate::clock::Moment;

impl Tx<'_> {
    /// Every channel there is.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn channels(&self) -> Result<Vec<ChannelId>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id FROM channels ORDER BY id")?;
        let rows = statement.query_map([], |row| row.get(0).map(ChannelId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When a channel accepted something last, or else began.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn last_accepted(&self, channel: ChannelId) -> Result<Moment, StoreError> {
        let sql = "SELECT coalesce((SELECT max(at) FROM seen WHERE channel = ?1), first_started_at)
                   FROM channels WHERE id = ?1";
        Ok(Moment(self.connection.query_row(sql, [channel.0], |row| row.get(0))?))
    }

    /// Forgets every intent to make a group: each would take groups that were made since for new ones, and adopt one.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn drop_all_intents(&self) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM creation_intents", [])?;
        Ok(())
    }

    /// Lets every portal be looked at before anything is written into it: somebody may have come in since.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn doubt_portals(&self) -> Result<(), StoreError> {
        self.connection.execute("UPDATE portals SET state = 'new' WHERE state = 'current'", [])?;
        Ok(())
    }

    /// Marks what is on its way to Signal: it may have arrived since.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn doubt_deliveries(&self) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET repeated = 1
                   WHERE direction = 'to_signal' AND state IN ('pending', 'held', 'in_flight')";
        self.connection.execute(sql, [])?;
        Ok(())
    }

    /// What is on its way to WhatsApp.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn open_to_whatsapp(&self, channel: ChannelId) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE channel = ?1 AND direction = 'to_whatsapp'
             AND state IN ('pending', 'held', 'in_flight') ORDER BY seq"
        );
        self.deliveries(&sql, params![channel.0])
    }

    /// Forgets which sides were away: what is away now is noticed anew. A distrust of the owner is kept.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget_outages(&self) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM outages WHERE side <> 'owner'", [])?;
        Ok(())
    }
}
