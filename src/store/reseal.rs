//! Bringing every sealed value to what would be written now: the newest key, or plain, or sealed again.
//!
//! It turns encryption on or off, rotates, and seals anew after a leak. Rows are looked at in the order of their ids, in
//! pieces, between whatever else is written; a row that is as it should be stays as it is, so a run that was cut begins
//! anew and is soon where it was. That it was asked for is on disk until it is done. Keys that no value names go at the
//! end.

use std::path::Path;
use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::{Notify, watch};

use super::columns::{COLUMNS, Column, Keeping};
use super::purge::CHUNK;
use super::{Store, StoreError, Tx, backup, keys};
use crate::failpoint::reach;
use crate::vault::{Place, Purpose};

/// What there is to say where it is so.
pub const OFF: &str =
    "encryption is off (encryption.enabled): texts, names, numbers and ids are readable in the database";

/// What there is to say where it was not asked for and is needed.
pub const REMAIN: &str = "values in the database are of another kind than what is written now, sealed or plain, since \
                          encryption.enabled was changed: `rialto reseal` converts them";

/// How far it is, in numbers of values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Progress {
    /// Whether it runs.
    pub running: bool,
    /// Whether values are of another kind than what is written now, as far as is known.
    pub needed: bool,
    /// Brought to what is written now.
    pub resealed: u64,
    /// Found not to open: they stay as they are.
    pub unreadable: u64,
}

/// The one background job, and who asks for it.
#[derive(Debug, Clone)]
pub struct Reseal {
    store: Store,
    progress: Arc<watch::Sender<Progress>>,
    asked: Arc<Notify>,
}

impl Reseal {
    /// For this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, progress: Arc::new(watch::Sender::default()), asked: Arc::default() }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether values are written sealed.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.store.vault.cipher.is_enabled()
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Asks for it; with `new_key` what is written from now on is sealed under a new key. Returns when both are on disk.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub async fn ask(&self, new_key: bool) -> Result<(), StoreError> {
        if new_key {
            self.store.renew_key().await?;
        }
        self.store.write(|tx| tx.ask_to_reseal()).await?;
        self.asked.notify_one();
        Ok(())
    }

    /// Waits until it is asked for.
    pub async fn wait(&self) {
        self.asked.notified().await;
    }

    /// Looks whether it is needed, for whoever asks.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub async fn look(&self) -> Result<bool, StoreError> {
        let needed = self.store.read(|tx| is_mixed(tx.connection, tx.vault.cipher.is_enabled())).await?;
        self.progress.send_modify(|progress| progress.needed = needed);
        Ok(needed)
    }

    /// Whether it was asked for and is not done.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub async fn is_asked(&self) -> Result<bool, StoreError> {
        Ok(self.store.read(|tx| tx.reseal_asked()).await?.is_some())
    }

    /// Does it, if it was asked for.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; the next run goes on.
    pub async fn run(&self) -> Result<Progress, StoreError> {
        self.progress.send_modify(|progress| *progress = Progress { running: true, ..Progress::default() });
        let done = self.all().await;
        self.progress.send_modify(|progress| progress.running = false);
        done?;
        self.look().await?;
        Ok(self.progress())
    }

    /// A request that came meanwhile is another run.
    async fn all(&self) -> Result<(), StoreError> {
        while let Some(request) = self.store.read(|tx| tx.reseal_asked()).await? {
            // Before the first piece: what older keys sealed is committed by then.
            let newest = self.store.vault.cipher.usage().0;
            while self.pass().await? > 0 {}
            self.store.destroy_keys_before(newest).await?;
            self.store.empty_log().await?;
            self.store.write(move |tx| tx.reseal_done(request)).await?;
            reach!("reseal.after_commit");
        }
        Ok(())
    }

    /// Once over everything. Returns how many values were changed: none means that all are as they should be.
    async fn pass(&self) -> Result<u64, StoreError> {
        self.progress.send_modify(|progress| progress.unreadable = 0);
        let mut changed = 0;
        for (column, row) in sealed() {
            let mut after = Some(BEFORE_ALL);
            while let Some(from) = after {
                let piece = self.store.write(move |tx| tx.reseal(column, row, &from)).await?;
                reach!("reseal.between_chunks");
                changed += piece.resealed;
                self.progress.send_modify(|progress| {
                    progress.resealed += piece.resealed;
                    progress.unreadable += piece.unreadable;
                });
                after = piece.last;
            }
        }
        Ok(changed)
    }
}

/// SQLite sorts numbers before blobs: below every id of either kind.
const BEFORE_ALL: Value = Value::Integer(i64::MIN);

/// What was done to some rows of a column.
struct Piece {
    /// The last row that was looked at; none at the end.
    last: Option<Value>,
    resealed: u64,
    unreadable: u64,
}

fn sealed() -> impl Iterator<Item = (&'static Column, &'static str)> {
    COLUMNS.iter().filter_map(|column| match column.keeping {
        Keeping::Sealed(row) => Some((column, row)),
        _ => None,
    })
}

/// Whether there are sealed values in a database while new ones are plain, or the reverse. Needs no key, and no database.
///
/// # Errors
///
/// Any [`StoreError`].
pub fn is_needed(database: &Path, enabled: bool) -> Result<bool, StoreError> {
    if !database.is_file() {
        return Ok(false);
    }
    is_mixed(&backup::reader(database)?, enabled)
}

pub(super) fn is_mixed(connection: &Connection, enabled: bool) -> Result<bool, StoreError> {
    let other: u8 = u8::from(!enabled);
    for (Column { table, name, .. }, _) in sealed() {
        let sql = format!("SELECT 1 FROM {table} WHERE substr({name}, 1, 1) = ?1");
        if connection.prepare(&sql)?.exists([[other]])? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Store {
    /// The key is on disk before anything is sealed with it.
    async fn renew_key(&self) -> Result<(), StoreError> {
        let job = |tx: &Tx<'_>| {
            let key = keys::succeed(tx.connection, tx.vault)?;
            reach!("reseal.key.before_commit");
            Ok(key)
        };
        let key = self.write(job).await?;
        reach!("reseal.after_key");
        self.vault.adopt(&key);
        Ok(())
    }

    /// Deletes older keys that no value names, and takes no plain value any more where all are sealed. Neither can come
    /// back: only the newest key seals.
    async fn destroy_keys_before(&self, newest: u32) -> Result<(), StoreError> {
        let read = move |tx: &Tx<'_>| {
            let enabled = tx.vault.cipher.is_enabled();
            Ok((tx.unused_keys(newest)?, enabled && !is_mixed(tx.connection, enabled)?))
        };
        let (unused, all_sealed) = self.read(read).await?;
        let gone = unused.clone();
        let job = move |tx: &Tx<'_>| {
            if all_sealed {
                keys::refuse_plain(tx.connection, tx.vault)?;
            }
            for id in &gone {
                tx.connection.execute("DELETE FROM keys WHERE id = ?1", [id])?;
            }
            keys::prove(tx.connection, tx.vault)?;
            reach!("reseal.destroy.before_commit");
            Ok(())
        };
        self.write(job).await?;
        reach!("reseal.after_destroy");
        for id in unused {
            self.vault.cipher.forget(id);
        }
        if all_sealed {
            self.vault.cipher.refuse_plain();
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Requests are numbered, so that one that comes while another is served is not forgotten with it.
    fn ask_to_reseal(&self) -> Result<(), StoreError> {
        let sql = "INSERT INTO jobs (name, last_run_at) VALUES ('reseal', 1)
                   ON CONFLICT (name) DO UPDATE SET last_run_at = last_run_at + 1";
        self.connection.execute(sql, [])?;
        Ok(())
    }

    fn reseal_asked(&self) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT last_run_at FROM jobs WHERE name = 'reseal'";
        Ok(self.connection.query_row(sql, [], |row| row.get(0)).optional()?)
    }

    fn reseal_done(&self, request: i64) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM jobs WHERE name = 'reseal' AND last_run_at = ?1", [request])?;
        Ok(())
    }

    /// Brings the next rows of a column to what would be written now.
    fn reseal(&self, column: &'static Column, row: &str, after: &Value) -> Result<Piece, StoreError> {
        let Column { table, name, .. } = column;
        let last =
            format!("SELECT max({row}) FROM (SELECT {row} FROM {table} WHERE {row} > ?1 ORDER BY {row} LIMIT ?2)");
        let last: Option<Value> =
            self.connection.prepare_cached(&last)?.query_row(params![after, CHUNK], |r| r.get(0))?;
        let mut piece = Piece { last, resealed: 0, unreadable: 0 };
        let sql = format!("SELECT {row}, {name} FROM {table} WHERE {row} > ?1 AND {row} <= ?2 AND {name} IS NOT NULL");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![after, piece.last], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (head, rows) = (self.vault.cipher.head(), rows.collect::<Result<Vec<(Value, Vec<u8>)>, _>>()?);
        for (id, stored) in rows.into_iter().filter(|(_, stored)| !stored.starts_with(&head)) {
            let opens = self.reseal_one(column, row, &id, &stored)?;
            piece.resealed += u64::from(opens);
            piece.unreadable += u64::from(!opens);
        }
        reach!("reseal.chunk.before_commit");
        Ok(piece)
    }

    /// False if the value does not open: whoever needs it says so, and it stays for that.
    fn reseal_one(&self, column: &Column, row: &str, id: &Value, stored: &[u8]) -> Result<bool, StoreError> {
        let Column { table, name, .. } = *column;
        let bytes = match id {
            Value::Blob(bytes) => bytes.clone(),
            Value::Integer(number) => number.to_be_bytes().to_vec(),
            _ => return Err(StoreError::BadRow),
        };
        let place = Place { table, column: name, row: &bytes };
        let Ok(plain) = self.vault.cipher.open(place, stored) else { return Ok(false) };
        let sealed = self.vault.cipher.seal(place, &plain)?;
        let sql = format!("UPDATE {table} SET {name} = ?3 WHERE {row} = ?1 AND {name} = ?2");
        self.connection.prepare_cached(&sql)?.execute(params![id, stored, sealed])?;
        Ok(true)
    }

    fn unused_keys(&self, newest: u32) -> Result<Vec<u32>, StoreError> {
        let sql = "SELECT id FROM keys WHERE purpose = ?1 AND id < ?2";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params![Purpose::Data.name(), newest], |row| row.get(0))?;
        let mut unused = rows.collect::<Result<Vec<u32>, _>>()?;
        for (Column { table, name, .. }, _) in sealed() {
            let sql = format!("SELECT 1 FROM {table} WHERE substr({name}, 1, 5) = ?1");
            let mut named = self.connection.prepare(&sql)?;
            for id in std::mem::take(&mut unused) {
                let head = [&[1], id.to_be_bytes().as_slice()].concat();
                if !named.exists([head])? {
                    unused.push(id);
                }
            }
        }
        Ok(unused)
    }
}
