//! Another secret for the same keys: they are wrapped anew in one transaction, and no value is touched.

use std::path::Path;

use super::{StoreError, keys, migrations, open};
use crate::config::Encryption;

/// Wraps the keys of the database at `path` by `new` instead of `old`. Before it is committed, what was written is read
/// back and opened with `new`.
///
/// # Errors
///
/// Any [`StoreError`]; then `old` is the secret still.
pub fn rekey(path: &Path, old: &Encryption, new: &Encryption) -> Result<(), StoreError> {
    let _lock = open::lock(path)?;
    let mut connection = open::writer(path)?;
    keys::try_before(&connection, old)?;
    let found = migrations::run(&mut connection)?;
    keys::rewrap(&mut connection, old, new, found)?;
    // The old wrapping is overwritten in the database; the log has it too.
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        tracing::warn!("the write-ahead log still holds the keys as they were wrapped: a reader is in the way");
    }
    Ok(())
}
