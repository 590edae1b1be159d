//! That the bridge is left for good.

pub(super) fn leaving([unsent, maybe, unshown]: [i64; 3], again: bool) -> String {
    let counted = [
        (unsent, "of your messages that were not sent"),
        (maybe, "of your messages that may have been sent: look in WhatsApp on the phone"),
        (unshown, "of your contacts' messages that were perhaps not shown to you: read them in WhatsApp on the phone"),
    ];
    let lost = counted
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!(" Gone with it: {count} {what}."));
    let before = if again { "Perhaps for the second time: " } else { "" };
    format!(
        "{before}The bridge is being left for good, as somebody on the server asked. Nothing comes here any more, and nothing \
        you write in Signal goes to WhatsApp.{} The bridge leaves its groups, which become yours: delete them on your phones. \
        In WhatsApp on the phone look under Linked devices; log the bridge out there if it is still listed.",
        lost.collect::<String>()
    )
}
