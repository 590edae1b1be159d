//! Records a message that WAHA has taken, in one job: its ids, what was held for its answer, and the wait for
//! WhatsApp's confirmation.

use super::channel::Channel;
use super::intake::about;
use super::tell::{self, Say};
use super::{confirm, held, ticks};
use crate::clock::Moment;
use crate::config::ToSignal;
use crate::event::{
    Ack, Address, Conversation, Event, MessageId, NoRetry, Notice, SignalQuote, StanzaId, Typed, TypedBody, Unsupported,
};
use crate::failpoint::reach;
use crate::store::{
    ChatId, Delivery, Direction, MediaId, MessageKey, PortalId, Sign, SignalPart, SignalSide, StoreError, Tx,
    WhatsAppPart,
};
use crate::whatsapp::{Sent, message_key};

/// The file that a message of several was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// The file.
    pub(super) row: MediaId,
    /// Whether it was the last one.
    pub(super) is_last: bool,
}

/// Records it. Without an id in the answer nothing can be recorded but that it is done.
pub(super) async fn record(
    channel: &Channel,
    delivery: Delivery,
    typed: &Typed,
    address: Address,
    answer: Sent,
    chosen: Option<StanzaId>,
    part: Option<Part>,
) {
    let now = channel.clock.now();
    let Some(stanza) = answer.stanza.or(chosen) else {
        tracing::warn!(channel = %channel.name, "WAHA named no id for a message; acks and replies will not find it");
        return without_id(channel, delivery, about(typed).timestamp, part).await;
    };
    let message_id = answer.message_id.unwrap_or_else(|| own_message_id(&address, &stanza));
    let record = Record { message_id, part, ..Record::new(delivery, typed, address, stanza, now) };
    let shown = channel.ticks.to_signal;
    let is_read = channel
        .insist(move |tx| {
            let is_read = record.write(tx, shown)?;
            reach!("to_whatsapp.record.before_commit");
            Ok(is_read)
        })
        .await;
    reach!("to_whatsapp.after_record");
    if is_read {
        channel.ticks_due.of(Direction::ToSignal).notify_one();
    }
}

/// That it was sent is known all the same, for when the owner edits or deletes it.
async fn without_id(channel: &Channel, delivery: Delivery, typed: Moment, part: Option<Part>) {
    let now = channel.clock.now();
    channel
        .insist(move |tx| {
            let lane = delivery.lane;
            if let Some(chat) = lane.chat {
                let row = tx.add_message(lane.channel, chat, None, now)?;
                tx.add_signal_part(row, &SignalPart { timestamp: typed, author: SignalSide::Owner })?;
            }
            tx.note(lane.channel, Sign::ToWhatsApp, now)?;
            done(tx, &delivery, part, now)?;
            reach!("to_whatsapp.without_id.before_commit");
            Ok(())
        })
        .await;
}

/// The delivery goes with its last file; until then it waits for the next one in its place.
fn done(tx: &Tx<'_>, delivery: &Delivery, part: Option<Part>, now: Moment) -> Result<(), StoreError> {
    match part {
        Some(Part { row, is_last: false }) => {
            tx.sent_media(row)?;
            tx.put_back(delivery.seq, now, false, false)
        }
        _ => tx.finish(delivery.seq),
    }
}

fn own_message_id(address: &Address, stanza: &StanzaId) -> MessageId {
    MessageId::new(format!("true_{}_{}", address.chat_id().reveal(), stanza.reveal()))
}

fn thing(body: &TypedBody) -> Option<Unsupported> {
    match body {
        TypedBody::Thing(thing) => Some(thing.as_unsupported()),
        TypedBody::Vote(_) => Some(Unsupported::PollVote),
        _ => None,
    }
}

/// A message that WhatsApp has, to be written down.
#[derive(Clone)]
pub(super) struct Record {
    delivery: Delivery,
    about: SignalQuote,
    /// Where it was typed.
    conversation: Conversation,
    /// What it was, if WhatsApp has something else than words or a file.
    stands_for: Option<Unsupported>,
    address: Address,
    stanza: StanzaId,
    message_id: MessageId,
    part: Option<Part>,
    now: Moment,
}

impl Record {
    /// One whose id for WAHA's API is not told, and so is put together.
    pub(super) fn new(delivery: Delivery, typed: &Typed, address: Address, stanza: StanzaId, now: Moment) -> Self {
        let message_id = own_message_id(&address, &stanza);
        let conversation = typed.conversation.clone();
        let (about, part, stands_for) = (about(typed), None, thing(&typed.body));
        Self { delivery, about, conversation, stands_for, address, stanza, message_id, part, now }
    }

    /// Writes it down, and takes the delivery away. True if the owner is to be told that it was read already.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub(super) fn write(&self, tx: &Tx<'_>, shown: ToSignal) -> Result<bool, StoreError> {
        let lane = self.delivery.lane;
        let Some(chat) = lane.chat else { return tx.finish(self.delivery.seq).map(|()| false) };
        tx.remember(lane.channel, &message_key(&self.address, &self.stanza), self.now)?;
        tx.note(lane.channel, Sign::ToWhatsApp, self.now)?;
        let portal = match &self.conversation {
            Conversation::Group(group) => tx.portal_by_group(lane.channel, group)?.map(|portal| portal.id),
            Conversation::Direct => None,
        };
        let message = self.add_message(tx, chat, portal)?;
        done(tx, &self.delivery, self.part, self.now)?;
        if self.delivery.retried {
            let notice = Notice::NotRetried { about: self.about.clone(), why: NoRetry::Sent };
            tell::owner(tx, Say::portal(lane.channel, chat, &notice), self.now)?;
        }
        let (level, acks) = self.settle_held(tx, chat)?;
        // WhatsApp need not say of a vote that it got there.
        if level == 0 && self.stands_for != Some(Unsupported::PollVote) {
            let sent = (&self.address, &self.stanza);
            confirm::expect(tx, lane, sent, self.about.clone(), self.now)?;
        }
        // What was held for this answer and is not named by it.
        held::release_own(tx, lane.channel, chat)?;
        if !ticks::waits_for_all(shown, &self.address) {
            return ticks::progress(tx, lane.channel, shown, (message, &self.stanza), level);
        }
        let mut is_read = false;
        for ack in &acks {
            is_read |= ticks::acknowledged(tx, lane.channel, shown, message, ack)?;
        }
        Ok(is_read)
    }

    fn add_message(&self, tx: &Tx<'_>, chat: ChatId, portal: Option<PortalId>) -> Result<MessageKey, StoreError> {
        let channel = self.delivery.lane.channel;
        let ids = WhatsAppPart::new(self.stanza.clone(), self.message_id.clone());
        let ids = WhatsAppPart { stands_for: self.stands_for, ..ids };
        let typed = SignalPart { timestamp: self.about.timestamp, author: SignalSide::Owner };
        // Of several files each is a message there and all are one here.
        if self.part.is_some()
            && let Some(row) = tx.message_by_signal(channel, chat, &typed)?
        {
            return tx.add_whatsapp_part(row, &self.address, &ids).map(|()| row);
        }
        let row = tx.add_message(channel, chat, portal, self.now)?;
        tx.add_whatsapp_part(row, &self.address, &ids)?;
        tx.add_signal_part(row, &typed)?;
        Ok(row)
    }

    /// The echo and the acks that came before the answer. How far the message has come by then, 0 if nothing says so; and what
    /// said it.
    fn settle_held(&self, tx: &Tx<'_>, chat: ChatId) -> Result<(i8, Vec<Ack>), StoreError> {
        let channel = self.delivery.lane.channel;
        let (mut level, mut why, mut acks) = (0, None, Vec::new());
        for held in tx.held_for(channel, &self.address, &self.stanza)? {
            if matches!(held.event, Some(Event::Amended(_))) {
                // It waited for this message to be known.
                tx.release(&held)?;
                continue;
            }
            level = match &held.event {
                Some(Event::Message(echo)) => level.max(echo.ack),
                Some(Event::Ack(ack)) if ack.level == Ack::FAILED => {
                    why = ack.why.or(why);
                    Ack::FAILED
                }
                Some(Event::Ack(ack)) if level != Ack::FAILED => level.max(ack.level),
                _ => level,
            };
            tx.finish(held.seq)?;
            if let Some(Event::Ack(ack)) = held.event {
                acks.push(ack);
            }
        }
        if level == Ack::FAILED {
            confirm::failed(tx, (channel, chat), self.about.clone(), why, self.now)?;
        }
        Ok((level, acks))
    }
}
