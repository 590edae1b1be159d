use serde_json::json;

use super::*;
use crate::event::{Author, SeenKind};

const MADE: Moment = Moment(1_795_302_656_498);

fn read_as(name: &str, payload: &Value) -> Option<(SeenKey, Amendment)> {
    match read(name, payload, &Own::default(), MADE).unwrap() {
        Read::Amended(key, amendment) => Some((key, *amendment)),
        Read::Unreadable(_) => None,
    }
}

fn edited_to(body: &Value) -> (SeenKey, Amendment) {
    let payload =
        json!({"id": "false_79111111111@c.us_E", "timestamp": 1_795_302_601, "body": body, "editedMessageId": "S"});
    read_as("message.edited", &payload).unwrap()
}

fn deed(name: &str, payload: &Value) -> Deed<Option<Private>> {
    read_as(name, payload).unwrap().1.deed
}

#[test]
fn other_events_are_none_of_these() {
    assert!(read("message.any", &json!({}), &Own::default(), MADE).is_none());
}

#[test]
fn an_edit_has_an_id_of_its_own_and_names_the_message_by_its_bare_one() {
    let (key, edit) = edited_to(&json!("new"));
    assert_eq!((key.kind, key.item.reveal()), (SeenKind::Change, "E"));
    assert_eq!((edit.target.reveal(), edit.stanza.unwrap().reveal()), ("S", "E"));
    assert_eq!(edit.deed, Deed::Edit(Some("new".into())));
    // It could not be decrypted.
    for body in [json!(""), json!(null), json!(7)] {
        assert_eq!(edited_to(&body).1.deed, Deed::Edit(None));
    }
}

#[test]
fn a_change_without_an_id_of_its_own_is_told_by_all_it_says() {
    let edit = |body: &str, at: i64| {
        let id = "false_79111111111@c.us_S";
        read_as("message.edited", &json!({"id": id, "timestamp": at, "body": body, "editedMessageId": id})).unwrap()
    };
    let (key, amendment) = edit("new", 1_795_302_601);
    assert_eq!((amendment.stanza, amendment.target.reveal()), (None, "S"));
    assert_eq!(key, edit("new", 1_795_302_601).0);
    assert_ne!(key, edit("newer", 1_795_302_601).0);
    assert_ne!(key, edit("new", 1_795_302_602).0);
}

#[test]
fn a_deletion_is_read_from_whatever_the_engine_gives() {
    let after = json!({"id": "false_79111111111@c.us_R", "timestamp": 1_795_302_601, "body": null});
    let before = json!({"id": "false_79111111111@c.us_S", "body": "gone"});
    for payload in [
        json!({"after": after, "before": null, "revokedMessageId": "S"}),
        json!({"after": after, "revokedMessageId": "false_79111111111@c.us_S"}),
        json!({"after": null, "before": before}),
    ] {
        let (_, amendment) = read_as("message.revoked", &payload).unwrap();
        assert_eq!((amendment.target.reveal(), &amendment.deed), ("S", &Deed::Delete), "{payload}");
    }
    assert!(read_as("message.revoked", &json!({"revokedMessageId": "S"})).is_none(), "of no chat");
}

#[test]
fn a_reaction_counts_by_the_bare_id_whatever_the_reactor_calls_the_message() {
    let react = |text: Value, of: &str| {
        let id = "false_79111111111@c.us_R";
        json!({"id": id, "from": "79111111111@c.us", "fromMe": false, "reaction": {"text": text, "messageId": of}})
    };
    for of in ["true_79111111111@c.us_S", "true_79220000001@c.us_S", "false_100@lid_S", "S"] {
        let (_, amendment) = read_as("message.reaction", &react(json!("👍"), of)).unwrap();
        assert_eq!((amendment.target.reveal(), amendment.sent_at), ("S", MADE), "{of}");
        assert_eq!(amendment.chat, Address::parse("79111111111@c.us").unwrap(), "the chat is that of the reaction");
    }
    assert_eq!(deed("message.reaction", &react(json!(""), "S")), Deed::React(None));
    for odd in [json!({}), json!({"id": "false_7911@c.us_R"}), react(json!("👍"), "")] {
        assert!(read_as("message.reaction", &odd).is_none(), "{odd}");
    }
}

#[test]
fn who_did_it_is_not_who_wrote_the_message() {
    let group = json!({"id": "false_1-2@g.us_R_100@lid", "participant": "100@lid",
        "reaction": {"text": "👍", "messageId": "false_1-2@g.us_S_200@lid"}});
    let Author::Participant { address, .. } = read_as("message.reaction", &group).unwrap().1.author else { panic!() };
    assert_eq!(address, Address::parse("100@lid"));
    let own = json!({"id": "true_7911@c.us_R", "reaction": {"text": "👍", "messageId": "false_7911@c.us_S"}});
    assert_eq!(read_as("message.reaction", &own).unwrap().1.author, Author::Owner);
}

#[test]
fn a_chat_that_is_not_bridged_is_told_from_one_that_cannot_be_read() {
    let status = json!({"id": "false_1@broadcast_R_7911@c.us", "reaction": {"text": "👍", "messageId": "S"}});
    let read = read("message.reaction", &status, &Own::default(), MADE);
    assert!(matches!(read, Some(Read::Unreadable(Some(chat))) if chat == "1@broadcast"));
}
