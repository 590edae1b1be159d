//! The link of one channel to signal-cli, and the keeping of its sending connection.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::board::{Board, LinkState};
use super::challenge::Challenge;
use super::checks::{self, Trouble};
use super::connection::{Connection, Plugs};
use super::dial::Dial;
use super::settings::Settings;
use super::transport::Tapped;
use crate::clock::Clock;
use crate::config::{Aci, Participant, Version};

/// How often a connection that looks healthy is asked whether it is.
pub(super) const HEARTBEAT: Duration = Duration::from_mins(1);

/// The link of one channel to signal-cli. A handle: cheap to clone, and all clones are the same link.
///
/// [`Link::keep_sending`] and [`Link::keep_receiving`] do the work and must both be running; everything else only
/// asks, and answers [`SignalError::Down`](super::SignalError::Down) while there is no connection.
#[derive(Clone)]
pub struct Link(Arc<Shared>);

struct Shared {
    settings: Settings,
    dial: Arc<dyn Dial>,
    clock: Clock,
    board: Board,
    version: watch::Sender<Option<Version>>,
    owner: watch::Sender<Option<Aci>>,
    sending: watch::Sender<Option<Arc<Connection>>>,
    challenge: Mutex<Option<Challenge>>,
    doubt: Notify,
    is_signed_out: AtomicBool,
    odd: Arc<AtomicU64>,
}

impl Link {
    /// A link to where the settings say that signal-cli listens; not connected yet.
    #[must_use]
    pub fn new(settings: Settings, clock: Clock) -> Self {
        let dial = Arc::new(settings.endpoint.clone());
        Self::over(dial, settings, clock)
    }

    /// A link over whatever streams `dial` opens; not connected yet.
    #[must_use]
    pub fn over(dial: Arc<dyn Dial>, settings: Settings, clock: Clock) -> Self {
        let owner = match &settings.owner {
            Participant::Aci(aci) => Some(aci.clone()),
            Participant::Number(_) => settings.pinned.clone(),
        };
        Self(Arc::new(Shared {
            is_signed_out: AtomicBool::default(),
            doubt: Notify::new(),
            board: Board::new(settings.channel.clone(), &settings.endpoint, settings.minimum_version),
            settings,
            dial,
            clock,
            version: watch::Sender::new(None),
            owner: watch::Sender::new(owner),
            sending: watch::Sender::new(None),
            challenge: Mutex::default(),
            odd: Arc::default(),
        }))
    }

    /// How the link is, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<LinkState> {
        self.0.board.watch()
    }

    /// How sending is, once it has been tried: for whoever sends and never receives, so that the link never is up as a whole.
    pub async fn sending_state(&self) -> LinkState {
        self.board().sending_is_known().await
    }

    /// Whether the subscription lives, by which signal-cli hands over what arrives.
    #[must_use]
    pub fn is_receiving(&self) -> bool {
        self.0.board.is_receiving()
    }

    /// Which signal-cli answered last.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        *self.0.version.borrow()
    }

    /// Who the owner is: known from the start, or once Signal has said whose the number is. Whoever keeps the pinned
    /// owner follows this; it changes at most once.
    #[must_use]
    pub fn owner(&self) -> watch::Receiver<Option<Aci>> {
        self.0.owner.subscribe()
    }

    /// How many lines were no message and no answer to us.
    #[must_use]
    pub fn odd_lines(&self) -> u64 {
        self.0.odd.load(Ordering::Relaxed)
    }

    /// Connects for sending, makes the checks, and does it again whenever the connection is lost; until `stop`.
    ///
    /// At `stop` the connection closes: requests that are under way then end as unknown. So stop whoever sends first.
    pub async fn keep_sending(&self, stop: CancellationToken) {
        let mut backoff = Backoff::of(&self.settings().channel);
        let keep = async {
            loop {
                let pause = self.send_once(&mut backoff).await;
                self.clock().sleep(pause).await;
            }
        };
        stop.run_until_cancelled(keep).await;
        self.0.sending.send_replace(None);
    }

    /// One life of the sending connection. Returns how long to wait before the next.
    async fn send_once(&self, backoff: &mut Backoff<'_>) -> Duration {
        let trouble = match self.open_checked().await {
            Ok(connection) => {
                backoff.reset();
                self.hold_sending(connection).await;
                Trouble::DOWN
            }
            Err(trouble) => trouble,
        };
        self.board().sending(trouble.state);
        trouble.pause.unwrap_or_else(|| backoff.next())
    }

    async fn open_checked(&self) -> Result<Connection, Trouble> {
        let connection = self.open(None).await?;
        let version = checks::version(&connection.rpc).await?;
        self.0.version.send_replace(Some(version));
        checks::new_enough(version, self.settings())?;
        checks::account(&connection.rpc, self.settings()).await?;
        self.check_standing(&connection).await?;
        self.find_owner(&connection).await?;
        Ok(connection)
    }

    async fn find_owner(&self, connection: &Connection) -> Result<(), Trouble> {
        let known = self.0.owner.borrow().is_some();
        match &self.settings().owner {
            Participant::Number(number) if !known => {
                let owner = checks::owner(&connection.rpc, self.settings(), number).await?;
                self.0.owner.send_replace(Some(owner));
            }
            _ => {}
        }
        Ok(())
    }

    async fn hold_sending(&self, connection: Connection) {
        let connection = Arc::new(connection);
        self.0.sending.send_replace(Some(Arc::clone(&connection)));
        self.board().sending(LinkState::Up);
        tokio::select! {
            () = self.watch_over(&connection) => {}
            () = self.watch_standing(&connection) => {}
        }
        self.0.sending.send_replace(None);
    }

    /// Returns when the connection is lost or the peer on it does not answer any more.
    pub(super) async fn watch_over(&self, connection: &Connection) {
        let heartbeat = async {
            loop {
                self.clock().sleep(HEARTBEAT).await;
                if !connection.is_alive().await {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            () = connection.lost() => {}
            () = heartbeat => {}
        }
    }

    /// Opens a connection; with a tap if it is the receiving one.
    pub(super) async fn open(&self, tap: Option<mpsc::Sender<Tapped>>) -> Result<Connection, Trouble> {
        let plugs = Plugs { tap, odd: Arc::clone(&self.0.odd), request_limit: self.settings().request_limit };
        Connection::open(&*self.0.dial, plugs).await.map_err(|error| {
            tracing::debug!(channel = self.settings().channel, kind = ?error.kind(), "cannot connect to signal-cli");
            Trouble::DOWN
        })
    }

    /// The connection to send on, while there is one.
    pub(super) fn sending(&self) -> Option<Arc<Connection>> {
        self.0.sending.borrow().clone()
    }

    /// What Signal asked for last.
    pub(super) fn challenge(&self) -> MutexGuard<'_, Option<Challenge>> {
        // Each change is one assignment.
        self.0.challenge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rung when a call makes it doubtful that Signal takes the account.
    pub(super) fn doubt(&self) -> &Notify {
        &self.0.doubt
    }

    /// Whether Signal turned the account away when it was asked last.
    pub(super) fn is_signed_out(&self) -> &AtomicBool {
        &self.0.is_signed_out
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(super) fn board(&self) -> &Board {
        &self.0.board
    }
}

/// How long to wait before trying again: 0.2 s at first, twice as long each time, 30 s at most, each cut by up to half in
/// a way of the channel's own, so that several channels do not come all at once.
pub(super) struct Backoff<'a> {
    channel: &'a str,
    tries: u32,
}

impl<'a> Backoff<'a> {
    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(30);

    /// Of the channel with this name.
    pub(super) fn of(channel: &'a str) -> Self {
        Self { channel, tries: 0 }
    }

    /// The next wait: between half of it and all of it.
    pub(super) fn next(&mut self) -> Duration {
        let full = Self::FIRST.saturating_mul(2_u32.saturating_pow(self.tries)).min(Self::LONGEST);
        self.tries = self.tries.saturating_add(1);
        let mut hasher = DefaultHasher::new();
        (self.channel, self.tries).hash(&mut hasher);
        let share = f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        full.mul_f64(share.mul_add(0.5, 0.5))
    }

    /// Begins anew.
    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_half_a_minute() {
        let mut backoff = Backoff::of("home");
        for full in [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000].map(Duration::from_millis) {
            let wait = backoff.next();
            assert!(wait >= full / 2 && wait <= full, "{wait:?} of {full:?}");
        }
        backoff.tries = u32::MAX;
        assert!(backoff.next() <= Backoff::LONGEST);
        backoff.reset();
        assert!(backoff.next() <= Backoff::FIRST);
    }
}
