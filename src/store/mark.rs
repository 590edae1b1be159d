//! The mark that a database is being left. It stands in a file beside the database, because it has to say so also when
//! nothing of the database can be read any more, and when there is none.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::StoreError;
use super::partial::Partial;

const ENDING: &str = "left";

/// How far the leaving of a database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The peers are being left. Everything of the database is there.
    Begun,
    /// The keys are destroyed and the files deleted.
    Wiping,
    /// Nothing is there any more.
    Done,
}

impl Stage {
    const ALL: [(Self, &'static str); 3] = [(Self::Begun, "begun"), (Self::Wiping, "wiping"), (Self::Done, "done")];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(stage, _)| *stage == self).map_or("", |(_, word)| word)
    }

    /// What cannot be read counts as the least that a mark can mean.
    fn of(text: &str) -> Self {
        Self::ALL.iter().find(|(_, word)| *word == text.trim()).map_or(Self::Begun, |(stage, _)| *stage)
    }
}

/// The file of the mark.
pub(super) fn file(database: &Path) -> PathBuf {
    database.with_added_extension(ENDING)
}

/// The rest of a name without what a mark has more than its database.
pub(super) fn unfinished(rest: &str) -> &str {
    rest.strip_prefix('.').and_then(|rest| rest.strip_prefix(ENDING)).unwrap_or(rest)
}

/// How far the leaving of a database is; nothing if nobody has begun it.
pub(super) fn read(database: &Path) -> Option<Stage> {
    match fs::read_to_string(file(database)) {
        Ok(text) => Some(Stage::of(&text)),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(_) => Some(Stage::Begun),
    }
}

/// Writes the mark: when this returns it is on disk, and at any moment there is either the one before or this one.
pub(super) fn write(database: &Path, stage: Stage) -> io::Result<()> {
    let partial = Partial::beside(&file(database))?;
    writeln!(File::options().write(true).open(partial.path())?, "{}", stage.word())?;
    partial.replace(&file(database))
}

/// Nothing begins on a database that is being left.
///
/// # Errors
///
/// [`StoreError::Leaving`], [`StoreError::Left`].
pub fn refuse_left(database: &Path) -> Result<(), StoreError> {
    match read(database) {
        None => Ok(()),
        Some(Stage::Done) => Err(StoreError::Left(file(database))),
        Some(Stage::Begun | Stage::Wiping) => Err(StoreError::Leaving(file(database))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_says_how_far_it_is_and_an_unreadable_one_that_it_has_begun() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("rialto.db");
        assert_eq!(read(&database), None);
        for (stage, _) in Stage::ALL {
            write(&database, stage).unwrap();
            assert_eq!(read(&database), Some(stage));
        }
        assert!(matches!(refuse_left(&database), Err(StoreError::Left(_))));
        for bytes in [b"".as_slice(), b"wip", b"\xff\xfe"] {
            fs::write(file(&database), bytes).unwrap();
            assert_eq!(read(&database), Some(Stage::Begun));
        }
        assert!(matches!(refuse_left(&database), Err(StoreError::Leaving(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
    }
}
