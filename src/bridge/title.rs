//! What a chat is called: the owner's own name for it, else what it calls itself, else its number. A name never leads
//! anywhere; it is only shown.

use super::channel::Channel;
use super::labels;
use crate::event::{Address, Author, Event, Message};
use crate::redact::Private;

/// A chat's name and how it is known.
#[derive(Debug)]
pub(super) struct Title {
    name: Private,
    number: Option<Private>,
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
    if address.is_group() {
        let subject = channel.whatsapp.group_subject(address).await.ok().flatten();
        let name = subject.and_then(|subject| labels::name(subject.reveal()));
        return Title { name: name.unwrap_or_else(|| "Group".into()), number: None, is_known: true };
    }
    let answer = channel.whatsapp.contact_name(address).await;
    let is_known = answer.as_ref().map_or(true, |known| known.as_ref().is_some_and(|known| known.from_address_book));
    let asked = answer.ok().flatten().and_then(|known| {
        let shown = if known.from_address_book { labels::name } else { labels::self_given };
        shown(known.name.reveal())
    });
    let number = address.phone().or_else(|| alternative(event));
    let name = asked.or_else(|| push_name(event)).or_else(|| number.clone());
    Title { name: name.unwrap_or_else(|| "Contact".into()), number, is_known }
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
