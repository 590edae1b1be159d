//! Chats, and the identities and addresses by which a chat is recognised.
//!
//! A LID is the person; a number is an attribute. One message can carry both, and either alone; whichever is known
//! leads to the same identity and so to the same chat. A number that turns up with another LID has changed hands: it
//! goes with the LID, and is no longer where the messages of its former holder are sent.

use rusqlite::{OptionalExtension, params};

use super::{ChannelId, Direction, Lane, StoreError, Tx, row_id};
use crate::clock::Moment;
use crate::event::{Address, AddressKind};
use crate::vault::{Digest, Place};

row_id! {
    /// A chat's row id.
    ChatId;
    /// An identity's row id.
    IdentityId;
}

/// The addresses of one person that came with one message.
#[derive(Clone, Copy)]
struct Person<'a> {
    lid: Option<&'a Address>,
    number: Option<&'a Address>,
}

impl<'a> Person<'a> {
    fn of(address: &'a Address, alternative: Option<&'a Address>) -> Self {
        let find = |kind| [Some(address), alternative].into_iter().flatten().find(|a| a.kind() == kind);
        Self { lid: find(AddressKind::Lid), number: find(AddressKind::Number) }
    }
}

/// What [`Tx::resolve`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// The chat.
    pub chat: ChatId,
    /// Whether it was made just now.
    pub is_new: bool,
    /// The chat of somebody whose number this person has now.
    pub displaced: Option<ChatId>,
}

impl Tx<'_> {
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
        let displaced = self.learn(channel, chat, address, alternative)?;
        self.set_address(chat, address)?;
        let sql = "UPDATE chats SET active_at = max(active_at, ?2) WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![chat, now.0])?;
        Ok(Resolved { chat, is_new: found.is_none(), displaced })
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
        if address.is_group() {
            let sql = "SELECT id FROM chats WHERE channel = ?1 AND digest = ?2";
            let digest = self.address_digest(address);
            let mut statement = self.connection.prepare_cached(sql)?;
            return Ok(statement.query_row(params![channel.0, digest.as_bytes()], |row| row.get(0)).optional()?);
        }
        let Some(identity) = self.find_identity(channel, Person::of(address, alternative))? else { return Ok(None) };
        self.chat_of_identity(channel, identity)
    }

    fn chat_of_identity(&self, channel: ChannelId, identity: IdentityId) -> Result<Option<ChatId>, StoreError> {
        let sql = "SELECT id FROM chats WHERE channel = ?1 AND identity = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![channel.0, identity], |row| row.get(0)).optional()?)
    }

    fn find_identity(&self, channel: ChannelId, person: Person<'_>) -> Result<Option<IdentityId>, StoreError> {
        if let Some(lid) = person.lid
            && let Some(identity) = self.identity_of(channel, lid)?
        {
            return Ok(Some(identity));
        }
        let Some(number) = person.number else { return Ok(None) };
        let Some(identity) = self.identity_of(channel, number)? else { return Ok(None) };
        let moved = person.lid.is_some() && self.has_lid(identity)?;
        Ok((!moved).then_some(identity))
    }

    fn has_lid(&self, identity: IdentityId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM addresses WHERE identity = ?1 AND kind = 'lid'";
        Ok(self.connection.prepare_cached(sql)?.exists([identity])?)
    }

    fn identity_of(&self, channel: ChannelId, address: &Address) -> Result<Option<IdentityId>, StoreError> {
        let sql = "SELECT identity FROM addresses WHERE channel = ?1 AND digest = ?2";
        let digest = self.address_digest(address);
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![channel.0, digest.as_bytes()], |row| row.get(0)).optional()?)
    }

    fn new_chat(
        &self,
        channel: ChannelId,
        address: &Address,
        alternative: Option<&Address>,
        now: Moment,
    ) -> Result<ChatId, StoreError> {
        let chat = ChatId::fresh();
        let digest = address.is_group().then(|| self.address_digest(address));
        let identity = match digest {
            Some(_) => None,
            None => Some(self.identity_or_new(channel, Person::of(address, alternative))?),
        };
        let sealed = self.seal(address_place(chat.as_ref()), address)?;
        let sql =
            "INSERT INTO chats (id, channel, identity, digest, address, active_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let digest = digest.as_ref().map(Digest::as_bytes);
        self.connection.execute(sql, params![chat, channel.0, identity, digest, sealed, now.0])?;
        Ok(chat)
    }

    fn identity_or_new(&self, channel: ChannelId, person: Person<'_>) -> Result<IdentityId, StoreError> {
        if let Some(identity) = self.find_identity(channel, person)? {
            return Ok(identity);
        }
        let identity = IdentityId::fresh();
        let sql = "INSERT INTO identities (id, channel) VALUES (?1, ?2)";
        self.connection.execute(sql, params![identity, channel.0])?;
        Ok(identity)
    }

    /// Notes the addresses of a direct chat. Returns the chat that lost one.
    fn learn(
        &self,
        channel: ChannelId,
        chat: ChatId,
        address: &Address,
        alternative: Option<&Address>,
    ) -> Result<Option<ChatId>, StoreError> {
        let sql = "SELECT identity FROM chats WHERE id = ?1";
        let identity: Option<IdentityId> = self.connection.prepare_cached(sql)?.query_row([chat], |row| row.get(0))?;
        let Some(identity) = identity else { return Ok(None) };
        let person = Person::of(address, alternative);
        let mut displaced = None;
        for (kind, address) in [(AddressKind::Lid, person.lid), (AddressKind::Number, person.number)] {
            if let Some(address) = address {
                displaced = self.learn_address(channel, identity, kind, address)?.or(displaced);
            }
        }
        Ok(displaced)
    }

    /// An address belongs to whoever it was seen with last. Taken from somebody, it is also no longer where that
    /// person's messages are sent.
    fn learn_address(
        &self,
        channel: ChannelId,
        identity: IdentityId,
        kind: AddressKind,
        address: &Address,
    ) -> Result<Option<ChatId>, StoreError> {
        let before = self.identity_of(channel, address)?;
        if before == Some(identity) {
            return Ok(None);
        }
        let digest = self.address_digest(address);
        let sealed = self.seal(person_place(digest.as_bytes()), address)?;
        let kind = if kind == AddressKind::Lid { "lid" } else { "number" };
        let sql = "INSERT INTO addresses (channel, digest, kind, identity, address) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (channel, digest) DO UPDATE SET identity = excluded.identity";
        self.connection.prepare_cached(sql)?.execute(params![channel.0, digest.as_bytes(), kind, identity, sealed])?;
        before.map_or(Ok(None), |before| self.send_elsewhere(channel, before))
    }

    /// Lets the messages of somebody who lost an address go to the one that is left, which is the LID.
    fn send_elsewhere(&self, channel: ChannelId, identity: IdentityId) -> Result<Option<ChatId>, StoreError> {
        let sql = "SELECT digest, address FROM addresses WHERE identity = ?1 ORDER BY kind LIMIT 1";
        let left: Option<(Vec<u8>, Vec<u8>)> =
            self.connection.query_row(sql, [identity], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (Some((digest, sealed)), Some(chat)) = (left, self.chat_of_identity(channel, identity)?) else {
            return Ok(None);
        };
        let address: Address = self.open(person_place(&digest), &sealed)?;
        self.set_address(chat, &address)?;
        Ok(Some(chat))
    }

    fn set_address(&self, chat: ChatId, address: &Address) -> Result<(), StoreError> {
        let sealed = self.seal(address_place(chat.as_ref()), address)?;
        let sql = "UPDATE chats SET address = ?2 WHERE id = ?1";
        self.connection.prepare_cached(sql)?.execute(params![chat, sealed])?;
        Ok(())
    }

    /// Whether a direct chat is known by one kind of address only, so that asking WAHA for the other is worth it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn lacks_alternative(&self, chat: ChatId) -> Result<bool, StoreError> {
        let sql = "SELECT count(a.digest) FROM chats c LEFT JOIN addresses a ON a.identity = c.identity
                   WHERE c.id = ?1 AND c.identity IS NOT NULL GROUP BY c.id";
        let known: Option<i64> = self.connection.query_row(sql, [chat], |row| row.get(0)).optional()?;
        Ok(known == Some(1))
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
            || other.map(|other| self.has_lid(other)).transpose()? == Some(false);
        let target = match other {
            Some(other) if same_person => self.chat_of_identity(channel, other)?,
            _ => None,
        };
        match (target, other) {
            (Some(target), Some(other)) if target != chat && self.is_unused(chat)? => {
                self.fold(chat, target, other)?;
                for direction in [Direction::ToSignal, Direction::ToWhatsApp] {
                    self.ring(Lane { channel, chat: Some(target), direction });
                }
                Ok(target)
            }
            (Some(_), _) => Ok(chat),
            (None, _) => self.learn(channel, chat, &address, Some(alternative)).map(|_| chat),
        }
    }

    fn is_unused(&self, chat: ChatId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM portals WHERE chat = ?1)
                       OR EXISTS (SELECT 1 FROM messages WHERE chat = ?1)
                       OR EXISTS (SELECT 1 FROM creation_intents WHERE chat = ?1)";
        let used: bool = self.connection.query_row(sql, [chat], |row| row.get(0))?;
        Ok(!used)
    }

    fn fold(&self, chat: ChatId, target: ChatId, identity: IdentityId) -> Result<(), StoreError> {
        let old: IdentityId =
            self.connection.query_row("SELECT identity FROM chats WHERE id = ?1", [chat], |row| row.get(0))?;
        let deliveries = "UPDATE deliveries SET chat = ?2 WHERE chat = ?1";
        self.connection.execute(deliveries, params![chat, target])?;
        self.connection.execute("UPDATE addresses SET identity = ?2 WHERE identity = ?1", params![old, identity])?;
        self.connection.execute("DELETE FROM chats WHERE id = ?1", [chat])?;
        self.connection.execute("DELETE FROM identities WHERE id = ?1", [old])?;
        Ok(())
    }

    /// Notes that the owner has written to a chat.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn open_chat(&self, chat: ChatId) -> Result<(), StoreError> {
        self.connection.prepare_cached("UPDATE chats SET opened = 1 WHERE id = ?1 AND opened = 0")?.execute([chat])?;
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

    fn address_digest(&self, address: &Address) -> Digest {
        self.digest("addresses", &[address.chat_id().reveal()])
    }
}

fn address_place(chat: &[u8]) -> Place<'_> {
    Place { table: "chats", column: "address", row: chat }
}

fn person_place(digest: &[u8]) -> Place<'_> {
    Place { table: "addresses", column: "address", row: digest }
}
