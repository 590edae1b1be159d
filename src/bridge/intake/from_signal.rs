//! What the owner typed in Signal.

use super::Desk;
use crate::bridge::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Conversation, Event, GroupId, Notice, PortalTrouble, SignalQuote, Taken, Typed, TypedBody};
use crate::event::{Undelivered, Unsupported};
use crate::store::{ChatId, Direction, NewDelivery, PortalState, Sign, State, StoreError};

impl Desk<'_> {
    /// The group alone says where it goes. A group that is no portal leads nowhere, and neither does the control chat.
    pub(super) fn take_typed(&self, typed: &Typed, now: Moment) -> Result<Taken, StoreError> {
        match &typed.conversation {
            Conversation::Direct => self.hint(now),
            Conversation::Group(group) => self.take_in_group(typed, group, now),
        }
    }

    /// Any receipt of the owner's is the proof that what was sent arrives; which message it names does not matter.
    pub(super) fn take_receipt(&self, now: Moment) -> Result<Taken, StoreError> {
        self.tx.note(self.channel, Sign::Proof, now)?;
        self.tx.forget(self.channel, Sign::Unproven)?;
        Ok(Taken::NoConsequence)
    }

    fn hint(&self, now: Moment) -> Result<Taken, StoreError> {
        tell::owner(self.tx, Say::control(self.channel, &Notice::ControlChatIsNoRoute).once("hint"), now)?;
        Ok(Taken::New)
    }

    fn take_in_group(&self, typed: &Typed, group: &GroupId, now: Moment) -> Result<Taken, StoreError> {
        let Some(portal) = self.tx.portal_by_group(self.channel, group)? else {
            return Ok(Taken::NoConsequence);
        };
        if portal.state == PortalState::Stopped {
            let notice = Notice::PortalStopped { why: PortalTrouble::Stranger };
            tell::owner(self.tx, Say::control(self.channel, &notice).once("typed in stopped"), now)?;
            return Ok(Taken::New);
        }
        match refusal(&typed.body) {
            Some(why) => self.not_sent(typed, portal.chat, why, now),
            None => self.queue(typed, portal.chat, now),
        }
    }

    fn not_sent(&self, typed: &Typed, chat: ChatId, why: Undelivered, now: Moment) -> Result<Taken, StoreError> {
        let notice = Notice::NotSent { about: about(typed), why };
        tell::owner(self.tx, Say::portal(self.channel, chat, &notice), now)?;
        Ok(Taken::New)
    }

    fn queue(&self, typed: &Typed, chat: ChatId, now: Moment) -> Result<Taken, StoreError> {
        let new = NewDelivery {
            lane: self.lane(Some(chat), Direction::ToWhatsApp),
            state: State::Pending,
            event: &Event::Typed(typed.clone()),
            source: None,
            not_before: now,
            notice_group: None,
        };
        self.tx.enqueue(&new, now)?;
        Ok(Taken::New)
    }
}

fn refusal(body: &TypedBody) -> Option<Undelivered> {
    match body {
        TypedBody::Text(text) if text.reveal().trim().is_empty() => Some(Undelivered::NotCarried(Unsupported::Other)),
        TypedBody::Text(_) => None,
        TypedBody::Unsupported(what) => Some(Undelivered::NotCarried(*what)),
        TypedBody::Truncated => Some(Undelivered::Truncated),
    }
}

/// The owner's own message, for a notice that quotes it. Its text is on the owner's phone already.
pub(crate) fn about(typed: &Typed) -> SignalQuote {
    SignalQuote { timestamp: typed.timestamp, author: typed.author.clone(), text: None }
}
