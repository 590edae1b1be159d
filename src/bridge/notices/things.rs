//! The lines of the bridge that stand with places, contacts, polls and their like.

use std::time::Duration;

use super::super::labels::NOTICE;
use crate::clock::Moment;
use crate::event::{Call, DealKind, Live};

/// Above a place.
#[must_use]
pub(in crate::bridge) fn place(live: Option<&Live>) -> String {
    let Some(live) = live else { return format!("{NOTICE} a location") };
    let length = match live.minutes {
        Some(minutes) => format!("for {}", super::span(Duration::from_secs(u64::from(minutes) * 60))),
        None => "for as long as it is shared".to_owned(),
    };
    format!(
        "{NOTICE} a live location, from {} {length}. Here it stands still; where it goes is in WhatsApp on the phone.",
        time(live.since)
    )
}

/// Above contacts.
#[must_use]
pub(in crate::bridge) fn contacts(count: usize) -> String {
    if count == 1 { format!("{NOTICE} a contact") } else { format!("{NOTICE} {count} contacts") }
}

/// A contact without a name.
pub(in crate::bridge) const NAMELESS: &str = "no name";

/// Below contacts whose cards are too large.
pub(in crate::bridge) const LARGE_CARDS: &str =
    "The cards themselves are larger than the bridge lets through. They are in WhatsApp on the phone.";

/// Above a poll.
#[must_use]
pub(in crate::bridge) fn poll(several: bool) -> String {
    let how = if several { "the numbers of your answers, as in 1, 3" } else { "the number of your answer" };
    format!("{NOTICE} a poll. To vote, answer this message with {how}.")
}

/// A vote; nothing: it could not be read.
#[must_use]
pub(in crate::bridge) fn vote(chosen: Option<&str>) -> String {
    match chosen {
        Some("") => format!("{NOTICE} took back the vote"),
        Some(chosen) => format!("{NOTICE} voted: {chosen}"),
        None => format!("{NOTICE} voted; for what is in WhatsApp on the phone."),
    }
}

/// Above the results of a poll.
#[must_use]
pub(in crate::bridge) fn results() -> String {
    format!("{NOTICE} the results of a poll")
}

/// Above an event.
#[must_use]
pub(in crate::bridge) fn appointment(off: bool) -> String {
    if off { format!("{NOTICE} an event, called off") } else { format!("{NOTICE} an event") }
}

/// When something is, from one moment to another.
#[must_use]
pub(in crate::bridge) fn when(from: Option<Moment>, until: Option<Moment>) -> Option<String> {
    match (from, until) {
        (Some(from), Some(until)) if date(from) == date(until) => Some(format!("{} to {}", moment(from), time(until))),
        (Some(from), Some(until)) => Some(format!("{} to {}", moment(from), moment(until))),
        (Some(from), None) => Some(moment(from)),
        (None, until) => until.map(|until| format!("until {}", moment(until))),
    }
}

/// Below a text with buttons.
#[must_use]
pub(in crate::bridge) fn choices(choices: &str) -> String {
    format!("{NOTICE} with buttons, which work in WhatsApp on the phone: {choices}")
}

/// Above a payment or something that is for sale.
#[must_use]
pub(in crate::bridge) fn deal(kind: DealKind, amount: Option<&str>) -> String {
    let what = match kind {
        DealKind::Request => "a request for a payment",
        DealKind::Payment => "a payment",
        DealKind::Declined => "a payment is declined",
        DealKind::Cancelled => "a request for a payment is taken back",
        DealKind::Invoice => "an invoice",
        DealKind::Order => "an order",
        DealKind::Product => "something for sale",
    };
    format!("{NOTICE} {what}{}", amount.map_or_else(String::new, |amount| format!(": {amount}")))
}

/// Above an invitation to a group.
#[must_use]
pub(in crate::bridge) fn invite(group: Option<&str>, until: Option<Moment>) -> String {
    let group = group.map_or_else(String::new, |group| format!(" “{group}”"));
    let until = until.map_or_else(String::new, |until| format!(" until {}", moment(until)));
    format!("{NOTICE} an invitation to the group{group}. It can be followed in WhatsApp on the phone{until}.")
}

/// A call.
#[must_use]
pub(in crate::bridge) fn call(call: &Call) -> String {
    let what = if call.film { "a video call" } else { "a call" };
    match call.planned {
        Some(at) => format!("{NOTICE} {what} is arranged for {}", moment(at)),
        None if call.rings => {
            format!("{NOTICE} {what} comes in. It can be taken in WhatsApp on the phone, and only there.")
        }
        None if call.missed => format!("{NOTICE} {what} that nobody took"),
        None => format!("{NOTICE} {what}"),
    }
}

/// A message was pinned, or is no more. `here`: whether it is quoted.
#[must_use]
pub(in crate::bridge) fn pin(pinned: bool, here: bool) -> String {
    let what = if here { "this message" } else { "a message that is not here any more" };
    format!("{NOTICE} {} {what}", if pinned { "pinned" } else { "unpinned" })
}

/// The bridge does not know where the owner is, so it says where it is that time.
fn time(at: Moment) -> String {
    let time: String = at.iso().split('T').nth(1).unwrap_or_default().chars().take(5).collect();
    format!("{time} UTC")
}

fn date(at: Moment) -> String {
    at.iso().chars().take(10).collect()
}

fn moment(at: Moment) -> String {
    format!("{}, {}", date(at), time(at))
}
