//! Strangers in the control chat: labelled, answered by quote, moved into a portal once the owner has written to them.

use simulator::waha::Contact;

use crate::house::{ALICE, House, SOON, bridge_aci};
use rialto::clock::Clock;

const CARL: &str = "79144444444@c.us";
const DORA: &str = "79155555555@c.us";
const GROUP: &str = "120363020000000001@g.us";

async fn house() -> (House, crate::house::Bridge) {
    let house = House::new().await;
    for (number, push_name) in [("79144444444", "Carl"), ("79155555555", "Dora")] {
        let push_name = Some(push_name.to_owned());
        house.waha.add_contact(Contact { number: Some(number.into()), push_name, ..Contact::default() });
    }
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace("\"portal\"", "\"hybrid\"");
    let bridge = house.bridge_as(Clock::system(), &toml).await;
    (house, bridge)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_and_groups_have_portals_and_strangers_a_label() {
    let (house, bridge) = house().await;
    house.waha.add_group(GROUP, "Choir", vec![ALICE.into()]);
    house.waha.says(CARL, "from a stranger");
    house.waha.says(ALICE, "from a contact");
    house.waha.says_in_group(GROUP, "100000000000002@lid", "from a group");
    assert!(house.arrives("from a stranger").await && house.arrives("from a group").await);
    assert!(house.texts().contains(&"~Carl, +79144444444 ▸ from a stranger".to_owned()), "{:?}", house.texts());
    assert_eq!(house.find("from a stranger").unwrap().1, None);
    assert!(house.group_of("from a contact").await != house.group_of("from a group").await);
    assert_eq!(house.signal.groups().len(), 2);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quote_answers_the_right_stranger_and_opens_a_portal() {
    let (house, bridge) = house().await;
    house.waha.says(CARL, "carl asks");
    house.waha.says(DORA, "dora asks");
    assert!(house.arrives("carl asks").await && house.arrives("dora asks").await);
    assert!(crate::house::idle(&bridge).await);
    let (carl, dora) = (house.find("carl asks").unwrap().0, house.find("dora asks").unwrap().0);
    // The later message is not the one that is answered: only the quote decides.
    house.signal.owner_quotes_direct("for carl", carl, &bridge_aci());
    house.signal.owner_quotes_direct("for dora", dora, &bridge_aci());
    assert!(house.waha.wait_sent(2, SOON).await);
    for sent in house.waha.sent() {
        let expected = if sent.text == "for carl" { CARL } else { DORA };
        assert_eq!(sent.chat_id, expected);
        assert!(sent.reply_to.is_some());
    }
    // Carl is no stranger any more.
    house.waha.says(CARL, "carl again");
    let group = house.group_of("carl again").await;
    assert!(house.arrives("From here on this chat has a conversation of its own").await);
    house.signal.owner_says(&group, "in the portal");
    assert!(house.waha.wait_sent(3, SOON).await);
    assert_eq!(house.waha.sent()[2].chat_id, CARL);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_quote_that_leads_somewhere_nothing_is_sent() {
    let (house, bridge) = house().await;
    house.waha.says(CARL, "carl asks");
    assert!(house.arrives("carl asks").await);
    house.signal.owner_says_direct("to whom?");
    assert!(house.arrives("answer a message here by quoting it").await);
    let hint = house.find("answer a message here").unwrap().0;
    house.signal.owner_quotes_direct("to the bridge's own words", hint, &bridge_aci());
    assert!(house.arrives("the message you quoted is one of the bridge's own").await);
    // A quote of something in a portal leads nowhere here, whatever it says.
    house.waha.says(ALICE, "in a portal");
    house.group_of("in a portal").await;
    assert!(crate::house::idle(&bridge).await);
    let elsewhere = house.find("in a portal").unwrap().0;
    house.signal.owner_quotes_direct("across conversations", elsewhere, &bridge_aci());
    let twice = |signal: &simulator::signal_cli::SignalCli| {
        signal.inbox().iter().filter(|m| m.text.contains("the message you quoted")).count() == 2
    };
    assert!(house.signal.wait_until(SOON, twice).await);
    assert!(house.waha.sent().is_empty());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_owner_writes_on_the_phone_makes_a_stranger_known() {
    let (house, bridge) = house().await;
    house.waha.says(CARL, "carl asks");
    assert!(house.arrives("carl asks").await);
    house.waha.owner_says(CARL, "answered on the phone");
    let group = house.group_of("answered on the phone").await;
    house.signal.owner_says(&group, "and here");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent()[0].chat_id, CARL);
    bridge.stop().await;
}

/// At the pace of one portal, the second chat is not held back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_beyond_the_pace_comes_into_the_control_chat() {
    let house = House::new().await;
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace("per_day = 10000", "per_day = 1");
    let bridge = house.bridge_as(Clock::system(), &toml).await;
    house.waha.says(ALICE, "in a portal");
    house.group_of("in a portal").await;
    house.waha.says(crate::house::BOB, "beyond the pace");
    assert!(house.arrives("Bob ▸ beyond the pace").await, "{:?}", house.texts());
    assert!(crate::house::idle(&bridge).await);
    let (at, group) = house.find("beyond the pace").unwrap();
    assert_eq!(group, None);
    house.signal.owner_quotes_direct("for bob", at, &bridge_aci());
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent()[0].chat_id, crate::house::BOB);
    bridge.stop().await;
}
