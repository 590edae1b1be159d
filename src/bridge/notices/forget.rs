//! The question whether a chat is to be forgotten, and that it is.

use crate::redact::Private;

pub(super) const NO_CHAT: &str = "Nothing is forgotten: this leads to no chat that the bridge keeps anything of. Answer a \
    message of the chat here with forget, or write forget and the number, like forget +491701234567.";

pub(super) fn forget(who: Option<&Private>) -> String {
    let who = who.map_or("this chat", Private::reveal);
    format!(
        "Forget {who}? Everything the bridge keeps of the chat goes: its addresses, the ids of its messages, what waits \
        in it and will not be sent, and its Signal group, which the bridge leaves. Write yes here within ten minutes to \
        do it. What is on your phones, in WhatsApp and in WAHA's store stays there."
    )
}

pub(super) fn forgotten(idle: bool, [unsent, maybe, unshown]: [i64; 3]) -> String {
    let counted = [
        (unsent, "of your messages that were not sent"),
        (maybe, "of your messages that may have been sent: look in WhatsApp on the phone"),
        (unshown, "of the contact's messages that were not shown to you: look in WhatsApp on the phone"),
    ];
    let lost = counted
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!(" Gone with it: {count} {what}."));
    let why = if idle {
        "A chat in which nobody had written for long is forgotten (retention.idle_portals)."
    } else {
        "A chat is forgotten, as you asked."
    };
    format!(
        "{why}{} The bridge leaves its group, if it had one; delete that on your phones. Backups lose it \
        by their own clock. Hashes of what came stay for a time, so that nothing old comes back as new. If the contact \
        writes again, a new chat begins.",
        lost.collect::<String>()
    )
}
