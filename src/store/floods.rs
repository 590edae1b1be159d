//! How many messages came of one sender in one minute of one chat. Counted by when they were written, so that many that
//! come at once after an outage are no flood.

use std::fmt::Write as _;

use rusqlite::{OptionalExtension, params};

use super::deliveries::{COLUMNS, delivery_row};
use super::{ChannelId, ChatId, Delivery, StoreError, Tx};
use crate::clock::Moment;
use crate::vault::Digest;

/// One sender's minute in one chat.
#[derive(Debug, Clone)]
pub struct Minute {
    /// How many messages it has, with the one that was counted just now.
    pub count: u32,
    /// The notice group of the line about it.
    pub group: String,
}

impl Tx<'_> {
    /// Counts a message that `sender` wrote at `sent_at`.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn count_in_minute(
        &self,
        channel: ChannelId,
        chat: ChatId,
        sender: &str,
        sent_at: Moment,
        now: Moment,
    ) -> Result<Minute, StoreError> {
        let minute = sent_at.0.div_euclid(60_000).to_string();
        let digest = self.digest("floods", &[&hex(chat.as_ref()), sender, &minute]);
        let sql = "INSERT INTO floods (channel, digest, count, at, chat) VALUES (?1, ?2, 1, ?3, ?4)
                   ON CONFLICT (channel, digest) DO UPDATE SET count = count + 1 RETURNING count";
        let values = params![channel.0, digest.as_bytes(), now.0, chat];
        let count = self.connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
        Ok(Minute { count, group: group(&digest) })
    }

    /// The line of a notice group that can still be changed: no call has begun with it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn unsaid(&self, channel: ChannelId, group: &str) -> Result<Option<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE channel = ?1 AND notice_group = ?2 AND state IN ('held', 'pending')"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = statement.query_row(params![channel.0, group], delivery_row).optional()?;
        Ok(row.map(|row| self.delivery(row)))
    }
}

fn group(digest: &Digest) -> String {
    format!("flood {}", hex(digest.as_bytes()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A String takes what is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
