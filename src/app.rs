//! Wiring: opens the store, binds the listeners, and runs the channels between their wings.

mod assembly;
mod certificate;
mod ears;
mod gate;
mod locked;
mod serve;
mod tasks;
mod upkeep;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::admin::{self, Health};
use crate::alarm::{self, Alarm};
use crate::bridge::files::sweep;
use crate::clock::Clock;
use crate::config::{self, Config, Encryption, Unlock};
use crate::media::{self, Folder, Shelf};
use crate::store::reseal::Reseal;
use crate::store::{Store, StoreError};
use crate::whatsapp::{self, WahaError};
use crate::{backups, retention, schedule};
use certificate::Keeper;
use ears::{Ears, door};
use gate::Gate;
use serve::serve;
use upkeep::Upkeep;

pub use assembly::{Assembly, Peers, Shared};
pub use locked::Locked;
pub use tasks::Tasks;

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
    /// A listener cannot be shared.
    #[error("the listeners cannot be used ({0}): allow the program more open files")]
    Listener(std::io::ErrorKind),
    /// The certificate of the listener.
    #[error("server.tls_cert_file: {0}")]
    Certificate(String),
    /// The HTTP client.
    #[error(
        "no HTTP client can be made for WAHA: check channels.whatsapp.url and api_key, and that the system has CA certificates"
    )]
    Client(#[from] WahaError),
    /// The folder of files.
    #[error("{path} (media.folder) cannot be used ({why}): make it writable for this user, or set another folder")]
    Folder {
        /// The configured folder.
        path: PathBuf,
        /// The kind of failure.
        why: std::io::ErrorKind,
    },
    /// The same, by another one.
    #[error(
        "another Rialto uses {path} (media.folder), and each would remove the files of the other: stop it, or give each a \
         folder of its own"
    )]
    FolderTaken {
        /// The configured folder.
        path: PathBuf,
    },
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
    periods: config::Periods,
    backup: config::Backup,
    ears: Ears,
    assembly: Assembly,
    alarm: Alarm,
    shelf: Shelf,
    /// Nobody else uses the folder of files meanwhile.
    hold: std::fs::File,
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
        let ears = Ears::bind(&config.server).await?;
        let path = config.store.path.clone();
        let nothing = Encryption { enabled: config.encryption.enabled, unlock: Unlock::Nothing };
        let (encryption, config) = (config.encryption, Config { encryption: nothing, ..config });
        let store = tokio::task::spawn_blocking(move || Store::open(&path, &encryption))
            .await
            .map_err(|_| StoreError::Unavailable)??;
        Self::with(ears, store, config, clock).await
    }

    /// With a store that is open. Nothing of the secret is needed any more.
    async fn with(ears: Ears, store: Store, config: Config, clock: Clock) -> Result<Self, AppError> {
        let periods = config.periods();
        let Config { store: place, retention, backup, portals, floods, alarm, channels, media, server, .. } = config;
        let database = place.path;
        let (shelf, hold) = shelf(&media, &server, &ears)?;
        let shared = Shared {
            store: &store,
            clock: &clock,
            pace: portals,
            per_minute: floods.per_minute,
            periods: &periods,
            media: &media,
            shelf: &shelf,
        };
        let assembly = Assembly::of(channels, &shared, &assembly::Configured).await?;
        let alarm = Alarm::new(&alarm, store.clone(), clock.clone(), assembly.channels())?;
        Ok(Self { store, clock, database, retention, periods, backup, ears, assembly, alarm, shelf, hold })
    }

    /// Where webhooks are taken, for a configuration that asks for any free port.
    ///
    /// # Errors
    ///
    /// If the operating system does not say.
    pub fn webhook_address(&self) -> std::io::Result<SocketAddr> {
        self.ears.webhooks.local_addr()
    }

    /// Where health is answered.
    ///
    /// # Errors
    ///
    /// If the operating system does not say.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.ears.admin.local_addr()
    }

    /// Runs until `stop`, then lets what has begun finish; in the order of [`Tasks`], and then the store closes.
    pub async fn run(self, stop: CancellationToken) {
        let Self { store, clock, database, retention, periods, backup, ears, assembly, alarm, shelf, hold } = self;
        let tasks = Tasks::new(stop);
        let channels = assembly.channels();
        let folder = shelf.folder().clone();
        let router = media::router(shelf, whatsapp::router(assembly.doors(), clock.clone()));
        let Ears { webhooks, admin, tls } = ears;
        let certificate = tls.as_ref().map(|tls| Arc::clone(&tls.shown));
        tasks.work(|stop| door(webhooks, router, tls, stop));
        if let Some(shown) = certificate.clone() {
            let (store, clock, channels) = (store.clone(), clock.clone(), Arc::clone(&channels));
            tasks.work(|stop| Keeper { shown, store, clock, channels }.run(stop));
        }
        let reseal = Reseal::new(store.clone());
        let files = files(database.clone(), backup.path.clone(), folder);
        let rules = (retention, periods, backup);
        let upkeep = Upkeep::new(&reseal, clock.clone(), database, rules, Arc::clone(&channels));
        let (swept, kept) = (Arc::clone(&channels), store.clone());
        tasks.work(|stop| sweep::keep(swept, kept, stop));
        let jobs = [retention::JOB, backups::JOB];
        let health = admin::router(Health {
            store: store.clone(),
            channels,
            clock: clock.clone(),
            files,
            jobs,
            reseal,
            certificate,
        });
        tasks.link(|end| serve(Gate::new(admin, VISITORS), health, None, end));
        tasks.work(|stop| alarm.run(stop));
        tasks.work(|stop| upkeep.run(stop));
        assembly.start(&tasks);
        tasks.finish().await;
        drop(hold);
        store.close();
    }
}

/// How WAHA gets files. What is listened on says where, unless it is every address there is, or shows a certificate for a
/// name.
fn shelf(media: &config::Media, server: &config::Server, ears: &Ears) -> Result<(Shelf, std::fs::File), AppError> {
    let opened = Folder::open(&media.folder).and_then(|folder| Ok((folder.hold()?, folder)));
    let (hold, folder) = opened.map_err(|error| match (media.folder.clone(), error.kind()) {
        (path, std::io::ErrorKind::WouldBlock) => AppError::FolderTaken { path },
        (path, why) => AppError::Folder { path, why },
    })?;
    let listen = ears.webhooks.local_addr().ok().filter(|listen| !listen.ip().is_unspecified() && ears.tls.is_none());
    let url = server.url.clone().or_else(|| listen.map(|listen| format!("http://{listen}")));
    Ok((Shelf::new(folder, url.as_deref()), hold))
}

/// What the data map looks at.
fn files(database: PathBuf, backups: Option<PathBuf>, folder: Folder) -> admin::Files {
    let beside = database.clone();
    admin::Files {
        database,
        backups: Arc::new(move || backups.as_deref().map(backups::moments).unwrap_or_default()),
        put_aside: Arc::new(move || backups::put_aside(&beside)),
        sealed: Arc::new(move || folder.moments()),
    }
}
