//! Deliveries: accepted events on their way, one lane for each chat and direction.
//!
//! The order of a lane is the order of `seq`, which is commit order. The head of a lane is its oldest delivery that is
//! pending or in flight; held, unknown and dead ones stand beside the lane and stop nobody.

use rusqlite::{OptionalExtension, Row, params};

use super::{ChannelId, ChatId, StoreError, Tx, row_id, words};
use crate::clock::Moment;
use crate::event::{Address, Event, StanzaId};
use crate::vault::{Digest, Place};

row_id! {
    /// A delivery's own id; its place in the order is `seq`.
    DeliveryId;
}

/// Which way a delivery goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the owner.
    ToSignal,
    /// To a WhatsApp chat.
    ToWhatsApp,
}

words!(Direction { ToSignal = "to_signal", ToWhatsApp = "to_whatsapp" });

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In the lane.
    Pending,
    /// Beside the lane until its time, or until something makes it unnecessary.
    Held,
    /// The call is being made; found at a start, its outcome is unknown.
    InFlight,
    /// It may have arrived; the owner was told and decides.
    Unknown,
    /// It ended undelivered; the owner was told.
    Dead,
}

words!(State { Pending = "pending", Held = "held", InFlight = "in_flight", Unknown = "unknown", Dead = "dead" });

/// A chat (or the control chat) in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// The channel.
    pub channel: ChannelId,
    /// The chat; none is the control chat.
    pub chat: Option<ChatId>,
    /// The direction.
    pub direction: Direction,
}

/// A delivery to be queued.
#[derive(Debug)]
pub struct NewDelivery<'a> {
    /// Its lane.
    pub lane: Lane,
    /// `Pending`, `Held` or `Dead`.
    pub state: State,
    /// What is delivered.
    pub event: &'a Event,
    /// The WhatsApp message it is, or waits for.
    pub source: Option<(&'a Address, &'a StanzaId)>,
    /// Not before this time.
    pub not_before: Moment,
    /// At most one pending or held delivery of a group exists in a channel; a second is not queued.
    pub notice_group: Option<&'a str>,
}

/// A delivery as the lane finds it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its place in the order.
    pub seq: i64,
    /// Its id.
    pub id: DeliveryId,
    /// Its lane.
    pub lane: Lane,
    /// Where it stands.
    pub state: State,
    /// What is delivered; none if it cannot be read any more.
    pub event: Option<Event>,
    /// The WhatsApp id chosen for it before an earlier call.
    pub chosen: Option<StanzaId>,
    /// How often it was tried and refused for a passing reason.
    pub attempts: u32,
    /// Whether an earlier attempt may have arrived.
    pub repeated: bool,
    /// Whether the owner was asked if it may still go, and said yes.
    pub approved: bool,
    /// Not before this time.
    pub not_before: Moment,
    /// When it was accepted.
    pub created_at: Moment,
}

pub(super) const COLUMNS: &str =
    "seq, id, channel, chat, direction, state, event, chosen, attempts, repeated, approved, not_before, created_at";

impl Tx<'_> {
    /// Queues a delivery at the tail of its lane. False if its notice group has one already.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn enqueue(&self, new: &NewDelivery<'_>, now: Moment) -> Result<bool, StoreError> {
        if let Some(group) = new.notice_group
            && self.group_waits(new.lane.channel, group)?
        {
            return Ok(false);
        }
        let id = DeliveryId::fresh();
        let sealed = self.seal(event_place(id.as_ref()), new.event)?;
        let source = new.source.map(|(chat, stanza)| self.whatsapp_digest(chat, stanza));
        let sql = "INSERT INTO deliveries
                   (id, channel, chat, direction, state, event, source, not_before, notice_group, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let Lane { channel, chat, direction } = new.lane;
        let source = source.as_ref().map(Digest::as_bytes);
        let values = params![
            id,
            channel.0,
            chat,
            direction,
            new.state,
            sealed,
            source,
            new.not_before.0,
            new.notice_group,
            now.0
        ];
        self.connection.prepare_cached(sql)?.execute(values)?;
        self.ring(new.lane);
        Ok(true)
    }

    /// Whether a delivery of this notice group is on its way.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn group_waits(&self, channel: ChannelId, group: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE channel = ?1 AND notice_group = ?2
                   AND state IN ('pending', 'held', 'in_flight')";
        Ok(self.connection.prepare_cached(sql)?.exists(params![channel.0, group])?)
    }

    /// Rings for a lane once this job is committed.
    pub fn ring(&self, lane: Lane) {
        self.rung.borrow_mut().push(lane);
    }

    /// The head of a lane.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn head(&self, lane: Lane) -> Result<Option<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE channel = ?1 AND direction = ?2 AND chat IS ?3
             AND state IN ('pending', 'in_flight') ORDER BY seq LIMIT 1"
        );
        let values = params![lane.channel.0, lane.direction, lane.chat];
        let row = self.connection.prepare_cached(&sql)?.query_row(values, delivery_row).optional()?;
        Ok(row.map(|row| self.delivery(row)))
    }

    /// A value that does not open leaves the delivery without event, so that its lane can end it with a notice.
    fn delivery(&self, (mut delivery, event, chosen): DeliveryRow) -> Delivery {
        let row = delivery.id;
        delivery.event = self.open(event_place(row.as_ref()), &event).ok();
        delivery.chosen = chosen.and_then(|sealed| self.open(chosen_place(row.as_ref()), &sealed).ok());
        delivery
    }

    /// The lanes of a channel that have something to do.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn busy_lanes(&self, channel: ChannelId) -> Result<Vec<Lane>, StoreError> {
        let sql = "SELECT DISTINCT chat, direction FROM deliveries WHERE channel = ?1
                   AND state IN ('pending', 'in_flight')";
        let mut statement = self.connection.prepare(sql)?;
        let rows =
            statement.query_map([channel.0], |row| Ok(Lane { channel, chat: row.get(0)?, direction: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Makes a pending delivery the one in flight of its lane. False if it is not pending any more.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn begin(&self, delivery: &Delivery, chosen: Option<&StanzaId>) -> Result<bool, StoreError> {
        let sealed = chosen.map(|chosen| self.seal(chosen_place(delivery.id.as_ref()), chosen)).transpose()?;
        let sql = "UPDATE deliveries SET state = 'in_flight', chosen = coalesce(?2, chosen)
                   WHERE seq = ?1 AND state = 'pending'";
        Ok(self.connection.prepare_cached(sql)?.execute(params![delivery.seq, sealed])? == 1)
    }

    /// Puts a delivery back into its lane. `counts` says whether the attempt counts, `repeated` whether it may have
    /// arrived all the same.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn put_back(&self, seq: i64, not_before: Moment, counts: bool, repeated: bool) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET state = 'pending', not_before = ?2, attempts = attempts + ?3,
                   repeated = repeated OR ?4 WHERE seq = ?1";
        self.connection.prepare_cached(sql)?.execute(params![seq, not_before.0, counts, repeated])?;
        Ok(())
    }

    /// Sets a delivery aside as dead or unknown, under the clock of retention.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn set_aside(&self, seq: i64, state: State) -> Result<(), StoreError> {
        self.connection.execute("UPDATE deliveries SET state = ?2 WHERE seq = ?1", params![seq, state])?;
        Ok(())
    }

    /// A delivery has arrived: its sealed body goes.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn finish(&self, seq: i64) -> Result<(), StoreError> {
        self.connection.prepare_cached("DELETE FROM deliveries WHERE seq = ?1")?.execute([seq])?;
        Ok(())
    }

    /// Whether a call to WhatsApp is open in this chat whose message id is not known yet.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn nameless_call_open(&self, channel: ChannelId, chat: ChatId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE channel = ?1 AND direction = 'to_whatsapp' AND chat = ?2
                   AND state = 'in_flight' AND chosen IS NULL";
        Ok(self.connection.prepare_cached(sql)?.exists(params![channel.0, chat])?)
    }

    /// Whether any call is open in this lane. An id that is not known may be the one the call will get.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn call_open(&self, lane: Lane) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE channel = ?1 AND direction = ?2 AND chat IS ?3
                   AND state = 'in_flight'";
        Ok(self.connection.prepare_cached(sql)?.exists(params![lane.channel.0, lane.direction, lane.chat])?)
    }

    /// Whether a call of this lane was made whose answer is not recorded: it is open, or it is to be made again under
    /// the same id.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn answer_missing(&self, lane: Lane) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE channel = ?1 AND direction = ?2 AND chat IS ?3
                   AND (state = 'in_flight' OR state = 'pending' AND chosen IS NOT NULL)";
        Ok(self.connection.prepare_cached(sql)?.exists(params![lane.channel.0, lane.direction, lane.chat])?)
    }

    /// What was in flight when the program ended.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn in_flight(&self, channel: ChannelId) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE state = 'in_flight' AND channel = ?1 ORDER BY seq");
        self.deliveries(&sql, params![channel.0])
    }

    /// How many deliveries stand where, for health.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn queue_depth(&self, channel: ChannelId, state: State) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM deliveries WHERE state = ?2 AND channel = ?1";
        Ok(self.connection.query_row(sql, params![channel.0, state], |row| row.get(0))?)
    }

    pub(super) fn deliveries(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Delivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, delivery_row)?;
        rows.map(|row| Ok(self.delivery(row?))).collect()
    }
}

type DeliveryRow = (Delivery, Vec<u8>, Option<Vec<u8>>);

fn delivery_row(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    let delivery = Delivery {
        seq: row.get("seq")?,
        id: row.get("id")?,
        lane: Lane {
            channel: ChannelId(row.get("channel")?),
            chat: row.get("chat")?,
            direction: row.get("direction")?,
        },
        state: row.get("state")?,
        event: None,
        chosen: None,
        attempts: row.get("attempts")?,
        repeated: row.get("repeated")?,
        approved: row.get("approved")?,
        not_before: Moment(row.get("not_before")?),
        created_at: Moment(row.get("created_at")?),
    };
    Ok((delivery, row.get("event")?, row.get("chosen")?))
}

fn event_place(row: &[u8]) -> Place<'_> {
    Place { table: "deliveries", column: "event", row }
}

fn chosen_place(row: &[u8]) -> Place<'_> {
    Place { table: "deliveries", column: "chosen", row }
}
