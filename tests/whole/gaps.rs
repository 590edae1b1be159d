//! What came while the bridge, WAHA or its session was away: fetched, once, in order; or said.

use std::time::Duration;

use crate::house::{ALICE, BOB, Bridge, House, SOON, clock, idle, post, turn_until, whatsapp_is};
use rialto::clock::Clock;
use simulator::waha::{Engine, WahaFault, WahaOptions};

const STEP: Duration = Duration::from_millis(200);
const GROUP: &str = "120363020000000001@g.us";

async fn house(options: WahaOptions) -> House {
    let house = House::with(WahaOptions { ordered: true, ..options }, |_| {}).await;
    house.waha.add_group(GROUP, "Choir", vec![ALICE.into(), BOB.into()]);
    house
}

fn of(engine: Engine) -> WahaOptions {
    WahaOptions { engine, ..WahaOptions::default() }
}

/// The texts that contain `part`, in order of arrival.
fn with(house: &House, part: &str) -> Vec<String> {
    house.texts().into_iter().filter(|text| text.contains(part)).collect()
}

fn numbered(part: &str, numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|n| format!("{part} {n}.")).collect()
}

/// A bridge that has brought a first message, and its portal.
async fn at_work(house: &House) -> (Bridge, String) {
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    (bridge, group)
}

/// Away, while WAHA forgets what it had to repeat.
async fn away(house: &House, bridge: Bridge, meanwhile: impl FnOnce()) {
    bridge.stop().await;
    meanwhile();
    house.waha.restart().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_while_the_bridge_was_away_comes_in_order_and_once() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = house(of(engine)).await;
        let (bridge, group) = at_work(&house).await;
        house.waha.says(BOB, "bob's first");
        let bobs = house.group_of("bob's first").await;
        away(&house, bridge, || {
            for n in 0..120 {
                house.waha.says(if n % 2 == 0 { ALICE } else { "100000000000002@lid" }, &format!("alice {n}."));
            }
            (0..10).for_each(|n| drop(house.waha.says(BOB, &format!("bob {n}."))));
            (0..10).for_each(|n| drop(house.waha.says_in_group(GROUP, "100000000000003@lid", &format!("choir {n}."))));
        })
        .await;
        let bridge = house.bridge().await;
        assert!(house.arrives("alice 119.").await && house.arrives("bob 9.").await && house.arrives("choir 9.").await);
        assert!(idle(&bridge).await);
        assert_eq!(with(&house, "alice "), numbered("alice", 0..120), "more than a page, under both addresses");
        assert_eq!(with(&house, "bob "), numbered("bob", 0..10));
        assert_eq!(with(&house, "choir "), numbered("Bob ▸ choir", 0..10));
        assert_eq!((house.group_of("alice 7.").await, house.group_of("bob 7.").await), (group, bobs));
        assert!(with(&house, "ⓘ").is_empty(), "{:?}", with(&house, "ⓘ"));
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phones_messages_are_mirrored_and_the_bridges_are_not() {
    for version in ["2026.2.1", "2026.7.1"] {
        for engine in [Engine::Noweb, Engine::Gows] {
            let house = house(WahaOptions { version: version.into(), ..of(engine) }).await;
            let (bridge, group) = at_work(&house).await;
            house.waha.says_in_group(GROUP, "100000000000003@lid", "choir's first");
            let choir = house.group_of("choir's first").await;
            house.signal.owner_says(&group, "sent by the bridge");
            house.signal.owner_says(&choir, "sent by the bridge");
            assert!(house.waha.wait_sent(2, SOON).await && house.waha.all_webhooks_done(SOON).await);
            assert!(idle(&bridge).await);
            away(&house, bridge, || {
                house.waha.owner_says(ALICE, "typed on the phone");
                house.waha.owner_says(GROUP, "sung on the phone");
            })
            .await;
            let bridge = house.bridge().await;
            assert!(house.arrives("You ▸ typed on the phone").await && house.arrives("You ▸ sung on the phone").await);
            assert!(idle(&bridge).await);
            assert!(with(&house, "sent by the bridge").is_empty(), "{:?}", house.texts());
            bridge.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_down_is_caught_up_with() {
    let house = house(WahaOptions::default()).await;
    let (bridge, _) = at_work(&house).await;
    house.waha.session_status("STARTING");
    assert!(whatsapp_is(&bridge, false).await);
    house.waha.lose_webhooks(true);
    for n in 0..5 {
        house.waha.says(ALICE, &format!("missed {n}."));
    }
    house.waha.session_status("WORKING");
    assert!(house.arrives("missed 4.").await, "{:?}", house.texts());
    house.waha.lose_webhooks(false);
    house.waha.says(ALICE, "later");
    assert!(house.arrives("later").await);
    assert_eq!(with(&house, "missed"), numbered("missed", 0..5));
    bridge.stop().await;
}

/// Faster than the bridge asks: only the webhook about its session tells of the restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waha_that_restarted_unseen_is_caught_up_with() {
    let house = house(WahaOptions::default()).await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await && whatsapp_is(&bridge, true).await);
    house.waha.lose_webhooks(true);
    house.waha.says(ALICE, "missed");
    house.waha.restart().await.unwrap();
    assert!(turn_until(&time, STEP, || house.find("missed").is_some()).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_comes_after_all_is_a_repeat() {
    let house = house(WahaOptions::default()).await;
    let (bridge, _) = at_work(&house).await;
    let mut stanza = String::new();
    away(&house, bridge, || stanza = house.waha.says(ALICE, "missed")).await;
    let bridge = house.bridge().await;
    assert!(house.arrives("missed").await);
    let now = Clock::system().now().0;
    let late = serde_json::json!({
        "id": "evt_late", "timestamp": now, "event": "message.any", "session": "default",
        "payload": {"id": format!("false_{ALICE}_{stanza}"), "timestamp": now / 1000, "from": ALICE, "fromMe": false,
            "body": "missed", "hasMedia": false},
        "environment": {"engine": "NOWEB"},
    });
    assert_eq!(post(&bridge, late.to_string()).await, 200);
    house.waha.says(ALICE, "last");
    assert!(house.arrives("last").await);
    assert_eq!(house.texts(), ["first", "missed", "last"]);
    bridge.stop().await;
}

/// Starts a bridge, lets it bring a message, stops it, and lets time pass.
async fn paused(house: &House, time: &Clock, text: &str, pause: Duration) {
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, text);
    assert!(turn_until(time, STEP, || house.find(text).is_some()).await && whatsapp_is(&bridge, true).await);
    bridge.stop().await;
    time.advance(pause);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_store_a_gap_is_said_once() {
    let cases = [(Engine::Noweb, "config.noweb.store.enabled"), (Engine::Gows, "config.gows.storage")];
    for (engine, step) in cases {
        let house = house(WahaOptions { store: false, ..of(engine) }).await;
        let time = clock();
        // A restart of no time is no gap.
        paused(&house, &time, "first", Duration::ZERO).await;
        // In hours: the clock is turned by minutes while sockets connect, and a busy machine takes its time for that.
        paused(&house, &time, "second", Duration::from_hours(5)).await;
        assert!(with(&house, step).is_empty(), "{:?}", house.texts());
        let bridge = house.bridge_at(time.clone()).await;
        assert!(turn_until(&time, STEP, || house.find(step).is_some()).await, "{:?}", house.texts());
        bridge.stop().await;
        paused(&house, &time, "third", Duration::ZERO).await;
        let told = house.signal.inbox().into_iter().filter(|m| m.text.contains("for 5 hours")).collect::<Vec<_>>();
        assert_eq!((told.len(), with(&house, step).len()), (1, 1), "{:?}", house.texts());
        assert!(told[0].group_id.is_none() && told[0].text.contains("compare with WhatsApp on the phone"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_fail_are_asked_for_again_and_in_the_end_it_is_said() {
    let house = house(WahaOptions::default()).await;
    let time = clock();
    paused(&house, &time, "first", Duration::from_mins(1)).await;
    house.waha.lose_webhooks(true);
    house.waha.says(ALICE, "missed");
    house.waha.fault(WahaFault::ListFails { times: 3 });
    let bridge = house.bridge_at(time.clone()).await;
    assert!(turn_until(&time, STEP, || house.find("missed").is_some()).await);
    bridge.stop().await;
    assert!(with(&house, "ⓘ").is_empty(), "{:?}", house.texts());

    house.waha.fault(WahaFault::ListFails { times: 1000 });
    let bridge = house.bridge_at(time.clone()).await;
    let said = turn_until(&time, STEP * 10, || house.find("did not hand out all").is_some()).await;
    assert!(said, "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_is_fetched_at_once_is_said() {
    let house = house(WahaOptions::default()).await;
    let (bridge, _) = at_work(&house).await;
    away(&house, bridge, || (0..505).for_each(|n| drop(house.waha.says(ALICE, &format!("missed {n}."))))).await;
    let bridge = house.bridge().await;
    assert!(house.arrives("the older ones are in WhatsApp").await && house.arrives("missed 504.").await);
    assert!(idle(&bridge).await);
    assert_eq!(with(&house, "missed"), numbered("missed", 5..505), "the newest");
    assert_eq!(with(&house, "ⓘ").len(), 1);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_there_before_the_first_start_is_left_alone() {
    let house = house(WahaOptions::default()).await;
    (0..3).for_each(|n| drop(house.waha.says(ALICE, &format!("old {n}."))));
    house.waha.ages(Duration::from_mins(1));
    let (bridge, _) = at_work(&house).await;
    away(&house, bridge, || drop(house.waha.says(ALICE, "missed"))).await;
    let bridge = house.bridge().await;
    assert!(house.arrives("missed").await && idle(&bridge).await);
    assert_eq!(house.texts(), ["first", "missed"]);
    bridge.stop().await;
}
