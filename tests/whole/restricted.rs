//! WhatsApp's restrictions: what is proven unsent ends with plain words, and nothing is tried in a loop.

use std::time::Duration;

use simulator::waha::{WahaFault, WahaOptions};

use crate::house::{self, ALICE, House, clock, turn_until};

const STEP: Duration = Duration::from_millis(200);
/// GOWS's words as they were recorded.
const COLD: &str = "2 UNKNOWN: failed to send message: server returned error 463";
const NOBODY: &str = "2 UNKNOWN: no LID found for 79111111111@s.whatsapp.net from server";

fn count(house: &House, words: &str) -> usize {
    house.texts().iter().filter(|text| text.contains(words)).count()
}

/// An older WAHA takes no chosen ids: there, whatever is not proven unsent is asked about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_contact_is_told_in_plain_words_and_not_tried_again() {
    let options = WahaOptions { ordered: true, version: "2026.2.1".into(), ..WahaOptions::default() };
    let (house, time) = (House::with(options, |_| {}).await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let group = house.find("first").unwrap().1.unwrap();
    house.waha.fault(WahaFault::Exception { message: COLD, times: 1 });
    let typed = house.signal.owner_says(&group, "to a cold contact");
    assert!(turn_until(&time, STEP, || house.find("does not let this account write").is_some()).await);
    let notice = house.signal.inbox().into_iter().find(|m| m.text.contains("does not let this account")).unwrap();
    assert_eq!((notice.quote_timestamp, notice.group_id.as_ref()), (Some(typed), Some(&group)));
    house.waha.fault(WahaFault::Exception { message: NOBODY, times: 1 });
    house.signal.owner_says(&group, "to an unknown number");
    assert!(turn_until(&time, STEP, || house.find("WhatsApp refused this message").is_some()).await);
    house.signal.owner_says(&group, "the next goes");
    assert!(turn_until(&time, STEP, || house.waha.delivered().len() == 1).await);
    assert_eq!(house.waha.delivered()[0].text, "the next goes", "the lane goes on, and nothing was tried twice");
    assert_eq!(count(&house, "May have been sent"), 0);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restricted_account_is_said_once_and_each_message_is_accounted_for() {
    let options = WahaOptions { ordered: true, version: house::recent(), auto_ack: false, ..WahaOptions::default() };
    let (house, time) = (House::with(options, |_| {}).await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let group = house.find("first").unwrap().1.unwrap();
    for (n, told) in [(1, "first message"), (2, "second message")] {
        house.signal.owner_says(&group, told);
        assert!(turn_until(&time, STEP, || house.waha.sent().len() == n).await);
        assert!(house::idle(&bridge).await);
        let stanza = house.waha.sent().pop().unwrap().stanza;
        let error = serde_json::json!({"code": "463", "blocked": true, "reason": "account_restricted"});
        let refused = serde_json::json!({
            "id": format!("true_{ALICE}_{stanza}"), "from": ALICE, "fromMe": true,
            "ack": -1, "ackName": "ERROR", "error": error,
        });
        house.waha.emit("message.ack", refused);
        assert!(turn_until(&time, STEP, || count(&house, "has restricted your account for now") == n).await);
    }
    assert!(turn_until(&time, STEP, || count(&house, "refuses messages to people") == 1).await);
    assert!(house::whatsapp_is(&bridge, true).await, "others can still be written to");
    bridge.stop().await;
}
