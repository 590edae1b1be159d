//! Deliveries to WhatsApp that lay here for too long to go unasked. They are held without a time until the owner answers
//! for all of them at once.

use rusqlite::params;

use super::deliveries::COLUMNS;
use super::{ChannelId, StoreError, Tx};
use crate::clock::Moment;

const WAITING: &str = "channel = ?1 AND direction = 'to_whatsapp' AND state = 'held'";

impl Tx<'_> {
    /// Lets a delivery wait for the owner's answer. False if it is not in its lane any more.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn await_answer(&self, seq: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE deliveries SET state = 'held', not_before = ?2 WHERE seq = ?1 AND state = 'pending'";
        Ok(self.connection.execute(sql, params![seq, i64::MAX])? == 1)
    }

    /// How many deliveries wait for the owner's answer.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn awaiting_answer(&self, channel: ChannelId) -> Result<i64, StoreError> {
        let sql = format!("SELECT count(*) FROM deliveries WHERE {WAITING}");
        Ok(self.connection.prepare_cached(&sql)?.query_row([channel.0], |row| row.get(0))?)
    }

    /// The owner says yes: they go in the order in which they were accepted, `pace` apart.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn approve_all(&self, channel: ChannelId, now: Moment, pace: std::time::Duration) -> Result<(), StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE {WAITING} ORDER BY seq");
        let approve = "UPDATE deliveries SET state = 'pending', approved = 1, not_before = ?2 WHERE seq = ?1";
        let mut due = now;
        for delivery in self.deliveries(&sql, params![channel.0])? {
            self.connection.execute(approve, params![delivery.seq, due.0])?;
            self.ring(delivery.lane);
            due = due.plus(pace);
        }
        Ok(())
    }

    /// The owner says no: nothing is kept of what waited.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn drop_all(&self, channel: ChannelId) -> Result<(), StoreError> {
        self.connection.execute(&format!("DELETE FROM deliveries WHERE {WAITING}"), [channel.0])?;
        Ok(())
    }
}
