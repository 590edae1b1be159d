//! The timers of disappearing messages in portals: what the bridge has set, and what it should.

use rusqlite::{OptionalExtension, params};

use super::periods::kept_for;
use super::portals::{PORTAL, portal_row};
use super::{ChannelId, PortalId, StoreError, Tx};
use crate::event::GroupId;

/// What a portal's timer should be, in seconds. Signal's apps go up to four weeks.
const WANTED: &str = concat!("max(1, min(2419200, ", kept_for!(), " / 1000))");

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
    /// As long as the chat's records are kept, as far as Signal goes.
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
    pub fn timer_due(&self, channel: ChannelId) -> Result<Option<Timer>, StoreError> {
        let sql = format!(
            "SELECT {PORTAL}, timer, timer_tried, {WANTED} AS wanted FROM portals WHERE channel = ?1 AND state = 'current'
             AND wanted <> coalesce(timer, 0) AND wanted <> coalesce(timer_left, 0) ORDER BY created_at"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = |row: &rusqlite::Row<'_>| Ok((portal_row(row)?, row.get(5)?, row.get(6)?, row.get(7)?));
        for row in statement.query_map([channel.0], row)? {
            let (portal, set, tried, wanted) = row?;
            // One that is not as it was written leads nowhere.
            if let Ok(portal) = self.portal(portal) {
                return Ok(Some(Timer { portal: portal.id, group: portal.group, set, tried, wanted }));
            }
        }
        Ok(None)
    }

    /// Notes that the timer of a portal is about to be set to what it should be. Returns that.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn try_timer(&self, portal: PortalId) -> Result<Option<i64>, StoreError> {
        let sql = format!("UPDATE portals SET timer_tried = {WANTED} WHERE id = ?1 RETURNING timer_tried");
        Ok(self.connection.prepare_cached(&sql)?.query_row([portal], |row| row.get(0)).optional()?)
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
