//! The two peers of a channel, and how a person names somebody on Signal.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::private_text;
use crate::tls::Authorities;

/// The WAHA side of a channel.
#[derive(Debug)]
pub struct WhatsApp {
    /// WAHA's base URL without a trailing slash.
    pub url: String,
    /// The only authorities that count there; none: the system's.
    pub authorities: Option<Authorities>,
    /// The WAHA session's name.
    pub session: String,
    /// Sent as `X-Api-Key`.
    pub api_key: SecretString,
    /// The HMAC key of the session's webhook; while it is changed, the new one and the old one.
    pub webhook_secrets: Vec<SecretString>,
    /// After how long without any event a session that says it works is restarted; none: never.
    pub silence: Option<Duration>,
}

/// The signal-cli side of a channel.
#[derive(Debug)]
pub struct Signal {
    /// Where signal-cli listens.
    pub endpoint: Endpoint,
    /// A folder in memory in which signal-cli is handed files, under the same path for both; without it no file goes to
    /// Signal.
    pub hand_over: Option<PathBuf>,
    /// signal-cli's folder of received files; without it no file comes from Signal.
    pub attachments: Option<PathBuf>,
    /// The bridge account.
    pub account: Participant,
    /// The person the channel serves.
    pub owner: Participant,
    /// The oldest signal-cli that is spoken to.
    pub minimum_version: Version,
    /// Whether the owner hears, once a day, that somebody else wrote to the bridge account.
    pub tell_strangers: bool,
}

/// Where signal-cli listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket: the default, because little is in flight on it when the bridge stops.
    Socket(PathBuf),
    /// `host:port`.
    Tcp(String),
}

private_text! {
    /// A Signal account identifier (a lower-case UUID): who somebody is.
    Aci;
    /// A phone number in international form with the leading `+`.
    PhoneNumber;
}

/// A Signal participant as a person names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Participant {
    /// By account identifier.
    Aci(Aci),
    /// By phone number.
    Number(PhoneNumber),
}

impl Participant {
    /// The form signal-cli takes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        match self {
            Self::Aci(aci) => aci.reveal(),
            Self::Number(number) => number.reveal(),
        }
    }
}

/// The version of a peer; ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub u32, pub u32, pub u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl std::str::FromStr for Version {
    type Err = ();

    /// Reads `0.14.5`; what follows a `-` or `+` is left out, as are further numbers.
    fn from_str(text: &str) -> Result<Self, ()> {
        let plain = text.split(['-', '+']).next().unwrap_or_default();
        let mut numbers = plain.split('.').map(str::parse);
        let mut next = || numbers.next().unwrap_or(Ok(0)).map_err(|_| ());
        Ok(Self(next()?, next()?, next()?))
    }
}
