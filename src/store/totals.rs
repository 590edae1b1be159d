//! Questions about the whole store: its numbers, for whoever watches it, and whether it knows an id.

use rusqlite::params;

use super::{ChannelId, Direction, SignalPart, State, StoreError, Tx};
use crate::clock::Moment;

impl Tx<'_> {
    /// How many deliveries of a channel stand where, by direction.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn deliveries_by(&self, channel: ChannelId, direction: Direction, state: State) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM deliveries WHERE channel = ?1 AND direction = ?2 AND state = ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![channel.0, direction, state], |row| row.get(0))?)
    }

    /// Whether a message with this Signal id is recorded, in whichever chat and channel.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn knows_signal_part(&self, part: &SignalPart) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM message_parts WHERE digest = ?1 AND side = 'signal'";
        let digest = self.signal_digest(part);
        Ok(self.connection.prepare_cached(sql)?.exists(params![digest.as_bytes()])?)
    }

    /// How large the database is, in bytes, without its write-ahead log.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn size(&self) -> Result<i64, StoreError> {
        let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// How many rows a table of the schema has, and the least of a column that says when a row was made.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn rows_and_oldest(
        &self,
        table: &'static str,
        column: Option<&'static str>,
    ) -> Result<(i64, Option<Moment>), StoreError> {
        let oldest = column.map_or_else(|| "NULL".to_owned(), |column| format!("min({column})"));
        let sql = format!("SELECT count(*), {oldest} FROM {table}");
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(Moment)));
        Ok(self.connection.query_row(&sql, [], row)?)
    }

    /// When the oldest message was recorded that is still known.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn oldest_message(&self) -> Result<Option<Moment>, StoreError> {
        let oldest: Option<i64> = self.connection.query_row("SELECT min(at) FROM messages", [], |row| row.get(0))?;
        Ok(oldest.map(Moment))
    }
}
