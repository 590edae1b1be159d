//! Forgetting a chat: everything of it goes, but for the keys by which repeats are known.
//!
//! From the owner's word on, nothing begins in the chat. What it holds goes in pieces; the rest, with the chat itself,
//! when nothing is in flight any more.

use rusqlite::{OptionalExtension, params};

use super::deliveries::COLUMNS;
use super::people::IdentityId;
use super::purge::CHUNK;
use super::{ChannelId, ChatId, Delivery, Direction, State, StoreError, Tx};
use crate::clock::Moment;
use crate::event::{Author, Event, GroupId};

/// Chats with a portal in which nobody has written since `?1` and nothing is to be done.
const IDLE: &str = "SELECT id, channel FROM chats WHERE active_at <= ?1 AND coalesce(written_at, 0) <= ?1
                        AND EXISTS (SELECT 1 FROM portals WHERE chat = chats.id)
                        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat = chats.id)
                        AND NOT EXISTS (SELECT 1 FROM creation_intents WHERE chat = chats.id)
                        AND NOT EXISTS (SELECT 1 FROM merges WHERE lid_chat = chats.id OR number_chat = chats.id)
                        AND NOT EXISTS (SELECT 1 FROM forgets WHERE chat = chats.id)
                    ORDER BY active_at LIMIT 20";

/// What went with a chat and was nowhere else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages of the owner that were not sent.
    pub unsent: i64,
    /// Messages of the owner that may have been sent.
    pub maybe: i64,
    /// Messages that the owner has not been shown.
    pub unshown: i64,
}

/// A chat is forgotten.
#[derive(Debug)]
pub struct Forgotten {
    /// What was lost with it.
    pub tally: Tally,
    /// Whether nobody had asked for it.
    pub idle: bool,
    /// The Signal groups it had, which are to be left.
    pub groups: Vec<GroupId>,
}

impl Tally {
    fn and(self, more: Self) -> Self {
        Self { unsent: self.unsent + more.unsent, maybe: self.maybe + more.maybe, unshown: self.unshown + more.unshown }
    }

    fn of(gone: &[Delivery]) -> Self {
        gone.iter().fold(Self::default(), |mut tally, delivery| {
            match (delivery.lane.direction, &delivery.event) {
                // What was to be done to a message is no message.
                (Direction::ToWhatsApp, Some(Event::Changed(_))) => {}
                (Direction::ToWhatsApp, _) if may_be_sent(delivery) => tally.maybe += 1,
                (Direction::ToWhatsApp, _) => tally.unsent += 1,
                (Direction::ToSignal, Some(Event::Message(message))) if message.author != Author::Owner => {
                    tally.unshown += 1;
                }
                (Direction::ToSignal, _) => {}
            }
            tally
        })
    }
}

/// What is in flight while nobody works on it is of unknown outcome.
fn may_be_sent(delivery: &Delivery) -> bool {
    matches!(delivery.state, State::Unknown | State::InFlight) || (delivery.state != State::Dead && delivery.repeated)
}

impl Tx<'_> {
    /// Notes that the owner is asked whether a chat is to be forgotten. One question is open at a time.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn ask_to_forget(&self, channel: ChannelId, chat: ChatId, now: Moment) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM forgets WHERE channel = ?1 AND confirmed = 0", [channel.0])?;
        let sql = "INSERT INTO forgets (chat, channel, asked_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.connection.execute(sql, params![chat, channel.0, now.0])?;
        Ok(())
    }

    /// The chat about which the owner was asked after `since`.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn asked_to_forget(&self, channel: ChannelId, since: Moment) -> Result<Option<ChatId>, StoreError> {
        let sql = "SELECT chat FROM forgets WHERE channel = ?1 AND confirmed = 0 AND asked_at > ?2";
        Ok(self.connection.query_row(sql, params![channel.0, since.0], |row| row.get(0)).optional()?)
    }

    /// Begins to forget a chat, and the other chat that turned out to be the same person's.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn begin_to_forget(&self, chat: ChatId, now: Moment) -> Result<(), StoreError> {
        let sql = "INSERT INTO forgets (chat, channel, asked_at, confirmed)
                   SELECT id, channel, ?2, 1 FROM chats WHERE id = ?1
                       OR id IN (SELECT number_chat FROM merges WHERE lid_chat = ?1)
                       OR id IN (SELECT lid_chat FROM merges WHERE number_chat = ?1)
                   ON CONFLICT (chat) DO UPDATE SET confirmed = 1";
        self.connection.execute(sql, params![chat, now.0])?;
        Ok(())
    }

    /// Begins to forget chats with a portal in which nobody has written since `before` and nothing is to be done. Not many
    /// at once: each leaves a group. Returns how many.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn begin_to_forget_idle(&self, before: Moment, now: Moment) -> Result<usize, StoreError> {
        let sql = format!(
            "INSERT INTO forgets (chat, channel, asked_at, confirmed, idle) SELECT id, channel, ?2, 1, 1 FROM ({IDLE})"
        );
        Ok(self.connection.execute(&sql, params![before.0, now.0])?)
    }

    /// How many chats [`Tx::begin_to_forget_idle`] would begin to forget.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn idle_chats(&self, before: Moment) -> Result<usize, StoreError> {
        let sql = format!("SELECT count(*) FROM ({IDLE})");
        let count: i64 = self.connection.query_row(&sql, [before.0], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// The channel of a chat, if there is such a chat.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn channel_of(&self, chat: ChatId) -> Result<Option<ChannelId>, StoreError> {
        let sql = "SELECT channel FROM chats WHERE id = ?1";
        Ok(self.connection.query_row(sql, [chat], |row| row.get(0).map(ChannelId)).optional()?)
    }

    /// The chats of a channel that are being forgotten.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn being_forgotten(&self, channel: ChannelId) -> Result<Vec<ChatId>, StoreError> {
        let sql = "SELECT chat FROM forgets WHERE channel = ?1 AND confirmed = 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([channel.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Deletes a piece of what a chat holds and is not in flight. False if there was nothing left.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget_piece(&self, chat: ChatId) -> Result<bool, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM deliveries WHERE chat = ?1 AND state <> 'in_flight' ORDER BY seq LIMIT ?2");
        let gone = self.deliveries(&sql, params![chat, CHUNK])?;
        self.add_to_tally(chat, Tally::of(&gone))?;
        for delivery in &gone {
            self.forget_names("SELECT source FROM deliveries WHERE seq = ?1", &delivery.seq)?;
            self.finish(delivery.seq)?;
        }
        Ok(self.forget_messages(chat)? > 0 || !gone.is_empty())
    }

    fn add_to_tally(&self, chat: ChatId, Tally { unsent, maybe, unshown }: Tally) -> Result<(), StoreError> {
        let sql = "UPDATE forgets SET unsent = unsent + ?2, maybe = maybe + ?3, unshown = unshown + ?4 WHERE chat = ?1";
        self.connection.prepare_cached(sql)?.execute(params![chat, unsent, maybe, unshown])?;
        Ok(())
    }

    fn forget_messages(&self, chat: ChatId) -> Result<usize, StoreError> {
        let piece = "SELECT id FROM messages WHERE chat = ?1 ORDER BY id LIMIT 500";
        let names = format!("SELECT digest FROM message_parts WHERE side = 'signal' AND message IN ({piece})");
        self.forget_names(&names, &chat)?;
        Ok(self.connection.execute(&format!("DELETE FROM messages WHERE id IN ({piece})"), [chat])?)
    }

    /// The other names of messages, and the bridge's lines about them.
    fn forget_names(&self, sources: &str, of: &dyn rusqlite::ToSql) -> Result<(), StoreError> {
        for table in ["edits", "notices"] {
            let sql = format!("DELETE FROM {table} WHERE source IN ({sources})");
            self.connection.prepare_cached(&sql)?.execute([of])?;
        }
        Ok(())
    }

    /// Deletes what is left of a chat, and the chat, unless a call is open in it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget_rest(&self, chat: ChatId) -> Result<Option<Forgotten>, StoreError> {
        let open = "SELECT 1 FROM deliveries WHERE state = 'in_flight' AND chat = ?1";
        if self.connection.prepare_cached(open)?.exists([chat])? {
            return Ok(None);
        }
        while self.forget_piece(chat)? {}
        let (tally, idle) = self.tally(chat)?;
        let forgotten = Forgotten { tally, idle, groups: self.groups_of(chat)? };
        self.ring_twins(chat)?;
        let sql = "SELECT identity FROM chats WHERE id = ?1";
        let identity: Option<IdentityId> = self.connection.query_row(sql, [chat], |row| row.get(0))?;
        for sql in ["portals WHERE chat", "creation_intents WHERE chat", "chats WHERE id"] {
            self.connection.execute(&format!("DELETE FROM {sql} = ?1"), [chat])?;
        }
        self.connection.execute("DELETE FROM addresses WHERE identity = ?1", [identity])?;
        self.connection.execute("DELETE FROM identities WHERE id = ?1", [identity])?;
        Ok(Some(forgotten))
    }

    /// What would go with the whole channel, while nothing works on it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn tally_of_channel(&self, channel: ChannelId) -> Result<Tally, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE channel = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");
        let (mut tally, mut after) = (Tally::default(), 0);
        loop {
            let page = self.deliveries(&sql, params![channel.0, after, CHUNK])?;
            let Some(last) = page.last() else { return Ok(tally) };
            after = last.seq;
            tally = tally.and(Tally::of(&page));
        }
    }

    fn tally(&self, chat: ChatId) -> Result<(Tally, bool), StoreError> {
        let sql = "SELECT unsent, maybe, unshown, idle FROM forgets WHERE chat = ?1";
        let row = |row: &rusqlite::Row<'_>| {
            Ok((Tally { unsent: row.get(0)?, maybe: row.get(1)?, unshown: row.get(2)? }, row.get(3)?))
        };
        Ok(self.connection.query_row(sql, [chat], row)?)
    }
}
