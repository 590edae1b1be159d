//! What a file may be called: its sender chose the name, so it is one line without anything invisible, names no folder, and
//! ends as its bytes say.

use crate::event::is_visible;
use crate::redact::Private;

/// The longest name, in bytes, without its ending: a name in a folder has 255 at most.
const LONGEST: usize = 200;

/// A clean name that ends in `extension`; `otherwise` if nothing is left of it.
#[must_use]
pub fn clean(name: Option<&Private>, otherwise: &str, extension: &str) -> Private {
    let given = name.map_or("", Private::reveal);
    // What stands before a separator of any system is a path.
    let last = given.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let visible: String = last.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| shown(*c)).collect();
    let stem = without_ending(visible.trim(), extension);
    let stem = capped(stem.trim_matches(['.', ' ', '-']));
    let stem = if stem.is_empty() { otherwise } else { stem };
    format!("{stem}.{extension}").into()
}

/// A clean name without its ending.
#[must_use]
pub fn stem(name: &Private) -> Private {
    let name = name.reveal();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).into()
}

fn capped(name: &str) -> &str {
    name.get(..name.floor_char_boundary(LONGEST)).unwrap_or_default()
}

/// The ending that it has is left out only if it is the right one: `photo.exe` is a picture called so.
fn without_ending<'n>(name: &'n str, extension: &str) -> &'n str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if is_same(ending, extension) => stem,
        _ => name,
    }
}

fn is_same(ending: &str, extension: &str) -> bool {
    let ending = ending.to_ascii_lowercase();
    let also = match extension {
        "jpg" => &["jpeg", "jpe"] as &[_],
        "mp4" => &["m4v", "m4a"],
        "ogg" => &["oga", "opus"],
        "tif" => &["tiff"],
        "heif" => &["heic"],
        _ => &[],
    };
    ending == extension || also.contains(&ending.as_str())
}

/// Nothing invisible; and nothing that shells or file systems read.
fn shown(c: char) -> bool {
    is_visible(c) && !matches!(c, '<' | '>' | '"' | '|' | '?' | '*' | '$' | '`' | ';' | '&')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(name: &str, extension: &str) -> String {
        clean(Some(&name.into()), "picture", extension).reveal().to_owned()
    }

    #[test]
    fn a_name_keeps_what_can_be_kept() {
        assert_eq!(cleaned("Rechnung März 2026.pdf", "pdf"), "Rechnung März 2026.pdf");
        assert_eq!(cleaned("photo.JPEG", "jpg"), "photo.jpg");
        assert_eq!(cleaned("v1.2 notes", "txt"), "v1.2 notes.txt");
    }

    #[test]
    fn a_hostile_name_becomes_a_plain_one() {
        assert_eq!(cleaned("../../etc/passwd", "txt"), "passwd.txt");
        assert_eq!(cleaned("C:\\Windows\\a.exe", "jpg"), "a.exe.jpg");
        assert_eq!(cleaned("a\u{202E}gpj.exe", "bin"), "agpj.exe.bin");
        assert_eq!(cleaned("a\nb\0c\u{200B}.jpg", "jpg"), "a bc.jpg");
        assert_eq!(cleaned("-rf $(x);`y`", "txt"), "rf (x)y.txt");
        for nothing in ["", "..", "/", ".jpg", "\u{200B}", "a/."] {
            assert_eq!(cleaned(nothing, "jpg"), "picture.jpg", "{nothing:?}");
        }
        assert_eq!(clean(None, "picture", "jpg").reveal(), "picture.jpg");
        assert_eq!(cleaned(&"x".repeat(500), "jpg").len(), LONGEST + 4);
        assert_eq!(cleaned(&"😀".repeat(80), "jpg"), format!("{}.jpg", "😀".repeat(50)));
    }
}
