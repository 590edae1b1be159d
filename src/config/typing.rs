//! Which way it is shown that somebody types.

use std::str::FromStr;

/// Which way it is shown that somebody types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypingWays {
    /// Either way.
    Both,
    /// What the owner types in Signal.
    ToWhatsApp,
    /// What somebody types on WhatsApp.
    ToSignal,
    /// None.
    Off,
}

impl TypingWays {
    const ALL: [(&str, Self); 4] =
        [("both", Self::Both), ("to_whatsapp", Self::ToWhatsApp), ("to_signal", Self::ToSignal), ("off", Self::Off)];

    /// The word in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, ways)| *ways == self).map_or("", |(name, _)| name)
    }

    /// Whether WhatsApp shows that the owner types.
    #[must_use]
    pub fn go_to_whatsapp(self) -> bool {
        matches!(self, Self::Both | Self::ToWhatsApp)
    }

    /// Whether Signal shows that somebody types on WhatsApp.
    #[must_use]
    pub fn go_to_signal(self) -> bool {
        matches!(self, Self::Both | Self::ToSignal)
    }
}

impl FromStr for TypingWays {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, ways)| ways).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_has_its_word() {
        for (name, ways) in TypingWays::ALL {
            assert_eq!((name.parse(), ways.name()), (Ok(ways), name));
        }
        assert!("yes".parse::<TypingWays>().is_err());
        assert!(TypingWays::ToSignal.go_to_signal() && !TypingWays::ToSignal.go_to_whatsapp());
        assert!(TypingWays::Both.go_to_signal() && TypingWays::Both.go_to_whatsapp());
        assert!(!TypingWays::Off.go_to_signal() && !TypingWays::Off.go_to_whatsapp());
    }
}
