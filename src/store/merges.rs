//! Two chats that turn out to be one person become one chat.
//!
//! One message that carries a LID and a number is the proof, where the one was known by its LID only and the other by its
//! number only. That is written down at once and done when nothing is in flight in either chat; until then nothing new
//! begins in them. What WAHA says of an address when it is asked proves less: that only ever joins a chat that has
//! nothing yet.

use rusqlite::params;

use super::people::{IdentityId, Person};
use super::portals::{PORTAL, portal_row};
use super::{ChannelId, ChatId, Direction, Lane, Portal, PortalState, StoreError, Tx};
use crate::event::{Address, AddressKind};

/// Two chats that are to become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The channel.
    pub channel: ChannelId,
    /// The one known by a LID.
    pub lid: ChatId,
    /// The one known by a number.
    pub number: ChatId,
}

/// What a merge has come to.
#[derive(Debug)]
pub struct Merged {
    /// The chat that there is now.
    pub chat: ChatId,
    /// Its portal, if either had one: the older one that works.
    pub stays: Option<Portal>,
    /// The other's, in which messages do not come any more; what is typed there still goes to the person.
    pub left: Option<Portal>,
}

impl Tx<'_> {
    /// Writes down that two chats are one person, if the two addresses lead to such. True if they do.
    pub(super) fn note_twins(&self, channel: ChannelId, person: Person<'_>) -> Result<bool, StoreError> {
        let Some((lid, number)) = self.twins(channel, person)? else { return Ok(false) };
        let sql = "INSERT INTO merges (channel, lid_chat, number_chat) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.connection.execute(sql, params![channel.0, lid, number])?;
        Ok(true)
    }

    fn twins(&self, channel: ChannelId, person: Person<'_>) -> Result<Option<(ChatId, ChatId)>, StoreError> {
        let (Some(lid), Some(number)) = (person.lid, person.number) else { return Ok(None) };
        let (lid, number) = (self.identity_of(channel, lid)?, self.identity_of(channel, number)?);
        let (Some(lid), Some(number)) = (lid, number) else { return Ok(None) };
        if lid == number || self.has(number, AddressKind::Lid)? || self.has(lid, AddressKind::Number)? {
            return Ok(None);
        }
        Ok(self.chat_of_identity(channel, lid)?.zip(self.chat_of_identity(channel, number)?))
    }

    /// The merges of a channel that wait.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn merges(&self, channel: ChannelId) -> Result<Vec<Merge>, StoreError> {
        let sql = "SELECT lid_chat, number_chat FROM merges WHERE channel = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows =
            statement.query_map([channel.0], |row| Ok(Merge { channel, lid: row.get(0)?, number: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Makes one chat of two, unless a call is open in either, one is being forgotten, or the number has gone to somebody else meanwhile.
    /// Deliveries keep their order.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn merge(&self, merge: Merge) -> Result<Option<Merged>, StoreError> {
        let open = "SELECT 1 FROM deliveries WHERE state = 'in_flight' AND chat IN (?1, ?2)
                    UNION ALL SELECT 1 FROM forgets WHERE confirmed = 1 AND chat IN (?1, ?2)";
        if self.connection.prepare_cached(open)?.exists(params![merge.lid, merge.number])? {
            return Ok(None);
        }
        if !self.are_still_twins(merge)? {
            self.forget_merges(merge.lid)?;
            return Ok(None);
        }
        let (stays, left) = self.older_portal(merge)?;
        let keep = stays.as_ref().map_or(merge.lid, |portal| portal.chat);
        let gone = if keep == merge.lid { merge.number } else { merge.lid };
        if let Some(left) = &left {
            self.set_portal_state(left.id, PortalState::Old)?;
        }
        self.absorb(keep, gone)?;
        self.forget_merges(keep)?;
        self.ring_both(merge.channel, keep);
        Ok(Some(Merged { chat: keep, stays, left }))
    }

    fn are_still_twins(&self, merge: Merge) -> Result<bool, StoreError> {
        let (lid, number) = (self.identity_of_chat(merge.lid)?, self.identity_of_chat(merge.number)?);
        let one_each = self.has(lid, AddressKind::Lid)? && self.has(number, AddressKind::Number)?;
        Ok(one_each && !self.has(lid, AddressKind::Number)? && !self.has(number, AddressKind::Lid)?)
    }

    fn forget_merges(&self, chat: ChatId) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM merges WHERE lid_chat = ?1 OR number_chat = ?1", [chat])?;
        Ok(())
    }

    /// The portals of both that were not replaced: the older one first, and one that works before one that does not.
    fn older_portal(&self, merge: Merge) -> Result<(Option<Portal>, Option<Portal>), StoreError> {
        let sql = format!(
            "SELECT {PORTAL} FROM portals WHERE chat IN (?1, ?2) AND state <> 'old'
             ORDER BY state = 'current' DESC, created_at, id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![merge.lid, merge.number], portal_row)?;
        let mut portals = rows.map(|row| self.portal(row?));
        Ok((portals.next().transpose()?, portals.next().transpose()?))
    }

    /// Gives everything of one chat to another, and its person's addresses to the other's.
    fn absorb(&self, keep: ChatId, gone: ChatId) -> Result<(), StoreError> {
        let address = self.newer_address(keep, gone)?;
        // A group that may have been made for it is not looked for if there is no need of one.
        let intents = "DELETE FROM creation_intents WHERE chat = ?2 AND (
                           EXISTS (SELECT 1 FROM portals WHERE chat = ?1 AND state <> 'old')
                           OR EXISTS (SELECT 1 FROM creation_intents WHERE chat = ?1))";
        self.connection.execute(intents, params![keep, gone])?;
        self.move_portals(gone, keep)?;
        for table in ["deliveries", "messages", "creation_intents", "notices", "edits"] {
            self.connection.execute(&format!("UPDATE {table} SET chat = ?1 WHERE chat = ?2"), params![keep, gone])?;
        }
        let both = "UPDATE chats SET opened = max(opened, (SELECT opened FROM chats WHERE id = ?2)),
                        active_at = max(active_at, (SELECT active_at FROM chats WHERE id = ?2)),
                        written_at = max(coalesce(written_at, 0), coalesce((SELECT written_at FROM chats WHERE id = ?2), 0))
                    WHERE id = ?1";
        self.connection.execute(both, params![keep, gone])?;
        self.set_address(keep, &address)?;
        let [kept, old]: [IdentityId; 2] = [self.identity_of_chat(keep)?, self.identity_of_chat(gone)?];
        self.connection.execute("UPDATE addresses SET identity = ?1 WHERE identity = ?2", params![kept, old])?;
        self.connection.execute("DELETE FROM chats WHERE id = ?1", [gone])?;
        self.connection.execute("DELETE FROM identities WHERE id = ?1", [old])?;
        // A period that is named for either goes for both; of two, the shorter.
        self.unsettle(keep)
    }

    /// Where the one of two chats is sent to that was heard from last.
    fn newer_address(&self, one: ChatId, other: ChatId) -> Result<Address, StoreError> {
        let sql = "SELECT id FROM chats WHERE id IN (?1, ?2) ORDER BY active_at DESC, id = ?1 DESC LIMIT 1";
        self.chat_address(self.connection.query_row(sql, params![one, other], |row| row.get(0))?)
    }

    fn identity_of_chat(&self, chat: ChatId) -> Result<IdentityId, StoreError> {
        Ok(self.connection.query_row("SELECT identity FROM chats WHERE id = ?1", [chat], |row| row.get(0))?)
    }

    /// Rings for the chats that were to be merged with one that goes.
    pub(super) fn ring_twins(&self, chat: ChatId) -> Result<(), StoreError> {
        let sql = "SELECT channel, iif(lid_chat = ?1, number_chat, lid_chat) FROM merges
                   WHERE lid_chat = ?1 OR number_chat = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([chat], |row| Ok((ChannelId(row.get(0)?), row.get(1)?)))?;
        for row in rows {
            let (channel, twin) = row?;
            self.ring_both(channel, twin);
        }
        Ok(())
    }

    fn ring_both(&self, channel: ChannelId, chat: ChatId) {
        for direction in [Direction::ToSignal, Direction::ToWhatsApp] {
            self.ring(Lane { channel, chat: Some(chat), direction });
        }
    }

    /// WAHA says that `alternative` is the same person as this chat's. If that leads to another chat and this one has
    /// neither portal nor message yet, this one's deliveries move there and it is gone. Returns the chat that remains.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn join(&self, channel: ChannelId, chat: ChatId, alternative: &Address) -> Result<ChatId, StoreError> {
        let address = self.chat_address(chat)?;
        let other = self.identity_of(channel, alternative)?;
        let same_person = other.is_some_and(|_| alternative.kind() == AddressKind::Lid)
            || other.map(|other| self.has(other, AddressKind::Lid)).transpose()? == Some(false);
        let target = match other {
            Some(other) if same_person => self.chat_of_identity(channel, other)?,
            _ => None,
        };
        match target {
            Some(target) if target != chat && self.is_unused(chat)? => {
                self.absorb(target, chat)?;
                self.ring_both(channel, target);
                Ok(target)
            }
            Some(_) => Ok(chat),
            None => self.learn(channel, chat, Person::of(&address, Some(alternative))).map(|_| chat),
        }
    }

    fn is_unused(&self, chat: ChatId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM portals WHERE chat = ?1)
                       OR EXISTS (SELECT 1 FROM messages WHERE chat = ?1)
                       OR EXISTS (SELECT 1 FROM creation_intents WHERE chat = ?1)";
        let used: bool = self.connection.query_row(sql, [chat], |row| row.get(0))?;
        Ok(!used)
    }
}
