//! `forget` in the control chat: the answer to a message of the chat that is meant, or with its number behind it. Nothing
//! is done before the owner says yes to a question that names it.

use super::Desk;
use super::from_signal::about;
use crate::bridge::limits;
use crate::bridge::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Address, Notice, Taken, Typed, TypedBody};
use crate::store::{ChatId, SignalPart, SignalSide, StoreError};

/// What the owner wants of the memory of the bridge.
enum Wish {
    Forget(Option<Address>),
    Yes,
}

impl Desk<'_> {
    /// Takes what is a wish of this kind; nothing if it is none.
    pub(super) fn take_wish(&self, typed: &Typed, now: Moment) -> Result<Option<Taken>, StoreError> {
        match wish(typed) {
            Some(Wish::Forget(number)) => self.ask_to_forget(typed, number.as_ref(), now).map(Some),
            Some(Wish::Yes) => self.confirm(now),
            None => Ok(None),
        }
    }

    fn ask_to_forget(&self, typed: &Typed, number: Option<&Address>, now: Moment) -> Result<Taken, StoreError> {
        let chat = match number {
            Some(number) => self.chat_of(number, None)?,
            None => self.chat_meant(typed)?,
        };
        let notice = match chat {
            Some(chat) => {
                self.tx.ask_to_forget(self.channel, chat, now)?;
                let addresses = self.tx.chat_addresses(chat)?;
                Notice::Forget { about: about(typed), who: addresses.iter().find_map(Address::phone) }
            }
            None => Notice::NothingToForget { about: about(typed) },
        };
        tell::owner(self.tx, Say::control(self.channel, &notice), now)?;
        Ok(Taken::New)
    }

    /// The chat of what the owner quotes: a message of it, or a line of the bridge about it.
    fn chat_meant(&self, typed: &Typed) -> Result<Option<ChatId>, StoreError> {
        let Some(quote) = &typed.quote else { return Ok(None) };
        let author = if quote.author == typed.author { SignalSide::Owner } else { SignalSide::Bridge };
        let part = SignalPart { timestamp: quote.timestamp, author };
        match self.tx.chat_of_control(self.channel, &part)? {
            Some(chat) => Ok(Some(chat)),
            None => self.tx.chat_of_notice(self.channel, &part),
        }
    }

    /// Only while the question is open; else the word is like any other.
    fn confirm(&self, now: Moment) -> Result<Option<Taken>, StoreError> {
        let Some(chat) = self.tx.asked_to_forget(self.channel, now.minus(limits::FORGET))? else { return Ok(None) };
        self.tx.begin_to_forget(chat, now)?;
        self.rung.forget.set(true);
        Ok(Some(Taken::New))
    }
}

/// `yes` is a wish where it quotes nothing but the bridge; `forget` wherever it stands.
fn wish(typed: &Typed) -> Option<Wish> {
    let TypedBody::Text(text) = &typed.body else { return None };
    let text = text.reveal().trim();
    match text.split_once(char::is_whitespace) {
        None if text.eq_ignore_ascii_case("forget") => Some(Wish::Forget(None)),
        None if text.eq_ignore_ascii_case("yes") && typed.quote.is_none() => Some(Wish::Yes),
        Some((word, chat)) if word.eq_ignore_ascii_case("forget") && typed.quote.is_none() => {
            Address::named(chat).map(|address| Wish::Forget(Some(address)))
        }
        _ => None,
    }
}
