//! What the machine says of itself. What cannot be read is not known, and never counts as fine.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{major, minor, statvfs};
use rustix::process::{Resource, getrlimit, getuid};

use crate::config::Config;

/// What one look found.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) root: bool,
    pub(super) core_dumps: bool,
    /// Files of secrets with their permission bits; none if one cannot be looked at.
    pub(super) secrets: Vec<(PathBuf, Option<u32>)>,
    pub(super) config: (PathBuf, Option<u32>),
    /// The database's folder, or the nearest one above it that exists.
    pub(super) data: (PathBuf, Option<u32>),
    /// Whether the file that opens the database lies on its disk.
    pub(super) one_disk: bool,
    pub(super) disk: Disk,
    /// Swap that is written to a disk and not known to be encrypted; none if it cannot be told.
    pub(super) bare_swap: Option<Vec<String>>,
    /// Whether WAHA lets Rialto's key do everything; none if it does not say.
    pub(super) master_key: Option<bool>,
    /// Bytes that may still be written beside the database.
    pub(super) free: Option<u64>,
}

/// How a disk keeps what is written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    /// dm-crypt, as LUKS makes it.
    Encrypted,
    /// Nothing shows that it is; ZFS, fscrypt and a virtual machine's disk do not show it.
    Unknown,
}

impl Machine {
    pub(super) fn look(config: &Config, file: &Path) -> Self {
        let folder = existing(&config.store.path);
        let device = device(&folder);
        let near = |path: &PathBuf| device.is_some() && self::device(path) == device;
        Self {
            root: getuid().is_root(),
            core_dumps: getrlimit(Resource::Core).maximum != Some(0),
            secrets: config.secret_files.iter().map(|path| (path.clone(), mode(path))).collect(),
            config: (file.to_owned(), mode(file)),
            one_disk: config.unlock_file.as_ref().is_some_and(near),
            disk: device.map_or(Disk::Unknown, |device| disk(Path::new("/sys/dev/block"), device)),
            bare_swap: fs::read_to_string("/proc/swaps").ok().map(|table| bare(&table)),
            master_key: super::key::is_master(config),
            free: statvfs(&folder).ok().map(|found| found.f_bavail.saturating_mul(found.f_frsize)),
            data: (folder.clone(), mode(&folder)),
        }
    }
}

fn existing(database: &Path) -> PathBuf {
    let absolute = std::path::absolute(database).unwrap_or_else(|_| database.to_owned());
    absolute.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|found| found.mode() & 0o777)
}

fn device(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|found| found.dev())
}

/// Whether this device, or each one that it lies on, is dm-crypt's.
fn disk(blocks: &Path, device: u64) -> Disk {
    let block = blocks.join(format!("{}:{}", major(device), minor(device)));
    if is_encrypted(&block, 8) { Disk::Encrypted } else { Disk::Unknown }
}

/// LVM and the like lie on others. `depth` bounds how far down is looked.
fn is_encrypted(block: &Path, depth: u8) -> bool {
    if fs::read_to_string(block.join("dm/uuid")).is_ok_and(|uuid| uuid.starts_with("CRYPT-")) {
        return true;
    }
    let Ok(below) = fs::read_dir(block.join("slaves")) else { return false };
    let below: Vec<_> = below.flatten().map(|entry| entry.path()).collect();
    depth > 0 && !below.is_empty() && below.iter().all(|block| is_encrypted(block, depth - 1))
}

/// The swap of `/proc/swaps` that a disk keeps in the clear, as far as can be told. zram is memory.
fn bare(table: &str) -> Vec<String> {
    let names = table.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| !name.starts_with("/dev/zram") && !is_kept(Path::new(name))).map(str::to_owned).collect()
}

fn is_kept(swap: &Path) -> bool {
    let device = fs::metadata(swap).ok().map(|m| if m.file_type().is_block_device() { m.rdev() } else { m.dev() });
    device.is_some_and(|device| disk(Path::new("/sys/dev/block"), device) == Disk::Encrypted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(blocks: &Path, name: &str, uuid: &str) -> PathBuf {
        let block = blocks.join(name);
        fs::create_dir_all(block.join("dm")).unwrap();
        fs::write(block.join("dm/uuid"), uuid).unwrap();
        block
    }

    #[test]
    fn a_disk_on_encrypted_disks_alone_is_encrypted() {
        let folder = tempfile::tempdir().unwrap();
        let crypt = block(folder.path(), "253:0", "CRYPT-LUKS2-00-home\n");
        let plain = block(folder.path(), "253:1", "LVM-00\n");
        let volume = block(folder.path(), "253:2", "LVM-01\n");
        fs::create_dir(volume.join("slaves")).unwrap();
        std::os::unix::fs::symlink(&crypt, volume.join("slaves/dm-0")).unwrap();
        let at = |number| disk(folder.path(), rustix::fs::makedev(253, number));
        assert_eq!([at(0), at(1), at(2), at(3)], [Disk::Encrypted, Disk::Unknown, Disk::Encrypted, Disk::Unknown]);
        std::os::unix::fs::symlink(&plain, volume.join("slaves/dm-1")).unwrap();
        assert_eq!(at(2), Disk::Unknown, "half of it is bare");
    }

    #[test]
    fn swap_in_memory_is_no_swap_on_a_disk() {
        let table = "Filename Type Size Used Priority\n/dev/zram0 partition 1 0 5\n/nowhere/swap file 1 0 -2\n";
        assert_eq!(bare(table), ["/nowhere/swap"]);
        assert!(bare("Filename Type Size Used Priority\n").is_empty());
    }
}
