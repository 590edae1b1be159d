//! What the owner edits or deletes in Signal. What still waits here follows at once, in the job that looks where it
//! stands; what WhatsApp has, or may have, does not, and the owner is told.

use super::Desk;
use crate::bridge::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{
    Change, Conversation, Event, Notice, SignalQuote, Standing, Taken, Typed, TypedBody, Undelivered, Unsupported,
};
use crate::failpoint::reach;
use crate::store::{ChatId, Delivery, SignalPart, SignalSide, State, StoreError};

impl Desk<'_> {
    /// Signal names the message; it must have been typed where it is changed.
    pub(super) fn take_changed(&self, change: &Change, now: Moment) -> Result<Taken, StoreError> {
        let target = SignalPart { timestamp: change.target, author: SignalSide::Owner };
        if let Conversation::Group(group) = &change.conversation
            && self.tx.portal_by_group(self.channel, group)?.is_none()
        {
            self.take_group(group, now)?;
        }
        if change.body.is_some() {
            self.tx.add_edit(self.channel, change.timestamp, &target, now)?;
        }
        match self.tx.typed(self.channel, &target)? {
            Some(Delivery { event: Some(Event::Typed(ref typed)), .. })
                if typed.conversation != change.conversation => {}
            Some(delivery) => self.change_delivery(change, &delivery, now)?,
            None => self.change_gone(change, &target, now)?,
        }
        reach!("changed.before_commit");
        Ok(Taken::New)
    }

    fn change_delivery(&self, change: &Change, delivery: &Delivery, now: Moment) -> Result<(), StoreError> {
        match (&change.body, &delivery.event) {
            (None, _) => self.take_back(change, delivery, now),
            (Some(body), Some(Event::Typed(typed))) => self.edit(change, delivery, typed, body, now),
            // What it was cannot be read any more, so what it answers is lost: it ends with its own notice.
            (Some(_), _) => Ok(()),
        }
    }

    /// Signal shows the deletion; more is only said where WhatsApp may show the message.
    fn take_back(&self, change: &Change, delivery: &Delivery, now: Moment) -> Result<(), StoreError> {
        if delivery.state == State::InFlight {
            return self.not_changed(change, delivery.lane.chat, Standing::BeingSent, now);
        }
        self.tx.finish(delivery.seq)?;
        if self.tx.awaiting_answer(self.channel)? == 0 {
            // Nothing is left to be asked about.
            self.tx.drop_held(self.channel, tell::MAY_SEND)?;
        }
        if is_in_doubt(delivery) {
            return self.not_changed(change, delivery.lane.chat, Standing::MaybeSent, now);
        }
        Ok(())
    }

    /// An edit takes the place of what waits. What was given up keeps the new text for a retry, since that is what the
    /// owner sees.
    fn edit(
        &self,
        change: &Change,
        delivery: &Delivery,
        typed: &Typed,
        body: &TypedBody,
        now: Moment,
    ) -> Result<(), StoreError> {
        if delivery.state == State::InFlight || (delivery.state == State::Pending && is_in_doubt(delivery)) {
            return self.not_changed(change, delivery.lane.chat, Standing::BeingSent, now);
        }
        let body = edited(&typed.body, body);
        if let Some(why) = self.refusal(&body) {
            return self.edited_away(change, delivery, why, now);
        }
        self.tx.replace_event(delivery, &Event::Typed(Typed { body, ..typed.clone() }))?;
        let standing = match delivery.state {
            State::Unknown => Standing::MaybeSent,
            State::Dead => Standing::NotSent,
            State::Pending | State::Held | State::InFlight => return Ok(()),
        };
        self.not_changed(change, delivery.lane.chat, standing, now)
    }

    /// What it says now cannot be carried, and what it said before is not what the owner wants to say.
    fn edited_away(
        &self,
        change: &Change,
        delivery: &Delivery,
        why: Undelivered,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.tx.finish(delivery.seq)?;
        if is_in_doubt(delivery) {
            return self.not_changed(change, delivery.lane.chat, Standing::MaybeSent, now);
        }
        let notice = Notice::NotSent { about: about(change), why };
        tell::owner(self.tx, self.at(delivery.lane.chat, &notice), now).map(drop)
    }

    /// It is not here: it was sent, or it was refused when it was typed, or it is past its time.
    fn change_gone(&self, change: &Change, target: &SignalPart, now: Moment) -> Result<(), StoreError> {
        let chat = match &change.conversation {
            Conversation::Group(group) => self.tx.portal_by_group(self.channel, group)?.map(|portal| portal.chat),
            Conversation::Direct => self.tx.chat_of_control(self.channel, target)?,
        };
        let sent = match chat {
            Some(chat) => self.tx.message_by_signal(self.channel, chat, target)?.is_some(),
            None => false,
        };
        let standing = match now.since(change.target) < self.tx.kept_for(self.channel, chat)? {
            _ if sent => Standing::Sent,
            false => Standing::Forgotten,
            // Ids are kept for longer than that, so it never went.
            true if change.body.is_none() => return Ok(()),
            true => Standing::NeverSent,
        };
        self.not_changed(change, chat, standing, now)
    }

    fn not_changed(
        &self,
        change: &Change,
        chat: Option<ChatId>,
        standing: Standing,
        now: Moment,
    ) -> Result<(), StoreError> {
        let what = if change.body.is_some() { Unsupported::Edit } else { Unsupported::Deletion };
        let notice = Notice::NotChanged { about: about(change), change: what, standing };
        tell::owner(self.tx, self.at(chat, &notice), now).map(drop)
    }

    fn at<'n>(&self, chat: Option<ChatId>, notice: &'n Notice) -> Say<'n> {
        match chat {
            Some(chat) => Say::portal(self.channel, chat, notice),
            None => Say::control(self.channel, notice),
        }
    }
}

/// What a message says after an edit. Only words can be edited: its files are those it had, and a text gets none.
fn edited(before: &TypedBody, now: &TypedBody) -> TypedBody {
    match (before, now) {
        (TypedBody::Files { files, .. }, TypedBody::Text(text)) => {
            TypedBody::Files { files: files.clone(), caption: Some(text.clone()) }
        }
        (TypedBody::Files { files, .. }, TypedBody::Files { caption, .. }) => {
            TypedBody::Files { files: files.clone(), caption: caption.clone() }
        }
        (_, TypedBody::Files { files, .. }) => {
            TypedBody::Unsupported(files.first().map_or(Unsupported::Attachment, |file| file.kind.as_unsupported()))
        }
        (_, now) => now.clone(),
    }
}

/// Whether an earlier call may have sent it.
fn is_in_doubt(delivery: &Delivery) -> bool {
    delivery.state == State::Unknown || (delivery.state != State::Dead && delivery.repeated)
}

fn about(change: &Change) -> SignalQuote {
    SignalQuote { timestamp: change.target, author: change.author.clone(), text: None }
}
