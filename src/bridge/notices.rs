//! Everything the bridge says to the owner, in plain words with the next step. No other file words anything.

use std::time::Duration;

use super::labels::NOTICE;
use crate::config::Version;
use crate::event::{GapCause, Notice, OutageCause, Peer, PortalTrouble, Undelivered, Unsupported};
use crate::store::About;

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
    format!("{NOTICE} {}", sentence(notice, facts))
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
        Notice::MaybeSent { .. } => "May have been sent: WhatsApp's answer did not get here. Look on the \
            phone that has WhatsApp, and send it again here if it is not there."
            .to_owned(),
        Notice::NotConfirmed { .. } => {
            "Not confirmed: WhatsApp has taken this but not said for ten minutes that it left. \
            If nothing follows, check WhatsApp on the phone."
                .to_owned()
        }
        Notice::NotBrought { why } => not_brought(*why),
        Notice::ControlChatIsNoRoute => "Nothing you write here goes to WhatsApp. Write in the conversation of the \
            person you mean, or answer a message here by quoting it."
            .to_owned(),
        Notice::QuoteLeadsNowhere { .. } => {
            "Not sent: the message you quoted is one of the bridge's own, or too old to \
            be known here. Quote a message that came from WhatsApp."
                .to_owned()
        }
        Notice::MovedHere => "From here on this chat has a conversation of its own. What came before is in your chat \
            with the bridge."
            .to_owned(),
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
        Notice::NumberMoved => "The phone number of this contact now belongs to somebody else on WhatsApp. What you \
            write here goes on to the person you know, not to that number."
            .to_owned(),
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
        Notice::WhatsAppSilent { silent } => format!(
            "WhatsApp says it is connected, but nothing has come for {}. The bridge restarts WAHA's session, at most once \
            a day. If nobody wrote, all is well. If somebody did and nothing follows, update WAHA or link the phone again.",
            span(*silent)
        ),
        Notice::NothingConfirmed { after } => format!(
            "Signal took many messages from here, and for {} none of your devices confirmed one. If your phone was off, \
            all is well. If not, open Signal on it and look whether messages arrive; accept the bridge's message request \
            if there is one.",
            span(*after)
        ),
        Notice::OldVersion { peer, version, age } => old(*peer, *version, *age),
        Notice::StaleWebhooks => "WhatsApp events with a wrong time were refused. Check that the clocks of WAHA's and \
            of this machine are right; WAHA repeats what was refused."
            .to_owned(),
        Notice::UnreadableWebhooks => {
            "An event from WAHA could not be understood. It is kept; an update of Rialto may \
            be able to read it."
                .to_owned()
        }
        Notice::NoBackup => {
            "The database could not be backed up. Check the folder of backups and the free space on the \
            server; the bridge's log says why. It is tried again at the next time."
                .to_owned()
        }
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
        Notice::GapOpen { cause, away } => gap(*cause, &span(*away)),
    }
}

/// What is said by the second path. It leaves the house, so there is nothing in it that could differ from one bridge, or
/// one person, to another.
#[must_use]
pub fn alarm(about: About, begins: bool) -> &'static str {
    match (about, begins) {
        (About::Signal, true) => {
            "Rialto cannot reach Signal. Messages wait and nothing is lost; look at signal-cli and at the network."
        }
        (About::Signal, false) => "Rialto reaches Signal again. What waited is being delivered.",
        (About::WhatsApp, true) => "Rialto cannot reach WhatsApp. Look at WAHA and at the linked phone.",
        (About::WhatsApp, false) => "Rialto reaches WhatsApp again.",
        (About::Receipts, true) => {
            "Rialto sends and no phone confirms. If the phone is not simply off, look at Signal on it."
        }
        (About::Receipts, false) => "Messages from Rialto are confirmed again.",
    }
}

fn old(peer: Peer, version: Version, age: Duration) -> String {
    let age = span(age);
    match peer {
        Peer::SignalCli => format!(
            "signal-cli {version} has been in use for {age}. Signal turns old ones away after about 90 days. Put the \
            newest version into docker-compose.yml on the server, then run there: docker compose pull signal-cli && \
            docker compose up -d"
        ),
        Peer::Waha => format!(
            "WAHA {version} is {age} old, and WhatsApp changes often. Put the newest version into docker-compose.yml (or \
            .env) on the server, then run there: docker compose pull waha && docker compose up -d"
        ),
    }
}

fn not_sent(why: Undelivered) -> String {
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

fn not_brought(why: Undelivered) -> String {
    let why = match why {
        Undelivered::Refused => "Signal refused it",
        Undelivered::Unreadable => "its stored text cannot be read any more",
        _ => "it was tried several times without success",
    };
    format!("A WhatsApp message could not be brought here: {why}. Read it in WhatsApp on the phone.")
}

fn gap(cause: GapCause, away: &str) -> String {
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

fn trouble(trouble: PortalTrouble) -> &'static str {
    match trouble {
        PortalTrouble::RateLimited => "Signal limits how fast groups are made; the bridge goes on by itself.",
        PortalTrouble::Refused => "signal-cli could not make the group; the bridge tries again, see its log.",
        PortalTrouble::OwnerPending => {
            "you are only invited to its group. Accept the group invitation in Signal; if you see none, send the \
            bridge any message first."
        }
        PortalTrouble::OwnerLeft => "you are not in its group any more.",
        PortalTrouble::Stranger => {
            "somebody else is in its group, or it has an invite link. Remove them or the link in Signal."
        }
        PortalTrouble::IdentityChanged => {
            "your Signal safety number has changed. Trust the new one on the server, with signal-cli's trust command, \
            once you are sure it is yours."
        }
        PortalTrouble::Gone => "its group does not exist any more.",
    }
}

fn outage(cause: OutageCause) -> &'static str {
    match cause {
        OutageCause::Unreachable => "WAHA does not answer. Check that it runs.",
        OutageCause::Unauthorised => "WAHA refuses the bridge's API key. Correct it in the configuration and restart.",
        OutageCause::NoSession => "WAHA has no session of the configured name. Create it in WAHA.",
        OutageCause::ScanQrCode => {
            "the phone must be linked again. Open WAHA's QR code and scan it in WhatsApp under Linked devices."
        }
        OutageCause::Starting => "WAHA's session is starting and does not get on. If it stays so, restart it.",
        OutageCause::Stopped => "WAHA's session is stopped. Start it.",
        OutageCause::Failed => {
            "WAHA's session failed, perhaps because the phone logged it out. Restart it and link \
            the phone again."
        }
        OutageCause::Other => "WAHA's session is in a state the bridge does not know. Look at it in WAHA.",
    }
}

/// The kind of a message that is not carried, with its article.
#[must_use]
pub fn kind(what: Unsupported) -> &'static str {
    match what {
        Unsupported::Picture => "a picture",
        Unsupported::Video => "a video",
        Unsupported::VoiceMessage => "a voice message",
        Unsupported::Audio => "an audio file",
        Unsupported::Document => "a document",
        Unsupported::Sticker => "a sticker",
        Unsupported::Location => "a location",
        Unsupported::Contact => "a contact",
        Unsupported::Poll => "a poll",
        Unsupported::PollVote => "a vote in a poll",
        Unsupported::CalendarEvent => "an event",
        Unsupported::Album => "an album",
        Unsupported::GroupInvite => "an invitation to a group",
        Unsupported::Call => "a call",
        Unsupported::PinnedMessage => "a pinned message",
        Unsupported::ViewOnce => "a view-once message",
        Unsupported::Attachment => "a file",
        Unsupported::Reaction => "a reaction",
        Unsupported::Edit => "an edit",
        Unsupported::Deletion => "a deletion",
        Unsupported::Other => "this kind of message",
    }
}

/// The line that stands for a WhatsApp message that is not carried.
#[must_use]
pub fn not_carried(what: Unsupported) -> String {
    let what = if what == Unsupported::Other { "a message of a kind the bridge does not know" } else { kind(what) };
    format!("{NOTICE} {what}; not carried yet")
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
