//! WAHA's message ids, and the keys under which events are remembered as seen.

use crate::event::{Address, Author, MessageId, SeenKey, SeenKind, StanzaId};
use crate::redact::Private;

/// The scope of everything in a direct chat.
const DIRECT: &str = "direct";
/// The scope of what is known by WAHA's event id.
const EVENT: &str = "event";

/// The parts of `{true|false}_{chat}_{stanza}[_{participant}]`. WhatsApp's own apps put no `_` into a
/// stanza.
///
/// The chat is taken from here and never from `from` or `to`, which mean something else with every engine.
#[derive(Clone, Copy)]
pub(super) struct FullId<'a> {
    /// Whether the owner wrote it.
    pub(super) from_me: bool,
    /// The chat's JID.
    pub(super) chat: &'a str,
    /// The bare stanza id.
    pub(super) stanza: &'a str,
    /// The author's JID, in groups. WEBJS ends ids of the note-to-self chat in `_in` or `_out` instead.
    pub(super) participant: Option<&'a str>,
}

impl<'a> FullId<'a> {
    /// Takes an id apart; nothing if it is not of this form.
    pub(super) fn parse(id: &'a str) -> Option<Self> {
        let mut parts = id.split('_');
        let from_me = parts.next()?.parse().ok()?;
        let (chat, stanza) = (parts.next()?, parts.next().filter(|stanza| !stanza.is_empty())?);
        let participant = parts.next();
        // More parts than there are: somebody chose a stanza with a `_`, and what follows names nobody.
        Some(Self { from_me, chat, stanza, participant: participant.filter(|_| parts.next().is_none()) })
    }

    /// The bare stanza id of either form: engines name a quoted message by one or the other.
    pub(super) fn bare(id: &'a str) -> &'a str {
        Self::parse(id).map_or(id, |id| id.stanza)
    }
}

/// The key under which a WhatsApp message is remembered as seen, whichever event, engine or side brought it.
///
/// Also for messages that were sent through the API: with their key committed, the echo is a repeat like any other.
#[must_use]
pub fn message_key(chat: &Address, stanza: &StanzaId) -> SeenKey {
    SeenKey { scope: scope(chat), item: stanza.reveal().into(), kind: SeenKind::Message }
}

/// Whether somebody wrote the message with this full id. Whoever cannot be told to have done so has not.
#[must_use]
pub fn is_by(id: &MessageId, who: &Author) -> bool {
    let Some(id) = FullId::parse(id.reveal()) else { return false };
    match who {
        Author::Owner => id.from_me,
        Author::Contact { .. } => !id.from_me,
        Author::Participant { address, alternative, .. } => {
            let wrote = id.participant.and_then(Address::parse).filter(|_| !id.from_me);
            wrote.is_some_and(|wrote| [address, alternative].into_iter().flatten().any(|address| *address == wrote))
        }
    }
}

/// The chat in which the message with this full id was received; nothing for one of the owner's.
#[must_use]
pub fn received_in(id: &MessageId) -> Option<Address> {
    FullId::parse(id.reveal()).filter(|id| !id.from_me).and_then(|id| Address::parse(id.chat))
}

/// The key of an edit, a deletion or a reaction, by its own id.
#[must_use]
pub fn change_key(chat: &Address, stanza: &StanzaId) -> SeenKey {
    SeenKey { scope: scope(chat), item: stanza.reveal().into(), kind: SeenKind::Change }
}

/// That a message is waited for, which is told before it comes.
pub(super) fn awaited_key(chat: &Address, stanza: &StanzaId) -> SeenKey {
    SeenKey { scope: scope(chat), item: awaited_stanza(stanza).reveal().into(), kind: SeenKind::Other }
}

/// What the line about a message that is waited for is found by. No id of WhatsApp's has a slash.
#[must_use]
pub fn awaited_stanza(stanza: &StanzaId) -> StanzaId {
    StanzaId::new(format!("{}/awaited", stanza.reveal()))
}

/// An ack by target, participant and level: levels come in any order, and more than once.
pub(super) fn ack_key(chat: &Address, stanza: &str, participant: &str, level: i8) -> SeenKey {
    let participant = Address::parse(participant).map_or_else(|| participant.into(), |address| address.chat_id());
    let item = format!("{stanza}/{}/{level}", participant.reveal());
    SeenKey { scope: scope(chat), item: item.into(), kind: SeenKind::Ack }
}

/// Anything that is known by WAHA's event id, or by a stand-in for it.
pub(super) fn event_key(id: Private, kind: SeenKind) -> SeenKey {
    SeenKey { scope: EVENT.into(), item: id, kind }
}

fn scope(chat: &Address) -> Private {
    if chat.is_person() { DIRECT.into() } else { chat.chat_id() }
}

/// Who did something that has no id of its own, for a key of it.
pub(super) fn who(author: &Author) -> Private {
    match author {
        Author::Owner => "owner".into(),
        Author::Contact { .. } | Author::Participant { address: None, .. } => Private::default(),
        Author::Participant { address: Some(address), .. } => address.chat_id(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_three_or_four_parts() {
        let id = FullId::parse("false_1-2@g.us_3EB0_100@lid").unwrap();
        assert_eq!((id.from_me, id.chat, id.stanza, id.participant), (false, "1-2@g.us", "3EB0", Some("100@lid")));
        assert!(FullId::parse("true_7911@c.us_3EB0").unwrap().participant.is_none());
        assert!(FullId::parse("false_1-2@g.us_A_7922@c.us_7911@c.us").unwrap().participant.is_none());
        for odd in ["", "3EB0", "true_7911@c.us", "true_7911@c.us_", "maybe_7911@c.us_3EB0"] {
            assert!(FullId::parse(odd).is_none(), "{odd}");
        }
        assert_eq!((FullId::bare("3EB0"), FullId::bare("true_7911@c.us_3EB0")), ("3EB0", "3EB0"));
    }

    #[test]
    fn a_direct_message_has_one_key_under_either_address() {
        let key = |jid| message_key(&Address::parse(jid).unwrap(), &StanzaId::new("S"));
        assert_eq!(key("7911@c.us"), key("100@lid"));
        assert_ne!(key("7911@c.us"), key("1203@g.us"));
    }

    #[test]
    fn only_who_is_named_in_an_id_wrote_the_message() {
        let by = |id: &str, who: &Author| is_by(&MessageId::new(id), who);
        let member = |address: &str, alternative: &str| Author::Participant {
            address: Address::parse(address),
            alternative: Address::parse(alternative),
            push_name: None,
        };
        let (owner, contact) = (Author::Owner, Author::Contact { push_name: None });
        assert!(by("true_7911@c.us_S", &owner) && !by("true_7911@c.us_S", &contact));
        assert!(by("false_7911@c.us_S", &contact) && !by("false_7911@c.us_S", &owner));
        let anns = "false_1-2@g.us_S_100@lid";
        assert!(by(anns, &member("100@lid", "")) && by(anns, &member("7911@c.us", "100@lid")));
        assert!(!by(anns, &member("200@lid", "7922@c.us")) && !by(anns, &member("", "")));
        assert!(!by("false_1-2@g.us_S", &member("100@lid", "")) && !by("S", &owner));
        assert!(!by("true_1-2@g.us_S_100@lid", &member("100@lid", "")), "the owner's own");
    }
}
