//! Edits, deletions and reactions.

use super::super::labels::{NOTICE, body};
use crate::event::{Standing, Unsupported};
use crate::redact::Private;

/// The contact of a direct chat, in a line about them.
pub(in crate::bridge) const CONTACT: &str = "Your contact";

/// A member of a group whose name nobody says.
pub(in crate::bridge) const SOMEBODY: &str = "Somebody";

/// What is said of an edit whose words WAHA could not read.
pub(in crate::bridge) const UNREADABLE_EDIT: &str =
    "edited this; the new text could not be read here. It is in WhatsApp on the phone.";

/// What is said of a deletion that Signal does not follow.
pub(in crate::bridge) const DELETED: &str = "deleted this on WhatsApp.";

/// The same of a message that is not here.
pub(in crate::bridge) const DELETED_UNKNOWN: &str =
    "deleted a message on WhatsApp that is too old to be known here, or never came.";

/// Stands before the words of a message that cannot be edited itself.
#[must_use]
pub(in crate::bridge) fn edited() -> String {
    format!("{NOTICE} edited:")
}

/// What is said of a reaction that Signal does not show. `here`: whether the message is quoted.
#[must_use]
pub(in crate::bridge) fn reacted(emoji: Option<&Private>, here: bool) -> String {
    let what = if here { "this" } else { "an earlier message" };
    match emoji {
        Some(emoji) => format!("reacted {} to {what}.", shown(emoji)),
        None => format!("took back the reaction to {what}."),
    }
}

/// A line about what somebody did; nobody is the owner, on another device.
#[must_use]
pub(in crate::bridge) fn told(who: Option<&str>, what: &str) -> String {
    format!("{NOTICE} {} {what}", who.unwrap_or("You"))
}

/// Who reacted to a message of a group, and how.
pub(super) fn reactions(who: &[(Private, Private)], more: u32) -> String {
    let named: Vec<_> = who.iter().map(|(who, emoji)| format!("{} {}", who.reveal(), shown(emoji))).collect();
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    format!("Reactions: {}{more}", named.join(", "))
}

/// A reaction as it may be shown: it is what somebody sent, and not always an emoji.
fn shown(emoji: &Private) -> String {
    let shown: String = body(emoji.reveal()).chars().filter(|c| !c.is_control()).take(16).collect();
    shown
}

pub(super) fn not_changed(change: Unsupported, standing: Standing) -> String {
    let (not, it) = match change {
        Unsupported::Deletion => ("Not deleted on WhatsApp", "Delete it"),
        Unsupported::Reaction => ("Not shown on WhatsApp", "React"),
        _ => ("Not changed on WhatsApp", "Edit it"),
    };
    let there = format!("{it} in WhatsApp on the phone, if it still matters.");
    let why = match standing {
        Standing::TooLate => match change {
            Unsupported::Deletion => {
                "WhatsApp lets a message be deleted for everybody for about two days only.".to_owned()
            }
            _ => "WhatsApp lets a message be edited for 15 minutes only. Write what has changed as a new message."
                .to_owned(),
        },
        Standing::Waited => format!("this waited here for more than an hour. {there}"),
        Standing::MaybeSent => {
            "this may have been sent as it was. Look in WhatsApp on the phone, and do it there.".to_owned()
        }
        Standing::NotSent => {
            "this was not sent, and an edit does not send it. Answer the line that says so with retry, \
            and it goes as it reads now."
                .to_owned()
        }
        Standing::NeverSent => "this was not sent. Write it anew.".to_owned(),
        Standing::Forgotten => {
            format!("the message is too old to be known here, or leads to no WhatsApp chat. {there}")
        }
        Standing::Unnamed => format!("WAHA gave the message no id by which it could be found. {there}"),
        Standing::NotText => "what it says now is not carried: only text is. WhatsApp shows it as it was.".to_owned(),
        Standing::Fixed => match change {
            Unsupported::Edit => {
                "a place, a contact or a poll stays there as it was sent. Delete it, and send it anew.".to_owned()
            }
            _ => "a vote or a call is no message there. To vote otherwise, answer the poll again.".to_owned(),
        },
        Standing::Stopped => {
            "this conversation is stopped, because somebody else can read it. Remove them or the link \
            in Signal, then do it again."
                .to_owned()
        }
        Standing::Refused => format!("WhatsApp refused it. {there}"),
        Standing::NotBridged => "the bridge's configuration does not let anything out to this chat.".to_owned(),
        Standing::NumberLost => "the number of this contact belongs to somebody else on WhatsApp now.".to_owned(),
        Standing::Unclear => {
            format!("or perhaps it was: WhatsApp's answer did not get here, several times. Look there. {there}")
        }
    };
    format!("{not}: {why}")
}
