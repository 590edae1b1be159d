//! `docs/notices.md` says each notice the owner can get, with its cause and remedy. It is made here from the program's
//! own words; `RIALTO_UPDATE=1 cargo test --test notices_page` writes it anew.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

mod pages;

#[path = "notices_page/changes.rs"]
mod changes;
#[path = "notices_page/sides.rs"]
mod sides;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use changes::{STANDINGS, not_changed};
use rialto::bridge::notices::{self, Facts};
use rialto::clock::Moment;
use rialto::config::Version;
use rialto::event::{
    Aci, Address, CaptchaAnswer, GapCause, GroupId, MediaFailure, Membership, Mention, News, NoRetry, Notice,
    OutageCause, Peer, PortalTrouble, SignalQuote, Standing, StanzaId, Undelivered, Unsupported,
};

const PAGE: &str = "docs/notices.md";

const HEAD: &str = "# What the bridge says

Each notice the bridge can send you, with why it comes and what to do. Lines of the bridge begin with ⓘ; nobody else can
write that mark. A notice never asks for a password, a code or a secret.

This page is made from the program by `tests/notices_page.rs`; do not edit it.
";

/// Where a notice comes, why, and what to do. A new notice does not compile before it has its words here.
#[expect(clippy::too_many_lines, reason = "a line or two for each notice")]
fn meaning(notice: &Notice) -> (&'static str, &'static str, &'static str) {
    const PORTAL: &str = "the chat's group, quoting your message";
    const CONTROL: &str = "the chat with the bridge";
    match notice {
        Notice::NotSent { why, .. } => {
            let (cause, remedy) = undelivered(*why);
            (PORTAL, cause, remedy)
        }
        Notice::FileNotSent { why, .. } => {
            let (cause, remedy) = file_not_sent(*why);
            (PORTAL, cause, remedy)
        }
        Notice::PictureLeftOut { .. } => (
            PORTAL,
            "You shared a place. Signal's apps send one as a picture of the map with a link; WhatsApp draws its own map.",
            "Nothing; if the picture was one of yours, send it alone.",
        ),
        Notice::MaybeSent { .. } => (
            PORTAL,
            "The connection to WAHA broke, the bridge was restarted, or a backup was restored, between sending and the \
             answer. Sending again could double it, so that is yours to decide.",
            "Look on the phone that has WhatsApp; answer the line with `retry` if it is not there.",
        ),
        Notice::SentAfterAll { .. } => (
            PORTAL,
            "WhatsApp names a message, late, of which the bridge had said that it may have been sent.",
            "Nothing.",
        ),
        Notice::NotChanged { standing, .. } => {
            let (cause, remedy) = not_changed(*standing);
            (PORTAL, cause, remedy)
        }
        Notice::Reacted { .. } => (
            "the chat's group, quoting the message",
            "Somebody in a WhatsApp group reacted. Signal shows the last reaction, and not whose it is.",
            "Nothing.",
        ),
        Notice::GroupNews { .. } => (
            "the chat's group, if it has one",
            "Something happened to the WhatsApp group within a minute: who is in it, what it is called, who may write.",
            "Nothing.",
        ),
        Notice::NotRetried { why, .. } => {
            let (cause, remedy) = not_retried(*why);
            (PORTAL, cause, remedy)
        }
        Notice::UnsentForgotten { .. } => (
            CONTROL,
            "A message waited for an answer of yours, or was kept for a retry, until the retention period was over.",
            "Write it anew if it still matters.",
        ),
        Notice::UnshownForgotten { .. } => (
            CONTROL,
            "Signal could not be reached, or a conversation was stopped, until the retention period was over.",
            "Read it in WhatsApp on the phone.",
        ),
        Notice::NotConfirmed { .. } => (
            PORTAL,
            "WhatsApp's server has not acknowledged it for ten minutes; the phone may be offline or the account limited.",
            "Look on the phone that has WhatsApp.",
        ),
        Notice::NotBrought { why } => ("the chat's group", not_brought(*why), "Read it in WhatsApp on the phone."),
        Notice::ControlChatIsNoRoute => {
            (CONTROL, "You wrote to the bridge itself.", "Write in the group of the person you mean.")
        }
        Notice::NotDecrypted { .. } => (
            CONTROL,
            "signal-cli could not decrypt something of yours; five minutes later it has not come again.",
            "Look which of your last messages WhatsApp does not show, and send it again.",
        ),
        Notice::NoCalls => (CONTROL, "You called the bridge's account in Signal.", "Call in WhatsApp on the phone."),
        Notice::MaySend => (
            CONTROL,
            "What you wrote waited for WhatsApp for more than an hour and might not fit any more.",
            "Write `send` or `drop` there.",
        ),
        Notice::Dropped => (CONTROL, "You answered `drop`.", "Nothing."),
        Notice::QuoteLeadsNowhere { .. } => (
            "the chat's group or the chat with the bridge, quoting your message",
            "You quoted a line of the bridge, a message of another conversation, or one past the retention period.",
            "Quote a message that came from WhatsApp, or write in the chat's group.",
        ),
        Notice::Forget { .. } => (
            "the chat with the bridge, quoting your message",
            "You answered a message with `forget`, or wrote `forget` and a number.",
            "Write `yes` there within ten minutes, or nothing and it stays.",
        ),
        Notice::NothingToForget { .. } => (
            "the chat with the bridge, quoting your message",
            "You wrote `forget` without a number, or nothing is kept of that chat.",
            "Answer a message of the chat with it, or write the number behind it.",
        ),
        Notice::Forgotten { idle: true, .. } => (
            CONTROL,
            "`retention.idle_portals` says how long a chat with a group may be idle.",
            "Delete the group on your phones; a new one comes when the contact writes again.",
        ),
        Notice::Forgotten { idle: false, .. } => (
            CONTROL,
            "You said yes, or somebody ran `rialto forget` on the server.",
            "Delete the group and what lies in your phones, if that is to go too.",
        ),
        Notice::Leaving { .. } => (
            CONTROL,
            "Somebody ran `rialto leave` on the server. A line that may have come before says so at its head.",
            "Delete the groups, and look under Linked devices in WhatsApp on the phone.",
        ),
        Notice::MovedHere => ("the chat's new group", "The chat got a group of its own.", "Write there from now on."),
        Notice::PortalGoesOn => ("the chat's group", "What had stopped it is mended.", "Nothing."),
        Notice::PortalLeft => (
            CONTROL,
            "You left the group, or the bridge account is not in it any more.",
            "Nothing: the chat's next message opens a new group.",
        ),
        Notice::NumberMoved => (
            "the chat's group",
            "WhatsApp shows the contact's number with another person.",
            "Ask the contact for the new number if you need it.",
        ),
        Notice::NumberLost => (
            "the chat's group",
            "WhatsApp shows the contact's number with another person, and the contact never wrote under another address.",
            "Look for the contact in WhatsApp on the phone.",
        ),
        Notice::Merged => (
            "the chat's group",
            "WhatsApp knows people by a number and by a hidden id, and both came in one message for the first time.",
            "Nothing.",
        ),
        Notice::GoesOnElsewhere { .. } => (
            "the group that was made later",
            "The same as above: two groups turned out to be one contact's.",
            "Write in the other one from now on.",
        ),
        Notice::IdentityTrusted { .. } => (CONTROL, "The new safety number was trusted on the server.", "Nothing."),
        Notice::Awaited { .. } => (
            "the chat's group",
            "WhatsApp waits for a message, and five minutes later it has not come. Only WAHA's engine WEBJS tells.",
            "Look for it in WhatsApp on the phone. It comes here by itself once it can be decrypted, and the line says so then.",
        ),
        Notice::Flooded { .. } => (
            "the chat's group",
            "Somebody wrote more than `floods.per_minute` messages in one minute.",
            "Read them in WhatsApp on the phone, or mute or block whoever it is there.",
        ),
        Notice::GapOpen { cause, .. } => (CONTROL, gap(*cause), "Compare with WhatsApp on the phone."),
        Notice::PortalWaits { why } | Notice::PortalStopped { why } => {
            let (cause, remedy) = trouble(*why);
            (CONTROL, cause, remedy)
        }
        Notice::WhatsAppDown { cause, .. } => {
            let (cause, remedy) = outage(*cause);
            (CONTROL, cause, remedy)
        }
        Notice::WhatsAppBack { .. }
        | Notice::SignalBack { .. }
        | Notice::OldVersion { .. }
        | Notice::SignalLimited { .. }
        | Notice::SignalTakes { .. }
        | Notice::Captcha { .. }
        | Notice::PhoneAway { .. }
        | Notice::PhoneBack
        | Notice::WhatsAppRestricted
        | Notice::WhatsAppSilent { .. }
        | Notice::NothingConfirmed { .. } => {
            let (cause, remedy) = sides::meaning(notice);
            (CONTROL, cause, remedy)
        }
        Notice::StrangerWrote => (
            CONTROL,
            "Another Signal account wrote to the bridge account: it comes once a day at most, if `tell_strangers` is set.",
            "Nothing. If it goes on, change in signal-cli who can find the account by its number.",
        ),
        Notice::StaleWebhooks => (
            CONTROL,
            "A signed event was older than 24 hours or from the future: a clock is wrong, or somebody replays events.",
            "Set both clocks right.",
        ),
        Notice::UnreadableWebhooks => (
            CONTROL,
            "WAHA sent an event in a form this version does not know.",
            "Update Rialto, and read in WhatsApp.",
        ),
        Notice::CertificateEnds { .. } => (
            CONTROL,
            "The certificate in `server.tls_cert_file` ends within 14 days, or has. It is said once a week.",
            "Renew it, and see why it was not renewed by itself. What WAHA could not bring meanwhile it repeats.",
        ),
        Notice::NoBackup => (
            CONTROL,
            "The folder of backups is missing or not writable, the disk is full, or the database is damaged.",
            "Read the bridge's log and mend what it names. `rialto backup FILE` tries at once.",
        ),
        Notice::Restored { .. } => (
            CONTROL,
            "`rialto restore` was run on the server.",
            "Leave the groups that began after the backup; look in WhatsApp for what is missing.",
        ),
        Notice::HistorySkipped => (
            CONTROL,
            "WAHA brought messages from before the bridge's first start, or older than a week.",
            "Read them in WhatsApp on the phone.",
        ),
    }
}

fn not_retried(why: NoRetry) -> (&'static str, &'static str) {
    match why {
        NoRetry::OnItsWay => ("You answered `retry` twice, or it waits for your `send`.", "Nothing."),
        NoRetry::Sent => (
            "You answered `retry` to a line about a message that WAHA has taken, or WAHA's store shows that it was sent.",
            "Look on the phone that has WhatsApp.",
        ),
        NoRetry::Gone => (
            "You answered `retry` to a line about a message that was deleted, dropped or refused, or is past its time.",
            "Write it anew.",
        ),
    }
}

const NO_RETRY: [NoRetry; 3] = [NoRetry::OnItsWay, NoRetry::Sent, NoRetry::Gone];

fn gap(cause: GapCause) -> &'static str {
    match cause {
        GapCause::TooMany => "More came while something was away than is fetched at once.",
        GapCause::TooLong => "The bridge or WAHA was away for more than a week.",
        GapCause::Failed => "WAHA did not hand out its list of messages.",
        GapCause::NothingKept => "WAHA keeps no messages: its store is off or empty.",
        GapCause::NotOffered => "WAHA's engine does not hand out past messages.",
        GapCause::StoreOff => "The store of WAHA's NOWEB engine is off.",
    }
}

const CAPTCHAS: [CaptchaAnswer; 4] =
    [CaptchaAnswer::Accepted, CaptchaAnswer::Rejected, CaptchaAnswer::NotAsked, CaptchaAnswer::NotReached];

const GAPS: [GapCause; 6] = [
    GapCause::TooMany,
    GapCause::TooLong,
    GapCause::Failed,
    GapCause::NothingKept,
    GapCause::NotOffered,
    GapCause::StoreOff,
];

fn undelivered(why: Undelivered) -> (&'static str, &'static str) {
    match why {
        Undelivered::NotCarried(_) => {
            ("This kind is not carried so far, or there is no way for files.", "Send it in WhatsApp, or as text.")
        }
        Undelivered::NoVotes => ("NOWEB, a part of WAHA, has no way to vote.", "Vote in WhatsApp on the phone."),
        Undelivered::PollGone => (
            "What the answers are is asked of WAHA when you vote, and its store does not have the poll.",
            "Vote in WhatsApp on the phone.",
        ),
        Undelivered::NoSuchAnswer => ("Your answer to a poll has a number that is not in its list.", "Answer again."),
        Undelivered::QuoteLost => (
            "You answered a line of the bridge, as it came or from before the retention period.",
            "Quote a message that came from WhatsApp.",
        ),
        Undelivered::OneAnswer => ("You answered a poll with several numbers that takes one.", "Answer again."),
        Undelivered::Truncated => (
            "signal-cli before 0.14 hands over the rest of a long text as a file; that is gone, or no folder is \
             configured.",
            "Send it in parts; set `channels.signal.attachments`, or update signal-cli.",
        ),
        Undelivered::Refused => (
            "WAHA refused the message: the contact may be gone or blocked.",
            "Check in WhatsApp on the phone; answer the line with `retry` to try once more.",
        ),
        Undelivered::ColdContact => (
            "WhatsApp's server refused the message (463): the account wrote to too many new people, or is new itself.",
            "Write from the phone, or wait until they write.",
        ),
        Undelivered::Restricted => (
            "WhatsApp's server refused the message and named a restriction of the account.",
            "Look in WhatsApp on the phone for how long.",
        ),
        Undelivered::Unauthorised => {
            ("WAHA's API key was changed.", "Put the right key into the configuration, restart, send again.")
        }
        Undelivered::GaveUp => (
            "WAHA failed with it four times, and its store shows that it was not sent.",
            "Answer the line with `retry` later.",
        ),
        Undelivered::FailedLater => ("WhatsApp took it and reported a failure afterwards.", "Send it again."),
        Undelivered::Stopped => (
            "Somebody else is in the chat's group, or could come in. This notice comes in the chat with the bridge.",
            "Remove them or the link, then send it again.",
        ),
        Undelivered::NoPortal => (
            "The group is none of the bridge's, or began after a backup that was restored. This notice comes in the \
             chat with the bridge.",
            "Write in the group with the chat's newest messages.",
        ),
        Undelivered::NumberLost => (
            "WhatsApp shows the contact's number with another person, and no other address of the contact is known.",
            "Look for the contact in WhatsApp on the phone.",
        ),
        Undelivered::NotBridged => (
            "`[channels.chats]` was changed since this chat had its group, and does not allow it any more.",
            "Allow it there, or write in WhatsApp on the phone.",
        ),
        Undelivered::OnlyRead => (
            "You wrote in the group of WhatsApp's status posts, or of a channel.",
            "Write to the person in the chat you have with them.",
        ),
        Undelivered::Unreadable => {
            ("Its sealed text does not open: the database was changed or is damaged.", "Send it again.")
        }
        Undelivered::PlaceUnreadable => (
            "The row of the chat or of its group does not open: the database was changed from outside or is damaged.",
            "Look at the bridge's log, find out who wrote to the file, and go back to a backup.",
        ),
    }
}

fn file_not_sent(why: MediaFailure) -> (&'static str, &'static str) {
    match why {
        MediaFailure::TooLarge => {
            ("`[media]` sets how large a file of each kind may be.", "Raise it there, or send less.")
        }
        MediaFailure::Gone => {
            ("signal-cli has no such file: somebody deleted it, or a backup was restored.", "Attach it again.")
        }
        MediaFailure::Broken => ("The file is empty, or was damaged on the server's disk.", "Attach it again."),
        MediaFailure::NoSpace => (
            "`[media]` says how much room files may take and how much must stay free.",
            "Make room on the server, then attach it again.",
        ),
        MediaFailure::NoWay => (
            "WAHA cannot fetch files from the bridge, or the bridge cannot read signal-cli's.",
            "Set `server.url` and `channels.signal.attachments`.",
        ),
    }
}

const FILES: [MediaFailure; 5] =
    [MediaFailure::TooLarge, MediaFailure::Gone, MediaFailure::Broken, MediaFailure::NoSpace, MediaFailure::NoWay];

fn not_brought(why: Undelivered) -> &'static str {
    match why {
        Undelivered::Refused => "signal-cli refused the message.",
        Undelivered::Unreadable => "Its sealed text does not open: the database was changed or is damaged.",
        Undelivered::PlaceUnreadable => {
            "The row of the chat or of its group does not open: the database was changed from outside or is damaged."
        }
        Undelivered::NotCarried(_)
        | Undelivered::Truncated
        | Undelivered::Unauthorised
        | Undelivered::ColdContact
        | Undelivered::Restricted
        | Undelivered::GaveUp
        | Undelivered::FailedLater
        | Undelivered::Stopped
        | Undelivered::NoPortal
        | Undelivered::NumberLost
        | Undelivered::NotBridged
        | Undelivered::OnlyRead
        | Undelivered::NoVotes
        | Undelivered::PollGone
        | Undelivered::NoSuchAnswer
        | Undelivered::OneAnswer
        | Undelivered::QuoteLost => "Eight attempts failed.",
    }
}

fn trouble(why: PortalTrouble) -> (&'static str, &'static str) {
    match why {
        PortalTrouble::RateLimited => ("Signal, or `[portals]`, limits how fast groups are made.", "Wait."),
        PortalTrouble::Refused => ("signal-cli refused to make or change the group.", "Look at the bridge's log."),
        PortalTrouble::OwnerPending => ("Signal made it an invitation.", "Accept it; write to the bridge first."),
        PortalTrouble::OwnerLeft => ("You left the group.", "The group cannot be used any more; read in WhatsApp."),
        PortalTrouble::Stranger => (
            "Somebody else is in the group, can come in by a link, or members may add others.",
            "Remove them or the link.",
        ),
        PortalTrouble::IdentityChanged => (
            "You re-installed Signal or changed the phone; or somebody took your number.",
            "Compare safety numbers, then trust the new one on the server (README).",
        ),
        PortalTrouble::Gone => ("The bridge account is not in the group any more.", "Read in WhatsApp on the phone."),
    }
}

fn outage(cause: OutageCause) -> (&'static str, &'static str) {
    match cause {
        OutageCause::Unreachable => ("WAHA is stopped or restarting, or its address is wrong.", "`docker compose ps`."),
        OutageCause::Untrusted => (
            "WAHA, or the proxy before it, got another certificate or let one end; or somebody else answers there.",
            "README, \"https\". Nothing was sent and nothing is lost.",
        ),
        OutageCause::Unauthorised => ("WAHA's API key was changed.", "Correct it in the configuration and restart."),
        OutageCause::NoSession => ("The session was deleted, or `session` is wrong.", "README, step 5."),
        OutageCause::ScanQrCode => ("WhatsApp logged the linked device out.", "README, step 5."),
        OutageCause::Starting => ("WAHA is connecting to WhatsApp for more than a minute.", "Restart the session."),
        OutageCause::Stopped => ("Somebody stopped the session.", "Start it in WAHA."),
        OutageCause::Failed => ("WAHA could not keep the session.", "Restart it; link the phone again."),
        OutageCause::Other => ("This version does not know the state WAHA names.", "Look at WAHA; update Rialto."),
    }
}

const UNDELIVERED: [Undelivered; 20] = [
    Undelivered::NotCarried(Unsupported::Sticker),
    Undelivered::Truncated,
    Undelivered::Refused,
    Undelivered::ColdContact,
    Undelivered::Restricted,
    Undelivered::Unauthorised,
    Undelivered::GaveUp,
    Undelivered::FailedLater,
    Undelivered::Stopped,
    Undelivered::NoPortal,
    Undelivered::NumberLost,
    Undelivered::NotBridged,
    Undelivered::OnlyRead,
    Undelivered::Unreadable,
    Undelivered::PlaceUnreadable,
    Undelivered::NoVotes,
    Undelivered::PollGone,
    Undelivered::NoSuchAnswer,
    Undelivered::OneAnswer,
    Undelivered::QuoteLost,
];

const TROUBLE: [PortalTrouble; 7] = [
    PortalTrouble::RateLimited,
    PortalTrouble::Refused,
    PortalTrouble::OwnerPending,
    PortalTrouble::OwnerLeft,
    PortalTrouble::Stranger,
    PortalTrouble::IdentityChanged,
    PortalTrouble::Gone,
];

const OUTAGES: [OutageCause; 9] = [
    OutageCause::Unreachable,
    OutageCause::Untrusted,
    OutageCause::Unauthorised,
    OutageCause::NoSession,
    OutageCause::ScanQrCode,
    OutageCause::Starting,
    OutageCause::Stopped,
    OutageCause::Failed,
    OutageCause::Other,
];

/// One of each, in the order of the page.
fn all() -> Vec<Notice> {
    let about = SignalQuote { timestamp: Moment(0), author: Aci::new("somebody"), text: None };
    let span = Duration::from_hours(3);
    let mut all: Vec<_> = UNDELIVERED.map(|why| Notice::NotSent { about: about.clone(), why }).into();
    let file = Some(Unsupported::Picture);
    all.extend(FILES.map(|why| Notice::FileNotSent { about: about.clone(), file, why }));
    all.push(Notice::PictureLeftOut { about: about.clone() });
    all.push(Notice::MaybeSent { about: about.clone() });
    all.push(Notice::SentAfterAll { about: about.clone() });
    all.push(Notice::NotConfirmed { about: about.clone() });
    let edited = |standing| Notice::NotChanged { about: about.clone(), change: Unsupported::Edit, standing };
    all.extend(STANDINGS.map(edited));
    for (change, standing) in [
        (Unsupported::Deletion, Standing::TooLate),
        (Unsupported::Reaction, Standing::Forgotten),
        (Unsupported::Deletion, Standing::Fixed),
    ] {
        all.push(Notice::NotChanged { about: about.clone(), change, standing });
    }
    let who = vec![("~Ann".into(), "👍".into()), ("+491701234567".into(), "❤️".into())];
    all.push(Notice::Reacted { about: about.clone(), who, more: 2 });
    all.push(Notice::GroupNews { news: news() });
    all.extend(NO_RETRY.map(|why| Notice::NotRetried { about: about.clone(), why }));
    all.push(Notice::UnsentForgotten { count: 3 });
    all.push(Notice::UnshownForgotten { count: 3 });
    let not_brought = [Undelivered::GaveUp, Undelivered::Refused, Undelivered::Unreadable];
    all.extend(not_brought.map(|why| Notice::NotBrought { why }));
    all.push(Notice::Forget { about: about.clone(), who: Some("+491701234567".into()) });
    all.push(Notice::NothingToForget { about: about.clone() });
    all.push(Notice::Forgotten { idle: false, unsent: 2, maybe: 1, unshown: 3 });
    all.push(Notice::Forgotten { idle: true, unsent: 0, maybe: 0, unshown: 0 });
    all.push(Notice::Leaving { unsent: 2, maybe: 1, unshown: 3, again: false });
    all.extend([Notice::ControlChatIsNoRoute, Notice::NoCalls, Notice::QuoteLeadsNowhere { about }]);
    all.push(Notice::NotDecrypted { item: "".into() });
    all.extend([Notice::MaySend, Notice::Dropped, Notice::MovedHere]);
    all.extend(TROUBLE.map(|why| Notice::PortalWaits { why }));
    all.extend(TROUBLE.map(|why| Notice::PortalStopped { why }));
    all.extend([Notice::PortalGoesOn, Notice::PortalLeft, Notice::NumberMoved, Notice::NumberLost]);
    all.extend([Notice::Merged, Notice::GoesOnElsewhere { group: GroupId::new("the group") }]);
    all.push(Notice::IdentityTrusted { after: span });
    all.push(Notice::Awaited {
        who: Some("~Ann".into()),
        chat: Address::parse("1@c.us").unwrap(),
        stanza: StanzaId::new("3EB0"),
        message_id: None,
    });
    all.push(Notice::Flooded { who: Some("~Ann".into()), more: 37 });
    all.extend(GAPS.map(|cause| Notice::GapOpen { cause, away: span }));
    all.extend(OUTAGES.map(|cause| Notice::WhatsAppDown { cause, since: Moment(0) }));
    all.extend([Notice::WhatsAppBack { after: span }, Notice::SignalBack { after: span }]);
    all.extend([true, false].map(|captcha| Notice::SignalLimited { captcha }));
    all.push(Notice::SignalTakes { after: span });
    all.extend(CAPTCHAS.map(|answer| Notice::Captcha { answer }));
    all.extend([Notice::PhoneAway { after: span * 80 }, Notice::PhoneBack, Notice::WhatsAppRestricted]);
    all.extend([Notice::WhatsAppSilent { silent: span }, Notice::NothingConfirmed { after: span }]);
    let old = |peer| Notice::OldVersion { peer, version: Version(0, 14, 6), age: Duration::from_hours(24 * 70) };
    all.extend([Peer::SignalCli, Peer::Waha].map(old));
    all.extend([Notice::StrangerWrote, Notice::StaleWebhooks, Notice::UnreadableWebhooks, Notice::NoBackup]);
    all.extend([
        Notice::CertificateEnds { left: Duration::from_hours(14 * 24) },
        Notice::CertificateEnds { left: Duration::ZERO },
    ]);
    all.extend([Notice::Restored { behind: span }, Notice::HistorySkipped]);
    all
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for notice in all() {
        let (place, cause, remedy) = meaning(&notice);
        let said = notices::words(&notice, Facts { skipped: 12, waiting: 3 });
        write!(page, "\n> {said}\n\nComes in {place}. **Why:** {cause} **Do:** {remedy}\n").unwrap();
    }
    page
}

#[test]
fn the_page_is_what_the_program_says() {
    pages::is_current(PAGE, &page(), "notices_page");
}

/// The variants of an enum, by its source.
fn variants(name: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/event");
    let read = |file: &str| syn::parse_file(&std::fs::read_to_string(folder.join(file)).unwrap()).unwrap();
    let items = ["notice.rs", "reason.rs"].into_iter().flat_map(|file| read(file).items);
    let found = items.into_iter().find_map(|item| match item {
        syn::Item::Enum(found) if found.ident == name => Some(found.variants),
        _ => None,
    });
    found.unwrap().into_iter().map(|variant| variant.ident.to_string()).collect()
}

fn names<T: std::fmt::Debug>(values: &[T]) -> BTreeSet<String> {
    let name = |value: &T| format!("{value:?}").split([' ', '(']).next().unwrap().to_owned();
    values.iter().map(name).collect()
}

#[test]
fn no_notice_is_left_out() {
    assert_eq!(names(&all()), variants("Notice"));
    assert_eq!(names(&UNDELIVERED), variants("Undelivered"));
    assert_eq!(names(&TROUBLE), variants("PortalTrouble"));
    assert_eq!(names(&CAPTCHAS), variants("CaptchaAnswer"));
    assert_eq!(names(&OUTAGES), variants("OutageCause"));
    assert_eq!(names(&NO_RETRY), variants("NoRetry"));
    assert_eq!(names(&STANDINGS), variants("Standing"));
}

/// Some of everything that can happen to a group.
fn news() -> Vec<News> {
    let member = |number: &str| Mention { address: Address::parse(number).unwrap(), is_owner: false };
    let who = vec![member("491701234567@c.us"), member("491701234568@c.us")];
    vec![
        News::Members { what: Membership::Added, who, more: 0 },
        News::Members { what: Membership::Left, who: vec![member("491701234569@c.us")], more: 0 },
        News::Renamed("Choir".into()),
        News::Described { any: true },
        News::OnlyAdmins(true),
    ]
}
