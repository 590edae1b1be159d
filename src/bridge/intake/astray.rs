//! What cannot be understood, or leads by rows that are not as they were written.

use super::{Desk, not_changed};
use crate::bridge::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Event, Notice, Standing, Taken, Undelivered};
use crate::store::{Direction, NewDelivery, State, StoreError};

impl Desk<'_> {
    /// Kept sealed for whoever can read it one day; the owner hears of it once.
    pub(super) fn take_unreadable(&self, event: &Event, now: Moment) -> Result<Taken, StoreError> {
        let lane = self.lane(None, Direction::ToSignal);
        let dead = NewDelivery { state: State::Dead, ..NewDelivery::due(lane, event, now) };
        self.tx.enqueue(&dead, now)?;
        let say = Say::control(self.channel, &Notice::UnreadableWebhooks).once("unreadable");
        tell::owner(self.tx, say, now)?;
        Ok(Taken::New)
    }

    /// The rows it would go by are not as they were written. Others come all the same, so it is taken, and told.
    pub(super) fn take_astray(&self, event: &Event, now: Moment) -> Result<Taken, StoreError> {
        let why = Undelivered::PlaceUnreadable;
        match event {
            Event::Message(_) | Event::Amended(_) => {
                let lane = self.lane(None, Direction::ToSignal);
                self.tx.enqueue(&NewDelivery { state: State::Dead, ..NewDelivery::due(lane, event, now) }, now)?;
                tell::owner(self.tx, Say::control(self.channel, &Notice::NotBrought { why }), now)?;
                Ok(Taken::New)
            }
            Event::Typed(typed) => self.refused(typed, why, now),
            Event::Changed(change) => {
                not_changed(self.tx, (self.channel, None), change, Standing::Forgotten, now).map(|()| Taken::New)
            }
            _ => Ok(Taken::NoConsequence),
        }
    }
}
