//! Whether WhatsApp has what was sent: the "not confirmed" notice waits beside the lane and is taken back by the first
//! sign of WhatsApp's server.

use super::limits;
use crate::clock::Moment;
use crate::event::{Aci, Address, Event, Notice, SignalQuote, StanzaId};
use crate::store::{ChannelId, ChatId, Direction, Lane, NewDelivery, SignalSide, Source, State, StoreError, Tx};

/// Lets the notice wait.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn expect(
    tx: &Tx<'_>,
    lane: Lane,
    sent: (&Address, &StanzaId),
    about: SignalQuote,
    now: Moment,
) -> Result<(), StoreError> {
    let event = Event::Notice(Notice::NotConfirmed { about });
    let new = NewDelivery {
        state: State::Held,
        source: Some(Source::WhatsApp(sent.0, sent.1)),
        not_before: now.plus(limits::CONFIRM),
        ..NewDelivery::due(Lane { direction: Direction::ToSignal, ..lane }, &event, now)
    };
    tx.enqueue(&new, now).map(|_| ())
}

/// Takes the notice back.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn confirmed(tx: &Tx<'_>, channel: ChannelId, chat: &Address, stanza: &StanzaId) -> Result<(), StoreError> {
    for held in tx.held_for(channel, chat, stanza)? {
        if matches!(held.event, Some(Event::Notice(_))) {
            tx.finish(held.seq)?;
        }
    }
    Ok(())
}

/// The Signal message behind a WhatsApp message that the owner typed, for a notice about it.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn quote_of(
    tx: &Tx<'_>,
    chat: ChatId,
    address: &Address,
    stanza: &StanzaId,
    owner: Option<&Aci>,
) -> Result<Option<SignalQuote>, StoreError> {
    let Some(message) = tx.message_by_stanza(chat, address, stanza)? else { return Ok(None) };
    let part = tx.signal_part_anywhere(message)?.filter(|part| part.author == SignalSide::Owner);
    Ok(part.zip(owner).map(|(part, owner)| SignalQuote {
        timestamp: part.timestamp,
        author: owner.clone(),
        text: None,
    }))
}
