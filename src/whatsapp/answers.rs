//! What WAHA answers, read as leniently as the webhooks. Every engine answers in its own shape.

use serde::Deserialize;
use serde_json::Value;

use super::addresses::Own;
use super::client::ChatSummary;
use super::ids::FullId;
use super::inbound;
use super::payload::Whole;
use crate::config::Version;
use crate::event::{Address, AddressKind, MessageId, StanzaId};
use crate::redact::Private;

/// WAHA took a message. That means "queued by the engine": a failure can still follow as an ack of -1 (WAHA issue
/// 2118).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The id by which the echo, acks and replies will name it; nothing if the answer holds none.
    pub stanza: Option<StanzaId>,
    /// The id by which the API names it. Groups: the last part may differ from the one in later events.
    pub message_id: Option<MessageId>,
}

/// The state of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    /// WAHA's constant, as in [`Session::status`](crate::event::Session::status).
    pub status: String,
    /// Who is linked; unknown until somebody is.
    pub own: Own,
    /// Whether the engine says it is connected to WhatsApp; only GOWS says it.
    pub connected: Option<bool>,
}

/// What a contact is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactName {
    /// The name.
    pub name: Private,
    /// Whether the owner chose it; otherwise the contact did.
    pub from_address_book: bool,
    /// Whether it is the name of a business.
    pub is_business: bool,
}

/// WAHA's engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// whatsmeow.
    Gows,
    /// Baileys.
    Noweb,
    /// Any other, such as WEBJS and WPP.
    Other,
}

impl Engine {
    /// WAHA's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gows => "GOWS",
            Self::Noweb => "NOWEB",
            Self::Other => "other",
        }
    }
}

impl Engine {
    /// Whether it can vote in polls.
    #[must_use]
    pub fn votes(self) -> bool {
        self != Self::Noweb
    }
}

/// Which WAHA answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineVersion {
    /// Its engine.
    pub engine: Engine,
    /// Its version, as in 2026.2.1.
    pub version: Version,
}

impl EngineVersion {
    /// Whether a text can be sent under an id chosen before: GOWS and NOWEB from 2026.4.3.
    #[must_use]
    pub fn takes_chosen_id(self) -> bool {
        self.engine != Engine::Other && self.version >= Version(2026, 4, 3)
    }

    /// Whether it marks as seen what is named and nothing else: GOWS and NOWEB from 2025.4.2 on. Others mark the whole chat.
    #[must_use]
    pub fn heeds_seen_ids(self) -> bool {
        self.engine != Engine::Other && self.version >= Version(2025, 4, 2)
    }

    pub(super) fn of(json: &Value) -> Option<Self> {
        let engine = match text(json, &["engine"])? {
            "GOWS" => Engine::Gows,
            "NOWEB" => Engine::Noweb,
            _ => Engine::Other,
        };
        Some(Self { engine, version: text(json, &["version"])?.parse().ok()? })
    }
}

impl Sent {
    /// GOWS: `id` is the full id. WEBJS: it is in `id._serialized`. NOWEB: there is only the engine's `key`.
    pub(super) fn of(json: &Value) -> Self {
        let id = text(json, &["id"]).or_else(|| text(json, &["id", "_serialized"]));
        match id {
            Some(id) => Self::of_id(id),
            None => Self::of_key(json),
        }
    }

    fn of_id(id: &str) -> Self {
        let message_id = FullId::parse(id).map(|_| MessageId::new(id));
        Self { stanza: Some(StanzaId::new(FullId::bare(id))), message_id }
    }

    fn of_key(json: &Value) -> Self {
        let stanza = text(json, &["id", "id"]).or_else(|| text(json, &["key", "id"]));
        let chat = text(json, &["key", "remoteJid"]).and_then(Address::parse);
        let message_id = stanza.zip(chat).map(|(stanza, chat)| full_id(json, stanza, &chat));
        Self { stanza: stanza.map(StanzaId::new), message_id }
    }
}

fn full_id(json: &Value, stanza: &str, chat: &Address) -> MessageId {
    let participant = text(json, &["key", "participant"]).or_else(|| text(json, &["participant"]));
    let participant = participant.and_then(Address::parse).filter(|_| chat.is_group());
    let end = participant.map(|address| format!("_{}", address.chat_id().reveal())).unwrap_or_default();
    let from_me = json.pointer("/key/fromMe").and_then(Value::as_bool).unwrap_or(true);
    MessageId::new(format!("{from_me}_{}_{stanza}{end}", chat.chat_id().reveal()))
}

impl SessionState {
    pub(super) fn of(json: &Value) -> Option<Self> {
        let status = text(json, &["status"]).filter(|status| inbound::is_constant(status))?;
        let me = json.get("me").and_then(|me| serde_json::from_value(me.clone()).ok());
        let connected = json.pointer("/engine/gows/connected").and_then(Value::as_bool);
        Some(Self { status: status.to_owned(), own: Own::of(me.as_ref()), connected })
    }
}

impl ContactName {
    pub(super) fn of(json: &Value) -> Option<Self> {
        let name = |path: &str| text(json, &[path]);
        let chosen = name("name").map(|name| (name, true, false));
        // Only WEBJS says it.
        let business = || name("verifiedName").map(|name| (name, false, true));
        let own = || name("pushname").or_else(|| name("pushName")).map(|name| (name, false, false));
        let (name, from_address_book, is_business) = chosen.or_else(business).or_else(own)?;
        Some(Self { name: name.into(), from_address_book, is_business })
    }
}

/// An entry of the chats' overview; nothing for what is no person and no group: what was only to be read is not caught up on.
pub(super) fn chat_summary(json: &Value) -> Option<ChatSummary> {
    let chat = text(json, &["id"]).or_else(|| text(json, &["id", "_serialized"])).and_then(Address::parse)?;
    let chat = Some(chat).filter(|chat| !chat.is_feed())?;
    let last = json.pointer("/lastMessage/timestamp").and_then(|at| Whole::deserialize(at).ok());
    Some(ChatSummary { chat, last: last.map(Whole::seconds) })
}

/// NOWEB: `subject`; GOWS: `Name`; WEBJS: `groupMetadata.subject`.
pub(super) fn subject(json: &Value) -> Option<Private> {
    let paths: [&[&str]; 3] = [&["subject"], &["Name"], &["groupMetadata", "subject"]];
    paths.into_iter().find_map(|path| text(json, path)).map(Private::from)
}

/// What a newsletter is called.
pub(super) fn newsletter(json: &Value) -> Option<Private> {
    text(json, &["name"]).map(Private::from)
}

/// The admins of a group, under every address that is told. NOWEB: `participants` with `admin`; GOWS: `Participants` with
/// `IsAdmin`; WEBJS: `groupMetadata.participants` with `isAdmin`.
pub(super) fn admins(json: &Value) -> Vec<Address> {
    let lists = ["/participants", "/Participants", "/groupMetadata/participants"];
    let members = lists.into_iter().filter_map(|path| json.pointer(path)?.as_array()).flatten();
    members.filter(|member| is_admin(member)).flat_map(addresses).collect()
}

fn is_admin(member: &Value) -> bool {
    let flags = ["IsAdmin", "IsSuperAdmin", "isAdmin", "isSuperAdmin"];
    let role = text(member, &["admin"]).is_some_and(|role| role == "admin" || role == "superadmin");
    role || flags.into_iter().any(|flag| member.get(flag) == Some(&Value::Bool(true)))
}

fn addresses(member: &Value) -> Vec<Address> {
    let paths: [&[&str]; 7] =
        [&["id"], &["id", "_serialized"], &["phoneNumber"], &["lid"], &["JID"], &["PhoneNumber"], &["LID"]];
    paths.into_iter().filter_map(|path| text(member, path).and_then(Address::parse)).collect()
}

/// The other side of `{lid, pn}`, if this side is the one that was asked for. Either can be `null`, and stay so.
pub(super) fn other_address(json: &Value, asked: &Address) -> Option<Address> {
    let side = |name| text(json, &[name]).and_then(Address::parse);
    let (this, other, kind) = match asked.kind() {
        AddressKind::Lid => ("lid", "pn", AddressKind::Number),
        AddressKind::Number => ("pn", "lid", AddressKind::Lid),
        AddressKind::Group | AddressKind::Status | AddressKind::Newsletter => return None,
    };
    side(this).filter(|this| this == asked).and_then(|_| side(other)).filter(|other| other.kind() == kind)
}

/// The id of a message of the owner, if this is the one that was asked for.
pub(super) fn own_message(json: &Value, asked: &StanzaId) -> Option<MessageId> {
    let id = text(json, &["id"]).or_else(|| text(json, &["id", "_serialized"]))?;
    let is_it = FullId::parse(id).is_some_and(|id| id.from_me && id.stanza == asked.reveal());
    is_it.then(|| MessageId::new(id))
}

/// An id for a message that is still to be sent: bare, as it will stand between the `_` of the full id.
pub(super) fn new_id(json: &Value) -> Option<StanzaId> {
    let plain = |id: &&str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    text(json, &["id"]).filter(plain).map(StanzaId::new)
}

/// The text at this path, if there is any.
fn text<'a>(json: &'a Value, path: &[&str]) -> Option<&'a str> {
    let found = path.iter().try_fold(json, |json, name| json.get(name))?;
    found.as_str().filter(|text| !text.is_empty())
}
