//! What was accepted before: the UNIQUE key that makes every event happen once.

use rusqlite::params;

use super::{ChannelId, StoreError, Tx};
use crate::clock::Moment;
use crate::event::SeenKey;
use crate::vault::Digest;

impl Tx<'_> {
    /// Remembers an event. False if it was known already.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn remember(&self, channel: ChannelId, key: &SeenKey, now: Moment) -> Result<bool, StoreError> {
        let sql = "INSERT INTO seen (channel, digest, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let digest = self.seen_digest(key);
        Ok(self.connection.prepare_cached(sql)?.execute(params![channel.0, digest.as_bytes(), now.0])? == 1)
    }

    /// Remembers an event as of now, whether it was known or not.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn renew(&self, channel: ChannelId, key: &SeenKey, now: Moment) -> Result<(), StoreError> {
        let sql = "INSERT INTO seen (channel, digest, at) VALUES (?1, ?2, ?3)
                   ON CONFLICT (channel, digest) DO UPDATE SET at = excluded.at";
        let digest = self.seen_digest(key);
        self.connection.prepare_cached(sql)?.execute(params![channel.0, digest.as_bytes(), now.0])?;
        Ok(())
    }

    /// Whether an event is known and not of before `since`.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn is_seen_since(&self, channel: ChannelId, key: &SeenKey, since: Moment) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM seen WHERE channel = ?1 AND digest = ?2 AND at >= ?3";
        let digest = self.seen_digest(key);
        Ok(self.connection.prepare_cached(sql)?.exists(params![channel.0, digest.as_bytes(), since.0])?)
    }

    /// Whether an event is known.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn is_seen(&self, channel: ChannelId, key: &SeenKey) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM seen WHERE channel = ?1 AND digest = ?2";
        let digest = self.seen_digest(key);
        Ok(self.connection.prepare_cached(sql)?.exists(params![channel.0, digest.as_bytes()])?)
    }

    fn seen_digest(&self, key: &SeenKey) -> Digest {
        self.digest("seen", &[key.scope.reveal(), key.item.reveal(), key.kind.name()])
    }
}
