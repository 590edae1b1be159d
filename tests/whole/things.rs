//! Places, contacts, polls and their like, both ways.

use rialto::clock::Clock;
use serde_json::{Value, json};
use simulator::signal_cli::InboxMessage;
use simulator::waha::{Engine, Other, SentThing, WahaFault, WahaOptions};

use crate::house::{ALICE, Bridge, House, OWNER, SOON, bridge_aci, clock, health_shows, idle, turn_until};

const GROUP: &str = "120363020000000001@g.us";
const MEMBER: &str = "100000000000002@lid";

/// With GOWS, which can vote.
async fn gows() -> House {
    let options = WahaOptions { engine: Engine::Gows, ordered: true, ..WahaOptions::default() };
    House::with(options, |_| {}).await
}

async fn portal(house: &House) -> String {
    house.waha.says(ALICE, "hello");
    house.group_of("hello").await
}

async fn things(house: &House, count: usize) -> Vec<SentThing> {
    let came = house.waha.wait_until(SOON, |waha| waha.sent_things().len() >= count).await;
    assert!(came, "{:?} {:?}", house.waha.sent_things(), house.texts());
    house.waha.sent_things()
}

async fn inbox(house: &House, text: &str) -> InboxMessage {
    assert!(house.arrives(text).await, "{:#?}", house.texts());
    house.signal.inbox().into_iter().find(|message| message.text.contains(text)).unwrap()
}

#[tokio::test]
async fn a_place_comes_with_its_name_and_a_link_that_the_configuration_names() {
    let house = House::new().await;
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    let toml = toml.replace("name = \"home\"\n", "name = \"home\"\nmap_link = \"https://map.example/{lat}/{lon}\"\n");
    let bridge = house.bridge_as(Clock::system(), &toml).await;
    house.waha.sends_other(ALICE, Other::Location { name: "Our office".into() });
    let message = inbox(&house, "Our office").await;
    let place = "ⓘ a location\nOur office, 1 Main St\nhttps://map.example/38.893726/-77.096976";
    assert_eq!((message.text.as_str(), message.files.len()), (place, 0));
    house.waha.sends_other(ALICE, Other::LiveLocation { words: "on my way".into(), seconds: 3600 });
    let message = inbox(&house, "on my way").await;
    assert!(message.text.starts_with("ⓘ a live location, from "), "{}", message.text);
    let rest = " UTC for 60 minutes. Here it stands still; where it goes is in WhatsApp on the phone.\non my way\n\
                https://map.example/38.8/-77.1";
    assert!(message.text.ends_with(rest), "{}", message.text);
    bridge.stop().await;
}

#[tokio::test]
async fn a_link_to_a_place_becomes_one_and_with_more_words_stays_a_text() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let group = portal(&house).await;
    let (quoted, _) = house.find("hello").unwrap();
    house.signal.owner_quotes(&group, "https://www.openstreetmap.org/?mlat=52.5&mlon=13.4", quoted, &bridge_aci());
    let sent = things(&house, 1).await;
    assert_eq!((sent[0].call.as_str(), sent[0].chat_id.as_str()), ("sendLocation", ALICE));
    assert_eq!((&sent[0].body["latitude"], &sent[0].body["longitude"]), (&json!(52.5), &json!(13.4)));
    let hello = house.waha.history()[0].stanza.clone();
    assert!(sent[0].body["reply_to"].as_str().unwrap().contains(&hello), "{:?}", sent[0].body);
    house.signal.owner_says(&group, "see https://www.openstreetmap.org/?mlat=52.5&mlon=13.4");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent()[0].text, "see https://www.openstreetmap.org/?mlat=52.5&mlon=13.4");
    assert!(idle(&bridge).await);
    assert_eq!((house.waha.sent_things().len(), house.waha.sent().len(), house.texts().len()), (1, 1, 1));
    bridge.stop().await;
}

#[tokio::test]
async fn a_place_of_signals_apps_goes_without_the_picture_of_its_map_and_that_is_said() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let group = portal(&house).await;
    let text = "Pariser Platz\n10117 Berlin\nhttps://maps.google.com/maps?q=52.516275%2C13.377704";
    let shared = house.signal.owner_sends_files(Some(&group), text, &[("", "image/jpeg", b"\xff\xd8\xff\xe0 a map")]);
    let sent = things(&house, 1).await;
    assert_eq!(sent[0].body["title"], "Pariser Platz, 10117 Berlin");
    let line = inbox(&house, "goes to WhatsApp as a place").await;
    assert_eq!((line.quote_timestamp, line.group_id.as_ref()), (Some(shared), Some(&group)));
    assert!(idle(&bridge).await && house.waha.sent_files().is_empty() && house.waha.sent().is_empty());
    // A picture with a name is somebody's own: it goes, with its words.
    house.signal.owner_sends_files(Some(&group), text, &[("me.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 me")]);
    assert!(house.waha.wait_until(SOON, |waha| waha.sent_files().len() == 1).await, "{:?}", house.texts());
    assert_eq!(house.waha.sent_files()[0].caption.as_deref(), Some(text));
    bridge.stop().await;
}

#[tokio::test]
async fn a_contact_comes_as_a_line_and_a_card_and_goes_as_one() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let card = Other::ContactCard { name: "Jane".into(), number: "15550100377".into() };
    house.waha.sends_other(ALICE, card);
    let message = inbox(&house, "Jane").await;
    assert_eq!(message.text, "ⓘ a contact\nJane: +15550100377");
    let file = &message.files[0];
    assert_eq!((message.files.len(), file.name.as_str()), (1, "contact.vcf"));
    assert!(file.bytes.starts_with(b"BEGIN:VCARD\nVERSION:3.0\nN:;Jane;;;"), "{file:?}");
    let contact = json!({ "name": { "given": "Ann", "family": "Lee" }, "phone": [{ "value": "+49 170" }] });
    house.signal.owner_shares(message.group_id.as_deref(), "contacts", json!([contact]));
    let sent = things(&house, 1).await;
    let vcard = sent[0].body["contacts"][0]["vcard"].as_str().unwrap();
    assert_eq!((sent[0].call.as_str(), sent[0].chat_id.as_str()), ("sendContactVcard", ALICE));
    assert!(vcard.contains("\nFN:Ann Lee\nTEL;type=CELL;type=VOICE;waid=49170:+49 170\n"), "{vcard}");
    bridge.stop().await;
}

#[tokio::test]
async fn a_poll_is_a_list_and_numbers_that_answer_it_are_a_vote() {
    let house = gows().await;
    let bridge = house.bridge().await;
    let poll = Other::Poll { question: "Lunch?".into(), several: false };
    let stanza = house.waha.sends_other_in_group(GROUP, MEMBER, poll);
    let message = inbox(&house, "Lunch?").await;
    let list = "ⓘ a poll. To vote, answer this message with the number of your answer.\nLunch?\n1. Yes\n2. No";
    assert!(message.text.ends_with(list), "{}", message.text);
    let group = message.group_id.clone().unwrap();
    let answer = |text: &str| house.signal.owner_quotes(&group, text, message.timestamp, &bridge_aci());
    answer("2");
    let sent = things(&house, 1).await;
    assert_eq!((sent[0].call.as_str(), sent[0].chat_id.as_str()), ("sendPollVote", GROUP));
    assert_eq!(sent[0].body["votes"], json!(["No"]));
    let named = sent[0].body["pollMessageId"].as_str().unwrap();
    assert_eq!(named, format!("false_{GROUP}_{stanza}_{MEMBER}"));
    for (text, why) in [("1, 2", "takes one answer only"), ("3", "no answer with that number")] {
        let typed = answer(text);
        assert_eq!(inbox(&house, why).await.quote_timestamp, Some(typed));
    }
    answer("2 o'clock");
    assert!(house.waha.wait_sent(1, SOON).await, "anything else is an answer like any other");
    assert!(idle(&bridge).await);
    assert_eq!((house.waha.sent_things().len(), house.waha.sent().len()), (1, 1));
    bridge.stop().await;
}

#[tokio::test]
async fn where_waha_cannot_vote_or_has_no_poll_nothing_is_sent_and_that_is_said() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.sends_other(ALICE, Other::Poll { question: "Lunch?".into(), several: true });
    let message = inbox(&house, "Lunch?").await;
    let group = message.group_id.clone().unwrap();
    let typed = house.signal.owner_quotes(&group, "1", message.timestamp, &bridge_aci());
    assert_eq!(inbox(&house, "cannot vote in polls").await.quote_timestamp, Some(typed));
    assert!(idle(&bridge).await && house.waha.sent().is_empty() && house.waha.sent_things().is_empty());
    bridge.stop().await;

    let options = WahaOptions { engine: Engine::Gows, ordered: true, store: false, ..WahaOptions::default() };
    let house = House::with(options, |_| {}).await;
    let bridge = house.bridge().await;
    house.waha.sends_other(ALICE, Other::Poll { question: "Lunch?".into(), several: true });
    let message = inbox(&house, "Lunch?").await;
    let typed = house.signal.owner_quotes(&group_of(&message), "1", message.timestamp, &bridge_aci());
    assert_eq!(inbox(&house, "WAHA does not have this poll any more").await.quote_timestamp, Some(typed));
    assert!(idle(&bridge).await && house.waha.sent().is_empty() && house.waha.sent_things().is_empty());
    bridge.stop().await;
}

/// The phone has it before the bridge knows that, as after a slow answer: numbers are a vote all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_answered_while_it_is_brought_is_known_for_what_it_is() {
    let house = gows().await;
    let bridge = house.bridge().await;
    let group = portal(&house).await;
    assert!(idle(&bridge).await);
    house.signal.hold_answers();
    house.waha.sends_other(ALICE, Other::Poll { question: "Lunch?".into(), several: false });
    let message = inbox(&house, "Lunch?").await;
    assert!(message.text.starts_with('ⓘ'), "{}", message.text);
    house.signal.owner_quotes(&group, "2", message.timestamp, &bridge_aci());
    assert!(
        health_shows(&bridge.admin, &[("/channels/0/queue/pending", 1.into())]).await,
        "it waits: {:?}",
        house.texts()
    );
    house.signal.release_answers();
    assert_eq!(things(&house, 1).await[0].body["votes"], json!(["No"]));
    assert!(idle(&bridge).await && house.waha.sent().is_empty(), "{:?}", house.waha.sent());
    assert_eq!(house.texts().len(), 2, "{:?}", house.texts());
    bridge.stop().await;
}

fn group_of(message: &InboxMessage) -> String {
    message.group_id.clone().unwrap()
}

#[tokio::test]
async fn votes_of_others_are_quiet_lines_that_quote_the_poll() {
    for house in [House::new().await, gows().await] {
        let bridge = house.bridge().await;
        let poll =
            house.waha.sends_other_in_group(GROUP, MEMBER, Other::Poll { question: "Lunch?".into(), several: true });
        let message = inbox(&house, "Lunch?").await;
        house.waha.votes(GROUP, Some(MEMBER), &poll, &["Yes", "No"]);
        let vote = inbox(&house, "ⓘ voted: Yes, No").await;
        assert_eq!((vote.text.as_str(), vote.urgent), ("Alice ▸ ⓘ voted: Yes, No", false));
        assert_eq!(vote.quote_timestamp, Some(message.timestamp));
        house.waha.votes(GROUP, Some(MEMBER), &poll, &[]);
        assert!(house.arrives("ⓘ took back the vote").await);
        house.waha.votes_unreadably(GROUP, Some(MEMBER), &poll);
        assert!(house.arrives("ⓘ voted; for what is in WhatsApp on the phone.").await);
        bridge.stop().await;
    }
}

#[tokio::test]
async fn a_poll_of_the_owner_is_one_on_whatsapp_in_which_the_owner_can_vote() {
    let house = gows().await;
    let bridge = house.bridge().await;
    let group = portal(&house).await;
    let poll = json!({ "question": "When?", "allowMultiple": true, "options": ["Mon", "Tue"] });
    let made = house.signal.owner_shares(Some(&group), "pollCreate", poll);
    let sent = things(&house, 1).await;
    let expected = json!({ "name": "When?", "options": ["Mon", "Tue"], "multipleAnswers": true });
    assert_eq!((sent[0].call.as_str(), &sent[0].body["poll"]), ("sendPoll", &expected));
    assert!(idle(&bridge).await);
    house.signal.owner_quotes(&group, "1, 2", made, OWNER);
    let sent = things(&house, 2).await;
    assert_eq!((sent[1].call.as_str(), &sent[1].body["votes"]), ("sendPollVote", &json!(["Mon", "Tue"])));
    let ended = house.signal.owner_shares(Some(&group), "pollTerminate", json!({ "targetSentTimestamp": made }));
    assert_eq!(inbox(&house, "the end of a poll is not carried").await.quote_timestamp, Some(ended));
    let edited = house.signal.owner_edits(Some(&group), made, "When then?");
    assert!(house.arrives("stays there as it was sent").await, "{edited} {:?}", house.texts());
    assert!(house.waha.changes_made().is_empty());
    bridge.stop().await;
}

#[tokio::test]
async fn events_buttons_payments_invitations_calls_and_pins_are_readable_lines() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let first = house.waha.says(ALICE, "hello");
    let wire = |message: Value| house.waha.sends_other(ALICE, Other::Wire { message });
    for (message, expected) in [
        (
            json!({ "eventMessage": { "name": "Party", "description": "bring food", "location": { "name": "Home" },
                "startTime": "1795400000" } }),
            "ⓘ an event\nParty\n2026-11-23, 02:13 UTC\nHome\nbring food",
        ),
        (
            json!({ "buttonsMessage": { "contentText": "Size?", "buttons": [{ "buttonText": { "displayText": "S" } }] } }),
            "Size?\nⓘ with buttons, which work in WhatsApp on the phone: S",
        ),
        (
            json!({ "requestPaymentMessage": { "amount1000": 12500, "currencyCodeIso4217": "EUR" } }),
            "ⓘ a request for a payment: 12.50 EUR",
        ),
        (
            json!({ "groupInviteMessage": { "groupJid": GROUP, "groupName": "Family", "caption": "join" } }),
            "ⓘ an invitation to the group “Family”. It can be followed in WhatsApp on the phone.\njoin",
        ),
        (json!({ "callLogMesssage": { "isVideo": true, "callOutcome": "MISSED" } }), "ⓘ a video call that nobody took"),
    ] {
        wire(message);
        assert_eq!(inbox(&house, expected).await.text, expected);
    }
    house.waha.calls(ALICE);
    let call = inbox(&house, "ⓘ a call comes in.").await;
    assert_eq!((call.group_id, call.urgent), (house.find("hello").and_then(|(_, group)| group), true));
    wire(json!({ "pinInChatMessage": { "key": { "id": first }, "type": "PIN_FOR_ALL" } }));
    let pin = inbox(&house, "ⓘ pinned this message").await;
    assert_eq!((pin.quote_timestamp, pin.urgent), (house.find("hello").map(|(at, _)| at), false));
    bridge.stop().await;
}

#[tokio::test]
async fn what_may_be_seen_once_is_not_sent_and_that_is_said() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let group = portal(&house).await;
    let typed = house.signal.owner_shares(Some(&group), "viewOnce", json!(true));
    assert_eq!(inbox(&house, "a view-once message is not carried").await.quote_timestamp, Some(typed));
    assert!(idle(&bridge).await && house.waha.sent_files().is_empty() && house.waha.sent().is_empty());
    bridge.stop().await;
}

/// A place whose call gave no answer: nobody knows, so nothing goes again by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_been_sent_is_said_and_not_sent_again() {
    let (house, time) = (House::new().await, clock());
    let bridge: Bridge = house.bridge_at(time.clone()).await;
    let group = portal(&house).await;
    house.waha.fault(WahaFault::SendThen500 { times: 1 });
    let typed = house.signal.owner_says(&group, "geo:52.5,13.4");
    let told = || house.find("May have been sent").is_some();
    assert!(turn_until(&time, std::time::Duration::from_millis(200), told).await, "{:?}", house.texts());
    assert_eq!(inbox(&house, "May have been sent").await.quote_timestamp, Some(typed));
    assert_eq!(house.waha.sent_things().len(), 1);
    bridge.stop().await;
}
