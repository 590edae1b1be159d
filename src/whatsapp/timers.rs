//! For how long messages stay in a chat: each that an app sends says it. WAHA tells of a change itself only in part (NOWEB, and
//! without whose), so it is learned from the next message.

use serde_json::Value;

use super::kinds;
use super::payload::MessagePayload;
use crate::event::{Address, Author};

/// WhatsApp's apps offer a day and more. The number is the sender's to choose, and a chat's records and what waits for its owner go
/// by it, so one that is shorter counts for nothing.
const LEAST: u32 = 86_400;

/// Kinds of messages that say it in every chat with a timer. A plain text (`conversation`) has no room for it.
const SAYING: [&str; 6] =
    ["conversation", "extendedTextMessage", "imageMessage", "videoMessage", "audioMessage", "documentMessage"];

/// What a message says, in seconds; 0 if messages stay for ever. What goes through WAHA's API says nothing. That there is no timer
/// counts in a chat with one person only: programs that write in groups leave it out.
pub(super) fn of(message: &MessagePayload, chat: &Address, author: &Author, from_phone: bool) -> Option<u32> {
    if *author == Author::Owner && !from_phone {
        return None;
    }
    let shape = kinds::shape(message.data.get());
    match shape.inner?.pointer("/contextInfo/expiration").and_then(seconds) {
        Some(said) => (said >= LEAST).then_some(said),
        None => (chat.is_person() && SAYING.contains(&shape.name)).then_some(0),
    }
}

fn seconds(said: &Value) -> Option<u32> {
    said.as_u64().or_else(|| said.as_str()?.parse().ok())?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_apps_send_says_it_and_in_groups_only_that_there_is_one() {
        let (person, group) = (Address::parse("7911@c.us").unwrap(), Address::parse("1@g.us").unwrap());
        let contact = Author::Contact { push_name: None };
        let read = |chat: &Address, author: &Author, from_phone: bool, message: Value| {
            let payload = serde_json::from_value(json!({ "_data": { "message": message } })).unwrap();
            of(&payload, chat, author, from_phone)
        };
        let timed =
            || json!({"ephemeralMessage": {"message": {"imageMessage": {"contextInfo": {"expiration": "86400"}}}}});
        let plain = || json!({"conversation": "hi"});
        assert_eq!(read(&person, &contact, false, timed()), Some(86_400));
        assert_eq!(
            read(&person, &contact, false, json!({"extendedTextMessage": {"contextInfo": {"expiration": 604_800}}})),
            Some(604_800)
        );
        assert_eq!((read(&person, &contact, false, plain()), read(&group, &contact, false, plain())), (Some(0), None));
        assert_eq!(
            (read(&group, &contact, false, timed()), read(&person, &Author::Owner, true, timed())),
            (Some(86_400), Some(86_400))
        );
        assert_eq!(read(&person, &Author::Owner, false, plain()), None, "through WAHA's API");
        for other in [json!({"pollCreationMessageV3": {}}), json!({"conversation": null}), json!(7)] {
            assert_eq!(read(&person, &contact, false, other.clone()), None, "{other}");
        }
        let short = json!({"extendedTextMessage": {"contextInfo": {"expiration": 1}}});
        assert_eq!(read(&person, &contact, false, short), None, "nobody's records go at a stranger's word");
        let odd = json!({"extendedTextMessage": {"contextInfo": {"expiration": -1}}});
        assert_eq!(read(&group, &contact, false, odd), None);
    }
}
