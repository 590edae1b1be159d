//! Leaving for good: the one way to a database that carries the mark, and the end of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::mark::{self, Stage};
use super::partial;
use super::wipe::{self, Keys};
use super::{Store, StoreError, open};
use crate::config::Encryption;
use crate::failpoint::reach;

/// Why not everything is wiped. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum WipeError {
    /// The mark cannot be written, so nothing further was done.
    #[error("{} cannot be written ({why}): check the rights of its folder and free space, then run this again", .mark.display())]
    Unmarked {
        /// The mark.
        mark: PathBuf,
        /// The kind of failure.
        why: String,
    },
    /// A file is still there.
    #[error("{} cannot be deleted ({why}): check the rights of its folder, then run this again", .file.display())]
    Undeleted {
        /// The file, or the folder that cannot be read.
        file: PathBuf,
        /// The kind of failure.
        why: String,
    },
}

/// What was wiped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wiped {
    /// How many files are gone.
    pub files: usize,
    /// In how many databases the keys could not be overwritten before the file was deleted.
    pub with_keys: usize,
}

/// A database that is being left. Nobody else can use it while this exists, and once it is marked nobody ever again.
#[derive(Debug)]
pub struct Leaving {
    database: PathBuf,
    lock: File,
}

impl Leaving {
    /// Keeps everybody else out, whatever the mark says.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn take(database: &Path) -> Result<Self, StoreError> {
        Ok(Self { database: database.to_owned(), lock: open::lock_marked(database)? })
    }

    /// How far it is. Keys go only once the wiping has begun, so a database without any is at that; and one that lies where
    /// everything was wiped was put there since.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        match mark::read(&self.database) {
            Some(Stage::Begun) if wipe::keys(&self.database) == Keys::Gone => Some(Stage::Wiping),
            Some(Stage::Done) if self.database.exists() => Some(Stage::Begun),
            stage => stage,
        }
    }

    /// The file of the mark.
    #[must_use]
    pub fn mark(&self) -> PathBuf {
        mark::file(&self.database)
    }

    /// Opens the database. It is still kept by this, so close it before [`Leaving::wipe`].
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn open(&self, encryption: &Encryption) -> Result<Store, StoreError> {
        Store::open_kept(&self.database, encryption)
    }

    /// Marks the database: from now on no bridge starts on it.
    ///
    /// # Errors
    ///
    /// [`WipeError::Unmarked`].
    pub fn begin(&self) -> Result<(), WipeError> {
        self.write(Stage::Begun)?;
        reach!("leave.after_mark");
        Ok(())
    }

    /// Destroys the keys, in the database and in every copy, and then deletes all files; `copies` are those that lie
    /// elsewhere, `others` the files that are no databases. The mark stays. Can be repeated, and goes on where another was cut.
    ///
    /// # Errors
    ///
    /// Any [`WipeError`]; what could be deleted is gone all the same.
    pub fn wipe(self, copies: &[PathBuf], others: &[PathBuf]) -> Result<Wiped, WipeError> {
        self.write(Stage::Wiping)?;
        reach!("leave.before_wipe");
        let with_keys = destroy_keys(&[self.beside()?, copies.to_vec()].concat());
        // Looked for again: what was opened may have got a log.
        let gone = delete(&[self.beside()?, wipe::with_companions(copies), others.to_vec()].concat())?;
        reach!("leave.before_done");
        self.write(Stage::Done)?;
        reach!("leave.before_unlock");
        let lock = open::lock_file(&self.database);
        remove(&lock).and_then(|_| partial::sync_folder(&lock)).map_err(|error| undeleted(&lock, &error))?;
        drop(self.lock);
        Ok(Wiped { files: gone, with_keys })
    }

    fn beside(&self) -> Result<Vec<PathBuf>, WipeError> {
        wipe::beside(&self.database).map_err(|error| undeleted(&self.database, &error))
    }

    fn write(&self, stage: Stage) -> Result<(), WipeError> {
        let unmarked = |error: io::Error| WipeError::Unmarked { mark: self.mark(), why: error.kind().to_string() };
        mark::write(&self.database, stage).map_err(unmarked)
    }
}

/// Returns in how many databases there are keys still. That they lie under files that are deleted next is no reason to
/// stop: what cannot be overwritten is mostly damaged.
fn destroy_keys(files: &[PathBuf]) -> usize {
    let mut left = 0;
    for file in files {
        left += usize::from(wipe::destroy_keys(file) == Keys::There);
        reach!("leave.between_keys");
    }
    left
}

/// Deletes what can be deleted, and then says what could not.
fn delete(files: &[PathBuf]) -> Result<usize, WipeError> {
    let (mut gone, mut trouble) = (0, None);
    for file in files {
        match remove(file) {
            Ok(was_there) => gone += usize::from(was_there),
            Err(error) => trouble = trouble.or(Some(undeleted(file, &error))),
        }
        reach!("leave.between_files");
    }
    for file in files {
        partial::sync_folder(file).map_err(|error| undeleted(file, &error))?;
    }
    trouble.map_or(Ok(gone), Err)
}

/// Whether it was there.
fn remove(file: &Path) -> io::Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn undeleted(file: &Path, error: &io::Error) -> WipeError {
    WipeError::Undeleted { file: file.to_owned(), why: error.kind().to_string() }
}
