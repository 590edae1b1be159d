//! What is done to the first message of the first person: on WhatsApp, and by the owner in Signal.

use crate::house::House;
use crate::talk::chat;
use simulator::signal_cli::Progress;
use simulator::waha::{WahaFault, WhatChange};

const FIRST: &str = "w1 0";

pub(crate) fn amend(house: &House) {
    let first = house.waha.history().into_iter().find(|message| message.text == FIRST).expect("it was written");
    // What is counted is how a text ends.
    house.waha.edits(&chat(1), None, &first.stanza, &format!("edited: {FIRST}"));
    house.waha.reacts(&chat(1), None, &first.stanza, "👍");
}

/// Both are shown, and neither anywhere else.
pub(crate) fn is_amended(house: &House) -> bool {
    let inbox = house.signal.inbox();
    let edited: Vec<_> = inbox.iter().filter(|message| message.text == format!("edited: {FIRST}")).collect();
    let reacted = inbox.iter().filter(|message| message.reactions.bridge.is_some()).count();
    matches!(edited.as_slice(), [one] if one.reactions.bridge.as_deref() == Some("👍")) && reacted == 1
}

pub(crate) fn react(house: &House) {
    let (first, group) = house.find(FIRST).expect("it has come");
    house.signal.owner_reacts(group.as_deref(), first, Some("❤️"));
}

pub(crate) fn react_while(house: &House, status: u16) {
    house.waha.fault(WahaFault::RefuseStatus { status, times: 1 });
    react(house);
}

/// Once or more often: it is the same each time. A refusal that was not recorded is asked for anew.
pub(crate) fn is_reacted(house: &House) -> bool {
    let first = house.waha.history().into_iter().find(|message| message.text == FIRST);
    let made = house.waha.changes_made();
    let all = made.iter().all(|change| change.what == WhatChange::React("❤️".to_owned()));
    let of_owner = [("owner".to_owned(), "❤️".to_owned())];
    all && !made.is_empty() && first.is_some_and(|first| first.reactions == of_owner)
}

pub(crate) fn read(house: &House) {
    let (first, _) = house.find(FIRST).expect("it has come");
    house.signal.owner_reads(&[first]);
}

/// That message and no other, once or more often.
pub(crate) fn is_seen(house: &House) -> bool {
    let first = house.waha.history().into_iter().find(|message| message.text == FIRST);
    let (seen, stanza) = (house.waha.seen(), first.expect("it was written").stanza);
    !seen.is_empty() && seen.iter().all(|seen| seen.chat_id == chat(1) && seen.stanzas() == [stanza.as_str()])
}

/// Something that the owner wrote, and nothing else, was said to be read.
pub(crate) fn is_receipted(house: &House) -> bool {
    let history = house.signal.history();
    let read = history.iter().filter(|message| message.own == Some(Progress::Read)).count();
    let calls = house.signal.calls().into_iter().filter(|(method, _)| method == "sendReceipt");
    let named = calls.flat_map(|(_, params)| params["targetTimestamp"].as_array().cloned().unwrap_or_default());
    let is_own = |at: Option<i64>| history.iter().any(|message| message.own.is_some() && Some(message.timestamp) == at);
    read > 0 && named.map(|at| at.as_i64()).all(is_own)
}
