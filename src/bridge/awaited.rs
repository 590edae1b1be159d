//! The line about a message that WhatsApp waits for: once the message has come, it says so.

use crate::clock::Moment;
use crate::event::{Address, Amendment, Author, Deed, Event, Notice, StanzaId};
use crate::store::{ChatId, Direction, Lane, NewDelivery, PortalId, SignalPart, Source, StoreError, Tx, WhatsAppPart};
use crate::whatsapp::{awaited_stanza, message_key};

/// Writes down where the line stands, if this is one.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn record(
    tx: &Tx<'_>,
    lane: Lane,
    notice: &Notice,
    (portal, part): (Option<PortalId>, &SignalPart),
    now: Moment,
) -> Result<(), StoreError> {
    let Notice::Awaited { chat: address, stanza, message_id: Some(message_id), .. } = notice else { return Ok(()) };
    let Some(chat) = lane.chat else { return Ok(()) };
    let row = tx.add_message(lane.channel, chat, portal, now)?;
    let ids = WhatsAppPart::new(stanza.clone(), message_id.clone());
    tx.add_stand_in(row, address, &awaited_stanza(stanza), &ids)?;
    tx.add_line_part(row, part)?;
    // It came while the line was sent.
    if tx.is_seen(lane.channel, &message_key(address, stanza))? {
        over(tx, lane, chat, (address, stanza), now)
    } else {
        Ok(())
    }
}

/// A message has come: a line about it says so, behind it in its lane.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn over(
    tx: &Tx<'_>,
    lane: Lane,
    chat: ChatId,
    (address, stanza): (&Address, &StanzaId),
    now: Moment,
) -> Result<(), StoreError> {
    let target = awaited_stanza(stanza);
    if tx.message_by_stanza(chat, address, &target)?.is_none() {
        return Ok(());
    }
    let source = Some(Source::WhatsApp(address, &target));
    let event = Event::Amended(Amendment {
        chat: address.clone(),
        chat_alternative: None,
        target: target.clone(),
        stanza: None,
        author: Author::Owner,
        sent_at: now,
        deed: Deed::Edit(None),
        mentions: Vec::new(),
    });
    let lane = Lane { direction: Direction::ToSignal, ..lane };
    tx.enqueue(&NewDelivery { source, ..NewDelivery::due(lane, &event, now) }, now).map(drop)
}
