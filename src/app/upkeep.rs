//! What the program does by itself: retention and backups at set times, and sealing values anew when asked; one at a time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::bridge::{self, Channel};
use crate::clock::Clock;
use crate::config::{Backup, Periods, Retention};
use crate::event::Notice;
use crate::store::backup::BackupError;
use crate::store::reseal::{self, Progress, Reseal};
use crate::store::{Purged, Store, StoreError};
use crate::{backups, retention, schedule};

/// What both jobs work with. Retention empties the write-ahead log, which a reader would keep it from: one at a time.
pub(super) struct Upkeep {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) database: PathBuf,
    pub(super) retention: Retention,
    pub(super) periods: Periods,
    pub(super) backup: Backup,
    pub(super) channels: Arc<[Arc<Channel>]>,
    reseal: Reseal,
    turn: Mutex<()>,
}

/// How long until values are sealed anew once more if it could not be finished.
const AGAIN: Duration = Duration::from_mins(1);

impl Upkeep {
    pub(super) fn new(
        reseal: &Reseal,
        clock: Clock,
        database: PathBuf,
        (retention, periods, backup): (Retention, Periods, Backup),
        channels: Arc<[Arc<Channel>]>,
    ) -> Self {
        let (store, reseal) = (reseal.store().clone(), reseal.clone());
        Self { store, clock, database, retention, periods, backup, channels, reseal, turn: Mutex::default() }
    }

    /// Runs both until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        tokio::join!(
            self.keep(retention::JOB, &self.retention.schedule, &stop, || self.delete()),
            self.keep_backups(&stop),
            until(&stop, self.settle()),
            until(&stop, self.keep_sealed()),
        );
    }

    /// What goes by another period than before the start.
    async fn settle(&self) {
        let _turn = self.turn.lock().await;
        if let Err(error) = retention::settle(&self.store, &self.clock).await {
            tracing::error!(%error, "a new period does not go for everything yet; retention goes on with it");
        }
    }

    /// Values of another kind than what is written now are named at the start; converting them has to be asked for. What
    /// was asked for before a restart goes on.
    async fn keep_sealed(&self) {
        if !self.reseal.is_enabled() {
            tracing::warn!("{}", reseal::OFF);
        }
        if matches!(self.reseal.look().await, Ok(true)) && matches!(self.reseal.is_asked().await, Ok(false)) {
            tracing::warn!("{}", reseal::REMAIN);
        }
        loop {
            if let Err(error) = self.seal_anew().await {
                tracing::error!(%error, "values are not all sealed anew; the next run goes on");
                self.clock.sleep(AGAIN).await;
            } else {
                self.reseal.wait().await;
            }
        }
    }

    async fn seal_anew(&self) -> Result<(), StoreError> {
        if self.reseal.is_asked().await? {
            let _turn = self.turn.lock().await;
            tracing::info!("values are being brought to what is written now");
            let Progress { resealed, unreadable, .. } = self.reseal.run().await?;
            tracing::info!(resealed, unreadable, "all values are as they are written now; older keys are destroyed");
        }
        Ok(())
    }

    async fn keep_backups(&self, stop: &CancellationToken) {
        if let Some(folder) = &self.backup.path {
            self.keep(backups::JOB, &self.backup.schedule, stop, || self.back_up(folder.clone())).await;
        }
    }

    async fn keep<F: Future<Output = ()>>(
        &self,
        name: &'static str,
        times: &str,
        stop: &CancellationToken,
        job: impl Fn() -> F,
    ) {
        let last = self.store.read(move |tx| tx.last_run(name)).await.unwrap_or_default();
        let at_once = schedule::is_overdue(last, self.clock.now());
        if schedule::run(times, at_once, stop.clone(), job).await.is_err() {
            tracing::error!(job = name, "the scheduler failed: this job runs again at the next start");
        }
    }

    async fn delete(&self) {
        let _turn = self.turn.lock().await;
        let purged = retention::run(&self.store, &self.clock, &self.periods).await.unwrap_or_else(|error| {
            tracing::error!(%error, "retention did not finish; the next run goes on");
            Purged::default()
        });
        let idle_chats = self.forget_idle().await;
        let put_aside = self.forget_put_aside();
        let of_backups = self.reach_backups().await.unwrap_or_else(|error| {
            tracing::error!(%error, "retention did not reach every backup; the next run goes on");
            Purged::default()
        });
        let beside = Purged { idle_chats, put_aside, ..of_backups };
        if let Err(error) = retention::report(&self.store, purged.and(beside)).await {
            tracing::error!(%error, "what retention has deleted is not noted");
        }
    }

    async fn forget_idle(&self) -> usize {
        let Some(idle) = self.retention.idle_portals else { return 0 };
        let begun = retention::forget_idle(&self.store, self.clock.now(), idle).await.unwrap_or_else(|error| {
            tracing::error!(%error, "idle chats are not forgotten yet; the next run goes on");
            0
        });
        self.channels.iter().for_each(|channel| channel.forget_due.notify_one());
        begun
    }

    /// Such a file is not thinned, so it goes as soon as something in it may be past its time.
    fn forget_put_aside(&self) -> usize {
        let (period, now) = (self.periods.shortest(), self.clock.now());
        backups::forget_put_aside(&self.database, period, now).unwrap_or_else(|error| {
            tracing::error!(kind = ?error.kind(), "a database that was put aside is not deleted; the next run goes on");
            0
        })
    }

    /// Backups hold what the database held: the same clock goes for them.
    async fn reach_backups(&self) -> Result<Purged, BackupError> {
        let Some(folder) = self.backup.path.clone() else { return Ok(Purged::default()) };
        let cutoffs = retention::cutoffs(self.clock.now(), &self.periods);
        let (config, periods) = (self.backup.clone(), self.periods.clone());
        let plan = self.store.read(move |tx| tx.plan_for_copies(&periods)).await?;
        blocking(move || backups::tend(&folder, &config, &plan, cutoffs)).await
    }

    async fn back_up(&self, folder: PathBuf) {
        let _turn = self.turn.lock().await;
        let (database, config, now) = (self.database.clone(), self.backup.clone(), self.clock.now());
        let made = blocking(move || backups::make(&database, &folder, &config, now)).await;
        match made {
            Ok(_) => tracing::info!("a backup is made"),
            Err(error) => {
                tracing::error!(%error, "no backup is made; the next run tries again");
                bridge::say_once(&self.channels, backups::JOB, &Notice::NoBackup, self.clock.now()).await;
                return;
            }
        }
        if let Err(error) = self.store.write(move |tx| tx.set_last_run(backups::JOB, now)).await {
            tracing::error!(%error, "the time of a backup is not noted");
        }
    }
}

async fn until(stop: &CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// Copying a database takes its time, and must not stand in the way of anything else.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Unavailable.into()))
}
