//! `GET /data`: the data map with how much lies in each place now, and how old the oldest is. Counts and ages only.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::Health;
use super::places::{Look, PLACES, Place};
use crate::clock::Moment;
use crate::store::{StoreError, Tx};

/// The files of the bridge.
#[derive(Clone)]
pub struct Files {
    /// The database.
    pub database: PathBuf,
    /// When each backup was made.
    pub backups: Ages,
    /// When each database was put aside by a restore.
    pub put_aside: Ages,
    /// When each sealed file was written.
    pub sealed: Ages,
}

/// When each file of a kind was made, as it is now.
pub type Ages = Arc<dyn Fn() -> Vec<Moment> + Send + Sync>;

#[derive(Debug, Serialize)]
pub(super) struct Shown {
    place: &'static str,
    what: &'static str,
    how: &'static str,
    kept: &'static str,
    deleted_by: &'static str,
    #[serde(flatten)]
    seen: Seen,
}

/// What a look has shown; nothing where there is nothing to be seen.
#[derive(Debug, Default, Serialize)]
struct Seen {
    /// Rows or files.
    count: Option<i64>,
    /// In seconds.
    oldest_age: Option<u64>,
    bytes: Option<u64>,
}

impl Shown {
    /// The place, and the age in seconds of the oldest that lies there.
    pub(super) fn oldest(&self) -> Option<(&'static str, u64)> {
        Some((self.place, self.seen.oldest_age?))
    }
}

pub(super) async fn read(health: &Health) -> Result<Vec<Shown>, StoreError> {
    let (now, files) = (health.clock.now(), health.files.clone());
    health.store.read(move |tx| PLACES.iter().map(|place| shown(tx, place, &files, now)).collect()).await
}

fn shown(tx: &Tx<'_>, place: &Place, files: &Files, now: Moment) -> Result<Shown, StoreError> {
    let Place { place, what, how, kept, by, look } = *place;
    let seen = match look {
        Look::Tables(tables) => of_tables(tx, tables, now)?,
        Look::Log => Seen { bytes: size(&log_of(&files.database)), ..Seen::default() },
        Look::Backups => of_files(&(files.backups)(), now),
        Look::PutAside => of_files(&(files.put_aside)(), now),
        Look::SealedFiles => of_files(&(files.sealed)(), now),
        Look::OutOfReach => Seen::default(),
    };
    Ok(Shown { place, what, how, kept, deleted_by: by, seen })
}

fn of_tables(tx: &Tx<'_>, tables: &[(&'static str, Option<&'static str>)], now: Moment) -> Result<Seen, StoreError> {
    let (mut count, mut oldest) = (0, None);
    for (table, column) in tables {
        let (rows, first) = tx.rows_and_oldest(table, *column)?;
        count += rows;
        oldest = [oldest, first].into_iter().flatten().min();
    }
    Ok(Seen { count: Some(count), oldest_age: oldest.map(|at| now.since(at).as_secs()), bytes: None })
}

fn of_files(made: &[Moment], now: Moment) -> Seen {
    let oldest_age = made.iter().min().map(|at| now.since(*at).as_secs());
    Seen { count: i64::try_from(made.len()).ok(), oldest_age, bytes: None }
}

fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn size(file: &Path) -> Option<u64> {
    file.metadata().ok().map(|file| file.len())
}
