//! The machine's clock is set while the bridge runs: back by a day, or forward by a month. Nothing is lost, nothing waits
//! without an end, and the owner is not asked again and again.

use std::time::Duration;

use rialto::clock::Clock;

use crate::house::{self, ALICE, House, turn_until, whatsapp_is};

const STEP: Duration = Duration::from_millis(200);
const DAY: Duration = Duration::from_hours(24);

async fn sent(house: &House, time: &Clock, count: usize) -> bool {
    turn_until(time, STEP, || house.waha.sent().len() >= count).await
}

fn questions(house: &House) -> usize {
    house.texts().iter().filter(|text| text.starts_with('ⓘ') && text.contains("send")).count()
}

/// A clock that was a day ahead is set right: what was accepted in the future is due all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_by_a_day_lets_nothing_wait_for_the_day() {
    let (house, time) = (House::new().await, house::clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "before");
    assert!(turn_until(&time, STEP, || house.find("before").is_some()).await);
    let group = house.find("before").unwrap().1.unwrap();
    let right = time.now();
    assert!(house::idle(&bridge).await);
    // Ahead, with Signal and WhatsApp away: both directions have something that waits.
    time.set(right.plus(Duration::from_hours(22)));
    house.signal.stop().await;
    // The second is looked at when the first is done, and so after the clock was set.
    house.waha.says(ALICE, "meanwhile");
    house.waha.says(ALICE, "and once more");
    assert!(house.waha.all_webhooks_done(house::SOON).await);
    time.set(right);
    house.signal.restart().await.unwrap();
    assert!(turn_until(&time, STEP, || house.find("meanwhile").is_some()).await);
    let set = time.now();
    assert!(turn_until(&time, STEP, || house.find("and once more").is_some()).await);
    assert!(
        time.now().since(set) < Duration::from_hours(1),
        "it did not wait for the day: {:?}",
        time.now().since(set)
    );
    house.signal.owner_says(&group, "typed after it");
    assert!(sent(&house, &time, 1).await);

    // Back by a day from the right time: what WAHA says is from the future, and is repeated until the clock is right.
    time.set(right.minus(DAY));
    house.waha.says(ALICE, "from the future");
    house.signal.owner_says(&group, "typed in the past");
    assert!(sent(&house, &time, 2).await);
    let refused = |waha: &simulator::waha::Waha| waha.webhook_log().iter().any(|attempt| attempt.status == Some(403));
    assert!(house.waha.wait_until(house::SOON, refused).await);
    // A pause of a minute is a minute: WAHA, which was away, is asked again. Its last answer is to have been heard: one
    // that is cut off is a doubt, and what is typed then waits behind it.
    assert!(house::idle(&bridge).await);
    house.waha.stop().await;
    house.signal.owner_says(&group, "typed while WAHA is away");
    assert!(whatsapp_is(&bridge, false).await);
    house.waha.restart().await.unwrap();
    assert!(sent(&house, &time, 3).await);
    assert!(house::idle(&bridge).await);
    time.set(right);
    assert!(turn_until(&time, STEP, || house.find("from the future").is_some()).await);
    assert_eq!(house.waha.sent().len(), 3);
    assert_eq!(questions(&house), 0, "{:#?}", house.texts());
    bridge.stop().await;
}

/// A month ahead, everything typed looks old: it is asked about once, and what was accepted before is still there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_forward_by_a_month_asks_once_and_loses_nothing() {
    let (house, time) = (House::new().await, house::clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "before");
    assert!(turn_until(&time, STEP, || house.find("before").is_some()).await);
    let group = house.find("before").unwrap().1.unwrap();
    let right = time.now();
    time.set(right.plus(30 * DAY));
    for n in 0..20 {
        house.signal.owner_says(&group, &format!("typed {n}"));
    }
    house.waha.says(ALICE, "a month old");
    assert!(turn_until(&time, STEP, || questions(&house) == 1).await, "{:#?}", house.texts());
    let refused = |waha: &simulator::waha::Waha| waha.webhook_log().iter().any(|attempt| attempt.status == Some(403));
    assert!(house.waha.wait_until(house::SOON, refused).await);
    let begun = time.now();
    assert!(turn_until(&time, Duration::from_secs(10), || time.now().since(begun) > Duration::from_mins(30)).await);
    assert_eq!((questions(&house), house.waha.sent().len()), (1, 0), "{:#?}", house.texts());

    time.set(right.plus(Duration::from_mins(31)));
    assert!(turn_until(&time, STEP, || house.find("a month old").is_some()).await);
    house.signal.owner_says_direct("send");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 20).await, "{:?}", house.waha.sent());
    let texts: Vec<_> = house.waha.sent().into_iter().map(|sent| sent.text).collect();
    assert_eq!(texts, (0..20).map(|n| format!("typed {n}")).collect::<Vec<_>>());
    bridge.stop().await;
}
