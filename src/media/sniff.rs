//! What a file is, by its first bytes. What its sender says of it decides nothing: a name or a type can be anything.

use crate::event::MediaKind;

/// How many bytes are enough to know.
pub const HEAD: usize = 4096;

/// What the bytes of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileType {
    /// As in `image/jpeg`.
    pub mimetype: &'static str,
    /// The ending its name gets, without the dot.
    pub extension: &'static str,
}

/// Anything.
const UNKNOWN: FileType = FileType { mimetype: "application/octet-stream", extension: "bin" };

const OGG: FileType = FileType { mimetype: "audio/ogg", extension: "ogg" };

/// Readable text, whatever it means to be: an SVG or a page with a script is only ever this.
const TEXT: FileType = FileType { mimetype: "text/plain", extension: "txt" };

/// What a file is that begins with these bytes.
#[must_use]
pub fn of(head: &[u8]) -> FileType {
    match infer::get(head) {
        Some(kind) if is_markup(kind.mime_type()) => TEXT,
        // What it holds has a name of its own in some lists; what it is in has this one.
        Some(kind) if kind.mime_type() == "audio/opus" => OGG,
        Some(kind) => FileType { mimetype: kind.mime_type(), extension: kind.extension() },
        None if is_text(head) => TEXT,
        None => UNKNOWN,
    }
}

fn is_markup(mimetype: &str) -> bool {
    mimetype.starts_with("text/") || mimetype == "image/svg+xml"
}

/// The last character may be cut in the middle.
fn is_text(head: &[u8]) -> bool {
    let readable = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !readable.is_empty() && readable.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

/// The kind as it may be shown: what was sent as a picture and is none goes as a document.
#[must_use]
pub fn kind(said: MediaKind, found: FileType) -> MediaKind {
    let group = found.mimetype.split('/').next().unwrap_or_default();
    let fits = match said {
        MediaKind::Picture | MediaKind::Sticker => is_picture(found.mimetype),
        MediaKind::Video | MediaKind::VideoNote => group == "video",
        MediaKind::Gif => group == "video" || found.mimetype == "image/gif",
        // Sound alone in a container that can also hold a film is taken for a film by its first bytes.
        MediaKind::VoiceMessage | MediaKind::Audio => {
            group == "audio" || matches!(found.mimetype, "video/mp4" | "video/webm" | "application/ogg")
        }
        MediaKind::Document => true,
    };
    if fits { said } else { MediaKind::Document }
}

/// Whether this is a picture that moves. A GIF does that says how often it begins again, as all do that are made to be sent (the
/// application extensions of Netscape and its like, which stand before the first picture); a WebP that has the flag for it
/// (RFC 9649, 2.7).
#[must_use]
pub fn moves(head: &[u8]) -> bool {
    if let [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', b'V', b'P', b'8', b'X', _, _, _, _, flags, ..] =
        head
    {
        return flags & 2 != 0;
    }
    let says = |mark: &[u8]| head.windows(mark.len()).any(|bytes| bytes == mark);
    head.starts_with(b"GIF89a") && (says(b"\x21\xff\x0bNETSCAPE2.0") || says(b"\x21\xff\x0bANIMEXTS1.0"))
}

/// What both apps show as a picture.
fn is_picture(mimetype: &str) -> bool {
    matches!(mimetype, "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/heif" | "image/avif")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mimetype(head: &[u8]) -> &'static str {
        of(head).mimetype
    }

    #[test]
    fn bytes_tell() {
        assert_eq!(of(b"\xff\xd8\xff\xe0\0\x10JFIF"), FileType { mimetype: "image/jpeg", extension: "jpg" });
        assert_eq!(mimetype(b"\x89PNG\r\n\x1a\n"), "image/png");
        assert_eq!(mimetype(b"RIFF\x10\0\0\0WEBPVP8 "), "image/webp");
        assert_eq!(mimetype(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), "video/mp4");
        assert_eq!(mimetype(b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead"), "audio/ogg");
        assert_eq!(mimetype(b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(of(&[0, 1, 2, 3]), UNKNOWN);
        assert_eq!(of(b""), UNKNOWN);
    }

    #[test]
    fn a_picture_moves_if_it_says_so() {
        let moving = b"GIF89a\x01\0\x01\0\0\0\0\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
        assert_eq!((mimetype(moving), moves(moving)), ("image/gif", true));
        let webp = |flags: u8| [b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0", [flags; 1].as_slice()].concat();
        assert!(
            moves(&webp(0x12)) && !moves(&webp(0x10)) && !moves(&webp(2)[..20]) && !moves(b"RIFF\0\0\0\0WEBPVP8 \x02")
        );
        assert!(!moves(&moving[..20]) && !moves(b"GIF89a\x01\0\x01\0\0\0\0,") && !moves(&moving[13..]));
    }

    #[test]
    fn what_could_run_is_text() {
        for head in
            ["<svg xmlns='x'><script>alert(1)</script></svg>", "<!DOCTYPE html><script>", "#!/bin/sh\n", "grüße"]
        {
            assert_eq!(of(head.as_bytes()), TEXT, "{head}");
        }
        assert_eq!(of(&"grüße".as_bytes()[..3]), TEXT, "cut in the middle of a character");
        assert_eq!(of(b"\xff\xfe\0"), UNKNOWN);
    }

    #[test]
    fn what_is_not_what_it_was_sent_as_is_a_document() {
        let jpeg = of(b"\xff\xd8\xff\xe0\0\x10JFIF");
        assert_eq!(kind(MediaKind::Picture, jpeg), MediaKind::Picture);
        assert_eq!(kind(MediaKind::Picture, TEXT), MediaKind::Document);
        assert_eq!(kind(MediaKind::VoiceMessage, jpeg), MediaKind::Document);
        assert_eq!(kind(MediaKind::Document, jpeg), MediaKind::Document);
    }
}
