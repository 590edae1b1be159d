//! The owner's WhatsApp phone: what shows that it is there, and the warning before WhatsApp logs the bridge out.

use std::time::Duration;

use rialto::clock::Clock;

use crate::house::{self, ALICE, House, clock, turn_until};

const STEP: Duration = Duration::from_millis(200);
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

async fn pass(time: &Clock, span: Duration) {
    let begun = time.now();
    assert!(turn_until(time, MINUTE * 30, || time.now().since(begun) >= span).await);
}

fn said(house: &House, words: &str) -> usize {
    house.texts().iter().filter(|text| text.contains(words)).count()
}

const AWAY: &str = "WhatsApp phone has not been seen for";
const BACK: &str = "WhatsApp phone has been seen again";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_is_not_seen_for_ten_days_is_said_once_and_its_return_once() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    assert!(house::whatsapp_is(&bridge, true).await);
    pass(&time, MINUTE * 30).await;
    // What others write, and what the bridge sends itself, shows nothing of the phone.
    house.waha.says(ALICE, "from alice");
    assert!(turn_until(&time, STEP, || house.find("from alice").is_some()).await);
    let group = house.find("from alice").unwrap().1.unwrap();
    house.signal.owner_says(&group, "from signal");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await);
    pass(&time, DAY * 9).await;
    house::post_written(&bridge, "from alice later", time.now(), Duration::ZERO).await;
    assert!(turn_until(&time, STEP, || house.find("from alice later").is_some()).await);
    assert_eq!(said(&house, AWAY), 0);
    pass(&time, DAY + MINUTE * 30).await;
    assert!(turn_until(&time, MINUTE, || said(&house, AWAY) == 1).await, "{:?}", house.texts());
    pass(&time, DAY * 12).await;
    assert_eq!((said(&house, AWAY), said(&house, BACK)), (1, 0), "once");

    typed_on_the_phone(&bridge, &time).await;
    assert!(turn_until(&time, MINUTE, || said(&house, BACK) == 1).await, "{:?}", house.texts());
    pass(&time, DAY * 9).await;
    assert_eq!((said(&house, AWAY), said(&house, BACK)), (1, 1));
    pass(&time, DAY * 2).await;
    assert!(turn_until(&time, MINUTE, || said(&house, AWAY) == 2).await, "the next absence is a new one");
    bridge.stop().await;
}

/// Waits until the bridge knows that the WhatsApp side works, or that it does not. WAHA is asked by the clock, and a webhook of
/// the simulator's is too old for it.
pub(crate) async fn whatsapp_becomes(bridge: &house::Bridge, time: &Clock, working: bool) {
    let turning = async {
        while house::health(&bridge.admin).await.pointer("/channels/0/whatsapp/working") != Some(&working.into()) {
            time.advance(MINUTE);
        }
    };
    tokio::time::timeout(house::SOON, turning).await.unwrap();
}

/// By the bridge's clock, which the simulator does not know.
async fn typed_on_the_phone(bridge: &house::Bridge, time: &Clock) {
    let stanza = "3A5D0C6A2E9F4B7C8D10";
    let body = serde_json::json!({
        "id": format!("evt_{stanza}"), "timestamp": time.now().0, "event": "message.any", "session": "default",
        "payload": {"id": format!("true_{ALICE}_{stanza}"), "timestamp": time.now().0 / 1000,
            "from": ALICE, "fromMe": true, "source": "app", "body": "typed on the phone", "hasMedia": false},
        "environment": {"engine": "NOWEB"},
    });
    assert_eq!(house::post(bridge, body.to_string()).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linking_the_session_anew_shows_the_phone() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    assert!(house::whatsapp_is(&bridge, true).await);
    pass(&time, DAY * 9).await;
    house.waha.session_status("SCAN_QR_CODE");
    whatsapp_becomes(&bridge, &time, false).await;
    house.waha.session_status("WORKING");
    whatsapp_becomes(&bridge, &time, true).await;
    pass(&time, DAY * 9).await;
    assert_eq!(said(&house, AWAY), 0, "{:?}", house.texts());
    bridge.stop().await;
}
