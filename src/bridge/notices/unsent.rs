//! Why a message ended undelivered.

use super::kinds::kind;
use crate::event::Undelivered;

pub(super) fn not_sent(why: Undelivered) -> String {
    match why {
        Undelivered::NotCarried(what) => {
            format!("Not sent to WhatsApp: {} is not carried yet. Only text is.", kind(what))
        }
        Undelivered::Truncated => "Not sent to WhatsApp: only the beginning of this long message arrived here. \
            Split it, or update signal-cli."
            .to_owned(),
        Undelivered::Refused => "Not sent: WhatsApp refused this message. The contact may not be reachable; check in \
            WhatsApp on the phone."
            .to_owned(),
        Undelivered::ColdContact => {
            "Not sent: WhatsApp does not let this account write to this person first now. Write \
            from the phone, or wait until they write to you."
                .to_owned()
        }
        Undelivered::Restricted => {
            "Not sent: WhatsApp has restricted your account for now. Open WhatsApp on the phone to \
            see for how long, and send this again from there or after that."
                .to_owned()
        }
        Undelivered::Unauthorised => "Not sent: WAHA refuses the bridge's key. Put the right API key into the \
            configuration, restart the bridge, and send this again."
            .to_owned(),
        Undelivered::GaveUp => "Not sent: it was tried several times without success. Send it again later.".to_owned(),
        Undelivered::FailedLater => {
            "Not delivered: WhatsApp took this message and then failed. Send it again, or check WhatsApp on the phone."
                .to_owned()
        }
        Undelivered::Stopped => "Not sent: this was written in a conversation that is stopped, because somebody else \
            can read it. Remove them or the link in Signal, then send it again."
            .to_owned(),
        Undelivered::NoPortal => "Not sent: this was written in a group that leads to no WhatsApp chat; the bridge \
            leaves it. Write in the group that has the chat's newest messages."
            .to_owned(),
        Undelivered::Unreadable => "Not sent: the stored message cannot be read any more. Send it again.".to_owned(),
    }
}

pub(super) fn not_brought(why: Undelivered) -> String {
    let why = match why {
        Undelivered::Refused => "Signal refused it",
        Undelivered::Unreadable => "its stored text cannot be read any more",
        _ => "it was tried several times without success",
    };
    format!("A WhatsApp message could not be brought here: {why}. Read it in WhatsApp on the phone.")
}
