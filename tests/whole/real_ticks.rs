//! Ticks and typing through a real signal-cli: as in `real_signal`, skipped where there is no testbed.

use std::time::Duration;

use crate::house::ALICE;
use crate::real_signal::{Greeted, SOON, Testbed, greeted};
use serde_json::{Value, json};
use simulator::waha::Seen;

/// The messages of the owner for which the phone has a receipt of this type.
async fn receipts(testbed: &Testbed, kind: &str) -> Vec<String> {
    let inbox = testbed.inbox().await;
    let receipts = inbox.iter().filter_map(|message| message.get("receiptMessage"));
    let named =
        receipts.filter(|receipt| receipt["type"] == kind).filter_map(|receipt| receipt["timestamp"].as_array());
    named.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_signal_cli_carries_receipts_and_typing_both_ways() {
    let Some(Greeted { testbed, waha, stop, bridge }) = greeted().await else { return };
    let stanza = waha.says(ALICE, "when?");
    let question = testbed.arrived("when?").await;
    let at: i64 = question["timestamp"].as_str().unwrap().parse().unwrap();
    let group = question["groupV2"].clone();

    let read = json!({"receiptMessage": {"type": 1, "timestamp": [format!("long:{at}")]}});
    testbed.phone("raw", json!({"from": "user", "to": "bridge", "timestamp": at + 1000, "content": read})).await;
    assert!(waha.wait_until(SOON, |waha| !waha.seen().is_empty()).await);
    assert_eq!(waha.seen(), [Seen { chat_id: ALICE.into(), message_ids: vec![format!("false_{ALICE}_{stanza}")] }]);

    let own = testbed.say("user", &group, "at nine", Value::Null).await;
    assert!(waha.wait_sent(1, SOON).await);
    assert!(!receipts(&testbed, "READ").await.contains(&own.to_string()));
    waha.acks(ALICE, &waha.sent()[0].stanza, 3);
    let deadline = tokio::time::Instant::now() + SOON;
    let mut turns = crate::house::beats(Duration::from_millis(50));
    while receipts(&testbed, "READ").await != [own.to_string()] {
        turns.tick().await;
        assert!(tokio::time::Instant::now() < deadline, "{:#?}", testbed.inbox().await);
    }

    // The mock's phone does not show who types; that signal-cli takes the call, its answer says.
    let groups = testbed.rpc("listGroups", json!({})).await;
    let id = groups[0]["id"].as_str().unwrap();
    for params in [json!({"groupId": id}), json!({"groupId": id, "stop": true})] {
        assert_eq!(testbed.rpc("sendTyping", params).await["results"][0]["type"], "SUCCESS");
    }
    for (action, types) in [(0, true), (1, false)] {
        let at = rialto::clock::Clock::system().now().0;
        let typing = json!({"timestamp": format!("long:{at}"), "action": action, "groupId": format!("b64:{id}")});
        let body = json!({"from": "user", "to": "bridge", "timestamp": at, "content": {"typingMessage": typing}});
        testbed.phone("raw", body).await;
        let last = Some((ALICE.to_owned(), types));
        assert!(waha.wait_until(SOON, |waha| waha.typing().last() == last.as_ref()).await, "{:?}", waha.typing());
    }
    stop.cancel();
    bridge.await.unwrap();
}
