//! The events that travel between the two sides.

use serde::{Deserialize, Serialize};

use super::{Aci, Address, GroupId, MediaRef, Mention, MessageId, Rich, StanzaId, Thing, Undelivered};
use crate::clock::Moment;
use crate::redact::Private;

/// A WhatsApp message on its way to Signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The chat, in the form this message was addressed by.
    pub chat: Address,
    /// The same contact's other address, where WAHA gave it; never set for groups.
    pub chat_alternative: Option<Address>,
    /// The id by which replies, edits, acks and echoes name this message.
    pub stanza: StanzaId,
    /// The id by which WAHA's API names it.
    pub message_id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// When it was written, by WhatsApp's clock; whole seconds.
    pub sent_at: Moment,
    /// What it says.
    pub content: Content,
    /// The message it answers.
    pub quote: Option<Quote>,
    /// How far a message of the owner has come already, as in [`Ack::level`].
    pub ack: i8,
    /// Whether the owner's phone itself sent it, and no other linked device; as far as WAHA lets see.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_phone: bool,
    /// When it was edited while it waited here, by WhatsApp's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Moment>,
    /// Whom its text names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// For how many seconds messages stay in its chat on WhatsApp, 0 for ever; nothing if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stays_for: Option<u32>,
}

/// A WhatsApp message that could not be decrypted yet. It comes as a [`Message`] once it can.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Awaited {
    /// The chat.
    pub chat: Address,
    /// The chat's other address, where the event says it.
    pub chat_alternative: Option<Address>,
    /// Its id.
    pub stanza: StanzaId,
    /// The id that WAHA's API takes.
    pub message_id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// When.
    pub sent_at: Moment,
}

/// Who wrote a WhatsApp message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The owner, on the phone or another linked device, or through WAHA's API.
    Owner,
    /// The contact of a direct chat.
    Contact {
        /// The name people gave themselves.
        push_name: Option<Private>,
    },
    /// A member of a group.
    Participant {
        /// The address the message carried.
        address: Option<Address>,
        /// The member's other address, where WAHA gave it.
        alternative: Option<Address>,
        /// The name people gave themselves.
        push_name: Option<Private>,
    },
}

/// What a WhatsApp message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Plain text.
    Text(Private),
    /// A file, with the words that came with it.
    Media {
        /// The file.
        file: MediaRef,
        /// Its caption.
        caption: Option<Private>,
    },
    /// Something that is neither words nor a file.
    Thing(Thing),
    /// Something that is not carried yet, with the words that came with it.
    Unsupported {
        /// What it is.
        what: Unsupported,
        /// Its caption or title.
        caption: Option<Private>,
    },
}

impl Content {
    /// What stands for a message that may be seen once and is not brought. Its words belong to it, so they are not kept either.
    pub const UNSEEN: Self = Self::Unsupported { what: Unsupported::ViewOnce, caption: None };
}

/// A kind of message that is not carried yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the thing it names")]
pub enum Unsupported {
    Picture,
    Video,
    VoiceMessage,
    Audio,
    Document,
    Sticker,
    Location,
    Contact,
    Poll,
    PollVote,
    PollResults,
    PollEnd,
    CalendarEvent,
    Buttons,
    Payment,
    Album,
    GroupInvite,
    Call,
    PinnedMessage,
    ViewOnce,
    Attachment,
    Reaction,
    Edit,
    Deletion,
    Other,
}

impl Unsupported {
    /// Whether it is neither words nor a file, so that a text does not take its place.
    #[must_use]
    pub fn is_thing(self) -> bool {
        matches!(
            self,
            Self::Location
                | Self::Contact
                | Self::Poll
                | Self::PollVote
                | Self::PollResults
                | Self::CalendarEvent
                | Self::Buttons
                | Self::Payment
                | Self::GroupInvite
                | Self::Call
                | Self::PinnedMessage
        )
    }
}

impl TypedBody {
    /// The files in it.
    #[must_use]
    pub fn files(&self) -> &[MediaRef] {
        match self {
            Self::Files { files, .. } | Self::Long { files, .. } => files,
            _ => &[],
        }
    }
}

/// The WhatsApp message that a message answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// Its stanza id.
    pub stanza: StanzaId,
    /// Its text as the answer repeats it, for when the message itself is gone from our records.
    pub text: Option<Private>,
}

/// Where in Signal something was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conversation {
    /// In a group: a portal, if we know it.
    Group(GroupId),
    /// To the bridge account itself: the control chat.
    Direct,
}

/// The word of a device of the owner on messages of the bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerReceipt {
    /// What it says of them.
    pub kind: ReceiptKind,
    /// The messages, by Signal's ids.
    pub timestamps: Vec<Moment>,
}

/// What a receipt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// The device has the messages.
    Delivered,
    /// The owner has read them.
    Read,
    /// The owner has played or opened them.
    Viewed,
}

/// What the owner typed in Signal, on its way to WhatsApp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Typed {
    /// Where.
    pub conversation: Conversation,
    /// Signal's id of the message, together with the author.
    pub timestamp: Moment,
    /// The owner.
    pub author: Aci,
    /// What.
    pub body: TypedBody,
    /// The message it answers.
    pub quote: Option<SignalQuote>,
}

/// The body of what the owner typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypedBody {
    /// Text.
    Text(Rich),
    /// Files, with the words that go with the first of them.
    Files {
        /// The files, in their order.
        files: Vec<MediaRef>,
        /// The words.
        caption: Option<Rich>,
    },
    /// Something that is neither words nor a file.
    Thing(Thing),
    /// A vote in the poll that it answers, by the numbers of the answers from 1 on; none takes it back. Also what becomes of a
    /// text with numbers, once it is known to answer a poll.
    Vote(Vec<usize>),
    /// A text that is longer than its message: the whole of it is in a file.
    Long {
        /// What else is attached, in its order, and last the file with the text.
        files: Vec<MediaRef>,
        /// How parts of it look and whom it names, in Signal's words: they count in the whole text.
        marks: Private,
    },
    /// Something that is not carried yet. Nothing of it is sent: half a message could say something else.
    Unsupported(Unsupported),
    /// A text of which signal-cli handed over only the beginning.
    Truncated,
}

/// The Signal message that a message answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalQuote {
    /// Its timestamp.
    pub timestamp: Moment,
    /// Its author.
    pub author: Aci,
    /// Its text as the answer repeats it.
    pub text: Option<Private>,
}

/// WhatsApp's word on a message of the owner (`message.ack`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ack {
    /// The chat.
    pub chat: Address,
    /// The contact's other address, where known.
    pub chat_alternative: Option<Address>,
    /// The message.
    pub stanza: StanzaId,
    /// -1 failed, 0 pending, 1 at the server, 2 on a device, 3 read, 4 played.
    pub level: i8,
    /// Why it failed, where WhatsApp says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Undelivered>,
    /// In a group: who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<Address>,
}

impl Ack {
    /// WhatsApp could not deliver the message.
    pub const FAILED: i8 = -1;
    /// WhatsApp's server has the message.
    pub const SERVER: i8 = 1;
    /// A device of somebody it was for has the message.
    pub const ON_DEVICE: i8 = 2;
    /// Somebody it was for has read it.
    pub const READ: i8 = 3;
}

/// WAHA's session changed (`session.status`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// WAHA's word: `WORKING`, `SCAN_QR_CODE`, `STARTING`, `STOPPED`, `FAILED` or one we do not know yet. WAHA's
    /// own constant, not a person's text.
    pub status: String,
    /// When, by WAHA's clock.
    pub at: Moment,
}

impl Session {
    /// Whether messages can flow.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.status == "WORKING"
    }
}
