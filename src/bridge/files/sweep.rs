//! Removes what nobody names any more: sealed files without a row, and what signal-cli keeps of messages that are safe here
//! or are nobody's business.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::bridge::channel::Channel;
use crate::failpoint::reach;
use crate::media::{Folder, disk};
use crate::store::{Store, StoreError};

/// How often the folders are looked through.
const EVERY: Duration = Duration::from_mins(1);

/// In so many looks in a row nobody must have named a file, and nothing may have come in. The line that names one is read and
/// committed within moments of it, or nothing is committed at all, and then there is no look; but of several files of a message
/// the first lies there while signal-cli fetches the others.
const LOOKS: u32 = 3;

/// Why a sweep did not end.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    /// The store does not say what is wanted.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder.
    #[error("a folder of files cannot be cleaned ({0}): check the disk, and who may write there")]
    Folder(io::ErrorKind),
}

/// Removes sealed files that no row names. Returns how many.
async fn sealed(folder: &Folder, store: &Store) -> Result<usize, SweepError> {
    // In this order: what is in the folder now had its row before.
    let there = folder.names().await.map_err(|error| SweepError::Folder(error.kind()))?;
    let wanted = store.read(|tx| tx.media_names()).await?;
    let (mut gone, mut failed) = (0, None);
    for name in there.difference(&wanted) {
        match folder.remove(name).await {
            Ok(()) => gone += 1,
            Err(error) => failed = Some(SweepError::Folder(error.kind())),
        }
    }
    failed.map_or(Ok(gone), Err)
}

/// Looks through the folder of files and the folders of attachments of these channels until `stop`.
pub async fn keep(channels: Arc<[Arc<Channel>]>, store: Store, stop: CancellationToken) {
    let folders: HashSet<PathBuf> = channels.iter().filter_map(|channel| channel.files.attachments.clone()).collect();
    let Some(first) = channels.first() else { return };
    let mut unnamed = HashMap::new();
    loop {
        if let Err(error) = look(&folders, &store, &mut unnamed).await {
            tracing::warn!(%error, "signal-cli's attachments were not looked through; the next look goes on");
        }
        match sealed(&first.files.folder, &store).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "files that nobody wants any more are removed"),
            Err(error) => tracing::warn!(%error, "files that nobody wants any more stay until the next look"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = first.clock.sleep(EVERY) => {}
        }
    }
}

/// The writer has to take something first: while it does not, lines that name files may be waiting unread.
async fn look(
    folders: &HashSet<PathBuf>,
    store: &Store,
    unnamed: &mut HashMap<PathBuf, u32>,
) -> Result<(), SweepError> {
    if folders.is_empty() {
        return Ok(());
    }
    let mut there = HashSet::new();
    for folder in folders {
        there.extend(files(folder).map_err(|error| SweepError::Folder(error.kind()))?);
    }
    let wanted = store.write(|tx| {
        let wanted = tx.attachments_wanted()?;
        reach!("files.look.before_commit");
        Ok(wanted)
    });
    let wanted = wanted.await?;
    unnamed.retain(|file, _| there.contains(file));
    if there.iter().any(|file| !names(&wanted, file) && !unnamed.contains_key(file)) {
        unnamed.clear();
    }
    for file in there {
        if names(&wanted, &file) {
            unnamed.remove(&file);
            continue;
        }
        let looks = unnamed.entry(file.clone()).or_default();
        *looks += 1;
        if *looks >= LOOKS {
            disk::off(|| std::fs::remove_file(file)).await.map_err(|error| SweepError::Folder(error.kind()))?;
        }
    }
    Ok(())
}

/// A folder that is not there yet has none.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let is_file = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
    Ok(entries.filter_map(Result::ok).filter(is_file).map(|entry| entry.path()).collect())
}

/// A preview carries the name of its file and an ending of its own.
fn names(wanted: &HashSet<String>, file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    wanted.contains(name) || name.strip_suffix(".preview").is_some_and(|name| wanted.contains(name))
}
