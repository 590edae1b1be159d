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
    limit: u64,
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
    /// Begins a file called `name` in the folder, for the row `row`. `there` is how many bytes lie there already.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::TooLarge`] and [`MediaFailure::NoSpace`] where its message says so already.
    pub async fn begin(
        folder: &Folder,
        media: &Media,
        (name, row): (&str, &[u8]),
        described: &MediaRef,
        there: u64,
    ) -> Result<Self, MediaError> {
        let limit = limits::of(&media.limits, described.kind);
        let room = room(folder, media, there);
        let said = described.size.unwrap_or(1);
        refuse(said, limit, room)?;
        let key = FileKey::fresh().map_err(|_| MediaError::Disk(std::io::ErrorKind::Other))?;
        let file = folder.begin(name).await?;
        let sealing = FileSealer::new(&key, row);
        let (folder, name) = (folder.clone(), name.to_owned());
        Ok(Self { folder, file, name, key, sealing, head: Vec::new(), size: 0, limit, room })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::TooLarge`] once it is larger than it may be, [`MediaFailure::NoSpace`] once there is no room for it.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        refuse(self.size, self.limit, self.room)?;
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..missing.min(bytes.len())).unwrap_or_default());
        let sealed = self.sealing.take(bytes).map_err(unsealed)?;
        Ok(self.file.write_all(sealed).await?)
    }

    /// All of it has come.
    ///
    /// # Errors
    ///
    /// [`MediaFailure::Broken`] if it is empty.
    pub async fn finish(self, described: &MediaRef) -> Result<Taken, MediaError> {
        if self.size == 0 {
            return Err(MediaError::Failed(MediaFailure::Broken));
        }
        let sealed = self.sealing.finish().map_err(unsealed)?;
        self.file.write_all(sealed).await?;
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

fn unsealed(_: VaultError) -> MediaError {
    MediaError::Failed(MediaFailure::Broken)
}

fn room(folder: &Folder, media: &Media, held: u64) -> u64 {
    let free = folder.free_space().map_or(u64::MAX, |free| free.saturating_sub(media.free_space));
    media.quota.saturating_sub(held).min(free)
}

fn refuse(said: u64, limit: u64, room: u64) -> Result<(), MediaError> {
    match said {
        said if said > limit => Err(MediaError::Failed(MediaFailure::TooLarge)),
        said if said > room => Err(MediaError::Failed(MediaFailure::NoSpace)),
        _ => Ok(()),
    }
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
