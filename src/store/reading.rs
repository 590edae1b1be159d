//! Reading the database beside a running bridge, with its secret: for what must not go through any port.

use std::path::Path;

use rusqlite::Connection;

use super::{StoreError, Tx, keys, migrations, open};
use crate::config::Encryption;
use crate::vault::Vault;

/// A database that is read and not written.
pub struct Reading {
    connection: Connection,
    vault: Vault,
}

impl Reading {
    /// Opens the database, whether a bridge runs or not.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; each says what to do.
    pub fn open(path: &Path, encryption: &Encryption) -> Result<Self, StoreError> {
        let mut connection = open::reader(path)?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let known = migrations::newest();
        if found != known {
            return Err(if found > known { StoreError::Newer { found, known } } else { StoreError::Older });
        }
        let vault = keys::unlock_to_read(&mut connection, encryption)?;
        Ok(Self { connection, vault })
    }

    /// Reads one state of the database.
    ///
    /// # Errors
    ///
    /// The read's own.
    pub fn read<T>(&self, read: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        read(&Tx::new(&transaction, &self.vault))
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reading")
    }
}
