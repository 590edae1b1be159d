//! Labels and names: what tells the owner who speaks, and what a stranger cannot imitate.
//!
//! Two characters belong to the bridge: [`NOTICE`] begins its own words and [`SPEAKER`] ends a speaker's label. Both are
//! replaced wherever they come in a body or a name.

use crate::event::is_visible;
use crate::redact::Private;

/// Begins every line the bridge itself says.
pub const NOTICE: char = 'ⓘ';

/// Ends the label that says who speaks.
pub const SPEAKER: char = '▸';

/// The longest name shown, in characters.
const LONGEST: usize = 40;

/// A body as it may be shown: everything but the bridge's own marks.
#[must_use]
pub fn body(text: &str) -> String {
    text.replace(NOTICE, "i").replace(SPEAKER, ">")
}

/// A name as it may be shown: one line, no control, direction or invisible characters, capped; nothing if nothing is
/// left.
#[must_use]
pub fn name(text: &str) -> Option<Private> {
    let visible: String =
        body(text).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| is_visible(*c)).collect();
    let joined = visible.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let capped: String = joined.chars().take(LONGEST).collect();
    (!capped.trim().is_empty()).then(|| capped.into())
}

/// Names people gave themselves carry `~`, as in WhatsApp: anybody can call themselves anything.
#[must_use]
pub fn self_given(text: &str) -> Option<Private> {
    name(text.trim_start_matches('~')).map(|name| format!("~{}", name.reveal()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<String> {
        name(text).map(|name| name.reveal().to_owned())
    }

    #[test]
    fn a_name_is_one_visible_line() {
        assert_eq!(named(" Ann\n\u{202E}Lee\u{200B} \t B "), Some("Ann Lee B".to_owned()));
        assert_eq!(named("\u{200B}\u{202E}\n"), None);
        assert_eq!(named(&"x".repeat(90)).unwrap().len(), LONGEST);
    }

    #[test]
    fn nobody_speaks_with_the_marks_of_the_bridge() {
        assert_eq!(body("ⓘ You ▸ pay"), "i You > pay");
        assert_eq!(named("You ▸"), Some("You >".to_owned()));
    }

    #[test]
    fn a_self_given_name_carries_one_tilde() {
        assert_eq!(self_given("~~Ann").unwrap().reveal(), "~Ann");
        assert_eq!(self_given("~"), None);
    }
}
