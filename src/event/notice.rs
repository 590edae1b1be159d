//! What the bridge has to say to the owner, as facts. The words are in `bridge/notices.rs` alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{SignalQuote, Unsupported};
use crate::clock::Moment;
use crate::config::Version;

/// Something the owner must know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// What the owner typed was not sent to WhatsApp.
    NotSent {
        /// The message, so that the notice quotes it.
        about: SignalQuote,
        /// Why.
        why: Undelivered,
    },
    /// Whether what the owner typed was sent cannot be known.
    MaybeSent {
        /// The message.
        about: SignalQuote,
    },
    /// WhatsApp has not confirmed what the owner typed.
    NotConfirmed {
        /// The message.
        about: SignalQuote,
    },
    /// A WhatsApp message could not be brought into its portal.
    NotBrought {
        /// Why.
        why: Undelivered,
    },
    /// The owner wrote into the control chat, from where nothing goes to WhatsApp.
    ControlChatIsNoRoute,
    /// A portal cannot be made yet, so messages wait.
    PortalWaits {
        /// Why.
        why: PortalTrouble,
    },
    /// A portal has been stopped.
    PortalStopped {
        /// Why.
        why: PortalTrouble,
    },
    /// The WhatsApp side does not work.
    WhatsAppDown {
        /// What is known of the cause.
        cause: OutageCause,
        /// Since when.
        since: Moment,
    },
    /// The WhatsApp side works again.
    WhatsAppBack {
        /// How long it did not.
        after: Duration,
    },
    /// The Signal side works again. While it does not, nothing can be said here.
    SignalBack {
        /// How long it did not.
        after: Duration,
    },
    /// WAHA's session said that it works and brought nothing; it is being restarted.
    WhatsAppSilent {
        /// For how long.
        silent: Duration,
    },
    /// Signal takes messages, and for a long time no device of the owner has confirmed one.
    NothingConfirmed {
        /// How long, after there were enough to tell.
        after: Duration,
    },
    /// A peer has not been updated for long.
    OldVersion {
        /// Which.
        peer: Peer,
        /// Its version.
        version: Version,
        /// How old that is, or for how long it has been in use.
        age: Duration,
    },
    /// Signed webhooks were refused because they are too old or from the future.
    StaleWebhooks,
    /// Signed webhooks could not be understood; they are kept.
    UnreadableWebhooks,
    /// Messages from before the channel's first start, or older than the catch-up span, were not carried over.
    HistorySkipped,
}

/// A program that the bridge speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// signal-cli.
    SignalCli,
    /// WAHA.
    Waha,
}

/// Why a message ends undelivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undelivered {
    /// This kind is not carried yet.
    NotCarried(Unsupported),
    /// Only the beginning of the text is known.
    Truncated,
    /// The peer refused it as it is.
    Refused,
    /// The peer refused the bridge's key or account.
    Unauthorised,
    /// It was tried as often as is sensible.
    GaveUp,
    /// WhatsApp accepted it and failed later.
    FailedLater,
    /// It lay here for longer than may pass unasked.
    TooOld,
    /// The stored message cannot be read any more.
    Unreadable,
}

/// What is wrong with a portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalTrouble {
    /// Signal limits the making of groups for now.
    RateLimited,
    /// signal-cli could not make the group.
    Refused,
    /// The owner is only invited and has not accepted.
    OwnerPending,
    /// The owner has left the group.
    OwnerLeft,
    /// Somebody else is in the group, or was sent a message.
    Stranger,
    /// The owner's safety number changed.
    IdentityChanged,
    /// The group is gone.
    Gone,
}

/// Why the WhatsApp side does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageCause {
    /// WAHA does not answer.
    Unreachable,
    /// WAHA refuses the API key.
    Unauthorised,
    /// WAHA has no such session.
    NoSession,
    /// The session waits for a QR code to be scanned.
    ScanQrCode,
    /// The session is being started.
    Starting,
    /// The session is stopped.
    Stopped,
    /// The session failed, for example because the device was logged out.
    Failed,
    /// Another status.
    Other,
}
