//! Values that protect nothing: those of documentation, and those that a person makes up.

/// What stands in documentation, here and elsewhere.
const SAMPLES: [&str; 18] = [
    "change-me",
    "change_me",
    "changeme",
    "your-secret",
    "yoursecret",
    "my-secret-key",
    "mysecretkey",
    "super-secret",
    "example",
    "replace-with",
    "placeholder",
    "encryption_secret",
    "webhook_secret",
    "waha_api_key",
    "waha_session_key",
    "password",
    "qwertyuiop",
    "correct horse battery staple",
];

/// Of 32 random hexadecimal digits fewer differ once in thirty million times.
const DIFFERENT: usize = 8;

/// Whether it is a sample value, or made of one.
pub(super) fn is_sample(text: &str) -> bool {
    let lower = text.to_lowercase();
    SAMPLES.iter().any(|sample| lower.contains(sample))
}

/// Whether few guesses find it, however long it is.
pub(super) fn is_guessed(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    has_few(&characters) || repeats(&characters) || counts(&characters)
}

fn has_few(characters: &[char]) -> bool {
    let different: std::collections::HashSet<_> = characters.iter().collect();
    different.len() < DIFFERENT
}

/// The same again and again, at least twice; the last time may be cut short.
fn repeats(characters: &[char]) -> bool {
    let half = characters.len() / 2;
    (1..=half).any(|period| characters.iter().zip(characters.iter().skip(period)).all(|(one, next)| one == next))
}

/// Most characters are the one before or its neighbour: `abcdef…`, `9876…`, `aabbcc…`.
fn counts(characters: &[char]) -> bool {
    let pairs = characters.iter().zip(characters.iter().skip(1));
    let near = pairs.filter(|(one, next)| u32::from(**one).abs_diff(u32::from(**next)) <= 1).count();
    near * 3 > characters.len() * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_makes_up_is_guessed() {
        for weak in [
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabcabcabcabcabcabcabc",
            "0123456789abcdef0123456789abcdef",
            "correcthorse-correcthorse-correcthorse",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "zyxwvutsrqponmlkjihgfedcba9876543210",
            "11223344556677889900aabbccddeeffgghh",
            "0101100111010010110100101101001011",
        ] {
            assert!(is_guessed(weak), "{weak}");
        }
    }

    #[test]
    fn what_dice_make_is_not() {
        for strong in [
            "591785b794601e212b260e25925636fd",
            "b1946ac92492d2347c6235b4d2611184b1946ac9",
            "anvil-rhubarb-cello-monsoon-tuba-fjord-ozone",
        ] {
            assert!(!is_guessed(strong) && !is_sample(strong), "{strong}");
        }
        for _ in 0..10_000 {
            let random = uuid::Uuid::new_v4().simple().to_string();
            assert!(!is_guessed(&random) && !is_sample(&random), "{random}");
        }
    }

    #[test]
    fn samples_are_known_in_any_dress() {
        assert!(is_sample("Change-Me-591785b794601e212b260e25925636fd"));
        assert!(is_sample("encryption_secret_591785b794601e212b2"));
    }
}
