//! The configuration as a person writes it: strings and numbers, nothing checked but the names of the keys.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::redact::Private;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    pub(super) server: Server,
    pub(super) store: Store,
    pub(super) encryption: Encryption,
    pub(super) retention: Retention,
    pub(super) backup: Backup,
    pub(super) portals: Portals,
    pub(super) floods: Floods,
    pub(super) media: Media,
    pub(super) alarm: Alarm,
    pub(super) log: Log,
    pub(super) channels: Vec<Channel>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Server {
    pub(super) listen: String,
    pub(super) url: Option<String>,
    pub(super) admin_listen: String,
    pub(super) tls_cert_file: Option<PathBuf>,
    pub(super) tls_key_file: Option<PathBuf>,
}

impl Default for Server {
    fn default() -> Self {
        let (listen, admin_listen) = ("127.0.0.1:8080".into(), "127.0.0.1:8081".into());
        Self { listen, url: None, admin_listen, tls_cert_file: None, tls_key_file: None }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Store {
    pub(super) path: PathBuf,
}

impl Default for Store {
    fn default() -> Self {
        Self { path: "data/rialto.db".into() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Encryption {
    pub(super) enabled: bool,
    #[serde(skip_serializing)]
    pub(super) secret: Option<SecretString>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) locked_start: bool,
    pub(super) iterations: u32,
}

impl Default for Encryption {
    fn default() -> Self {
        Self {
            enabled: true,
            secret: None,
            secret_file: None,
            key_file: None,
            locked_start: false,
            iterations: 600_000,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Retention {
    pub(super) period: String,
    pub(super) idle_portals: String,
    pub(super) schedule: String,
}

impl Default for Retention {
    fn default() -> Self {
        Self { period: "30d".into(), idle_portals: "keep".into(), schedule: "0 3 * * *".into() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Backup {
    pub(super) path: Option<PathBuf>,
    pub(super) schedule: String,
    pub(super) keep: usize,
    pub(super) keep_for: Option<String>,
}

impl Default for Backup {
    fn default() -> Self {
        Self { path: None, schedule: "30 3 * * *".into(), keep: 7, keep_for: None }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Portals {
    pub(super) burst: u32,
    pub(super) every: String,
    pub(super) per_day: u32,
}

impl Default for Portals {
    fn default() -> Self {
        Self { burst: 5, every: "1m".into(), per_day: 60 }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Floods {
    pub(super) per_minute: u32,
}

impl Default for Floods {
    fn default() -> Self {
        Self { per_minute: 200 }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Media {
    pub(super) folder: Option<PathBuf>,
    pub(super) picture: String,
    pub(super) video: String,
    pub(super) audio: String,
    pub(super) document: String,
    pub(super) quota: String,
    pub(super) free_space: String,
    pub(super) hand_over: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ffmpeg: Option<PathBuf>,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            folder: None,
            picture: "25 MB".into(),
            video: "100 MB".into(),
            audio: "25 MB".into(),
            document: "100 MB".into(),
            quota: "1 GB".into(),
            free_space: "200 MB".into(),
            hand_over: "200 MB".into(),
            ffmpeg: None,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Alarm {
    #[serde(skip_serializing)]
    pub(super) webhook: Option<SecretString>,
    #[serde(skip_serializing)]
    pub(super) token: Option<SecretString>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) after: String,
    #[serde(skip_serializing)]
    pub(super) heartbeat_url: Option<SecretString>,
    pub(super) heartbeat_every: String,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            webhook: None,
            token: None,
            token_file: None,
            ca_file: None,
            after: "10m".into(),
            heartbeat_url: None,
            heartbeat_every: "5m".into(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Log {
    pub(super) level: String,
    pub(super) format: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: "text".into() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) name: String,
    #[serde(default = "hybrid")]
    pub(super) conversation: String,
    #[serde(default = "open_street_map")]
    pub(super) map_link: String,
    #[serde(default = "default_ticks")]
    pub(super) ticks: String,
    #[serde(default = "default_ticks_in_groups")]
    pub(super) ticks_in_groups: String,
    #[serde(default = "default_seen")]
    pub(super) seen: bool,
    #[serde(default)]
    pub(super) seen_not: Vec<Private>,
    #[serde(default = "default_typing")]
    pub(super) typing: String,
    #[serde(default)]
    pub(super) view_once: bool,
    #[serde(default = "no_pictures")]
    pub(super) pictures: String,
    pub(super) whatsapp: WhatsApp,
    pub(super) signal: Signal,
    #[serde(default)]
    pub(super) chats: Chats,
    #[serde(default)]
    pub(super) retention: ChannelRetention,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ChannelRetention {
    pub(super) period: Option<String>,
    pub(super) disappearing: String,
    pub(super) chats: Vec<ChatPeriod>,
}

impl Default for ChannelRetention {
    fn default() -> Self {
        Self { period: None, disappearing: "off".into(), chats: Vec::new() }
    }
}

/// A table and not a key: the names of keys stand in errors.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChatPeriod {
    pub(super) chat: Private,
    pub(super) period: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "a switch for each sort of chat")]
pub(super) struct Chats {
    pub(super) contacts: bool,
    pub(super) unknown: bool,
    pub(super) groups: bool,
    pub(super) status: bool,
    pub(super) newsletters: bool,
    pub(super) allow: Vec<Private>,
    pub(super) deny: Vec<Private>,
}

impl Default for Chats {
    fn default() -> Self {
        Self {
            contacts: true,
            unknown: true,
            groups: true,
            status: false,
            newsletters: false,
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }
}

fn open_street_map() -> String {
    "https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}".into()
}

fn hybrid() -> String {
    "hybrid".into()
}

fn default_ticks_in_groups() -> String {
    "first".into()
}

fn default_ticks() -> String {
    "read".into()
}

fn default_typing() -> String {
    "to_whatsapp".into()
}

fn no_pictures() -> String {
    "off".into()
}

fn default_seen() -> bool {
    true
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhatsApp {
    pub(super) url: String,
    pub(super) ca_file: Option<PathBuf>,
    #[serde(default = "default_session")]
    pub(super) session: String,
    #[serde(skip_serializing)]
    pub(super) api_key: Option<SecretString>,
    pub(super) api_key_file: Option<PathBuf>,
    #[serde(skip_serializing)]
    pub(super) webhook_secret: Option<SecretString>,
    pub(super) webhook_secret_file: Option<PathBuf>,
    #[serde(default = "default_silence")]
    pub(super) silence: String,
}

fn default_silence() -> String {
    "24h".into()
}

fn default_session() -> String {
    "default".into()
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signal {
    pub(super) socket: Option<PathBuf>,
    pub(super) tcp: Option<String>,
    pub(super) hand_over: Option<PathBuf>,
    pub(super) attachments: Option<PathBuf>,
    pub(super) account: String,
    pub(super) owner: String,
    #[serde(default = "default_minimum")]
    pub(super) minimum_version: String,
    #[serde(default)]
    pub(super) tell_strangers: bool,
}

fn default_minimum() -> String {
    "0.14.5".into()
}
