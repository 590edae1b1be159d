//! Which ticks cross: what is read on one side is shown as read on the other.

use std::collections::HashSet;
use std::fmt::{Display, Formatter};
use std::str::FromStr;

use super::check::{Checked, Checker};
use super::raw;
use crate::redact::Private;

/// Which ticks cross.
#[derive(Debug, Clone)]
pub struct Ticks {
    /// What WhatsApp says of the owner's messages, as a receipt in Signal.
    pub to_signal: ToSignal,
    /// Whether what the owner has read in Signal is marked as seen on WhatsApp.
    pub seen: bool,
    /// Chats in which nothing is marked as seen.
    seen_not: HashSet<Private>,
}

/// What WhatsApp says of the owner's messages, as a receipt in Signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToSignal {
    /// What it has to say.
    pub shown: Shown,
    /// Of how many in a group.
    pub in_groups: Readers,
}

/// Whose word counts in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Anybody's.
    First,
    /// Only everybody's, as WhatsApp itself shows it.
    All,
}

impl Readers {
    const ALL: [(&str, Self); 2] = [("first", Self::First), ("all", Self::All)];

    /// The word in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, readers)| *readers == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Readers {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, readers)| readers).ok_or(())
    }
}

/// What Signal shows as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// What was read on WhatsApp.
    Read,
    /// What is on somebody's device.
    Delivered,
    /// Nothing.
    Off,
}

impl Shown {
    const ALL: [(&str, Self); 3] = [("read", Self::Read), ("delivered", Self::Delivered), ("off", Self::Off)];

    /// The word in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, shown)| *shown == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Shown {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, shown)| shown).ok_or(())
    }
}

impl Ticks {
    /// Whether chats are named, so that all addresses of a person matter.
    #[must_use]
    pub fn names_any(&self) -> bool {
        !self.seen_not.is_empty()
    }

    /// Whether a chat with these addresses, in the form of WAHA's `chatId`, may be marked as seen.
    #[must_use]
    pub fn may_be_seen(&self, addresses: &[Private]) -> bool {
        self.seen && !addresses.iter().any(|address| self.seen_not.contains(address))
    }
}

impl Checker<'_> {
    pub(super) fn ticks(&self, at: usize, raw: &raw::Channel) -> Checked<Ticks> {
        let key = |name: &str| format!("channels.{at}.{name}");
        let allowed = "must be \"read\", \"delivered\" or \"off\"";
        let named = raw.seen_not.iter().map(|text| self.chat(&key("seen_not"), text));
        Ok(Ticks {
            to_signal: ToSignal {
                shown: self.parse(&key("ticks"), &raw.ticks, allowed)?,
                in_groups: self.parse(&key("ticks_in_groups"), &raw.ticks_in_groups, "must be \"first\" or \"all\"")?,
            },
            seen: raw.seen,
            seen_not: named.collect::<Checked<_>>()?,
        })
    }
}

impl Display for Ticks {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let hidden = match self.seen_not.len() {
            0 => "[]".to_owned(),
            count => format!("\"({count}, hidden)\""),
        };
        let ToSignal { shown, in_groups } = self.to_signal;
        writeln!(f, "ticks = \"{}\"\nticks_in_groups = \"{}\"", shown.name(), in_groups.name())?;
        write!(f, "seen = {}\nseen_not = {hidden}", self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const SMALLEST: &str = include_str!("../../tests/samples/smallest.toml");

    fn ticks(more: &str) -> Result<Ticks, String> {
        let text = SMALLEST.replacen("[[channels]]\n", &format!("[[channels]]\n{more}\n"), 1);
        Config::from_toml(&text).map(|config| config.channels[0].ticks.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn both_cross_unless_they_are_switched_off() {
        let all = ticks("").unwrap();
        let of_first = ToSignal { shown: Shown::Read, in_groups: Readers::First };
        assert!(all.to_signal == of_first && all.may_be_seen(&["1@lid".into()]) && !all.names_any());
        let some = ticks(
            "ticks = \"delivered\"\nticks_in_groups = \"all\"\nseen_not = [\"+15550100300\", \"120363-16@g.us\"]",
        )
        .unwrap();
        assert_eq!(some.to_signal, ToSignal { shown: Shown::Delivered, in_groups: Readers::All });
        assert!(!some.may_be_seen(&["1@lid".into(), "15550100300@c.us".into()]) && some.may_be_seen(&["1@lid".into()]));
        assert!(!some.may_be_seen(&["120363-16@g.us".into()]) && some.names_any());
        assert!(!some.to_string().contains("300"), "{some}");
        let none = ticks("ticks = \"off\"\nseen = false").unwrap();
        assert!(none.to_signal.shown == Shown::Off && !none.may_be_seen(&["1@lid".into()]));
    }

    #[test]
    fn what_is_wrong_is_named_and_not_repeated() {
        assert!(ticks("ticks = \"seen\"").unwrap_err().contains("must be \"read\""));
        assert!(ticks("ticks_in_groups = \"most\"").unwrap_err().contains("must be \"first\""));
        let wrong = ticks("seen_not = [\"Alice\"]").unwrap_err();
        assert!(wrong.contains("seen_not") && !wrong.contains("Alice"), "{wrong}");
    }
}
