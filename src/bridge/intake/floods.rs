//! Floods: what one sender writes beyond measure in one minute of one chat is counted, and told in one line there.

use super::Desk;
use crate::bridge::{limits, to_signal};
use crate::clock::Moment;
use crate::event::{Address, Amendment, Author, Event, Message, Notice};
use crate::redact::Private;
use crate::store::{ChatId, Direction, NewDelivery, State, StoreError};

/// What counts as written: a message, or something done to one.
pub(super) struct Written<'a> {
    pub(super) author: &'a Author,
    pub(super) chat: [Option<&'a Address>; 2],
    pub(super) sent_at: Moment,
}

impl<'a> Written<'a> {
    pub(super) fn message(message: &'a Message) -> Self {
        let chat = [Some(&message.chat), message.chat_alternative.as_ref()];
        Self { author: &message.author, chat, sent_at: message.sent_at }
    }

    pub(super) fn amendment(amendment: &'a Amendment) -> Self {
        let chat = [Some(&amendment.chat), amendment.chat_alternative.as_ref()];
        Self { author: &amendment.author, chat, sent_at: amendment.sent_at }
    }
}

impl Desk<'_> {
    /// Whether a message is more than is carried of its sender's minute; then it is in the line about that. What the
    /// owner writes on the phone is never too much.
    pub(super) fn is_folded(&self, written: &Written<'_>, chat: ChatId, now: Moment) -> Result<bool, StoreError> {
        let Some(sender) = sender(written.author).filter(|_| self.per_minute > 0) else { return Ok(false) };
        let minute = self.tx.count_in_minute(self.channel, chat, sender.reveal(), written.sent_at, now)?;
        if minute.count <= self.per_minute {
            return Ok(false);
        }
        self.fold(written, chat, &minute.group, now)?;
        Ok(true)
    }

    /// A line that is not said yet counts one more; after it was said, the next one begins.
    fn fold(&self, written: &Written<'_>, chat: ChatId, group: &str, now: Moment) -> Result<(), StoreError> {
        if let Some(line) = self.tx.unsaid(self.channel, group)?
            && let Some(Event::Notice(Notice::Flooded { who, more })) = &line.event
        {
            let notice = Notice::Flooded { who: who.clone(), more: more.saturating_add(1) };
            return self.tx.replace_event(&line, &Event::Notice(notice));
        }
        let event = Event::Notice(Notice::Flooded { who: to_signal::writer(written.author, written.chat), more: 1 });
        let lane = self.lane(Some(chat), Direction::ToSignal);
        let new = NewDelivery {
            state: State::Held,
            not_before: now.max(written.sent_at.plus(limits::MINUTE)).plus(limits::MINUTE),
            notice_group: Some(group),
            ..NewDelivery::due(lane, &event, now)
        };
        self.tx.enqueue_another(&new, now).map(drop)
    }
}

/// Whoever wrote it, by one address; in a direct chat there is one other person.
fn sender(author: &Author) -> Option<Private> {
    match author {
        Author::Owner => None,
        Author::Contact { .. } => Some("contact".into()),
        Author::Participant { address, .. } => {
            Some(address.as_ref().map_or_else(|| "somebody".into(), |address| address.chat_id()))
        }
    }
}
