//! Why a message ended undelivered.

use super::kinds::kind;
use crate::event::{NoRetry, Undelivered};

pub(super) const MAYBE: &str = "May have been sent: WhatsApp's answer did not get here. Look on the phone that has \
    WhatsApp. If it is not there, answer this line with retry, and it is sent again.";

pub(super) const PICTURE: &str = "This goes to WhatsApp as a place. The picture with it does not: it was taken for the one of \
    the map. If it was another, send it alone.";

pub(super) const AFTER_ALL: &str = "Sent: WhatsApp has it after all. There is nothing to do.";

pub(super) const NOT_CONFIRMED: &str = "Not confirmed: WhatsApp has taken this but not said for ten minutes that it left. \
    If nothing follows, check WhatsApp on the phone.";

pub(super) const NO_ROUTE: &str = "Nothing you write here goes to WhatsApp. Write in the conversation of the person you \
    mean, or answer a message here by quoting it.";

pub(super) const NO_CALLS: &str = "You called the bridge, which takes no calls: nobody on WhatsApp was called. Call in \
    WhatsApp on the phone.";

pub(super) const NOT_DECRYPTED: &str = "Something that you wrote or did in Signal could not be decrypted here, and your phone did \
    not send it again by itself. Look which of your last messages WhatsApp does not show, and send it again.";

pub(super) const NOWHERE: &str = "Not sent: the message you quoted is one of the bridge's own, or too old to be known \
    here. Quote a message that came from WhatsApp.";

pub(super) fn not_sent(why: Undelivered) -> String {
    match why {
        Undelivered::NotCarried(what) => {
            format!("Not sent to WhatsApp: {} is not carried yet.", kind(what))
        }
        Undelivered::Truncated => "Not sent to WhatsApp: only the beginning of this long message arrived here. \
            The rest is in a file that is not to be had. Send it in parts."
            .to_owned(),
        Undelivered::Refused => "Not sent: WhatsApp refused this message. The contact may not be reachable; check in \
            WhatsApp on the phone. To try once more, answer this line with retry."
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
        Undelivered::GaveUp => "Not sent: it was tried several times without success. To try again later, answer \
            this line with retry."
            .to_owned(),
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
        Undelivered::NumberLost => {
            "Not sent: the number of this contact belongs to somebody else on WhatsApp now, and no \
            other address of the contact is known. Look for the contact in WhatsApp on the phone."
                .to_owned()
        }
        Undelivered::NotBridged => {
            "Not sent: the bridge's configuration does not let this chat in or anything out to it. Write \
            in WhatsApp on the phone."
                .to_owned()
        }
        Undelivered::OnlyRead => {
            "Not sent: nothing goes from here to status posts and channels of WhatsApp. Write to the \
            person in the chat you have with them."
                .to_owned()
        }
        Undelivered::Unreadable => "Not sent: the stored message cannot be read any more. Send it again.".to_owned(),
        Undelivered::PlaceUnreadable => "Not sent: where this conversation leads cannot be read any more, because the \
            database was changed from outside or is damaged. Look at the server's log; a backup may be needed."
            .to_owned(),
        Undelivered::NoVotes => {
            "Not voted: this kind of WAHA (its engine) cannot vote in polls. Vote in WhatsApp on the phone.".to_owned()
        }
        Undelivered::PollGone => {
            "Not voted: WAHA does not have this poll any more, or keeps no messages. Vote in WhatsApp on the phone."
                .to_owned()
        }
        Undelivered::NoSuchAnswer => "Not voted: the poll has no answer with that number.".to_owned(),
        Undelivered::QuoteLost => NOWHERE.to_owned(),
        Undelivered::OneAnswer => "Not voted: this poll takes one answer only. Answer it with one number.".to_owned(),
    }
}

pub(super) fn not_retried(why: NoRetry) -> &'static str {
    match why {
        NoRetry::OnItsWay => "This waits or is on its way already.",
        NoRetry::Sent => {
            "Not sent again: WhatsApp has taken it, and then it is not kept here. Write it anew if WhatsApp does not show it."
        }
        NoRetry::Gone => "Not sent: it is not kept here any more. Write it anew.",
    }
}

pub(super) fn not_brought(why: Undelivered) -> String {
    let why = match why {
        Undelivered::Refused => "Signal refused it",
        Undelivered::Unreadable => "its stored text cannot be read any more",
        Undelivered::PlaceUnreadable => {
            "which conversation it belongs to cannot be read any more, because the bridge's database was changed from \
             outside or is damaged"
        }
        _ => "it was tried several times without success",
    };
    format!("A WhatsApp message could not be brought here: {why}. Read it in WhatsApp on the phone.")
}

pub(super) fn unshown_forgotten(count: i64) -> String {
    let messages = if count == 1 { "One message was".to_owned() } else { format!("{count} messages were") };
    format!(
        "{messages} not shown to you, because Signal or the conversation took nothing for longer than anything is kept \
        here, and deleted now. Look in WhatsApp on the phone."
    )
}

pub(super) fn unsent_forgotten(count: i64) -> String {
    let messages =
        if count == 1 { "One message of yours was".to_owned() } else { format!("{count} messages of yours were") };
    format!(
        "{messages} not sent, or perhaps not, and waited for longer than anything is kept here. What was here of it is \
        deleted now; Signal still shows it to you."
    )
}
