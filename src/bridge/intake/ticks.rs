//! What was read, on either side: written down, and told by [`ticks`](crate::bridge::ticks).

use super::Desk;
use crate::bridge::ticks;
use crate::event::{Ack, Event, OwnerReceipt, ReceiptKind};
use crate::store::{ChatId, Direction, SignalPart, SignalSide, StoreError};
use crate::whatsapp::received_in;

impl Desk<'_> {
    /// The owner has read messages in Signal. That one of them is not as it was written says nothing of the others.
    pub(super) fn take_read(&self, receipt: &OwnerReceipt) -> Result<(), StoreError> {
        if !self.seen || receipt.kind == ReceiptKind::Delivered {
            return Ok(());
        }
        for timestamp in &receipt.timestamps {
            match self.read(&SignalPart { timestamp: *timestamp, author: SignalSide::Bridge }) {
                Err(error) if error.is_tampering() => self.rung.tampered.set(true),
                read => read?,
            }
        }
        Ok(())
    }

    fn read(&self, part: &SignalPart) -> Result<(), StoreError> {
        let Some(tick) = self.tx.newest_part_of(self.channel, part)? else { return Ok(()) };
        let Some(ids) = self.tx.whatsapp_part(tick.message)? else { return Ok(()) };
        let Some(address) = received_in(&ids.message_id) else { return Ok(()) };
        let on_the_way = self.tx.on_the_way(self.channel, tick.chat, &address, &ids.stanza)?;
        // The words went ahead: who has read them has not seen the file.
        let is_half = on_the_way.iter().any(|delivery| matches!(delivery.event, Some(Event::LateFile(_))));
        if !is_half && self.tx.add_tick(tick.message, Direction::ToWhatsApp)? {
            self.rung.read_in_signal.set(true);
        }
        Ok(())
    }

    /// WhatsApp says how far a message of the owner has come.
    pub(super) fn take_progress(&self, ack: &Ack, chat: ChatId) -> Result<(), StoreError> {
        let Some(message) = self.tx.message_by_stanza(chat, &ack.chat, &ack.stanza)? else { return Ok(()) };
        if ticks::progress(self.tx, self.channel, self.shown, (message, &ack.stanza), ack.level)? {
            self.rung.read_on_whatsapp.set(true);
        }
        Ok(())
    }
}
