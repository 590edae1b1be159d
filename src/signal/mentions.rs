//! Names in the place of mention placeholders.

use super::envelope::Mention;
use crate::redact::Private;

/// What Signal writes where somebody is mentioned.
const PLACEHOLDER: char = '\u{FFFC}';

/// What stands for a person without a name.
const SOMEBODY: &str = "?";

/// A text with names.
pub(super) struct Expanded {
    pub(super) text: String,
    /// For each UTF-16 unit of the text as it came, and for its end: where that is now, in bytes.
    pub(super) places: Vec<usize>,
}

/// The text with `@` and the name in the place of each mention. No placeholder is left.
pub(super) fn expand(text: &Private, mentions: &[Mention]) -> Expanded {
    let (mut expanded, mut places) = (String::with_capacity(text.reveal().len()), Vec::new());
    // Both in UTF-16 units, as Signal counts.
    let (mut position, mut covered) = (0_usize, 0_usize);
    for letter in text.reveal().chars() {
        places.extend(std::iter::repeat_n(expanded.len(), letter.len_utf16()));
        if let Some(mention) = mentions.iter().find(|mention| position >= covered && mention.start == Some(position)) {
            expanded.push('@');
            expanded.push_str(name(mention));
            covered = position.saturating_add(mention.length.unwrap_or(1));
        }
        if position >= covered && letter != PLACEHOLDER {
            expanded.push(letter);
        }
        position = position.saturating_add(letter.len_utf16());
    }
    places.push(expanded.len());
    Expanded { text: expanded, places }
}

fn name(mention: &Mention) -> &str {
    let known = [&mention.name, &mention.number].into_iter().flatten().map(Private::reveal);
    known.map(|name| name.trim_matches(PLACEHOLDER)).find(|name| !name.is_empty()).unwrap_or(SOMEBODY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: usize, length: usize, name: Option<&str>) -> Mention {
        Mention { name: name.map(Private::from), number: None, start: Some(start), length: Some(length) }
    }

    #[test]
    fn a_name_takes_the_place_of_the_placeholder() {
        for (text, mentions, expected) in [
            ("\u{FFFC} bold", vec![at(0, 1, Some("Ann"))], "@Ann bold"),
            // The face is one letter and two UTF-16 units.
            ("😀 \u{FFFC}, \u{FFFC}!", vec![at(6, 1, Some("Bo")), at(3, 1, Some("Ann"))], "😀 @Ann, @Bo!"),
            ("see Xyz.", vec![at(4, 3, Some("Ann"))], "see @Ann."),
            ("a\u{FFFC}b", vec![], "ab"),
            ("\u{FFFC}", vec![at(0, 1, None)], "@?"),
            ("\u{FFFC}", vec![at(0, 1, Some(""))], "@?"),
            ("\u{FFFC}", vec![at(9, 1, Some("Ann"))], ""),
            ("ab", vec![at(0, 0, Some("Ann"))], "@Annab"),
            ("abc", vec![at(0, usize::MAX, Some("Ann"))], "@Ann"),
            ("abc", vec![at(0, 2, Some("Ann")), at(1, 2, Some("Bo"))], "@Annc"),
        ] {
            assert_eq!(expand(&text.into(), &mentions).text, expected);
        }
    }
}
