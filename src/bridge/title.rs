//! What a chat is called: the owner's own name for it, else a business's, else what it calls itself, else its number. A name never leads
//! anywhere; it is only shown.

use super::channel::Channel;
use super::labels;
use crate::event::{Address, AddressKind, Author, Event, Message};
use crate::redact::Private;
use crate::whatsapp::ContactName;

/// How well it is known what a chat is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// By its number, or not at all.
    Number = 0,
    /// By the name that its person chose.
    Given = 1,
    /// By the name of a business.
    Business = 2,
    /// By the owner's own name for it, or as the group that it is.
    Chosen = 3,
}

/// A chat's name and how it is known.
#[derive(Debug)]
pub(super) struct Title {
    name: Private,
    number: Option<Private>,
    /// How well it is known.
    pub(super) rank: Rank,
    /// Whether the chat is no stranger's: the owner has it in the address book, or it is a group the owner is in.
    pub(super) is_known: bool,
}

impl Title {
    /// As the title of a Signal group.
    pub(super) fn of_portal(&self) -> Private {
        format!("{} (WhatsApp)", self.name.reveal()).into()
    }

    /// As a label in the control chat. A self-given name says little, so the number stands beside it.
    pub(super) fn of_label(&self) -> Private {
        match self.number.as_ref().filter(|number| !self.is_known && **number != self.name) {
            Some(number) => format!("{}, {}", self.name.reveal(), number.reveal()).into(),
            None => self.name.clone(),
        }
    }
}

/// Asks WAHA what the chat is called. While WAHA does not say, nobody counts as a stranger for it.
pub(super) async fn of(channel: &Channel, address: &Address, event: &Event) -> Title {
    if !address.is_person() {
        return shared(channel, address).await.unwrap_or_else(|| of_group(unnamed(address).into(), Rank::Number));
    }
    let answer = channel.whatsapp.contact_name(address).await;
    let is_known = answer.as_ref().map_or(true, |known| known.as_ref().is_some_and(|known| known.from_address_book));
    let number = address.phone().or_else(|| alternative(event));
    let given = || push_name(event).map(|name| (name, Rank::Given));
    let (name, rank) = named(answer.ok().flatten().as_ref()).or_else(given).unzip();
    let name = name.or_else(|| number.clone()).unwrap_or_else(|| "Contact".into());
    Title { name, number, rank: rank.unwrap_or(Rank::Number), is_known }
}

/// The same, as far as WAHA says it now.
pub(super) async fn known(channel: &Channel, address: &Address) -> Option<Title> {
    if !address.is_person() {
        return shared(channel, address).await;
    }
    let answer = channel.whatsapp.contact_name(address).await.ok()??;
    let (name, rank) = named(Some(&answer))?;
    Some(Title { name, number: address.phone(), rank, is_known: answer.from_address_book })
}

/// What is no person's own.
async fn shared(channel: &Channel, address: &Address) -> Option<Title> {
    let name = match address.kind() {
        AddressKind::Group => channel.whatsapp.group_subject(address).await,
        AddressKind::Newsletter => channel.whatsapp.newsletter_name(address).await,
        AddressKind::Status | AddressKind::Lid | AddressKind::Number => return None,
    };
    labels::name(name.ok().flatten()?.reveal()).map(|name| of_group(name, Rank::Chosen))
}

fn unnamed(address: &Address) -> &'static str {
    match address.kind() {
        AddressKind::Status => "Status posts",
        AddressKind::Newsletter => "Channel",
        AddressKind::Group | AddressKind::Lid | AddressKind::Number => "Group",
    }
}

fn of_group(name: Private, rank: Rank) -> Title {
    Title { name, number: None, rank, is_known: true }
}

fn named(known: Option<&ContactName>) -> Option<(Private, Rank)> {
    let known = known?;
    let (shown, rank): (fn(&str) -> Option<Private>, _) = match known {
        ContactName { from_address_book: true, .. } => (labels::name, Rank::Chosen),
        ContactName { is_business: true, .. } => (labels::self_given, Rank::Business),
        ContactName { .. } => (labels::self_given, Rank::Given),
    };
    shown(known.name.reveal()).map(|name| (name, rank))
}

fn push_name(event: &Event) -> Option<Private> {
    match event {
        Event::Message(Message { author: Author::Contact { push_name: Some(name) }, .. }) => {
            labels::self_given(name.reveal())
        }
        _ => None,
    }
}

fn alternative(event: &Event) -> Option<Private> {
    match event {
        Event::Message(Message { chat_alternative: Some(alternative), .. }) => alternative.phone(),
        _ => None,
    }
}
