//! Places, contacts, polls and their like, both ways.

use rialto::clock::Clock;
use serde_json::{Value, json};
use simulator::signal_cli::InboxMessage;
use simulator::waha::{Engine, Other, SentThing, WahaFault, WahaOptions};

use crate::house::{ALICE, Bridge, House, SOON, bridge_aci, clock, idle, turn_until};

pub(crate) const GROUP: &str = "120363020000000001@g.us";
pub(crate) const MEMBER: &str = "100000000000002@lid";

/// With GOWS, which can vote.
pub(crate) async fn gows() -> House {
    let options = WahaOptions { engine: Engine::Gows, ordered: true, ..WahaOptions::default() };
    House::with(options, |_| {}).await
}

pub(crate) async fn portal(house: &House) -> String {
    house.waha.says(ALICE, "hello");
    house.group_of("hello").await
}

pub(crate) async fn things(house: &House, count: usize) -> Vec<SentThing> {
    let came = house.waha.wait_until(SOON, |waha| waha.sent_things().len() >= count).await;
    assert!(came, "{:?} {:?}", house.waha.sent_things(), house.texts());
    house.waha.sent_things()
}

pub(crate) async fn inbox(house: &House, text: &str) -> InboxMessage {
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

/// With a signal-cli that makes none.
/// The phone has it before the bridge knows that, as after a slow answer: numbers are a vote all the same.
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
