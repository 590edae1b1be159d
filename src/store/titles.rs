//! The titles of portals: what the bridge has called them, as keyed hashes, and whether the owner has.

use rusqlite::{Row, params};

use super::portals::{PORTAL, portal_row};
use super::{ChannelId, ChatId, IntentId, Portal, PortalId, StoreError, Tx};
use crate::clock::Moment;
use crate::redact::Private;

/// A portal and what is known of its title.
#[derive(Debug, Clone)]
pub struct Titled {
    /// The portal.
    pub portal: Portal,
    /// How well what its title was taken from knew the chat.
    pub rank: i64,
    set: Option<Vec<u8>>,
    tried: Option<Vec<u8>>,
}

impl Tx<'_> {
    /// The title that a group is about to be made with.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn intend_title(&self, intent: IntentId, title: &Private, rank: i64) -> Result<(), StoreError> {
        let sql = "UPDATE creation_intents SET title = ?2, title_rank = ?3 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![intent, self.title(title), rank])?;
        Ok(())
    }

    /// A portal of the channel that works, that the owner has not named, and that was last looked at before this.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn title_due(&self, channel: ChannelId, before: Moment) -> Result<Option<Titled>, StoreError> {
        let sql = format!(
            "SELECT {PORTAL}, coalesce(title_rank, 0), title, title_tried FROM portals WHERE channel = ?1
             AND state = 'current' AND title_left = 0 AND coalesce(titled_at, 0) < ?2 ORDER BY titled_at"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = |row: &Row<'_>| Ok((portal_row(row)?, row.get(5)?, row.get(6)?, row.get(7)?));
        for row in statement.query_map(params![channel.0, before.0], row)? {
            let (portal, rank, set, tried) = row?;
            // One that is not as it was written leads nowhere.
            if let Ok(portal) = self.portal(portal) {
                return Ok(Some(Titled { portal, rank, set, tried }));
            }
        }
        Ok(None)
    }

    /// Whether the bridge has set this title last.
    #[must_use]
    pub fn has_title(&self, titled: &Titled, title: &Private) -> bool {
        titled.set.as_ref() == Some(&self.title(title))
    }

    /// Whether a group that is called so is called as the bridge has left it. One whose title is not known, because it is
    /// older than this column, has to be called as it would be.
    #[must_use]
    pub fn is_own_title(&self, titled: &Titled, current: &Private, wanted: &Private) -> bool {
        let current = self.title(current);
        match (&titled.set, &titled.tried) {
            (None, None) => current == self.title(wanted),
            (set, tried) => [set, tried].into_iter().flatten().any(|own| *own == current),
        }
    }

    /// Notes that a portal is about to get a title.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn try_title(&self, portal: PortalId, title: &Private) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET title_tried = ?2 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![portal, self.title(title)])?;
        Ok(())
    }

    /// Notes the title that a portal has.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn title_is_set(&self, portal: PortalId, title: &Private, rank: i64, now: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET title = ?2, title_rank = ?3, title_tried = NULL, titled_at = ?4 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![portal, self.title(title), rank, now.0])?;
        Ok(())
    }

    /// Notes that a portal was looked at; from then on its title is the owner's, if so.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn title_is_seen(&self, portal: PortalId, is_owners: bool, now: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET titled_at = ?3, title_left = ?2 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![portal, is_owners, now.0])?;
        Ok(())
    }

    /// The chat may be called otherwise now.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn want_title(&self, chat: ChatId) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET titled_at = 0 WHERE chat = ?1";
        self.connection.prepare_cached(sql)?.execute([chat])?;
        Ok(())
    }

    /// The title of the intent's group is that of its portal. It is looked at soon: more may be known by then.
    pub(super) fn take_title(&self, intent: IntentId, portal: PortalId) -> Result<(), StoreError> {
        let sql = "UPDATE portals SET (title, title_rank) =
                   (SELECT title, title_rank FROM creation_intents WHERE id = ?2) WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![portal, intent])?;
        Ok(())
    }

    fn title(&self, title: &Private) -> Vec<u8> {
        self.digest("portals.title", &[title.reveal()]).as_bytes().to_vec()
    }
}
