//! The spans and counts the bridge works with, in one place.

use std::time::Duration;

/// How long a call to a peer may take. The clients enforce it.
pub const CALL: Duration = Duration::from_mins(1);

/// How long an own message is held that may be the echo of an open call: the call's own limit and a margin.
pub const ECHO_HOLD: Duration = Duration::from_secs(75);

/// How long a phone may take to send again what signal-cli, or WhatsApp, could not decrypt.
pub const AGAIN: Duration = Duration::from_mins(5);

/// After this without a confirmation by WhatsApp's server, the owner is told.
pub const CONFIRM: Duration = Duration::from_mins(10);

/// Messages from this long before the channel's first start are still carried: clocks differ.
pub const START_MARGIN: Duration = Duration::from_mins(10);

/// The span in which messages of one sender are counted, and in which the rest of them comes.
pub const MINUTE: Duration = Duration::from_mins(1);

/// Messages older than this are counted and not carried.
pub const CATCH_UP: Duration = Duration::from_hours(7 * 24);

/// What was typed longer ago than this does not go to WhatsApp unasked.
pub const MAX_SEND_DELAY: Duration = Duration::from_hours(1);

/// How long the question for what is too old waits for more of it.
pub const QUESTION: Duration = Duration::from_secs(5);

/// A question that got no answer is asked again with the next message that waits, after this.
pub const ASK_AGAIN: Duration = Duration::from_hours(24);

/// How long the question whether a chat is to be forgotten can be answered.
pub const FORGET: Duration = Duration::from_mins(10);

/// How far apart messages go that the owner was asked about.
pub const APPROVED_PACE: Duration = Duration::from_secs(1);

/// A side that works again within this was not worth a notice.
pub const OUTAGE_NOTICE: Duration = Duration::from_mins(1);

/// So many messages without a receipt of any device of the owner are no chance any more.
pub const UNCONFIRMED: i64 = 20;

/// How long after the last of those it is still waited: a phone may be off for a night, or left at home for a day.
pub const UNCONFIRMED_FOR: Duration = Duration::from_hours(24);

/// A channel usually has traffic if it had events on so many days of the week before it fell silent.
pub const BUSY_DAYS: u32 = 5;

/// WAHA's session is restarted no more often than this,
pub const RESTART_PACE: Duration = Duration::from_hours(24);

/// and no more often than this in one silence: after that it is not the session.
pub const RESTARTS: i64 = 3;

/// How old a peer may grow before the owner is told, and how often after that. Signal turns a signal-cli away after some
/// 90 days.
pub const OLD: Duration = Duration::from_hours(60 * 24);

/// The owner is told of it again after this.
pub const OLD_AGAIN: Duration = Duration::from_hours(30 * 24);

/// The owner is told that the WhatsApp phone has not been seen for this long. WhatsApp logs its linked devices out after
/// 14 days.
pub const PHONE_AWAY: Duration = Duration::from_hours(10 * 24);

/// That WhatsApp restricts the account is said no more often than this.
pub const RESTRICTED_AGAIN: Duration = Duration::from_hours(24);

/// How far apart timers of portals are set: none of it is urgent.
pub const TIMER_PACE: Duration = Duration::from_secs(10);

/// How often it is looked for timers to be set.
pub const TIMERS: Duration = Duration::from_mins(10);

/// How far apart pictures of portals are looked at: WhatsApp limits who asks for many at once.
pub const PICTURE_PACE: Duration = Duration::from_secs(30);

/// How often it is looked for pictures to be looked at,
pub const PICTURES: Duration = Duration::from_mins(10);

/// and how often at each.
pub const PICTURE_AGAIN: Duration = Duration::from_hours(72);

/// How far apart titles of portals are looked at: none of it is urgent.
pub const TITLE_PACE: Duration = Duration::from_secs(10);

/// How often it is looked for titles to be looked at,
pub const TITLES: Duration = Duration::from_mins(10);

/// and how often at each.
pub const TITLE_AGAIN: Duration = Duration::from_hours(24);

/// What was read within this is told together.
pub const TICKS: Duration = Duration::from_secs(2);

/// When it is tried again to tell of what was read.
pub const TICKS_AGAIN: Duration = Duration::from_mins(1);

/// Who is not said to type any more has stopped. Signal's apps show it for as long.
pub const TYPING: Duration = Duration::from_secs(15);

/// Who goes on typing is shown to do so no more often than this.
pub const TYPING_AGAIN: Duration = Duration::from_secs(8);

/// How long WhatsApp, once asked, is taken to say who types in a chat.
pub const TYPING_WATCH: Duration = Duration::from_hours(1);

/// How often it is looked for silence.
pub const WATCH: Duration = Duration::from_mins(10);

/// How long a message of unknown outcome to Signal waits for a receipt before it goes once more.
pub const PROOF: Duration = Duration::from_secs(15);

/// How soon something is looked at again that waits for what is happening just now: a call that is open, a link that
/// has just gone.
pub const SOON: Duration = Duration::from_millis(200);

/// The pause after Signal limits the account and does not say for how long: doubling from five minutes to an hour with
/// each refusal that follows a pause.
#[must_use]
pub fn unsaid_pause(refusals: u32) -> Duration {
    let doubled = 2u32.saturating_pow(refusals.saturating_sub(1));
    Duration::from_mins(5).saturating_mul(doubled).min(Duration::from_hours(1))
}

/// Attempts that a peer refuses for a passing reason, before the delivery is given up.
pub const ATTEMPTS: u32 = 8;

/// How many lanes may have a call open at once, in each direction of a channel.
pub const CALLS: usize = 8;

/// Missed messages are looked for from this long before the last moment when all was fine: clocks differ, and WAHA may
/// have had something to repeat.
pub const GAP_MARGIN: Duration = Duration::from_hours(1);

/// How often the last moment when all was fine is written down.
pub const KEEP_FINE: Duration = Duration::from_mins(10);

/// The pause between two calls that fetch missed messages.
pub const GAP_PACE: Duration = Duration::from_millis(100);

/// The most messages of one chat that are looked at for missed ones, the newest.
pub const GAP_MESSAGES_OF_A_CHAT: usize = 500;

/// When so many missed messages were found, no further chats are looked at.
pub const GAP_MESSAGES: usize = 5000;

/// The wait after the `n`th failure in a row: doubling from two seconds to five minutes.
#[must_use]
pub fn backoff(n: u32) -> Duration {
    Duration::from_secs(2u64.saturating_pow(n.clamp(1, 9))).min(Duration::from_mins(5))
}

/// How long the words of a message to Signal wait for its file.
pub const FILE_WAIT: Duration = Duration::from_mins(1);

/// How long what the owner attached may take from signal-cli's folder into ours. It is on the same disk.
pub const FILE_WAIT_TO_SEND: Duration = Duration::from_hours(1);

/// How long it is tried to get a file whose owner cannot be asked.
pub const FETCH_FOR: Duration = Duration::from_hours(1);

/// How often somebody is asked for a file who says that there is none, or gives half of it.
pub const FETCH_ATTEMPTS: u32 = 3;

/// When a file that went without its message is told of at the latest: after [`FETCH_FOR`].
pub const LATE_FILE: Duration = Duration::from_hours(2);

/// How many files are fetched at once, of each channel.
pub const FETCHES: usize = 3;

/// How often the owner hears of strangers at most.
pub(super) const STRANGERS: Duration = Duration::from_hours(24);

/// How long what names a message that is not here yet waits for it.
pub const TARGET: Duration = Duration::from_secs(10);

/// How long a line about reactions waits for more of them.
pub const REACTIONS: Duration = Duration::from_mins(1);

/// How many reactions such a line names.
pub const REACTIONS_NAMED: usize = 8;

/// How long a line about a group waits for more of it.
pub const GROUP_NEWS: Duration = Duration::from_mins(1);

/// How many people such a line names.
pub const NEWS_NAMED: usize = 8;

/// How long Signal's apps take an edit or a deletion of a message,
pub const SIGNAL_CHANGES: Duration = Duration::from_hours(24);

/// and how many edits of it.
pub const SIGNAL_EDITS: i64 = 10;

/// How long WhatsApp takes an edit of a message. Its clock and ours differ a little.
pub const WHATSAPP_EDITS: Duration = Duration::from_mins(15);

/// How long WhatsApp takes a deletion for everybody.
pub const WHATSAPP_DELETIONS: Duration = Duration::from_hours(48);

/// How long after a call without an answer that changed a message what did the same is taken for its echo.
pub const LATE_ECHO: Duration = Duration::from_hours(1);
