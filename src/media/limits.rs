//! How large a file may be.

use crate::config::MediaLimits;
use crate::event::MediaKind;

/// The most bytes of a file of this kind.
#[must_use]
pub(crate) fn of(limits: &MediaLimits, kind: MediaKind) -> u64 {
    match kind {
        MediaKind::Picture | MediaKind::Sticker => limits.picture,
        MediaKind::Video | MediaKind::Gif | MediaKind::VideoNote => limits.video,
        MediaKind::VoiceMessage | MediaKind::Audio => limits.audio,
        MediaKind::Document => limits.document,
    }
}
