//! The words in which a test talks to the stand-in.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

/// The library inside WAHA that speaks to `WhatsApp`; it decides the shape of most JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The engine built on Baileys.
    Noweb,
    /// The engine built on whatsmeow.
    Gows,
}

impl Engine {
    /// The name WAHA gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Noweb => "NOWEB",
            Self::Gows => "GOWS",
        }
    }
}

/// How the pauses between the attempts of one webhook grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The same pause every time.
    Constant,
    /// One more delay each time.
    Linear,
    /// Twice the pause each time, and up to a fifth more.
    Exponential,
}

/// What happens when a webhook isn't answered with 2xx.
#[derive(Clone, Debug)]
pub struct Retries {
    /// How the pauses grow.
    pub policy: Policy,
    /// The unit of the pauses.
    pub delay: Duration,
    /// How many attempts follow the first one.
    pub attempts: u32,
}

impl Default for Retries {
    fn default() -> Self {
        Self { policy: Policy::Constant, delay: Duration::from_secs(2), attempts: 15 }
    }
}

/// The account that is linked to WAHA: the owner's own.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The phone number, digits only.
    pub number: String,
    /// The hidden id, digits only.
    pub lid: String,
    /// The name other people see.
    pub push_name: String,
}

impl Default for Owner {
    fn default() -> Self {
        Self { number: "79220000001".into(), lid: "100000000000001".into(), push_name: "Bridge Owner".into() }
    }
}

/// Everything that is configured before the start.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches that don't depend on each other")]
pub struct WahaOptions {
    /// Which engine's JSON is spoken.
    pub engine: Engine,
    /// The version reported; ids can be chosen by the client from 2026.4.3 on.
    pub version: String,
    /// The name of the only session.
    pub session: String,
    /// What `X-Api-Key` has to be.
    pub api_key: String,
    /// Where events go; without it nothing is sent anywhere.
    pub webhook_url: Option<String>,
    /// The events that are sent; `message` is off as it only repeats `message.any`.
    pub events: Vec<String>,
    /// The key of the webhook signature; empty means unsigned.
    pub hmac_key: String,
    /// What happens when a webhook isn't answered with 2xx.
    pub retries: Retries,
    /// Where to listen; `None` takes any free loopback port.
    pub listen: Option<SocketAddr>,
    /// The linked account.
    pub owner: Owner,
    /// Deliver webhooks strictly one after the other, which the real server never does.
    pub ordered: bool,
    /// Report sent texts as delivered by themselves.
    pub auto_ack: bool,
    /// How long a call waits for the session to work before it answers 422.
    pub status_wait: Duration,
    /// Keep pending webhooks over a stop, which the real server doesn't do.
    pub keep_pending: bool,
    /// Have the session from the beginning; without, it has to be made.
    pub has_session: bool,
    /// Keep chats and messages in the engine's store. Without it NOWEB refuses to list them, and GOWS lists none.
    pub store: bool,
}

impl Default for WahaOptions {
    fn default() -> Self {
        Self {
            engine: Engine::Noweb,
            version: "2026.7.1".into(),
            session: "default".into(),
            api_key: "simulated-api-key".into(),
            webhook_url: None,
            events: default_events(),
            hmac_key: "simulated-hmac-key".into(),
            retries: Retries::default(),
            listen: None,
            owner: Owner::default(),
            ordered: false,
            auto_ack: true,
            status_wait: Duration::ZERO,
            keep_pending: false,
            has_session: true,
            store: true,
        }
    }
}

fn default_events() -> Vec<String> {
    [
        "session.status",
        "message.any",
        "message.reaction",
        "message.ack",
        "message.ack.group",
        "presence.update",
        "message.waiting",
        "message.edited",
        "message.revoked",
        "group.v2.join",
        "group.v2.leave",
        "group.v2.participants",
        "group.v2.update",
        "call.received",
        "poll.vote",
        "poll.vote.failed",
    ]
    .map(String::from)
    .to_vec()
}

/// A person in the phone's address book, or a stranger whose ids are known.
#[derive(Clone, Debug, Default)]
pub struct Contact {
    /// The phone number, digits only.
    pub number: Option<String>,
    /// The hidden id, digits only.
    pub lid: Option<String>,
    /// The name in the owner's address book.
    pub name: Option<String>,
    /// The name the person chose.
    pub push_name: Option<String>,
}

/// A message that is no plain text.
#[derive(Clone, Debug)]
pub enum Other {
    /// A sticker.
    Sticker,
    /// A photo.
    Image {
        /// The text below it.
        caption: Option<String>,
    },
    /// A photo that may be seen once, of which the engine got the file.
    Once {
        /// The text below it.
        caption: Option<String>,
    },
    /// A video.
    Video {
        /// The text below it.
        caption: Option<String>,
    },
    /// A voice note.
    Voice,
    /// A file.
    Document {
        /// The name the sender gave it.
        filename: String,
        /// The text below it.
        caption: Option<String>,
    },
    /// A place.
    Location {
        /// The name of the place.
        name: String,
    },
    /// Where somebody is, for a while.
    LiveLocation {
        /// The text with it.
        words: String,
        /// For how long, in seconds; only NOWEB tells it.
        seconds: u32,
    },
    /// Somebody's contact card.
    ContactCard {
        /// The name on the card.
        name: String,
        /// The number on the card, digits only.
        number: String,
    },
    /// A poll.
    Poll {
        /// What is asked.
        question: String,
        /// Whether more than one answer can be chosen.
        several: bool,
    },
    /// Anything else, as the protocol writes it.
    Wire {
        /// The message.
        message: Value,
    },
    /// A change of the disappearing message timer: no body, no media, nothing to show.
    TimerChange,
}

/// A text that WAHA accepted for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentText {
    /// The chat as the client named it.
    pub chat_id: String,
    /// The text.
    pub text: String,
    /// The message it answers, as the client named it.
    pub reply_to: Option<String>,
    /// Whom it mentions.
    pub mentions: Vec<String>,
    /// The bare id under which it was sent.
    pub stanza: String,
    /// Whether the client chose that id.
    pub chosen: bool,
    /// Whether a preview of links was asked for, if the client said.
    pub link_preview: Option<bool>,
    /// Whether `WhatsApp` refused it afterwards, with an acknowledgement of -1.
    pub failed: bool,
}

/// What a call does to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhatChange {
    /// It gets this text.
    Edit(String),
    /// It is deleted for everyone.
    Delete,
    /// It gets the owner's reaction; an empty one takes it back.
    React(String),
}

/// A change of a message that WAHA accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiChange {
    /// The chat as the client named it.
    pub chat_id: String,
    /// The message as the client named it.
    pub message_id: String,
    /// The message's bare id.
    pub stanza: String,
    /// What was done.
    pub what: WhatChange,
}

/// One attempt to deliver one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// The id in the envelope.
    pub event_id: String,
    /// The kind of event.
    pub event: String,
    /// The status of the answer; `None` when there was no answer.
    pub status: Option<u16>,
    /// 1 for the first attempt.
    pub attempt: u32,
}
