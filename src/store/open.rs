//! Opening the file with the right modes and settings.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{StoreError, mark};

const WRITER: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA busy_timeout = 5000;
    PRAGMA secure_delete = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
";

const READER: &str = "
    PRAGMA query_only = ON;
    PRAGMA busy_timeout = 5000;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
";

/// Keeps other processes out for as long as the file is held. Creates the folder (0700). Of a database that is being left
/// nobody is the next holder.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    // Before, so that nothing is made there; and after, for a mark that was written meanwhile.
    mark::refuse_left(path)?;
    let file = lock_marked(path)?;
    mark::refuse_left(path)?;
    Ok(file)
}

/// The same, whatever the mark says.
pub(super) fn lock_marked(path: &Path) -> Result<File, StoreError> {
    let unopened = |error: std::io::Error| cannot_open(path, &error.kind().to_string());
    folder(path).map_err(unopened)?;
    let file = closed_to_others(&lock_file(path)).map_err(unopened)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(unopened(error)),
    }
}

/// Where the lock is.
pub(super) fn lock_file(path: &Path) -> PathBuf {
    path.with_added_extension("lock")
}

/// The writing connection. SQLite gives its log the mode of the database, so that file is made first (0600).
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    closed_to_others(path).map_err(|error| cannot_open(path, &error.kind().to_string()))?;
    let connection = connect(path)?;
    // The first statement that reads the file is where a file that is no database shows.
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    if pages == 0 {
        // Only a new database can be made to give back pages that are free; in any other this would write.
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL;")?;
    }
    connection.execute_batch(WRITER)?;
    Ok(connection)
}

/// How much [`compact`] may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compacting {
    /// What is done within a few seconds, in memory: nobody is answered meanwhile.
    IfSmall,
    /// Everything, by way of a temporary file without a name.
    Whole,
}

/// The largest file that is made anew at a start.
const SMALL: i64 = 64 * 1024 * 1024;

/// Makes a database of before free pages were given back into one that gives them back. It is one transaction of SQLite's:
/// whatever ends it leaves the database as it was. Returns whether it was done.
pub(super) fn compact(connection: &Connection, how_much: Compacting) -> Result<bool, StoreError> {
    if !keeps_pages(connection)? || (how_much == Compacting::IfSmall && size(connection)? > SMALL) {
        return Ok(false);
    }
    if how_much == Compacting::Whole {
        // Beside the database, and without a name: in a container there may be nothing else that can be written.
        if let Some(folder) = connection.path().and_then(|path| Path::new(path).parent()?.to_str()) {
            connection.pragma_update(None, "temp_store_directory", folder)?;
        }
        connection.pragma_update(None, "temp_store", "FILE")?;
    }
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")?;
    Ok(true)
}

fn size(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Whether a database keeps its free pages.
pub(super) fn keeps_pages(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.query_row("PRAGMA auto_vacuum", [], |row| row.get::<_, i64>(0))? == 0)
}

/// A read-only connection.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path)?;
    connection.execute_batch(READER)?;
    Ok(connection)
}

pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| cannot_open(path, &format!("{:?}", error.sqlite_error_code())))?;
    connection.set_prepared_statement_cache_capacity(128);
    // Else SQLite looks at what is bound when it plans a statement, and with any other value plans it anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn folder(path: &Path) -> std::io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        Some(folder) => DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

fn closed_to_others(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(PermissionsExt::from_mode(0o600))?;
    }
    Ok(file)
}

fn cannot_open(path: &Path, why: &str) -> StoreError {
    StoreError::CannotOpen { path: path.to_owned(), why: why.to_owned() }
}
