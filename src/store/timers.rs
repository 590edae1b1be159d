//! The timers of disappearing messages in portals: what the bridge has set, and what it should.

use rusqlite::{OptionalExtension, params};

use super::periods::kept_for;
use super::portals::{PORTAL, portal_row};
use super::{ChannelId, ChatId, PortalId, StoreError, Tx};
use crate::event::GroupId;

/// What a portal's timer should be, in seconds: as long as records are kept, if that is wanted (`?2`), else as WhatsApp has it
/// for the chat; nothing if it is not to be touched. Signal's apps go up to four weeks.
const WANTED: &str = concat!(
    "iif(?2, max(1, min(2419200, ",
    kept_for!(),
    " / 1000)), min(2419200, (SELECT chats.timer FROM chats WHERE chats.id = chat)))"
);

/// A portal and its timer, in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The portal.
    pub portal: PortalId,
    /// Its group.
    pub group: GroupId,
    /// What the bridge set last, for certain.
    pub set: Option<i64>,
    /// What the bridge was about to set.
    pub tried: Option<i64>,
    /// What it should be.
    pub wanted: i64,
}

impl Timer {
    /// Whether it is as the bridge has left it. Whatever else it is, the owner has set.
    #[must_use]
    pub fn is_ours(&self, current: i64) -> bool {
        current == self.set.unwrap_or(0) || Some(current) == self.tried
    }
}

impl Tx<'_> {
    /// A portal of the channel that works and whose timer the bridge has not set to what it should be, nor left to the
    /// owner.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn timer_due(&self, channel: ChannelId, by_retention: bool) -> Result<Option<Timer>, StoreError> {
        let sql = format!(
            "SELECT {PORTAL}, timer, timer_tried, {WANTED} AS wanted FROM portals WHERE channel = ?1 AND state = 'current'
             AND wanted <> coalesce(timer, 0) AND wanted IS NOT timer_left ORDER BY created_at"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = |row: &rusqlite::Row<'_>| Ok((portal_row(row)?, row.get(5)?, row.get(6)?, row.get(7)?));
        for row in statement.query_map(params![channel.0, by_retention], row)? {
            let (portal, set, tried, wanted) = row?;
            // One that is not as it was written leads nowhere.
            if let Ok(portal) = self.portal(portal) {
                return Ok(Some(Timer { portal: portal.id, group: portal.group, set, tried, wanted }));
            }
        }
        Ok(None)
    }

    /// What the timer of a portal should be, if it is to be touched.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn timer_wanted(&self, portal: PortalId, by_retention: bool) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT {WANTED} FROM portals WHERE id = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![portal, by_retention], |row| row.get(0)).optional()?.flatten())
    }

    /// Notes that the timer of a portal is about to be set to what it should be. Returns that.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn try_timer(&self, portal: PortalId, by_retention: bool) -> Result<Option<i64>, StoreError> {
        let sql = format!("UPDATE portals SET timer_tried = {WANTED} WHERE id = ?1 RETURNING timer_tried");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params![portal, by_retention], |row| row.get(0)).optional()?.flatten())
    }

    /// Notes for how many seconds messages stay in a chat on WhatsApp; 0 for ever. Its records stay no longer. True if that
    /// is something new.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn note_timer(&self, chat: ChatId, seconds: u32) -> Result<bool, StoreError> {
        let sql = "UPDATE chats SET timer = ?2 WHERE id = ?1 AND timer IS NOT ?2 AND (?2 > 0 OR timer > 0)";
        let is_new = self.connection.prepare_cached(sql)?.execute(params![chat, seconds])? > 0;
        if is_new {
            self.renew_period(chat)?;
        }
        Ok(is_new)
    }

    /// Notes what the timer of a portal is set to.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn timer_is_set(&self, portal: PortalId, seconds: i64) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET timer = ?2, timer_tried = NULL, timer_left = NULL WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![portal, seconds])?;
        Ok(())
    }

    /// Leaves the timer of a portal to the owner, until something else is wanted.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn leave_timer(&self, portal: PortalId, wanted: i64) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET timer_left = ?2 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![portal, wanted])?;
        Ok(())
    }
}
