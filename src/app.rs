//! Wiring: opens the store, binds the listeners, and runs the channels between their wings.

mod gate;
mod upkeep;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin::{self, Health};
use crate::alarm::{self, Alarm};
use crate::bridge::gaps::Gap;
use crate::bridge::{self, Channel, ChannelIntake, Counters, limits};
use crate::clock::{Clock, Moment};
use crate::config::{self, Config};
use crate::event::{Aci, OutageCause};
use crate::failpoint::reach;
use crate::lifecycle::PATIENCE;
use crate::schedule;
use crate::signal::{Link, Settings};
use crate::store::{Store, StoreError};
use crate::whatsapp::{self, Client, Door, WahaError};
use gate::Gate;
use upkeep::Upkeep;

/// How many may be connected to the webhooks at once. WAHA sends them side by side, each over a connection of its own.
const SENDERS: usize = 256;

/// How many may be connected to the admin listener.
const VISITORS: usize = 32;

/// Why the program cannot start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A listener.
    #[error("{address} ({key}) cannot be listened on ({why}): stop the program that uses it, or set another address")]
    Bind {
        /// The configured address.
        address: SocketAddr,
        /// The configuration key.
        key: &'static str,
        /// The kind of failure.
        why: std::io::ErrorKind,
    },
    /// The HTTP client.
    #[error(
        "no HTTP client can be made for WAHA: check channels.whatsapp.url and api_key, and that the system has CA certificates"
    )]
    Client(#[from] WahaError),
    /// A schedule.
    #[error("{0} is not a schedule: it takes five cron fields in UTC, like \"0 3 * * *\"")]
    Schedule(&'static str),
    /// The alarm's HTTP client.
    #[error("no HTTP client can be made for the alarm: check alarm.token, and that the system has CA certificates")]
    Alarm(#[from] alarm::Unheard),
}

/// A program that is ready to run: the store is open and the addresses are its own.
pub struct App {
    store: Store,
    clock: Clock,
    database: PathBuf,
    retention: config::Retention,
    backup: config::Backup,
    webhooks: TcpListener,
    admin: TcpListener,
    members: Vec<Member>,
    alarm: Alarm,
}

/// One channel with what its two wings need.
struct Member {
    channel: Arc<Channel>,
    intake: ChannelIntake,
    config: config::Channel,
}

impl App {
    /// What can be wrong with a configuration and shows only here.
    ///
    /// # Errors
    ///
    /// [`AppError::Schedule`].
    pub fn check(config: &Config) -> Result<(), AppError> {
        let schedules =
            [("retention.schedule", &config.retention.schedule), ("backup.schedule", &config.backup.schedule)];
        let wrong = schedules.into_iter().find(|(_, schedule)| !schedule::is_valid(schedule));
        wrong.map_or(Ok(()), |(key, _)| Err(AppError::Schedule(key)))
    }

    /// Opens and binds everything, so that whatever is wrong shows before anything runs.
    ///
    /// # Errors
    ///
    /// Any [`AppError`].
    pub async fn prepare(config: Config, clock: Clock) -> Result<Self, AppError> {
        Self::check(&config)?;
        let webhooks = bind(config.server.listen, "server.listen").await?;
        let admin = bind(config.server.admin_listen, "server.admin_listen").await?;
        let (path, encryption) = (config.store.path.clone(), config.encryption);
        let store = tokio::task::spawn_blocking(move || Store::open(&path, &encryption))
            .await
            .map_err(|_| StoreError::Unavailable)??;
        let mut makers = HashMap::new();
        let mut members = Vec::new();
        for channel in config.channels {
            let account = channel.signal.account.reveal().to_owned();
            let making = Arc::clone(makers.entry(account).or_insert_with(|| Arc::new(Mutex::new(()))));
            let shared = Shared { store: &store, clock: &clock, pace: config.portals, retention: &config.retention };
            members.push(member(channel, &shared, making).await?);
        }
        let channels = members.iter().map(|member| Arc::clone(&member.channel)).collect();
        let alarm = Alarm::new(&config.alarm, store.clone(), clock.clone(), channels)?;
        let (database, retention, backup) = (config.store.path, config.retention, config.backup);
        Ok(Self { store, clock, database, retention, backup, webhooks, admin, members, alarm })
    }

    /// Where webhooks are taken, for a configuration that asks for any free port.
    ///
    /// # Errors
    ///
    /// If the operating system does not say.
    pub fn webhook_address(&self) -> std::io::Result<SocketAddr> {
        self.webhooks.local_addr()
    }

    /// Where health is answered.
    ///
    /// # Errors
    ///
    /// If the operating system does not say.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.admin.local_addr()
    }

    /// Runs until `stop`, then lets what has begun finish.
    ///
    /// The order of stopping: no new webhooks, what signal-cli has written is taken in, open calls end and are
    /// recorded; then the links close, then the store.
    pub async fn run(self, stop: CancellationToken) {
        let Self { store, clock, database, retention, backup, webhooks, admin, members, alarm } = self;
        let (work, links) = (TaskTracker::new(), TaskTracker::new());
        let unlink = CancellationToken::new();
        let channels: Arc<[_]> = members.iter().map(|member| Arc::clone(&member.channel)).collect();
        let doors = members.iter().map(Member::door).collect();
        work.spawn(serve(Gate::new(webhooks, SENDERS), whatsapp::router(doors, clock.clone()), stop.clone()));
        let jobs = (retention, backup);
        let upkeep = Upkeep::new(store.clone(), clock, database, jobs, Arc::clone(&channels));
        let health = admin::router(Health { store: store.clone(), channels });
        links.spawn(serve(Gate::new(admin, VISITORS), health, unlink.clone()));
        work.spawn(alarm.run(stop.clone()));
        work.spawn(upkeep.run(stop.clone()));
        for member in members {
            let link = member.channel.signal.clone();
            links.spawn({
                let (link, unlink) = (link.clone(), unlink.clone());
                async move { link.keep_sending(unlink).await }
            });
            work.spawn({
                let (intake, stop) = (member.intake.clone(), stop.clone());
                async move { link.keep_receiving(intake, stop).await }
            });
            let owner = member.config.signal.owner.reveal().to_owned();
            work.spawn(bridge::run(member.channel, member.intake, owner, stop.clone()));
        }
        stop.cancelled().await;
        if !finish(&work).await {
            tracing::warn!("not everything finished in time; what was open is sorted at the next start");
        }
        unlink.cancel();
        finish(&links).await;
        store.close();
    }
}

/// Timed by the machine, also under a manual clock: whoever stands still must still be able to stop.
async fn finish(tasks: &TaskTracker) -> bool {
    tasks.close();
    tokio::time::timeout(PATIENCE, tasks.wait()).await.is_ok()
}

impl Member {
    fn door(&self) -> Door<ChannelIntake> {
        Door {
            channel: self.config.name.clone(),
            session: self.config.whatsapp.session.clone(),
            secret: self.config.whatsapp.webhook_secret.clone(),
            intake: self.intake.clone(),
        }
    }
}

struct Shared<'a> {
    store: &'a Store,
    clock: &'a Clock,
    pace: config::Portals,
    retention: &'a config::Retention,
}

async fn member(config: config::Channel, shared: &Shared<'_>, making: Arc<Mutex<()>>) -> Result<Member, AppError> {
    let (name, now) = (config.name.clone(), shared.clock.now());
    let configured = config.signal.owner.reveal().to_owned();
    let (id, pinned) = shared
        .store
        .write(move |tx| {
            let id = tx.channel(&name, now)?;
            let pinned = tx.pinned_owner(id, &configured)?;
            reach!("channel.before_commit");
            Ok((id, pinned))
        })
        .await?;
    let link = Link::new(Settings::new(&config.name, &config.signal, pinned), shared.clock.clone());
    let owner = known_owner(&link);
    let channel = Channel {
        id,
        name: config.name.clone(),
        store: shared.store.clone(),
        clock: shared.clock.clone(),
        counters: Arc::new(Counters::default()),
        whatsapp: Client::new(&config.whatsapp)?,
        signal: link,
        // Nothing is sent before WAHA has said that its session works.
        whatsapp_trouble: watch::Sender::new(Some(OutageCause::Starting)),
        gap: Gap::default(),
        engine: watch::Sender::new(None),
        session_changed: Arc::new(Notify::new()),
        held_changed: Notify::new(),
        owner,
        owner_trusted: watch::Sender::new(true),
        bridge: OnceLock::new(),
        signal_pause: watch::Sender::new(Moment(0)),
        signal_failing: watch::Sender::new(None),
        making,
        mode: config.conversation,
        pace: shared.pace,
        silence: config.whatsapp.silence,
        retention: shared.retention.period,
        signal_calls: Semaphore::new(limits::CALLS),
        whatsapp_calls: Semaphore::new(limits::CALLS),
    };
    let intake = ChannelIntake::new(&channel);
    Ok(Member { channel: Arc::new(channel), intake, config })
}

fn known_owner(link: &Link) -> Arc<OnceLock<Aci>> {
    let owner = Arc::new(OnceLock::new());
    if let Some(aci) = link.owner().borrow().clone() {
        // The cell is new.
        let _ = owner.set(aci);
    }
    owner
}

async fn bind(address: SocketAddr, key: &'static str) -> Result<TcpListener, AppError> {
    TcpListener::bind(address).await.map_err(|error| AppError::Bind { address, key, why: error.kind() })
}

async fn serve(listener: Gate, router: Router, stop: CancellationToken) {
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(kind = ?error.kind(), "a listener failed");
    }
}
