//! Which characters show.

/// False for control characters, and for what hides, joins or turns the direction of others: bidirectional overrides,
/// zero-width characters, variation selectors and tags can make one name look like another.
#[must_use]
pub fn is_visible(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFC}' | '\u{E0000}'..='\u{E0FFF}');
    !c.is_control() && !invisible
}
