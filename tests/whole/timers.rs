//! The timer of disappearing messages in portals: as long as records are kept, if the owner wants it, and the owner's own
//! where the owner has set one.

use std::time::Duration;

use rialto::clock::Clock;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use simulator::waha::{Engine, WahaOptions};

use crate::house::{ALICE, BOB, Bridge, House, OWNER, clock, idle, turn_until};
use crate::real_signal::{self, Testbed};

const STEP: Duration = Duration::from_millis(200);
const DAY: i64 = 86_400;
const GROUP: &str = "120363020000000001@g.us";
const MEMBER: &str = "100000000000002@lid";

/// A bridge whose channel keeps for so many days, and Bob's chat for two hours.
async fn bridge(house: &House, time: &Clock, days: i64) -> Bridge {
    let rules = "chats = [{ chat = \"+79133333333\", period = \"2h\" }]";
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    let toml = format!("{toml}[channels.retention]\ndisappearing = \"retention\"\nperiod = \"{days}d\"\n{rules}\n");
    house.bridge_as(time.clone(), &toml).await
}

fn timer(house: &House, group: &str) -> i64 {
    house.signal.groups().into_iter().find(|found| found.id == group).unwrap().expiration
}

/// The calls that set a timer of a group that was there.
fn changes(house: &House) -> Vec<Value> {
    let calls = house.signal.calls().into_iter().filter(|(method, _)| method == "updateGroup");
    calls.map(|(_, params)| params).filter(|params| params.get("expiration").is_some()).collect()
}

async fn portals(house: &House) -> (String, String) {
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    house.waha.says(BOB, "from bob");
    (alice, house.group_of("from bob").await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_has_the_timer_of_its_chat_from_its_first_message_on_and_follows_it() {
    let (house, time) = (House::new().await, clock());
    let first = bridge(&house, &time, 7).await;
    let (alice, bob) = portals(&house).await;
    assert_eq!((timer(&house, &alice), timer(&house, &bob)), (7 * DAY, 7200));
    // With the rights of the group, so that it costs no call.
    assert_eq!(changes(&house).len(), 2);
    assert!(changes(&house).iter().all(|params| params["link"] == "disabled"));
    assert!(idle(&first).await);
    first.stop().await;

    let second = bridge(&house, &time, 60).await;
    assert!(turn_until(&time, STEP, || timer(&house, &alice) == 28 * DAY).await, "four weeks are the most");
    house.waha.says(BOB, "meanwhile");
    assert!(house.arrives("meanwhile").await && idle(&second).await);
    second.stop().await;
    let third = bridge(&house, &time, 60).await;
    house.waha.says(ALICE, "nothing differs");
    assert!(house.arrives("nothing differs").await && idle(&third).await);
    third.stop().await;
    assert_eq!(changes(&house).len(), 3, "only the portal whose timer differed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_owner_has_set_stays() {
    let (house, time) = (House::new().await, clock());
    let first = bridge(&house, &time, 7).await;
    let (alice, bob) = portals(&house).await;
    house.waha.says("79144444444@c.us", "from carol");
    let carol = house.group_of("from carol").await;
    assert!(idle(&first).await);
    for (group, seconds) in [(&alice, 60), (&bob, 0)] {
        house.signal.change_group(group, |group| group.expiration = seconds);
        house.signal.updates_group(OWNER, group);
    }
    house.waha.says(ALICE, "afterwards");
    assert!(house.arrives("afterwards").await && idle(&first).await);
    first.stop().await;

    for days in [5, 4] {
        let again = bridge(&house, &time, days).await;
        assert!(turn_until(&time, STEP, || timer(&house, &carol) == days * DAY).await);
        again.stop().await;
    }
    assert_eq!((timer(&house, &alice), timer(&house, &bob)), (60, 0));
    assert_eq!(changes(&house).len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn portals_from_before_get_their_timers_one_after_the_other_and_no_timer_is_touched_by_default() {
    let (house, time) = (House::new().await, clock());
    let plain = house.bridge_at(time.clone()).await;
    let (alice, bob) = portals(&house).await;
    assert!(idle(&plain).await);
    plain.stop().await;
    assert!(changes(&house).is_empty());
    house.signal.change_group(&bob, |group| group.expiration = 300);

    let start = time.now();
    let asked = bridge(&house, &time, 7).await;
    house.waha.says("79144444444@c.us", "from carol");
    house.group_of("from carol").await;
    assert!(turn_until(&time, STEP, || timer(&house, &alice) == 7 * DAY).await);
    // Long enough for another one.
    assert!(turn_until(&time, STEP, || time.now().since(start) > Duration::from_mins(1)).await);
    assert!(idle(&asked).await);
    asked.stop().await;
    assert_eq!((timer(&house, &alice), timer(&house, &bob)), (7 * DAY, 300), "the owner had one before");
}

/// How long what is of the chat of a portal is kept, in seconds.
fn kept_for(house: &House) -> Vec<Option<i64>> {
    let database = Connection::open_with_flags(house.store(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = database.prepare("SELECT kept_for / 1000 FROM chats ORDER BY active_at").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_has_the_timer_that_its_chat_has_on_whatsapp_and_records_go_with_it() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let options = WahaOptions { engine, ordered: true, ..WahaOptions::default() };
        let (house, time) = (House::with(options, |_| {}).await, clock());
        let bridge = house.bridge_at(time.clone()).await;
        house.waha.says_for(ALICE, None, "for a week", 604_800);
        let alice = house.group_of("for a week").await;
        assert_eq!((timer(&house, &alice), changes(&house).len()), (7 * DAY, 1), "with the rights of the group");
        assert_eq!(kept_for(&house), [Some(7 * DAY)]);
        // What the owner writes through WAHA carries no timer.
        house.signal.owner_says(&alice, "an answer");
        assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await && idle(&bridge).await);
        house.waha.says_for(ALICE, None, "for three months", 7_776_000);
        assert!(turn_until(&time, STEP, || timer(&house, &alice) == 28 * DAY).await, "four weeks are the most");
        assert_eq!(kept_for(&house), [Some(30 * DAY)], "not longer than without it");
        house.waha.says(ALICE, "for ever again");
        assert!(turn_until(&time, STEP, || timer(&house, &alice) == 0).await);
        assert_eq!((kept_for(&house), changes(&house).len()), (vec![None], 3));

        // The owner's own stays; and in a group somebody's program says nothing by leaving it out.
        house.signal.change_group(&alice, |group| group.expiration = 60);
        house.waha.says_for(ALICE, None, "for a day", 86_400);
        house.waha.says_for(GROUP, Some(MEMBER), "a group for a day", 86_400);
        let choir = house.group_of("a group for a day").await;
        house.waha.says_in_group(GROUP, MEMBER, "a program");
        assert!(house.arrives("a program").await && idle(&bridge).await);
        let start = time.now();
        assert!(turn_until(&time, STEP, || time.now().since(start) > Duration::from_mins(2)).await);
        assert_eq!((timer(&house, &alice), timer(&house, &choir)), (60, DAY));
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_signal_cli_sets_the_timer_and_sends_by_it() {
    let Some(testbed) = Testbed::start() else {
        println!("skipped: RIALTO_SIGNAL_TESTBED names no testbed");
        return;
    };
    let waha = real_signal::waha().await;
    let rules = |days: i64| format!("[channels.retention]\ndisappearing = \"retention\"\nperiod = \"{days}d\"\n");
    let (stop, bridge, _) = real_signal::start_more(&testbed, &waha, &rules(7)).await;
    testbed.phone("send", json!({"from": "user", "to": "bridge", "text": "hi bridge"})).await;
    testbed.arrived("Nothing you write here goes to WhatsApp").await;
    waha.says(ALICE, "hello from whatsapp");
    let hello = testbed.arrived("hello from whatsapp").await;
    assert_eq!(hello["expireTimer"], 7 * DAY, "{hello}");
    stop.cancel();
    bridge.await.unwrap();

    let (stop, bridge, _) = real_signal::start_more(&testbed, &waha, &rules(5)).await;
    testbed.timer_becomes(5 * DAY).await;
    stop.cancel();
    bridge.await.unwrap();
    // Whoever has set it.
    testbed.set_timer(60).await;
    let (stop, bridge, _) = real_signal::start_more(&testbed, &waha, &rules(4)).await;
    waha.says(ALICE, "by the other timer");
    assert_eq!(testbed.arrived("by the other timer").await["expireTimer"], 60);
    waha.says(BOB, "another portal");
    assert_eq!(testbed.arrived("another portal").await["expireTimer"], 4 * DAY);
    testbed.timer_becomes(60).await;
    stop.cancel();
    bridge.await.unwrap();
}
