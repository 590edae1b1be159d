//! When scheduled jobs ran last, so that a run that was missed is caught up with; and since when something is as it is.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::{ChannelId, StoreError, Tx};
use crate::clock::Moment;

impl Tx<'_> {
    /// When a job began last.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn last_run(&self, job: &str) -> Result<Option<Moment>, StoreError> {
        let sql = "SELECT last_run_at FROM jobs WHERE name = ?1";
        Ok(self.connection.query_row(sql, [job], |row| row.get(0)).optional()?.map(Moment))
    }

    /// Notes that a job has run.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn set_last_run(&self, job: &str, at: Moment) -> Result<(), StoreError> {
        let sql = "INSERT INTO jobs (name, last_run_at) VALUES (?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET last_run_at = excluded.last_run_at";
        self.connection.execute(sql, params![job, at.0])?;
        Ok(())
    }

    /// Forgets that a job has run.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget_run(&self, job: &str) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM jobs WHERE name = ?1", [job])?;
        Ok(())
    }

    /// Since when this is seen under `name`: since now, if it was something else before.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn seen_since(&self, name: &str, this: &str, now: Moment) -> Result<Moment, StoreError> {
        let (prefix, whole) = (format!("{name}: "), format!("{name}: {this}"));
        let others = "DELETE FROM jobs WHERE substr(name, 1, length(?1)) = ?1 AND name <> ?2";
        self.connection.execute(others, params![prefix, whole])?;
        let insert = "INSERT INTO jobs (name, last_run_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.connection.execute(insert, params![whole, now.0])?;
        Ok(self.last_run(&whole)?.unwrap_or(now))
    }

    /// Until when nothing of WhatsApp was missed; nothing before the channel's WhatsApp side has worked once.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn fine_until(&self, channel: ChannelId) -> Result<Option<Moment>, StoreError> {
        self.last_run(&fine(channel))
    }

    /// Notes that nothing of WhatsApp was missed until then.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn set_fine_until(&self, channel: ChannelId, at: Moment) -> Result<(), StoreError> {
        self.set_last_run(&fine(channel), at)
    }

    /// Whether the owner of a channel may be told of a stranger now, which is once in `span`; noted if so.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn may_tell_stranger(&self, channel: ChannelId, span: Duration, now: Moment) -> Result<bool, StoreError> {
        let name = format!("stranger {}", channel.number());
        let told = self.last_run(&name)?.is_some_and(|last| last <= now && now.since(last) < span);
        if !told {
            self.set_last_run(&name, now)?;
        }
        Ok(!told)
    }

    /// Writes something, to see that it can be done.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn probe(&self) -> Result<(), StoreError> {
        let sql = "INSERT INTO jobs (name, last_run_at) VALUES ('probe', 1)
                   ON CONFLICT (name) DO UPDATE SET last_run_at = last_run_at + 1";
        self.connection.execute(sql, [])?;
        Ok(())
    }
}

fn fine(channel: ChannelId) -> String {
    format!("fine {}", channel.number())
}
