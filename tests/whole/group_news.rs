//! What happens to a group itself is one quiet line in its portal.

use std::time::Duration;

use rialto::clock::Clock;
use serde_json::json;
use simulator::waha::{Engine, WahaOptions};

use crate::house::{ALICE, BOB, Bridge, House, SOON, clock, idle, post, turn_until};

const STEP: Duration = Duration::from_secs(5);
const CHOIR: &str = "120363020000000001@g.us";
const ALICE_LID: &str = "100000000000002@lid";
const BOB_LID: &str = "100000000000003@lid";
const CARL: &str = "79144444444@c.us";

async fn bridge(house: &House, time: &Clock) -> Bridge {
    house.waha.add_group(CHOIR, "Choir", vec![ALICE.to_owned(), BOB.to_owned()]);
    house.bridge_as(time.clone(), &house.toml("127.0.0.1:0", "127.0.0.1:0")).await
}

fn news(house: &House) -> Vec<String> {
    house.texts().into_iter().filter(|text| text.starts_with("ⓘ ") && !text.contains("Nothing you write")).collect()
}

/// What is gathered for a minute goes. The clock is not turned on while names are asked for, which has its limit.
async fn a_minute_later(house: &House, bridge: &Bridge, time: &Clock) {
    assert!(house.waha.all_webhooks_done(SOON).await && idle(bridge).await);
    time.advance(Duration::from_secs(65));
    assert!(house.signal.wait_until(SOON, |_| !news(house).is_empty()).await);
    assert!(idle(bridge).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_within_a_minute_is_one_quiet_line() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = House::with(WahaOptions { engine, ordered: true, ..WahaOptions::default() }, |_| {}).await;
        let time = clock();
        let bridge = bridge(&house, &time).await;
        house.waha.says_in_group(CHOIR, ALICE, "sing");
        let group = house.group_of("sing").await;
        let me = format!("{}@lid", WahaOptions::default().owner.lid);

        house.waha.group_changes(CHOIR, "join", ALICE_LID, &[BOB_LID, CARL]);
        house.waha.group_changes(CHOIR, "join", ALICE_LID, &[CARL]);
        house.waha.group_changes(CHOIR, "leave", BOB_LID, &[BOB_LID]);
        house.waha.group_changes(CHOIR, "promote", ALICE_LID, &[&me]);
        house.waha.renames_group(CHOIR, "Quire\u{202E}");
        let line = "ⓘ Bob was added. +79144444444 is in the group now. Bob left. You have an admin's rights now. \
                    The group is called \"Quire\" now.";
        a_minute_later(&house, &bridge, &time).await;
        assert_eq!(news(&house), [line]);
        let message = house.signal.inbox().into_iter().find(|message| message.text == line).unwrap();
        assert_eq!(message.group_id.as_deref(), Some(group.as_str()));
        assert_eq!(message.params.get("noUrgent"), Some(&true.into()));
        let title = || house.signal.groups().into_iter().find(|found| found.id == group).unwrap().name;
        assert!(turn_until(&time, STEP, || title() == "Quire (WhatsApp)").await, "{}", title());
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_without_a_portal_gets_none_for_it_and_a_repeat_says_nothing() {
    let (house, time) = (House::new().await, clock());
    let bridge = bridge(&house, &time).await;
    house.waha.group_changes(CHOIR, "join", ALICE_LID, &[BOB_LID]);
    house.waha.says(ALICE, "from alice");
    house.group_of("from alice").await;
    assert!(idle(&bridge).await);
    assert_eq!(house.signal.groups().len(), 1);
    house.waha.says_in_group(CHOIR, ALICE, "sing");
    house.group_of("sing").await;
    let demoted = json!({"id": "evt_g1", "timestamp": time.now().0, "event": "group.v2.participants", "session": "default",
        "payload": {"group": {"id": CHOIR}, "type": "demote", "timestamp": time.now().0,
            "participants": [{"id": BOB_LID, "role": "participant"}], "_data": {}}});
    assert_eq!(post(&bridge, demoted.to_string()).await, 200);
    a_minute_later(&house, &bridge, &time).await;
    assert_eq!(post(&bridge, demoted.to_string()).await, 200);
    let until = time.now().plus(Duration::from_mins(3));
    assert!(turn_until(&time, STEP, || time.now() > until).await && idle(&bridge).await);
    assert_eq!(news(&house), ["ⓘ Bob has no admin's rights any more."]);
    bridge.stop().await;
}
