//! Raw values to checked ones. Each failure names the key, its origin and what is allowed.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use figment::Figment;
use secrecy::{ExposeSecret, SecretString};

use super::error::origin;
use super::{Aci, Participant, PhoneNumber};
use super::{
    Alarm, Channel, Config, ConfigError, ConversationMode, Encryption, Endpoint, Log, LogFormat, MapLink, Retention,
    Signal, Store, Unlock, raw, secret,
};
use crate::tls::Authorities;

/// The fewest PBKDF2 iterations that are taken (OWASP's figure for HMAC-SHA256).
pub const MINIMUM_ITERATIONS: u32 = 600_000;
pub use super::secret::MINIMUM as MINIMUM_SECRET;

pub(super) struct Checker<'f> {
    figment: &'f Figment,
    /// What is taken and yet unwise.
    pub(super) warnings: RefCell<Vec<String>>,
    pub(super) secret_files: RefCell<Vec<PathBuf>>,
    pub(super) unlock_file: RefCell<Option<PathBuf>>,
}

pub(super) type Checked<T> = Result<T, ConfigError>;

impl<'f> Checker<'f> {
    pub(super) fn new(figment: &'f Figment) -> Self {
        let (warnings, secret_files, unlock_file) = Default::default();
        Self { figment, warnings, secret_files, unlock_file }
    }

    pub(super) fn config(&self, raw: raw::Raw) -> Checked<Config> {
        let retention = self.retention(raw.retention)?;
        let channels = self.channels(raw.channels, &retention)?;
        Ok(Config {
            server: self.server(raw.server)?,
            encryption: self.encryption(raw.encryption, &raw.store.path)?,
            media: self.media(raw.media, &raw.store.path)?,
            store: Store { path: raw.store.path },
            backup: self.backup(raw.backup, retention.period)?,
            retention,
            portals: self.portals(&raw.portals)?,
            floods: self.floods(&raw.floods)?,
            alarm: self.alarm(raw.alarm)?,
            log: self.log(&raw.log)?,
            channels,
            warnings: self.warnings.take(),
            secret_files: self.secret_files.take(),
            unlock_file: self.unlock_file.take(),
        })
    }

    pub(super) fn error(&self, key: &str, problem: impl Display) -> ConfigError {
        // Elements of an array have no provenance of their own: fall back to the array's.
        let metadata = self.figment.find_metadata(key).or_else(|| self.figment.find_metadata(first(key)));
        let origin = metadata.map_or_else(|| "the defaults".to_owned(), origin);
        ConfigError::Value { key: key.to_owned(), origin, problem: problem.to_string() }
    }

    pub(super) fn parse<T: FromStr>(&self, key: &str, text: &str, allowed: &str) -> Checked<T> {
        text.parse().map_err(|_| self.error(key, allowed))
    }

    fn encryption(&self, raw: raw::Encryption, database: &Path) -> Checked<Encryption> {
        if raw.iterations < MINIMUM_ITERATIONS {
            let problem = format!("must be {MINIMUM_ITERATIONS} or more");
            return Err(self.error("encryption.iterations", problem));
        }
        let secret_file = self.file("encryption.secret_file", raw.secret_file)?;
        let key_file = self.file("encryption.key_file", raw.key_file)?;
        let given = secret::read(raw.secret, secret_file.as_deref(), "secret")
            .map_err(|problem| self.error("encryption.secret", problem))?;
        for (key, file) in [("encryption.secret_file", &secret_file), ("encryption.key_file", &key_file)] {
            self.warn_of_wide(key, file.as_deref());
            self.warn_of_neighbour(key, file.as_deref(), database);
        }
        let unlock = match (given, key_file) {
            (None, None) if raw.locked_start => Unlock::ByHand { iterations: raw.iterations },
            _ if raw.locked_start => {
                let problem =
                    "is for a secret that lies nowhere on this machine: leave out secret, secret_file and key_file";
                return Err(self.error("encryption.locked_start", problem));
            }
            (Some(_), Some(_)) => return Err(self.error("encryption.key_file", "set a secret or a key file, not both")),
            (Some(secret), None) => self.passphrase(secret, raw.iterations)?,
            (None, Some(path)) => self.key_file(&path)?,
            (None, None) if raw.enabled => {
                return Err(self.error(
                    "encryption.secret_file",
                    "encryption needs secret_file, secret, key_file or locked_start",
                ));
            }
            (None, None) => Unlock::Nothing,
        };
        Ok(Encryption { enabled: raw.enabled, unlock })
    }

    /// Where the file of a secret is.
    pub(super) fn file(&self, key: &str, path: Option<PathBuf>) -> Checked<Option<PathBuf>> {
        let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let place = |path| secret::place(path, folder.as_deref()).map_err(|problem| self.error(key, problem));
        path.map(place).transpose()
    }

    fn passphrase(&self, secret: SecretString, iterations: u32) -> Checked<Unlock> {
        secret::strong(secret.expose_secret()).map_err(|problem| self.error("encryption.secret", problem))?;
        Ok(Unlock::Passphrase { secret, iterations })
    }

    fn key_file(&self, path: &Path) -> Checked<Unlock> {
        secret::key_file(path).map(Unlock::KeyFile).map_err(|problem| self.error("encryption.key_file", problem))
    }

    pub(super) fn span(&self, key: &str, text: &str, least: Duration, most: Duration) -> Checked<Duration> {
        let show = humantime::format_duration;
        let problem = format!("must be a span like 30d, 12h or 90s, from {} to {}", show(least), show(most));
        let span = humantime::parse_duration(text).map_err(|_| self.error(key, &problem))?;
        if (least..=most).contains(&span) { Ok(span) } else { Err(self.error(key, &problem)) }
    }

    fn alarm(&self, raw: raw::Alarm) -> Checked<Alarm> {
        let (minute, day) = (Duration::from_mins(1), Duration::from_hours(24));
        let file = self.file("alarm.token_file", raw.token_file)?;
        let token =
            secret::read(raw.token, file.as_deref(), "token").map_err(|problem| self.error("alarm.token", problem))?;
        self.warn_of_wide("alarm.token", file.as_deref());
        if token.is_some() && raw.webhook.is_none() {
            return Err(self.error("alarm.token", "is for alarm.webhook, which is not set"));
        }
        let (webhook, heartbeat_url) =
            (self.outside("alarm.webhook", raw.webhook)?, self.outside("alarm.heartbeat_url", raw.heartbeat_url)?);
        let secure = [&webhook, &heartbeat_url].into_iter().flatten().any(|url| is_https(url.expose_secret()));
        let authorities = self.authorities("alarm.ca_file", raw.ca_file.as_deref(), secure)?;
        Ok(Alarm {
            webhook,
            token,
            authorities,
            after: self.span("alarm.after", &raw.after, minute, day)?,
            heartbeat_url,
            heartbeat_every: self.span("alarm.heartbeat_every", &raw.heartbeat_every, minute, day)?,
        })
    }

    /// An address outside. It may be all that protects what is behind it, so the error does not repeat it.
    fn outside(&self, key: &str, url: Option<SecretString>) -> Checked<Option<SecretString>> {
        let web = |url: &reqwest::Url| matches!(url.scheme(), "http" | "https") && url.host().is_some();
        let plain = |url: &reqwest::Url| url.username().is_empty() && url.password().is_none();
        let usable = |text: &str| reqwest::Url::parse(text).is_ok_and(|url| web(&url) && plain(&url));
        if url.as_ref().is_some_and(|text| !usable(text.expose_secret())) {
            return Err(self.error(key, "must be an address without user, like https://ntfy.example/topic"));
        }
        Ok(url)
    }

    /// Whom a peer behind https has to be known by.
    pub(super) fn authorities(&self, key: &str, file: Option<&Path>, secure: bool) -> Checked<Option<Authorities>> {
        let Some(file) = file else { return Ok(None) };
        if !secure {
            return Err(self.error(key, "is for an address that begins with https://, and none does"));
        }
        Authorities::read(file).map(Some).map_err(|problem| self.error(key, problem))
    }

    fn log(&self, raw: &raw::Log) -> Checked<Log> {
        let level = self.parse("log.level", &raw.level, "must be error, warn, info, debug or trace")?;
        let format = match raw.format.as_str() {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => return Err(self.error("log.format", "must be text or json")),
        };
        Ok(Log { level, format })
    }

    fn channels(&self, raw: Vec<raw::Channel>, retention: &Retention) -> Checked<Vec<Channel>> {
        if raw.is_empty() {
            return Err(self.error("channels", "at least one [[channels]] is needed; see config/rialto.sample.toml"));
        }
        let channel = |(at, raw)| self.channel(at, raw, retention);
        let channels = raw.into_iter().enumerate().map(channel).collect::<Checked<Vec<_>>>()?;
        self.distinct(&channels)?;
        Ok(channels)
    }

    fn distinct(&self, channels: &[Channel]) -> Checked<()> {
        let (mut names, mut pairs) = (HashSet::new(), HashSet::new());
        for (at, channel) in channels.iter().enumerate() {
            if !names.insert(channel.name.as_str()) {
                return Err(self.error(&format!("channels.{at}.name"), "is used by another channel"));
            }
            if !pairs.insert((channel.signal.account.reveal(), channel.signal.owner.reveal())) {
                let problem = "another channel has the same account and owner; their conversations would mix";
                return Err(self.error(&format!("channels.{at}.signal.owner"), problem));
            }
        }
        Ok(())
    }

    fn channel(&self, at: usize, raw: raw::Channel, retention: &Retention) -> Checked<Channel> {
        let key = |name: &str| format!("channels.{at}.{name}");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if raw.name.is_empty() || raw.name.len() > 32 || !raw.name.chars().all(plain) {
            return Err(self.error(&key("name"), "must be 1 to 32 lower-case letters, digits and -"));
        }
        let allowed = "must be \"hybrid\" or \"portal\"";
        let conversation: ConversationMode = self.parse(&key("conversation"), &raw.conversation, allowed)?;
        Ok(Channel {
            ticks: self.ticks(at, &raw)?,
            typing: self.parse(
                &key("typing"),
                &raw.typing,
                "must be \"both\", \"to_whatsapp\", \"to_signal\" or \"off\"",
            )?,
            view_once: raw.view_once,
            pictures: self.parse(
                &key("pictures"),
                &raw.pictures,
                "must be \"off\", \"direct\", or a proxy without user, like http://proxy:3128",
            )?,
            name: raw.name,
            conversation,
            map_link: self.map_link(&key("map_link"), &raw.map_link)?,
            whatsapp: self.whatsapp(&key("whatsapp"), raw.whatsapp)?,
            signal: self.signal(&key("signal"), &raw.signal)?,
            chats: self.chats(&key("chats"), raw.chats)?,
            retention: self.channel_retention(&key("retention"), raw.retention, retention)?,
        })
    }

    fn map_link(&self, key: &str, text: &str) -> Checked<Option<MapLink>> {
        let allowed = "must be \"off\", or an address that begins with https:// and has {lat} and {lon} in it";
        (text != "off").then(|| self.parse(key, text, allowed)).transpose()
    }

    fn signal(&self, key: &str, raw: &raw::Signal) -> Checked<Signal> {
        let account = self.participant(&format!("{key}.account"), &raw.account)?;
        let owner = self.participant(&format!("{key}.owner"), &raw.owner)?;
        if account == owner {
            let problem = "is the bridge account itself: the bridge needs a Signal number of its own, because a \
                           message you send yourself notifies nobody and could not be told from the bridge's";
            return Err(self.error(&format!("{key}.owner"), problem));
        }
        let endpoint = self.endpoint(key, raw)?;
        let version = "must be a version like 0.14.5";
        let minimum_version = self.parse(&format!("{key}.minimum_version"), &raw.minimum_version, version)?;
        let hand_over = raw.hand_over.clone().or_else(|| beside(&endpoint));
        let attachments = self.attachments(key, raw.attachments.clone())?;
        let tell_strangers = raw.tell_strangers;
        Ok(Signal { endpoint, hand_over, attachments, account, owner, minimum_version, tell_strangers })
    }

    /// Files go from there that nobody is waiting for, so a slip must not name another folder.
    fn attachments(&self, key: &str, folder: Option<PathBuf>) -> Checked<Option<PathBuf>> {
        let is_other = folder.as_ref().is_some_and(|folder| !folder.ends_with("attachments"));
        let allowed = "must be signal-cli's folder of received files, which is called attachments";
        if is_other { Err(self.error(&format!("{key}.attachments"), allowed)) } else { Ok(folder) }
    }

    fn endpoint(&self, key: &str, raw: &raw::Signal) -> Checked<Endpoint> {
        match (&raw.socket, &raw.tcp) {
            (Some(path), None) => Ok(Endpoint::Socket(path.clone())),
            (None, Some(tcp))
                if tcp.rsplit_once(':').is_some_and(|(h, p)| !h.is_empty() && p.parse::<u16>().is_ok()) =>
            {
                Ok(Endpoint::Tcp(tcp.clone()))
            }
            (None, Some(_)) => Err(self.error(&format!("{key}.tcp"), "must be host:port, like 127.0.0.1:7583")),
            _ => Err(self.error(&format!("{key}.socket"), "set either socket (a path) or tcp (host:port)")),
        }
    }

    fn participant(&self, key: &str, text: &str) -> Checked<Participant> {
        let allowed = "must be a number like +15551234567 (7 to 15 digits) or a Signal account id (a UUID)";
        participant(text).ok_or_else(|| self.error(key, allowed))
    }
}

/// The folder that files are handed over in: beside the socket, where both have access anyway.
fn beside(endpoint: &Endpoint) -> Option<PathBuf> {
    match endpoint {
        Endpoint::Socket(socket) => Some(socket.with_file_name("hand-over")),
        Endpoint::Tcp(_) => None,
    }
}

/// Somebody on Signal, by number or by account id.
pub(super) fn participant(text: &str) -> Option<Participant> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Participant::Number(PhoneNumber::new(text)));
    }
    let uuid: uuid::Uuid = text.parse().ok()?;
    Some(Participant::Aci(Aci::new(uuid.hyphenated().to_string())))
}

pub(super) fn is_https(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| url.scheme() == "https")
}

fn first(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}
