//! Signs of life: when something happened last in a channel, how often, and on which days. No text and no id.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::{ChannelId, Direction, StoreError, Tx, words};
use crate::clock::Moment;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// WAHA told of something on WhatsApp.
    FromWhatsApp,
    /// WAHA took a message.
    ToWhatsApp,
    /// The owner did something in Signal, or a device of theirs did.
    FromSignal,
    /// Signal took a message.
    ToSignal,
    /// A device of the owner confirmed a message.
    Proof,
    /// Messages that Signal took and no device of the owner has confirmed since.
    Unproven,
    /// The owner was told that nothing is confirmed.
    Doubt,
    /// WAHA's session was restarted because it was silent.
    Restart,
    /// The owner's WhatsApp phone was there.
    Phone,
    /// The owner was told that the phone has not been seen.
    PhoneAway,
}

words!(Sign {
    FromWhatsApp = "from_whatsapp",
    ToWhatsApp = "to_whatsapp",
    FromSignal = "from_signal",
    ToSignal = "to_signal",
    Proof = "proof",
    Unproven = "unproven",
    Doubt = "doubt",
    Restart = "restart",
    Phone = "phone",
    PhoneAway = "phone_away",
});

/// What is remembered of a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// When: the last time, or the last that moved it where [`Tx::note_up_to`] is used.
    pub at: Moment,
    /// How often since it was last forgotten.
    pub count: i64,
    days: i64,
}

impl Noted {
    /// On how many of the seven days that end with `at` it happened.
    #[must_use]
    pub fn days_of_week(self) -> u32 {
        (self.days & 0x7f).count_ones()
    }

    /// How long ago it was.
    #[must_use]
    pub fn age(self, now: Moment) -> Duration {
        now.since(self.at)
    }
}

impl Tx<'_> {
    /// Notes that something happened now. A month of days is remembered, one bit each.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn note(&self, channel: ChannelId, sign: Sign, now: Moment) -> Result<(), StoreError> {
        let sql = "INSERT INTO signs (channel, name, at, count, days) VALUES (?1, ?2, ?3, 1, 1)
                   ON CONFLICT (channel, name) DO UPDATE SET at = excluded.at, count = count + 1,
                   days = ((days << max(0, excluded.at / 86400000 - at / 86400000)) | 1) & 0x3fffffff";
        self.connection.prepare_cached(sql)?.execute(params![channel.0, sign, now.0])?;
        Ok(())
    }

    /// Notes that something happened at a time that may have been before the last known one.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn note_latest(&self, channel: ChannelId, sign: Sign, at: Moment) -> Result<(), StoreError> {
        let sql = "INSERT INTO signs (channel, name, at, count, days) VALUES (?1, ?2, ?3, 1, 1)
                   ON CONFLICT (channel, name) DO UPDATE SET at = max(at, excluded.at), count = count + 1";
        self.connection.prepare_cached(sql)?.execute(params![channel.0, sign, at.0])?;
        Ok(())
    }

    /// Counts something that happened now. Its time moves with it only until it has happened `limit` times, so that
    /// `at` is then the moment since which it is enough.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn note_up_to(&self, channel: ChannelId, sign: Sign, limit: i64, now: Moment) -> Result<(), StoreError> {
        let sql = "INSERT INTO signs (channel, name, at, count, days) VALUES (?1, ?2, ?3, 1, 1)
                   ON CONFLICT (channel, name) DO UPDATE SET count = count + 1,
                   at = CASE WHEN count < ?4 THEN excluded.at ELSE at END";
        self.connection.prepare_cached(sql)?.execute(params![channel.0, sign, now.0, limit])?;
        Ok(())
    }

    /// What is known of a sign; nothing if it never was, or was forgotten.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn noted(&self, channel: ChannelId, sign: Sign) -> Result<Option<Noted>, StoreError> {
        let sql = "SELECT at, count, days FROM signs WHERE channel = ?1 AND name = ?2";
        let row =
            |row: &rusqlite::Row<'_>| Ok(Noted { at: Moment(row.get(0)?), count: row.get(1)?, days: row.get(2)? });
        Ok(self.connection.prepare_cached(sql)?.query_row(params![channel.0, sign], row).optional()?)
    }

    /// Begins anew.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget(&self, channel: ChannelId, sign: Sign) -> Result<(), StoreError> {
        let sql = "DELETE FROM signs WHERE channel = ?1 AND name = ?2";
        self.connection.prepare_cached(sql)?.execute(params![channel.0, sign])?;
        Ok(())
    }

    /// When the oldest delivery that is on its way in this direction was accepted, for health. Found by the index alone:
    /// a hundred thousand may be on their way.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn oldest(&self, channel: ChannelId, direction: Direction) -> Result<Option<Moment>, StoreError> {
        let sql = "SELECT created_at FROM deliveries WHERE seq = (SELECT min(seq) FROM deliveries
                   WHERE channel = ?1 AND direction = ?2 AND state IN ('pending', 'in_flight'))";
        let values = params![channel.0, direction];
        Ok(self.connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?.map(Moment))
    }
}
