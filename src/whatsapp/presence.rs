//! `presence.update`: who types in which chat. Pure, and nothing else of it is read: not who is online, nor since when.

use serde::Deserialize;
use serde_json::Value;

use super::payload::Field;
use crate::event::{Address, Typing, TypingPlace};
use crate::redact::Private;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Payload {
    id: Field<Private>,
    presences: Field<Vec<Presence>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Presence {
    last_known_presence: Field<String>,
}

/// Whether somebody types in a chat; nothing if no chat is named.
pub(super) fn read(payload: &Value) -> Option<Typing> {
    let payload = Payload::deserialize(payload).unwrap_or_default();
    let chat = payload.id.text().and_then(Address::parse).filter(|chat| !chat.is_feed())?;
    let types = |presence: &Presence| {
        presence.last_known_presence.get().is_some_and(|word| matches!(word.as_str(), "typing" | "recording"))
    };
    let is_typing = payload.presences.get().is_some_and(|all| all.iter().any(types));
    Some(Typing { place: TypingPlace::WhatsApp(chat), is_typing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_types_or_records_types_and_all_else_has_stopped() {
        for (word, is_typing) in [
            ("typing", true),
            ("recording", true),
            ("paused", false),
            ("online", false),
            ("offline", false),
            ("?", false),
        ] {
            let presences =
                json!([{"participant": "100000000000002@lid", "lastKnownPresence": word, "lastSeen": null}]);
            let read = read(&json!({"id": "120363020000000001@g.us", "presences": presences})).unwrap();
            let chat = Address::parse("120363020000000001@g.us").unwrap();
            assert_eq!(read, Typing { place: TypingPlace::WhatsApp(chat), is_typing }, "{word}");
        }
        assert_eq!(read(&json!({"id": "status@broadcast", "presences": []})), None);
        assert_eq!(read(&json!({"presences": [{"lastKnownPresence": "typing"}]})), None);
        assert!(!read(&json!({"id": "1@lid", "presences": null})).unwrap().is_typing);
    }
}
