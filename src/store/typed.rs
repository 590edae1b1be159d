//! What the owner typed, found again by its Signal id while it is here: to take it back, to change it, to send it again.

use rusqlite::{OptionalExtension, params};

use super::deliveries::{COLUMNS, chosen_place, delivery_row, event_place};
use super::periods::kept_for;
use super::purge::CHUNK;
use super::{ChannelId, ChatId, Delivery, NewDelivery, SignalPart, SignalSide, Source, StoreError, Tx};
use crate::clock::Moment;
use crate::event::{Event, Typed};

/// A piece of what the owner typed, is not being sent, and is past its time.
const UNSENT: &str = concat!(
    "SELECT seq FROM deliveries WHERE direction = 'to_whatsapp' AND state <> 'in_flight' AND created_at + ",
    kept_for!(),
    " <= ?1 ORDER BY seq LIMIT ?2"
);

/// A line of the bridge that the owner has, and by what the message it is about is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Option<Vec<u8>>);

/// What is left of a message of the owner.
#[derive(Debug)]
pub enum Kept {
    /// It is here, wherever it stands.
    Here(Box<Delivery>),
    /// WAHA has taken it.
    Sent,
    /// Nothing.
    Gone,
}

impl Tx<'_> {
    /// Notes that an edit is another name of a message, or of an earlier edit of it.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_edit(
        &self,
        channel: ChannelId,
        edit: &SignalPart,
        target: &SignalPart,
        now: Moment,
    ) -> Result<(), StoreError> {
        let source = self.original(channel, target)?;
        let digest = self.signal_digest(edit);
        let sql = "INSERT INTO edits (channel, digest, source, at, chat) VALUES (?1, ?2, ?3, ?4, coalesce(
                       (SELECT chat FROM deliveries WHERE source = ?3 AND channel = ?1 AND direction = 'to_whatsapp'),
                       (SELECT m.chat FROM message_parts p JOIN messages m ON m.id = p.message
                        WHERE p.digest = ?3 AND p.side = 'signal' AND m.channel = ?1)))
                   ON CONFLICT DO NOTHING";
        self.connection.execute(sql, params![channel.0, digest.as_bytes(), source, now.0])?;
        Ok(())
    }

    /// The digest of the message behind an edit; of the message itself, if it is none.
    pub(super) fn original(&self, channel: ChannelId, part: &SignalPart) -> Result<Vec<u8>, StoreError> {
        let digest = self.signal_digest(part);
        let sql = "SELECT source FROM edits WHERE channel = ?1 AND digest = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_row(params![channel.0, digest.as_bytes()], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or_else(|| digest.as_bytes().to_vec()))
    }

    /// The delivery of what the owner typed, wherever it stands.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn typed(&self, channel: ChannelId, part: &SignalPart) -> Result<Option<Delivery>, StoreError> {
        self.by_source(channel, &self.original(channel, part)?)
    }

    fn by_source(&self, channel: ChannelId, source: &[u8]) -> Result<Option<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE source = ?1 AND channel = ?2 AND direction = 'to_whatsapp'"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let row = statement.query_row(params![source, channel.0], delivery_row).optional()?;
        Ok(row.map(|row| self.delivery(row)))
    }

    /// The delivery that a line of the bridge is about, or why there is none.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn typed_of(&self, channel: ChannelId, line: &Line) -> Result<Kept, StoreError> {
        let Line(Some(source)) = line else { return Ok(Kept::Gone) };
        if let Some(delivery) = self.by_source(channel, source)? {
            return Ok(Kept::Here(Box::new(delivery)));
        }
        let sql = "SELECT 1 FROM message_parts p JOIN messages m ON m.id = p.message
                   WHERE p.digest = ?1 AND p.side = 'signal' AND m.channel = ?2";
        let sent = self.connection.prepare_cached(sql)?.exists(params![source, channel.0])?;
        Ok(if sent { Kept::Sent } else { Kept::Gone })
    }

    /// Puts what was given up at the tail of its lane, since the owner asked for it. What was chosen for it before stays
    /// known, to be looked for.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn retry(&self, delivery: &Delivery, typed: &Typed, now: Moment) -> Result<(), StoreError> {
        let source = Source::Signal(SignalPart { timestamp: typed.timestamp, author: SignalSide::Owner });
        let event = Event::Typed(typed.clone());
        let new = NewDelivery { source: Some(source), ..NewDelivery::due(delivery.lane, &event, now) };
        let id = self.enqueue_another(&new, now)?;
        self.move_media(delivery.id, id)?;
        let chosen = delivery.chosen.as_ref();
        let sealed = chosen.map(|chosen| self.seal(chosen_place(id.as_ref()), chosen)).transpose()?;
        let sql = "UPDATE deliveries SET approved = 1, chosen = ?2, repeated = ?3, retried = ?3 WHERE id = ?1";
        self.connection.execute(sql, params![id, sealed, chosen.is_some()])?;
        self.finish(delivery.seq)
    }

    /// Notes that the owner has a line of the bridge, which chat's it is, and which message of the owner it is about.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn add_notice(
        &self,
        channel: ChannelId,
        chat: Option<ChatId>,
        line: &SignalPart,
        about: Option<&SignalPart>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let source = about.map(|about| self.original(channel, about)).transpose()?;
        let digest = self.signal_digest(line);
        let sql = concat!(
            "INSERT INTO notices (channel, digest, source, at, chat, kept_until)
             SELECT channel, digest, source, at, chat, at + ",
            kept_for!(),
            " FROM (SELECT ?1 AS channel, ?2 AS digest, ?3 AS source, ?4 AS at, ?5 AS chat) WHERE true
             ON CONFLICT DO NOTHING"
        );
        let values = params![channel.0, digest.as_bytes(), source, now.0, chat];
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// The line of the bridge with this Signal id, if it is one.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn notice(&self, channel: ChannelId, line: &SignalPart) -> Result<Option<Line>, StoreError> {
        let sql = "SELECT source FROM notices WHERE channel = ?1 AND digest = ?2";
        let digest = self.signal_digest(line);
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![channel.0, digest.as_bytes()], |row| row.get(0).map(Line)).optional()?)
    }

    /// The chat that a line of the bridge is about.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn chat_of_notice(&self, channel: ChannelId, line: &SignalPart) -> Result<Option<ChatId>, StoreError> {
        let sql = "SELECT chat FROM notices WHERE channel = ?1 AND digest = ?2 AND chat IS NOT NULL";
        let digest = self.signal_digest(line);
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![channel.0, digest.as_bytes()], |row| row.get(0)).optional()?)
    }

    /// Forgets a piece of what the owner typed, was not sent for certain, and is past its time. Returns how many of each
    /// channel, for a line to each owner.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget_unsent(&self, now: Moment) -> Result<Vec<(ChannelId, i64)>, StoreError> {
        let sql = format!("SELECT channel, count(*) FROM deliveries WHERE seq IN ({UNSENT}) GROUP BY channel");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let values = params![now.0, CHUNK];
        let counted = statement.query_map(values, |row| Ok((ChannelId(row.get(0)?), row.get(1)?)))?;
        let counted = counted.collect::<Result<_, _>>()?;
        self.connection.execute(&format!("DELETE FROM deliveries WHERE seq IN ({UNSENT})"), values)?;
        Ok(counted)
    }

    /// Gives a delivery another body, in its place.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn replace_event(&self, delivery: &Delivery, event: &Event) -> Result<(), StoreError> {
        let sealed = self.seal(event_place(delivery.id.as_ref()), event)?;
        let sql = "UPDATE deliveries SET event = ?2, edited = edited + 1 WHERE seq = ?1";
        self.connection.prepare_cached(sql)?.execute(params![delivery.seq, sealed])?;
        Ok(())
    }

    /// Whether a delivery still waits, and says what it said when it was read.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn is_as_read(&self, delivery: &Delivery) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE seq = ?1 AND state = 'pending' AND edited = ?2";
        Ok(self.connection.prepare_cached(sql)?.exists(params![delivery.seq, delivery.edited])?)
    }
}
