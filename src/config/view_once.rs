//! What becomes of pictures and films that may be seen once.

use std::str::FromStr;

/// What becomes of pictures and films that may be seen once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewOnce {
    /// They are not fetched; a line says that there is one.
    Line,
    /// They go to Signal to be seen once there, where WAHA hands them over.
    Once,
}

impl ViewOnce {
    const ALL: [(&str, Self); 2] = [("line", Self::Line), ("once", Self::Once)];

    /// The word in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, ways)| *ways == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for ViewOnce {
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
        for (name, way) in ViewOnce::ALL {
            assert_eq!((name.parse(), way.name()), (Ok(way), name));
        }
        assert!("show".parse::<ViewOnce>().is_err());
    }
}
