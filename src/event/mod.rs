//! What happened, in our own neutral words. The two wings (`whatsapp`, `signal`) turn their peer's JSON into these and
//! hand them up through [`Intake`]; everything above knows only these.

mod address;
mod arrival;
mod changes;
mod group;
mod media;
mod mention;
mod message;
mod notice;
mod reason;
mod refusal;
mod rich;
mod things;
mod typing;
mod visible;

pub use address::{Address, AddressKind};
pub use arrival::{Arrival, Intake, IntakeError, SeenKey, SeenKind, Taken};
pub use changes::{Amendment, Change, Deed};
pub use group::{GroupNews, Membership, News};
pub use media::{MediaFailure, MediaKind, MediaRef};
pub use mention::Mention;
pub use message::{
    Ack, Author, Awaited, Content, Conversation, Message, OwnerReceipt, Quote, ReceiptKind, Session, SignalQuote,
    Typed, TypedBody, Unsupported,
};
pub use notice::Notice;
pub use reason::{CaptchaAnswer, GapCause, NoRetry, OutageCause, Peer, PortalTrouble, Standing, Undelivered};
pub use refusal::{KINDS, Kind, Refusal, Severity};
pub use rich::{Look, Rich, Span};
pub use things::{
    Appointment, Call, Card, Choices, Coordinates, Deal, DealKind, Invite, Live, Place, Poll, Results, Thing, Vote,
};
pub use typing::{Typing, TypingPlace};
pub use visible::is_visible;

use serde::{Deserialize, Serialize};

pub use crate::config::{Aci, PhoneNumber};
use crate::private_text;
use crate::redact::Private;

private_text! {
    /// The bare stanza id of a WhatsApp message: opaque, case-sensitive, unique within its chat.
    StanzaId;
    /// WAHA's full message id, `{fromMe}_{chat}_{stanza}[_{participant}]`: the form its API takes.
    MessageId;
    /// A Signal group id: base64 of 32 bytes.
    GroupId;
}

/// One thing that happened and is on its way to the other side, or to the owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A WhatsApp message, of a contact or of the owner on another device.
    Message(Message),
    /// The file of a WhatsApp message whose words went ahead of it.
    LateFile(Message),
    /// What the owner typed in Signal.
    Typed(Typed),
    /// A WhatsApp message that cannot be decrypted yet.
    Awaited(Awaited),
    /// Somebody edited, deleted or reacted to a WhatsApp message.
    Amended(Amendment),
    /// The owner edited or deleted in Signal what they had typed, or reacted to a message.
    Changed(Change),
    /// Something happened to a WhatsApp group itself.
    GroupNews(GroupNews),
    /// A device of the owner has messages of the bridge: the proof that they arrive.
    OwnerReceipt(OwnerReceipt),
    /// WhatsApp's word on a message of the owner.
    Ack(Ack),
    /// WAHA's session changed.
    Session(Session),
    /// A signed webhook that could not be understood, kept whole so that nothing is lost by a new payload shape.
    Unreadable {
        /// The body as it came.
        body: Private,
    },
    /// Somebody other than the owner wrote in a Signal group, or somebody changed it: its members are to be looked at.
    GroupChanged {
        /// The group.
        group: GroupId,
        /// Whether it was not the owner.
        by_stranger: bool,
    },
    /// A group that was a conversation of the bridge is to be left: its chat is forgotten.
    Leave {
        /// The group.
        group: GroupId,
    },
    /// signal-cli holds back what the owner wrote, because the owner's identity key is another than the trusted one.
    IdentityChanged,
    /// The owner called the bridge's account.
    Called,
    /// signal-cli could not decrypt what the owner wrote, or did. It asks the phone by itself to send it again.
    Undecrypted {
        /// What its key is if it comes again: see [`SeenKey::of_signal`].
        item: Private,
    },
    /// Words for the owner.
    Notice(Notice),
    /// Something that has no meaning for the bridge yet; remembered as seen, then gone.
    Ignored,
}

impl Event {
    /// Whom its words name.
    #[must_use]
    pub fn mentions(&self) -> Vec<Mention> {
        match self {
            Self::Message(message) => message.mentions.clone(),
            Self::Amended(amendment) => amendment.mentions.clone(),
            Self::Notice(Notice::GroupNews { news }) => news.iter().flat_map(News::who).cloned().collect(),
            _ => Vec::new(),
        }
    }
}
