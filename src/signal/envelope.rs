//! signal-cli's `receive` notification, as far as the bridge reads it (signal-cli 0.13 and 0.14, JSON-RPC).
//!
//! Everything may be missing or `null`. None of these types can be printed: they hold what people wrote.

use std::collections::HashMap;

use jsonrpsee::core::JsonRawValue;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::event::GroupId;
use crate::redact::Private;

#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

/// With a subscription the payload stands in `result`; in the other receive modes it stands here.
#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    result: Option<Payload<'a>>,
    #[serde(borrow)]
    envelope: Option<Envelope<'a>>,
    exception: Option<Exception>,
}

/// Why signal-cli could not read a message. Its words are not read, only its kind.
#[derive(Deserialize)]
pub(super) struct Exception {
    #[serde(rename = "type")]
    kind: Option<Private>,
}

impl Exception {
    /// Whether it is one that was read before.
    pub(super) fn is_repeat(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| kind.reveal() == "ProtocolDuplicateMessageException")
    }

    /// Whether it is held back until the sender's new identity key is trusted.
    pub(super) fn is_untrusted_identity(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| kind.reveal() == "UntrustedIdentityException")
    }
}

/// One received envelope, or what is left of one that could not be read.
#[derive(Deserialize)]
pub(super) struct Payload<'a> {
    #[serde(borrow)]
    pub(super) envelope: Option<Envelope<'a>>,
    /// Present if signal-cli could not decrypt or understand the message; its words are not read.
    pub(super) exception: Option<Exception>,
}

/// Who sent what, when. The contents stay unread until it is known whose they are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<'a> {
    /// The sender's account identifier; the number can be hidden, this cannot.
    pub(super) source_uuid: Option<Private>,
    /// The sender's device.
    pub(super) source_device: Option<u32>,
    /// The sender's clock, in milliseconds: with the sender, the id of the message.
    pub(super) timestamp: Option<i64>,
    #[serde(borrow)]
    pub(super) data_message: Option<&'a JsonRawValue>,
    #[serde(borrow)]
    pub(super) edit_message: Option<&'a JsonRawValue>,
    #[serde(borrow)]
    pub(super) receipt_message: Option<&'a JsonRawValue>,
    #[serde(borrow)]
    pub(super) typing_message: Option<&'a JsonRawValue>,
    #[serde(borrow)]
    pub(super) call_message: Option<&'a JsonRawValue>,
}

/// Somebody calls the account, or goes on with a call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallMessage {
    /// The beginning of a call.
    pub(super) offer_message: Option<IgnoredAny>,
}

/// Somebody types, or has stopped.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TypingMessage {
    /// `STARTED` or `STOPPED`.
    pub(super) action: Option<String>,
    pub(super) group_id: Option<GroupId>,
}

/// Reads a line; nothing if it is not a `receive` notification.
pub(super) fn parse(line: &str) -> Option<Payload<'_>> {
    let params = serde_json::from_str::<Notification<'_>>(line).ok()?.params?;
    Some(params.result.unwrap_or(Payload { envelope: params.envelope, exception: params.exception }))
}

/// What a device says of messages it has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReceiptMessage {
    pub(super) is_delivery: Option<bool>,
    pub(super) is_read: Option<bool>,
    pub(super) is_viewed: Option<bool>,
    /// The messages, by their timestamps.
    pub(super) timestamps: Option<Vec<i64>>,
}

/// An edit: a whole message that takes the place of an earlier one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EditMessage<'a> {
    /// The message, by its own timestamp or by that of an earlier edit.
    pub(super) target_sent_timestamp: Option<i64>,
    #[serde(borrow)]
    pub(super) data_message: Option<&'a JsonRawValue>,
}

/// Where a message was written. Read apart from the rest, so that it is known also when the rest is not understood.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    pub(super) group_info: Option<GroupInfo>,
}

/// The group a message was written in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupInfo {
    pub(super) group_id: Option<GroupId>,
}

/// What a message says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DataMessage {
    /// The text. signal-cli before 0.14 gives only the first 2000 bytes of a long one.
    pub(super) message: Option<Private>,
    pub(super) mentions: Option<Vec<Mention>>,
    pub(super) quote: Option<Quote>,
    pub(super) attachments: Option<Vec<Attachment>>,
    pub(super) view_once: Option<bool>,
    pub(super) reaction: Option<Reaction>,
    pub(super) remote_delete: Option<RemoteDelete>,
    pub(super) admin_delete: Option<IgnoredAny>,
    pub(super) sticker: Option<Sticker>,
    pub(super) contacts: Option<Vec<SharedContact>>,
    pub(super) poll_create: Option<PollCreate>,
    pub(super) poll_vote: Option<PollVote>,
    pub(super) poll_terminate: Option<IgnoredAny>,
    pub(super) pin_message: Option<IgnoredAny>,
    pub(super) unpin_message: Option<IgnoredAny>,
    pub(super) story_context: Option<IgnoredAny>,
    pub(super) payment: Option<IgnoredAny>,
    /// Everything else, to notice what signal-cli learns after this was written.
    #[serde(flatten)]
    pub(super) rest: HashMap<String, Value>,
}

/// A sticker: which one of which pack.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sticker {
    pub(super) pack_id: Option<Private>,
    pub(super) sticker_id: Option<u32>,
}

/// A poll that begins.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PollCreate {
    pub(super) question: Option<Private>,
    pub(super) options: Option<Vec<Private>>,
    pub(super) allow_multiple: Option<bool>,
}

/// A vote in a poll; it takes the place of an earlier one of the same person.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PollVote {
    /// Who made the poll.
    pub(super) author_uuid: Option<Private>,
    /// The poll.
    pub(super) target_sent_timestamp: Option<i64>,
    /// The answers, counted from 0; none takes the vote back.
    pub(super) option_indexes: Option<Vec<usize>>,
}

/// Somebody's contact, without the picture.
#[derive(Deserialize)]
pub(super) struct SharedContact {
    pub(super) name: Option<ContactName>,
    pub(super) phone: Option<Vec<Labelled>>,
    pub(super) email: Option<Vec<Labelled>>,
    pub(super) address: Option<Vec<ContactAddress>>,
    pub(super) organization: Option<Private>,
}

/// The parts of a name.
#[derive(Deserialize)]
pub(super) struct ContactName {
    pub(super) nickname: Option<Private>,
    pub(super) given: Option<Private>,
    pub(super) family: Option<Private>,
    pub(super) prefix: Option<Private>,
    pub(super) suffix: Option<Private>,
    pub(super) middle: Option<Private>,
}

/// A number or an address of mail, beside a label that is not read.
#[derive(Deserialize)]
pub(super) struct Labelled {
    pub(super) value: Option<Private>,
}

/// Where somebody lives.
#[derive(Deserialize)]
pub(super) struct ContactAddress {
    pub(super) street: Option<Private>,
    pub(super) pobox: Option<Private>,
    pub(super) neighborhood: Option<Private>,
    pub(super) city: Option<Private>,
    pub(super) region: Option<Private>,
    pub(super) postcode: Option<Private>,
    pub(super) country: Option<Private>,
}

/// A message that is to be deleted for everybody.
#[derive(Deserialize)]
pub(super) struct RemoteDelete {
    pub(super) timestamp: Option<i64>,
}

/// A reaction to a message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reaction {
    pub(super) emoji: Option<Private>,
    pub(super) target_author_uuid: Option<Private>,
    pub(super) target_sent_timestamp: Option<i64>,
    pub(super) is_remove: Option<bool>,
}

/// Somebody named in the text: what stands there is only a placeholder.
#[derive(Deserialize)]
pub(super) struct Mention {
    /// The name as the owner's contacts have it, or else the number.
    pub(super) name: Option<Private>,
    pub(super) number: Option<Private>,
    /// Where the placeholder begins, in UTF-16 units.
    pub(super) start: Option<usize>,
    /// How long it is, in UTF-16 units.
    pub(super) length: Option<usize>,
}

/// The message that is answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Quote {
    /// Its timestamp.
    pub(super) id: Option<i64>,
    pub(super) author_uuid: Option<Private>,
    pub(super) text: Option<Private>,
}

/// A file that came with a message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attachment {
    pub(super) content_type: Option<String>,
    /// Under which signal-cli keeps it in its folder of attachments.
    pub(super) id: Option<Private>,
    /// Chosen by the sender.
    pub(super) filename: Option<Private>,
    /// In bytes.
    pub(super) size: Option<u64>,
}
