//! Two chats that turn out to be one person, and two people who are not.

use std::time::Duration;

use crate::house::{ALICE, House, SOON, clock, health_shows, idle, turn_until};
use rialto::clock::Clock;
use simulator::waha::{Contact, WahaFault};

const STEP: Duration = Duration::from_millis(200);
const LID: &str = "555000@lid";
const NUMBER: &str = "79155555555@c.us";

fn both() -> Contact {
    Contact { number: Some("79155555555".into()), lid: Some("555000".into()), ..Contact::default() }
}

/// A message as NOWEB tells it, from one address and with another beside it.
fn emit(house: &House, from: &str, beside: Option<&str>, text: &str) {
    let now = Clock::system().now().0;
    let stanza = format!("3EB0{now:018X}");
    house.waha.emit(
        "message.any",
        serde_json::json!({
            "id": format!("false_{from}_{stanza}"), "timestamp": now / 1000, "from": from, "fromMe": false, "body": text,
            "hasMedia": false,
            "_data": {"key": {"remoteJid": from, "remoteJidAlt": beside, "fromMe": false, "id": stanza}},
        }),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_portals_of_one_person_become_one_and_nothing_is_lost_on_the_way() {
    let (house, time) = (House::new().await, clock());
    house.waha.add_contact(Contact { lid: Some("555000".into()), ..Contact::default() });
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(LID, "by lid");
    let older = house.group_of("by lid").await;
    house.waha.says(NUMBER, "by number");
    let newer = house.group_of("by number").await;
    assert!(older != newer && idle(&bridge).await);

    // A call is open in each, and more waits behind both.
    house.waha.fault(WahaFault::HangBeforeSend { times: 2 });
    for (group, text) in [(&older, "one"), (&newer, "two"), (&older, "three"), (&newer, "four")] {
        house.signal.owner_says(group, text);
    }
    let queue = |pending: usize, open: usize| {
        [("/channels/0/queue/pending", pending.into()), ("/channels/0/queue/in_flight", open.into())]
    };
    assert!(health_shows(&bridge.admin, &queue(2, 2)).await);
    house.signal.stop().await;
    house.waha.says(LID, "w1");
    house.waha.says(NUMBER, "w2");
    house.waha.add_contact(both());
    house.waha.says(NUMBER, "w3, which names both");
    house.waha.says(LID, "w4");
    assert!(house.waha.all_webhooks_done(SOON).await);
    house.signal.restart().await.unwrap();
    house.waha.says(ALICE, "somebody else");
    assert!(turn_until(&time, STEP, || house.find("somebody else").is_some()).await);
    assert!(house.find("w1").is_none() && house.waha.sent().is_empty(), "nothing begins in either until both are free");

    house.waha.stop().await;
    house.waha.restart().await.unwrap();
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 4).await);
    let sent: Vec<_> = house.waha.sent().into_iter().map(|sent| sent.text).collect();
    assert_eq!(sent, ["one", "two", "three", "four"], "as they were typed, over both groups");
    assert!(turn_until(&time, STEP, || house.find("which goes on here").is_some()).await, "{:?}", house.texts());
    let said = |group: &str| -> Vec<_> {
        let inbox = house.signal.inbox().into_iter().filter(|m| m.group_id.as_deref() == Some(group));
        inbox.map(|m| m.text).collect()
    };
    let (there, here) = (said(&older), said(&newer));
    assert_eq!(there[..5], ["by lid", "w1", "w2", "w3, which names both", "w4"]);
    assert_eq!((there.len(), here.len()), (6, 2), "one line in each: {there:?} {here:?}");
    assert!(here[1].contains("nothing comes here any more"));

    house.signal.owner_says(&newer, "typed in the newer group");
    house.signal.owner_says(&older, "typed in the older group");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 6).await);
    assert!(house.waha.sent().iter().all(|sent| [LID, NUMBER].contains(&sent.chat_id.as_str())));
    let stanza = house.waha.sent()[1].stanza.clone();
    house.waha.replies(NUMBER, None, "a reply to two", &stanza);
    assert!(turn_until(&time, STEP, || house.find("a reply to two").is_some()).await);
    assert_eq!(house.find("a reply to two").unwrap().1, Some(older));
    assert_eq!(house.signal.groups().len(), 3);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_the_owner_has_left_holds_up_nobody() {
    let (house, time) = (House::new().await, clock());
    house.waha.add_contact(Contact { lid: Some("555000".into()), ..Contact::default() });
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(LID, "by lid");
    let older = house.group_of("by lid").await;
    house.waha.says(NUMBER, "by number");
    let newer = house.group_of("by number").await;
    assert!(idle(&bridge).await);
    house.signal.change_group(&newer, |group| group.members.retain(|member| member != crate::house::OWNER));
    house.waha.add_contact(both());
    for text in ["which names both", "and on"] {
        house.waha.says(NUMBER, text);
    }
    assert!(turn_until(&time, STEP, || house.find("which goes on here").is_some()).await, "{:?}", house.texts());
    house.waha.says(LID, "and on and on");
    assert!(turn_until(&time, STEP, || house.find("and on and on").is_some()).await);
    assert_eq!(house.find("and on and on").unwrap().1, Some(older));
    assert!(idle(&bridge).await && house.find("nothing comes here any more").is_none());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_changed_hands_merges_nobody_and_nothing_more_goes_to_it() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    emit(&house, NUMBER, None, "from the first holder");
    let first = house.group_of("from the first holder").await;
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    assert!(idle(&bridge).await);
    // Alice's LID is known with another number, so this number was somebody else's.
    emit(&house, "100000000000002@lid", Some(NUMBER), "from alice's new number");
    assert_eq!(house.group_of("from alice's new number").await, alice);
    assert!(house.arrives("knows no other address of the contact").await);
    assert_eq!(house.find("knows no other address").unwrap().1.as_ref(), Some(&first));
    let typed = house.signal.owner_says(&first, "for the first holder");
    assert!(house.arrives("Not sent: the number of this contact belongs to somebody else").await);
    let notice = house.signal.inbox().into_iter().find(|m| m.text.contains("Not sent: the number")).unwrap();
    assert_eq!(notice.quote_timestamp, Some(typed));
    house.signal.owner_says(&alice, "for alice");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent().into_iter().map(|sent| sent.text).collect::<Vec<_>>(), ["for alice"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waha_says_of_a_number_counts_only_if_it_says_the_same_of_the_lid() {
    let house = House::new().await;
    house.waha.add_contact(Contact { lid: Some("100000000000002".into()), ..both() });
    house.waha.add_contact(Contact {
        number: Some("79111111111".into()),
        lid: Some("100000000000002".into()),
        ..Contact::default()
    });
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    emit(&house, NUMBER, None, "from somebody unknown");
    assert_ne!(house.group_of("from somebody unknown").await, alice);
    bridge.stop().await;
}
