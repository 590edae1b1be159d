//! Everything the bridge says to the owner, in plain words with the next step. No other room words anything.

mod alarm;
pub(super) mod changes;
mod files;
mod forget;
mod gaps;
mod groups;
mod kinds;
mod leaving;
mod limited;
mod people;
mod states;
pub(super) mod things;
mod unsent;

use std::time::Duration;

use super::labels::NOTICE;
use super::mentioned::Mentioned;
use crate::event::Notice;

pub use alarm::{alarm, alarm_locked};
use changes::{not_changed, reactions};
pub use files::{not_brought as file_not_brought, on_its_way, perhaps_shown};
use forget::{NO_CHAT, forget, forgotten};
use gaps::gap;
use groups::group_news;
pub use kinds::{kind, not_carried};
use leaving::leaving;
pub use limited::CAPTCHA_STEPS;
use limited::{answered, limited, takes};
use states::{RESTRICTED, certificate, nothing_confirmed, old, outage, phone_away, silent_whatsapp, trouble};
use unsent::{not_brought, not_retried, not_sent, unsent_forgotten, unshown_forgotten};

/// What the store knows at the time of saying.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts {
    /// How many old messages were not carried over so far.
    pub skipped: i64,
    /// How many messages to WhatsApp wait for the owner's answer.
    pub waiting: i64,
}

/// The line for a notice.
#[must_use]
pub fn words(notice: &Notice, facts: Facts) -> String {
    words_of(notice, facts, &Mentioned::default())
}

/// The same, with what people are called whom it names.
#[must_use]
pub fn words_of(notice: &Notice, facts: Facts, mentioned: &Mentioned) -> String {
    match notice {
        Notice::GroupNews { news } => format!("{NOTICE} {}", group_news(news, mentioned)),
        _ => format!("{NOTICE} {}", sentence(notice, facts)),
    }
}

fn sentence(notice: &Notice, Facts { skipped, waiting }: Facts) -> String {
    match notice {
        Notice::MaySend => format!(
            "WhatsApp was not connected for more than an hour, and what you wrote waits ({waiting} so far). Write \
            send here and all of it goes, in order; write drop and none of it does. What you write from now on goes \
            at once."
        ),
        Notice::Dropped => "Dropped. Nothing of what waited goes to WhatsApp.".to_owned(),
        Notice::NotSent { why, .. } => not_sent(*why),
        Notice::FileNotSent { file, why, .. } => files::not_sent(*file, *why),
        Notice::PictureLeftOut { .. } => unsent::PICTURE.to_owned(),
        Notice::MaybeSent { .. } => unsent::MAYBE.to_owned(),
        Notice::SentAfterAll { .. } => unsent::AFTER_ALL.to_owned(),
        Notice::NotChanged { change, standing, .. } => not_changed(*change, *standing),
        Notice::Reacted { who, more, .. } => reactions(who, *more),
        Notice::GroupNews { news } => group_news(news, &Mentioned::default()),
        Notice::NotRetried { why, .. } => not_retried(*why).to_owned(),
        Notice::UnsentForgotten { count } => unsent_forgotten(*count),
        Notice::UnshownForgotten { count } => unshown_forgotten(*count),
        Notice::NotConfirmed { .. } => unsent::NOT_CONFIRMED.to_owned(),
        Notice::NotBrought { why } => not_brought(*why),
        Notice::ControlChatIsNoRoute => unsent::NO_ROUTE.to_owned(),
        Notice::NoCalls => unsent::NO_CALLS.to_owned(),
        Notice::NotDecrypted { .. } => unsent::NOT_DECRYPTED.to_owned(),
        Notice::QuoteLeadsNowhere { .. } => unsent::NOWHERE.to_owned(),
        Notice::Forget { who, .. } => forget(who.as_ref()),
        Notice::NothingToForget { .. } => NO_CHAT.to_owned(),
        Notice::Forgotten { idle, unsent, maybe, unshown } => forgotten(*idle, [*unsent, *maybe, *unshown]),
        Notice::Leaving { unsent, maybe, unshown, again } => leaving([*unsent, *maybe, *unshown], *again),
        Notice::MovedHere => people::MOVED_HERE.to_owned(),
        Notice::PortalWaits { why } => format!(
            "A WhatsApp chat has new messages and no conversation of its own yet: {} Until then they come here, each \
            under its label; answer by quoting.",
            trouble(*why)
        ),
        Notice::PortalStopped { why } => {
            format!("A conversation is stopped, in both directions: {} Its messages wait.", trouble(*why))
        }
        Notice::PortalGoesOn => "This conversation goes on: only you and the bridge are in its group.".to_owned(),
        Notice::PortalLeft => {
            "You are no longer in the group of a WhatsApp chat, or the group is gone. The chat's next \
            message opens a new one; to be rid of the chat, archive or mute its group instead of leaving it."
                .to_owned()
        }
        Notice::NumberMoved => people::MOVED.to_owned(),
        Notice::NumberLost => people::LOST.to_owned(),
        Notice::Merged => people::MERGED.to_owned(),
        Notice::GoesOnElsewhere { .. } => people::ELSEWHERE.to_owned(),
        Notice::IdentityTrusted { after } => format!(
            "Your Signal safety number had changed, and the new one was trusted on the server. Both directions stood \
            still for {} and go on now.",
            span(*after)
        ),
        Notice::WhatsAppDown { cause, .. } => format!(
            "WhatsApp is not connected: {} What you write is sent when it is back; after more than an hour you are asked first.",
            outage(*cause)
        ),
        Notice::WhatsAppBack { after } => {
            format!("WhatsApp is connected again, after {}. What waited is being sent.", span(*after))
        }
        Notice::SignalBack { after } => {
            format!("The bridge could not reach Signal for {}. What waited comes now, in order.", span(*after))
        }
        Notice::SignalLimited { captcha } => limited(*captcha),
        Notice::SignalTakes { after } => takes(*after),
        Notice::Captcha { answer } => answered(*answer).to_owned(),
        Notice::PhoneAway { after } => phone_away(*after),
        Notice::PhoneBack => "The WhatsApp phone has been seen again.".to_owned(),
        Notice::WhatsAppRestricted => RESTRICTED.to_owned(),
        Notice::WhatsAppSilent { silent } => silent_whatsapp(*silent),
        Notice::NothingConfirmed { after } => nothing_confirmed(*after),
        Notice::OldVersion { peer, version, age } => old(*peer, *version, *age),
        Notice::StrangerWrote => people::STRANGER.to_owned(),
        Notice::StaleWebhooks => "WhatsApp events with a wrong time were refused. Check that the clocks of WAHA's and \
            of this machine are right; WAHA repeats what was refused."
            .to_owned(),
        Notice::UnreadableWebhooks => {
            "An event from WAHA could not be understood. It is kept, unless the configuration keeps chats out; an \
            update of Rialto may be able to read it."
                .to_owned()
        }
        Notice::NoBackup => {
            "The database could not be backed up. Check the folder of backups and the free space on the \
            server; the bridge's log says why. It is tried again at the next time."
                .to_owned()
        }
        Notice::CertificateEnds { left } => certificate(*left),
        Notice::Restored { behind } => format!(
            "The bridge was restored from a backup and knows nothing of the time since: {}. WhatsApp conversations \
            that began then lead nowhere any more; leave their groups, new ones come with the next message. Look in \
            WhatsApp on the phone for what is missing here.",
            span(*behind)
        ),
        Notice::HistorySkipped => format!(
            "Messages from before the bridge began, or older than a week, are not carried over ({skipped} so far). \
            They are in WhatsApp on the phone."
        ),
        Notice::Awaited { who, .. } => people::awaited(who.as_ref()),
        Notice::Flooded { who, more } => people::flooded(who.as_ref(), *more),
        Notice::GapOpen { cause, away } => gap(*cause, &span(*away)),
    }
}

/// What the line about a message that could not be decrypted says once the message is there.
#[must_use]
pub fn came() -> String {
    format!("{NOTICE} {}", people::CAME)
}

/// Stands before a message that may have arrived before.
#[must_use]
pub fn repeated() -> String {
    format!("{NOTICE} perhaps for the second time:\n")
}

fn span(span: Duration) -> String {
    let minutes = span.as_secs().div_ceil(60).max(1);
    match (minutes, minutes / 60, minutes / 60 / 24) {
        (1, ..) => "a minute".to_owned(),
        (m, h, _) if h < 2 => format!("{m} minutes"),
        (_, h, d) if d < 2 => format!("{h} hours"),
        (_, _, d) => format!("{d} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::event::{GapCause, OutageCause};

    #[test]
    fn a_notice_begins_with_its_mark_and_says_what_to_do() {
        let down = Notice::WhatsAppDown { cause: OutageCause::ScanQrCode, since: Moment(0) };
        let text = words(&down, Facts::default());
        assert!(text.starts_with(NOTICE) && text.contains("scan"), "{text}");
        assert!(words(&Notice::HistorySkipped, Facts { skipped: 12, waiting: 0 }).contains("12 so far"));
    }

    #[test]
    fn a_gap_that_stays_open_says_where_to_look() {
        use GapCause::{Failed, NotOffered, NothingKept, StoreOff, TooLong, TooMany};
        for cause in [Failed, NotOffered, NothingKept, StoreOff, TooLong, TooMany] {
            let text = words(&Notice::GapOpen { cause, away: Duration::from_mins(10) }, Facts::default());
            assert!(text.contains("for 10 minutes") && text.contains("WhatsApp on the phone"), "{text}");
        }
    }

    #[test]
    fn spans_are_readable() {
        let read = |secs| span(Duration::from_secs(secs));
        assert_eq!([read(5), read(600), read(7300), read(200_000)], ["a minute", "10 minutes", "2 hours", "2 days"]);
    }
}
