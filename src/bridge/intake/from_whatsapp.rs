//! What comes from WhatsApp.

use std::borrow::Cow;
use std::time::Duration;

use super::Desk;
use super::floods::Written;
use super::late::Named;
use crate::bridge::tell::{self, Say};
use crate::bridge::{awaited, confirm, files, limits, to_signal};
use crate::clock::Moment;
use crate::event::{Ack, Address, Author, Awaited, Content, Event, Message, Notice, Taken};
use crate::store::{ChatId, DeliveryId, Direction, NewDelivery, Sign, Source, State, StoreError};
use crate::whatsapp::is_by;

impl Desk<'_> {
    pub(super) fn take_message(&self, message: &Message, now: Moment) -> Result<Taken, StoreError> {
        self.note_phone(message, now)?;
        let message = &*self.unseen(message);
        if self.is_history(message.sent_at, now)? {
            return self.skip_history(now);
        }
        let chat = self.resolve(&message.chat, message.chat_alternative.as_ref(), now)?;
        if self.is_overtaken(message, chat)? {
            return Ok(Taken::NoConsequence);
        }
        if self.is_folded(&Written::message(message), chat, now)? {
            return Ok(Taken::NoConsequence);
        }
        if let Some(seconds) = message.stays_for
            && self.tx.note_timer(chat, seconds)?
        {
            self.rung.timers.set(true);
        }
        let (state, not_before) = self.when(message, chat, now)?;
        if message.author == Author::Owner {
            self.tx.open_chat(chat, now)?;
        }
        let (lane, event) = (self.lane(Some(chat), Direction::ToSignal), Event::Message(message.clone()));
        let source = Some(Source::WhatsApp(&message.chat, &message.stanza));
        let new = NewDelivery { state, source, not_before, ..NewDelivery::due(lane, &event, now) };
        let delivery = self.tx.enqueue_another(&new, now)?;
        if self.files.to_signal {
            // What may be the echo of a file of our own is not fetched until it is known to be none.
            self.want(delivery, files::count(&event), not_before)?;
        }
        self.meet(message, chat, now)?;
        awaited::over(self.tx, lane, chat, (&message.chat, &message.stanza), now)?;
        Ok(Taken::New)
    }

    /// The line waits for as long as the message may come by itself.
    pub(super) fn take_awaited(&self, awaited: &Awaited, now: Moment) -> Result<Taken, StoreError> {
        if self.is_history(awaited.sent_at, now)? {
            return Ok(Taken::NoConsequence);
        }
        let Awaited { chat: address, chat_alternative: alternative, stanza, author, .. } = awaited;
        let chat = self.resolve(address, alternative.as_ref(), now)?;
        let who = to_signal::writer(author, [Some(address), alternative.as_ref()]);
        // Only of the owner it says "you".
        let who = who.or_else(|| (*author != Author::Owner).then(|| "Somebody".into()));
        let message_id = Some(awaited.message_id.clone());
        let notice = Notice::Awaited { who, chat: address.clone(), stanza: stanza.clone(), message_id };
        tell::owner_later(self.tx, Say::portal(self.channel, chat, &notice), now.plus(limits::AGAIN), now)?;
        Ok(Taken::New)
    }

    /// What may be seen once is left where it is, if it is not wanted: nothing of it is stored.
    fn unseen<'m>(&self, message: &'m Message) -> Cow<'m, Message> {
        match &message.content {
            Content::Media { file, .. } if file.once && !(self.files.once && self.files.to_signal) => {
                Cow::Owned(Message { content: Content::UNSEEN, ..message.clone() })
            }
            _ => Cow::Borrowed(message),
        }
    }

    /// Whether its author has edited or deleted it and that came first, by more than it was waited for: then its newer form
    /// stands there already.
    fn is_overtaken(&self, message: &Message, chat: ChatId) -> Result<bool, StoreError> {
        let Some(row) = self.tx.message_by_stanza(chat, &message.chat, &message.stanza)? else { return Ok(false) };
        let known = self.tx.known(row)?;
        let by_author = self.tx.whatsapp_part(row)?.is_some_and(|part| is_by(&part.message_id, &message.author));
        // Of a file the edit has the words alone.
        let is_shown = known.edited_at.is_some() && matches!(message.content, Content::Text(_));
        Ok(by_author && (known.deleted || is_shown))
    }

    /// The files of a delivery are fetched once this is committed, and not before `from`.
    pub(super) fn want(&self, delivery: DeliveryId, count: usize, from: Moment) -> Result<(), StoreError> {
        if count > 0 {
            self.tx.want_media(self.channel, delivery, count, from)?;
            self.rung.files.set(true);
        }
        Ok(())
    }

    /// The chat of an address, with what the address says of people.
    pub(super) fn resolve(
        &self,
        address: &Address,
        alternative: Option<&Address>,
        now: Moment,
    ) -> Result<ChatId, StoreError> {
        let found = self.tx.resolve(self.channel, address, alternative, now)?;
        if let Some(displaced) = found.displaced {
            let notice = if displaced.is_reachable { Notice::NumberMoved } else { Notice::NumberLost };
            tell::owner(self.tx, Say::portal(self.channel, displaced.chat, &notice), now)?;
        }
        if found.has_twin {
            self.rung.twins.set(true);
        }
        Ok(found.chat)
    }

    pub(super) fn note_phone(&self, message: &Message, now: Moment) -> Result<(), StoreError> {
        if message.from_phone {
            self.tx.note_latest(self.channel, Sign::Phone, message.sent_at.min(now))?;
        }
        Ok(())
    }

    /// An own message that comes while a call without a chosen id is open may be the echo of that call: it is held
    /// until the call has its answer. Text and WAHA's `source` decide nothing.
    fn when(&self, message: &Message, chat: ChatId, now: Moment) -> Result<(State, Moment), StoreError> {
        let may_be_echo = message.author == Author::Owner && self.tx.nameless_call_open(self.channel, chat)?;
        Ok(if may_be_echo { (State::Held, now.plus(limits::ECHO_HOLD)) } else { (State::Pending, now) })
    }

    /// What was written before the channel began, or long ago, is not carried: after pairing or a long absence WAHA
    /// hands over old messages like new ones.
    pub(super) fn is_history(&self, sent_at: Moment, now: Moment) -> Result<bool, StoreError> {
        let began = self.tx.first_started(self.channel)?.minus(limits::START_MARGIN);
        Ok(sent_at < began || sent_at < now.minus(limits::CATCH_UP))
    }

    /// Counted at once, told a minute later in one line, because history comes in floods.
    pub(super) fn skip_history(&self, now: Moment) -> Result<Taken, StoreError> {
        self.tx.count_skipped(self.channel)?;
        let say = Say::control(self.channel, &Notice::HistorySkipped).once("history");
        tell::owner_later(self.tx, say, now.plus(Duration::from_mins(1)), now)?;
        Ok(Taken::NoConsequence)
    }

    /// A repeat does nothing, but for this: an own message that comes back from WhatsApp's server is confirmed.
    pub(super) fn take_repeat(&self, event: &Event, now: Moment) -> Result<Taken, StoreError> {
        if let Event::Message(message) = event
            && message.author == Author::Owner
            && message.ack >= Ack::SERVER
        {
            if let Some(chat) = self.chat_of(&message.chat, message.chat_alternative.as_ref())? {
                let named = Named { chat: &message.chat, stanza: &message.stanza, level: message.ack };
                self.settle_unknown(chat, &named, now)?;
            }
            confirm::confirmed(self.tx, self.channel, &message.chat, &message.stanza)?;
        }
        Ok(Taken::Repeat)
    }

    pub(super) fn take_ack(&self, ack: &Ack, now: Moment) -> Result<Taken, StoreError> {
        let Some(chat) = self.chat_of(&ack.chat, ack.chat_alternative.as_ref())? else {
            return Ok(Taken::NoConsequence);
        };
        if self.tx.message_by_stanza(chat, &ack.chat, &ack.stanza)?.is_none() {
            return self.take_unmatched_ack(ack, chat, now);
        }
        self.take_level(ack, chat, now)
    }

    /// What an acknowledgement says of a message that is known as sent.
    pub(super) fn take_level(&self, ack: &Ack, chat: ChatId, now: Moment) -> Result<Taken, StoreError> {
        if ack.level == Ack::FAILED {
            self.failed_later(ack, chat, now)?;
        } else if ack.level >= Ack::SERVER {
            confirm::confirmed(self.tx, self.channel, &ack.chat, &ack.stanza)?;
            self.take_progress(ack, chat)?;
        }
        Ok(Taken::New)
    }

    /// The ack of a call whose answer is not recorded waits for that, also if the call is made again after a crash.
    pub(super) fn hold_ack(&self, ack: &Ack, chat: ChatId, now: Moment) -> Result<Taken, StoreError> {
        if !self.tx.answer_missing(self.lane(Some(chat), Direction::ToWhatsApp))? {
            return Ok(Taken::NoConsequence);
        }
        let (lane, event) = (self.lane(Some(chat), Direction::ToSignal), Event::Ack(ack.clone()));
        let new = NewDelivery {
            state: State::Held,
            source: Some(Source::WhatsApp(&ack.chat, &ack.stanza)),
            not_before: now.plus(limits::ECHO_HOLD),
            ..NewDelivery::due(lane, &event, now)
        };
        self.tx.enqueue(&new, now)?;
        Ok(Taken::New)
    }

    fn failed_later(&self, ack: &Ack, chat: ChatId, now: Moment) -> Result<(), StoreError> {
        let about = confirm::quote_of(self.tx, chat, &ack.chat, &ack.stanza, self.owner)?;
        confirm::confirmed(self.tx, self.channel, &ack.chat, &ack.stanza)?;
        match about {
            Some(about) => confirm::failed(self.tx, (self.channel, chat), about, ack.why, now),
            None => Ok(()),
        }
    }
}
