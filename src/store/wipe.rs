//! Which files are the database's, and the destruction of the keys in one.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::{StoreError, backup, mark, open, partial, restore};

/// How a file of SQLite begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What SQLite and the lock put beside a file.
const COMPANIONS: [&str; 4] = ["-wal", "-shm", "-journal", ".lock"];

/// What is known of the keys in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// There are none.
    Gone,
    /// There are some, or it cannot be known.
    There,
}

/// Everything beside the database that is its own: its log, what a restore put aside, what was left unfinished. Not the
/// mark and not the lock, which go last or not at all.
pub(super) fn beside(database: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if is_beside(database, &file) {
            found.push(file);
        }
    }
    // The database first: its keys are those that matter most.
    found.sort();
    Ok(found)
}

/// The files, and what SQLite may have put beside each.
pub(super) fn with_companions(files: &[PathBuf]) -> Vec<PathBuf> {
    let beside = |file: &PathBuf, companion: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(companion);
        PathBuf::from(name)
    };
    let endings = || COMPANIONS.into_iter().chain([""]);
    files.iter().flat_map(|file| endings().map(move |companion| beside(file, companion))).collect()
}

fn is_beside(database: &Path, file: &Path) -> bool {
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    let (Some(of), Some(name)) = (name(database), name(file)) else { return false };
    let Some(rest) = name.strip_prefix(&of) else { return false };
    let bare = COMPANIONS.iter().find_map(|companion| rest.strip_suffix(companion)).unwrap_or(rest);
    match bare {
        "" => rest != ".lock",
        _ => {
            restore::put_aside_at(database, &database.with_file_name(format!("{of}{bare}"))).is_some()
                || is_unfinished(bare)
        }
    }
}

/// `.…partial`, of the database or of its mark.
fn is_unfinished(rest: &str) -> bool {
    let rest = mark::unfinished(rest);
    let id = rest.strip_prefix('.').and_then(|rest| rest.strip_suffix(partial::PARTIAL)?.strip_suffix('.'));
    id.is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
}

/// Deletes the keys and how they are wrapped, so that nothing of the old pages or the log holds them any more.
pub(super) fn destroy_keys(file: &Path) -> Keys {
    if !is_database(file) {
        return Keys::Gone;
    }
    // What cannot be read as a database cannot be overwritten as one.
    overwrite(file).unwrap_or(Keys::There)
}

fn overwrite(file: &Path) -> Result<Keys, StoreError> {
    let connection = open::connect(file)?;
    connection.execute_batch("PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
    if !has_ring(&connection)? {
        return Ok(Keys::Gone);
    }
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        // A journal on disk would hold the pages as they were.
        connection.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))?;
    }
    connection.execute_batch("BEGIN IMMEDIATE; DELETE FROM keys; DELETE FROM key_ring; COMMIT;")?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(if busy == 0 { Keys::Gone } else { Keys::There })
}

/// Whether a database has lost its keys. One that cannot be read has them, for all that is known.
pub(super) fn keys(database: &Path) -> Keys {
    let looked = || -> Result<Keys, StoreError> {
        let connection = backup::reader(database)?;
        if !has_ring(&connection)? {
            return Ok(Keys::There);
        }
        let ring = connection.query_row("SELECT 1 FROM key_ring", [], |_| Ok(())).optional()?;
        Ok(if ring.is_none() { Keys::Gone } else { Keys::There })
    };
    if is_database(database) { looked().unwrap_or(Keys::There) } else { Keys::There }
}

/// Whether there are tables of keys at all.
fn has_ring(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('key_ring', 'keys')";
    Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))? == 2)
}

fn is_database(file: &Path) -> bool {
    let mut head = [0; MAGIC.len()];
    File::open(file).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *MAGIC
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_is_known_by_its_name() {
        let database = Path::new("/data/rialto.db");
        let id = "0123456789abcdef0123456789abcdef";
        let ours = |rest: &str| is_beside(database, Path::new(&format!("/data/rialto.db{rest}")));
        for rest in
            ["", "-wal", "-shm", "-journal", ".before-restore-20250131T033000Z", ".before-restore-20250131T033000Z-wal"]
        {
            assert!(ours(rest), "{rest}");
        }
        for rest in ["", "-wal", ".lock", "-shm"] {
            assert!(ours(&format!(".{id}.partial{rest}")), "{rest}");
        }
        assert!(ours(&format!(".left.{id}.partial")));
        for rest in [".lock", ".left", ".old", "x", ".before-restore-once", ".partial", "-wal.txt", ".x.partial"] {
            assert!(!ours(rest), "{rest}");
        }
        assert!(!is_beside(database, Path::new("/data/mine.db")) && !is_beside(database, Path::new("/data/")));
    }
}
