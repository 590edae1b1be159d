//! Calls that come in, which the bridge cannot take. Pure.

use serde::Deserialize;
use serde_json::Value;

use super::ids;
use super::payload::{Field, Whole};
use crate::clock::Moment;
use crate::event::{Address, Author, Call, Content, Message, MessageId, SeenKey, StanzaId, Thing};
use crate::redact::Private;

/// The payload of `call.received`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Received {
    id: Field<Private>,
    from: Field<Private>,
    /// Seconds.
    timestamp: Field<Whole>,
    is_video: Field<bool>,
    #[serde(rename = "_data")]
    data: Field<Data>,
}

/// The engine's own part.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    /// GOWS; empty in direct calls.
    #[serde(rename = "GroupJID")]
    gows_group: Field<Private>,
    /// GOWS: the caller's other address.
    #[serde(rename = "CallCreatorAlt")]
    gows_other: Field<Private>,
    /// NOWEB.
    #[serde(rename = "groupJid")]
    noweb_group: Field<Private>,
    /// NOWEB: the caller's number.
    #[serde(rename = "callerPn")]
    noweb_number: Field<Private>,
}

/// A line in the caller's chat, or in the group's; an error names the chat of one that cannot be bridged, if it says it.
pub(super) fn read(payload: &Value, made: Moment) -> Result<(SeenKey, Box<Message>), Option<String>> {
    let call = Received::deserialize(payload).unwrap_or_default();
    let (Some(id), Some(from)) = (call.id.text(), call.from.text()) else { return Err(None) };
    let caller = Address::parse(from).filter(Address::is_person).ok_or_else(|| Some(from.to_owned()))?;
    let data = call.data.get();
    let group = data.and_then(|data| data.gows_group.text().or(data.noweb_group.text())).and_then(Address::parse);
    let other = data.and_then(|data| data.gows_other.text().or(data.noweb_number.text())).and_then(Address::parse);
    let other = other.filter(|other| other.is_person() && other.kind() != caller.kind());
    let rings = Call { film: call.is_video.is_set(), rings: true, ..Call::default() };
    let stanza = StanzaId::new(format!("call/{id}"));
    let at = call.timestamp.0.map_or(made, Whole::seconds);
    let message = message((group.filter(Address::is_group), caller, other), stanza, rings, at);
    Ok((ids::change_key(&message.chat, &message.stanza), Box::new(message)))
}

fn message(
    (group, caller, other): (Option<Address>, Address, Option<Address>),
    stanza: StanzaId,
    call: Call,
    at: Moment,
) -> Message {
    let (chat, chat_alternative, author) = match group {
        Some(group) => {
            (group, None, Author::Participant { address: Some(caller), alternative: other, push_name: None })
        }
        None => (caller, other, Author::Contact { push_name: None }),
    };
    let message_id = MessageId::new(format!("false_{}_{}", chat.chat_id().reveal(), stanza.reveal()));
    Message {
        chat,
        chat_alternative,
        stanza,
        message_id,
        author,
        sent_at: at,
        content: Content::Thing(Thing::Call(call)),
        quote: None,
        ack: 0,
        from_phone: false,
        edited_at: None,
        mentions: Vec::new(),
        stays_for: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_a_line_of_the_caller_or_in_the_group() {
        let (_, message) =
            read(&json!({ "id": "C", "from": "7911@c.us", "timestamp": 5, "isVideo": true }), Moment(0)).unwrap();
        assert_eq!((message.stanza.reveal(), message.sent_at), ("call/C", Moment(5000)));
        assert_eq!(message.author, Author::Contact { push_name: None });
        let data = json!({ "GroupJID": "1203@g.us", "CallCreatorAlt": "7911@s.whatsapp.net" });
        let (_, message) = read(&json!({ "id": "C", "from": "100@lid", "_data": data }), Moment(7)).unwrap();
        assert!(message.chat.is_group() && message.sent_at == Moment(7));
        let Author::Participant { address, alternative, .. } = &message.author else { panic!() };
        assert_eq!((address, alternative), (&Address::parse("100@lid"), &Address::parse("7911@c.us")));
    }

    #[test]
    fn what_names_nobody_is_no_call() {
        assert_eq!(read(&json!({ "id": "C" }), Moment(0)).err(), Some(None));
        assert_eq!(
            read(&json!({ "id": "C", "from": "1@newsletter" }), Moment(0)).err(),
            Some(Some("1@newsletter".into()))
        );
    }
}
