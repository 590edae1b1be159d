//! What comes from WhatsApp about a message that is there already. What waits here is changed in its place; what names a
//! message that is not here yet waits for it, beside its lane.

use super::Desk;
use super::floods::Written;
use crate::bridge::{echo, limits};
use crate::clock::Moment;
use crate::event::{Amendment, Author, Content, Deed, Event, Message, Taken};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::store::{ChatId, Delivery, Direction, NewDelivery, Source, State, StoreError, WhatsAppPart};

impl Desk<'_> {
    pub(super) fn take_amended(&self, amendment: &Amendment, now: Moment) -> Result<Taken, StoreError> {
        if self.is_history(amendment.sent_at, now)? {
            return self.skip_history(now);
        }
        let chat = self.resolve(&amendment.chat, amendment.chat_alternative.as_ref(), now)?;
        if self.is_folded(&Written::amendment(amendment), chat, now)? {
            return Ok(Taken::NoConsequence);
        }
        self.amend(amendment, chat, now)?;
        reach!("amended.before_commit");
        Ok(Taken::New)
    }

    /// A message has come: what waited for it is done to it.
    pub(super) fn meet(&self, message: &Message, chat: ChatId, now: Moment) -> Result<(), StoreError> {
        for waiting in self.tx.on_the_way(self.channel, chat, &message.chat, &message.stanza)? {
            if let (State::Held, Some(Event::Amended(amendment))) = (waiting.state, &waiting.event) {
                self.tx.finish(waiting.seq)?;
                self.amend(amendment, chat, now)?;
            }
        }
        Ok(())
    }

    fn amend(&self, amendment: &Amendment, chat: ChatId, now: Moment) -> Result<(), StoreError> {
        let since = now.minus(limits::LATE_ECHO);
        if let Some(key) = echo::may_be(amendment)
            && self.tx.is_seen_since(self.channel, &key, since)?
        {
            return Ok(());
        }
        if amendment.author == Author::Owner && self.tx.change_open(self.channel, chat)? {
            // It may be the echo of what is being done for the owner.
            return self.queue_amendment(amendment, chat, Some(now.plus(limits::ECHO_HOLD)), now);
        }
        let on_the_way = self.tx.on_the_way(self.channel, chat, &amendment.chat, &amendment.target)?;
        let message = on_the_way.iter().find(|delivery| is_message(delivery));
        if let Some(delivery) = message
            && self.amend_in_place(amendment, delivery, now)?
        {
            return Ok(());
        }
        let known = self.tx.message_by_stanza(chat, &amendment.chat, &amendment.target)?.is_some();
        let until = if known || message.is_some() { None } else { Some(now.plus(limits::TARGET)) };
        self.queue_amendment(amendment, chat, until, now)
    }

    fn queue_amendment(
        &self,
        amendment: &Amendment,
        chat: ChatId,
        until: Option<Moment>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let (lane, event) = (self.lane(Some(chat), Direction::ToSignal), Event::Amended(amendment.clone()));
        let new = NewDelivery {
            state: if until.is_some() { State::Held } else { State::Pending },
            source: Some(Source::WhatsApp(&amendment.chat, &amendment.target)),
            not_before: until.unwrap_or(now),
            ..NewDelivery::due(lane, &event, now)
        };
        self.tx.enqueue(&new, now).map(drop)
    }

    /// Only of whoever wrote it, and only if no call can have shown it. False if it has to be done in Signal.
    fn amend_in_place(&self, amendment: &Amendment, delivery: &Delivery, now: Moment) -> Result<bool, StoreError> {
        let Some(Event::Message(message)) = &delivery.event else { return Ok(false) };
        let waits = matches!(delivery.state, State::Pending | State::Held) && !delivery.repeated;
        if !waits || !wrote(amendment, message) {
            return Ok(false);
        }
        match &amendment.deed {
            // Webhooks come in any order: a newer edit stays.
            Deed::Edit(_) if message.edited_at.is_some_and(|at| amendment.sent_at < at) => {}
            Deed::Edit(Some(text)) => {
                let Some(content) = edited(&message.content, text) else { return Ok(false) };
                let edited = Message { content, edited_at: Some(amendment.sent_at), ..message.clone() };
                self.tx.replace_event(delivery, &Event::Message(edited))?;
            }
            Deed::Delete => self.delete_in_place(message, delivery, now)?,
            Deed::Edit(None) | Deed::React(_) => return Ok(false),
        }
        Ok(true)
    }

    /// It was never shown. Its id stays, so that what comes late about it is known to mean nothing.
    fn delete_in_place(&self, message: &Message, delivery: &Delivery, now: Moment) -> Result<(), StoreError> {
        self.tx.finish(delivery.seq)?;
        let Some(chat) = delivery.lane.chat else { return Ok(()) };
        let row = self.tx.add_message(self.channel, chat, None, now)?;
        let ids = WhatsAppPart::new(message.stanza.clone(), message.message_id.clone());
        self.tx.add_whatsapp_part(row, &message.chat, &ids)?;
        self.tx.mark_deleted(row)
    }
}

fn is_message(delivery: &Delivery) -> bool {
    matches!(delivery.event, Some(Event::Message(_))) && delivery.state != State::Dead
}

fn wrote(amendment: &Amendment, message: &Message) -> bool {
    crate::whatsapp::is_by(&message.message_id, &amendment.author)
}

/// The words of a message are other ones; what it is stays. Nothing where words are not what it shows.
fn edited(content: &Content, text: &Private) -> Option<Content> {
    Some(match content {
        Content::Text(_) => Content::Text(text.clone()),
        Content::Media { file, .. } => Content::Media { file: file.clone(), caption: Some(text.clone()) },
        Content::Unsupported { what, .. } => Content::Unsupported { what: *what, caption: Some(text.clone()) },
        Content::Thing(_) => return None,
    })
}
