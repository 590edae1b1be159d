//! Carries one delivery to Signal: finds its conversation, makes the request, sends it, records what became of it.

use std::sync::Arc;

use super::after_signal::{self, dead, put_back};
use super::channel::Channel;
use super::files::{self, Brought};
use super::mentioned::{self, Mentioned};
use super::notices::Facts;
use super::outcome::{self, AfterSignal};
use super::place::{self, Place};
use super::ticks::{self, TicksDue};
use super::to_signal::{self, Context, FileFate};
use super::{amend_signal, awaited, limits, membership, proof, signal_side};
use crate::clock::Moment;
use crate::event::{Aci, Event, Message, Notice, PortalTrouble, Quote, Refusal, SignalQuote, Undelivered};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::signal::{Recipient, SendReceipt};
use crate::store::{
    ChatId, Delivery, Direction, Lane, MediaId, Portal, PortalId, Sign, SignalPart, SignalSide, StoreError, Tx,
    WhatsAppPart,
};

/// Carries the delivery. False if it stays because of something that passes.
pub(super) async fn carry(channel: &Channel, delivery: Delivery, failures: u32) -> bool {
    let Some(event) = delivery.event.clone() else {
        return dead(channel, delivery, Undelivered::Unreadable).await;
    };
    if let Event::GroupChanged { group, .. } = &event {
        return membership::attend(channel, &delivery, group, failures).await;
    }
    if let Event::Leave { group } = &event {
        return membership::leave(channel, &delivery, group, failures).await;
    }
    if let Event::Amended(amendment) = &event {
        return amend_signal::carry(channel, delivery, amendment, failures).await;
    }
    if let Some(proven) = proof::of(channel, &delivery).await {
        return delivered(channel, &delivery, &event, proven).await;
    }
    let found = match place::find(channel, &delivery, &event).await {
        Ok(Place::Portal(portal)) => Conversation { portal: Some(portal), title: None },
        Ok(Place::Control { title }) => Conversation { portal: None, title },
        Ok(Place::Moved) => return true,
        Ok(Place::Wait(until)) => {
            put_back(channel, &delivery, until, false, false).await;
            return true;
        }
        Err(error) if error.is_tampering() => {
            channel.counters.refused(Refusal::Tampered);
            tracing::error!(channel = %channel.name, %error, "the conversation of a delivery cannot be read");
            return dead(channel, delivery, Undelivered::PlaceUnreadable).await;
        }
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "the conversation of a delivery cannot be read");
            put_back(channel, &delivery, channel.clock.now().plus(limits::backoff(failures + 1)), false, false).await;
            return false;
        }
    };
    send(channel, delivery, event, found, failures).await
}

/// Where it goes, once that is found: a portal, or the control chat under a title.
struct Conversation {
    portal: Option<Portal>,
    title: Option<Private>,
}

/// What arrived, and what is to follow.
#[derive(Debug)]
pub(super) struct Arrived {
    /// Where.
    pub(super) portal: Option<Portal>,
    /// As what.
    pub(super) receipt: SendReceipt,
    /// The file that went with it.
    pub(super) file: Option<MediaId>,
    /// Whether it said that a file follows.
    pub(super) promised: bool,
}

async fn send(channel: &Channel, delivery: Delivery, event: Event, place: Conversation, failures: u32) -> bool {
    let owner = channel.owner_known().await;
    let file = match files::brought(channel, &delivery, &event).await {
        Ok(Brought::Later) | Err(_) => {
            channel.clock.sleep(limits::backoff(failures + 1)).await;
            return false;
        }
        Ok(file) => file,
    };
    if matches!(file, Brought::Changed) {
        return true;
    }
    let context = match context(channel, &delivery, &event, &place, &owner, &file).await {
        Read::Context(context) => {
            let mentioned = mentioned::of(channel, &event.mentions(), &owner).await;
            Context { speaker: speaker(channel, &event).await, mentioned, ..*context }
        }
        Read::NotYet => {
            put_back(channel, &delivery, channel.clock.now().plus(limits::SOON), false, false).await;
            return true;
        }
        Read::Unreadable => return false,
    };
    let Some(request) = to_signal::request(&event, context) else {
        let seq = delivery.seq;
        channel.insist(move |tx| tx.finish(seq)).await;
        return true;
    };
    let _permit = channel.signal_calls.acquire().await;
    if channel.account.pauses(channel.clock.now()) {
        // Learned by another lane meanwhile.
        return true;
    }
    if !begin(channel, &delivery).await {
        return false;
    }
    reach!("to_signal.before_call");
    let call = channel.signal.open_call();
    let answer = channel.signal.send(&call, &request).await;
    let lone = channel.signal.close_call(call, &answer);
    reach!("to_signal.after_call");
    let after = outcome::of_signal(&answer, &owner);
    if after != AfterSignal::Delivered {
        tracing::warn!(channel = %channel.name, ?after, "a message did not go to Signal as it should");
    }
    let (portal, went, promised) = (place.portal, file.id(), matches!(file, Brought::Late));
    // signal-cli is done with it, or will not be.
    drop(file);
    if let Some(lone) = lone.filter(|_| !delivery.repeated) {
        channel.doubts.open(&delivery, lone, portal.clone(), (went, promised));
        put_back(channel, &delivery, channel.clock.now().plus(limits::PROOF), false, true).await;
        return false;
    }
    match (after, answer) {
        (AfterSignal::Delivered, Ok(receipt)) => {
            delivered(channel, &delivery, &event, Arrived { portal, receipt, file: went, promised }).await
        }
        (AfterSignal::ReadByStranger, Ok(receipt)) => {
            membership::stop(channel, portal.as_ref(), PortalTrouble::Stranger).await;
            delivered(channel, &delivery, &event, Arrived { portal, receipt, file: went, promised }).await
        }
        (after, answer) => after_signal::not_delivered(channel, delivery, portal, after, answer.err(), failures).await,
    }
}

async fn speaker(channel: &Channel, event: &Event) -> Option<Private> {
    match event {
        Event::Message(message) => mentioned::speaker(channel, &message.author).await,
        _ => None,
    }
}

/// Durable before the call.
pub(super) async fn begin(channel: &Channel, delivery: &Delivery) -> bool {
    let head = delivery.clone();
    let begun = channel.store.write(move |tx| {
        let begun = tx.begin(&head, None);
        reach!("to_signal.begin.before_commit");
        begun
    });
    match begun.await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "a delivery cannot begin");
            channel.clock.sleep(limits::backoff(1)).await;
            false
        }
    }
}

/// What the store says that the request needs.
enum Read {
    Context(Box<Context>),
    /// It answers a message that is being sent just now.
    NotYet,
    Unreadable,
}

async fn context(
    channel: &Channel,
    delivery: &Delivery,
    event: &Event,
    place: &Conversation,
    owner: &Aci,
    file: &Brought,
) -> Read {
    let file = fate(file);
    let to = match &place.portal {
        Some(portal) => Recipient::Group(portal.group.clone()),
        None => Recipient::Owner(owner.clone()),
    };
    let (event, portal, repeated) = (event.clone(), place.portal.as_ref().map(|portal| portal.id), delivery.repeated);
    let title = place.title.clone();
    let lane = Lane { direction: Direction::ToWhatsApp, ..delivery.lane };
    let read = channel.store.read(move |tx| {
        let quoted = match lane.chat {
            Some(chat) => quoted(tx, &event, chat, portal)?,
            None => None,
        };
        let not_yet = quoted.is_none() && answers(&event) && tx.call_open(lane)?;
        let facts = Facts { skipped: tx.skipped(lane.channel)?, waiting: tx.awaiting_answer(lane.channel)? };
        Ok((!not_yet).then_some((quoted, facts)))
    });
    match read.await {
        Ok(Some((quoted, facts))) => {
            let quote = quoted.and_then(|(part, quote)| signal_quote(channel, part, quote, owner));
            Read::Context(Box::new(Context {
                to,
                quote,
                title,
                speaker: None,
                file,
                mentioned: Mentioned::default(),
                repeated,
                facts,
                map: channel.map_link.clone(),
                votes: channel.engine.borrow().is_some_and(|known| known.engine.votes()),
            }))
        }
        Ok(None) => Read::NotYet,
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "a delivery cannot be read");
            channel.clock.sleep(limits::backoff(1)).await;
            Read::Unreadable
        }
    }
}

fn fate(file: &Brought) -> FileFate {
    match file {
        Brought::Here { handed, kind, .. } => FileFate::Goes { path: handed.path(), kind: *kind },
        Brought::Late => FileFate::Follows,
        Brought::Failed { why } => FileFate::Fails(*why),
        Brought::None | Brought::Changed | Brought::Later => FileFate::None,
    }
}

fn answers(event: &Event) -> bool {
    matches!(event, Event::Message(Message { quote: Some(_), .. }))
}

fn quoted(
    tx: &Tx<'_>,
    event: &Event,
    chat: ChatId,
    portal: Option<PortalId>,
) -> Result<Option<(SignalPart, Quote)>, StoreError> {
    let (address, quote) = match event {
        Event::Message(Message { chat, quote: Some(quote), .. }) => (chat, quote.clone()),
        // A file that follows quotes its own message.
        Event::LateFile(message) => (&message.chat, Quote { stanza: message.stanza.clone(), text: None }),
        _ => return Ok(None),
    };
    let Some(message) = tx.message_by_stanza(chat, address, &quote.stanza)? else { return Ok(None) };
    Ok(tx.signal_part(message, portal)?.map(|part| (part, quote)))
}

fn signal_quote(channel: &Channel, part: SignalPart, quote: Quote, owner: &Aci) -> Option<SignalQuote> {
    let author = match part.author {
        SignalSide::Owner => Some(owner.clone()),
        SignalSide::Bridge => channel.bridge.get().cloned(),
    };
    author.map(|author| SignalQuote { timestamp: part.timestamp, author, text: quote.text })
}

async fn delivered(channel: &Channel, delivery: &Delivery, event: &Event, arrived: Arrived) -> bool {
    let now = channel.clock.now();
    let Arrived { portal, receipt, file, promised } = arrived;
    let record = Record {
        delivery: delivery.clone(),
        event: event.clone(),
        portal: portal.map(|portal| portal.id),
        part: SignalPart { timestamp: receipt.timestamp, author: SignalSide::Bridge },
        about: if let Event::Notice(notice) = event { about(channel, notice) } else { None },
        promised,
        ticks_due: Arc::clone(&channel.ticks_due),
        now,
    };
    signal_side::send_succeeded(channel).await;
    let is_read = channel
        .insist(move |tx| {
            let is_read = record.write(tx)?;
            reach!("to_signal.record.before_commit");
            Ok(is_read)
        })
        .await;
    reach!("to_signal.after_record");
    if is_read {
        channel.ticks_due.of(Direction::ToWhatsApp).notify_one();
    }
    files::remove(channel, file.as_slice()).await;
    true
}

/// A delivery that has arrived, to be written down.
#[derive(Clone)]
struct Record {
    delivery: Delivery,
    event: Event,
    portal: Option<PortalId>,
    part: SignalPart,
    /// The message of the owner that a line of the bridge is about.
    about: Option<SignalPart>,
    promised: bool,
    ticks_due: Arc<TicksDue>,
    now: Moment,
}

impl Record {
    /// True if it is to be told on WhatsApp that the owner has read it already.
    fn write(&self, tx: &Tx<'_>) -> Result<bool, StoreError> {
        let channel = self.delivery.lane.channel;
        // What a receipt has proven was not in flight, and its chat may have been forgotten meanwhile.
        let chat = match self.delivery.lane.chat {
            Some(chat) if tx.has_chat(chat)? => Some(chat),
            _ => None,
        };
        match (&self.event, chat) {
            (Event::Message(message), Some(chat)) => self.message(tx, message, chat)?,
            (Event::LateFile(message), Some(chat)) => {
                if let Some(row) = tx.message_by_stanza(chat, &message.chat, &message.stanza)? {
                    tx.add_signal_part(row, &self.part)?;
                }
            }
            (Event::Notice(notice), chat) => {
                tx.add_notice(channel, chat, &self.part, self.about.as_ref(), self.now)?;
                awaited::record(tx, Lane { chat, ..self.delivery.lane }, notice, (self.portal, &self.part), self.now)?;
            }
            _ => {}
        }
        tx.note(channel, Sign::ToSignal, self.now)?;
        tx.note_up_to(channel, Sign::Unproven, limits::UNCONFIRMED, self.now)?;
        tx.finish(self.delivery.seq)?;
        ticks::recorded(tx, channel, &self.part, &self.ticks_due)
    }

    fn message(&self, tx: &Tx<'_>, message: &Message, chat: ChatId) -> Result<(), StoreError> {
        let row = tx.add_message(self.delivery.lane.channel, chat, self.portal, self.now)?;
        let ids = WhatsAppPart {
            answers: message.quote.as_ref().map(|quote| quote.stanza.clone()),
            stands_for: to_signal::stands_for(&message.content),
            ..WhatsAppPart::new(message.stanza.clone(), message.message_id.clone())
        };
        tx.add_whatsapp_part(row, &message.chat, &ids)?;
        tx.add_signal_part(row, &self.part)?;
        if let Some(at) = message.edited_at {
            tx.note_edited(row, at)?;
        }
        if self.promised { files::record_late(tx, &self.delivery, message, self.now) } else { Ok(()) }
    }
}

/// What message of the owner a line of the bridge is about, for whoever answers it.
fn about(channel: &Channel, notice: &Notice) -> Option<SignalPart> {
    let of_owner = to_signal::about(notice).filter(|about| channel.owner.get() == Some(&about.author));
    of_owner.map(|about| SignalPart { timestamp: about.timestamp, author: SignalSide::Owner })
}
