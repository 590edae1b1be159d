//! WhatsApp names a message whose outcome was unknown, by the id that was chosen for it: it was sent after all.

use super::Desk;
use super::from_signal::about;
use crate::bridge::sent::Record;
use crate::bridge::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Ack, Address, Event, Notice, StanzaId, Taken};
use crate::failpoint::reach;
use crate::store::{ChatId, Delivery, Direction, StoreError};

/// What names it.
pub(super) struct Named<'a> {
    pub(super) chat: &'a Address,
    pub(super) stanza: &'a StanzaId,
    /// As in [`Ack::level`].
    pub(super) level: i8,
}

impl Desk<'_> {
    /// Records the message as sent, takes the question back, and says so, unless what is known is that it failed: that has
    /// words of its own. False if no message of unknown outcome has this id.
    pub(super) fn settle_unknown(&self, chat: ChatId, named: &Named<'_>, now: Moment) -> Result<bool, StoreError> {
        let lane = self.lane(Some(chat), Direction::ToWhatsApp);
        let unknown = self.tx.unknown_in(lane)?;
        let Some(delivery) = unknown.into_iter().find(|delivery| delivery.chosen.as_ref() == Some(named.stanza)) else {
            return Ok(false);
        };
        let Some(Event::Typed(typed)) = delivery.event.clone() else { return Ok(false) };
        let about = about(&typed);
        let delivery = Delivery { retried: false, ..delivery };
        Record::new(delivery, &typed, named.chat.clone(), named.stanza.clone(), now).write(self.tx, self.shown)?;
        if named.level != Ack::FAILED {
            tell::owner(self.tx, Say::portal(self.channel, chat, &Notice::SentAfterAll { about }), now)?;
        }
        reach!("intake.late.before_commit");
        Ok(true)
    }

    /// An acknowledgement of a message that is not known as sent.
    pub(super) fn take_unmatched_ack(&self, ack: &Ack, chat: ChatId, now: Moment) -> Result<Taken, StoreError> {
        let named = Named { chat: &ack.chat, stanza: &ack.stanza, level: ack.level };
        if self.settle_unknown(chat, &named, now)? {
            self.take_level(ack, chat, now)
        } else {
            self.hold_ack(ack, chat, now)
        }
    }
}
