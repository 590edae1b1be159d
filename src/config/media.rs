//! Files on their way, checked.

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use bytesize::ByteSize;

use super::check::{Checked, Checker};
use super::raw;

/// Where files lie on their way, and how large they may be.
#[derive(Debug, Clone)]
pub struct Media {
    /// The folder of sealed files.
    pub folder: PathBuf,
    /// How large one may be.
    pub limits: MediaLimits,
    /// How many bytes may lie there altogether.
    pub quota: u64,
    /// How many bytes must stay free on its disk.
    pub free_space: u64,
    /// How many bytes may lie in a folder of hand-over at once.
    pub hand_over: u64,
    /// What converts files, if anything does.
    pub ffmpeg: Option<PathBuf>,
}

/// How large a file may be, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct MediaLimits {
    /// Pictures and stickers.
    pub picture: u64,
    /// Films of all kinds.
    pub video: u64,
    /// Voice messages and music.
    pub audio: u64,
    /// Everything else.
    pub document: u64,
}

impl Checker<'_> {
    pub(super) fn media(&self, raw: raw::Media, database: &Path) -> Checked<Media> {
        let media = Media {
            folder: raw.folder.unwrap_or_else(|| database.with_file_name("media")),
            limits: MediaLimits {
                picture: self.size("media.picture", &raw.picture)?,
                video: self.size("media.video", &raw.video)?,
                audio: self.size("media.audio", &raw.audio)?,
                document: self.size("media.document", &raw.document)?,
            },
            quota: self.size("media.quota", &raw.quota)?,
            free_space: self.size("media.free_space", &raw.free_space)?,
            hand_over: self.size("media.hand_over", &raw.hand_over)?,
            ffmpeg: self.ffmpeg(raw.ffmpeg)?,
        };
        let MediaLimits { picture, video, audio, document } = media.limits;
        let largest = picture.max(video).max(audio).max(document);
        for (key, room) in [("media.quota", media.quota), ("media.hand_over", media.hand_over)] {
            if room < largest {
                return Err(self.error(key, "must be as large as the largest file that is let through"));
            }
        }
        Ok(media)
    }

    /// Nothing is looked for along a path.
    fn ffmpeg(&self, path: Option<PathBuf>) -> Checked<Option<PathBuf>> {
        if path.as_ref().is_some_and(|path| !path.is_absolute()) {
            return Err(self.error("media.ffmpeg", "must be the whole path of the program, like /usr/bin/ffmpeg"));
        }
        Ok(path)
    }

    fn size(&self, key: &str, text: &str) -> Checked<u64> {
        let size: ByteSize = self.parse(key, text, "must be a size like 25 MB or 1 GB, or 0 B for none")?;
        Ok(size.as_u64())
    }
}

impl Display for Media {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let show = |size: u64| ByteSize::b(size).display().si();
        let MediaLimits { picture, video, audio, document } = self.limits;
        writeln!(f, "[media]\nfolder = \"{}\"", self.folder.display())?;
        writeln!(f, "picture = \"{}\"\nvideo = \"{}\"\naudio = \"{}\"", show(picture), show(video), show(audio))?;
        writeln!(f, "document = \"{}\"\nquota = \"{}\"", show(document), show(self.quota))?;
        write!(f, "free_space = \"{}\"\nhand_over = \"{}\"", show(self.free_space), show(self.hand_over))?;
        match &self.ffmpeg {
            Some(path) => write!(f, "\nffmpeg = \"{}\"", path.display()),
            None => Ok(()),
        }
    }
}
