//! Channels: the pinned owner, the first start, and the outages the owner was or will be told about.

use rusqlite::{OptionalExtension, params};

use super::{StoreError, Tx, words};
use crate::clock::Moment;
use crate::event::Aci;
use crate::vault::Place;

/// A channel's row id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(pub(super) i64);

impl ChannelId {
    /// The number, for names that must differ between channels.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// One side of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// WAHA and its session.
    WhatsApp,
    /// signal-cli.
    Signal,
    /// The owner's identity key: it is not trusted.
    Owner,
}

words!(Side { WhatsApp = "whatsapp", Signal = "signal", Owner = "owner" });

impl Tx<'_> {
    /// The channel of this name, made at its first start.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn channel(&self, name: &str, now: Moment) -> Result<ChannelId, StoreError> {
        let insert = "INSERT INTO channels (name, first_started_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.connection.execute(insert, params![name, now.0])?;
        let id = self.connection.query_row("SELECT id FROM channels WHERE name = ?1", [name], |row| row.get(0))?;
        Ok(ChannelId(id))
    }

    /// The names of all channels that ever started on this database.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn channel_names(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare("SELECT name FROM channels ORDER BY id")?;
        let names = statement.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// When the channel started for the first time.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn first_started(&self, channel: ChannelId) -> Result<Moment, StoreError> {
        let sql = "SELECT first_started_at FROM channels WHERE id = ?1";
        Ok(Moment(self.connection.prepare_cached(sql)?.query_row([channel.0], |row| row.get(0))?))
    }

    /// The account id that `configured` was resolved to before, if the configuration still names the same.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn pinned_owner(&self, channel: ChannelId, configured: &str) -> Result<Option<Aci>, StoreError> {
        let sql = "SELECT owner FROM channels WHERE id = ?1 AND owner_digest = ?2";
        let digest = self.digest("channels.owner", &[configured]);
        let sealed: Option<Vec<u8>> =
            self.connection.query_row(sql, params![channel.0, digest.as_bytes()], |row| row.get(0)).optional()?;
        sealed.map(|sealed| self.open(owner_place(&channel.0.to_be_bytes()), &sealed)).transpose()
    }

    /// Pins the owner's account id.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn pin_owner(&self, channel: ChannelId, configured: &str, owner: &Aci) -> Result<(), StoreError> {
        let sealed = self.seal(owner_place(&channel.0.to_be_bytes()), owner)?;
        let digest = self.digest("channels.owner", &[configured]);
        let sql = "UPDATE channels SET owner = ?2, owner_digest = ?3 WHERE id = ?1";
        self.connection.execute(sql, params![channel.0, sealed, digest.as_bytes()])?;
        Ok(())
    }

    /// Notes that a side does not work; keeps the first time. Returns since when.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn begin_outage(&self, channel: ChannelId, side: Side, now: Moment) -> Result<Moment, StoreError> {
        let insert = "INSERT INTO outages (channel, side, since) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.connection.execute(insert, params![channel.0, side, now.0])?;
        Ok(self.outage(channel, side)?.unwrap_or(now))
    }

    /// Since when a side does not work, if it does not.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn outage(&self, channel: ChannelId, side: Side) -> Result<Option<Moment>, StoreError> {
        let sql = "SELECT since FROM outages WHERE channel = ?1 AND side = ?2";
        let since = self.connection.query_row(sql, params![channel.0, side], |row| row.get(0)).optional()?;
        Ok(since.map(Moment))
    }

    /// Notes that a side works again. Returns since when it did not.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn end_outage(&self, channel: ChannelId, side: Side) -> Result<Option<Moment>, StoreError> {
        let since = self.outage(channel, side)?;
        let sql = "DELETE FROM outages WHERE channel = ?1 AND side = ?2";
        self.connection.execute(sql, params![channel.0, side])?;
        Ok(since)
    }

    /// Whether anybody has ever written in the channel, as far as retention knows.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn has_chats(&self, channel: ChannelId) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM chats WHERE channel = ?1")?;
        Ok(statement.exists([channel.0])?)
    }

    /// Counts a message that was too old to carry over.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn count_skipped(&self, channel: ChannelId) -> Result<(), StoreError> {
        let sql = "UPDATE channels SET history_skipped = history_skipped + 1 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute([channel.0])?;
        Ok(())
    }

    /// How many messages were too old to carry over, ever.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn skipped(&self, channel: ChannelId) -> Result<i64, StoreError> {
        let sql = "SELECT history_skipped FROM channels WHERE id = ?1";
        Ok(self.connection.query_row(sql, [channel.0], |row| row.get(0))?)
    }
}

fn owner_place(row: &[u8]) -> Place<'_> {
    Place { table: "channels", column: "owner", row }
}
