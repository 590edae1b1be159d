//! The pictures of portals: what the bridge has set, as a keyed hash, and whether the owner has.

use rusqlite::{Row, params};

use super::portals::{PORTAL, portal_row};
use super::{ChannelId, Portal, PortalId, StoreError, Tx};
use crate::clock::Moment;
use crate::redact::Private;

/// A portal and what is known of its picture.
#[derive(Debug, Clone)]
pub struct Pictured {
    /// The portal.
    pub portal: Portal,
    set: Option<Vec<u8>>,
}

impl Tx<'_> {
    /// A portal of the channel that works, whose picture is not the owner's own, and that was last looked at before this.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn picture_due(&self, channel: ChannelId, before: Moment) -> Result<Option<Pictured>, StoreError> {
        let sql = format!(
            "SELECT {PORTAL}, picture FROM portals WHERE channel = ?1 AND state = 'current' AND picture_left = 0
             AND coalesce(pictured_at, 0) < ?2 ORDER BY pictured_at"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = |row: &Row<'_>| Ok((portal_row(row)?, row.get(5)?));
        for row in statement.query_map(params![channel.0, before.0], row)? {
            let (portal, set) = row?;
            // One that is not as it was written leads nowhere.
            if let Ok(portal) = self.portal(portal) {
                return Ok(Some(Pictured { portal, set }));
            }
        }
        Ok(None)
    }

    /// Whether the bridge has set this picture last; it comes in base64.
    #[must_use]
    pub fn has_picture(&self, pictured: &Pictured, data: &Private) -> bool {
        pictured.set.as_ref() == Some(&self.picture(data))
    }

    /// Notes the picture that a portal has.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn picture_is_set(&self, portal: PortalId, data: &Private, now: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET picture = ?2, pictured_at = ?3 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![portal, self.picture(data), now.0])?;
        Ok(())
    }

    /// Notes that a portal was looked at; from then on its picture is the owner's, if so.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn picture_is_seen(&self, portal: PortalId, is_owners: bool, now: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET pictured_at = ?3, picture_left = ?2 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![portal, is_owners, now.0])?;
        Ok(())
    }

    fn picture(&self, data: &Private) -> Vec<u8> {
        self.digest("portals.picture", &[data.reveal()]).as_bytes().to_vec()
    }
}
