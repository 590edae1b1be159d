//! Which chats are bridged at all. It is decided before anything is stored, so what is not allowed leaves nothing behind:
//! not even that it was seen. What is fetched again later meets the same decision.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{ChatSort, Chats, Verdict};
use crate::event::{Address, AddressKind, Author, Event, IntakeError};
use crate::redact::Private;
use crate::store::{ChannelId, ChatId, Store, StoreError, Tx};
use crate::whatsapp::{Client, WahaError};

/// Decides for a channel.
#[derive(Clone)]
pub(super) struct Permit {
    pub(super) channel: ChannelId,
    pub(super) store: Store,
    pub(super) whatsapp: Client,
    pub(super) rules: Arc<Chats>,
}

/// A chat as an event names it.
#[derive(PartialEq, Eq, Hash, Clone)]
struct Named {
    chat: Address,
    alternative: Option<Address>,
    is_own: bool,
}

impl Permit {
    /// For each event whether it is let in, and without what could not be judged.
    ///
    /// # Errors
    ///
    /// If it cannot be decided now; whoever brought them is to repeat them.
    pub(super) async fn judge<'a>(
        &self,
        events: impl Iterator<Item = &'a mut Event>,
    ) -> Result<Vec<bool>, IntakeError> {
        let (mut verdicts, mut known) = (Vec::new(), HashMap::new());
        for event in events {
            if self.rules.is_open() && !is_of_feed(event) {
                verdicts.push(true);
                continue;
            }
            verdicts.push(self.one(event, &mut known).await?);
            if let Event::Unreadable { body } = event {
                // Whose it is cannot be known.
                *body = Private::default();
            }
        }
        Ok(verdicts)
    }

    async fn one(&self, event: &Event, known: &mut HashMap<Named, bool>) -> Result<bool, IntakeError> {
        let Some(named) = named(event) else { return Ok(true) };
        if let Some(verdict) = known.get(&named) {
            return Ok(*verdict);
        }
        let verdict = self.lets_in(&named).await?;
        known.insert(named, verdict);
        Ok(verdict)
    }

    async fn lets_in(&self, named: &Named) -> Result<bool, IntakeError> {
        let (mut addresses, is_opened) = self.stored(named).await.map_err(|_| IntakeError)?;
        addresses.extend([Some(named.chat.clone()), named.alternative.clone()].into_iter().flatten());
        if self.rules.names_any() && named.chat.is_person() && has_one_kind(&addresses) {
            addresses.extend(Self::ask(self.whatsapp.other_address(&named.chat).await)?.flatten());
        }
        Ok(match judge(&self.rules, &addresses) {
            Verdict::Allowed => true,
            Verdict::Denied => false,
            Verdict::IfKnown(wanted) => (named.is_own || is_opened || self.is_contact(&named.chat).await?) == wanted,
        })
    }

    async fn stored(&self, named: &Named) -> Result<(Vec<Address>, bool), StoreError> {
        let (channel, named) = (self.channel, named.clone());
        let read = move |tx: &Tx<'_>| {
            let Some(chat) = tx.find_chat(channel, &named.chat, named.alternative.as_ref())? else {
                return Ok((Vec::new(), false));
            };
            Ok((tx.chat_addresses(chat)?, tx.is_opened(chat)?))
        };
        self.store.read(read).await
    }

    /// Where WAHA keeps no contacts nobody is a stranger for it.
    async fn is_contact(&self, chat: &Address) -> Result<bool, IntakeError> {
        let answer = Self::ask(self.whatsapp.contact_name(chat).await)?;
        Ok(answer.is_none_or(|known| known.is_some_and(|known| known.from_address_book)))
    }

    /// Nothing if WAHA does not answer such questions; an error if it does, and not now.
    fn ask<T>(answer: Result<T, WahaError>) -> Result<Option<T>, IntakeError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(WahaError::Refused) => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "WAHA does not say whose chat it is; the event is to be repeated");
                Err(IntakeError)
            }
        }
    }
}

/// Whether something that the owner typed may go into this chat: into none that is only read. A person who is bridged for being known, or for not
/// being it, was let in when the chat began.
pub(super) fn may_be_written_to(tx: &Tx<'_>, rules: &Chats, chat: ChatId) -> Result<bool, StoreError> {
    let addresses = tx.chat_addresses(chat)?;
    Ok(!addresses.iter().any(Address::is_feed) && judge(rules, &addresses) != Verdict::Denied)
}

fn judge(rules: &Chats, addresses: &[Address]) -> Verdict {
    let ids: Vec<_> = addresses.iter().map(Address::chat_id).collect();
    rules.judge(&ids, addresses.first().map_or(ChatSort::Person, sort))
}

fn sort(address: &Address) -> ChatSort {
    match address.kind() {
        AddressKind::Lid | AddressKind::Number => ChatSort::Person,
        AddressKind::Group => ChatSort::Group,
        AddressKind::Status => ChatSort::Status,
        AddressKind::Newsletter => ChatSort::Newsletter,
    }
}

/// What is only read is let in where that is wanted, also if nothing else is left out.
fn is_of_feed(event: &Event) -> bool {
    named(event).is_some_and(|named| named.chat.is_feed())
}

/// Whether nothing is known but one kind of address.
pub(super) fn has_one_kind(addresses: &[Address]) -> bool {
    addresses.iter().all(|address| addresses.first().is_some_and(|first| first.kind() == address.kind()))
}

fn named(event: &Event) -> Option<Named> {
    let (chat, alternative, is_own) = match event {
        Event::Message(message) => (&message.chat, &message.chat_alternative, message.author == Author::Owner),
        Event::Awaited(awaited) => (&awaited.chat, &awaited.chat_alternative, awaited.author == Author::Owner),
        Event::Amended(amendment) => (&amendment.chat, &amendment.chat_alternative, amendment.author == Author::Owner),
        Event::GroupNews(news) => (&news.chat, &None, false),
        Event::Ack(ack) => (&ack.chat, &ack.chat_alternative, true),
        _ => return None,
    };
    Some(Named { chat: chat.clone(), alternative: alternative.clone(), is_own })
}
