//! What was said by the second path of alarm.

use rusqlite::{OptionalExtension, params};

use super::{StoreError, Tx, words};
use crate::clock::Moment;

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The WhatsApp side does not work.
    WhatsApp,
    /// The Signal side does not work.
    Signal,
    /// Signal turns the bridge account away.
    SignedOut,
    /// Signal limits the bridge account.
    Limited,
    /// Signal takes messages and no device of the owner confirms them.
    Receipts,
}

words!(About { WhatsApp = "whatsapp", Signal = "signal", SignedOut = "signed_out", Limited = "limited", Receipts = "receipts" });

/// The last alarm about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raised {
    /// When it was raised.
    pub at: Moment,
    /// Whether its end is still to be said.
    pub open: bool,
}

impl Tx<'_> {
    /// The last alarm about this.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn raised(&self, about: About) -> Result<Option<Raised>, StoreError> {
        let sql = "SELECT raised_at, open FROM alarms WHERE about = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok(Raised { at: Moment(row.get(0)?), open: row.get(1)? });
        Ok(self.connection.query_row(sql, [about], row).optional()?)
    }

    /// An alarm was raised.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn raise(&self, about: About, now: Moment) -> Result<(), StoreError> {
        let sql = "INSERT INTO alarms (about, raised_at, open) VALUES (?1, ?2, TRUE)
                   ON CONFLICT (about) DO UPDATE SET raised_at = excluded.raised_at, open = TRUE";
        self.connection.execute(sql, params![about, now.0])?;
        Ok(())
    }

    /// Its end was said.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn all_clear(&self, about: About) -> Result<(), StoreError> {
        self.connection.execute("UPDATE alarms SET open = FALSE WHERE about = ?1", [about])?;
        Ok(())
    }
}
