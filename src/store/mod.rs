//! The store: what is accepted, on disk and sealed.
//!
//! One writer thread commits in groups with a full fsync ([`Store::write`]); two read-only connections answer reads
//! ([`Store::read`]). A job is a closure over [`Tx`], whose methods stand in one file per table family: `seen`, `chats`,
//! `people`, `merges`, `portals`, `messages`, `deliveries`, `lanes`, `held`, `waiting`, `media`, `totals`,
//! `typed`, `changes`, `ticks`, `floods`, `forgets`, `periods`, `purge`, `timers`, `titles`, `channels`, `signs`, `alarms`, `jobs`, `keys`. Reads that
//! decide a write
//! run inside the write job.
//!
//! Values are sealed inside the job, not before it is queued: the row a value belongs to is often only known there, and
//! sealing costs well under a hundredth of the commit.
//!
//! [`Reading`] reads for another process, [`export`] shows what is kept. [`backup`] copies the file while it is in use;
//! [`restore`] puts a copy back in its place. [`leave`] is the end of it all: `mark` keeps others away, `wipe` knows the
//! files.

mod alarms;
pub mod backup;
mod bell;
mod changes;
mod channels;
mod chats;
mod checkup;
pub mod columns;
mod damage;
mod deliveries;
mod error;
pub mod export;
mod floods;
mod forgets;
mod held;
mod jobs;
mod keys;
mod lanes;
pub mod leave;
mod mark;
mod media;
mod merges;
mod messages;
mod migrations;
mod open;
mod partial;
mod people;
mod periods;
mod pictures;
mod portals;
mod purge;
mod purged;
mod questions;
mod reading;
pub mod rekey;
pub mod reseal;
pub mod restore;
mod restored;
mod seen;
mod signs;
mod ticks;
mod timers;
mod titles;
mod totals;
mod typed;
mod waiting;
mod wipe;
mod writer;

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

pub use alarms::{About, Raised};
pub use bell::Bell;
pub use changes::{Known, Reacted};
pub use channels::{ChannelId, Side};
pub use chats::{ChatId, Resolved};
pub use deliveries::{Delivery, DeliveryId, Direction, Lane, NewDelivery, Source, State};
pub use error::StoreError;
pub use floods::Minute;
pub use forgets::{Forgotten, Tally};
pub use keys::has_secret;
pub use mark::{Stage, refuse_left};
pub use media::{LATE, MediaFile, MediaId, MediaRow, MediaState, Wanted};
pub use merges::{Merge, Merged};
pub use messages::{MessageKey, PartId, SignalPart, SignalSide, WhatsAppPart};
pub use people::{Displaced, IdentityId};
pub use periods::Plan;
pub use pictures::Pictured;
pub use portals::{Intent, IntentId, Portal, PortalId, PortalState};
pub use purge::{Cutoffs, Unshown};
pub use purged::Purged;
pub use reading::Reading;
pub use signs::{Noted, Sign};
pub use ticks::{Crowd, Tick};
pub use timers::Timer;
pub use titles::Titled;
pub use typed::{Kept, Line};

use crate::config::Encryption;
use crate::vault::{Digest, Place, Vault};
use damage::Damage;
use open::Compacting;
use writer::Writer;

/// The database. Cheap to clone; the last clone that goes ends the writer.
#[derive(Clone)]
pub struct Store {
    writer: Writer,
    readers: Arc<Readers>,
    vault: Arc<Vault>,
    bell: Bell,
    damage: Damage,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    /// Held as long as the store is open, so that no second process opens it; nothing if somebody else holds it for this.
    lock: Option<Arc<std::fs::File>>,
}

/// As many reads at a time as there are connections: a thread for each of ten thousand lanes would only wait for them.
struct Readers {
    connections: [Mutex<Connection>; 2],
    free: Arc<Semaphore>,
}

impl Store {
    /// Opens the database, creating or migrating it, and unlocks its key ring.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; each says what to do.
    pub fn open(path: &Path, encryption: &Encryption) -> Result<Self, StoreError> {
        let lock = open::lock(path)?;
        Self::with(path, encryption, Some(lock), threaded)
    }

    /// As [`Store::open`], for whoever holds the lock already.
    fn open_kept(path: &Path, encryption: &Encryption) -> Result<Self, StoreError> {
        Self::with(path, encryption, None, threaded)
    }

    /// As [`Store::open`], without threads: each job and each read runs where it is asked for.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    #[cfg(feature = "failpoints")]
    pub fn open_on_the_spot(path: &Path, encryption: &Encryption) -> Result<Self, StoreError> {
        let lock = open::lock(path)?;
        Self::with(path, encryption, Some(lock), |connection, vault, bell, damage| {
            (Writer::on_the_spot(connection, vault, bell, damage), None)
        })
    }

    fn with(
        path: &Path,
        encryption: &Encryption,
        lock: Option<std::fs::File>,
        writer: impl FnOnce(Connection, Arc<Vault>, Bell, Damage) -> (Writer, Option<JoinHandle<()>>),
    ) -> Result<Self, StoreError> {
        let lock = lock.map(Arc::new);
        let mut connection = open::writer(path)?;
        checkup::quick(&connection)?;
        keys::try_before(&connection, encryption)?;
        shrinkable(&connection);
        let found = migrations::run(&mut connection)?;
        let vault = Arc::new(keys::unlock(&mut connection, encryption, found)?);
        let connections = [Mutex::new(open::reader(path)?), Mutex::new(open::reader(path)?)];
        let readers = Readers { free: Arc::new(Semaphore::new(connections.len())), connections };
        let (bell, damage) = (Bell::default(), Damage::default());
        let (writer, thread) = writer(connection, Arc::clone(&vault), bell.clone(), damage.clone());
        let thread = Arc::new(Mutex::new(thread));
        Ok(Self { writer, readers: Arc::new(readers), vault, bell, damage, thread, lock })
    }

    /// Makes a database that was begun by an early version, and is too large to be done at a start, into one that gives free
    /// pages back. Needs as much free space again as it is large, twice: for its log and for a temporary file beside it. False
    /// if it is one already.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; the database is as it was.
    pub fn compact(path: &Path) -> Result<bool, StoreError> {
        let _lock = open::lock(path)?;
        let connection = open::writer(path)?;
        checkup::quick(&connection)?;
        open::compact(&connection, Compacting::Whole)
    }

    /// Runs a job in a transaction and returns when it is on disk. The job fails alone; nothing of a failed job stays.
    ///
    /// # Errors
    ///
    /// The job's own, [`StoreError::Unavailable`] if the commit failed, or [`StoreError::Corrupt`] for good once a
    /// damaged page was met.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Like [`Store::write`], before all that waits: for what exists nowhere else until it is committed.
    ///
    /// # Errors
    ///
    /// Those of [`Store::write`].
    pub async fn write_first<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run_first(job).await
    }

    /// Runs a read on one of the read-only connections.
    ///
    /// # Errors
    ///
    /// The read's own.
    pub async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (readers, vault) = (Arc::clone(&self.readers), Arc::clone(&self.vault));
        #[cfg(feature = "failpoints")]
        if self.writer.is_on_the_spot() {
            return readers.read(&vault, read);
        }
        let turn = Arc::clone(&readers.free).acquire_owned().await.map_err(|_| StoreError::Unavailable)?;
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            readers.read(&vault, read)
        });
        self.damage.watch(task.await.unwrap_or(Err(StoreError::Unavailable)))
    }

    /// Rings for each lane that got something to do, after the commit.
    #[must_use]
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Moves everything from the write-ahead log into the database and empties the log, so that no copy of what was
    /// deleted stays there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if readers were in the way for too long; the log is emptied another time.
    pub async fn empty_log(&self) -> Result<(), StoreError> {
        self.writer.empty_log().await
    }

    /// Ends the writer after what is queued and waits for it. Other clones get [`StoreError::Unavailable`] afterwards.
    pub fn close(&self) {
        self.writer.stop();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread catches the panics of its jobs; if it fell all the same there is nothing left to wait for.
            let _ = thread.join();
        }
        // The lock goes with the file at the latest.
        let _ = self.lock.as_deref().map(std::fs::File::unlock);
    }
}

fn threaded(connection: Connection, vault: Arc<Vault>, bell: Bell, damage: Damage) -> (Writer, Option<JoinHandle<()>>) {
    let (writer, thread) = Writer::spawn(connection, vault, bell, damage);
    (writer, Some(thread))
}

/// It works without, and only stays as large as it ever was.
fn shrinkable(connection: &Connection) {
    match open::compact(connection, Compacting::IfSmall) {
        Ok(true) => tracing::info!("the database is made anew: from now on it gives free pages back"),
        Ok(false) if matches!(open::keeps_pages(connection), Ok(true)) => tracing::warn!(
            "the database keeps its free pages and is too large to be made anew at a start: \
             stop the bridge and run `rialto retention --compact`"
        ),
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "the database keeps its free pages; the next start tries again"),
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Readers {
    /// All of it reads one state of the database, whatever is written meanwhile: what is not here must not come between two
    /// questions, and then pass for something that never was.
    fn read<T>(&self, vault: &Vault, read: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let [first, second] = &self.connections;
        let free = first.try_lock().or_else(|_| second.lock());
        let connection = free.unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.unchecked_transaction()?;
        read(&Tx::new(&transaction, vault))
    }
}

/// What a job works with: one connection inside one transaction, and the vault.
pub struct Tx<'c> {
    connection: &'c Connection,
    vault: &'c Vault,
    rung: RefCell<Vec<Lane>>,
}

impl<'c> Tx<'c> {
    fn new(connection: &'c Connection, vault: &'c Vault) -> Self {
        Self { connection, vault, rung: RefCell::default() }
    }

    fn into_rung(self) -> Vec<Lane> {
        self.rung.into_inner()
    }

    fn seal<T: Serialize>(&self, place: Place<'_>, value: &T) -> Result<Vec<u8>, StoreError> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(value)?);
        Ok(self.vault.cipher.seal(place, &plain)?)
    }

    fn open<T: DeserializeOwned>(&self, place: Place<'_>, sealed: &[u8]) -> Result<T, StoreError> {
        Ok(serde_json::from_slice(&self.vault.cipher.open(place, sealed)?)?)
    }

    fn digest(&self, purpose: &str, parts: &[&str]) -> Digest {
        self.vault.index.digest(purpose, parts)
    }
}

/// Declares row ids: random, chosen by us before the insert because the seal covers them.
macro_rules! row_id {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(uuid::Uuid);

        impl $name {
            pub(crate) fn fresh() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(rusqlite::types::ToSqlOutput::from(self.0.as_bytes().as_slice()))
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                let bytes = value.as_blob()?;
                uuid::Uuid::from_slice(bytes).map(Self).map_err(|_| rusqlite::types::FromSqlError::InvalidType)
            }
        }
    )*};
}
use row_id;

/// Declares the words of a TEXT column.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                let word = match self { $(Self::$variant => $word),* };
                Ok(rusqlite::types::ToSqlOutput::from(word))
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(rusqlite::types::FromSqlError::InvalidType),
                }
            }
        }
    };
}
use words;

#[cfg(test)]
mod tests;
