//! The channels between their wings, whatever carries these to the peers.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{AppError, Tasks};
use crate::bridge::gaps::Gap;
use crate::bridge::{self, Account, Channel, ChannelIntake, Counters, Doubts, Files, Names, Typists, limits};
use crate::clock::Clock;
use crate::config::{self, Periods};
use crate::event::{Aci, OutageCause};
use crate::failpoint::reach;
use crate::media::{Converter, HandOver, Room, Shelf};
use crate::signal::{Link, Settings};
use crate::store::{Side, Store};
use crate::whatsapp::{Client, Door, PictureFetcher, WahaError};

/// How the peers are reached.
pub trait Peers {
    /// The way to WAHA.
    ///
    /// # Errors
    ///
    /// If there cannot be one with this configuration.
    fn whatsapp(&self, waha: &config::WhatsApp) -> Result<Client, WahaError>;

    /// The way to signal-cli; not connected yet.
    fn signal(&self, settings: Settings, clock: Clock) -> Link;
}

/// Where the configuration says that they are.
pub(super) struct Configured;

impl Peers for Configured {
    fn whatsapp(&self, waha: &config::WhatsApp) -> Result<Client, WahaError> {
        Client::new(waha)
    }

    fn signal(&self, settings: Settings, clock: Clock) -> Link {
        Link::new(settings, clock)
    }
}

/// All channels, ready to run.
pub struct Assembly(Vec<Member>);

/// One channel with what its two wings need.
struct Member {
    channel: Arc<Channel>,
    intake: ChannelIntake,
    config: config::Channel,
}

impl Assembly {
    /// Puts configured channels together.
    ///
    /// # Errors
    ///
    /// If the store does not take them, or there is no way to a peer.
    pub async fn of(channels: Vec<config::Channel>, shared: &Shared<'_>, peers: &impl Peers) -> Result<Self, AppError> {
        let mut accounts = HashMap::<_, Arc<Account>>::new();
        let mut rooms = HashMap::<_, Room>::new();
        let mut members = Vec::new();
        for channel in channels {
            let account = accounts.entry(channel.signal.account.reveal().to_owned());
            let account = Arc::clone(account.or_insert_with(|| Arc::new(Account::new(shared.clock.now()))));
            let room = rooms.entry(channel.signal.hand_over.clone());
            let room = room.or_insert_with(|| Room::of(shared.media.hand_over)).clone();
            members.push(member(channel, shared, peers, (account, room)).await?);
        }
        let periods = shared.periods.clone();
        shared.store.write(move |tx| tx.set_periods(&periods)).await?;
        Ok(Self(members))
    }

    /// The channels.
    #[must_use]
    pub fn channels(&self) -> Arc<[Arc<Channel>]> {
        self.0.iter().map(|member| Arc::clone(&member.channel)).collect()
    }

    /// Their doors for webhooks.
    #[must_use]
    pub fn doors(&self) -> Vec<Door<ChannelIntake>> {
        self.0.iter().map(Member::door).collect()
    }

    /// Sets everything of the channels going.
    pub fn start(self, tasks: &Tasks) {
        for member in self.0 {
            member.start(tasks);
        }
    }
}

impl Member {
    fn door(&self) -> Door<ChannelIntake> {
        Door {
            channel: self.config.name.clone(),
            session: self.config.whatsapp.session.clone(),
            secrets: self.config.whatsapp.webhook_secrets.clone(),
            intake: self.intake.clone(),
        }
    }

    fn start(self, tasks: &Tasks) {
        let (link, intake) = (self.channel.signal.clone(), self.intake.clone());
        tasks.link(|end| sending(link.clone(), end));
        tasks.work(|stop| receiving(link, intake, stop));
        let owner = self.config.signal.owner.reveal().to_owned();
        tasks.work(|stop| bridge::run(self.channel, self.intake, owner, stop));
    }
}

async fn sending(link: Link, end: CancellationToken) {
    link.keep_sending(end).await;
}

async fn receiving(link: Link, intake: ChannelIntake, stop: CancellationToken) {
    link.keep_receiving(intake, stop).await;
}

/// What all channels have in common.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// The store of the process.
    pub store: &'a Store,
    /// The clock of the process.
    pub clock: &'a Clock,
    /// How fast portals are made.
    pub pace: config::Portals,
    /// How many messages of one sender in a minute are carried.
    pub per_minute: u32,
    /// How long what is kept.
    pub periods: &'a Periods,
    /// Where files lie on their way, and how large they may be.
    pub media: &'a config::Media,
    /// How WAHA gets them.
    pub shelf: &'a Shelf,
}

async fn member(
    config: config::Channel,
    shared: &Shared<'_>,
    peers: &impl Peers,
    (account, room): (Arc<Account>, Room),
) -> Result<Member, AppError> {
    let (name, now) = (config.name.clone(), shared.clock.now());
    let configured = config.signal.owner.reveal().to_owned();
    let (id, pinned, was_away) = shared
        .store
        .write(move |tx| {
            let id = tx.channel(&name, now)?;
            let pinned = tx.pinned_owner(id, &configured)?;
            let was_away = tx.outage(id, Side::Signal)?.is_some();
            reach!("channel.before_commit");
            Ok((id, pinned, was_away))
        })
        .await?;
    let calls = Arc::clone(&account.calls);
    let settings = Settings { doubted: was_away, calls, ..Settings::new(&config.name, &config.signal, pinned) };
    let link = peers.signal(settings, shared.clock.clone());
    let owner = known_owner(&link);
    let channel = Channel {
        id,
        name: config.name.clone(),
        store: shared.store.clone(),
        clock: shared.clock.clone(),
        counters: Arc::new(Counters::new(&config.name)),
        whatsapp: peers.whatsapp(&config.whatsapp)?,
        signal: link,
        // Nothing is sent before WAHA has said that its session works.
        whatsapp_trouble: watch::Sender::new(Some(OutageCause::Starting)),
        gap: Gap::default(),
        engine: watch::Sender::new(None),
        session_changed: Arc::new(Notify::new()),
        merge_due: Arc::new(Notify::new()),
        forget_due: Arc::new(Notify::new()),
        files: files(&config.name, &config.signal, shared, room),
        timers_due: Arc::new(Notify::new()),
        titles_due: Arc::new(Notify::new()),
        ticks: config.ticks.clone(),
        ticks_due: Arc::default(),
        typists: Typists::new(config.typing),
        held_changed: Notify::new(),
        owner,
        owner_trusted: watch::Sender::new(true),
        bridge: OnceLock::new(),
        account,
        captcha: watch::Sender::new(None),
        doubts: Doubts::default(),
        signal_failing: watch::Sender::new(None),
        mode: config.conversation,
        map_link: config.map_link.clone(),
        view_once: config.view_once,
        pictures: PictureFetcher::new(&config.pictures)?,
        chats: Arc::new(config.chats.clone()),
        tell_strangers: config.signal.tell_strangers,
        names: Names::default(),
        pace: shared.pace,
        silence: config.whatsapp.silence,
        per_minute: shared.per_minute,
        disappearing: config.retention.disappearing,
        signal_calls: Semaphore::new(limits::CALLS),
        whatsapp_calls: Semaphore::new(limits::CALLS),
    };
    let intake = ChannelIntake::new(&channel);
    Ok(Member { channel: Arc::new(channel), intake, config })
}

/// Without a folder of hand-over that can be used, files are told of and not carried.
fn files(channel: &str, signal: &config::Signal, shared: &Shared<'_>, room: Room) -> Files {
    let hand_over = signal.hand_over.as_ref().map(|path| HandOver::open(&path.join(channel), room));
    let hand_over = hand_over.transpose().unwrap_or_else(|error| {
        tracing::error!(error = %error.kind(), "no files go to Signal: channels.signal.hand_over cannot be used");
        None
    });
    Files {
        folder: shared.shelf.folder().clone(),
        config: shared.media.clone(),
        shelf: shared.shelf.clone(),
        hand_over,
        attachments: signal.attachments.clone(),
        converter: converter(shared.media),
        wanted: Arc::default(),
        settled: watch::Sender::new(()),
    }
}

/// One that is not there would else only show with the first file.
fn converter(media: &config::Media) -> Converter {
    let ffmpeg = media.ffmpeg.clone().filter(|ffmpeg| ffmpeg.is_file());
    if media.ffmpeg.is_some() && ffmpeg.is_none() {
        tracing::error!("files stay what they are: there is no program at media.ffmpeg");
    }
    Converter::new(ffmpeg)
}

fn known_owner(link: &Link) -> Arc<OnceLock<Aci>> {
    let owner = Arc::new(OnceLock::new());
    if let Some(aci) = link.owner().borrow().clone() {
        // The cell is new.
        let _ = owner.set(aci);
    }
    owner
}
