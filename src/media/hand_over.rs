//! Gives signal-cli a file: in the clear, in a folder in memory that only the two of them reach, under a random name, and for
//! the time of one call.

use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::MediaError;
use super::disk::File;
use super::folder::{Sealed, is_ours};
use crate::event::MediaFailure;
use crate::redact::Private;

/// One permit of the room in the folder, in bytes.
const UNIT: u64 = 1024 * 1024;

/// How much may lie at once in a folder of hand-over, which channels of one signal-cli share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Room {
    room: Arc<Semaphore>,
    units: u32,
}

impl Room {
    /// So many bytes.
    #[must_use]
    pub fn of(bytes: u64) -> Self {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX / 8).max(1);
        Self { room: Arc::new(Semaphore::new(units as usize)), units }
    }

    /// A file that is larger than the room waits until it is alone.
    async fn take(&self, size: u64) -> Result<OwnedSemaphorePermit, MediaError> {
        let units = u32::try_from(size.div_ceil(UNIT)).unwrap_or(u32::MAX).clamp(1, self.units);
        let room = Arc::clone(&self.room).acquire_many_owned(units).await;
        room.map_err(|_| MediaError::Failed(MediaFailure::NoWay))
    }
}

/// Where one channel hands files to signal-cli.
#[derive(Debug, Clone)]
pub struct HandOver {
    path: PathBuf,
    room: Room,
}

impl HandOver {
    /// Makes the folder and removes what a crash has left in it, and nothing that it did not make.
    ///
    /// # Errors
    ///
    /// If it cannot be made or emptied.
    pub fn open(path: &Path, room: Room) -> io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() && is_ours(&entry.path()) {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(Self { path: path.to_owned(), room })
    }

    /// Lays a file of so many bytes into it, once there is room.
    ///
    /// # Errors
    ///
    /// Those of [`Sealed::next`]; and of the folder, which is full sooner than the configuration says if the system gives
    /// it less.
    pub async fn give(&self, mut sealed: Sealed, name: &Private, size: u64) -> Result<Handed, MediaError> {
        let room = self.room.take(size).await?;
        let folder = self.path.join(uuid::Uuid::new_v4().simple().to_string());
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        let handed = Handed { file: folder.join(name.reveal()), folder, _room: room };
        let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).to_owned();
        let file = File::open(&options, &handed.file).await?;
        while let Some(piece) = sealed.next().await? {
            file.write_all(piece).await?;
        }
        Ok(handed)
    }
}

/// A file that lies there until this is dropped. Its path ends in the name that its sender gave it, so it is not for a log.
pub struct Handed {
    folder: PathBuf,
    file: PathBuf,
    _room: OwnedSemaphorePermit,
}

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handed(…)")
    }
}

impl Handed {
    /// Where it lies, in the form that signal-cli takes.
    #[must_use]
    pub fn path(&self) -> Private {
        self.file.to_string_lossy().into_owned().into()
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::error!(error = %error.kind(), "a file that was handed over stays in memory until the next start");
        }
    }
}
