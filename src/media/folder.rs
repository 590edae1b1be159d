//! The folder of sealed files. A name says nothing but which row it belongs to; what no row names any more is noise without
//! a key, and goes with the next sweep.

use std::collections::HashSet;
use std::fs::TryLockError;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use super::MediaError;
use super::disk::{self, File};
use crate::clock::Moment;
use crate::event::MediaFailure;
use crate::vault::{FileKey, FileOpener, SEALED_PIECE};

/// Ends the name of a file that is not whole yet.
const PART: &str = "part";

/// The folder of sealed files. Cheap to clone: all clones count the same bytes.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    held: Arc<AtomicU64>,
}

impl Folder {
    /// Makes it, for nobody else to read, and counts what lies there.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn open(path: &Path) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let there = own_files(path).iter().filter_map(|file| Some(file.metadata().ok()?.len())).sum();
        Ok(Self { path: path.to_owned(), held: Arc::new(AtomicU64::new(there)) })
    }

    /// How many bytes of ours lie there, whole files or not.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// So many bytes more were written there.
    pub(super) fn grew(&self, bytes: usize) {
        self.held.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So many bytes fewer lie there.
    pub(super) fn shrank(&self, bytes: u64) {
        // Somebody else may have taken a file away: then there is nothing left to count, and not nearly everything.
        let less = |held: u64| Some(held.saturating_sub(bytes));
        let _ = self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// Keeps other processes from using it, for as long as what is returned is held: each would remove the files of the other. Where
    /// the file system knows no locks, nobody is kept out.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] if another one uses it; or if it cannot be read.
    pub fn hold(&self) -> io::Result<std::fs::File> {
        let folder = std::fs::File::open(&self.path)?;
        match folder.try_lock() {
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(folder),
        }
    }

    /// How many bytes are free on its disk; none if the system does not say.
    #[must_use]
    pub fn free_space(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.path).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// A new file, in the place of an earlier try.
    pub(super) async fn begin(&self, name: &str) -> io::Result<File> {
        let part = self.part(name);
        self.shrank(remove(&part).await?);
        let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).to_owned();
        File::open(&options, &part).await
    }

    /// The file is whole: it gets its name once its bytes are on the disk, and the name is there when this returns.
    pub(super) async fn finish(&self, name: &str, file: File) -> io::Result<()> {
        file.sync_all().await?;
        let (part, whole, folder) = (self.part(name), self.path.join(name), self.path.clone());
        let before = disk::off(move || {
            let before = whole.metadata().map_or(0, |file| file.len());
            std::fs::rename(part, whole)?;
            Ok((before, std::fs::File::open(folder).and_then(|folder| folder.sync_all())))
        });
        let (before, synced) = before.await?;
        self.shrank(before);
        synced
    }

    /// Opens a sealed file.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::Gone`] if there is none, as after a restore.
    pub async fn read(&self, name: &str, key: &FileKey, row: &[u8]) -> Result<Sealed, MediaError> {
        match File::open(std::fs::OpenOptions::new().read(true), &self.path.join(name)).await {
            Ok(file) => Ok(Sealed { left: file.len().await?, file, opener: Some(FileOpener::new(key, row)) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(MediaError::Failed(MediaFailure::Gone)),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a file, whole or not. One that is not there is gone already.
    ///
    /// # Errors
    ///
    /// If it stays.
    pub async fn remove(&self, name: &str) -> io::Result<()> {
        self.shrank(remove(&self.part(name)).await?);
        self.shrank(remove(&self.path.join(name)).await?);
        Ok(())
    }

    /// The names of all files there are, whole or not; files of others that lie there too are nobody's business.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub async fn names(&self) -> io::Result<HashSet<String>> {
        let path = self.path.clone();
        disk::off(move || names(&path)).await
    }

    /// When each file was last written, as far as the folder can be read.
    #[must_use]
    pub fn moments(&self) -> Vec<Moment> {
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().filter_map(Result::ok);
        entries.filter_map(|entry| written(&entry.metadata().ok()?)).collect()
    }

    fn part(&self, name: &str) -> PathBuf {
        self.path.join(name).with_added_extension(PART)
    }
}

fn names(folder: &Path) -> io::Result<HashSet<String>> {
    let mut names = HashSet::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let is_ours = entry.file_type()?.is_file() && is_ours(&path);
        names.extend(path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_ours).map(str::to_owned));
    }
    Ok(names)
}

fn written(file: &std::fs::Metadata) -> Option<Moment> {
    let since = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Moment)
}

/// Whether a file or folder bears a name that was given here: 32 hexadecimal digits, and perhaps that it is not whole yet.
pub(super) fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = name.strip_suffix(PART).and_then(|stem| stem.strip_suffix('.')).unwrap_or(name);
    stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The files in the folder of sealed ones that a bridge has put there.
#[must_use]
pub fn own_files(folder: &Path) -> Vec<PathBuf> {
    entries(folder, std::fs::FileType::is_file).into_iter().filter(|path| is_ours(path)).collect()
}

/// The files in a folder of hand-over that a bridge has put there: each lies in a folder of its own.
#[must_use]
pub fn handed_files(folder: &Path) -> Vec<PathBuf> {
    let folders = entries(folder, std::fs::FileType::is_dir).into_iter().filter(|path| is_ours(path));
    folders.flat_map(|folder| entries(&folder, std::fs::FileType::is_file)).collect()
}

/// Links are followed nowhere.
fn entries(folder: &Path, is: fn(&std::fs::FileType) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| is(&kind))).map(|entry| entry.path()).collect()
}

/// Returns how long it was.
async fn remove(path: &Path) -> io::Result<u64> {
    let path = path.to_owned();
    let removed = disk::off(move || {
        let length = path.symlink_metadata()?.len();
        std::fs::remove_file(path)?;
        Ok(length)
    });
    match removed.await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        removed => removed,
    }
}

/// A sealed file that is being opened, piece by piece.
pub struct Sealed {
    file: File,
    left: u64,
    opener: Option<FileOpener>,
}

impl Sealed {
    /// The next piece; none after the last.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::Broken`] if the file is not as it was written.
    pub async fn next(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, MediaError> {
        let Some(mut opener) = self.opener.take() else { return Ok(None) };
        let whole = SEALED_PIECE as u64;
        let length = usize::try_from(self.left.min(whole)).unwrap_or(SEALED_PIECE);
        let piece = self.file.read_exact(length).await?;
        let is_last = self.left <= whole;
        self.left -= length as u64;
        let broken = |_| MediaError::Failed(MediaFailure::Broken);
        if is_last {
            return opener.last(&piece).map(Some).map_err(broken);
        }
        let plain = opener.next(&piece).map_err(broken)?;
        self.opener = Some(opener);
        Ok(Some(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_known_by_its_name_whole_or_not_and_goes_as_often_as_it_is_told_to() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&dir.path().join("media")).unwrap();
        let [whole, begun] = ["a", "b"].map(|digit| digit.repeat(32));
        let file = folder.begin(&whole).await.unwrap();
        folder.finish(&whole, file).await.unwrap();
        drop(folder.begin(&begun).await.unwrap());
        let somebodys = dir.path().join("media/rialto.db");
        std::fs::write(&somebodys, "not a file on its way").unwrap();
        assert_eq!(folder.names().await.unwrap(), HashSet::from([whole.clone(), begun.clone()]));
        assert_eq!(own_files(&dir.path().join("media")).len(), 2);
        for name in [&whole, &begun, &begun] {
            folder.remove(name).await.unwrap();
        }
        assert_eq!(folder.names().await.unwrap(), HashSet::new());
        assert!(somebodys.exists());
    }

    #[tokio::test]
    async fn what_lies_there_is_counted_whoever_put_it_there() {
        let dir = tempfile::tempdir().unwrap();
        let [one, other] = ["a", "b"].map(|digit| digit.repeat(32));
        std::fs::write(dir.path().join(&one), [0; 100]).unwrap();
        std::fs::write(dir.path().join("somebody's"), [0; 100]).unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        assert_eq!(folder.held(), 100);
        // One that takes the place of another, and one that is begun anew.
        for (name, held) in [(&one, [150, 50]), (&other, [100, 100])] {
            let file = folder.begin(name).await.unwrap();
            file.write_all([0; 50]).await.unwrap();
            folder.grew(50);
            assert_eq!(folder.held(), held[0]);
            if name == &one {
                folder.finish(name, file).await.unwrap();
            }
            assert_eq!(folder.held(), held[1]);
        }
        drop(folder.begin(&other).await.unwrap());
        assert_eq!(folder.held(), 50);
        folder.clone().remove(&one).await.unwrap();
        folder.remove(&one).await.unwrap();
        assert_eq!(folder.held(), 0);
    }
}
