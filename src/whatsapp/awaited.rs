//! Messages that WhatsApp has and cannot show yet: "Waiting for this message". Of WAHA's engines only WEBJS tells of one, as
//! `message.waiting` with the payload of a message without its words (WAHA's documentation, and its source); there is no capture.
//! Once it can be shown it comes as any other, under the same id. Pure.

use super::addresses::{self, Own};
use super::ids::{self, FullId};
use super::payload::{MessagePayload, Whole};
use crate::clock::Moment;
use crate::event::{Address, Awaited, MessageId, SeenKey, StanzaId};

/// Reads it; an error names the chat of one that cannot be bridged, if it says it.
pub(super) fn read(
    payload: &MessagePayload,
    own: &Own,
    made: Moment,
) -> Result<(SeenKey, Box<Awaited>), Option<String>> {
    let full = payload.id.text().ok_or(None)?;
    let id = FullId::parse(full).ok_or(None)?;
    let chat = Address::parse(id.chat).ok_or_else(|| Some(id.chat.to_owned()))?;
    let (from_me, stanza) = (payload.from_me.0.unwrap_or(id.from_me), StanzaId::new(id.stanza));
    let awaited = Awaited {
        chat_alternative: addresses::of_chat(&chat, payload, from_me, own),
        author: addresses::author(&chat, id, payload, from_me, own),
        sent_at: payload.timestamp.0.map_or(made, Whole::seconds),
        message_id: MessageId::new(full),
        stanza,
        chat,
    };
    Ok((ids::awaited_key(&awaited.chat, &awaited.stanza), Box::new(awaited)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::Author;

    fn awaited(payload: &serde_json::Value) -> Result<(SeenKey, Box<Awaited>), Option<String>> {
        let payload = serde_json::from_value(payload.clone()).unwrap();
        read(&payload, &Own::of(None), Moment(7_000))
    }

    #[test]
    fn it_is_known_by_the_id_that_its_message_will_have() {
        let payload = json!({"id": "false_79111111111@c.us_3EB0AA", "timestamp": 5, "from": "79111111111@c.us",
            "fromMe": false, "body": "", "hasMedia": false, "_data": {"type": "ciphertext"}});
        let (key, found) = awaited(&payload).unwrap();
        assert_eq!((found.stanza.reveal(), found.sent_at), ("3EB0AA", Moment(5_000)));
        assert_eq!(found.author, Author::Contact { push_name: None });
        assert_ne!(key, ids::message_key(&found.chat, &found.stanza), "or the message itself would be a repeat");
        assert_eq!(key, awaited(&payload).unwrap().0);
        let own = awaited(&json!({"id": "true_79111111111@c.us_3EB0AB", "fromMe": true})).unwrap().1;
        assert_eq!((own.author, own.sent_at), (Author::Owner, Moment(7_000)));
    }

    #[test]
    fn one_of_no_chat_is_not_read() {
        assert_eq!(awaited(&json!({})), Err(None));
        assert_eq!(awaited(&json!({"id": "false_1@broadcast_3EB0AA"})), Err(Some("1@broadcast".to_owned())));
    }
}
