//! Deliveries to WhatsApp that lay here for too long to go unasked. They are held without a time until the owner answers
//! for all of them at once.

use rusqlite::params;

use super::deliveries::COLUMNS;
use super::{ChannelId, State, StoreError, Tx};
use crate::clock::Moment;

const WAITING: &str = "channel = ?1 AND direction = 'to_whatsapp' AND state = 'held'";

impl Tx<'_> {
    /// Lets a delivery wait for the owner's answer.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn await_answer(&self, seq: i64) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET state = 'held', not_before = ?2 WHERE seq = ?1";
        self.connection.execute(sql, params![seq, i64::MAX])?;
        Ok(())
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

    /// The owner says no.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn drop_all(&self, channel: ChannelId) -> Result<(), StoreError> {
        let sql = format!("UPDATE deliveries SET state = ?2 WHERE {WAITING}");
        self.connection.execute(&sql, params![channel.0, State::Dead])?;
        Ok(())
    }
}
