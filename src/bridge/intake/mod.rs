//! The way in: what the wings bring becomes deliveries. Everything that is decided here is decided inside the one job
//! that commits it.

mod from_signal;
mod from_whatsapp;

pub(super) use from_signal::about;

use std::sync::Arc;

use tokio::sync::Notify;

use super::counters::Counters;
use super::tell::{self, Say};
use crate::clock::{Clock, Moment};
use crate::event::{Aci, Address, Arrival, Event, Intake, IntakeError, Notice, Refusal, SeenKey, Taken};
use crate::store::{ChannelId, ChatId, Direction, Lane, NewDelivery, Sign, State, Store, StoreError, Tx};

/// The channel's [`Intake`].
#[derive(Clone)]
pub struct ChannelIntake {
    channel: ChannelId,
    store: Store,
    clock: Clock,
    counters: Arc<Counters>,
    owner: Arc<std::sync::OnceLock<Aci>>,
    session_changed: Arc<Notify>,
}

impl ChannelIntake {
    /// An intake for one channel. `owner` is set once the owner's account id is known; `session_changed` is notified
    /// of each change of WAHA's session.
    #[must_use]
    pub fn new(
        channel: ChannelId,
        store: Store,
        clock: Clock,
        counters: Arc<Counters>,
        owner: Arc<std::sync::OnceLock<Aci>>,
        session_changed: Arc<Notify>,
    ) -> Self {
        Self { channel, store, clock, counters, owner, session_changed }
    }

    async fn tell_once(&self, notice: Notice, group: &'static str) {
        let (channel, now) = (self.channel, self.clock.now());
        let told = self.store.write(move |tx| tell::owner(tx, Say::control(channel, &notice).once(group), now)).await;
        if let Err(error) = told {
            tracing::warn!(%error, "a notice was not queued");
        }
    }
}

impl Intake for ChannelIntake {
    async fn accept(&self, arrivals: Vec<Arrival>) -> Result<Vec<Taken>, IntakeError> {
        let session = arrivals.iter().any(|arrival| matches!(arrival.event, Event::Session(_)));
        let (channel, owner) = (self.channel, self.owner.get().cloned());
        let job = move |tx: &Tx<'_>| {
            let desk = Desk { tx, channel, owner: owner.as_ref() };
            arrivals.iter().map(|arrival| desk.take(arrival)).collect::<Result<Vec<_>, _>>()
        };
        let taken = self.store.write(job).await.map_err(|error| {
            tracing::error!(%error, "an event was not accepted; its sender will repeat it");
            IntakeError
        })?;
        self.counters.taken(&taken);
        if session {
            self.session_changed.notify_one();
        }
        Ok(taken)
    }

    async fn is_known(&self, key: SeenKey) -> Result<bool, IntakeError> {
        let channel = self.channel;
        self.store.read(move |tx| tx.is_seen(channel, &key)).await.map_err(|_| IntakeError)
    }

    async fn refuse(&self, refusal: Refusal) {
        self.counters.refused(refusal);
        if refusal == Refusal::Stale {
            self.tell_once(Notice::StaleWebhooks, "stale").await;
        }
    }
}

/// One job's view of the channel.
struct Desk<'a> {
    tx: &'a Tx<'a>,
    channel: ChannelId,
    owner: Option<&'a Aci>,
}

impl Desk<'_> {
    fn take(&self, arrival: &Arrival) -> Result<Taken, StoreError> {
        let now = arrival.at;
        self.note_sign(&arrival.event, now)?;
        if let Event::OwnerReceipt(_) = arrival.event {
            // It does the same as often as it comes, so nothing of it has to be remembered.
            return self.take_receipt(now);
        }
        if !self.tx.remember(self.channel, &arrival.key, now)? {
            return self.take_repeat(&arrival.event);
        }
        match &arrival.event {
            Event::Message(message) => self.take_message(message, now),
            Event::Ack(ack) => self.take_ack(ack, now),
            Event::Typed(typed) => self.take_typed(typed, now),
            Event::Unreadable { .. } => self.take_unreadable(&arrival.event, now),
            Event::OwnerReceipt(_) | Event::Session(_) | Event::Notice(_) | Event::Ignored => Ok(Taken::NoConsequence),
        }
    }

    /// A change of WAHA's session is no sign of WhatsApp itself: it also comes from one that is dead and restarted.
    fn note_sign(&self, event: &Event, now: Moment) -> Result<(), StoreError> {
        let sign = match event {
            Event::Message(_) | Event::Ack(_) | Event::Unreadable { .. } | Event::Ignored => Sign::FromWhatsApp,
            Event::Typed(_) | Event::OwnerReceipt(_) => Sign::FromSignal,
            Event::Session(_) | Event::Notice(_) => return Ok(()),
        };
        self.tx.note(self.channel, sign, now)
    }

    /// Kept sealed for whoever can read it one day; the owner hears of it once.
    fn take_unreadable(&self, event: &Event, now: Moment) -> Result<Taken, StoreError> {
        let lane = self.lane(None, Direction::ToSignal);
        let dead = NewDelivery { lane, state: State::Dead, event, source: None, not_before: now, notice_group: None };
        self.tx.enqueue(&dead, now)?;
        let say = Say::control(self.channel, &Notice::UnreadableWebhooks).once("unreadable");
        tell::owner(self.tx, say, now)?;
        Ok(Taken::New)
    }

    fn lane(&self, chat: Option<ChatId>, direction: Direction) -> Lane {
        Lane { channel: self.channel, chat, direction }
    }

    fn chat_of(&self, address: &Address, alternative: Option<&Address>) -> Result<Option<ChatId>, StoreError> {
        self.tx.find_chat(self.channel, address, alternative)
    }
}
