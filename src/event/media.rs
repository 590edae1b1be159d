//! Files that travel with messages.

use serde::{Deserialize, Serialize};

use super::Unsupported;
use crate::redact::Private;

/// What a file is to whoever sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the thing it names")]
pub enum MediaKind {
    Picture,
    Video,
    /// A short silent film that plays by itself and over and over.
    Gif,
    /// A round film of somebody speaking.
    VideoNote,
    VoiceMessage,
    Audio,
    Document,
    Sticker,
}

impl MediaKind {
    /// Whether it is a picture or a film.
    #[must_use]
    pub fn is_seen(self) -> bool {
        matches!(self, Self::Picture | Self::Video | Self::Gif | Self::VideoNote)
    }

    /// The kind as a line names it that says what was not brought.
    #[must_use]
    pub fn as_unsupported(self) -> Unsupported {
        match self {
            Self::Picture => Unsupported::Picture,
            Self::Video | Self::Gif | Self::VideoNote => Unsupported::Video,
            Self::VoiceMessage => Unsupported::VoiceMessage,
            Self::Audio => Unsupported::Audio,
            Self::Document => Unsupported::Document,
            Self::Sticker => Unsupported::Sticker,
        }
    }
}

/// A file on one of the two sides, as its message describes it. Nothing of it is trusted but where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRef {
    /// What it is.
    pub kind: MediaKind,
    /// Where it lies: below WAHA's address for files, or under this name in signal-cli's folder. None if WAHA has to be
    /// asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Private>,
    /// The name its sender gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Private>,
    /// Its size in bytes, as its message says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether it may be seen once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
}

/// Why a file is not brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaFailure {
    /// It is larger than the configuration allows.
    TooLarge,
    /// Whoever had it has it no more.
    Gone,
    /// It did not come whole, or is empty, or does not open any more.
    Broken,
    /// There is no room for it here.
    NoSpace,
    /// Nothing is configured by which it could go on.
    NoWay,
}
