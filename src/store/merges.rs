//! Two chats that turn out to be one person.

use rusqlite::params;

use super::{ChannelId, ChatId, Direction, IdentityId, Lane, StoreError, Tx};
use crate::event::{Address, AddressKind};

impl Tx<'_> {
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
}
