//! Answers to the bridge's own lines. None of them is a message to anybody; `retry` asks for what the line is about.

use super::Desk;
use super::from_signal::about;
use crate::bridge::labels::NOTICE;
use crate::bridge::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Event, NoRetry, Notice, Taken, Typed, TypedBody};
use crate::store::{ChatId, Delivery, Direction, Kept, Line, SignalPart, SignalSide, State, StoreError};

impl Desk<'_> {
    /// The line of the bridge that a message answers, if it does. `chat` is that of the portal it was typed in.
    pub(super) fn line_answered(&self, typed: &Typed, chat: Option<ChatId>) -> Result<Option<Line>, StoreError> {
        let Some(quote) = typed.quote.as_ref().filter(|quote| quote.author != typed.author) else { return Ok(None) };
        let part = SignalPart { timestamp: quote.timestamp, author: SignalSide::Bridge };
        if let Some(line) = self.tx.notice(self.channel, &part)? {
            return Ok(Some(line));
        }
        let known = match chat {
            Some(chat) => self.tx.message_by_signal(self.channel, chat, &part)?.is_some(),
            None => true,
        };
        // No body that comes from WhatsApp has that mark, so it is a line that is not remembered; or one that is being brought
        // just now, a message perhaps: that is looked at again before anything is sent.
        let is_line = quote.text.as_ref().is_some_and(|text| text.reveal().starts_with(NOTICE));
        let may_come = self.tx.call_open(self.lane(chat, Direction::ToSignal))?;
        Ok((!known && is_line && !may_come).then(Line::default))
    }

    pub(super) fn take_answer(
        &self,
        typed: &Typed,
        line: &Line,
        chat: Option<ChatId>,
        now: Moment,
    ) -> Result<Taken, StoreError> {
        let notice = if is_retry(&typed.body) {
            self.retry(line, chat, now)?.map(|why| Notice::NotRetried { about: about(typed), why })
        } else {
            Some(Notice::QuoteLeadsNowhere { about: about(typed) })
        };
        if let Some(notice) = notice {
            let say = match chat {
                Some(chat) => Say::portal(self.channel, chat, &notice),
                None => Say::control(self.channel, &notice),
            };
            tell::owner(self.tx, say, now)?;
        }
        Ok(Taken::New)
    }

    /// Puts the message back into its lane, or says why not. A line in a portal leads to messages of its own chat only.
    fn retry(&self, line: &Line, chat: Option<ChatId>, now: Moment) -> Result<Option<NoRetry>, StoreError> {
        let delivery = match self.tx.typed_of(self.channel, line)? {
            Kept::Here(delivery) if chat.is_none() || delivery.lane.chat == chat => delivery,
            Kept::Here(_) | Kept::Gone => return Ok(Some(NoRetry::Gone)),
            Kept::Sent => return Ok(Some(NoRetry::Sent)),
        };
        match &*delivery {
            Delivery { state: State::Pending | State::Held | State::InFlight, .. } => Ok(Some(NoRetry::OnItsWay)),
            Delivery { event: Some(Event::Typed(again)), .. } => {
                self.tx.retry(&delivery, again, now)?;
                Ok(None)
            }
            Delivery { seq, .. } => {
                // It cannot be read any more, and will not be.
                self.tx.finish(*seq)?;
                Ok(Some(NoRetry::Gone))
            }
        }
    }
}

fn is_retry(body: &TypedBody) -> bool {
    matches!(body, TypedBody::Text(text) if text.reveal().trim().eq_ignore_ascii_case("retry"))
}
