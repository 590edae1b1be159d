//! The kinds of messages that are not carried.

use super::super::labels::NOTICE;
use crate::event::Unsupported;

/// The kind of a message that is not carried, with its article.
#[must_use]
pub fn kind(what: Unsupported) -> &'static str {
    match what {
        Unsupported::Picture => "a picture",
        Unsupported::Video => "a video",
        Unsupported::VoiceMessage => "a voice message",
        Unsupported::Audio => "an audio file",
        Unsupported::Document => "a document",
        Unsupported::Sticker => "a sticker",
        Unsupported::Location => "a location",
        Unsupported::Contact => "a contact",
        Unsupported::Poll => "a poll",
        Unsupported::PollVote => "a vote in a poll",
        Unsupported::PollResults => "the results of a poll",
        Unsupported::PollEnd => "the end of a poll",
        Unsupported::Buttons => "a message with buttons",
        Unsupported::Payment => "a payment",
        Unsupported::CalendarEvent => "an event",
        Unsupported::Album => "an album",
        Unsupported::GroupInvite => "an invitation to a group",
        Unsupported::Call => "a call",
        Unsupported::PinnedMessage => "a pinned message",
        Unsupported::ViewOnce => "a view-once message",
        Unsupported::Attachment => "a file",
        Unsupported::Reaction => "a reaction",
        Unsupported::Edit => "an edit",
        Unsupported::Deletion => "a deletion",
        Unsupported::Other => "this kind of message",
    }
}

/// The line that stands for a WhatsApp message that is not carried.
#[must_use]
pub fn not_carried(what: Unsupported) -> String {
    if what == Unsupported::ViewOnce {
        return format!("{NOTICE} a view-once message. It can be seen in WhatsApp on the phone, and only there.");
    }
    let what = if what == Unsupported::Other { "a message of a kind the bridge does not know" } else { kind(what) };
    format!("{NOTICE} {what}; not carried yet")
}
