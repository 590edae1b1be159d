//! What `rialto init` needs of the configuration before there is a whole one.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Toml};
use secrecy::SecretString;

use super::check::Checker;
use super::error::ConfigError;
use super::{WhatsApp, raw};

/// The configuration that is copied and changed.
const SAMPLE: &str = include_str!("../../config/rialto.sample.toml");

/// What the sample has in the places that are to be changed.
const PLACES: [&str; 4] =
    ["account = \"+15550100100\"", "owner = \"+15550100200\"", "session = \"default\"", "disappearing = \"off\""];

/// What a person answers in a first set-up.
pub struct First<'a> {
    /// The bridge account.
    pub account: &'a str,
    /// The owner.
    pub owner: &'a str,
    /// WAHA's name for the linked phone.
    pub session: &'a str,
    /// Whether messages disappear from the Signal phones as their records go: `off` or `retention`.
    pub disappearing: &'a str,
}

impl First<'_> {
    /// The sample with these answers. They were checked, so nothing in them ends a string.
    #[must_use]
    pub fn toml(&self) -> String {
        let answers = [self.account, self.owner, self.session, self.disappearing];
        let lines = ["account", "owner", "session", "disappearing"].into_iter().zip(answers);
        let places = PLACES.into_iter().zip(lines);
        places
            .fold(SAMPLE.to_owned(), |toml, (place, (key, value))| toml.replace(place, &format!("{key} = \"{value}\"")))
    }
}

/// Whether it names somebody on Signal.
#[must_use]
pub fn is_participant(text: &str) -> bool {
    super::check::participant(text).is_some()
}

/// Whether it is a number.
#[must_use]
pub fn is_number(text: &str) -> bool {
    text.starts_with('+') && is_participant(text)
}

/// Whether it can name a session of WAHA.
#[must_use]
pub fn is_session(text: &str) -> bool {
    super::whatsapp::is_session(text)
}

/// The WAHA side of a channel with this key in place of its own, whose file need not be there yet.
///
/// # Errors
///
/// As [`Config::load`](super::Config::load), and where the channel is not clear.
pub fn waha_of(file: &Path, channel: Option<&str>, api_key: SecretString) -> Result<WhatsApp, ConfigError> {
    if !file.is_file() {
        return Err(ConfigError::Missing(file.to_owned()));
    }
    let figment = Figment::from(Toml::file_exact(file));
    let channels: Vec<raw::Channel> = figment.extract_inner("channels").map_err(ConfigError::from_figment)?;
    let checker = Checker::new(&figment);
    let mut wanted = channels.into_iter().filter(|one| channel.is_none_or(|name| one.name == name));
    let (Some(one), None) = (wanted.next(), wanted.next()) else {
        return Err(checker.error("channels", "has not exactly one channel of that name: name one with --channel"));
    };
    checker.whatsapp_under("channels.whatsapp", one.whatsapp, api_key)
}

/// The two places where the configuration of a folder is looked for.
#[must_use]
pub fn in_folder(folder: &Path) -> PathBuf {
    let below = folder.join(super::DEFAULT_FILE);
    let beside = folder.join("rialto.toml");
    if beside.is_file() && !below.is_file() { beside } else { below }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_one_place_in_the_sample() {
        for place in PLACES {
            assert_eq!(SAMPLE.matches(place).count(), 1, "{place}");
        }
        let first = First {
            account: "+15550100111",
            owner: "c0fc311c-3c80-4784-87c1-3bc35b187d7a",
            session: "home_1",
            disappearing: "retention",
        };
        let toml = first.toml();
        for line in
            ["account = \"+15550100111\"", "owner = \"c0fc311c", "session = \"home_1\"", "disappearing = \"retention\""]
        {
            assert!(toml.contains(line), "{line}");
        }
    }

    #[test]
    fn what_would_leave_its_string_is_no_answer() {
        for text in ["", "15550100111", "+1555", "+1555010\"\n[x]", "+15550100111\\"] {
            assert!(!is_number(text) && !is_participant(text), "{text}");
        }
        for text in ["", "a b", "a\"", "a\n", "../x"] {
            assert!(!is_session(text), "{text}");
        }
        assert!(is_number("+15550100111") && is_session("default"));
        assert!(!is_number("c0fc311c-3c80-4784-87c1-3bc35b187d7a"));
    }
}
