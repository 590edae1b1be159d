//! Deliveries: accepted events on their way, one lane for each chat and direction.

use rusqlite::{Row, params};

use super::{ChannelId, ChatId, SignalPart, StoreError, Tx, row_id, words};
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
    /// The message it is, or waits for.
    pub source: Option<Source<'a>>,
    /// Not before this time.
    pub not_before: Moment,
    /// At most one pending or held delivery of a group exists in a channel; a second is not queued.
    pub notice_group: Option<&'a str>,
}

/// The message a delivery is found by.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// One of WhatsApp.
    WhatsApp(&'a Address, &'a StanzaId),
    /// One of Signal.
    Signal(SignalPart),
}

impl<'a> NewDelivery<'a> {
    /// One that is due at once.
    #[must_use]
    pub fn due(lane: Lane, event: &'a Event, now: Moment) -> Self {
        Self { lane, state: State::Pending, event, source: None, not_before: now, notice_group: None }
    }
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
    /// Whether `chosen` is of the time before the owner asked for it again.
    pub retried: bool,
    /// How often the owner edited it while it waited.
    pub edited: u32,
    /// Not before this time.
    pub not_before: Moment,
    /// When it was accepted.
    pub created_at: Moment,
}

pub(super) const COLUMNS: &str = "seq, id, channel, chat, direction, state, event, chosen, attempts, repeated, approved, retried, \
     edited, not_before, created_at";

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
        self.enqueue_another(new, now)?;
        Ok(true)
    }

    /// Queues a delivery at the tail of its lane, whatever its notice group has already. Returns its id.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn enqueue_another(&self, new: &NewDelivery<'_>, now: Moment) -> Result<DeliveryId, StoreError> {
        let id = DeliveryId::fresh();
        let sealed = self.seal(event_place(id.as_ref()), new.event)?;
        let source = new.source.map(|source| match source {
            Source::WhatsApp(chat, stanza) => self.whatsapp_digest(chat, stanza),
            Source::Signal(part) => self.signal_digest(&part),
        });
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
        Ok(id)
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

    /// A value that does not open leaves the delivery without event, so that its lane can end it with a notice.
    pub(super) fn delivery(&self, (mut delivery, event, chosen): DeliveryRow) -> Delivery {
        let row = delivery.id;
        delivery.event = self.open(event_place(row.as_ref()), &event).ok();
        delivery.chosen = chosen.and_then(|sealed| self.open(chosen_place(row.as_ref()), &sealed).ok());
        delivery
    }

    pub(super) fn deliveries(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Delivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, delivery_row)?;
        rows.map(|row| Ok(self.delivery(row?))).collect()
    }
}

pub(super) type DeliveryRow = (Delivery, Vec<u8>, Option<Vec<u8>>);

pub(super) fn delivery_row(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
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
        retried: row.get("retried")?,
        edited: row.get("edited")?,
        not_before: Moment(row.get("not_before")?),
        created_at: Moment(row.get("created_at")?),
    };
    Ok((delivery, row.get("event")?, row.get("chosen")?))
}

pub(super) fn event_place(row: &[u8]) -> Place<'_> {
    Place { table: "deliveries", column: "event", row }
}

pub(super) fn chosen_place(row: &[u8]) -> Place<'_> {
    Place { table: "deliveries", column: "chosen", row }
}
