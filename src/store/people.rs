//! People: the identities and addresses by which a direct chat is recognised.
//!
//! A LID is the person; a number is an attribute. One message can carry both, and either alone; whichever is known
//! leads to the same identity and so to the same chat. A number that turns up with another LID has changed hands: it
//! goes with the LID, and is no longer where the messages of its former holder are sent.

use rusqlite::{OptionalExtension, params};

use super::{ChannelId, ChatId, StoreError, Tx, row_id};
use crate::event::{Address, AddressKind};
use crate::vault::{Digest, Place};

row_id! {
    /// An identity's row id.
    IdentityId;
}

/// Somebody who lost an address to another person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Displaced {
    /// Their chat.
    pub chat: ChatId,
    /// Whether another address of theirs is known.
    pub is_reachable: bool,
}

/// The addresses of one person that came with one message.
#[derive(Clone, Copy)]
pub(super) struct Person<'a> {
    pub(super) lid: Option<&'a Address>,
    pub(super) number: Option<&'a Address>,
}

impl<'a> Person<'a> {
    pub(super) fn of(address: &'a Address, alternative: Option<&'a Address>) -> Self {
        let find = |kind| [Some(address), alternative].into_iter().flatten().find(|a| a.kind() == kind);
        Self { lid: find(AddressKind::Lid), number: find(AddressKind::Number) }
    }
}

impl Tx<'_> {
    pub(super) fn find_identity(
        &self,
        channel: ChannelId,
        person: Person<'_>,
    ) -> Result<Option<IdentityId>, StoreError> {
        if let Some(lid) = person.lid
            && let Some(identity) = self.identity_of(channel, lid)?
        {
            return Ok(Some(identity));
        }
        let Some(number) = person.number else { return Ok(None) };
        let Some(identity) = self.identity_of(channel, number)? else { return Ok(None) };
        let moved = person.lid.is_some() && self.has(identity, AddressKind::Lid)?;
        Ok((!moved).then_some(identity))
    }

    pub(super) fn has(&self, identity: IdentityId, kind: AddressKind) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM addresses WHERE identity = ?1 AND kind = ?2";
        Ok(self.connection.prepare_cached(sql)?.exists(params![identity, word(kind)])?)
    }

    pub(super) fn identity_of(&self, channel: ChannelId, address: &Address) -> Result<Option<IdentityId>, StoreError> {
        let sql = "SELECT identity, address FROM addresses WHERE channel = ?1 AND digest = ?2";
        let digest = self.address_digest(address);
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?));
        let found = statement.query_row(params![channel.0, digest.as_bytes()], row).optional()?;
        // Under a digest that was put in its place the address does not open.
        let opens = |(identity, sealed): (IdentityId, Vec<u8>)| {
            self.open::<Address>(person_place(digest.as_bytes()), &sealed).map(|_| identity)
        };
        found.map(opens).transpose()
    }

    pub(super) fn identity_or_new(&self, channel: ChannelId, person: Person<'_>) -> Result<IdentityId, StoreError> {
        if let Some(identity) = self.find_identity(channel, person)? {
            return Ok(identity);
        }
        let identity = IdentityId::fresh();
        let sql = "INSERT INTO identities (id, channel) VALUES (?1, ?2)";
        self.connection.execute(sql, params![identity, channel.0])?;
        Ok(identity)
    }

    /// Notes the addresses of a direct chat. Returns whoever lost one.
    pub(super) fn learn(
        &self,
        channel: ChannelId,
        chat: ChatId,
        person: Person<'_>,
    ) -> Result<Option<Displaced>, StoreError> {
        let sql = "SELECT identity FROM chats WHERE id = ?1";
        let identity: Option<IdentityId> = self.connection.prepare_cached(sql)?.query_row([chat], |row| row.get(0))?;
        let Some(identity) = identity else { return Ok(None) };
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
    ) -> Result<Option<Displaced>, StoreError> {
        let before = self.identity_of(channel, address)?;
        if before == Some(identity) {
            return Ok(None);
        }
        let digest = self.address_digest(address);
        let sealed = self.seal(person_place(digest.as_bytes()), address)?;
        let sql = "INSERT INTO addresses (channel, digest, kind, identity, address) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (channel, digest) DO UPDATE SET identity = excluded.identity";
        self.connection.prepare_cached(sql)?.execute(params![
            channel.0,
            digest.as_bytes(),
            word(kind),
            identity,
            sealed
        ])?;
        for identity in before.into_iter().chain([identity]) {
            if let Some(chat) = self.chat_of_identity(channel, identity)? {
                self.renew_period(chat)?;
            }
        }
        before.map_or(Ok(None), |before| self.send_elsewhere(channel, before))
    }

    /// Lets the messages of somebody who lost an address go to the one that is left, which is the LID; without one they
    /// go nowhere.
    fn send_elsewhere(&self, channel: ChannelId, identity: IdentityId) -> Result<Option<Displaced>, StoreError> {
        let sql = "SELECT digest, address FROM addresses WHERE identity = ?1 ORDER BY kind LIMIT 1";
        let left: Option<(Vec<u8>, Vec<u8>)> =
            self.connection.query_row(sql, [identity], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some(chat) = self.chat_of_identity(channel, identity)? else { return Ok(None) };
        let Some((digest, sealed)) = left else {
            self.connection.execute("UPDATE chats SET lost = 1 WHERE id = ?1", [chat])?;
            return Ok(Some(Displaced { chat, is_reachable: false }));
        };
        let address: Address = self.open(person_place(&digest), &sealed)?;
        self.set_address(chat, &address)?;
        Ok(Some(Displaced { chat, is_reachable: true }))
    }

    /// Every address of a chat: that of a group, or all of a person's.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn chat_addresses(&self, chat: ChatId) -> Result<Vec<Address>, StoreError> {
        let mut all = vec![self.chat_address(chat)?];
        let sql = "SELECT a.digest, a.address FROM addresses a JOIN chats c ON c.identity = a.identity WHERE c.id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([chat], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in rows {
            let (digest, sealed): (Vec<u8>, Vec<u8>) = row?;
            let address = self.open(person_place(&digest), &sealed)?;
            if !all.contains(&address) {
                all.push(address);
            }
        }
        Ok(all)
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

    pub(super) fn address_digest(&self, address: &Address) -> Digest {
        self.digest("addresses", &[address.chat_id().reveal()])
    }
}

fn word(kind: AddressKind) -> &'static str {
    if kind == AddressKind::Lid { "lid" } else { "number" }
}

fn person_place(digest: &[u8]) -> Place<'_> {
    Place { table: "addresses", column: "address", row: digest }
}
