//! Looks at the whole file at start, as long as that takes no longer than a start may.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::StoreError;

/// A file that takes longer is looked at only so far: webhooks wait meanwhile. An ordinary one, of some megabytes,
/// takes milliseconds; a gigabyte on a slow card would take half a minute.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finds pages that are not what they should be. Values that changed in place show when they are opened.
pub(super) fn quick(connection: &Connection) -> Result<(), StoreError> {
    within(connection, PATIENCE, |connection| {
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    })
}

/// Timed by the machine: the clock of the program may stand still.
fn within(
    connection: &Connection,
    patience: Duration,
    check: impl FnOnce(&Connection) -> rusqlite::Result<String>,
) -> Result<(), StoreError> {
    let (done, wait) = mpsc::channel::<()>();
    let interrupt = connection.get_interrupt_handle();
    let watch = std::thread::spawn(move || {
        if wait.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            interrupt.interrupt();
        }
    });
    let verdict = check(connection);
    drop(done);
    // It does nothing that could panic. It must be over, or it would interrupt something else.
    let _ = watch.join();
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(_) => Err(StoreError::Corrupt),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            tracing::warn!("the database is too large to be looked at whole at a start; a backup reads all of it");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_takes_too_long_is_cut_short_and_nothing_after_it() {
        let connection = Connection::open_in_memory().unwrap();
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) || '' FROM n";
        let check = |connection: &Connection| connection.query_row(endless, [], |row| row.get(0));
        assert!(within(&connection, Duration::from_millis(20), check).is_ok());
        assert!(quick(&connection).is_ok());
    }

    #[test]
    fn a_bad_verdict_is_an_error() {
        let connection = Connection::open_in_memory().unwrap();
        let bad = within(&connection, PATIENCE, |_| Ok("row 1 missing from index".to_owned()));
        assert!(matches!(bad, Err(StoreError::Corrupt)));
    }
}
