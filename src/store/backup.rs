//! Copies of the database: made while the bridge runs, sealed as the database is, and reached by retention.
//!
//! A copy is made by a reader of its own with `VACUUM INTO`: one read transaction, so it is consistent whatever is
//! written meanwhile, and nothing is asked of the running bridge. Free pages are left behind, and with them what was
//! deleted.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::partial::{self, Partial};
use super::{Cutoffs, Plan, Purged, StoreError, mark, migrations, open, periods, purge};

/// Why there is no backup. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to copy.
    #[error("there is no database at {}: check store.path", .0.display())]
    NoDatabase(PathBuf),
    /// The file is there already.
    #[error("{} exists already and is not replaced: name another file", .0.display())]
    Exists(PathBuf),
    /// The backup cannot be written.
    #[error("the backup {} cannot be written ({why}): check the path, the rights of its folder and free space", .path.display())]
    CannotWrite {
        /// The backup.
        path: PathBuf,
        /// The kind of failure.
        why: String,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies the database at `from` to the new file `to` (0600), whether a bridge runs or not.
///
/// # Errors
///
/// Any [`BackupError`]; then there is no file `to` that was not there before.
pub fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    // A copy that is made now would be left behind.
    mark::refuse_left(from)?;
    if !from.is_file() {
        return Err(BackupError::NoDatabase(from.to_owned()));
    }
    let partial = Partial::beside(to).map_err(|error| unwritten(to, error.kind()))?;
    read_out(from, partial.path()).map_err(|error| failed(to, error))?;
    partial.finish(to).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists(to.to_owned()),
        kind => unwritten(to, kind),
    })
}

/// Deletes from a backup what is past its time by the periods of now, not by those of when it was made. The file is
/// replaced as a whole, so that a crash leaves one or the other. A backup of another version of the schema is left alone:
/// its age ends it. Returns how many rows went.
///
/// # Errors
///
/// Any [`BackupError`]; the file is as it was then.
pub fn thin(file: &Path, plan: &Plan, cutoffs: Cutoffs) -> Result<usize, BackupError> {
    if version(file)? != migrations::newest() {
        return Ok(0);
    }
    let partial = Partial::beside(file).map_err(|error| unwritten(file, error.kind()))?;
    read_out(file, partial.path()).map_err(|error| failed(file, error))?;
    let gone = purge_copy(open::connect(partial.path())?, plan, cutoffs)?.rows();
    if gone > 0 {
        partial.replace(file).map_err(|error| unwritten(file, error.kind()))?;
    }
    Ok(gone)
}

/// What would be deleted from a database, or from a backup: of another version of the schema, nothing. It is tried in a copy
/// that stands in memory alone.
///
/// # Errors
///
/// Any [`BackupError`].
pub fn due(file: &Path, plan: &Plan, cutoffs: Cutoffs) -> Result<Purged, BackupError> {
    if version(file)? != migrations::newest() {
        return Ok(Purged::default());
    }
    let place = format!("file:/{}?vfs=memdb", uuid::Uuid::new_v4().simple());
    // It lasts as long as this connection.
    let copy = Connection::open_with_flags(&place, OpenFlags::default()).map_err(StoreError::from)?;
    read_out(file, Path::new(&place)).map_err(|error| failed(file, error))?;
    Ok(purge_copy(copy, plan, cutoffs)?)
}

/// Whether a backup is of an earlier version of the schema, so that nothing can be deleted from it.
///
/// # Errors
///
/// If it cannot be read.
pub fn is_older(file: &Path) -> Result<bool, StoreError> {
    Ok(version(file)? < migrations::newest())
}

/// Deletes what earlier runs left unfinished among the files of `folder` whose names `ours` knows.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn sweep(folder: &Path, ours: impl Fn(&str) -> bool) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let unfinished = path.extension().is_some_and(|extension| extension == partial::PARTIAL);
        let name = path.with_extension("").with_extension("");
        if unfinished && name.file_name().and_then(|name| name.to_str()).is_some_and(&ours) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The version of the schema in a file.
pub(super) fn version(file: &Path) -> Result<i64, StoreError> {
    Ok(reader(file)?.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// One consistent state of `from` into the empty file `to`. Nothing is on disk for sure before the caller syncs it.
pub(super) fn read_out(from: &Path, to: &Path) -> rusqlite::Result<()> {
    let name = to.to_str().ok_or(rusqlite::Error::InvalidPath(to.to_owned()))?;
    reader(from)?.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Not `query_only`, which would keep the copy from being written too. A copy may have a place in memory for a name.
pub(super) fn reader(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.execute_batch("PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

/// Nobody else has the copy and it is thrown away on failure, so it needs no journal, which would hold deleted rows.
fn purge_copy(mut connection: Connection, plan: &Plan, cutoffs: Cutoffs) -> Result<Purged, StoreError> {
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;",
    )?;
    let transaction = connection.transaction()?;
    plan.apply(&transaction)?;
    periods::settle(&transaction, cutoffs.now)?;
    let gone = purge::all(&transaction, cutoffs)?;
    transaction.commit()?;
    Ok(gone)
}

fn failed(to: &Path, error: rusqlite::Error) -> BackupError {
    let why = error.sqlite_error_code().map_or_else(|| "the path is not UTF-8".to_owned(), |code| format!("{code:?}"));
    match StoreError::from(error) {
        StoreError::Corrupt => StoreError::Corrupt.into(),
        _ => BackupError::CannotWrite { path: to.to_owned(), why },
    }
}

fn unwritten(path: &Path, kind: ErrorKind) -> BackupError {
    BackupError::CannotWrite { path: path.to_owned(), why: kind.to_string() }
}
