//! Over lines that signal-cli 0.13.19 wrote in a test network, and variations of them.

use serde_json::{Value, json};

use super::*;
use crate::event::GroupId;

const OWNER: &str = "545d590b-826c-4eaa-9959-2341f57772cb";
const BRIDGE: &str = "f2d43e20-7304-47ad-9b3f-2f44f462c37b";
const GROUP: &str = "HTzoR8Sv4MwRqDekDR+5fGH9X0dkLqFGS0fwhj+Xznk=";
const NOW: Moment = Moment(1_795_303_880_000);

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/signal/", $name, ".json"))
    };
}

fn heard(line: &str) -> Heard {
    read(line, &Aci::new(OWNER), NOW)
}

fn typed(line: &str) -> Typed {
    match heard(line) {
        Heard::Arrival(arrival) => match arrival.event {
            Event::Typed(typed) => typed,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn event(line: &str) -> Event {
    match heard(line) {
        Heard::Arrival(arrival) => arrival.event,
        other => panic!("{other:?}"),
    }
}

/// What has come of a line, in one word.
fn outcome(line: &str) -> String {
    match heard(line) {
        Heard::Typing(typing) => format!("typing {}", typing.is_typing),
        Heard::Nothing => "nothing".to_owned(),
        Heard::Refused(refusal) => format!("{refusal:?}"),
        Heard::Arrival(arrival) => match arrival.event {
            Event::Called => "called".to_owned(),
            Event::Undecrypted { .. } => "undecrypted".to_owned(),
            Event::OwnerReceipt(receipt) => format!("{:?} {}", receipt.kind, receipt.timestamps.len()),
            Event::Changed(Change { target, deed, .. }) => match deed {
                Deed::Delete => format!("deletes {}", target.0),
                Deed::Edit(body) => format!("edits {} to {}", target.0, words(&body)),
                Deed::React(None) => format!("no reaction to {}", target.0),
                Deed::React(Some(emoji)) => format!("{} to {}", emoji.reveal(), target.0),
            },
            _ => words(&typed(line).body),
        },
    }
}

fn words(body: &TypedBody) -> String {
    match body {
        TypedBody::Text(text) => format!("text {}", text.reveal()),
        TypedBody::Unsupported(what) => format!("{what:?}"),
        TypedBody::Thing(thing) => format!("a thing: {:?}", thing.as_unsupported()),
        TypedBody::Vote(_) => "a vote".to_owned(),
        TypedBody::Truncated => "truncated".to_owned(),
        TypedBody::Long { files, .. } => format!("a long text, with {} files", files.len() - 1),
        TypedBody::Files { files, caption } => {
            let kinds: Vec<_> = files.iter().map(|file| format!("{:?}", file.kind)).collect();
            let caption = caption.as_ref().map_or_else(String::new, |caption| format!(" with {}", caption.reveal()));
            kinds.join(" and ") + &caption
        }
    }
}

/// The line of a message of the owner with these contents.
fn line(data: &Value) -> String {
    let envelope =
        json!({"sourceUuid": OWNER, "sourceDevice": 2, "timestamp": 1_795_303_870_700_i64, "dataMessage": data});
    json!({"jsonrpc": "2.0", "method": "receive", "params": {"subscription": 3, "result": {"envelope": envelope}}})
        .to_string()
}

fn said(data: &Value) -> String {
    outcome(&line(data))
}

#[test]
fn a_text_becomes_an_arrival() {
    let Heard::Arrival(arrival) = heard(fixture!("text")) else { panic!("nothing arrived") };
    let item = format!("{OWNER}:1:1795303870634");
    assert_eq!(arrival.key, SeenKey::of_signal(item.into()));
    assert_eq!(arrival.at, NOW);
    let expected = Typed {
        conversation: Conversation::Direct,
        timestamp: Moment(1_795_303_870_634),
        author: Aci::new(OWNER),
        body: TypedBody::Text("hi ✓ \n line2".into()),
        quote: None,
    };
    assert_eq!(arrival.event, Event::Typed(expected));
}

#[test]
fn captured_lines_are_read() {
    for (captured, expected) in [
        (fixture!("picture"), "Picture with with photo"),
        (fixture!("quote"), "text q-in"),
        (fixture!("reaction"), "❤️ to 1795303870459"),
        (fixture!("edit"), "edits 1795303872421 to text after"),
        (fixture!("delete"), "deletes 1795303872421"),
        (fixture!("mention"), "text @+14154938417 bold"),
        (fixture!("sticker"), "Sticker"),
        (fixture!("preview"), "text see https://example.org/"),
        (fixture!("contact"), "a thing: Contact"),
        (fixture!("timer-text"), "text exp"),
        (fixture!("timer"), "nothing"),
        (fixture!("view-once"), "ViewOnce"),
        (fixture!("typing"), "nothing"),
        (fixture!("receipt-delivery"), "Delivered 1"),
        (fixture!("receipt-read"), "Read 1"),
        (fixture!("sync-sent"), "nothing"),
        (fixture!("sync-read"), "nothing"),
        (fixture!("sync-empty"), "nothing"),
        (fixture!("call"), "called"),
        (fixture!("story"), "nothing"),
        // These two are of another owner.
        (fixture!("subscribed"), "Stranger"),
        (fixture!("exception"), "Stranger"),
    ] {
        assert_eq!(outcome(captured), expected);
    }
}

#[test]
fn only_the_owners_receipts_are_heard_and_only_those_that_can_be_read() {
    let receipt = |source: &str, message: Value| {
        let envelope = json!({"sourceUuid": source, "sourceDevice": 1, "timestamp": 7, "receiptMessage": message});
        outcome(&json!({"method": "receive", "params": {"result": {"envelope": envelope}}}).to_string())
    };
    let viewed = || json!({"isDelivery": false, "isViewed": true, "timestamps": [1, 2]});
    assert_eq!((receipt(OWNER, viewed()), receipt(BRIDGE, viewed())), ("Viewed 2".into(), "nothing".into()));
    assert_eq!(receipt(OWNER, json!({"timestamps": [1]})), "nothing");
    assert_eq!(receipt(OWNER, json!({"isDelivery": "yes"})), "nothing");
}

#[test]
fn a_quote_names_the_message_it_answers() {
    let expected =
        SignalQuote { timestamp: Moment(1_795_303_870_459), author: Aci::new(BRIDGE), text: Some("hello".into()) };
    assert_eq!(typed(fixture!("quote")).quote, Some(expected));
    let nameless = line(&json!({"message": "x", "quote": {"id": 5, "authorUuid": "nobody"}}));
    assert_eq!(typed(&nameless).quote, None);
}

#[test]
fn only_the_owner_counts() {
    for (source, expected) in [
        (json!(OWNER), "text x"),
        (json!(OWNER.to_uppercase()), "text x"),
        (json!(BRIDGE), "Stranger"),
        (json!(format!("PNI:{OWNER}")), "Stranger"),
        (json!(null), "Stranger"),
    ] {
        let mut changed: Value = serde_json::from_str(&line(&json!({"message": "x"}))).unwrap();
        changed["params"]["result"]["envelope"]["sourceUuid"] = source;
        assert_eq!(outcome(&changed.to_string()), expected);
    }
    let mine = fixture!("exception").replace("73415bff-af8d-4fd1-a173-ad701eee93e6", OWNER);
    assert_eq!(outcome(&mine), "Damaged", "a repeat");
    let lost = mine.replace("ProtocolDuplicateMessageException", "ProtocolInvalidMessageException");
    let Heard::Arrival(arrival) = heard(&lost) else { panic!("nothing arrived") };
    let item = format!("{OWNER}:1:1795304441466");
    assert_eq!(arrival.key.item.reveal(), format!("{item}:undecrypted"));
    assert_eq!(arrival.event, Event::Undecrypted { item: item.into() });
    let unknown = fixture!("exception").replace("73415bff-af8d-4fd1-a173-ad701eee93e6", "");
    assert_eq!(outcome(&unknown), "Damaged");
}

#[test]
fn the_group_is_the_conversation_and_never_the_direct_chat_by_mistake() {
    let in_group = |group: Value| line(&json!({"message": "x", "groupInfo": group}));
    let portal = in_group(json!({"groupId": GROUP, "groupName": "WA: Good", "revision": 6, "type": "DELIVER"}));
    assert_eq!(typed(&portal).conversation, Conversation::Group(GroupId::new(GROUP)));
    assert_eq!(typed(&in_group(json!(null))).conversation, Conversation::Direct);
    for unreadable in [json!({}), json!({"groupId": null}), json!(7), json!({"groupId": 7})] {
        assert_eq!(outcome(&in_group(unreadable)), "Damaged");
    }
    let unknown_form = line(&json!({"message": {"new": 1}, "groupInfo": {"groupId": GROUP}}));
    assert_eq!(typed(&unknown_form).conversation, Conversation::Group(GroupId::new(GROUP)));
    assert_eq!(outcome(&unknown_form), "Other");
    let change = json!({"message": null, "groupInfo": {"groupId": GROUP, "revision": 7, "type": "UPDATE"}});
    assert!(matches!(event(&line(&change)), Event::GroupChanged { by_stranger: false, .. }));
    let edit = fixture!("edit").replace("\"viewOnce\":false", &format!("\"groupInfo\":{{\"groupId\":\"{GROUP}\"}}"));
    assert!(
        matches!(event(&edit), Event::Changed(change) if change.conversation == Conversation::Group(GroupId::new(GROUP)))
    );
}

#[test]
fn a_change_names_its_message_and_itself_or_is_only_said_to_be_one() {
    let Event::Changed(change) = event(fixture!("edit")) else { panic!("no change") };
    assert_eq!((change.timestamp, change.target), (Moment(1_795_303_872_435), Moment(1_795_303_872_421)));
    let edit = |from: &str, to: &str| outcome(&fixture!("edit").replace(from, to));
    assert_eq!(edit("\"targetSentTimestamp\":1795303872421,", ""), "Edit");
    assert_eq!(edit("\"message\":\"after\"", "\"message\":\"\""), "edits 1795303872421 to Other");
    assert_eq!(edit("\"message\":\"after\"", "\"message\":7"), "edits 1795303872421 to Other");
    assert_eq!(outcome(&fixture!("delete").replace("{\"timestamp\":1795303872421}", "{}")), "Deletion");
}

#[test]
fn a_reaction_names_a_message_of_somebody_or_is_only_said_to_be_one() {
    let Event::Changed(change) = event(fixture!("reaction")) else { panic!("no change") };
    assert_eq!((change.target_author, change.author), (Aci::new(BRIDGE), Aci::new(OWNER)));
    let reaction = |emoji: Value, more: &Value| {
        let mut json = json!({"emoji": emoji, "targetAuthorUuid": BRIDGE, "targetSentTimestamp": 7, "isRemove": false});
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        said(&json!({"message": null, "reaction": json}))
    };
    assert_eq!(reaction(json!("👍"), &json!({})), "👍 to 7");
    assert_eq!(reaction(json!("👍"), &json!({"isRemove": true})), "no reaction to 7");
    assert_eq!(reaction(json!(null), &json!({"isRemove": true})), "no reaction to 7");
    for odd in [json!({"targetAuthorUuid": null}), json!({"targetSentTimestamp": null}), json!({"emoji": ""})] {
        assert_eq!(reaction(json!("👍"), &odd), "Reaction");
    }
}

#[test]
fn a_text_is_whole_or_truncated() {
    let long = |message: Value, size: Value| {
        said(&json!({"message": message, "attachments": [{"contentType": "text/x-signal-plain", "size": size}]}))
    };
    // Two bytes a letter.
    assert_eq!(long(json!("éé"), json!(4)), "text éé");
    assert_eq!(long(json!("éé"), json!(5)), "truncated");
    assert_eq!(long(json!("éé"), json!(null)), "truncated");
    assert_eq!(long(json!(null), json!(5)), "truncated");
    let whole = json!({"contentType": "text/x-signal-plain", "size": 9, "id": "a.txt"});
    let attached = |more: Value| json!({"message": "éé", "attachments": [whole.clone(), more]});
    assert_eq!(said(&json!({"message": "éé", "attachments": [whole]})), "a long text, with 0 files");
    assert_eq!(said(&attached(json!({"id": "b", "contentType": "image/jpeg"}))), "a long text, with 1 files");
    assert_eq!(said(&attached(whole.clone())), "truncated");
}

#[test]
fn files_are_named_by_their_kind() {
    let file = |content_type: &str, name: Value| {
        said(&json!({"message": "caption", "attachments": [
                {"id": "a1.bin", "contentType": content_type, "filename": name, "size": 9}]}))
    };
    for (content_type, name, expected) in [
        ("image/png", json!("a.png"), "Picture"),
        ("video/mp4", json!(null), "Video"),
        ("audio/aac", json!("voice.aac"), "VoiceMessage"),
        ("audio/mp4", json!(null), "VoiceMessage"),
        ("audio/mpeg", json!("song.mp3"), "Audio"),
        ("text/plain", json!("a.txt"), "Document"),
        ("", json!(null), "Document"),
    ] {
        assert_eq!(file(content_type, name), format!("{expected} with caption"), "{content_type}");
    }
    let with_text = json!([
        {"contentType": "text/x-signal-plain", "size": 1},
        {"id": "b", "contentType": "image/jpeg"},
        {"id": "c.pdf", "contentType": "application/pdf"},
    ]);
    assert_eq!(said(&json!({"message": "x", "attachments": with_text})), "Picture and Document with x");
    assert_eq!(said(&json!({"message": null, "attachments": [{"id": "b", "contentType": "image/jpeg"}]})), "Picture");
    // One that cannot be found makes half a message of it.
    for id in [json!(null), json!("../secret"), json!("")] {
        let lost = json!([{"id": "b", "contentType": "video/mp4"}, {"id": id, "contentType": "image/jpeg"}]);
        assert_eq!(said(&json!({"message": "x", "attachments": lost})), "Picture");
    }
    assert_eq!(said(&json!({"message": "x", "attachments": []})), "text x");
}

#[test]
fn what_cannot_be_carried_is_told_and_settings_are_not() {
    for (data, expected) in [
        (json!({"pollCreate": {"question": "q", "options": ["a"]}}), "a thing: Poll"),
        (json!({"pollCreate": {"question": "q", "options": ["a"]}, "message": "more than that"}), "Poll"),
        (json!({"pollCreate": {"question": "q", "options": []}}), "Poll"),
        (json!({"contacts": [{"organization": "Co"}], "message": "more than that"}), "Contact"),
        (json!({"message": "https://maps.google.com/maps?q=1.5%2C2.5"}), "a thing: Location"),
        (json!({"message": "https://maps.google.com/maps?q=1.5%2C2.5", "viewOnce": true}), "ViewOnce"),
        (json!({"message": "https://maps.google.com/maps?q=1.5%2C2.5", "storyContext": {}}), "Other"),
        (
            json!({"message": "Square\nhttps://maps.google.com/maps?q=1.5%2C2.5", "attachments": [
                {"contentType": "image/jpeg", "id": "a.jpg", "filename": null, "size": 9}]}),
            "a thing: Location",
        ),
        (
            json!({"message": "Square\nhttps://maps.google.com/maps?q=1.5%2C2.5", "attachments": [
                {"contentType": "image/jpeg", "id": "a.jpg", "filename": "mine.jpg", "size": 9}]}),
            "Picture with Square\nhttps://maps.google.com/maps?q=1.5%2C2.5",
        ),
        (json!({"pollTerminate": {"targetSentTimestamp": 1}}), "PollEnd"),
        (json!({"pollVote": {"optionIndexes": [1]}}), "PollVote"),
        (json!({"pollVote": {"authorUuid": BRIDGE, "targetSentTimestamp": 5, "optionIndexes": [1]}}), "a vote"),
        (json!({"pollVote": {"authorUuid": "nobody", "targetSentTimestamp": 5, "optionIndexes": [1]}}), "PollVote"),
        (json!({"pinMessage": {}}), "PinnedMessage"),
        (json!({"adminDelete": {"targetSentTimestamp": 1}}), "Deletion"),
        (json!({"payment": {"note": "n"}}), "Other"),
        (json!({"message": "nice", "storyContext": {"authorUuid": BRIDGE}}), "Other"),
        (json!({"message": null, "hologram": {"of": "me"}}), "Other"),
        (json!({"message": "x", "hologram": {"of": "me"}}), "text x"),
        (json!({"message": null, "isExpirationUpdate": true, "expiresInSeconds": 60}), "nothing"),
        (json!({"message": "", "textStyles": [], "previews": []}), "nothing"),
        (json!({"message": 7}), "Other"),
        (json!({"message": "x", "attachments": 7}), "Other"),
        (json!({}), "nothing"),
    ] {
        assert_eq!(said(&data), expected, "{data}");
    }
}

#[test]
fn damaged_and_odd_lines_are_refused() {
    let no_time = line(&json!({"message": "x"})).replace("1795303870700", "0");
    assert_eq!(outcome(&no_time), "Damaged");
    for odd in ["", "null", "{}", r#"{"params":null}"#, r#"{"params":{"envelope":null}}"#, r#"{"params":{"result":7}}"#]
    {
        assert_eq!(outcome(odd), "OddLine", "{odd}");
    }
    let bare = fixture!("text").replace(",\"account\":\"+14154938417\"", "").replace("\"serverReceived", "\"x");
    assert_eq!(outcome(&bare), "text hi ✓ \n line2");
}

#[test]
fn nothing_that_was_heard_can_be_printed() {
    let printed = format!("{:?}", heard(fixture!("quote")));
    for private in ["q-in", "hello", OWNER, "1415"] {
        assert!(!printed.contains(private), "{printed}");
    }
}

#[test]
fn a_stranger_in_a_group_is_no_message_and_worth_a_look() {
    let in_group = line(&json!({"message": "x", "groupInfo": {"groupId": GROUP}}));
    let stranger = in_group.replace(OWNER, "aaaaaaaa-0000-4000-8000-000000000001");
    let expected = Event::GroupChanged { group: GroupId::new(GROUP), by_stranger: true };
    assert_eq!(event(&stranger), expected);
}

#[test]
fn what_is_held_back_for_a_new_key_is_said() {
    let mine = fixture!("exception").replace("73415bff-af8d-4fd1-a173-ad701eee93e6", OWNER);
    let kind = serde_json::from_str::<Value>(&mine).unwrap();
    let kind = kind.pointer("/params/result/exception/type").or(kind.pointer("/params/exception/type")).cloned();
    let untrusted = mine.replace(kind.unwrap().as_str().unwrap(), "UntrustedIdentityException");
    assert_eq!(event(&untrusted), Event::IdentityChanged);
}
