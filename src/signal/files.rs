//! Files in messages of the owner, as signal-cli describes them. Pure.

use super::envelope::{Attachment, DataMessage};
use super::inbound::is_long_text;
use super::stickers;
use crate::event::{MediaKind, MediaRef, Unsupported};
use crate::redact::Private;

/// The files of a message, in their order, a sticker before them; a text that is too long for its message is none.
pub(super) fn of(data: &DataMessage) -> Vec<MediaRef> {
    stickers::of(data).into_iter().chain(attached(data).map(file)).collect()
}

/// What a file is called that cannot be found: signal-cli did not say under which name it keeps it, or which sticker it is.
pub(super) fn unplaceable(data: &DataMessage) -> Option<Unsupported> {
    if data.sticker.is_some() && stickers::of(data).is_none() {
        return Some(Unsupported::Sticker);
    }
    let lost = attached(data).find(|attachment| attachment.id.as_ref().and_then(place).is_none());
    lost.map(|attachment| kind(attachment).as_unsupported())
}

/// Where the whole of a text lies that is longer than its message.
pub(super) fn long_text(data: &DataMessage) -> Option<MediaRef> {
    let mut long = data.attachments.iter().flatten().filter(|attachment| is_long_text(attachment));
    long.next().filter(|_| long.next().is_none()).map(file).filter(|file| file.place.is_some())
}

fn attached(data: &DataMessage) -> impl Iterator<Item = &Attachment> {
    data.attachments.iter().flatten().filter(|attachment| !is_long_text(attachment))
}

fn file(attachment: &Attachment) -> MediaRef {
    MediaRef {
        kind: kind(attachment),
        place: attachment.id.as_ref().and_then(place),
        name: attachment.filename.clone().filter(|name| !name.is_empty()),
        size: attachment.size,
        once: false,
    }
}

/// signal-cli makes the names in its folder itself; one that is not of that form would lead elsewhere.
fn place(id: &Private) -> Option<Private> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let text = id.reveal();
    let fits = (1..=255).contains(&text.len()) && text.chars().all(plain) && !text.starts_with('.');
    fits.then(|| id.clone())
}

/// signal-cli does not say which audio is a voice message: the apps record AAC and give it no name.
fn kind(attachment: &Attachment) -> MediaKind {
    let content_type = attachment.content_type.as_deref().unwrap_or_default();
    match content_type.split('/').next() {
        Some("image") => MediaKind::Picture,
        Some("video") => MediaKind::Video,
        Some("audio") if content_type == "audio/aac" || attachment.filename.is_none() => MediaKind::VoiceMessage,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_signal_clis_folder_leads_nowhere_else() {
        let fits = |id: &str| place(&id.into()).is_some();
        assert!(fits("r2eZRk8wzVFnYRmxQF8Q.jpeg") && fits("-3a_b"));
        for id in ["", ".", "..", "../a", "a/b", "a\\b", ".hidden", "a\0", "ä"] {
            assert!(!fits(id), "{id:?}");
        }
    }
}
