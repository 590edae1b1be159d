//! The way back from a backup. Everything is done in a copy beside the database, which takes its place at once at the
//! end: whatever fails before leaves the database as it was. The backup itself is only read.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::partial::{self, Partial};
use super::{Store, StoreError, backup, migrations, open};
use crate::clock::Moment;
use crate::config::Encryption;
use crate::vault::VaultError;

/// Why a backup is not restored. Each says what to do; the database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no such file.
    #[error("there is no file {}: name a backup", .0.display())]
    Missing(PathBuf),
    /// The file is the database.
    #[error("{} is the database itself: name a backup of it", .0.display())]
    Itself(PathBuf),
    /// The file is something else.
    #[error("{} is no backup of Rialto: name a file made by `rialto backup`", .0.display())]
    NotOurs(PathBuf),
    /// The file is not whole.
    #[error("{} is damaged: take another backup", .0.display())]
    Damaged(PathBuf),
    /// The file was written by a newer program.
    #[error(
        "{} has version {found} and this program knows only {known}: run the newer Rialto, or take an older backup",
        .file.display()
    )]
    Newer {
        /// The backup.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The secret is another one.
    #[error("the configured secret does not open {}: give the secret or key file that was in use when it was made", .0.display())]
    WrongSecret(PathBuf),
    /// A file cannot be written, moved or read.
    #[error("{} cannot be used ({why}): check the rights of its folder and free space", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The kind of failure.
        why: String,
    },
    /// The database cannot be had.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A checked copy of a backup, about to become the database. No bridge can start while it exists.
#[derive(Debug)]
pub struct Candidate {
    copy: Partial,
    beside: Beside,
    file: PathBuf,
    target: PathBuf,
    /// The lock of the database that it shall become.
    lock: File,
}

impl Candidate {
    /// Takes a copy of `file` that shall become the database at `target`.
    ///
    /// # Errors
    ///
    /// Any [`RestoreError`].
    pub fn take(file: &Path, target: &Path) -> Result<Self, RestoreError> {
        if !file.is_file() {
            return Err(RestoreError::Missing(file.to_owned()));
        }
        let lock = open::lock(target)?;
        if fs::canonicalize(file).ok() == fs::canonicalize(target).ok() {
            return Err(RestoreError::Itself(file.to_owned()));
        }
        examine(file)?;
        let copy = Partial::beside(target).map_err(|error| unusable(target, &error))?;
        backup::read_out(file, copy.path()).map_err(|error| unreadable(file, &error))?;
        let beside = Beside(copy.path().to_owned());
        Ok(Self { copy, beside, file: file.to_owned(), target: target.to_owned(), lock })
    }

    /// Opens the copy, to bring it to the present. Close it before [`Candidate::put_in_place`].
    ///
    /// # Errors
    ///
    /// Any [`RestoreError`].
    pub fn open(&self, encryption: &Encryption) -> Result<Store, RestoreError> {
        Store::open(self.copy.path(), encryption).map_err(|error| match error {
            StoreError::Vault(VaultError::WrongSecret) => RestoreError::WrongSecret(self.file.clone()),
            error => error.into(),
        })
    }

    /// Makes the copy the database. Returns where the former one is now, if there was one.
    ///
    /// # Errors
    ///
    /// Any [`RestoreError`].
    pub fn put_in_place(self, now: Moment) -> Result<Option<PathBuf>, RestoreError> {
        let Self { copy, beside, target, lock, .. } = self;
        drop(beside);
        let aside = put_aside(&target, now).map_err(|error| unusable(&target, &error))?;
        copy.replace(&target).map_err(|error| unusable(&target, &error))?;
        drop(lock);
        Ok(aside)
    }
}

/// What SQLite and the lock put beside a copy; of no use once it is closed.
#[derive(Debug)]
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        for ending in ["-wal", "-shm", ".lock"] {
            // Not there, mostly.
            let _ = fs::remove_file(sibling(&self.0, ending));
        }
    }
}

/// What a database that was put aside is called.
#[must_use]
pub fn aside(database: &Path, at: Moment) -> PathBuf {
    sibling(database, &format!("{ASIDE}{}", at.stamp()))
}

/// When a database of this name was put aside, if the name says so.
#[must_use]
pub fn put_aside_at(database: &Path, file: &Path) -> Option<Moment> {
    let beginning = format!("{}{ASIDE}", database.file_name()?.to_str()?);
    let stamp = file.file_name()?.to_str()?.strip_prefix(&beginning)?;
    Moment::from_stamp(stamp.strip_suffix("-wal").unwrap_or(stamp))
}

const ASIDE: &str = ".before-restore-";

fn sibling(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The former database gets a second name, so that there is one under the first at every moment. Its log must not be
/// there when the copy takes its place: SQLite would write it into the copy.
fn put_aside(database: &Path, now: Moment) -> io::Result<Option<PathBuf>> {
    let (aside, log) = (aside(database, now), sibling(database, "-wal"));
    let there = database.exists();
    if there {
        bring_in_log(database);
        fs::hard_link(database, &aside).or_else(|_| fs::rename(database, &aside))?;
    }
    // What could not be brought in belongs to a damaged database.
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        fs::rename(&log, sibling(&aside, "-wal"))?;
    }
    for ending in ["-wal", "-shm"] {
        match fs::remove_file(sibling(database, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    partial::sync_folder(database)?;
    Ok(there.then_some(aside))
}

/// As far as it can be: the database may be what has to be replaced.
fn bring_in_log(database: &Path) {
    if let Ok(connection) = open::connect(database) {
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}

/// Whether the file is a whole database of ours. Slow and thorough: nobody waits for a bridge that is stopped.
fn examine(file: &Path) -> Result<(), RestoreError> {
    let failed = |error: rusqlite::Error| unreadable(file, &error);
    let connection = backup::reader(file).map_err(failed)?;
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    let known = migrations::newest();
    if found > known {
        return Err(RestoreError::Newer { file: file.to_owned(), found, known });
    }
    let ring = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('key_ring', 'keys', 'portals')";
    let tables: i64 = connection.query_row(ring, [], |row| row.get(0)).map_err(failed)?;
    if found < 1 || tables != 3 {
        return Err(RestoreError::NotOurs(file.to_owned()));
    }
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    let rings: i64 = connection.query_row("SELECT count(*) FROM key_ring", [], |row| row.get(0)).map_err(failed)?;
    // Without a ring a new one would be made, which opens nothing.
    if verdict == "ok" && rings == 1 { Ok(()) } else { Err(RestoreError::Damaged(file.to_owned())) }
}

fn unreadable(file: &Path, error: &rusqlite::Error) -> RestoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => RestoreError::NotOurs(file.to_owned()),
        Some(ErrorCode::DatabaseCorrupt) => RestoreError::Damaged(file.to_owned()),
        code => RestoreError::Unusable { path: file.to_owned(), why: format!("{code:?}") },
    }
}

fn unusable(path: &Path, error: &io::Error) -> RestoreError {
    RestoreError::Unusable { path: path.to_owned(), why: error.kind().to_string() }
}
