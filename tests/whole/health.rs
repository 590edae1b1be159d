//! Health that does not lie: what the detail shows, the second path of alarm, and the watch over silence.

use std::time::Duration;

use crate::house::{self, ALICE, House, clock, turn_until};

const STEP: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_detail_shows_both_sides_and_no_person() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "canary from alice");
    assert!(turn_until(&time, STEP, || house.find("canary from alice").is_some()).await);
    let group = house.find("canary from alice").unwrap().1.unwrap();
    house.signal.owner_says(&group, "canary answer");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await);
    assert!(house::idle(&bridge).await);
    house.signal.stop().await;
    assert!(house::health_shows(&bridge.admin, &[("/channels/0/signal/subscribed", false.into())]).await);
    house.waha.says(ALICE, "canary that waits");
    assert!(house.waha.all_webhooks_done(house::SOON).await);
    time.advance(Duration::from_mins(5));

    let detail = house::health(&bridge.admin).await;
    let channel = &detail["channels"][0];
    assert_eq!(
        (&channel["whatsapp"]["version"], &channel["whatsapp"]["engine"]),
        (&"2026.7.1".into(), &"NOWEB".into())
    );
    assert_eq!((&channel["signal"]["version"], &channel["signal"]["state"]), (&"0.14.6".into(), &"down".into()));
    let at_least = |path: &str| assert!(channel.pointer(path).unwrap().as_u64() >= Some(300), "{path}: {channel:#}");
    at_least("/whatsapp/last_in_age");
    at_least("/whatsapp/last_out_age");
    at_least("/signal/last_in_age");
    at_least("/signal/last_out_age");
    at_least("/signal/oldest_delivery_age");
    assert!(channel["whatsapp"]["oldest_delivery_age"].is_null());
    let text = detail.to_string();
    for private in ["canary", "79111111111", "15550100100", house::OWNER, &group, &house.waha.sent()[0].stanza] {
        assert!(!text.contains(private), "{private} in {text}");
    }
    bridge.stop().await;
}
