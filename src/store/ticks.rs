//! Messages that were read on one side, and whether the other side has been told.

use rusqlite::params;

use super::{ChannelId, ChatId, Direction, MessageKey, SignalPart, StoreError, Tx};
use crate::event::Address;
use crate::vault::Digest;

/// How often it is tried to tell of one.
const TRIES: i64 = 5;

/// How many are told of at once.
const AT_ONCE: i64 = 100;

/// What a side is to be told of; nothing of a chat that is being forgotten.
const DUE: &str = "FROM ticks t JOIN messages m ON m.id = t.message
                   WHERE t.direction = ?2 AND t.tries > 0 AND m.channel = ?1
                   AND NOT EXISTS (SELECT 1 FROM forgets f WHERE f.chat = m.chat AND f.confirmed = 1)";

/// A message that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// The message.
    pub message: MessageKey,
    /// Its chat.
    pub chat: ChatId,
}

/// Messages of a group that some have read, where all are waited for.
#[derive(Debug)]
pub struct Crowd {
    /// The chat.
    pub chat: ChatId,
    /// Its address.
    pub group: Address,
    /// The messages, the newest first.
    pub messages: Vec<MessageKey>,
    /// How many have read the one that most have.
    pub readers: usize,
}

impl Tx<'_> {
    /// Notes that somebody has read a message of which not everybody is known to have. False if that is known.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_reader(&self, message: MessageKey, reader: &Address) -> Result<bool, StoreError> {
        let sql = "INSERT INTO readers (message, digest) SELECT ?1, ?2
                   WHERE NOT EXISTS (SELECT 1 FROM ticks WHERE message = ?1 AND direction = 'to_signal')
                   ON CONFLICT DO NOTHING";
        let digest = self.reader_digest(reader);
        Ok(self.connection.prepare_cached(sql)?.execute(params![message, digest.as_bytes()])? > 0)
    }

    /// Whether somebody is known to have read a message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn has_read(&self, message: MessageKey, reader: &Address) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM readers WHERE message = ?1 AND digest = ?2";
        let digest = self.reader_digest(reader);
        Ok(self.connection.prepare_cached(sql)?.exists(params![message, digest.as_bytes()])?)
    }

    /// Forgets who has read a message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget_readers(&self, message: MessageKey) -> Result<(), StoreError> {
        self.connection.prepare_cached("DELETE FROM readers WHERE message = ?1")?.execute([message])?;
        Ok(())
    }

    /// The newest messages of a channel that some have read, by chat; none of a chat that is being forgotten, or whose address is
    /// not as it was written.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn crowds(&self, channel: ChannelId) -> Result<Vec<Crowd>, StoreError> {
        let sql =
            "SELECT m.id, m.chat, count(*) FROM readers r JOIN messages m ON m.id = r.message WHERE m.channel = ?1
                   AND NOT EXISTS (SELECT 1 FROM forgets f WHERE f.chat = m.chat AND f.confirmed = 1)
                   GROUP BY m.id ORDER BY m.at DESC LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = |row: &rusqlite::Row<'_>| Ok((tick(row)?, row.get::<_, i64>(2)?));
        let rows = statement.query_map(params![channel.0, AT_ONCE], row)?;
        let mut crowds: Vec<Crowd> = Vec::new();
        for found in rows {
            let (Tick { message, chat }, count) = found?;
            let readers = usize::try_from(count).unwrap_or_default();
            if let Some(crowd) = crowds.iter_mut().find(|crowd| crowd.chat == chat) {
                crowd.messages.push(message);
                crowd.readers = crowd.readers.max(readers);
                continue;
            }
            match self.chat_address(chat) {
                Ok(group) => crowds.push(Crowd { chat, group, messages: vec![message], readers }),
                Err(error) if error.is_tampering() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(crowds)
    }

    fn reader_digest(&self, reader: &Address) -> Digest {
        self.digest("readers", &[reader.chat_id().reveal()])
    }

    /// The message of a channel of which this is the newest Signal id: whoever has read that has read all of it. A line
    /// beside a message is no part of it. Nothing if several have the id: then nobody knows which was read.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn newest_part_of(&self, channel: ChannelId, part: &SignalPart) -> Result<Option<Tick>, StoreError> {
        let sql = "SELECT m.id, m.chat FROM message_parts p JOIN messages m ON m.id = p.message
                   WHERE p.digest = ?1 AND p.side = 'signal' AND m.channel = ?2
                   AND p.id = (SELECT id FROM message_parts WHERE message = m.id AND side = 'signal' AND version >= 0
                               ORDER BY id DESC LIMIT 1)
                   LIMIT 2";
        let digest = self.original(channel, part)?;
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![digest, channel.0], tick)?;
        let mut found = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// Notes that a message was read, and that the other side is to be told. False if that is known.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_tick(&self, message: MessageKey, direction: Direction) -> Result<bool, StoreError> {
        let sql = "INSERT INTO ticks (message, direction, tries) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        Ok(self.connection.prepare_cached(sql)?.execute(params![message, direction, TRIES])? > 0)
    }

    /// Whether one side is to be told of something.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn has_ticks(&self, channel: ChannelId, direction: Direction) -> Result<bool, StoreError> {
        let sql = format!("SELECT 1 {DUE}");
        Ok(self.connection.prepare_cached(&sql)?.exists(params![channel.0, direction])?)
    }

    /// The oldest messages of a channel of which one side is to be told now, each counted as tried once more: whatever
    /// becomes of this attempt, there is no end of them otherwise.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn take_ticks(&self, channel: ChannelId, direction: Direction) -> Result<Vec<Tick>, StoreError> {
        let sql = format!("SELECT m.id, m.chat {DUE} ORDER BY t.message LIMIT ?3");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![channel.0, direction, AT_ONCE], tick)?;
        let taken = rows.collect::<Result<Vec<_>, _>>()?;
        let sql = "UPDATE ticks SET tries = tries - 1 WHERE message = ?1 AND direction = ?2";
        for tick in &taken {
            self.connection.prepare_cached(sql)?.execute(params![tick.message, direction])?;
        }
        Ok(taken)
    }

    /// Notes that one side has been told of a message, or never will be.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn end_tick(&self, message: MessageKey, direction: Direction) -> Result<(), StoreError> {
        let sql = "UPDATE ticks SET tries = 0 WHERE message = ?1 AND direction = ?2";
        self.connection.prepare_cached(sql)?.execute(params![message, direction])?;
        Ok(())
    }
}

fn tick(row: &rusqlite::Row<'_>) -> rusqlite::Result<Tick> {
    Ok(Tick { message: row.get(0)?, chat: row.get(1)? })
}
