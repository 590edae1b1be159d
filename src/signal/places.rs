//! Places in messages of the owner: a text that is nothing but a link to a place on a map, and what Signal's apps make when
//! somebody shares a place there. Pure; nothing is fetched.
//!
//! A link counts only if it names a point. One that shows a part of a map, a way or a search stays a text.

use reqwest::Url;

use crate::event::{Coordinates, Place};
use crate::redact::Private;

/// What the apps put under the picture of a map: a name and an address, and this link with the point
/// (`SignalPlace.java` of Signal for Android).
const SHARED: &str = "https://maps.google.com/maps?q=";

/// So many lines can stand above it.
const ABOVE: usize = 4;

/// The place that a text links to, if it says nothing else.
pub(super) fn linked(text: &str) -> Option<Place> {
    let text = text.trim();
    if text.contains(char::is_whitespace) {
        return None;
    }
    of_link(text)
}

/// The place that the apps describe in the text below the picture of its map.
pub(super) fn shared(text: &str) -> Option<Place> {
    let mut lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let place = of_link(lines.pop().filter(|line| line.starts_with(SHARED))?)?;
    let address = (!lines.is_empty()).then(|| lines.join(", ").into());
    (lines.len() <= ABOVE).then_some(Place { address, ..place })
}

fn of_link(link: &str) -> Option<Place> {
    let url = Url::parse(link).ok()?;
    match (url.scheme(), url.host_str()) {
        ("geo", _) => of_geo(&url),
        ("https" | "http", Some("maps.google.com" | "google.com" | "www.google.com")) => of_google(&url),
        ("https" | "http", Some("openstreetmap.org" | "www.openstreetmap.org" | "osm.org")) => of_open_street_map(&url),
        ("https" | "http", Some("maps.apple.com")) => of_apple(&url),
        _ => None,
    }
}

/// `geo:52.5,13.4` (RFC 5870); Android's apps write `geo:0,0?q=52.5,13.4(Name)`.
fn of_geo(url: &Url) -> Option<Place> {
    let path = url.path().split(';').next().unwrap_or_default();
    let point = || pair(&path.splitn(3, ',').take(2).collect::<Vec<_>>().join(","));
    let Some(asked) = parameter(url, "q") else { return point().map(|at| place(at, None)) };
    let (at, name) = match asked.split_once('(') {
        Some((at, name)) => (at.to_owned(), name.strip_suffix(')').map(str::to_owned)),
        None => (asked, None),
    };
    pair(&at).map(|at| place(at, name))
}

/// `?q=52.5,13.4`, `?query=…`, or the point of a place in the path: `/place/…/data=…!3d52.5!4d13.4`.
fn of_google(url: &Url) -> Option<Place> {
    if !url.path().starts_with("/maps") && url.host_str() != Some("maps.google.com") {
        return None;
    }
    let asked = parameter(url, "query").or_else(|| parameter(url, "q"));
    if let Some(at) = asked.and_then(|asked| pair(asked.trim_start_matches("loc:"))) {
        return Some(place(at, None));
    }
    let mut parts = url.path_segments()?.skip_while(|part| *part != "place").skip(1);
    let name = decoded(parts.next()?);
    match pair(&name) {
        Some(at) => Some(place(at, None)),
        None => point_in_data(url.path()).map(|at| place(at, Some(name))),
    }
}

fn point_in_data(path: &str) -> Option<Coordinates> {
    let after = |mark: &str| {
        let (_, rest) = path.rsplit_once(mark)?;
        degrees(rest.split('!').next()?)
    };
    Coordinates::new(after("!3d")?, after("!4d")?)
}

fn of_open_street_map(url: &Url) -> Option<Place> {
    let at = Coordinates::new(degrees(&parameter(url, "mlat")?)?, degrees(&parameter(url, "mlon")?)?)?;
    Some(place(at, None))
}

/// `?ll=52.5,13.4&q=Name`, `?q=52.5,13.4` or `?coordinate=…&name=…`; not a way from one place to another.
fn of_apple(url: &Url) -> Option<Place> {
    if ["saddr", "daddr", "source", "destination"].into_iter().any(|way| parameter(url, way).is_some()) {
        return None;
    }
    let asked = parameter(url, "q");
    let at = ["ll", "coordinate"].into_iter().find_map(|name| pair(&parameter(url, name)?));
    match (at, asked) {
        (Some(at), asked) => {
            let name = parameter(url, "name").or(asked).filter(|name| pair(name).is_none());
            Some(Place { address: parameter(url, "address").map(Private::from), ..place(at, name) })
        }
        (None, asked) => pair(&asked?).map(|at| place(at, None)),
    }
}

fn place(at: Coordinates, name: Option<String>) -> Place {
    let name = name.filter(|name| !name.trim().is_empty()).map(Private::from);
    Place { name, at: Some(at), ..Place::default() }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A part of a path, with its signs and spaces.
fn decoded(part: &str) -> String {
    let whole = format!("p={}", part.replace('&', "%26").replace('=', "%3D"));
    let query = Url::parse(&format!("geo:?{whole}")).ok();
    query.and_then(|url| parameter(&url, "p")).unwrap_or_default()
}

fn pair(text: &str) -> Option<Coordinates> {
    let (latitude, longitude) = text.split_once(',')?;
    Coordinates::new(degrees(latitude)?, degrees(longitude)?)
}

/// Only digits, a sign and a point: a number can be written in other ways, and nobody writes a place so.
fn degrees(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(place: Option<Place>) -> Option<String> {
        let place = place?;
        let at = place.at.unwrap();
        let words = [place.name, place.address].into_iter().flatten().map(|words| words.reveal().to_owned());
        let shown = words.fold(String::new(), |shown, words| format!("{shown} [{words}]"));
        Some(format!("{},{}{shown}", at.latitude(), at.longitude()))
    }

    #[test]
    fn a_link_that_names_a_point_is_a_place() {
        for (link, expected) in [
            ("https://maps.google.com/maps?q=52.52%2C13.405", "52.52,13.405"),
            (" http://www.google.com/maps?q=loc:52.52,-13.405 ", "52.52,-13.405"),
            ("https://www.google.com/maps/search/?api=1&query=52.52%2C13.405", "52.52,13.405"),
            (
                "https://www.google.com/maps/place/Caf%C3%A9+Rot/@52.1,13.1,17z/data=!3m1!4b1!4m6!3m5!1s0x1!8m2!3d52.52!4d13.405!16s",
                "52.52,13.405 [Café Rot]",
            ),
            ("https://www.google.com/maps/place/52.52,13.405", "52.52,13.405"),
            ("https://www.openstreetmap.org/?mlat=52.52&mlon=13.405#map=17/1/2", "52.52,13.405"),
            ("https://maps.apple.com/?ll=52.52,13.405&q=Home", "52.52,13.405 [Home]"),
            ("https://maps.apple.com/?q=52.52,13.405", "52.52,13.405"),
            (
                "https://maps.apple.com/place?coordinate=52.52,13.405&name=Gate&address=Square%201",
                "52.52,13.405 [Gate] [Square 1]",
            ),
            ("geo:52.52,13.405;u=35", "52.52,13.405"),
            ("geo:52.52,13.405,34?z=5", "52.52,13.405"),
            ("geo:0,0?q=52.52,13.405(Home)", "52.52,13.405 [Home]"),
        ] {
            assert_eq!(shown(linked(link)).as_deref(), Some(expected), "{link}");
        }
    }

    #[test]
    fn everything_else_stays_a_text() {
        for text in [
            "",
            "here https://maps.google.com/maps?q=52.52%2C13.405",
            "https://maps.google.com/maps?q=52.52%2C13.405\nsee you",
            "https://maps.google.com/maps?q=Berlin",
            "https://maps.google.com/maps?q=91.0%2C13.405",
            "https://maps.google.com/maps?q=inf%2Cnan",
            "https://www.google.com/maps/@52.52,13.405,17z",
            "https://www.google.com/maps/place/Berlin/@52.52,13.405,17z",
            "https://www.google.com/search?q=52.52,13.405",
            "https://www.openstreetmap.org/#map=17/52.52/13.405",
            "https://maps.apple.com/?saddr=52.5,13.4&daddr=52.6,13.5&ll=52.5,13.4",
            "https://maps.google.com.example/maps?q=52.52%2C13.405",
            "https://maps.app.goo.gl/abc",
            "geo:Berlin",
            "52.52,13.405",
        ] {
            assert_eq!(shown(linked(text)), None, "{text}");
        }
    }

    #[test]
    fn what_the_apps_share_has_its_address_above_the_link() {
        let text = "Square 1\n\n10117 Berlin\nhttps://maps.google.com/maps?q=52.52%2C13.405";
        assert_eq!(shown(shared(text)).as_deref(), Some("52.52,13.405 [Square 1, 10117 Berlin]"));
        for other in [
            "look\nhttps://www.openstreetmap.org/?mlat=52.52&mlon=13.405",
            "https://maps.google.com/maps?q=52.52%2C13.405\nlook",
            "1\n2\n3\n4\n5\nhttps://maps.google.com/maps?q=52.52%2C13.405",
        ] {
            assert_eq!(shown(shared(other)), None, "{other}");
        }
    }
}
