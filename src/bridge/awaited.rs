//! The line about a message that WhatsApp waits for. It stands for the message until that comes, and then says so.

use crate::clock::Moment;
use crate::event::{Address, Amendment, Author, Deed, Event, MessageId, StanzaId};
use crate::store::{ChatId, Direction, Lane, NewDelivery, PortalId, SignalPart, Source, StoreError, Tx, WhatsAppPart};
use crate::whatsapp::{awaited_stanza, message_key};

/// The message that a line is about.
pub(super) struct Line<'a> {
    /// The chat, in the form the message was addressed by.
    pub(super) address: &'a Address,
    pub(super) stanza: &'a StanzaId,
    pub(super) message_id: &'a MessageId,
}

impl Line<'_> {
    /// Writes down where it stands: what answers it answers the message.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub(super) fn record(
        &self,
        tx: &Tx<'_>,
        lane: Lane,
        (portal, part): (Option<PortalId>, &SignalPart),
        now: Moment,
    ) -> Result<(), StoreError> {
        let Some(chat) = lane.chat else { return Ok(()) };
        let row = tx.add_message(lane.channel, chat, portal, now)?;
        let ids = WhatsAppPart::new(self.stanza.clone(), self.message_id.clone());
        tx.add_stand_in(row, self.address, &awaited_stanza(self.stanza), &ids)?;
        tx.add_line_part(row, part)?;
        // It came while the line was sent.
        if tx.is_seen(lane.channel, &message_key(self.address, self.stanza))? {
            over(tx, lane, chat, (self.address, self.stanza), now)?;
        }
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
