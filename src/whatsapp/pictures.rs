//! Pictures of people and groups. WAHA only names a place at WhatsApp's own servers, so they are fetched from there: over TLS,
//! without WAHA's key or the program's name, and from nowhere else, whatever WAHA names.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Proxy, Url};

use super::carrier::whole;
use super::error::WahaError;
use crate::config::Pictures;
use crate::tls;

/// WhatsApp's servers. Pictures have been seen at `pps.whatsapp.net`.
const SERVERS: &str = ".whatsapp.net";

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The largest picture that is taken, in bytes. WhatsApp's are 640 pixels wide, about a tenth of that.
const LARGEST: usize = 1024 * 1024;

/// Where a picture lies at WhatsApp. Whoever has it can see the picture, so it is never shown.
pub struct PicturePlace(Url);

impl PicturePlace {
    /// Nothing if it is somewhere else.
    #[must_use]
    pub fn parse(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let is_plain = url.port().is_none() && url.username().is_empty() && url.password().is_none();
        let is_there = url.domain().is_some_and(|name| name.ends_with(SERVERS));
        (url.scheme() == "https" && is_plain && is_there).then_some(Self(url))
    }
}

impl fmt::Debug for PicturePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PicturePlace")
    }
}

/// There is no way to WhatsApp's servers, or they are not who they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("WhatsApp's servers do not answer: check that channels.pictures names a way to them")]
pub struct NoAnswer;

/// Fetches pictures.
#[derive(Debug)]
pub struct PictureFetcher(Client);

impl PictureFetcher {
    /// By this way, if there is one; nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// [`WahaError::Refused`] if the machine's TLS cannot be set up.
    pub fn new(way: &Pictures) -> Result<Option<Self>, WahaError> {
        let builder = tls::nameless(None).timeout(LIMIT).https_only(true);
        let Some(builder) = by(way, builder)? else { return Ok(None) };
        builder.build().map(|client| Some(Self(client))).map_err(|_| WahaError::Refused)
    }

    /// The bytes of a picture; nothing if it is not there (any more), or too large.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`]; then no other picture is to be had either.
    pub async fn fetch(&self, place: &PicturePlace) -> Result<Option<Vec<u8>>, NoAnswer> {
        let answer = self.0.get(place.0.clone()).send().await.map_err(|_| NoAnswer)?;
        let is_there = answer.status().is_success();
        Ok(if is_there { whole(answer, LARGEST).await } else { None })
    }
}

fn by(way: &Pictures, builder: ClientBuilder) -> Result<Option<ClientBuilder>, WahaError> {
    Ok(match way {
        Pictures::Off => None,
        Pictures::Direct => Some(builder),
        Pictures::Proxy(url) => Some(builder.proxy(Proxy::https(url.clone()).map_err(|_| WahaError::Refused)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_only_looked_for_at_whatsapps_servers() {
        for place in ["https://pps.whatsapp.net/v/t61.24694-24/pic.jpg?oe=1", "https://mmg.whatsapp.net/a"] {
            assert!(PicturePlace::parse(place).is_some(), "{place}");
        }
        for elsewhere in [
            "http://pps.whatsapp.net/pic.jpg",
            "https://pps.whatsapp.net:8443/pic.jpg",
            "https://pps.whatsapp.net.example/pic.jpg",
            "https://evilwhatsapp.net/pic.jpg",
            "https://whatsapp.net@example.com/pic.jpg",
            "https://a:b@pps.whatsapp.net/pic.jpg",
            "https://127.0.0.1/pic.jpg",
            "file:///etc/passwd",
            "",
        ] {
            assert!(PicturePlace::parse(elsewhere).is_none(), "{elsewhere}");
        }
    }

    #[test]
    fn a_place_is_not_shown() {
        let place = PicturePlace::parse("https://pps.whatsapp.net/secret").unwrap();
        assert_eq!(format!("{place:?}"), "PicturePlace");
    }
}
