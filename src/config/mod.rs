//! The configuration: what a person writes (`raw`) and what the program runs on (the types here).
//!
//! Values come from the built-in defaults, then one TOML file, then variables that begin with `RIALTO_` and have `__`
//! between levels (`RIALTO_SERVER__LISTEN`). Everything is checked once, here; a [`Config`] that exists is usable.

mod chats;
mod check;
mod error;
mod first;
mod map;
mod measures;
mod media;
mod peers;
mod pictures;
mod print;
mod raw;
mod retention;
mod secret;
mod server;
mod ticks;
mod typing;
mod unlock;
mod unwise;
mod weak;
mod whatsapp;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use secrecy::{SecretSlice, SecretString};

use crate::tls::{self, Authorities};

pub use chats::{ChatSort, Chats, Verdict};
pub use check::{MINIMUM_ITERATIONS, MINIMUM_SECRET};
pub use error::ConfigError;
pub use first::{First, in_folder, is_number, is_participant, is_session, waha_of};
pub use map::MapLink;
pub use media::{Media, MediaLimits};
pub use peers::{Aci, Endpoint, Participant, PhoneNumber, Signal, Version, WhatsApp};
pub use pictures::Pictures;
pub use retention::{ChannelPeriods, ChannelRetention, Periods, Retention};
pub use secret::others;
pub use ticks::{Readers, Shown, Ticks, ToSignal};
pub use typing::TypingWays;
pub use unwise::{is_near, is_near_address};

/// Where the configuration is looked for when neither `--config` nor `RIALTO_CONFIG` names a file.
pub const DEFAULT_FILE: &str = "config/rialto.toml";

/// Everything the program needs to know, checked.
#[derive(Debug)]
pub struct Config {
    /// The two listeners.
    pub server: Server,
    /// Where the database lies.
    pub store: Store,
    /// How values are sealed at rest.
    pub encryption: Encryption,
    /// How long ids are kept.
    pub retention: Retention,
    /// Copies of the database.
    pub backup: Backup,
    /// How fast new Signal groups are made.
    pub portals: Portals,
    /// How much of one sender is carried.
    pub floods: Floods,
    /// Where files lie on their way, and how large they may be.
    pub media: Media,
    /// How somebody hears of it when Signal cannot carry the news.
    pub alarm: Alarm,
    /// What is logged, and how.
    pub log: Log,
    /// The channels, at least one.
    pub channels: Vec<Channel>,
    /// What is allowed and unwise, a sentence each, for the person who set it.
    pub warnings: Vec<String>,
    /// The files that secrets were read from.
    pub secret_files: Vec<PathBuf>,
    /// The one of them that opens the database.
    pub unlock_file: Option<PathBuf>,
}

/// The two listeners.
#[derive(Debug, Clone)]
pub struct Server {
    /// Takes WAHA's webhooks, and lets it fetch the files it is to send.
    pub listen: SocketAddr,
    /// How WAHA reaches that listener, without a trailing slash; without it, the address itself where it is one.
    pub url: Option<String>,
    /// Answers health requests. Kept apart, so that it can stand on a network WAHA is not in.
    pub admin_listen: SocketAddr,
    /// The certificate that is shown to whoever brings webhooks; without one they come over plain http.
    pub tls: Option<tls::Files>,
}

/// Where the database lies.
#[derive(Debug, Clone)]
pub struct Store {
    /// The SQLite file; its folder is created with mode 0700.
    pub path: PathBuf,
}

/// How values are sealed at rest.
#[derive(Debug)]
pub struct Encryption {
    /// Whether field values are sealed. The lookup indexes are keyed hashes either way.
    pub enabled: bool,
    /// What unlocks the key ring.
    pub unlock: Unlock,
}

/// What unlocks the key ring.
#[derive(Debug)]
pub enum Unlock {
    /// A passphrase, stretched by PBKDF2-HMAC-SHA256 with so many iterations.
    Passphrase {
        /// The passphrase, 32 characters or more.
        secret: SecretString,
        /// The work factor for a new key ring; an existing one keeps the factor stored beside it.
        iterations: u32,
    },
    /// 32 bytes from a file.
    KeyFile(SecretSlice<u8>),
    /// A passphrase that a person gives to the program that already runs: nothing on the machine opens the key ring.
    ByHand {
        /// As for [`Unlock::Passphrase`].
        iterations: u32,
    },
    /// Nothing: allowed only with `enabled = false`.
    Nothing,
}

/// Copies of the database that the bridge makes by itself.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The folder they lie in; without one none are made.
    pub path: Option<PathBuf>,
    /// When one is made: five cron fields, UTC.
    pub schedule: String,
    /// How many are kept.
    pub keep: usize,
    /// The age at which one is deleted, however few there are.
    pub keep_for: Duration,
}

/// How fast new Signal groups are made: at most `burst` in any span of `burst` times `every`, and at most `per_day` in
/// any day. Signal limits the making of groups, and a new account that makes many at once is asked for a captcha.
#[derive(Debug, Clone, Copy)]
pub struct Portals {
    /// How many may be made at once.
    pub burst: u32,
    /// How long one takes on average after that.
    pub every: Duration,
    /// How many may be made in a day.
    pub per_day: u32,
}

/// How much of one sender is carried.
#[derive(Debug, Clone, Copy)]
pub struct Floods {
    /// The most messages in one minute of one chat; 0: all.
    pub per_minute: u32,
}

/// How somebody hears of it when Signal cannot carry the news. Addresses count as secrets: whoever knows one can read
/// along or keep the signal alive.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// Where a fixed sentence is posted when a side has been down.
    pub webhook: Option<SecretString>,
    /// Sent there as a bearer token.
    pub token: Option<SecretString>,
    /// The only authorities that count at both addresses; none: the system's.
    pub authorities: Option<Authorities>,
    /// How long a side may be down before it is said.
    pub after: Duration,
    /// What is asked for regularly while everything works.
    pub heartbeat_url: Option<SecretString>,
    /// How often.
    pub heartbeat_every: Duration,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// The most detailed level of this program's own events.
    pub level: tracing::Level,
    /// Lines for people or JSON.
    pub format: LogFormat,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line an event.
    Text,
    /// One JSON object an event.
    Json,
}

/// One WAHA session joined to one Signal bridge account and one owner.
#[derive(Debug)]
pub struct Channel {
    /// Names the channel in the webhook path and in logs: lower-case letters, digits and `-`.
    pub name: String,
    /// How WhatsApp chats appear in Signal.
    pub conversation: ConversationMode,
    /// The link that a place from WhatsApp gets.
    pub map_link: Option<MapLink>,
    /// Which ticks cross.
    pub ticks: Ticks,
    /// Which way it is shown that somebody types.
    pub typing: TypingWays,
    /// Whether pictures and films that may be seen once go to Signal, to be seen once there.
    pub view_once: bool,
    /// By which way pictures of people and groups are fetched.
    pub pictures: Pictures,
    /// The WAHA side.
    pub whatsapp: WhatsApp,
    /// The signal-cli side.
    pub signal: Signal,
    /// Which WhatsApp chats are bridged.
    pub chats: Chats,
    /// How long what is of the channel is kept.
    pub retention: ChannelRetention,
}

/// How WhatsApp chats appear in Signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationMode {
    /// Contacts, groups, and whoever the owner has written to get a Signal group each; strangers stay in the control
    /// chat under a label until the owner answers one by quote.
    Hybrid,
    /// Every chat gets a Signal group of its own.
    Portal,
}

impl ConversationMode {
    const ALL: [(&str, Self); 2] = [("hybrid", Self::Hybrid), ("portal", Self::Portal)];

    /// The word in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, mode)| *mode == self).map_or("", |(name, _)| name)
    }
}

impl std::str::FromStr for ConversationMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, mode)| mode).ok_or(())
    }
}

impl Config {
    /// Reads, merges and checks the configuration.
    ///
    /// # Errors
    ///
    /// Says which key is wrong, where its value came from and what is allowed.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        if !file.is_file() {
            return Err(ConfigError::Missing(file.to_owned()));
        }
        Self::from_figment(&Self::figment().merge(Toml::file_exact(file)).merge(environment()))
    }

    /// The same from a TOML text and without the environment: for samples and tests.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::from_figment(&Self::figment().merge(Toml::string(text)))
    }

    /// How long what is kept where.
    #[must_use]
    pub fn periods(&self) -> Periods {
        Periods::of(&self.retention, &self.channels)
    }

    fn figment() -> Figment {
        Figment::from(Serialized::defaults(raw::Raw::default()))
    }

    fn from_figment(figment: &Figment) -> Result<Self, ConfigError> {
        let raw: raw::Raw = figment.extract().map_err(ConfigError::from_figment)?;
        check::Checker::new(figment).config(raw)
    }
}

/// Variables that are no keys of the file: `RIALTO_CONFIG` names it, and `RIALTO_FAILPOINT` exists only in tests.
const NO_KEYS: &[&str] = if cfg!(feature = "failpoints") { &["config", "failpoint"] } else { &["config"] };

fn environment() -> Env {
    Env::prefixed("RIALTO_").ignore(NO_KEYS).split("__")
}

#[cfg(test)]
mod tests;
