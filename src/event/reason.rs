//! Why something is as a notice says.

use serde::{Deserialize, Serialize};

use super::Unsupported;

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
    /// It is a place that is only read: status posts, or a newsletter.
    OnlyRead,
    /// The stored message cannot be read any more.
    Unreadable,
    /// Where the conversation leads cannot be read any more.
    PlaceUnreadable,
    /// WAHA's engine cannot vote in polls.
    NoVotes,
    /// The poll that the vote is for is not to be found any more.
    PollGone,
    /// The poll has no answer with that number.
    NoSuchAnswer,
    /// The poll takes one answer only.
    OneAnswer,
    /// It answers a line of the bridge.
    QuoteLost,
}

/// Why WhatsApp does not follow what the owner did to a message in Signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// WhatsApp takes no such change any more.
    #[serde(alias = "sent", alias = "being_sent")]
    TooLate,
    /// It waited here for too long to go unasked.
    Waited,
    /// The message may have been sent, as it was.
    MaybeSent,
    /// The message was not sent, and is kept for a retry.
    NotSent,
    /// The message was not sent, and is not kept.
    NeverSent,
    /// The message is too old to be known, or leads nowhere.
    Forgotten,
    /// WAHA gave the message no id.
    Unnamed,
    /// What it says now is no text.
    NotText,
    /// It is neither words nor a file there, so it stays as it is.
    Fixed,
    /// The conversation is stopped.
    Stopped,
    /// WhatsApp refused it.
    Refused,
    /// The configuration does not bridge this chat.
    NotBridged,
    /// The one known address of the contact belongs to somebody else now.
    NumberLost,
    /// Whether it was done cannot be known.
    Unclear,
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
    /// The certificate at WAHA's address is not trusted.
    Untrusted,
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
