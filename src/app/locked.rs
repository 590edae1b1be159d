//! A program without its secret: it has its addresses and nothing else. WAHA is asked to come again, signal-cli is not
//! spoken to, and the database is not opened before somebody gives the secret.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use super::ears::{Ears, door};
use super::gate::Gate;
use super::serve::serve;
use super::{App, AppError, VISITORS};
use crate::admin::{self, LOCKED, Lock, Opened};
use crate::alarm::Waiting;
use crate::clock::Clock;
use crate::config::{Config, Encryption, Unlock};
use crate::{store, whatsapp};

/// A program that waits for its secret.
pub struct Locked {
    ears: Ears,
    config: Config,
    clock: Clock,
}

impl Locked {
    /// Takes the addresses.
    ///
    /// # Errors
    ///
    /// [`AppError::Bind`], [`AppError::Schedule`]; [`AppError::Store`] if the database is being left.
    pub async fn prepare(config: Config, clock: Clock) -> Result<Self, AppError> {
        App::check(&config)?;
        // Nobody is asked for the secret of a database that is being left.
        store::refuse_left(&config.store.path)?;
        Ok(Self { ears: Ears::bind(&config.server).await?, config, clock })
    }

    /// Where webhooks are turned back.
    ///
    /// # Errors
    ///
    /// If the operating system does not say.
    pub fn webhook_address(&self) -> std::io::Result<SocketAddr> {
        self.ears.webhooks.local_addr()
    }

    /// Where the secret is taken.
    ///
    /// # Errors
    ///
    /// If the operating system does not say.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.ears.admin.local_addr()
    }

    /// Waits for the secret. Nothing if `stop` comes first.
    ///
    /// # Errors
    ///
    /// Any [`AppError`] that shows once the database is open.
    pub async fn wait(self, stop: &CancellationToken) -> Result<Option<App>, AppError> {
        tracing::warn!("{LOCKED}; WAHA and Signal keep what comes meanwhile");
        let Self { ears, mut config, clock } = self;
        let encryption =
            std::mem::replace(&mut config.encryption, Encryption { enabled: true, unlock: Unlock::Nothing });
        let (lock, mut arrives) = Lock::new(config.store.path.clone(), encryption, clock.clone());
        let alarm = Waiting::new(&config.alarm, clock.clone())?;
        let (over, opened) = (stop.child_token(), CancellationToken::new());
        let _over = over.clone().drop_guard();
        // They share the addresses with what comes after them, so that nobody is turned away in between. What they have
        // begun they finish, the answer to the secret first of all.
        let Ears { webhooks, admin, tls } = ears.another()?;
        tokio::spawn(door(webhooks, whatsapp::shut(), tls, over.clone()));
        let answering = tokio::spawn(serve(Gate::new(admin, VISITORS), admin::locked(lock), None, over.clone()));
        let alarm = tokio::spawn(alarm.run(opened.clone()));
        let Some(Opened { store, begun }) = stop.run_until_cancelled(arrives.recv()).await.flatten() else {
            alarm.abort();
            return Ok(None);
        };
        opened.cancel();
        let app = App::with(ears, store, config, clock).await;
        // Who gave the secret may have gone away.
        let _ = begun.send(app.as_ref().map(drop).map_err(ToString::to_string));
        if app.is_err() {
            // The program ends now, and with it an answer that is not out.
            over.cancel();
            let _ = answering.await;
        }
        app.map(Some)
    }
}
