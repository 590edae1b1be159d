//! Why an edit, a deletion or a reaction is not on WhatsApp.

use rialto::event::Standing;

pub(crate) fn not_changed(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::TooLate => (
            "WhatsApp does not take it any more; it was not tried.",
            "Write what has changed; what was to be deleted stays there.",
        ),
        Standing::Waited => (
            "WhatsApp was not connected for more than an hour, and nothing that old goes there unasked.",
            "Do it in WhatsApp on the phone.",
        ),
        Standing::MaybeSent => ("You edited or deleted a message of unknown outcome.", "Look in WhatsApp."),
        Standing::NotSent => ("You edited a message that could not be sent.", "`retry`, as the line says."),
        Standing::NeverSent => ("You edited a message that was refused when you wrote it.", "Write it anew."),
        Standing::Forgotten => (
            "The message is from before the retention period, or of a conversation that leads nowhere.",
            "Do it in WhatsApp on the phone.",
        ),
        Standing::Unnamed => ("WAHA answered without an id when the message was sent.", "Do it on the phone."),
        Standing::NotText => ("You edited a text into something that is none.", "Write it as a new message."),
        Standing::Fixed => (
            "WhatsApp takes no edit of what is neither words nor a file, and a vote is no message there.",
            "What the line says.",
        ),
        Standing::Stopped => ("Somebody else is in the group, or it has a link.", "Remove them or the link."),
        Standing::Refused => ("WAHA or WhatsApp refused it.", "Do it in WhatsApp on the phone."),
        Standing::NotBridged => ("`[channels.chats]` keeps the chat out.", "Do it in WhatsApp on the phone."),
        Standing::NumberLost => ("WhatsApp shows the contact's number with another person.", "Nothing."),
        Standing::Unclear => (
            "WAHA gave no answer, several times; or a backup was restored while it waited.",
            "Look on the phone that has WhatsApp.",
        ),
    }
}

pub(crate) const STANDINGS: [Standing; 14] = [
    Standing::TooLate,
    Standing::Waited,
    Standing::MaybeSent,
    Standing::NotSent,
    Standing::NeverSent,
    Standing::Forgotten,
    Standing::Unnamed,
    Standing::NotText,
    Standing::Fixed,
    Standing::Stopped,
    Standing::Refused,
    Standing::NotBridged,
    Standing::NumberLost,
    Standing::Unclear,
];
