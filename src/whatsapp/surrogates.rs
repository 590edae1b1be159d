//! Mends JSON escapes of half a character.
//!
//! JavaScript counts text in UTF-16 units, so a name or a preview cut at a fixed length can end in half an emoji, which
//! `JSON.stringify` writes as a lone `\ud83d`. Strict parsers refuse the whole document for it: without this, somebody
//! with such a name could not be read at all.

/// The same JSON with every lone surrogate escape replaced by the replacement character's.
pub(super) fn mend(json: &[u8]) -> Vec<u8> {
    let mut mended = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        let (piece, length) = if byte == b'\\' { escape(rest) } else { (rest.get(..1), 1) };
        mended.extend_from_slice(piece.unwrap_or(br"\ufffd"));
        rest = rest.get(length..).unwrap_or(after);
    }
    mended
}

/// The escape at the start and how long it is; no piece if it is half a character.
fn escape(rest: &[u8]) -> (Option<&[u8]>, usize) {
    match unit(rest) {
        Some(0xD800..=0xDBFF) => match rest.get(6..).and_then(unit) {
            Some(0xDC00..=0xDFFF) => (rest.get(..12), 12),
            _ => (None, 6),
        },
        Some(0xDC00..=0xDFFF) => (None, 6),
        Some(_) => (rest.get(..6), 6),
        None => (Some(rest.get(..2).unwrap_or(rest)), 2),
    }
}

/// The UTF-16 unit of a `\uXXXX` at the start.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.get(..6)?.strip_prefix(br"\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::mend;

    #[test]
    fn only_halves_are_replaced() {
        let whole = br#"{"a":"\ud83d\ude00 \\ud83d \n \u0041 \"","b":"\u"#;
        assert_eq!(mend(whole), whole);
        assert_eq!(mend(br#""\ud83d""#), br#""\ufffd""#);
        assert_eq!(mend(br#""\ude00\ud83d\u0041""#), br#""\ufffd\ufffd\u0041""#);
        assert_eq!(mend(br"\"), br"\");
    }
}
