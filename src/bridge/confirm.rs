//! Whether WhatsApp has what was sent: the "not confirmed" notice waits beside the lane and is taken back by the first
//! sign of WhatsApp's server.

use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Aci, Address, Event, Notice, SignalQuote, StanzaId, Undelivered};
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

/// WhatsApp took a message and failed later: a notice quotes it. That the account is restricted is also said in the control
/// chat, once a day at most, because it goes for other chats too.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn failed(
    tx: &Tx<'_>,
    (channel, chat): (ChannelId, ChatId),
    about: SignalQuote,
    why: Option<Undelivered>,
    now: Moment,
) -> Result<(), StoreError> {
    let why = why.unwrap_or(Undelivered::FailedLater);
    if why == Undelivered::Restricted {
        tell_restricted(tx, channel, now)?;
    }
    let notice = Notice::NotSent { about, why };
    tell::owner(tx, Say::portal(channel, chat, &notice), now).map(drop)
}

fn tell_restricted(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<(), StoreError> {
    let job = format!("notice:{}:restricted", channel.number());
    if tx.last_run(&job)?.is_some_and(|told| now.since(told) < limits::RESTRICTED_AGAIN) {
        return Ok(());
    }
    tx.set_last_run(&job, now)?;
    tell::owner(tx, Say::control(channel, &Notice::WhatsAppRestricted), now).map(drop)
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
