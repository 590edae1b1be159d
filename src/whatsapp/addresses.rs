//! Who a message concerns: the contact's other address, and the author.

use super::ids::FullId;
use super::payload::{AckPayload, Data, Field, GowsSource, Me, MessagePayload, NowebKey};
use crate::event::{Address, AddressKind, Author};
use crate::redact::Private;

/// The owner's own addresses, as webhooks and the session name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    number: Option<Address>,
    lid: Option<Address>,
}

impl Own {
    /// Reads `me`; both are unknown where it is missing.
    pub(super) fn of(me: Option<&Me>) -> Self {
        let parse = |field: &Field<Private>| field.text().and_then(Address::parse);
        Self {
            number: me.and_then(|me| parse(&me.id).or_else(|| parse(&me.jid))),
            lid: me.and_then(|me| parse(&me.lid)),
        }
    }

    /// Whether this is the owner.
    #[must_use]
    pub fn includes(&self, address: &Address) -> bool {
        self.of_kind(address.kind()) == Some(address)
    }

    /// All that are known.
    pub(super) fn all(&self) -> Vec<Address> {
        [&self.number, &self.lid].into_iter().flatten().cloned().collect()
    }

    fn of_kind(&self, kind: AddressKind) -> Option<&Address> {
        match kind {
            AddressKind::Number => self.number.as_ref(),
            AddressKind::Lid => self.lid.as_ref(),
            AddressKind::Group | AddressKind::Status | AddressKind::Newsletter => None,
        }
    }
}

/// How sure we are that a candidate is not the owner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    /// The contact sent it, so the sender's addresses are the contact's.
    Contact,
    /// The owner sent it. An engine that fills in the sender here names the owner, and every contact would become the
    /// same person: a candidate counts only if it can be told from the owner.
    Owner,
}

/// The other address of a direct chat's contact, where the engine gives it.
pub(super) fn of_chat(chat: &Address, message: &MessagePayload, from_me: bool, own: &Own) -> Option<Address> {
    let data = message.data.get();
    let key = data.and_then(|data| data.key.get());
    let info = data.and_then(|data| data.info.get());
    first(chat, &candidates(key, info, from_me), own, if from_me { Sender::Owner } else { Sender::Contact })
}

/// The same for an ack: the receipt's sender is the contact, but the message's is the owner.
pub(super) fn of_ack(chat: &Address, ack: &AckPayload, own: &Own) -> Option<Address> {
    let data = ack.data.get();
    let key = data.and_then(|data| data.key.get());
    first(chat, &candidates(key, data.map(|data| &data.source), false), own, Sender::Owner)
}

fn candidates<'a>(key: Option<&'a NowebKey>, info: Option<&'a GowsSource>, from_me: bool) -> Vec<&'a Field<Private>> {
    let mut found: Vec<_> = key.map(|key| &key.remote_jid_alt).into_iter().collect();
    if let Some(info) = info {
        if info.is_from_me.0.unwrap_or(from_me) {
            found.push(&info.recipient_alt);
        } else {
            found.extend([&info.sender_alt, &info.sender]);
        }
    }
    found
}

fn first(of: &Address, candidates: &[&Field<Private>], own: &Own, sender: Sender) -> Option<Address> {
    let addresses = candidates.iter().filter_map(|candidate| Address::parse(candidate.text()?));
    let mut addresses = addresses.filter(|address| is_alternative(address, of, own, sender));
    addresses.next()
}

/// An alternative is of the other kind, a LID for a number or a number for a LID, and never the owner's.
fn is_alternative(address: &Address, of: &Address, own: &Own, sender: Sender) -> bool {
    let other_kind = matches!(
        (of.kind(), address.kind()),
        (AddressKind::Lid, AddressKind::Number) | (AddressKind::Number, AddressKind::Lid)
    );
    let is_not_own = match own.of_kind(address.kind()) {
        Some(own) => own != address,
        None => sender == Sender::Contact,
    };
    other_kind && is_not_own
}

/// Who wrote a message.
pub(super) fn author(chat: &Address, id: FullId<'_>, message: &MessagePayload, from_me: bool, own: &Own) -> Author {
    if from_me {
        return Author::Owner;
    }
    let push_name = message.data.get().and_then(push_name);
    if chat.is_person() || chat.kind() == AddressKind::Newsletter {
        return Author::Contact { push_name };
    }
    let address = participant(id, message);
    let alternative = address.as_ref().and_then(|address| of_participant(address, message, own));
    Author::Participant { address, alternative, push_name }
}

/// The name people gave themselves; it is nowhere but in the engine's own part.
fn push_name(data: &Data) -> Option<Private> {
    let gows = data.info.get().and_then(|info| info.push_name.text());
    data.push_name.text().or(gows).or(data.notify_name.text()).map(Private::from)
}

/// The id comes last: its parts are told apart by `_`, and the stanza in it is the sender's own choice.
fn participant(id: FullId<'_>, message: &MessagePayload) -> Option<Address> {
    let data = message.data.get();
    let noweb = data.and_then(|data| data.key.get()).and_then(|key| key.participant.text());
    let gows = data.and_then(|data| data.info.get()).and_then(|info| info.sender.text());
    [message.participant.text(), noweb, gows, id.participant].into_iter().flatten().find_map(Address::parse)
}

fn of_participant(address: &Address, message: &MessagePayload, own: &Own) -> Option<Address> {
    let data = message.data.get()?;
    let noweb = data.key.get().map(|key| &key.participant_alt);
    let gows = data.info.get().map(|info| &info.sender_alt);
    let candidates: Vec<_> = noweb.into_iter().chain(gows).collect();
    first(address, &candidates, own, Sender::Contact)
}
