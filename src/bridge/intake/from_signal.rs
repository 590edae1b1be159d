//! What the owner typed in Signal.

use super::Desk;
use crate::bridge::tell::{self, Say};
use crate::bridge::{captcha, files, limits};
use crate::clock::Moment;
use crate::event::{
    Conversation, Event, GroupId, Notice, Place, SignalQuote, Taken, Thing, Typed, TypedBody, Undelivered, Unsupported,
};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::store::{ChatId, Direction, NewDelivery, PortalState, Sign, SignalPart, SignalSide, Source, StoreError};

impl Desk<'_> {
    /// The group alone says where it goes. A group that is no portal leads nowhere, and neither does the control chat.
    pub(super) fn take_typed(&self, typed: &Typed, now: Moment) -> Result<Taken, StoreError> {
        match &typed.conversation {
            Conversation::Direct => self.take_in_control(typed, now),
            Conversation::Group(group) => self.take_in_group(typed, group, now),
        }
    }

    /// Any receipt of the owner's is the proof that what was sent arrives; which message it names does not matter.
    pub(super) fn take_receipt(&self, now: Moment) -> Result<Taken, StoreError> {
        self.tx.note(self.channel, Sign::Proof, now)?;
        self.tx.forget(self.channel, Sign::Unproven)?;
        Ok(Taken::NoConsequence)
    }

    /// The line says it once while it is on its way, however often it rings.
    pub(super) fn take_call(&self, now: Moment) -> Result<Taken, StoreError> {
        tell::owner(self.tx, Say::control(self.channel, &Notice::NoCalls).once("call"), now)?;
        Ok(Taken::New)
    }

    /// The line waits for as long as the message may come again by itself.
    pub(super) fn take_undecrypted(&self, item: &Private, now: Moment) -> Result<Taken, StoreError> {
        let notice = Notice::NotDecrypted { item: item.clone() };
        tell::owner_later(self.tx, Say::control(self.channel, &notice), now.plus(limits::AGAIN), now)?;
        Ok(Taken::New)
    }

    /// In the control chat a quote routes, and nothing else does.
    fn take_in_control(&self, typed: &Typed, now: Moment) -> Result<Taken, StoreError> {
        if let Some(taken) = self.take_wish(typed, now)? {
            return Ok(taken);
        }
        let Some(quote) = &typed.quote else { return self.take_word(typed, now) };
        if let Some(line) = self.line_answered(typed, None)? {
            return self.take_answer(typed, &line, None, now);
        }
        let author = if quote.author == typed.author { SignalSide::Owner } else { SignalSide::Bridge };
        let part = SignalPart { timestamp: quote.timestamp, author };
        if let Some(chat) = self.tx.chat_of_control(self.channel, &part)? {
            return self.take_for_chat(typed, chat, now);
        }
        let notice = Notice::QuoteLeadsNowhere { about: about(typed) };
        tell::owner(self.tx, Say::control(self.channel, &notice), now)?;
        Ok(Taken::New)
    }

    /// `send` and `drop` answer the one question there can be, a captcha is one; anything else gets a hint.
    fn take_word(&self, typed: &Typed, now: Moment) -> Result<Taken, StoreError> {
        if captcha::typed(typed).is_some() {
            // It goes to Signal once this is committed, and is kept nowhere.
            return Ok(Taken::New);
        }
        let TypedBody::Text(text) = &typed.body else { return self.hint(now) };
        let asked = self.tx.awaiting_answer(self.channel)? > 0;
        match text.reveal().trim().to_lowercase().as_str() {
            "send" if asked => self.tx.approve_all(self.channel, now, limits::APPROVED_PACE)?,
            "drop" if asked => {
                self.tx.drop_all(self.channel)?;
                tell::owner(self.tx, Say::control(self.channel, &Notice::Dropped), now)?;
            }
            _ => return self.hint(now),
        }
        Ok(Taken::New)
    }

    fn take_for_chat(&self, typed: &Typed, chat: ChatId, now: Moment) -> Result<Taken, StoreError> {
        match self.refusal(&typed.body) {
            Some(why) => self.not_sent(typed, chat, why, now),
            None => self.queue(typed, chat, now),
        }
    }

    fn hint(&self, now: Moment) -> Result<Taken, StoreError> {
        tell::owner(self.tx, Say::control(self.channel, &Notice::ControlChatIsNoRoute).once("hint"), now)?;
        Ok(Taken::New)
    }

    fn take_in_group(&self, typed: &Typed, group: &GroupId, now: Moment) -> Result<Taken, StoreError> {
        let Some(portal) = self.tx.portal_by_group(self.channel, group)? else {
            self.refused(typed, Undelivered::NoPortal, now)?;
            return self.take_group(group, now);
        };
        if portal.state == PortalState::Stopped {
            return self.refused(typed, Undelivered::Stopped, now);
        }
        match self.line_answered(typed, Some(portal.chat))? {
            Some(line) => self.take_answer(typed, &line, Some(portal.chat), now),
            None => self.take_for_chat(typed, portal.chat, now),
        }
    }

    /// A group is looked at in the lane of its chat, and one that is no portal in the lane of the control chat.
    pub(super) fn take_group(&self, group: &GroupId, now: Moment) -> Result<Taken, StoreError> {
        let chat = self.tx.portal_by_group(self.channel, group)?.map(|portal| portal.chat);
        if chat.is_none() && self.tx.may_be_a_portal(group)? {
            return Ok(Taken::NoConsequence);
        }
        let event = Event::GroupChanged { group: group.clone(), by_stranger: false };
        self.tx.enqueue(&NewDelivery::due(self.lane(chat, Direction::ToSignal), &event, now), now)?;
        Ok(Taken::New)
    }

    /// Where it was typed nothing may be said, so each message is told of in the control chat.
    pub(super) fn refused(&self, typed: &Typed, why: Undelivered, now: Moment) -> Result<Taken, StoreError> {
        let notice = Notice::NotSent { about: about(typed), why };
        tell::owner(self.tx, Say::control(self.channel, &notice), now)?;
        Ok(Taken::New)
    }

    fn not_sent(&self, typed: &Typed, chat: ChatId, why: Undelivered, now: Moment) -> Result<Taken, StoreError> {
        let notice = Notice::NotSent { about: about(typed), why };
        tell::owner(self.tx, Say::portal(self.channel, chat, &notice), now)?;
        Ok(Taken::New)
    }

    fn queue(&self, typed: &Typed, chat: ChatId, now: Moment) -> Result<Taken, StoreError> {
        self.tx.open_chat(chat, now)?;
        let (lane, event) = (self.lane(Some(chat), Direction::ToWhatsApp), Event::Typed(typed.clone()));
        let source = SignalPart { timestamp: typed.timestamp, author: SignalSide::Owner };
        let new = NewDelivery { source: Some(Source::Signal(source)), ..NewDelivery::due(lane, &event, now) };
        let delivery = self.tx.enqueue_another(&new, now)?;
        if is_pictured(&typed.body) {
            let notice = Notice::PictureLeftOut { about: about(typed) };
            tell::owner(self.tx, Say::portal(self.channel, chat, &notice), now)?;
        }
        self.want(delivery, typed.body.files().len(), now)?;
        reach!("typed.before_commit");
        Ok(Taken::New)
    }
}

impl Desk<'_> {
    /// Why what was typed cannot be carried, if it cannot.
    pub(super) fn refusal(&self, body: &TypedBody) -> Option<Undelivered> {
        files::send::refusal(body, self.files.to_whatsapp).or_else(|| refusal(body))
    }
}

pub(super) fn refusal(body: &TypedBody) -> Option<Undelivered> {
    match body {
        TypedBody::Text(text) if text.reveal().trim().is_empty() => Some(Undelivered::NotCarried(Unsupported::Other)),
        TypedBody::Text(_)
        | TypedBody::Files { .. }
        | TypedBody::Long { .. }
        | TypedBody::Thing(_)
        | TypedBody::Vote(_) => None,
        TypedBody::Unsupported(what) => Some(Undelivered::NotCarried(*what)),
        TypedBody::Truncated => Some(Undelivered::Truncated),
    }
}

/// Whether it is a place that came with a picture.
fn is_pictured(body: &TypedBody) -> bool {
    matches!(body, TypedBody::Thing(Thing::Place(Place { pictured: true, .. })))
}

/// The owner's own message, for a notice that quotes it. Its text is on the owner's phone already; a vote is no message there.
pub(crate) fn about(typed: &Typed) -> SignalQuote {
    let text = matches!(typed.body, TypedBody::Vote(_)).then(|| "your vote in a poll".into());
    SignalQuote { timestamp: typed.timestamp, author: typed.author.clone(), text }
}
