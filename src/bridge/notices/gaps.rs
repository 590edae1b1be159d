//! What was missed and stays missed.

use crate::event::GapCause;

pub(super) fn gap(cause: GapCause, away: &str) -> String {
    let silent = |why: &str, step: &str| {
        format!(
            "The bridge and WhatsApp were apart for {away}, and what came then cannot be looked up: {why}. WAHA repeats \
            it, unless WAHA was restarted: compare with WhatsApp on the phone. {step}"
        )
    };
    match cause {
        GapCause::StoreOff => silent(
            "WAHA's NOWEB store is off",
            "To have such gaps closed, switch it on in the settings of WAHA's session: config.noweb.store.enabled.",
        ),
        GapCause::NotOffered => silent(
            "WAHA's engine does not hand out past messages",
            "To have such gaps closed, use the engine GOWS, or NOWEB with its store.",
        ),
        GapCause::NothingKept => silent(
            "WAHA keeps no messages",
            "To have such gaps closed, let WAHA's session keep messages and chats: config.gows.storage.",
        ),
        GapCause::Failed => format!(
            "The bridge and WhatsApp were apart for {away}, and WAHA did not hand out all that came then. Read it in \
            WhatsApp on the phone; WAHA's log says why."
        ),
        GapCause::TooLong => format!(
            "The bridge and WhatsApp were apart for {away}. What is older than a week is not carried over; it is in \
            WhatsApp on the phone."
        ),
        GapCause::TooMany => format!(
            "The bridge and WhatsApp were apart for {away}, and more came then than is carried over at once. The newest \
            messages come here; the older ones are in WhatsApp on the phone."
        ),
    }
}
