//! What was read, on either side: written down, and told by [`crate::bridge::ticks`].

use super::Desk;
use crate::bridge::ticks;
use crate::event::{Ack, OwnerReceipt, ReceiptKind};
use crate::store::{ChatId, SignalPart, SignalSide, StoreError};

impl Desk<'_> {
    /// The owner has read messages in Signal. That one of them is not as it was written says nothing of the others.
    pub(super) fn take_read(&self, receipt: &OwnerReceipt) -> Result<(), StoreError> {
        if !self.seen || receipt.kind == ReceiptKind::Delivered {
            return Ok(());
        }
        for timestamp in &receipt.timestamps {
            let part = SignalPart { timestamp: *timestamp, author: SignalSide::Bridge };
            match ticks::read(self.tx, self.channel, &part, self.ticks_due) {
                Err(error) if error.is_tampering() => self.rung.tampered.set(true),
                Ok(true) => self.rung.read_in_signal.set(true),
                read => drop(read?),
            }
        }
        Ok(())
    }

    /// WhatsApp says how far a message of the owner has come.
    pub(super) fn take_progress(&self, ack: &Ack, chat: ChatId) -> Result<(), StoreError> {
        let Some(message) = self.tx.message_by_stanza(chat, &ack.chat, &ack.stanza)? else { return Ok(()) };
        if ticks::acknowledged(self.tx, self.channel, self.shown, message, ack)? {
            self.rung.read_on_whatsapp.set(true);
        }
        Ok(())
    }
}
