//! Makes folders and files for who is to have them, and never replaces what is there.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::process::getuid;

/// The user that docker-compose.yml runs Rialto and signal-cli as.
const BRIDGE: u32 = 10001;

/// Who is to have something. Only root can give it away; else it stays with whoever runs this.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    /// Rialto and signal-cli.
    Bridge,
    /// Root: WAHA's folder, and what only this command reads.
    Root,
    /// Who owns the folder that all lies in.
    Person,
    /// That person, and the bridge reads it by its group.
    PersonAndBridge,
}

/// Works in one folder.
pub(super) struct Hands {
    folder: PathBuf,
    person: (u32, u32),
    pub(super) root: bool,
}

impl Hands {
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let found = fs::metadata(folder).with_context(|| format!("{} is no folder", folder.display()))?;
        anyhow::ensure!(found.is_dir(), "{} is no folder", folder.display());
        Ok(Self { folder: folder.to_owned(), person: (found.uid(), found.gid()), root: getuid().is_root() })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }

    /// A folder; one that is there stays as it is.
    pub(super) fn folder(&self, name: &str, mode: u32, owner: Owner) -> anyhow::Result<()> {
        let path = self.path(name);
        match DirBuilder::new().mode(mode).create(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            created => created.and_then(|()| self.give(&path, owner)).map_err(|error| cannot(&path, &error)),
        }
    }

    /// A new file; false if there is one.
    pub(super) fn file(&self, name: &str, bytes: &[u8], mode: u32, owner: Owner) -> anyhow::Result<bool> {
        let path = self.path(name);
        match write(&path, bytes, mode, |path| self.give(path, owner)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            written => written.map(|()| true).map_err(|error| cannot(&path, &error)),
        }
    }

    /// Puts new content in the place of a file in one step, for the same owner.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let (path, beside) = (self.path(name), self.path(&format!("{name}.new")));
        let replaced = || {
            let before = fs::metadata(&path)?;
            let give =
                |path: &Path| if self.root { chown(path, Some(before.uid()), Some(before.gid())) } else { Ok(()) };
            write(&beside, bytes, 0o600, give)?;
            fs::rename(&beside, &path)
        };
        replaced().map_err(|error| cannot(&path, &error))
    }

    fn give(&self, path: &Path, owner: Owner) -> std::io::Result<()> {
        let (person, group) = self.person;
        let (user, group) = match owner {
            _ if !self.root => return Ok(()),
            Owner::Bridge => (BRIDGE, BRIDGE),
            Owner::Root => (0, 0),
            Owner::Person => (person, group),
            Owner::PersonAndBridge => (person, BRIDGE),
        };
        chown(path, Some(user), Some(group))
    }
}

/// A new file: given away before anything is in it, and whole on the disk or not there.
fn write(path: &Path, bytes: &[u8], mode: u32, give: impl Fn(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let written = give(path).and_then(|()| file.write_all(bytes)).and_then(|()| file.sync_all());
    // Half a secret is worse than none: it would be kept the next time.
    written.inspect_err(|_| drop(fs::remove_file(path)))
}

fn cannot(path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!("{} cannot be made ({}); nothing that was there is changed", path.display(), error.kind())
}
