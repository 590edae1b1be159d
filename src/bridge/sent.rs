//! Records a message that WAHA has taken, in one job: its ids, what was held for its answer, and the wait for
//! WhatsApp's confirmation.

use super::channel::Channel;
use super::confirm;
use super::intake::about;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Ack, Address, Author, Event, MessageId, Notice, SignalQuote, StanzaId, Typed, Undelivered};
use crate::store::{ChatId, Delivery, PortalId, Sign, SignalPart, SignalSide, StoreError, Tx, WhatsAppPart};
use crate::whatsapp::{Sent, message_key};

/// Records it. Without an id in the answer nothing can be recorded but that it is done.
pub(super) async fn record(
    channel: &Channel,
    delivery: Delivery,
    typed: &Typed,
    address: Address,
    answer: Sent,
    chosen: Option<StanzaId>,
) {
    let now = channel.clock.now();
    let Some(stanza) = answer.stanza.or(chosen) else {
        tracing::warn!(channel = %channel.name, "WAHA named no id for a message; acks and replies will not find it");
        let job = move |tx: &Tx<'_>| {
            tx.note(delivery.lane.channel, Sign::ToWhatsApp, now)?;
            tx.finish(delivery.seq)
        };
        channel.insist(job).await;
        return;
    };
    let message_id = answer.message_id.unwrap_or_else(|| own_message_id(&address, &stanza));
    let kept_until = now.plus(channel.retention);
    let record = Record { delivery, about: about(typed), address, stanza, message_id, now, kept_until };
    channel.insist(move |tx| record.write(tx)).await;
}

fn own_message_id(address: &Address, stanza: &StanzaId) -> MessageId {
    MessageId::new(format!("true_{}_{}", address.chat_id().reveal(), stanza.reveal()))
}

#[derive(Clone)]
struct Record {
    delivery: Delivery,
    about: SignalQuote,
    address: Address,
    stanza: StanzaId,
    message_id: MessageId,
    now: Moment,
    kept_until: Moment,
}

impl Record {
    fn write(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let lane = self.delivery.lane;
        let Some(chat) = lane.chat else { return tx.finish(self.delivery.seq) };
        tx.remember(lane.channel, &message_key(&self.address, &self.stanza), self.now)?;
        tx.note(lane.channel, Sign::ToWhatsApp, self.now)?;
        let portal = tx.portal_of(chat)?.map(|portal| portal.id);
        self.add_message(tx, chat, portal)?;
        tx.finish(self.delivery.seq)?;
        if !self.settle_held(tx, chat)? {
            let sent = (&self.address, &self.stanza);
            confirm::expect(tx, lane, sent, self.about.clone(), self.now)?;
        }
        self.release_others(tx, chat)
    }

    fn add_message(&self, tx: &Tx<'_>, chat: ChatId, portal: Option<PortalId>) -> Result<(), StoreError> {
        let row = tx.add_message(self.delivery.lane.channel, chat, portal, self.now, self.kept_until)?;
        let ids = WhatsAppPart { stanza: self.stanza.clone(), message_id: self.message_id.clone() };
        tx.add_whatsapp_part(row, &self.address, &ids)?;
        tx.add_signal_part(row, &SignalPart { timestamp: self.about.timestamp, author: SignalSide::Owner })
    }

    /// The echo and the acks that came before the answer. True if they say what became of the message.
    fn settle_held(&self, tx: &Tx<'_>, chat: ChatId) -> Result<bool, StoreError> {
        let channel = self.delivery.lane.channel;
        let mut level = 0;
        for held in tx.held_for(channel, &self.address, &self.stanza)? {
            level = match &held.event {
                Some(Event::Message(echo)) => level.max(echo.ack),
                Some(Event::Ack(ack)) if ack.level == Ack::FAILED => Ack::FAILED,
                Some(Event::Ack(ack)) if level != Ack::FAILED => level.max(ack.level),
                _ => level,
            };
            tx.finish(held.seq)?;
        }
        if level == Ack::FAILED {
            let notice = Notice::NotSent { about: self.about.clone(), why: Undelivered::FailedLater };
            tell::owner(tx, Say::portal(channel, chat, &notice), self.now)?;
        }
        Ok(level != 0)
    }

    /// Own messages held for this answer that it did not name were typed on the phone.
    fn release_others(&self, tx: &Tx<'_>, chat: ChatId) -> Result<(), StoreError> {
        let channel = self.delivery.lane.channel;
        if tx.nameless_call_open(channel, chat)? {
            return Ok(());
        }
        for held in tx.held_in(channel, chat)? {
            if matches!(&held.event, Some(Event::Message(message)) if message.author == Author::Owner) {
                tx.release(&held)?;
            }
        }
        Ok(())
    }
}
