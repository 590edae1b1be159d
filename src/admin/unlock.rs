//! The admin listener while the program waits for its secret: health, and `POST /unlock` for `rialto unlock`.
//!
//! Who reaches this listener can try secrets, so only one is tried at a time and few in a minute: each costs the whole work
//! of the derivation. What is tried is in no answer and no log, and is wiped after use.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Plain, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::Json;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::clock::{Clock, Moment};
use crate::config::{Encryption, Unlock};
use crate::store::{Store, StoreError, has_secret};
use crate::vault::VaultError;

/// So many secrets are tried in a minute.
const ATTEMPTS: usize = 5;

const MINUTE: Duration = Duration::from_mins(1);

/// What there is to do while the program is locked.
pub const LOCKED: &str = "locked: it waits for its secret and carries nothing; give it with `rialto unlock` (in the compose \
    file: docker compose exec rialto /usr/local/bin/rialto unlock)";

const IS_OPEN: &str = "the bridge is open already; nothing was done\n";
const NO_WISH: &str = "the secret is taken as JSON: use `rialto unlock`\n";
const BUSY: &str = "another secret is being tried; nothing was done: try again when that is over\n";
const TOO_MANY: &str = "five secrets were tried within a minute; this one was not: try again in a minute\n";
const FIRST: &str = "there is no secret yet, and this one would become it: `rialto unlock` asks for it twice\n";
const DONE: &str = "the bridge is open and begins its work\n";
const STOPS: &str = "the secret is right, but the bridge cannot begin and ends: ";
const FAILED: &str = "the attempt failed; the log of the bridge says where\n";

type Answer = (StatusCode, String);

fn answer(status: StatusCode, words: &str) -> Answer {
    (status, words.to_owned())
}

/// What is asked. JSON, so that no web page can make a browser ask it.
#[derive(Debug, Serialize, Deserialize)]
pub struct UnlockWish {
    /// The secret.
    #[serde(serialize_with = "expose")]
    pub secret: SecretString,
    /// Whether it may become the secret of a database that has none.
    pub first: bool,
}

/// The one place where a secret is written: into the request to the program on the same machine.
fn expose<S: Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret.expose_secret())
}

/// How it is with the lock, as `/health/detail` shows it.
#[derive(Debug, Serialize, Deserialize)]
pub struct LockState {
    /// Whether the program waits for its secret.
    pub locked: bool,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub locked_since: i64,
    /// Whether the first secret that is given becomes that of the database.
    #[serde(default)]
    pub takes_first_secret: bool,
    /// Secrets that did not open it.
    #[serde(default)]
    pub secrets_refused: u64,
    /// What to do.
    #[serde(default)]
    pub remedy: String,
}

/// A database that waits to be opened. Clones are the same lock.
#[derive(Clone)]
pub struct Lock(Arc<Inner>);

struct Inner {
    database: PathBuf,
    encryption: Encryption,
    clock: Clock,
    since: Moment,
    attempts: Plain<Attempts>,
    refused: AtomicU64,
    /// Whether it is open. Held while a secret is tried.
    turn: Arc<Mutex<bool>>,
    opened: mpsc::Sender<Opened>,
}

/// A database that was opened. Whoever gave the secret hears how it goes on.
pub struct Opened {
    /// The database.
    pub store: Store,
    /// Takes whether the program works with it; if not, why, in words for a person.
    pub begun: oneshot::Sender<Result<(), String>>,
}

impl Lock {
    /// For the database at this path, and where it arrives once it is open.
    #[must_use]
    pub fn new(database: PathBuf, encryption: Encryption, clock: Clock) -> (Self, mpsc::Receiver<Opened>) {
        let ((opened, arrives), since) = (mpsc::channel(1), clock.now());
        let (attempts, refused, turn) = (Plain::default(), AtomicU64::new(0), Arc::default());
        let inner = Inner { database, encryption, clock, since, attempts, refused, turn, opened };
        (Self(Arc::new(inner)), arrives)
    }

    /// The database is looked at apart: whoever holds it makes this wait, and nobody else.
    pub(super) async fn state(&self) -> LockState {
        let path = self.0.database.clone();
        let has_secret = tokio::task::spawn_blocking(move || has_secret(&path)).await;
        LockState {
            locked: true,
            locked_since: self.0.since.0,
            // What cannot be read now is said by the attempt.
            takes_first_secret: matches!(has_secret, Ok(Ok(false))),
            secrets_refused: self.0.refused.load(Ordering::Relaxed),
            remedy: LOCKED.to_owned(),
        }
    }

    async fn attempt(self, wish: UnlockWish) -> Answer {
        let Ok(mut is_open) = Arc::clone(&self.0.turn).try_lock_owned() else {
            return answer(StatusCode::TOO_MANY_REQUESTS, BUSY);
        };
        if *is_open {
            return answer(StatusCode::CONFLICT, IS_OPEN);
        }
        let encryption = match self.0.with(wish.secret) {
            Ok(encryption) => encryption,
            Err(problem) => return answer(StatusCode::BAD_REQUEST, &format!("the secret {problem}\n")),
        };
        if !self.0.may_try() {
            return answer(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
        }
        let (path, first) = (self.0.database.clone(), wish.first);
        match tokio::task::spawn_blocking(move || open(&path, &encryption, first)).await {
            Ok(Ok(Some(store))) => {
                tracing::info!("unlocked");
                *is_open = true;
                self.0.hand_over(store).await
            }
            Ok(Ok(None)) => answer(StatusCode::CONFLICT, FIRST),
            Ok(Err(error)) => self.0.refuse(&error),
            Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, FAILED),
        }
    }
}

/// Nothing if the secret would become the first one, and that is not wished for.
fn open(database: &Path, encryption: &Encryption, first: bool) -> Result<Option<Store>, StoreError> {
    if !first && !has_secret(database)? {
        return Ok(None);
    }
    Store::open(database, encryption).map(Some)
}

impl Inner {
    fn with(&self, secret: SecretString) -> Result<Encryption, String> {
        let unlock = Unlock::from_passphrase(secret, &self.encryption.unlock)?;
        Ok(Encryption { enabled: self.encryption.enabled, unlock })
    }

    /// The answer waits until it is known whether the bridge begins: the right secret alone carries nothing.
    async fn hand_over(&self, store: Store) -> Answer {
        let (begun, begins) = oneshot::channel();
        // Who ends the program meanwhile drops the one or the other.
        let sent = self.opened.send(Opened { store, begun }).await.is_ok();
        match begins.await {
            Ok(Ok(())) if sent => answer(StatusCode::OK, DONE),
            Ok(Err(why)) => answer(StatusCode::INTERNAL_SERVER_ERROR, &format!("{STOPS}{why}\n")),
            _ => answer(StatusCode::SERVICE_UNAVAILABLE, FAILED),
        }
    }

    fn may_try(&self) -> bool {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let may = attempts.take(self.clock.now());
        if !may && !std::mem::replace(&mut attempts.told, true) {
            tracing::warn!("more secrets are given to unlock the bridge than are tried");
        }
        may
    }

    fn refuse(&self, error: &StoreError) -> Answer {
        if matches!(error, StoreError::Vault(VaultError::WrongSecret)) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            tracing::warn!("a secret that does not open the database was given to unlock the bridge");
            return answer(StatusCode::FORBIDDEN, &format!("{error}\n"));
        }
        tracing::error!(%error, "the bridge stays locked");
        answer(StatusCode::SERVICE_UNAVAILABLE, &format!("{error}\n"))
    }
}

/// When secrets were tried in the last minute.
#[derive(Default)]
struct Attempts {
    last: VecDeque<Moment>,
    told: bool,
}

impl Attempts {
    /// Whether another may be tried now. What a clock that was set back calls the future is forgotten.
    fn take(&mut self, now: Moment) -> bool {
        self.last.retain(|at| *at <= now && now.since(*at) < MINUTE);
        let may = self.last.len() < ATTEMPTS;
        if may {
            self.last.push_back(now);
            self.told = false;
        }
        may
    }
}

/// `POST /unlock`. What cannot be read is not repeated: it may be a secret. Apart from the request, so that an attempt whose
/// asker goes away ends as any other.
pub(super) async fn unlock(State(lock): State<Lock>, wish: Result<Json<UnlockWish>, JsonRejection>) -> Answer {
    let Json(wish) = match wish {
        Ok(wish) => wish,
        Err(rejection) => return answer(rejection.status(), NO_WISH),
    };
    tokio::spawn(lock.attempt(wish)).await.unwrap_or_else(|_| answer(StatusCode::INTERNAL_SERVER_ERROR, FAILED))
}

/// `POST /unlock` of a program that is open: nothing of the request is read.
pub(super) async fn is_open() -> Answer {
    answer(StatusCode::CONFLICT, IS_OPEN)
}

/// What cannot be answered without the database.
pub(super) async fn later() -> Answer {
    answer(StatusCode::SERVICE_UNAVAILABLE, &format!("{LOCKED}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_tried_in_any_minute_whatever_the_clock_is_set_to() {
        let mut attempts = Attempts::default();
        let at = |seconds: i64| Moment(10_000_000 + seconds * 1_000);
        assert!((0..5).all(|n| attempts.take(at(n))));
        assert!((5..60).all(|n| !attempts.take(at(n))), "what is refused puts nothing off");
        assert!(attempts.take(at(60)) && !attempts.take(at(60)), "one place is free after its minute");
        assert!(attempts.take(at(-1_000)), "a clock that was set back shuts nobody out");
    }

    #[test]
    fn a_secret_is_shown_to_nobody() {
        let wish: UnlockWish = serde_json::from_str(r#"{"secret":"canary","first":false}"#).unwrap();
        assert!(!format!("{wish:?}").contains("canary"));
    }
}
