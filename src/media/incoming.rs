//! Takes a file in as it comes: counted, sniffed and sealed piece by piece, so that little of it is in memory and none of it
//! in the clear on a disk.

use super::disk::File;
use super::folder::Folder;
use super::sniff::{self, FileType, HEAD};
use super::{MediaError, limits, names};
use crate::config::Media;
use crate::event::{MediaFailure, MediaKind, MediaRef};
use crate::redact::Private;
use crate::vault::{FileKey, FileSealer, VaultError};

/// A file that is coming in.
pub struct Incoming {
    folder: Folder,
    file: File,
    name: String,
    key: FileKey,
    sealing: FileSealer,
    head: Vec<u8>,
    size: u64,
    /// How many bytes of it the folder counts.
    counted: u64,
    limit: u64,
    /// How much may lie in the folder.
    room: u64,
}

/// A file that is in the folder, whole.
#[derive(Debug)]
pub struct Taken {
    /// Opens it.
    pub key: FileKey,
    /// What it is shown as.
    pub kind: MediaKind,
    /// What its bytes say that it is.
    pub mimetype: String,
    /// A clean name.
    pub name: Private,
    /// In bytes, opened.
    pub size: u64,
    /// Whether it is a picture that moves.
    pub moves: bool,
}

impl Incoming {
    /// Begins a file called `name` in the folder, for the row `row`.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::TooLarge`] and [`MediaFailure::NoSpace`] where its message says so already.
    pub async fn begin(
        folder: &Folder,
        media: &Media,
        (name, row): (&str, &[u8]),
        described: &MediaRef,
    ) -> Result<Self, MediaError> {
        let limit = limits::of(&media.limits, described.kind);
        let room = room(folder, media);
        let said = described.size.unwrap_or(1);
        refuse_larger(said, limit)?;
        refuse_without_room(said, folder, room)?;
        let key = FileKey::fresh().map_err(|_| MediaError::Disk(std::io::ErrorKind::Other))?;
        let file = folder.begin(name).await?;
        let sealing = FileSealer::new(&key, row);
        let (folder, name) = (folder.clone(), name.to_owned());
        Ok(Self { folder, file, name, key, sealing, head: Vec::new(), size: 0, counted: 0, limit, room })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::TooLarge`] once it is larger than it may be, [`MediaFailure::NoSpace`] once there is no room for it.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        refuse_larger(self.size, self.limit)?;
        refuse_without_room(bytes.len() as u64, &self.folder, self.room)?;
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..missing.min(bytes.len())).unwrap_or_default());
        let sealed = self.sealing.take(bytes).map_err(unsealed)?;
        write(&self.folder, &self.file, sealed, &mut self.counted).await
    }

    /// All of it has come.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::Broken`] if it is empty.
    pub async fn finish(mut self, described: &MediaRef) -> Result<Taken, MediaError> {
        if self.size == 0 {
            return Err(MediaError::Failed(MediaFailure::Broken));
        }
        let sealed = self.sealing.finish().map_err(unsealed)?;
        write(&self.folder, &self.file, sealed, &mut self.counted).await?;
        self.folder.finish(&self.name, self.file).await?;
        let found = sniff::of(&self.head);
        let moves = sniff::moves(&self.head);
        let kind = match sniff::kind(described.kind, found) {
            MediaKind::Picture if moves && found.mimetype == "image/gif" => MediaKind::Gif,
            kind => kind,
        };
        let name = names::clean(described.name.as_ref(), called(kind), extension(kind, found));
        Ok(Taken { key: self.key, kind, mimetype: mimetype(kind, found).to_owned(), name, size: self.size, moves })
    }
}

/// Counted before it is written, so that others that come in know of it; what could not be written is taken back.
async fn write(folder: &Folder, file: &File, sealed: Vec<u8>, counted: &mut u64) -> Result<(), MediaError> {
    folder.grew(sealed.len());
    *counted += sealed.len() as u64;
    let written = file.write_all(sealed).await;
    if written.is_err() {
        let there = file.len().await.unwrap_or(*counted);
        folder.shrank(counted.saturating_sub(there));
        *counted = there;
    }
    Ok(written?)
}

fn unsealed(_: VaultError) -> MediaError {
    MediaError::Failed(MediaFailure::Broken)
}

/// What is free now is for all that come in at once.
fn room(folder: &Folder, media: &Media) -> u64 {
    let free = folder.free_space().map_or(u64::MAX, |free| free.saturating_sub(media.free_space));
    folder.held().saturating_add(free).min(media.quota)
}

fn refuse_larger(size: u64, limit: u64) -> Result<(), MediaError> {
    if size > limit { Err(MediaError::Failed(MediaFailure::TooLarge)) } else { Ok(()) }
}

fn refuse_without_room(more: u64, folder: &Folder, room: u64) -> Result<(), MediaError> {
    if folder.held().saturating_add(more) > room { Err(MediaError::Failed(MediaFailure::NoSpace)) } else { Ok(()) }
}

/// Sound in a container for films is known as a film by its first bytes.
fn mimetype(kind: MediaKind, found: FileType) -> &'static str {
    match (kind, found.mimetype) {
        (MediaKind::VoiceMessage | MediaKind::Audio, "video/mp4") => "audio/mp4",
        (MediaKind::VoiceMessage | MediaKind::Audio, "video/webm") => "audio/webm",
        (_, found) => found,
    }
}

fn extension(kind: MediaKind, found: FileType) -> &'static str {
    match (kind, found.mimetype) {
        (MediaKind::VoiceMessage | MediaKind::Audio, "video/mp4" | "audio/m4a") => "m4a",
        _ => found.extension,
    }
}

/// What a file without a name is called.
fn called(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Picture => "picture",
        MediaKind::Video => "video",
        MediaKind::Gif => "gif",
        MediaKind::VideoNote => "video note",
        MediaKind::VoiceMessage => "voice message",
        MediaKind::Audio => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const ROW: &[u8] = b"a row";

    fn document(size: Option<u64>) -> MediaRef {
        MediaRef { kind: MediaKind::Document, name: None, size, place: None, once: false }
    }

    fn media(quota: u64) -> Media {
        let media = Config::from_toml(include_str!("../../tests/samples/smallest.toml")).unwrap().media;
        Media { quota, free_space: 0, ..media }
    }

    #[tokio::test]
    async fn what_comes_at_once_has_one_quota_and_what_goes_makes_room() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let [one, other] = ["a", "b"].map(|digit| digit.repeat(32));
        let (media, piece) = (media(1_000_000), vec![7; 600_000]);
        let any = document(None);
        let begin = |name| Incoming::begin(&folder, &media, (name, ROW), &any);
        let (mut first, mut second) = (begin(&*one).await.unwrap(), begin(&*other).await.unwrap());
        first.take(&piece).await.unwrap();
        let full = Err(MediaError::Failed(MediaFailure::NoSpace));
        assert_eq!(second.take(&piece).await, full, "each of them alone would have fitted");
        first.finish(&document(None)).await.unwrap();
        let told = Incoming::begin(&folder, &media, (&other, ROW), &document(Some(600_000))).await;
        assert_eq!(told.map(drop), full, "before it is fetched");
        folder.remove(&one).await.unwrap();
        let mut second = begin(&*other).await.unwrap();
        second.take(&piece).await.unwrap();
        second.finish(&document(None)).await.unwrap();
    }

    #[tokio::test]
    async fn what_could_not_be_written_is_not_counted() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let path = dir.path().join("read only");
        std::fs::write(&path, "12").unwrap();
        let file = File::open(std::fs::OpenOptions::new().read(true), &path).await.unwrap();
        let mut counted = 2;
        folder.grew(2);
        assert!(write(&folder, &file, vec![7; 100], &mut counted).await.is_err());
        assert_eq!((counted, folder.held()), (2, 2));
    }

    #[tokio::test]
    async fn so_much_of_the_disk_stays_free() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let media = Media { free_space: u64::MAX, ..media(1_000_000) };
        let begun = Incoming::begin(&folder, &media, (&"a".repeat(32), ROW), &document(None)).await;
        assert_eq!(begun.map(drop), Err(MediaError::Failed(MediaFailure::NoSpace)));
    }
}
