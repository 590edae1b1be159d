//! The way in: what the wings bring becomes deliveries. Everything that is decided here is decided inside the one job
//! that commits it.

mod amended;
mod answers;
mod astray;
mod changes;
mod floods;
mod forget;
mod from_signal;
mod from_whatsapp;
mod group_news;
mod late;
mod ticks;

pub(super) use changes::{Changes, not_changed};
pub(super) use from_signal::about;

use std::cell::Cell;
use std::sync::Arc;

use tokio::sync::{Notify, watch};

use super::captcha;
use super::channel::Channel;
use super::counters::Counters;
use super::limits;
use super::permit::Permit;
use super::tell::{self, Say};
use super::ticks::TicksDue;
use super::typing::{self, Ear};
use crate::clock::{Clock, Moment};
use crate::config::ToSignal;
use crate::event::{
    Aci, Address, Arrival, Event, Intake, IntakeError, Notice, Refusal, SeenKey, SeenKind, Taken, Typing,
};
use crate::failpoint::reach;
use crate::signal::Captcha;
use crate::store::{ChannelId, ChatId, Direction, Lane, Sign, Store, StoreError, Tx};

/// The channel's [`Intake`].
#[derive(Clone)]
pub struct ChannelIntake {
    channel: ChannelId,
    store: Store,
    clock: Clock,
    counters: Arc<Counters>,
    owner: Arc<std::sync::OnceLock<Aci>>,
    session_changed: Arc<Notify>,
    merge_due: Arc<Notify>,
    forget_due: Arc<Notify>,
    titles_due: Arc<Notify>,
    timers_due: Arc<Notify>,
    owner_trusted: watch::Sender<bool>,
    per_minute: u32,
    captcha: watch::Sender<Option<Captcha>>,
    permit: Permit,
    tell_strangers: bool,
    files_wanted: Arc<Notify>,
    files: Ways,
    ticks_due: Arc<TicksDue>,
    ear: Ear,
    shown: ToSignal,
    seen: bool,
}

/// Which ways there are for files.
#[derive(Debug, Clone, Copy)]
struct Ways {
    to_signal: bool,
    to_whatsapp: bool,
    /// Whether those that may be seen once go to Signal.
    once: bool,
}

impl ChannelIntake {
    /// The intake of a channel.
    #[must_use]
    pub fn new(channel: &Channel) -> Self {
        Self {
            channel: channel.id,
            store: channel.store.clone(),
            clock: channel.clock.clone(),
            counters: Arc::clone(&channel.counters),
            owner: Arc::clone(&channel.owner),
            session_changed: Arc::clone(&channel.session_changed),
            merge_due: Arc::clone(&channel.merge_due),
            forget_due: Arc::clone(&channel.forget_due),
            titles_due: Arc::clone(&channel.titles_due),
            timers_due: Arc::clone(&channel.timers_due),
            owner_trusted: channel.owner_trusted.clone(),
            per_minute: channel.per_minute,
            captcha: channel.captcha.clone(),
            tell_strangers: channel.tell_strangers,
            files_wanted: Arc::clone(&channel.files.wanted),
            files: Ways {
                to_signal: channel.files.hand_over.is_some(),
                to_whatsapp: channel.files.go_to_whatsapp(),
                once: channel.view_once,
            },
            ticks_due: Arc::clone(&channel.ticks_due),
            ear: channel.typists.ear(),
            shown: channel.ticks.to_signal,
            seen: channel.ticks.seen,
            permit: Permit {
                channel: channel.id,
                store: channel.store.clone(),
                whatsapp: channel.whatsapp.clone(),
                rules: Arc::clone(&channel.chats),
            },
        }
    }

    async fn tell_once(&self, notice: Notice, group: &'static str) {
        let (channel, now) = (self.channel, self.clock.now());
        let told = self.store.write(move |tx| tell::owner(tx, Say::control(channel, &notice).once(group), now)).await;
        if let Err(error) = told {
            tracing::warn!(%error, "a notice was not queued");
        }
    }
}

impl ChannelIntake {
    /// Once a day: whoever writes often shall not have the owner's attention for it.
    async fn tell_of_stranger(&self) {
        let (channel, now) = (self.channel, self.clock.now());
        let job = move |tx: &Tx<'_>| {
            Ok(tx.may_tell_stranger(channel, limits::STRANGERS, now)?
                && tell::owner(tx, Say::control(channel, &Notice::StrangerWrote), now)?)
        };
        if let Err(error) = self.store.write(job).await {
            tracing::warn!(%error, "a notice was not queued");
        }
    }
}

impl Intake for ChannelIntake {
    async fn accept(&self, mut arrivals: Vec<Arrival>) -> Result<Vec<Taken>, IntakeError> {
        let let_in = self.permit.judge(arrivals.iter_mut().map(|arrival| &mut arrival.event)).await?;
        let kept_out = let_in.iter().filter(|let_in| !**let_in).count();
        let brings = |wanted: fn(&Event) -> bool| arrivals.iter().any(|arrival| wanted(&arrival.event));
        let session = brings(|event| matches!(event, Event::Session(_)));
        let identity = brings(|event| matches!(event, Event::IdentityChanged));
        let strangers = brings(|event| matches!(event, Event::GroupChanged { by_stranger: true, .. }));
        let written = typing::places(&arrivals);
        let captchas: Vec<_> = arrivals.iter().map(captcha_of).collect();
        // WAHA repeats what is not answered; signal-cli has forgotten it.
        let only_here = arrivals.iter().any(|arrival| arrival.key.kind == SeenKind::Signal);
        let (channel, owner) = (self.channel, self.owner.get().cloned());
        let (per_minute, files, shown, seen) = (self.per_minute, self.files, self.shown, self.seen);
        let ticks_due = Arc::clone(&self.ticks_due);
        let job = move |tx: &Tx<'_>| {
            let (owner, ticks_due) = (owner.as_ref(), &*ticks_due);
            let desk = Desk { tx, channel, owner, per_minute, files, shown, seen, ticks_due, rung: Rung::default() };
            let judged = arrivals.iter().zip(&let_in);
            let take = |(arrival, let_in): (&Arrival, &bool)| {
                if *let_in { desk.take(arrival) } else { desk.keep_out(arrival) }
            };
            let taken = judged.map(take).collect::<Result<Vec<_>, _>>();
            reach!("intake.before_commit");
            taken.map(|taken| (taken, desk.rung))
        };
        let taken = if only_here { self.store.write_first(job).await } else { self.store.write(job).await };
        let (taken, rung) = taken.map_err(|error| {
            tracing::error!(%error, "an event was not accepted; its sender will repeat it");
            IntakeError
        })?;
        reach!("intake.after_commit");
        self.counters.taken(&taken);
        self.ear.wrote(written);
        if rung.twins.get() {
            self.merge_due.notify_one();
        }
        if rung.timers.get() {
            self.timers_due.notify_one();
        }
        if rung.titles.get() {
            self.titles_due.notify_one();
        }
        if rung.forget.get() {
            self.forget_due.notify_one();
        }
        if rung.files.get() {
            self.files_wanted.notify_one();
        }
        for (is_due, direction) in
            [(rung.read_in_signal, Direction::ToWhatsApp), (rung.read_on_whatsapp, Direction::ToSignal)]
        {
            if is_due.get() {
                self.ticks_due.of(direction).notify_one();
            }
        }
        if rung.tampered.get() {
            self.counters.refused(Refusal::Tampered);
        }
        if session {
            self.session_changed.notify_one();
        }
        if identity {
            self.owner_trusted.send_replace(false);
        }
        let fresh = captchas.into_iter().zip(&taken).filter(|(_, taken)| **taken == Taken::New);
        if let Some(captcha) = fresh.filter_map(|(captcha, _)| captcha).next_back() {
            self.captcha.send_replace(Some(captcha));
        }
        for _ in 0..kept_out {
            self.counters.refused(Refusal::KeptOut);
        }
        if strangers {
            self.counters.refused(Refusal::Stranger);
        }
        Ok(taken)
    }

    async fn is_known(&self, key: SeenKey) -> Result<bool, IntakeError> {
        let channel = self.channel;
        self.store.read(move |tx| tx.is_seen(channel, &key)).await.map_err(|_| IntakeError)
    }

    fn typing(&self, typing: Typing) {
        self.ear.hear(typing);
    }

    async fn refuse(&self, refusal: Refusal) {
        self.counters.refused(refusal);
        if refusal == Refusal::Stale {
            self.tell_once(Notice::StaleWebhooks, "stale").await;
        }
        if refusal == Refusal::Stranger && self.tell_strangers {
            self.tell_of_stranger().await;
        }
    }
}

fn captcha_of(arrival: &Arrival) -> Option<Captcha> {
    let Event::Typed(typed) = &arrival.event else { return None };
    captcha::typed(typed)
}

/// One job's view of the channel.
struct Desk<'a> {
    tx: &'a Tx<'a>,
    channel: ChannelId,
    owner: Option<&'a Aci>,
    /// How many messages of one sender are carried in a minute of a chat; 0: all.
    per_minute: u32,
    files: Ways,
    /// What Signal shows as read.
    shown: ToSignal,
    /// Whether WhatsApp shows as seen what the owner has read.
    seen: bool,
    ticks_due: &'a TicksDue,
    rung: Rung,
}

/// What there is to do once the job is on disk.
#[derive(Default)]
struct Rung {
    /// Chats were found that are to be merged.
    twins: Cell<bool>,
    /// A chat may be called otherwise.
    titles: Cell<bool>,
    /// Messages stay in a chat for another span.
    timers: Cell<bool>,
    /// A chat is to be forgotten.
    forget: Cell<bool>,
    /// Files are to be fetched.
    files: Cell<bool>,
    /// The owner has read something.
    read_in_signal: Cell<bool>,
    /// Something of the owner's was read.
    read_on_whatsapp: Cell<bool>,
    /// Something in the database is not as it was written.
    tampered: Cell<bool>,
}

impl Desk<'_> {
    fn take(&self, arrival: &Arrival) -> Result<Taken, StoreError> {
        let now = arrival.at;
        self.note_sign(&arrival.event, now)?;
        if let Event::OwnerReceipt(receipt) = &arrival.event {
            // It does the same as often as it comes, so nothing of it has to be remembered.
            self.take_read(receipt)?;
            return self.take_receipt(now);
        }
        let is_new = self.tx.remember(self.channel, &arrival.key, now)?;
        let event = &arrival.event;
        match if is_new { self.take_new(event, now) } else { self.take_repeat(event, now) } {
            Err(error) if error.is_tampering() => {
                self.rung.tampered.set(true);
                if is_new { self.take_astray(event, now) } else { Ok(Taken::Repeat) }
            }
            taken => taken,
        }
    }

    fn take_new(&self, event: &Event, now: Moment) -> Result<Taken, StoreError> {
        match event {
            Event::Message(message) => self.take_message(message, now),
            Event::Awaited(awaited) => self.take_awaited(awaited, now),
            Event::Amended(amendment) => self.take_amended(amendment, now),
            Event::GroupNews(news) => self.take_group_news(news, now),
            Event::Ack(ack) => self.take_ack(ack, now),
            Event::Typed(typed) => self.take_typed(typed, now),
            Event::Changed(change) => self.take_changed(change, now),
            Event::GroupChanged { group, .. } => self.take_group(group, now),
            Event::Called => self.take_call(now),
            Event::Undecrypted { item } => self.take_undecrypted(item, now),
            Event::Unreadable { .. } => self.take_unreadable(event, now),
            Event::OwnerReceipt(_)
            | Event::Session(_)
            | Event::IdentityChanged
            | Event::LateFile(_)
            | Event::Leave { .. }
            | Event::Notice(_)
            | Event::Ignored => Ok(Taken::NoConsequence),
        }
    }

    /// Of a chat that is not bridged nothing stays, but that WhatsApp lives and the phone is there.
    fn keep_out(&self, arrival: &Arrival) -> Result<Taken, StoreError> {
        self.note_sign(&arrival.event, arrival.at)?;
        if let Event::Message(message) = &arrival.event {
            self.note_phone(message, arrival.at)?;
        }
        Ok(Taken::NoConsequence)
    }

    /// A change of WAHA's session is no sign of WhatsApp itself: it also comes from one that is dead and restarted.
    fn note_sign(&self, event: &Event, now: Moment) -> Result<(), StoreError> {
        let sign = match event {
            Event::Message(_)
            | Event::Awaited(_)
            | Event::Amended(_)
            | Event::GroupNews(_)
            | Event::Ack(_)
            | Event::Unreadable { .. }
            | Event::Ignored => Sign::FromWhatsApp,
            Event::Typed(_)
            | Event::Changed(_)
            | Event::OwnerReceipt(_)
            | Event::GroupChanged { .. }
            | Event::Called
            | Event::Undecrypted { .. }
            | Event::IdentityChanged => Sign::FromSignal,
            Event::Session(_) | Event::LateFile(_) | Event::Leave { .. } | Event::Notice(_) => return Ok(()),
        };
        self.tx.note(self.channel, sign, now)
    }

    fn lane(&self, chat: Option<ChatId>, direction: Direction) -> Lane {
        Lane { channel: self.channel, chat, direction }
    }

    fn chat_of(&self, address: &Address, alternative: Option<&Address>) -> Result<Option<ChatId>, StoreError> {
        self.tx.find_chat(self.channel, address, alternative)
    }
}
