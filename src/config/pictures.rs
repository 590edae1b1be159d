//! Whether, and by which way, pictures of people and groups are fetched from WhatsApp's own servers.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// The way to WhatsApp's servers, which WAHA names and does not lead to.
#[derive(Clone, PartialEq, Eq)]
pub enum Pictures {
    /// None: nothing is fetched.
    Off,
    /// Straight there.
    Direct,
    /// Through this proxy, which sees whom it leads to and nothing of what is said.
    Proxy(Url),
}

impl FromStr for Pictures {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "off" => Ok(Self::Off),
            "direct" => Ok(Self::Direct),
            address => proxy(address).map(Self::Proxy).ok_or(()),
        }
    }
}

/// A user or a password would stand in the configuration that is printed.
fn proxy(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && matches!(url.path(), "" | "/");
    (url.scheme() == "http" && url.has_host() && is_plain && url.query().is_none()).then_some(url)
}

impl fmt::Display for Pictures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Direct => "direct",
            Self::Proxy(url) => url.as_str().trim_end_matches('/'),
        })
    }
}

impl fmt::Debug for Pictures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_word_or_a_proxy() {
        for text in ["off", "direct", "http://proxy:3128", "http://192.0.2.1:8888"] {
            let way: Pictures = text.parse().unwrap();
            assert_eq!(way.to_string(), text);
        }
        for odd in
            ["on", "", "https://proxy:3128", "http://user:pass@proxy:3128", "http://proxy/path", "socks5://proxy"]
        {
            assert!(odd.parse::<Pictures>().is_err(), "{odd}");
        }
    }
}
