//! Notices that wait and are not wanted any more.

use rusqlite::params;

use super::{ChannelId, StoreError, Tx};

impl Tx<'_> {
    /// Takes back what waits under a notice group, in its lane or beside it; what is in flight is not touched.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn drop_waiting(&self, channel: ChannelId, group: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM deliveries WHERE channel = ?1 AND notice_group = ?2 AND state IN ('held', 'pending')";
        self.connection.execute(sql, params![channel.0, group])?;
        Ok(())
    }
}
