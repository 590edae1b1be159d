//! What the bridge has to say to the owner, as facts. The words are in `bridge/notices` alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reason::{CaptchaAnswer, GapCause, NoRetry, OutageCause, Peer, PortalTrouble, Standing, Undelivered};
use super::{Address, GroupId, MediaFailure, MessageId, News, SignalQuote, StanzaId, Unsupported};
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
    /// A file that the owner attached was not sent to WhatsApp; what else was in the message goes.
    FileNotSent {
        /// The message.
        about: SignalQuote,
        /// What the file is.
        file: Option<Unsupported>,
        /// Why.
        why: MediaFailure,
    },
    /// A place that the owner shared went to WhatsApp without the picture that came with it.
    PictureLeftOut {
        /// The message.
        about: SignalQuote,
    },
    /// Whether what the owner typed was sent cannot be known.
    MaybeSent {
        /// The message.
        about: SignalQuote,
    },
    /// What the owner was told may have been sent was sent.
    SentAfterAll {
        /// The message.
        about: SignalQuote,
    },
    /// The owner edited, deleted or reacted to a message in Signal, and WhatsApp does not follow.
    NotChanged {
        /// The message.
        about: SignalQuote,
        /// An edit, a deletion or a reaction.
        change: Unsupported,
        /// Why not.
        standing: Standing,
    },
    /// Who reacted to a message of a group: Signal shows one reaction, and not whose.
    Reacted {
        /// The message.
        about: SignalQuote,
        /// Names and reactions.
        who: Vec<(Private, Private)>,
        /// How many more.
        more: u32,
    },
    /// Things happened to a WhatsApp group.
    GroupNews {
        /// What.
        news: Vec<News>,
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
    /// Messages to the owner have waited for longer than anything is kept.
    UnshownForgotten {
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
    /// The owner called the bridge, which takes no calls.
    NoCalls,
    /// What the owner wrote or did could not be decrypted, and did not come again.
    NotDecrypted {
        /// What its key would have been.
        item: Private,
    },
    /// Messages to WhatsApp lay here for too long to go unasked.
    MaySend,
    /// The owner said that they shall not go.
    Dropped,
    /// What the owner quoted in the control chat leads to no WhatsApp chat.
    QuoteLeadsNowhere {
        /// The owner's message.
        about: SignalQuote,
    },
    /// The owner asked for a chat to be forgotten, and is asked whether that is meant.
    Forget {
        /// The owner's message.
        about: SignalQuote,
        /// The chat's number, where it is known.
        who: Option<Private>,
    },
    /// The owner asked for a chat to be forgotten that nothing is kept of.
    NothingToForget {
        /// The owner's message.
        about: SignalQuote,
    },
    /// The bridge is left for good.
    Leaving {
        /// Messages of the owner that were not sent.
        unsent: i64,
        /// Messages of the owner that may have been sent.
        maybe: i64,
        /// Messages that the owner has not been shown.
        unshown: i64,
        /// Whether this may have been said before.
        again: bool,
    },
    /// A chat is forgotten.
    Forgotten {
        /// Whether nobody had asked for it: it was idle.
        idle: bool,
        /// How many messages of the owner were not sent.
        unsent: i64,
        /// How many may have been sent.
        maybe: i64,
        /// How many messages the owner was not shown.
        unshown: i64,
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
    /// The certificate that the bridge shows to WAHA ends soon, or has ended.
    CertificateEnds {
        /// How long it is still good; nothing if it is not.
        left: Duration,
    },
    /// The database was restored from a backup.
    Restored {
        /// How much time is missing from it.
        behind: Duration,
    },
    /// Messages from before the channel's first start, or older than the catch-up span, were not carried over.
    HistorySkipped,
    /// A message of WhatsApp could not be decrypted, and has not come meanwhile.
    Awaited {
        /// Who wrote it, where that is known; nobody else than the owner, if nobody is named.
        who: Option<Private>,
        /// Where.
        chat: Address,
        /// What its id will be.
        stanza: StanzaId,
        /// The id that WAHA's API takes.
        #[serde(default)]
        message_id: Option<MessageId>,
    },
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
