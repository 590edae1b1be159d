//! Who a contact is, and how much one writes.

use crate::redact::Private;

pub(super) const STRANGER: &str =
    "Somebody else wrote to the bridge's Signal account. Nothing of it was read, and nothing was answered.";

pub(super) const MOVED_HERE: &str =
    "From here on this chat has a conversation of its own. What came before is in your chat with the bridge.";

pub(super) const MOVED: &str = "The phone number of this contact now belongs to somebody else on WhatsApp. What you write \
    here goes on to the person you know, not to that number.";

pub(super) const LOST: &str = "The phone number of this contact now belongs to somebody else on WhatsApp, and the bridge \
    knows no other address of the contact. What you write here is not sent to anybody; should the contact write again, \
    that comes in a new conversation.";

pub(super) const MERGED: &str = "WhatsApp shows that this contact has written to you under two addresses, a number and a \
    hidden one. Both are one conversation now, which goes on here.";

pub(super) const ELSEWHERE: &str = "WhatsApp shows that this contact is the same as that of another of your conversations, \
    in which the bridge says so at this moment. It goes on there, and nothing comes here any more. What you write here \
    still goes to the contact.";

pub(super) fn flooded(who: Option<&Private>, more: u32) -> String {
    let who = who.map_or("Somebody", Private::reveal);
    let (messages, they) = if more == 1 { ("message", "it is") } else { ("messages", "they are") };
    format!("{who} wrote {more} more {messages} in a minute than are carried at once; {they} in WhatsApp on the phone.")
}

pub(super) const CAME: &str = "What WhatsApp could not decrypt here has come, and stands below.";

pub(super) fn awaited(who: Option<&Private>) -> String {
    let who = who.map_or("You", Private::reveal);
    format!(
        "{who} wrote something that WhatsApp cannot decrypt here yet. It comes here once it can; until then look for it in \
         WhatsApp on the phone."
    )
}
