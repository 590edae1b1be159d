//! The folder of backups: a new one is made, old ones go, and what is past its time goes from those that stay.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clock::Moment;
use crate::config::Backup;
use crate::store::backup::{self, BackupError};
use crate::store::restore;
use crate::store::{Cutoffs, Plan, Purged};

/// The name under which the last run is noted.
pub const JOB: &str = "backup";

const BEFORE: &str = "rialto-";
const AFTER: &str = ".db";

/// Makes a backup of `database` in `folder` and deletes those that are not to be kept.
///
/// # Errors
///
/// Any [`BackupError`]; an old backup is only deleted when the new one is there.
pub fn make(database: &Path, folder: &Path, config: &Backup, now: Moment) -> Result<PathBuf, BackupError> {
    let unwritten = |error: io::Error| unwritten(folder, &error);
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritten)?;
    }
    backup::sweep(folder, |name| made_at(name).is_some()).map_err(unwritten)?;
    let file = folder.join(name(now));
    backup::copy(database, &file)?;
    delete(&surplus(&list(folder).map_err(unwritten)?, config, now)).map_err(unwritten)?;
    Ok(file)
}

/// Deletes backups that are not to be kept, and from the others what is past `cutoffs`. Returns what went.
///
/// # Errors
///
/// The first [`BackupError`]; every other backup has been seen to all the same.
pub fn tend(folder: &Path, config: &Backup, plan: &Plan, cutoffs: Cutoffs) -> Result<Purged, BackupError> {
    let doomed = doomed(folder, config, plan, cutoffs.now)?;
    delete(&doomed).map_err(|error| unwritten(folder, &error))?;
    let thinned: Vec<_> = left(folder, &doomed)?.iter().map(|file| backup::thin(file, plan, cutoffs)).collect();
    let backup_rows = thinned.into_iter().sum::<Result<usize, _>>()?;
    Ok(Purged { backup_rows, backup_files: doomed.len(), ..Purged::default() })
}

/// What [`tend`] would delete.
///
/// # Errors
///
/// Any [`BackupError`].
pub fn due(folder: &Path, config: &Backup, plan: &Plan, cutoffs: Cutoffs) -> Result<Purged, BackupError> {
    let doomed = doomed(folder, config, plan, cutoffs.now)?;
    let rows = |file: &PathBuf| backup::due(file, plan, cutoffs).map(|due| due.rows());
    let backup_rows = left(folder, &doomed)?.iter().map(rows).sum::<Result<usize, _>>()?;
    Ok(Purged { backup_rows, backup_files: doomed.len(), ..Purged::default() })
}

/// The backups that are not to be kept.
fn doomed(folder: &Path, config: &Backup, plan: &Plan, now: Moment) -> Result<Vec<PathBuf>, BackupError> {
    let all = dated(folder)?;
    let mut doomed = surplus(&all, config, now);
    doomed.extend(out_of_reach(&all, plan, now).into_iter().filter(|file| !doomed.contains(file)).collect::<Vec<_>>());
    Ok(doomed)
}

/// Nothing can be deleted from a backup of an earlier version of the schema. It may be kept for as long as it holds
/// nothing that has a shorter period than the rest, or until there is one in its place.
fn out_of_reach(all: &[(Moment, PathBuf)], plan: &Plan, now: Moment) -> Vec<PathBuf> {
    let Some(shorter) = plan.shorter() else { return Vec::new() };
    let is_older = |file: &Path, older| matches!(backup::is_older(file), Ok(found) if found == older);
    if !all.iter().any(|(_, file)| is_older(file, false)) {
        return Vec::new();
    }
    let doomed = all.iter().filter(|(made, file)| now.since(*made) >= shorter && is_older(file, true));
    doomed.map(|(_, file)| file.clone()).collect()
}

fn left(folder: &Path, doomed: &[PathBuf]) -> Result<Vec<PathBuf>, BackupError> {
    Ok(dated(folder)?.into_iter().map(|(_, file)| file).filter(|file| !doomed.contains(file)).collect())
}

fn dated(folder: &Path) -> Result<Vec<(Moment, PathBuf)>, BackupError> {
    if folder.exists() { list(folder).map_err(|error| unwritten(folder, &error)) } else { Ok(Vec::new()) }
}

fn unwritten(folder: &Path, error: &io::Error) -> BackupError {
    BackupError::CannotWrite { path: folder.into(), why: error.kind().to_string() }
}

/// When each backup of a folder was made; nothing if the folder cannot be read.
#[must_use]
pub fn moments(folder: &Path) -> Vec<Moment> {
    list(folder).unwrap_or_default().into_iter().map(|(made, _)| made).collect()
}

/// When each database that a restore put aside was put there; nothing if the folder cannot be read.
#[must_use]
pub fn put_aside(database: &Path) -> Vec<Moment> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| restore::put_aside_at(database, &file.path())).collect()
}

/// Everything in a folder that bears the name of a backup, with what lies beside one and what was left unfinished.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn all(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(files.into_iter().filter(|file| is_of_backup(file)).collect())
}

/// `rialto-TIME.db`, and whatever follows that.
fn is_of_backup(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split_once(AFTER).is_some_and(|(before, _)| made_at(&format!("{before}{AFTER}")).is_some())
}

/// Deletes databases that a restore put aside at least `period` ago. Returns how many.
///
/// # Errors
///
/// If the folder cannot be read or a file not be deleted.
pub fn forget_put_aside(database: &Path, period: Duration, now: Moment) -> io::Result<usize> {
    let files = long_put_aside(database, period, now)?;
    delete(&files)?;
    Ok(files.len())
}

/// The files that [`forget_put_aside`] would delete.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn long_put_aside(database: &Path, period: Duration, now: Moment) -> io::Result<Vec<PathBuf>> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let is_long = |file: &PathBuf| restore::put_aside_at(database, file).is_some_and(|at| now.since(at) >= period);
    Ok(files.into_iter().filter(is_long).collect())
}

/// Only what bears the name of a backup is ever deleted.
fn surplus(all: &[(Moment, PathBuf)], config: &Backup, now: Moment) -> Vec<PathBuf> {
    let many = |at: usize, made: Moment| at >= config.keep || now.since(made) >= config.keep_for;
    let doomed = all.iter().enumerate().filter(|(at, (made, _))| many(*at, *made));
    doomed.map(|(_, (_, file))| file.clone()).collect()
}

fn delete(files: &[PathBuf]) -> io::Result<()> {
    files.iter().try_for_each(fs::remove_file)
}

/// The backups of a folder, the newest first.
fn list(folder: &Path) -> io::Result<Vec<(Moment, PathBuf)>> {
    let mut backups = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(made) = entry.file_name().to_str().and_then(made_at) {
            backups.push((made, entry.path()));
        }
    }
    backups.sort_by(|a, b| b.cmp(a));
    Ok(backups)
}

fn name(made: Moment) -> String {
    format!("{BEFORE}{}{AFTER}", made.stamp())
}

fn made_at(name: &str) -> Option<Moment> {
    Moment::from_stamp(name.strip_prefix(BEFORE)?.strip_suffix(AFTER)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const START: Moment = Moment(1_738_294_200_000);

    fn config(keep: usize) -> Backup {
        Backup { path: None, schedule: String::new(), keep, keep_for: DAY * 5 }
    }

    /// A folder with a backup of each of so many days, and two files that are none.
    fn folder(days: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for day in 0..days {
            fs::write(folder.path().join(name(START.plus(DAY * day))), "").unwrap();
        }
        fs::write(folder.path().join("rialto-mine.db"), "").unwrap();
        fs::write(folder.path().join("rialto.db"), "").unwrap();
        folder
    }

    fn prune(folder: &Path, config: &Backup, now: Moment) {
        delete(&surplus(&list(folder).unwrap(), config, now)).unwrap();
    }

    fn left(folder: &Path) -> Vec<u32> {
        assert!(folder.join("rialto-mine.db").exists() && folder.join("rialto.db").exists());
        let day = |made: Moment| u32::try_from(made.since(START).as_secs() / DAY.as_secs()).unwrap();
        list(folder).unwrap().into_iter().map(|(made, _)| day(made)).collect()
    }

    #[test]
    fn so_many_are_kept() {
        let folder = folder(5);
        prune(folder.path(), &config(3), START.plus(DAY * 4));
        assert_eq!(left(folder.path()), [4, 3, 2]);
    }

    #[test]
    fn none_is_kept_too_long_however_few_there_are() {
        let folder = folder(3);
        prune(folder.path(), &config(100), START.plus(DAY * 6));
        assert_eq!(left(folder.path()), [2]);
        prune(folder.path(), &config(100), START.plus(DAY * 30));
        assert!(left(folder.path()).is_empty());
    }

    #[test]
    fn what_a_restore_put_aside_goes_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("rialto.db");
        let aside = restore::aside(&database, START);
        let log = folder.path().join(format!("{}-wal", aside.file_name().unwrap().to_str().unwrap()));
        for file in [&database, &aside, &log] {
            fs::write(file, "").unwrap();
        }
        assert_eq!(forget_put_aside(&database, DAY, START.plus(DAY / 2)).unwrap(), 0);
        assert_eq!(forget_put_aside(&database, DAY, START.plus(DAY)).unwrap(), 2);
        assert!(database.exists());
    }

    #[test]
    fn what_lies_beside_a_backup_and_what_is_unfinished_is_found_too() {
        let folder = folder(2);
        let backup = name(START);
        for more in ["-wal", "-journal", ".0123456789abcdef0123456789abcdef.partial"] {
            fs::write(folder.path().join(format!("{backup}{more}")), "").unwrap();
        }
        assert_eq!(all(folder.path()).unwrap().len(), 5);
        assert!(all(&folder.path().join("nowhere")).unwrap().is_empty());
    }

    #[test]
    fn names_say_when() {
        assert_eq!(name(START), "rialto-20250131T033000Z.db");
        assert_eq!(made_at("rialto-20250131T033000Z.db"), Some(START));
        assert_eq!(made_at("rialto-20250131T033000Z.db.partial"), None);
    }
}
