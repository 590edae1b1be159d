//! What one sender writes beyond measure is told in one line, and what only comes all at once is not.

use std::time::Duration;

use crate::house::{ALICE, Bridge, House, SOON, clock, idle, post, turn_until};
use rialto::clock::{Clock, Moment};

const STEP: Duration = Duration::from_secs(1);
const GROUP: &str = "120363020000000001@g.us";
const BOB: &str = "100000000000003@lid";
const ANN: &str = "100000000000002@lid";

async fn bridge(house: &House, time: &Clock) -> Bridge {
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace("per_minute = 100000", "per_minute = 10");
    house.bridge_as(time.clone(), &toml).await
}

/// The `n`th message of somebody in the group, written at a time.
fn message(who: &str, n: usize, at: Moment, from_me: bool) -> String {
    let who_number: u64 = who.trim_end_matches("@lid").parse().unwrap();
    let stanza = format!("3EB0{:02}{:06}{n:06}", who_number % 100, at.0 / 1000 % 1_000_000);
    serde_json::json!({
        "id": format!("evt_{stanza}"), "timestamp": Clock::system().now().0.max(at.0), "event": "message.any",
        "session": "default", "environment": {"engine": "NOWEB"},
        "payload": {"id": format!("{from_me}_{GROUP}_{stanza}_{who}"), "timestamp": at.0 / 1000, "from": GROUP,
            "fromMe": from_me, "participant": who, "body": format!("{who} {n}"), "hasMedia": false, "ack": 1,
            "_data": {"pushName": if who == BOB { "Bob" } else { "Ann" }}},
    })
    .to_string()
}

/// How many messages a line tells of.
fn told(text: &str) -> Option<usize> {
    text.split(" wrote ").nth(1)?.split(' ').next()?.parse().ok()
}

fn count(house: &House, part: &str) -> usize {
    house.texts().iter().filter(|text| text.contains(part)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_excess_of_a_minute_is_one_line_behind_it() {
    let (house, time) = (House::new().await, clock());
    house.waha.add_group(GROUP, "Choir", vec![ALICE.into()]);
    let bridge = bridge(&house, &time).await;
    let minute = Moment(time.now().0.div_euclid(60_000) * 60_000);
    for n in 0..25 {
        assert_eq!(post(&bridge, message(BOB, n, minute, false)).await, 200);
        if n < 8 {
            assert_eq!(post(&bridge, message(ANN, n, minute, false)).await, 200);
        }
    }
    // A repeat is a repeat, also of what was folded.
    for n in 0..25 {
        assert_eq!(post(&bridge, message(BOB, n, minute, false)).await, 200);
    }
    let line = "ⓘ ~Bob wrote 15 more messages in a minute than are carried at once";
    assert!(turn_until(&time, STEP, || house.find(line).is_some()).await, "{:?}", house.texts());
    assert!(time.now() >= minute.plus(Duration::from_mins(1)));
    let group = house.group_of(&format!("{ANN} 7")).await;
    assert_eq!(house.find(line).unwrap().1, Some(group));
    assert!(idle(&bridge).await);
    assert_eq!((count(&house, BOB), count(&house, ANN), count(&house, "more message")), (10, 8, 1));

    // One that comes after the line was said is in the next, and the next minute is another.
    let body = message(BOB, 25, minute, false);
    assert_eq!(post(&bridge, body).await, 200);
    assert_eq!(post(&bridge, message(BOB, 26, minute.plus(Duration::from_mins(1)), false)).await, 200);
    assert!(turn_until(&time, STEP, || house.find("~Bob wrote 1 more message in a minute").is_some()).await);
    assert!(house.find(&format!("{BOB} 25")).is_none() && house.find(&format!("{BOB} 26")).is_some());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_at_once_but_was_written_apart_is_no_flood_and_neither_is_the_owner() {
    let (house, time) = (House::new().await, clock());
    house.waha.add_group(GROUP, "Choir", vec![ALICE.into()]);
    let bridge = bridge(&house, &time).await;
    let now = time.now();
    for n in 0..30u32 {
        let at = now.minus(Duration::from_secs(20) * n);
        assert_eq!(post(&bridge, message(BOB, n as usize, at, false)).await, 200);
    }
    for n in 0..15 {
        assert_eq!(post(&bridge, message("100000000000001@lid", n, now, true)).await, 200);
    }
    assert!(turn_until(&time, STEP, || count(&house, BOB) == 30 && count(&house, "You ▸") == 15).await);
    time.advance(Duration::from_mins(5));
    assert!(idle(&bridge).await);
    assert_eq!(count(&house, "more message"), 0);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_that_is_fetched_later_is_a_flood_too() {
    let (house, time) = (House::new().await, clock());
    let bridge = bridge(&house, &time).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await && idle(&bridge).await);
    house.waha.lose_webhooks(true);
    for n in 0..40 {
        house.waha.says(ALICE, &format!("flood {n}"));
    }
    house.waha.lose_webhooks(false);
    house.waha.session_status("STARTING");
    house.waha.session_status("WORKING");
    assert!(turn_until(&time, STEP, || house.find("~Alice wrote").is_some()).await, "{:?}", house.texts());
    assert!(house.waha.all_webhooks_done(SOON).await && idle(&bridge).await);
    // The messages were written within a minute, or on both sides of its turn.
    let carried = count(&house, "flood ");
    let more: usize = house.texts().iter().filter_map(|text| told(text)).sum();
    assert!((9..=20).contains(&carried), "{carried}");
    assert_eq!(carried + more, 40, "{:?}", house.texts());
    bridge.stop().await;
}
