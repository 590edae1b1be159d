//! The link that a place gets.

use std::str::FromStr;

/// Where the latitude goes, and the longitude.
const HOLES: [&str; 2] = ["{lat}", "{lon}"];

/// An address of a map on the web, with holes for a place. Nothing is fetched from it here: whoever follows it tells the
/// provider the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapLink(String);

impl MapLink {
    /// The link to a place, whose degrees are decimal numbers.
    #[must_use]
    pub fn to(&self, latitude: &str, longitude: &str) -> String {
        self.0.replace(HOLES[0], latitude).replace(HOLES[1], longitude)
    }

    /// The address with its holes.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.0
    }
}

impl FromStr for MapLink {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let link = Self(text.to_owned());
        let plain = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '<' | '>'));
        let whole = plain && HOLES.iter().all(|hole| text.contains(hole));
        let filled = reqwest::Url::parse(&link.to("-1.5", "2.5")).ok().filter(|_| whole).ok_or(())?;
        let web = filled.scheme() == "https" && filled.username().is_empty() && filled.password().is_none();
        // What is left of other holes would be no address.
        (web && !link.to("0", "0").contains(['{', '}'])).then_some(link).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_both_numbers_and_nothing_else_to_fill() {
        let link: MapLink = "https://map.example/#{lat}/{lon}?at={lat}".parse().unwrap();
        assert_eq!(link.to("1.5", "-2"), "https://map.example/#1.5/-2?at=1.5");
        for odd in [
            "",
            "on",
            "https://map.example/#{lat}",
            "https://map.example/{lat}/{lon}/{zoom}",
            "http://map.example/{lat}/{lon}",
            "https://me:pass@map.example/{lat}/{lon}",
            "https://map.example/{lat} {lon}",
            "https://map.example/{lat}/{lon}\"",
            "geo:{lat},{lon}",
        ] {
            assert_eq!(odd.parse::<MapLink>(), Err(()), "{odd}");
        }
    }
}
