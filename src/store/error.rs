//! What can go wrong with the store, by what the caller does next.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::vault::VaultError;

/// Why the store could not do it. Holds no value of any row.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was written; the same may work later.
    #[error("the database cannot be written now: check free space and the rights of its folder")]
    Unavailable,
    /// The file is no database or is damaged.
    #[error(
        "the database is damaged: stop the program and go back to a backup with `rialto restore FILE`, \
         which keeps the damaged file too"
    )]
    Corrupt,
    /// The file was written by a newer program.
    #[error(
        "the database has version {found} and this program knows only {known}: \
         run the newer Rialto again, or restore a backup from before the upgrade"
    )]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The file was written by an older program and has not been opened by this one yet.
    #[error("the database is of an older version: start `rialto run` of this version once, which brings it up to date")]
    Older,
    /// The file or its folder cannot be opened.
    #[error("the database at {} cannot be opened ({why}): check the path and the rights of its folder", .path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// The kind of failure.
        why: String,
    },
    /// Another process has the database.
    #[error("another process uses this database: stop it first, two bridges on one store would send twice")]
    InUse,
    /// `rialto leave` has begun on this database.
    #[error(
        "the leaving of this database has begun ({}): finish it with `rialto leave`; or, to begin anew, move its folder away",
        .0.display()
    )]
    Leaving(PathBuf),
    /// `rialto leave` has wiped this database.
    #[error(
        "the database was left and wiped ({}): to begin anew, move that file away and set everything up as at first",
        .0.display()
    )]
    Left(PathBuf),
    /// The vault refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A row is not as this program writes it.
    #[error("a row in the database is not readable: the file was changed from outside or is damaged")]
    BadRow,
}

impl StoreError {
    /// Whether a value does not open where it stands. Trying again is of no use, and nothing else suffers from it.
    #[must_use]
    pub fn is_tampering(&self) -> bool {
        matches!(self, Self::Vault(VaultError::BadValue))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt,
            Some(_) => Self::Unavailable,
            None => Self::BadRow,
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(_: serde_json::Error) -> Self {
        Self::BadRow
    }
}
