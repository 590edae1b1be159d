//! Portals and the intents to make one.

use rusqlite::{OptionalExtension, Row, params};

use super::floods::hex;
use super::{ChannelId, ChatId, StoreError, Tx, row_id, words};
use crate::clock::Moment;
use crate::event::GroupId;
use crate::vault::{Digest, Place, VaultError};

row_id! {
    /// A portal's row id.
    PortalId;
    /// A creation intent's row id.
    IntentId;
}

/// How far a portal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortalState {
    /// The group exists; its rights are not set and checked yet, so nothing is written into it.
    New,
    /// Messages flow.
    Current,
    /// Something is wrong with its members; nothing flows until that is mended.
    Stopped,
    /// Replaced by another; what is typed in it still finds its chat.
    Old,
}

words!(PortalState { New = "new", Current = "current", Stopped = "stopped", Old = "old" });

/// A Signal group that mirrors a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// Its row.
    pub id: PortalId,
    /// The chat it mirrors.
    pub chat: ChatId,
    /// The group.
    pub group: GroupId,
    /// How far it is.
    pub state: PortalState,
}

/// A group that was about to be made.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Its row.
    pub id: IntentId,
    /// The channel whose owner it is for.
    pub channel: ChannelId,
    /// The chat it is for.
    pub chat: ChatId,
    /// The groups that existed before.
    pub known: Vec<GroupId>,
}

impl Tx<'_> {
    /// The chat's portal, whatever its state, unless it was replaced.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn portal_of(&self, chat: ChatId) -> Result<Option<Portal>, StoreError> {
        let sql = format!("SELECT {PORTAL} FROM portals WHERE chat = ?1 AND state <> 'old'");
        let row = self.connection.prepare_cached(&sql)?.query_row([chat], portal_row).optional()?;
        row.map(|row| self.portal(row)).transpose()
    }

    /// The portal that is this group. Nothing but the group's id ever leads to a portal, and a row that is not as it was
    /// written leads nowhere: what is typed there is refused like in any group that is no portal.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn portal_by_group(&self, channel: ChannelId, group: &GroupId) -> Result<Option<Portal>, StoreError> {
        let sql = format!("SELECT {PORTAL} FROM portals WHERE channel = ?1 AND digest = ?2");
        let digest = self.digest("portals", &[group.reveal()]);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = statement.query_row(params![channel.0, digest.as_bytes()], portal_row).optional()?;
        match row.map(|row| self.portal(row)).transpose() {
            Err(error) if error.is_tampering() => {
                tracing::error!(%error, "a portal leads nowhere any more");
                Ok(None)
            }
            Ok(Some(portal)) if portal.group != *group => {
                tracing::error!("a portal leads nowhere any more: the database was changed from outside or is damaged");
                Ok(None)
            }
            found => found,
        }
    }

    /// Whether a group is a portal of any channel, or may be about to become one.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn may_be_a_portal(&self, group: &GroupId) -> Result<bool, StoreError> {
        let digest = self.digest("portals", &[group.reveal()]);
        let sql = "SELECT EXISTS (SELECT 1 FROM portals WHERE digest = ?1) OR EXISTS (SELECT 1 FROM creation_intents)";
        Ok(self.connection.query_row(sql, [digest.as_bytes()], |row| row.get(0))?)
    }

    pub(super) fn portal(&self, (id, chat, sealed, state, tie): PortalRow) -> Result<Portal, StoreError> {
        if tie.as_deref() != Some(self.tie(id, chat).as_bytes()) {
            return Err(VaultError::BadValue.into());
        }
        Ok(Portal { id, chat, group: self.open(group_place(id.as_ref()), &sealed)?, state })
    }

    /// What only this program can write beside a portal that leads to this chat.
    fn tie(&self, portal: PortalId, chat: ChatId) -> Digest {
        self.digest("portals.chat", &[&hex(portal.as_ref()), &hex(chat.as_ref())])
    }

    /// Lets the portals of one chat lead to another: all that are as they were written.
    pub(super) fn move_portals(&self, from: ChatId, to: ChatId) -> Result<(), StoreError> {
        let sql = format!("SELECT {PORTAL} FROM portals WHERE chat = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([from], portal_row)?.collect::<Result<Vec<_>, _>>()?;
        for row in rows {
            let id = self.portal(row)?.id;
            let sql = "UPDATE portals SET chat = ?2, tie = ?3 WHERE id = ?1";
            self.connection.execute(sql, params![id, to, self.tie(id, to).as_bytes()])?;
        }
        Ok(())
    }

    /// Ties the portals of a database that knew no ties.
    pub(super) fn tie_portals(&self) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare("SELECT id, chat FROM portals WHERE tie IS NULL")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (id, chat) in rows.collect::<Result<Vec<_>, _>>()? {
            let tie = self.tie(id, chat);
            self.connection.execute("UPDATE portals SET tie = ?2 WHERE id = ?1", params![id, tie.as_bytes()])?;
        }
        Ok(())
    }

    /// The groups of a chat's portals, replaced ones included.
    pub(super) fn groups_of(&self, chat: ChatId) -> Result<Vec<GroupId>, StoreError> {
        let sql = format!("SELECT {PORTAL} FROM portals WHERE chat = ?1 ORDER BY created_at");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([chat], portal_row)?;
        rows.map(|row| Ok(self.portal(row?)?.group)).collect()
    }

    /// The groups of all portals of a channel, replaced ones included. A row that is not as it was written names none.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn groups_of_channel(&self, channel: ChannelId) -> Result<Vec<GroupId>, StoreError> {
        let sql = format!("SELECT {PORTAL} FROM portals WHERE channel = ?1");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([channel.0], portal_row)?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().filter_map(|row| Some(self.portal(row).ok()?.group)).collect())
    }

    /// The chat of a portal.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn portal_chat(&self, portal: PortalId) -> Result<Option<ChatId>, StoreError> {
        let sql = "SELECT chat FROM portals WHERE id = ?1";
        Ok(self.connection.query_row(sql, [portal], |row| row.get(0)).optional()?)
    }

    /// How many portals a channel has, replaced ones included.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn portal_count(&self, channel: ChannelId) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM portals WHERE channel = ?1";
        Ok(self.connection.query_row(sql, [channel.0], |row| row.get(0))?)
    }

    /// When the `nth` newest portal (1 is the newest) was made: what the pace of making more is taken from.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn nth_newest_portal(&self, channel: ChannelId, nth: u32) -> Result<Option<Moment>, StoreError> {
        let sql = "SELECT created_at FROM portals WHERE channel = ?1 ORDER BY created_at DESC LIMIT 1 OFFSET ?2";
        let offset = nth.saturating_sub(1);
        let at = self.connection.query_row(sql, params![channel.0, offset], |row| row.get(0)).optional()?;
        Ok(at.map(Moment))
    }

    /// Commits the group of an intent as the chat's new portal.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_portal(&self, intent: &Intent, group: &GroupId, now: Moment) -> Result<(), StoreError> {
        let id = PortalId::fresh();
        let sealed = self.seal(group_place(id.as_ref()), group)?;
        let digest = self.digest("portals", &[group.reveal()]);
        let tie = self.tie(id, intent.chat);
        let sql = "INSERT INTO portals (id, channel, chat, digest, group_id, state, created_at, tie)
                   VALUES (?1, ?2, ?3, ?4, ?5, 'new', ?6, ?7)";
        let values = params![id, intent.channel.0, intent.chat, digest.as_bytes(), sealed, now.0, tie.as_bytes()];
        self.connection.execute(sql, values)?;
        self.take_title(intent.id, id)?;
        self.drop_intent(intent.id)
    }

    /// Sets how far a portal is. One that was replaced stays so.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn set_portal_state(&self, portal: PortalId, state: PortalState) -> Result<(), StoreError> {
        self.connection
            .execute("UPDATE portals SET state = ?2 WHERE id = ?1 AND state <> 'old'", params![portal, state])?;
        Ok(())
    }

    /// Commits that a group is about to be made.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn open_intent(
        &self,
        channel: ChannelId,
        chat: ChatId,
        known: Vec<GroupId>,
        now: Moment,
    ) -> Result<Intent, StoreError> {
        let id = IntentId::fresh();
        let sealed = self.seal(known_place(id.as_ref()), &known)?;
        let sql = "INSERT INTO creation_intents (id, channel, chat, known, opened_at) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.connection.execute(sql, params![id, channel.0, chat, sealed, now.0])?;
        Ok(Intent { id, channel, chat, known })
    }

    /// The intents whose outcome is not known.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn intents(&self, channel: ChannelId) -> Result<Vec<Intent>, StoreError> {
        let sql = "SELECT id, chat, known FROM creation_intents WHERE channel = ?1 ORDER BY opened_at";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([channel.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.map(|row| {
            let (id, chat, sealed): (IntentId, ChatId, Vec<u8>) = row?;
            Ok(Intent { id, channel, chat, known: self.open(known_place(id.as_ref()), &sealed)? })
        })
        .collect()
    }

    /// Whether it is open if a group was made for a chat.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn has_intent(&self, chat: ChatId) -> Result<bool, StoreError> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM creation_intents WHERE chat = ?1")?.exists([chat])?)
    }

    /// Forgets an intent: its group was not made, or is not to be used.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn drop_intent(&self, intent: IntentId) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM creation_intents WHERE id = ?1", [intent])?;
        Ok(())
    }
}

/// The columns of a portal, for [`portal_row`].
pub(super) const PORTAL: &str = "id, chat, group_id, state, tie";

pub(super) type PortalRow = (PortalId, ChatId, Vec<u8>, PortalState, Option<Vec<u8>>);

pub(super) fn portal_row(row: &Row<'_>) -> rusqlite::Result<PortalRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn group_place(row: &[u8]) -> Place<'_> {
    Place { table: "portals", column: "group_id", row }
}

fn known_place(row: &[u8]) -> Place<'_> {
    Place { table: "creation_intents", column: "known", row }
}
