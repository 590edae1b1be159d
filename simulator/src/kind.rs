//! What a file is, by its first bytes: as much as the demo can show.

const SIGNS: [(&[u8], &str); 5] = [
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG", "image/png"),
    (b"RIFF", "image/webp"),
    (b"OggS", "audio/ogg"),
    (b"\xff\xf1", "audio/aac"),
];

/// Its MIME type.
pub(crate) fn mime(bytes: &[u8]) -> &'static str {
    SIGNS.into_iter().find(|(sign, _)| bytes.starts_with(sign)).map_or("application/octet-stream", |(_, mime)| mime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell() {
        assert_eq!(mime(b"OggS\0\x02"), "audio/ogg");
        assert_eq!(mime(b"\xff\xd8\xff\xe0"), "image/jpeg");
        assert_eq!(mime(b""), "application/octet-stream");
    }
}
