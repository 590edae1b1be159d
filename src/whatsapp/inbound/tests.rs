use serde_json::{Value, json};

use super::*;
use crate::event::{Author, Card, MediaKind, MediaRef, Place, Poll, Thing, Unsupported};

const NOW: Moment = Moment(1_795_302_700_000);

fn envelope(event: &str, payload: &Value) -> Value {
    json!({
        "id": "evt_1", "timestamp": 1_795_302_656_498_i64, "event": event, "session": "default",
        "me": {"id": "79220000001@c.us", "lid": "100000000000001@lid"}, "payload": payload,
    })
}

fn read_json(json: &Value) -> Read {
    read(json.to_string().as_bytes(), NOW)
}

fn event_of(event: &str, payload: &Value) -> Event {
    read_json(&envelope(event, payload)).arrival.event
}

fn message_of(payload: &Value) -> Message {
    match event_of("message.any", payload) {
        Event::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

/// A message from the contact, with these fields besides.
fn from_contact(more: &Value) -> Value {
    merged(json!({"id": "false_79111111111@c.us_S1", "timestamp": 1_795_302_601, "fromMe": false, "body": "hi"}), more)
}

fn merged(mut json: Value, more: &Value) -> Value {
    json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json
}

fn content(more: &Value) -> Content {
    message_of(&from_contact(more)).content
}

fn media(kind: MediaKind, caption: Option<&str>) -> Content {
    let file = MediaRef { kind, place: None, name: None, size: None, once: false };
    Content::Media { file, caption: caption.map(Private::from) }
}

fn unsupported(what: Unsupported, caption: Option<&str>) -> Content {
    Content::Unsupported { what, caption: caption.map(Private::from) }
}

fn address(jid: &str) -> Option<Address> {
    Address::parse(jid)
}

#[test]
fn what_cannot_be_read_is_kept_and_repeats_itself() {
    for body in [&b"not json"[..], b"", b"[]", b"{}", b"{\"event\":7}", b"\xff\xfe"] {
        let (one, two) = (read(body, NOW), read(body, NOW));
        assert!(matches!(one.arrival.event, Event::Unreadable { .. }), "{body:?}");
        assert_eq!(one.arrival.key, two.arrival.key);
        assert!(one.arrival.key.item.reveal().starts_with("sha256:"));
    }
    let known = read_json(&envelope("message.any", &json!({"body": "no id"})));
    assert!(matches!(known.arrival.event, Event::Unreadable { .. }));
    assert_eq!(known.arrival.key.item.reveal(), "evt_1");
}

#[test]
fn an_id_that_names_a_person_we_cannot_address_is_kept() {
    for id in ["false_+7911@c.us_S", "false_undefined_S", "S", "false_x@g.us_S"] {
        assert!(matches!(event_of("message", &json!({"id": id, "body": "hi"})), Event::Unreadable { .. }), "{id}");
    }
    for id in ["false_1@broadcast_S_7911@c.us", "false_0@c.us_S", "false_1@bot_S"] {
        assert_eq!(event_of("message", &json!({"id": id, "body": "hi"})), Event::Ignored, "{id}");
    }
}

#[test]
fn every_field_may_be_missing_null_or_of_another_type() {
    let names = [
        "timestamp",
        "fromMe",
        "participant",
        "body",
        "hasMedia",
        "media",
        "ack",
        "location",
        "vCards",
        "replyTo",
        "_data",
    ];
    for name in names {
        for odd in [Value::Null, json!(7), json!("odd"), json!([1]), json!({"odd": 1}), json!(true)] {
            let mut payload = from_contact(&json!({}));
            payload[name] = odd;
            let event = event_of("message.any", &payload);
            assert!(matches!(event, Event::Message(_)), "{name}: {payload}");
        }
    }
}

#[test]
fn envelope_times_and_sessions_may_be_missing() {
    let read = read_json(&json!({"event": "message", "payload": {"id": "false_7911@c.us_S", "body": "hi"}}));
    assert_eq!((read.created, read.session), (None, None));
    let Event::Message(message) = read.arrival.event else { panic!() };
    assert_eq!(message.sent_at, NOW);
}

#[test]
fn times_come_as_numbers_fractions_or_text() {
    for time in [json!(1_795_302_601), json!(1_795_302_601.75), json!("1795302601"), json!(1_795_302_601_250_i64)] {
        let message = message_of(&from_contact(&json!({"timestamp": time})));
        assert_eq!(message.sent_at, Moment(1_795_302_601_000), "{time}");
    }
}

#[test]
fn half_an_emoji_in_a_name_loses_nothing() {
    let body = envelope("message.any", &from_contact(&json!({"_data": {"notifyName": "Al"}}))).to_string();
    let read = read(body.replace("\"Al\"", "\"Al\\ud83d\"").as_bytes(), NOW);
    let Event::Message(message) = read.arrival.event else { panic!() };
    assert_eq!(message.author, Author::Contact { push_name: Some("Al\u{fffd}".into()) });
}

#[test]
fn an_alternative_is_never_the_owner() {
    // An engine that fills in the sender's other address for a message the owner sent.
    let own = json!({"id": "true_79111111111@c.us_S1", "fromMe": true,
        "_data": {"key": {"remoteJidAlt": "100000000000001@lid"}}});
    assert_eq!(message_of(&from_contact(&own)).chat_alternative, None);
    let gows = json!({"id": "true_79111111111@c.us_S1", "fromMe": true, "_data": {"Info": {"IsFromMe": true,
        "SenderAlt": "100000000000009@lid", "RecipientAlt": "100000000000002@lid"}}});
    assert_eq!(message_of(&from_contact(&gows)).chat_alternative, address("100000000000002@lid"));
}

#[test]
fn an_own_message_has_no_alternative_while_the_owner_is_unknown() {
    let payload = json!({"id": "true_79111111111@c.us_S1", "fromMe": true, "body": "hi",
        "_data": {"key": {"remoteJidAlt": "100000000000001@lid"}}});
    let mut json = envelope("message.any", &payload);
    json["me"] = json!({"id": "79220000001@c.us"});
    let Event::Message(message) = read_json(&json).arrival.event else { panic!() };
    assert_eq!(message.chat_alternative, None);
}

#[test]
fn an_alternative_is_of_the_other_kind() {
    let same = json!({"_data": {"key": {"remoteJidAlt": "79133333333@s.whatsapp.net"}}});
    assert_eq!(message_of(&from_contact(&same)).chat_alternative, None);
    let sender =
        json!({"_data": {"Info": {"Sender": "100000000000002:5@lid", "SenderAlt": "79111111111@s.whatsapp.net"}}});
    assert_eq!(message_of(&from_contact(&sender)).chat_alternative, address("100000000000002@lid"));
}

#[test]
fn a_stanza_cannot_name_another_author() {
    for real in [json!({"participant": "7911@c.us"}), json!({"_data": {"key": {"participant": "7911@c.us"}}})] {
        let id = json!({"id": "false_1203@g.us_A_7922@c.us", "body": "hi"});
        let Author::Participant { address: found, .. } = message_of(&merged(id, &real)).author else { panic!() };
        assert_eq!(found, address("7911@c.us"));
    }
}

#[test]
fn a_quote_is_named_by_its_bare_id() {
    for id in [json!("S0"), json!("true_79111111111@c.us_S0"), json!({"_serialized": "true_79111111111@c.us_S0"})] {
        let quote = message_of(&from_contact(&json!({"replyTo": {"id": id, "body": null}}))).quote;
        assert_eq!(quote, Some(Quote { stanza: StanzaId::new("S0"), text: None }));
    }
    assert_eq!(message_of(&from_contact(&json!({"replyTo": {"body": "x"}}))).quote, None);
}

#[test]
fn webjs_types_are_told_apart() {
    let typed = |kind: &str, more: Value| merged(json!({"_data": {"type": kind}, "hasMedia": true}), &more);
    assert_eq!(content(&typed("ptt", json!({"body": ""}))), media(MediaKind::VoiceMessage, None));
    assert_eq!(content(&typed("image", json!({}))), media(MediaKind::Picture, Some("hi")));
    assert_eq!(content(&typed("ptv", json!({}))), media(MediaKind::VideoNote, Some("hi")));
    let place = json!({"body": "/9j/thumbnail", "hasMedia": false, "location": {"description": "Home"}});
    let home = Place { words: Some("Home".into()), ..Place::default() };
    assert_eq!(content(&typed("location", place)), Content::Thing(Thing::Place(home)));
    let bare = json!({"body": "/9j/thumbnail", "hasMedia": false});
    assert_eq!(content(&typed("location", bare)), unsupported(Unsupported::Location, None));
    let card = json!({"body": "BEGIN:VCARD", "hasMedia": false, "vCards": ["BEGIN:VCARD\nFN:Jane\nEND:VCARD"]});
    let jane = Card { name: Some("Jane".into()), numbers: Vec::new(), vcard: "BEGIN:VCARD\nFN:Jane\nEND:VCARD".into() };
    assert_eq!(content(&typed("vcard", card)), Content::Thing(Thing::Cards(vec![jane])));
    let poll = json!({"body": "Lunch?", "hasMedia": false, "_data": {"type": "poll_creation", "pollName": "Lunch?",
        "pollOptions": [{"name": "Pizza", "localId": 0}], "pollSelectableOptionsCount": 0}});
    let lunch = Poll { question: "Lunch?".into(), options: vec!["Pizza".into()], several: true };
    assert_eq!(content(&poll), Content::Thing(Thing::Poll(lunch)));
    assert_eq!(content(&json!({"_data": {"type": "chat"}})), Content::Text("hi".into()));
    let notice = from_contact(&json!({"_data": {"type": "e2e_notification"}, "body": "numbers"}));
    assert_eq!(event_of("message", &notice), Event::Ignored);
}

#[test]
fn a_file_of_unknown_kind_goes_by_its_type() {
    let file = |mimetype: Value| content(&json!({"hasMedia": true, "media": {"mimetype": mimetype}}));
    assert_eq!(file(json!("video/mp4")), media(MediaKind::Video, Some("hi")));
    assert_eq!(file(json!("text/csv")), media(MediaKind::Document, Some("hi")));
    assert_eq!(file(Value::Null), media(MediaKind::Document, Some("hi")));
}

#[test]
fn a_kind_from_the_future_is_shown_as_something() {
    let future =
        |body: Value| json!({"body": body, "_data": {"message": {"holoMessage": {"x": 1}, "messageContextInfo": {}}}});
    assert_eq!(content(&future(Value::Null)), unsupported(Unsupported::Other, None));
    assert_eq!(content(&future(json!("words"))), Content::Text("words".into()));
}

#[test]
fn machinery_alone_is_ignored() {
    let alone = [
        json!({"message": {"protocolMessage": {"type": "EPHEMERAL_SETTING"}}}),
        json!({"message": {"senderKeyDistributionMessage": {}, "messageContextInfo": {}}}),
        json!({"Message": {"ephemeralMessage": {"message": {"protocolMessage": {}}}}}),
        json!({"messageStubType": 27}),
    ];
    for data in alone {
        let payload = from_contact(&json!({"body": null, "_data": data}));
        assert_eq!(event_of("message", &payload), Event::Ignored, "{payload}");
    }
}

#[test]
fn what_may_be_seen_once_is_known_and_without_its_file_leaves_no_words() {
    let once = [
        (json!({"message": {"viewOnceMessageV2": {"message": {"imageMessage": {}}}}}), Some(MediaKind::Picture)),
        (json!({"Message": {"imageMessage": {"viewOnce": true}}}), Some(MediaKind::Picture)),
        (json!({"key": {"isViewOnce": true}}), None),
        (json!({"IsViewOnceV2": true, "Message": {"videoMessage": {}}}), Some(MediaKind::Video)),
        (json!({"type": "image", "isViewOnce": true}), Some(MediaKind::Picture)),
        // Signal cannot say that of it.
        (json!({"message": {"viewOnceMessageV2": {"message": {"audioMessage": {"ptt": true}}}}}), None),
    ];
    for (data, kind) in once {
        let unseen = content(&json!({"hasMedia": false, "_data": data}));
        assert_eq!(unseen, unsupported(Unsupported::ViewOnce, None), "{data}");
        let seen = match content(&json!({"hasMedia": true, "_data": data})) {
            Content::Media { file, .. } => Some((file.kind, file.once)),
            Content::Unsupported { what: Unsupported::ViewOnce, caption: None } => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(seen, kind.map(|kind| (kind, true)), "{data}");
    }
}

#[test]
fn acks_differ_by_target_participant_and_level() {
    let key = |id: &str, participant: Value, level: i8| {
        let payload = json!({"id": id, "fromMe": true, "participant": participant, "ack": level});
        read_json(&envelope("message.ack.group", &payload)).arrival.key
    };
    let one = key("true_1@g.us_S_7922@c.us", json!("100@lid"), 3);
    assert_eq!(one, key("true_1@g.us_S_100000000000001@lid", json!("100@lid"), 3));
    assert_ne!(one, key("true_1@g.us_S_7922@c.us", json!("101@lid"), 3));
    assert_ne!(one, key("true_1@g.us_S_7922@c.us", json!("100@lid"), 2));
    assert_ne!(one, key("true_1@g.us_T_7922@c.us", json!("100@lid"), 3));
    assert_eq!(key("true_7911@c.us_S", Value::Null, 2), key("true_100@lid_S", Value::Null, 2));
}

#[test]
fn an_ack_of_somebody_elses_message_means_nothing() {
    let ack = |id: &str, level: Value| event_of("message.ack", &json!({"id": id, "ack": level}));
    assert_eq!(ack("false_7911@c.us_S", json!(3)), Event::Ignored);
    assert!(matches!(ack("true_7911@c.us_S", json!(-1)), Event::Ack(Ack { level: Ack::FAILED, .. })));
    assert!(matches!(ack("true_7911@c.us_S", json!("x")), Event::Unreadable { .. }));
    let receipt = json!({"id": "true_7911@c.us_S", "fromMe": true, "ack": 3,
        "_data": {"Sender": "7911@s.whatsapp.net", "SenderAlt": "100@lid", "IsFromMe": false}});
    let Event::Ack(ack) = event_of("message.ack", &receipt) else { panic!() };
    assert_eq!(ack.chat_alternative, address("100@lid"));
}

#[test]
fn a_status_that_is_no_constant_is_not_taken_over() {
    let session = |status: &str| event_of("session.status", &json!({"name": "default", "status": status}));
    assert!(matches!(session("PASSKEY_REQUIRED"), Event::Session(_)));
    for odd in ["", "lower case", "NAME\nX"] {
        assert!(matches!(session(odd), Event::Unreadable { .. }), "{odd}");
    }
}

#[test]
fn what_has_no_meaning_yet_is_remembered_by_its_event_id() {
    let read = read_json(&envelope("holo.created", &json!({})));
    assert_eq!((read.arrival.event, read.arrival.key.item.reveal()), (Event::Ignored, "evt_1"));
}
