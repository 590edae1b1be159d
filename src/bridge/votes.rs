//! An answer to a poll with numbers is a vote: which numbers, and what they stand for. Pure.

use crate::event::{Poll, Undelivered};
use crate::redact::Private;

/// WhatsApp's polls have no more answers than this.
const MOST: usize = 12;

/// The numbers in a text that is nothing but numbers, each once: `2`, `1, 3` or `1 3`.
#[must_use]
pub(super) fn numbers(text: &str) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for part in
        text.split([',', ' ', '\n']).map(|part| part.trim().trim_end_matches('.')).filter(|part| !part.is_empty())
    {
        let number = part
            .parse()
            .ok()
            .filter(|number| part.bytes().all(|b| b.is_ascii_digit()) && (1..=MOST).contains(number))?;
        if !found.contains(&number) {
            found.push(number);
        }
    }
    (!found.is_empty()).then_some(found)
}

/// What the numbers stand for.
///
/// # Errors
///
/// Why they are no vote in this poll.
pub(super) fn chosen(poll: &Poll, numbers: &[usize]) -> Result<Vec<Private>, Undelivered> {
    if numbers.len() > 1 && !poll.several {
        return Err(Undelivered::OneAnswer);
    }
    let option = |number: &usize| poll.options.get(number.checked_sub(1)?).cloned();
    numbers.iter().map(option).collect::<Option<_>>().ok_or(Undelivered::NoSuchAnswer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_a_vote() {
        assert_eq!(numbers(" 2 "), Some(vec![2]));
        assert_eq!(numbers("1, 3,1"), Some(vec![1, 3]));
        assert_eq!(numbers("1.\n12."), Some(vec![1, 12]));
        for text in ["", "0", "13", "-1", "+2", "two", "2!", "1.5", "1 of them"] {
            assert_eq!(numbers(text), None, "{text}");
        }
    }

    #[test]
    fn a_vote_is_for_answers_that_there_are() {
        let poll = |several| Poll { question: "?".into(), options: vec!["a".into(), "b".into()], several };
        assert_eq!(chosen(&poll(false), &[2]), Ok(vec!["b".into()]));
        assert_eq!(chosen(&poll(true), &[1, 2]), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(chosen(&poll(false), &[1, 2]), Err(Undelivered::OneAnswer));
        assert_eq!(chosen(&poll(true), &[1, 3]), Err(Undelivered::NoSuchAnswer));
    }
}
