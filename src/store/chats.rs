//! Chats: WhatsApp conversations, found by the address of a group or the identity of a person.

use rusqlite::{OptionalExtension, params};

use super::people::{Displaced, IdentityId, Person};
use super::{ChannelId, StoreError, Tx, row_id};
use crate::clock::Moment;
use crate::event::Address;
use crate::vault::{Digest, Place, VaultError};

row_id! {
    /// A chat's row id.
    ChatId;
}

/// What [`Tx::resolve`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// The chat.
    pub chat: ChatId,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Somebody whose number this person has now.
    pub displaced: Option<Displaced>,
    /// Whether another chat is this person's too, so that the two are to be merged.
    pub has_twin: bool,
}

impl ChatId {
    /// As text, to name the chat to a running bridge.
    #[must_use]
    pub fn written(self) -> String {
        self.0.simple().to_string()
    }

    /// Reads what [`ChatId::written`] has written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        uuid::Uuid::try_parse(text).ok().map(Self)
    }
}

impl Tx<'_> {
    /// Whether there is such a chat, still.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn has_chat(&self, chat: ChatId) -> Result<bool, StoreError> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM chats WHERE id = ?1")?.exists([chat])?)
    }

    /// The channels that have a chat with this address, by name, and the chat.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn find_everywhere(&self, address: &Address) -> Result<Vec<(String, ChatId)>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id, name FROM channels ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((ChannelId(row.get(0)?), row.get(1)?)))?;
        let mut found = Vec::new();
        for row in rows {
            let (channel, name) = row?;
            found.extend(self.find_chat(channel, address, None)?.map(|chat| (name, chat)));
        }
        Ok(found)
    }

    /// The chat of an address, made if it is new. The address becomes the one that is sent to.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn resolve(
        &self,
        channel: ChannelId,
        address: &Address,
        alternative: Option<&Address>,
        now: Moment,
    ) -> Result<Resolved, StoreError> {
        let found = self.find_chat(channel, address, alternative)?;
        let chat = match found {
            Some(chat) => chat,
            None => self.new_chat(channel, address, alternative, now)?,
        };
        let person = Person::of(address, alternative);
        let has_twin = self.note_twins(channel, person)?;
        let displaced = if has_twin { None } else { self.learn(channel, chat, person)? };
        // The number of a twin is another chat's until the two are one, and can go to somebody else before.
        let own = person.lid.filter(|_| has_twin).unwrap_or(address);
        self.set_address(chat, own)?;
        let sql = "UPDATE chats SET active_at = max(active_at, ?2) WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![chat, now.0])?;
        Ok(Resolved { chat, is_new: found.is_none(), displaced, has_twin })
    }

    /// The chat of an address, if there is one. A LID decides: a number whose LID is another than the one we know has
    /// changed hands, and must not lead to the person who had it before.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn find_chat(
        &self,
        channel: ChannelId,
        address: &Address,
        alternative: Option<&Address>,
    ) -> Result<Option<ChatId>, StoreError> {
        if !address.is_person() {
            let sql = "SELECT id FROM chats WHERE channel = ?1 AND digest = ?2";
            let digest = self.address_digest(address);
            let mut statement = self.connection.prepare_cached(sql)?;
            let found = statement.query_row(params![channel.0, digest.as_bytes()], |row| row.get(0)).optional()?;
            return found.map(|chat| self.only_if_of(chat, address)).transpose();
        }
        let Some(identity) = self.find_identity(channel, Person::of(address, alternative))? else { return Ok(None) };
        let found = self.chat_of_identity(channel, identity)?;
        found.map(|chat| self.only_if_with(channel, chat, identity)).transpose()
    }

    /// The digest leads to the chat; its sealed address says whether it is the one.
    fn only_if_of(&self, chat: ChatId, address: &Address) -> Result<ChatId, StoreError> {
        let is_it = self.chat_address(chat)?.chat_id() == address.chat_id();
        if is_it { Ok(chat) } else { Err(VaultError::BadValue.into()) }
    }

    /// The rows in between lead to the chat; its sealed address must be the same person's.
    fn only_if_with(&self, channel: ChannelId, chat: ChatId, identity: IdentityId) -> Result<ChatId, StoreError> {
        let is_it = self.identity_of(channel, &self.chat_address(chat)?)? == Some(identity);
        if is_it { Ok(chat) } else { Err(VaultError::BadValue.into()) }
    }

    pub(super) fn chat_of_identity(
        &self,
        channel: ChannelId,
        identity: IdentityId,
    ) -> Result<Option<ChatId>, StoreError> {
        let sql = "SELECT id FROM chats WHERE channel = ?1 AND identity = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![channel.0, identity], |row| row.get(0)).optional()?)
    }

    fn new_chat(
        &self,
        channel: ChannelId,
        address: &Address,
        alternative: Option<&Address>,
        now: Moment,
    ) -> Result<ChatId, StoreError> {
        let chat = ChatId::fresh();
        let digest = (!address.is_person()).then(|| self.address_digest(address));
        let identity = match digest {
            Some(_) => None,
            None => Some(self.identity_or_new(channel, Person::of(address, alternative))?),
        };
        let sealed = self.seal(address_place(chat.as_ref()), address)?;
        let sql = "INSERT INTO chats (id, channel, identity, digest, address, active_at, settled) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)";
        let digest = digest.as_ref().map(Digest::as_bytes);
        self.connection.execute(sql, params![chat, channel.0, identity, digest, sealed, now.0])?;
        self.renew_period(chat)?;
        Ok(chat)
    }

    pub(super) fn set_address(&self, chat: ChatId, address: &Address) -> Result<(), StoreError> {
        let sealed = self.seal(address_place(chat.as_ref()), address)?;
        let sql = "UPDATE chats SET address = ?2, lost = 0 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![chat, sealed])?;
        Ok(())
    }

    /// Notes that the owner has written to a chat, and when.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn open_chat(&self, chat: ChatId, now: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE chats SET opened = 1, written_at = max(coalesce(written_at, 0), ?2) WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![chat, now.0])?;
        Ok(())
    }

    /// Whether the owner has written to a chat.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn is_opened(&self, chat: ChatId) -> Result<bool, StoreError> {
        let sql = "SELECT opened FROM chats WHERE id = ?1";
        Ok(self.connection.prepare_cached(sql)?.query_row([chat], |row| row.get(0))?)
    }

    /// Whether the one address of a chat belongs to somebody else now.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn is_lost(&self, chat: ChatId) -> Result<bool, StoreError> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM chats WHERE id = ?1 AND lost = 1")?.exists([chat])?)
    }

    /// Where to send what is typed for a chat.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn chat_address(&self, chat: ChatId) -> Result<Address, StoreError> {
        let sql = "SELECT address FROM chats WHERE id = ?1";
        let sealed: Vec<u8> = self.connection.prepare_cached(sql)?.query_row([chat], |row| row.get(0))?;
        self.open(address_place(chat.as_ref()), &sealed)
    }
}

fn address_place(chat: &[u8]) -> Place<'_> {
    Place { table: "chats", column: "address", row: chat }
}
