//! Messages of unknown outcome, and the owner who asks for one again: nothing goes twice that nobody decided.

use std::time::Duration;

use crate::house::{ALICE, Bridge, House, OWNER, SOON, bridge_aci, clock, health_shows, idle, turn_until, whatsapp_is};
use rialto::clock::Clock;
use rialto::store::Store;
use simulator::waha::{Engine, WahaFault, WahaOptions};

const STEP: Duration = Duration::from_millis(200);

/// With ids that can be chosen.
fn waha(engine: Engine, store: bool) -> WahaOptions {
    WahaOptions { engine, store, ordered: true, ..WahaOptions::default() }
}

async fn begin(house: &House, time: &Clock) -> (Bridge, String) {
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    (bridge, house.group_of("first").await)
}

fn sent(house: &House) -> Vec<String> {
    house.waha.sent().into_iter().map(|sent| sent.text).collect()
}

/// The line that says so, once the bridge knows that it was said.
async fn told(house: &House, time: &Clock, bridge: &Bridge, text: &str) -> i64 {
    assert!(turn_until(time, STEP * 10, || house.find(text).is_some()).await, "{:?}", house.texts());
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/in_flight", 0.into())]).await);
    house.find(text).unwrap().0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_has_the_message_ends_the_doubt() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let (house, time) = (House::with(waha(engine, true), |_| {}).await, clock());
        let (bridge, group) = begin(&house, &time).await;
        house.waha.fault(WahaFault::SendThen500 { times: 1 });
        let typed = house.signal.owner_says(&group, "once");
        house.signal.owner_says(&group, "twice");
        assert!(turn_until(&time, STEP, || house.waha.sent().len() == 2).await);
        assert_eq!(sent(&house), ["once", "twice"], "the store was asked, and nothing was sent again");
        // What is known of it is what an answer would have told.
        let stanza = house.waha.sent()[0].stanza.clone();
        house.waha.replies(ALICE, None, "a reply", &stanza);
        assert!(house.arrives("a reply").await);
        let reply = house.signal.inbox().into_iter().find(|m| m.text == "a reply").unwrap();
        assert_eq!((reply.quote_timestamp, reply.quote_author), (Some(typed), Some(OWNER.to_owned())));
        assert!(house.waha.all_webhooks_done(SOON).await);
        assert_eq!(house.texts(), ["first", "a reply"]);
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_store_proves_unsent_is_said_and_goes_when_the_owner_asks() {
    let (house, time) = (House::with(waha(Engine::Noweb, true), |_| {}).await, clock());
    let (bridge, group) = begin(&house, &time).await;
    house.waha.fault(WahaFault::RefuseStatus { status: 500, times: 4 });
    let typed = house.signal.owner_says(&group, "again and again");
    house.signal.owner_says(&group, "behind it");
    let line = told(&house, &time, &bridge, "it was tried several times without success").await;
    let notice = house.signal.inbox().into_iter().find(|m| m.timestamp == line).unwrap();
    assert_eq!((notice.quote_timestamp, notice.group_id), (Some(typed), Some(group.clone())));
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await && idle(&bridge).await);

    house.signal.owner_quotes(&group, "what does that mean?", line, &bridge_aci());
    told(&house, &time, &bridge, "the message you quoted is one of the bridge's own").await;
    house.signal.owner_edits(Some(&group), typed, "again, edited");
    told(&house, &time, &bridge, "an edit does not send it").await;
    time.advance(Duration::from_hours(5));
    house.signal.owner_quotes(&group, " Retry ", line, &bridge_aci());
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 2).await);
    assert!(idle(&bridge).await);
    house.signal.owner_quotes(&group, "retry", line, &bridge_aci());
    told(&house, &time, &bridge, "Not sent again: WhatsApp has taken it").await;
    assert_eq!(sent(&house), ["behind it", "again, edited"], "neither the words nor the second retry");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_been_sent_goes_again_only_when_the_owner_asks_and_under_another_id() {
    let (house, time) = (House::with(waha(Engine::Noweb, false), |_| {}).await, clock());
    let (bridge, group) = begin(&house, &time).await;
    house.waha.fault(WahaFault::SendThen500 { times: 4 });
    house.signal.owner_says(&group, "perhaps");
    let line = told(&house, &time, &bridge, "May have been sent").await;
    let first = house.waha.sent();
    assert!(first.len() == 4 && first.iter().all(|sent| sent.stanza == first[0].stanza), "one id: {first:?}");
    house.signal.owner_quotes(&group, "retry", line, &bridge_aci());
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 5).await);
    assert_ne!(house.waha.sent()[4].stanza, first[0].stanza);
    assert!(idle(&bridge).await);
    assert!(house.waha.all_webhooks_done(SOON).await);
    assert_eq!(house.texts().len(), 2, "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_of_what_was_sent_after_all_sends_nothing() {
    let (house, time) = (House::with(waha(Engine::Noweb, true), |_| {}).await, clock());
    let (bridge, group) = begin(&house, &time).await;
    assert!(idle(&bridge).await);
    house.waha.fault(WahaFault::SendThen500 { times: 4 });
    house.waha.fault(WahaFault::ListFails { times: u32::MAX });
    house.signal.owner_says(&group, "sent after all");
    let line = told(&house, &time, &bridge, "May have been sent").await;
    assert_eq!(house.waha.sent().len(), 4);
    house.waha.clear_faults();
    house.signal.owner_quotes(&group, "retry", line, &bridge_aci());
    told(&house, &time, &bridge, "Not sent again: WhatsApp has taken it").await;
    assert!(idle(&bridge).await);
    assert_eq!(house.waha.sent().len(), 4);
    bridge.stop().await;
}

/// The first call sends and is not answered well; then the session is away for two hours.
async fn away_in_doubt(store: bool) -> (House, Clock, Bridge) {
    let (house, time) = (House::with(waha(Engine::Noweb, store), |_| {}).await, clock());
    let (bridge, group) = begin(&house, &time).await;
    assert!(idle(&bridge).await);
    house.waha.fault(WahaFault::SendThen500 { times: 1 });
    house.signal.owner_says(&group, "in doubt");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/in_flight", 0.into())]).await);
    house.waha.session_status("STARTING");
    assert!(whatsapp_is(&bridge, false).await);
    house.signal.owner_says(&group, "waits");
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/pending", 2.into())]).await);
    time.advance(Duration::from_hours(2));
    house.waha.session_status("WORKING");
    assert!(turn_until(&time, STEP, || house.find("(1 so far)").is_some()).await, "{:?}", house.texts());
    house.signal.owner_says_direct("send");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 2).await);
    (house, time, bridge)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_in_doubt_for_long_is_not_among_what_send_lets_go() {
    let (house, time, bridge) = away_in_doubt(true).await;
    assert_eq!(sent(&house), ["in doubt", "waits"]);
    assert!(house.find("May have been sent").is_none(), "the store has it");
    drop(time);
    bridge.stop().await;

    let (house, time, bridge) = away_in_doubt(false).await;
    told(&house, &time, &bridge, "May have been sent").await;
    assert_eq!(sent(&house), ["in doubt", "waits"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_an_answer_beyond_retention_goes_with_a_line() {
    let (house, time) = (House::new().await, clock());
    let (bridge, group) = begin(&house, &time).await;
    house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    house.signal.owner_says(&group, "refused");
    told(&house, &time, &bridge, "WhatsApp refused this message").await;
    house.waha.session_status("STARTING");
    assert!(whatsapp_is(&bridge, false).await);
    for text in ["one", "two"] {
        house.signal.owner_says(&group, text);
    }
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/pending", 2.into())]).await);
    time.advance(Duration::from_hours(2));
    house.waha.session_status("WORKING");
    told(&house, &time, &bridge, "(2 so far)").await;
    bridge.stop().await;

    time.advance(Duration::from_hours(24 * 30));
    let config = house.config();
    let store = Store::open(&config.store.path, &config.encryption).unwrap();
    let purged = rialto::retention::run(&store, &time, &config.periods()).await.unwrap();
    store.close();
    assert_eq!(purged.deliveries, 3);
    let bridge = house.bridge_at(time.clone()).await;
    told(&house, &time, &bridge, "3 messages of yours were not sent, or perhaps not").await;
    assert!(house.waha.sent().is_empty());
    bridge.stop().await;
}
