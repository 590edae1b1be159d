//! Who a contact is.

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
