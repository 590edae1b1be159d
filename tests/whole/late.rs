//! A message of unknown outcome that WhatsApp names after all.

use std::time::Duration;

use crate::house::{ALICE, House, bridge_aci, clock, recent, turn_until};
use rialto::clock::Clock;
use simulator::waha::{WahaFault, WahaOptions};

const STEP: Duration = Duration::from_millis(200);

fn count(house: &House, part: &str) -> usize {
    house.texts().iter().filter(|text| text.contains(part)).count()
}

/// So that nothing but the chosen id tells whether a message was sent, and nobody confirms it by himself.
fn without_acks() -> WahaOptions {
    WahaOptions { store: false, auto_ack: false, ordered: true, version: recent(), ..WahaOptions::default() }
}

/// A message that WAHA lost its answers for, until the owner was told that it may have been sent; its id.
async fn in_doubt(house: &House, time: &Clock) -> (i64, String) {
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    house.waha.fault(WahaFault::SendThen500 { times: 10 });
    let typed = house.signal.owner_says(&group, "in doubt");
    assert!(turn_until(time, STEP, || house.find("May have been sent").is_some()).await, "{:?}", house.texts());
    house.waha.clear_faults();
    (typed, house.waha.sent()[0].stanza.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_ack_ends_the_doubt_and_is_said() {
    let house = House::with(without_acks(), |_| {}).await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    let (typed, stanza) = in_doubt(&house, &time).await;
    house.waha.acks(ALICE, &stanza, 2);
    assert!(turn_until(&time, STEP, || house.find("after all").is_some()).await, "{:?}", house.texts());
    let inbox = house.signal.inbox();
    let line = |part: &str| inbox.iter().find(|message| message.text.contains(part)).unwrap().clone();
    assert_eq!(line("after all").quote_timestamp, Some(typed));
    // What was asked before is answered: nothing goes again.
    let question = line("May have been sent");
    house.signal.owner_quotes(&question.group_id.unwrap(), "retry", question.timestamp, &bridge_aci());
    assert!(turn_until(&time, STEP, || house.find("Not sent again").is_some()).await, "{:?}", house.texts());
    // Known as sent, it can be answered, and nothing is said to be unconfirmed.
    house.waha.replies(ALICE, None, "a reply", &stanza);
    time.advance(Duration::from_mins(11));
    assert!(turn_until(&time, STEP, || house.find("a reply").is_some()).await);
    let reply = house.signal.inbox().into_iter().find(|message| message.text.contains("a reply")).unwrap();
    assert_eq!(reply.quote_timestamp, Some(typed));
    assert_eq!(count(&house, "Not confirmed"), 0);
    assert_eq!(house.waha.delivered().len(), 1);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_failure_ends_the_doubt_with_its_own_words() {
    let house = House::with(without_acks(), |_| {}).await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    let (_, stanza) = in_doubt(&house, &time).await;
    house.waha.acks(ALICE, &stanza, -1);
    assert!(turn_until(&time, STEP, || house.find("then failed").is_some()).await, "{:?}", house.texts());
    assert_eq!(count(&house, "after all"), 0);
    bridge.stop().await;
}
