//! The Signal wing: everything that speaks to signal-cli, and nothing that knows what lies above it.
//!
//! # Layout
//!
//! What a person can call: [`Link`] keeps two connections to one signal-cli, one to send and one to receive, so that a
//! request never stands behind a backlog of messages.
//!
//! - `lines`, `peek`, `transport`: the bytes. Long and odd lines end here; `receive` lines are tapped off before the
//!   JSON-RPC client sees them, because that one drops what does not fit its buffer.
//! - `ledger`, `rpc`, `connection`: the requests, and whether one that failed was ever written.
//! - `dial`, `board`, `checks`, `link`, `feed`: connecting, checking, connecting again. `standing`: whether Signal still
//!   takes the account.
//! - `envelope`, `inbound`, `files`, `mentions`, `styles`: signal-cli's JSON to our events; pure. `stickers`: those too, and the
//!   call that brings one.
//! - `listen`: from the tap to the intake, a batch a commit.
//! - `outbound`, `results`, `groups`: our requests to signal-cli's JSON and its answers back; pure. `client`, `amend`, `pictures`: the calls.
//!   `calls`: what proves that a send of unknown outcome arrived, with `elsewhere`.
//!   `challenge`: what Signal asks before it lifts a rate limit.
//!
//! signal-cli has no acknowledgement: a message whose line it has written is gone on its side. So the wing reads
//! only as fast as the intake commits, and keeps a receiving connection that still works whatever else breaks.

mod amend;
mod board;
mod calls;
mod challenge;
mod checks;
mod client;
mod connection;
mod contacts;
mod dial;
mod elsewhere;
mod envelope;
mod error;
mod feed;
mod files;
mod groups;
mod inbound;
mod ledger;
mod lines;
mod link;
mod listen;
mod long;
mod mentions;
mod outbound;
mod peek;
mod pictures;
mod places;
mod results;
mod rpc;
mod settings;
mod signs;
mod standing;
mod stickers;
mod styles;
mod things;
mod transport;

pub use board::LinkState;
pub use calls::{Call, Calls, LoneCall};
pub use challenge::{Captcha, Challenge};
pub use dial::{Dial, Sink, Source};
pub use error::SignalError;
pub use groups::{GroupMember, GroupState};
pub use inbound::{Heard, read};
pub use link::Link;
pub use long::whole;
pub use outbound::{
    DeleteRequest, EditRequest, Mention, PollRequest, ReactRequest, Recipient, SendRequest, Style, StyleKind, inline,
};
pub use results::SendReceipt;
pub use settings::Settings;
pub use styles::{mentions_of, styles};
