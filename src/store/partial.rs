//! A file that gets its name only when it is whole and on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What an unfinished file's name ends with.
pub(super) const PARTIAL: &str = "partial";

/// A file being written beside the place it is for; deleted unless it is finished.
#[derive(Debug)]
pub(super) struct Partial(PathBuf);

impl Partial {
    /// An empty file (0600) in the folder of `target`.
    pub(super) fn beside(target: &Path) -> io::Result<Self> {
        let name = format!("{}.{PARTIAL}", uuid::Uuid::new_v4().simple());
        let path = target.with_added_extension(name);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives it its name. Fails with `AlreadyExists` rather than replace anything.
    pub(super) fn finish(self, target: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        match fs::hard_link(&self.0, target) {
            Ok(()) => {}
            // Some file systems have no links: look, then rename.
            Err(error) if error.kind() != ErrorKind::AlreadyExists && !target.exists() => fs::rename(&self.0, target)?,
            Err(_) => return Err(ErrorKind::AlreadyExists.into()),
        }
        sync_folder(target)
    }

    /// Puts it in the place of `target`, at once.
    pub(super) fn replace(self, target: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        fs::rename(&self.0, target)?;
        sync_folder(target)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Renamed away, or of no use.
        let _ = fs::remove_file(&self.0);
    }
}

/// A name is on disk when its folder is.
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
