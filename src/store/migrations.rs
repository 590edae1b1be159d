//! Schema versions, kept in `PRAGMA user_version`. A migration is one SQL file and runs in one transaction; a file that
//! was released is never changed.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;
use crate::failpoint::reach;

const MIGRATIONS: [&str; 14] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
    include_str!("migrations/0010.sql"),
    include_str!("migrations/0012.sql"),
    include_str!("migrations/0013.sql"),
    include_str!("migrations/0014.sql"),
    include_str!("migrations/0015.sql"),
    include_str!("migrations/0016.sql"),
];

/// The version this program writes.
pub(super) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema to the newest version; refuses a newer one. Returns the version it found.
pub(super) fn run(connection: &mut Connection) -> Result<i64, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = newest();
    let done = usize::try_from(found).ok().filter(|_| found <= known).ok_or(StoreError::Newer { found, known })?;
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    reach!("migration.before_commit");
    transaction.commit()?;
    reach!("migration.after_commit");
    Ok(found)
}
