//! TLS at the door for webhooks: what is needed to begin a connection, and the watch over the certificate, so that a new
//! one is shown without a restart and one that ends is told of in time.

use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::AppError;
use crate::bridge::{self, Channel};
use crate::clock::{Clock, Moment};
use crate::event::Notice;
use crate::store::{Store, StoreError};
use crate::tls::{Files, Look, SOON, Shown};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_mins(10);

/// How often the owner hears of it. The log says it each day.
const TOLD: Duration = Duration::from_hours(7 * 24);

const DAY: Duration = Duration::from_hours(24);

/// When the owner was last told, in the table of jobs.
const JOB: &str = "certificate";

/// The certificate and what begins connections with it.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) shown: Arc<Shown>,
    pub(super) acceptor: TlsAcceptor,
}

impl Tls {
    pub(super) fn of(files: &Files) -> Result<Self, AppError> {
        let shown = Shown::of(files).map_err(AppError::Certificate)?;
        let server = shown.server().map_err(|_| AppError::Certificate("TLS cannot be set up".to_owned()))?;
        Ok(Self { shown, acceptor: Arc::new(server).into() })
    }
}

/// Looks after the certificate.
pub(super) struct Keeper {
    pub(super) shown: Arc<Shown>,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) channels: Arc<[Arc<Channel>]>,
}

impl Keeper {
    /// Looks until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let looking = async {
            let mut logged = (None, 0);
            loop {
                self.log(&mut logged);
                if let Err(error) = self.tell().await {
                    tracing::warn!(%error, "that the certificate ends cannot be told yet");
                }
                self.clock.sleep(LOOK).await;
                if self.shown.look() == Look::Renewed {
                    tracing::info!("a new certificate is shown at the door");
                }
            }
        };
        stop.run_until_cancelled(looking).await;
    }

    /// Each sentence once a day.
    fn log(&self, logged: &mut (Option<String>, u64)) {
        let now = self.clock.now();
        let worry = self.shown.problem().or_else(|| self.shown.pair().worry(now));
        let this = (worry, now.since(Moment(0)).as_secs() / DAY.as_secs());
        if *logged != this {
            if let Some(worry) = &this.0 {
                tracing::warn!("server.tls_cert_file: {worry}");
            }
            *logged = this;
        }
    }

    async fn tell(&self) -> Result<(), StoreError> {
        let (now, ends) = (self.clock.now(), self.shown.pair().ends);
        let last = self.store.read(|tx| tx.last_run(JOB)).await?;
        if ends.since(now) > SOON || last.is_some_and(|last| now.since(last) < TOLD) {
            return Ok(());
        }
        bridge::say_once(&self.channels, JOB, &Notice::CertificateEnds { left: ends.since(now) }, now).await;
        self.store.write(move |tx| tx.set_last_run(JOB, now)).await
    }
}
