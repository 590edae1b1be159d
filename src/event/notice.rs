//! What the bridge has to say to the owner, as facts. The words are in `bridge/notices` alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{GroupId, SignalQuote, Unsupported};
use crate::clock::Moment;
use crate::config::Version;
use crate::redact::Private;

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
    /// The owner edited or deleted in Signal what they had typed, and WhatsApp does not follow.
    NotChanged {
        /// The message.
        about: SignalQuote,
        /// An edit or a deletion.
        change: Unsupported,
        /// Where the message stands.
        standing: Standing,
    },
    /// The owner asked for a message again, and it does not go.
    NotRetried {
        /// The message that it answers.
        about: SignalQuote,
        /// Why.
        why: NoRetry,
    },
    /// Messages of the owner that were not sent for certain have waited for longer than anything is kept.
    UnsentForgotten {
        /// How many.
        count: i64,
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
    /// Messages to WhatsApp lay here for too long to go unasked.
    MaySend,
    /// The owner said that they shall not go.
    Dropped,
    /// What the owner quoted in the control chat leads to no WhatsApp chat.
    QuoteLeadsNowhere {
        /// The owner's message.
        about: SignalQuote,
    },
    /// A chat whose messages came into the control chat has its own conversation from here on.
    MovedHere,
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
    /// A stopped portal is right again.
    PortalGoesOn,
    /// The owner has left a portal, or its group is gone; another is made with the chat's next message.
    PortalLeft,
    /// A number that led to this chat's contact belongs to somebody else now.
    NumberMoved,
    /// The one known address of this chat's contact belongs to somebody else now.
    NumberLost,
    /// Two chats turned out to be one person's; this is the conversation that goes on.
    Merged,
    /// The same, in the conversation that does not.
    GoesOnElsewhere {
        /// Its group.
        group: GroupId,
    },
    /// The owner's new identity key has been trusted on the server.
    IdentityTrusted {
        /// How long both directions stood still.
        after: Duration,
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
    /// Signal limits the bridge account.
    SignalLimited {
        /// Whether a captcha lifts the limit.
        captcha: bool,
    },
    /// Signal takes messages again that it had refused for their rate.
    SignalTakes {
        /// How long it did not.
        after: Duration,
    },
    /// What became of a captcha.
    Captcha {
        /// Signal's answer.
        answer: CaptchaAnswer,
    },
    /// Nothing has shown the owner's WhatsApp phone for long.
    PhoneAway {
        /// For how long.
        after: Duration,
    },
    /// The owner's WhatsApp phone has been seen again.
    PhoneBack,
    /// WhatsApp has restricted the account: messages end undelivered.
    WhatsAppRestricted,
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
    /// Somebody who is not the owner wrote to the bridge account.
    StrangerWrote,
    /// Signed webhooks were refused because they are too old or from the future.
    StaleWebhooks,
    /// Signed webhooks could not be understood; they are kept.
    UnreadableWebhooks,
    /// A scheduled backup could not be made.
    NoBackup,
    /// The database was restored from a backup.
    Restored {
        /// How much time is missing from it.
        behind: Duration,
    },
    /// Messages from before the channel's first start, or older than the catch-up span, were not carried over.
    HistorySkipped,
    /// Somebody wrote more in a minute than is carried.
    Flooded {
        /// Their name or number, where it is known.
        who: Option<Private>,
        /// How many messages more.
        more: u32,
    },
    /// What came while the bridge, WAHA or its session was away is not all here.
    GapOpen {
        /// Why not.
        cause: GapCause,
        /// For how long.
        away: Duration,
    },
}

/// What became of a captcha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptchaAnswer {
    /// Signal accepted it.
    Accepted,
    /// Signal wants another.
    Rejected,
    /// Signal asks for none.
    NotAsked,
    /// It did not get to Signal.
    NotReached,
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
    /// WhatsApp does not let the account write first to this person now.
    ColdContact,
    /// WhatsApp has restricted the account.
    Restricted,
    /// WhatsApp accepted it and failed later.
    FailedLater,
    /// It was typed in a conversation that is stopped.
    Stopped,
    /// It was typed in a group that is no portal.
    NoPortal,
    /// The one known address of the contact belongs to somebody else now.
    NumberLost,
    /// The configuration does not bridge this chat.
    NotBridged,
    /// The stored message cannot be read any more.
    Unreadable,
}

/// Where a message of the owner stands that was edited or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has been sent.
    Sent,
    /// It is being sent, or will be made sure of as it was.
    BeingSent,
    /// It may have been sent.
    MaybeSent,
    /// It was not sent, and is kept for a retry.
    NotSent,
    /// It was not sent, and is not kept.
    NeverSent,
    /// It is too old to be known.
    Forgotten,
}

/// Why a message is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoRetry {
    /// It waits or is being sent already.
    OnItsWay,
    /// WhatsApp has taken it.
    Sent,
    /// It is not kept any more.
    Gone,
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

/// Why missed messages could not all be fetched; of several causes the last one here is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// There were more than are fetched at once.
    TooMany,
    /// It was longer than messages are carried over.
    TooLong,
    /// WAHA did not answer as it should.
    Failed,
    /// WAHA keeps no messages.
    NothingKept,
    /// The engine does not hand out past messages.
    NotOffered,
    /// NOWEB's store is off.
    StoreOff,
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
