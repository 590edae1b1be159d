//! The whole road, narrow: a text each way through a portal.

use crate::house::{ALICE, BOB, House, SOON};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_each_way_through_a_portal() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello from alice");
    let group = house.group_of("hello from alice").await;
    house.signal.owner_says(&group, "hello alice");
    assert!(house.waha.wait_sent(1, SOON).await);
    let sent = house.waha.delivered();
    assert_eq!((sent[0].chat_id.as_str(), sent[0].text.as_str()), (ALICE, "hello alice"));
    assert_eq!(sent[0].link_preview, Some(false));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_chat_has_its_own_portal() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "from alice");
    house.waha.says(BOB, "from bob");
    let (alice, bob) = (house.group_of("from alice").await, house.group_of("from bob").await);
    assert_ne!(alice, bob);
    house.signal.owner_says(&bob, "to bob");
    house.signal.owner_says(&alice, "to alice");
    assert!(house.waha.wait_sent(2, SOON).await);
    for sent in house.waha.delivered() {
        let expected = if sent.text == "to bob" { BOB } else { ALICE };
        assert_eq!(sent.chat_id, expected);
    }
    let names: Vec<_> = house.signal.groups().into_iter().map(|group| group.name).collect();
    assert!(names.contains(&"Alice (WhatsApp)".to_owned()), "{names:?}");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn number_and_lid_are_one_chat() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "by number");
    let group = house.group_of("by number").await;
    house.waha.says("100000000000002@lid", "by lid");
    assert_eq!(house.group_of("by lid").await, group);
    house.signal.owner_says(&group, "answer");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.delivered()[0].chat_id, "100000000000002@lid");
    assert_eq!(house.signal.groups().len(), 1);
    bridge.stop().await;
}
