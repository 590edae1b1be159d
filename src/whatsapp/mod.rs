//! The WhatsApp wing: WAHA's webhooks in, WAHA's REST API out. The only place that knows WAHA's JSON.
//!
//! # Layout
//!
//! - In: [`router`] checks and answers the webhook, with `room` for so much at a time and
//!   `crowd` for so much from one place; [`read`] turns a body into an
//!   event (pure), with `payload` (the JSON types, lenient in every field), `content`, `files` and `kinds` (what a message says),
//!   `changes` (what is done to an earlier message), `votes`, `calls` and `awaited` (what comes as events of its own),
//!   `addresses` and `mentions` (who it concerns) and `ids` (WAHA's message ids and the keys made of them).
//! - Out: [`Client`] calls the API over a [`Carrier`], which is the network; `answers` reads what comes back, `error`
//!   says what a failure means. Its lists of past
//!   messages go through [`read_listed`], which makes of each what its webhook would have been. [`Keeper`] makes the session
//!   and a key for it, when a person sets the bridge up.
//! - `pictures` of people and groups come from WhatsApp's own servers, where the configuration wants them.
//! - Both ways: [`markup`], WhatsApp's markers to a text with looks and back (pure).
//!
//! The shapes were captured from WAHA 2026.2.1 with the engines NOWEB and GOWS; WEBJS and WPP are read as far as they
//! agree. Nothing of a body reaches a log or an error.

mod addresses;
mod answers;
mod awaited;
mod calls;
mod carrier;
mod changes;
mod client;
mod content;
mod crowd;
mod device;
mod error;
mod files;
mod groups;
mod ids;
mod inbound;
mod keeper;
mod kinds;
pub mod markup;
mod mentions;
mod payload;
mod pictures;
mod presence;
mod room;
mod shut;
mod signature;
mod surrogates;
mod timers;
mod votes;
mod webhook;

pub use addresses::Own;
pub use answers::{ContactName, Engine, EngineVersion, Sent, SessionState};
pub use carrier::{Answer, Carrier, Download};
pub use client::{
    ChatSummary, Client, MessagesOf, Named, NotUnlinked, Page, Participant, SendFile, SendText, SendThing, Unlinked,
    Whereabouts,
};
pub use crowd::Source;
pub use error::WahaError;
pub use ids::{awaited_stanza, change_key, is_by, message_key, received_in};
pub use inbound::{Read, read, read_listed};
pub use keeper::{Keeper, NewKey};
pub use pictures::{NoAnswer, PictureFetcher, PicturePlace};
pub use shut::shut;
pub use webhook::{BODY_LIMIT, Door, FRESHNESS, router};
