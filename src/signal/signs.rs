//! What the owner does without a message: types, receives and reads, calls. Pure.

use std::time::Duration;

use super::envelope::{CallMessage, Envelope, ReceiptMessage, TypingMessage};
use super::inbound::{Heard, key};
use crate::clock::Moment;
use crate::config::Aci;
use crate::event::{Arrival, Event, OwnerReceipt, ReceiptKind, Typing, TypingPlace};

/// Who typed longer ago than this may have stopped.
const PASSES: Duration = Duration::from_mins(1);

/// Reads an envelope of the owner's that holds no message.
pub(super) fn read(envelope: &Envelope<'_>, owner: &Aci, now: Moment) -> Heard {
    if let Some(typing) = typing(envelope, now) {
        return Heard::Typing(typing);
    }
    let event = receipt(envelope).or_else(|| call(envelope));
    let arrival = event.and_then(|event| Some(Arrival { key: key(envelope, owner, "").ok()?, at: now, event }));
    arrival.map_or(Heard::Nothing, |arrival| Heard::Arrival(Box::new(arrival)))
}

/// Typing in a group, unless it is late. In the control chat it is for nobody.
fn typing(envelope: &Envelope<'_>, now: Moment) -> Option<Typing> {
    let typing: TypingMessage = serde_json::from_str(envelope.typing_message?.get()).ok()?;
    let place = TypingPlace::Signal(typing.group_id?);
    let is_late = Moment(envelope.timestamp?) < now.minus(PASSES);
    (!is_late).then(|| Typing { place, is_typing: typing.action.as_deref() == Some("STARTED") })
}

/// A receipt that cannot be read proves nothing, and nobody misses it.
fn receipt(envelope: &Envelope<'_>) -> Option<Event> {
    let message: ReceiptMessage = serde_json::from_str(envelope.receipt_message?.get()).ok()?;
    let kind = kind_of_receipt(&message)?;
    let timestamps = message.timestamps.unwrap_or_default().into_iter().map(Moment).collect();
    Some(Event::OwnerReceipt(OwnerReceipt { kind, timestamps }))
}

/// A call begins with an offer, and only that is a call; signal-cli takes none.
fn call(envelope: &Envelope<'_>) -> Option<Event> {
    let call: CallMessage = serde_json::from_str(envelope.call_message?.get()).ok()?;
    call.offer_message.map(|_| Event::Called)
}

fn kind_of_receipt(message: &ReceiptMessage) -> Option<ReceiptKind> {
    let kinds = [
        (message.is_delivery, ReceiptKind::Delivered),
        (message.is_read, ReceiptKind::Read),
        (message.is_viewed, ReceiptKind::Viewed),
    ];
    kinds.into_iter().find_map(|(is, kind)| (is == Some(true)).then_some(kind))
}
