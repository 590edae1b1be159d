//! Health that does not lie: what the detail shows, the second path of alarm, and the watch over silence.

use std::time::Duration;

use rialto::clock::Clock;
use simulator::signal_cli::SignalFault;

use crate::house::{self, ALICE, House, clock, turn_until};
use crate::outside::Outside;

const STEP: Duration = Duration::from_millis(200);
const MINUTE: Duration = Duration::from_mins(1);

/// Turns the clock by a span, in steps so small that everything that looks regularly does.
async fn pass(time: &Clock, span: Duration) {
    let begun = time.now();
    assert!(turn_until(time, MINUTE * 5, || time.now().since(begun) >= span).await);
}

fn notices(house: &House) -> Vec<String> {
    house.texts().into_iter().filter(|text| text.starts_with('ⓘ')).collect()
}

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
        (&house::recent().into(), &"NOWEB".into())
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signal_away_for_a_day_is_said_by_the_second_path_and_loses_nothing() {
    let (house, outside, time) = (House::new().await, Outside::new().await, clock());
    let bridge = house.bridge_more(&outside.config(), time.clone()).await;
    house.waha.says(ALICE, "canary 0");
    assert!(turn_until(&time, STEP, || house.find("canary 0").is_some()).await);
    assert!(turn_until(&time, MINUTE, || outside.beats() > 1).await, "it lives");

    house.signal.stop().await;
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() == 1).await);
    let beats = outside.beats();
    for hour in 1..=24 {
        if hour < 20 {
            house.waha.says(ALICE, &format!("canary {hour}"));
            assert!(house.waha.all_webhooks_done(house::SOON).await, "WAHA is never refused");
        }
        pass(&time, Duration::from_hours(1)).await;
    }
    assert_eq!((outside.alarms().len(), outside.beats()), (1, beats), "one alarm, and no sign of life");

    house.signal.restart().await.unwrap();
    assert!(turn_until(&time, STEP, || house.find("could not reach Signal for").is_some()).await);
    assert!(turn_until(&time, STEP, || house.find("canary 19").is_some()).await);
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() == 2 && outside.beats() > beats).await);
    pass(&time, Duration::from_hours(2)).await;
    let said: Vec<_> = house.texts().into_iter().filter(|text| text.starts_with("canary")).collect();
    assert_eq!(said, (0..20).map(|n| format!("canary {n}")).collect::<Vec<_>>());
    assert_eq!(notices(&house).len(), 1, "{:?}", notices(&house));

    let alarms = outside.alarms();
    let words: Vec<_> = alarms.iter().map(|call| call.body.split(&[';', '.'][..]).next().unwrap()).collect();
    assert_eq!(words, ["Rialto cannot reach Signal", "Rialto reaches Signal again"]);
    assert_eq!(alarms[0].headers["authorization"], "Bearer the-token");
    for private in ["canary", "home", "79111111111", "15550100100", house::OWNER] {
        assert!(!format!("{alarms:?}").contains(private), "{private} in {alarms:?}");
    }
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signal_that_takes_nothing_is_down_though_signal_cli_answers() {
    let (house, outside, time) = (House::new().await, Outside::new().await, clock());
    let bridge = house.bridge_more(&outside.config(), time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let network = SignalFault::ErrorOnSend { code: -1, kind: "NETWORK_FAILURE", retry_after: None, times: u32::MAX };
    house.signal.fault(network);
    house.waha.says(ALICE, "second");
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() == 1).await, "{:?}", house.signal.calls());
    let detail = house::health(&bridge.admin).await;
    assert!(detail.pointer("/channels/0/signal/down_since").unwrap().is_i64(), "{detail:#}");
    house.signal.clear_faults();
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() == 2).await);
    assert!(turn_until(&time, STEP, || house.find("could not reach Signal for").is_some()).await);
    assert!(house.find("second").is_some());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_that_is_not_heard_is_repeated_and_survives_a_restart_once() {
    let (house, outside, time) = (House::new().await, Outside::new().await, clock());
    let bridge = house.bridge_more(&outside.config(), time.clone()).await;
    assert!(turn_until(&time, MINUTE, || outside.beats() > 0).await);
    outside.refuse(true);
    house.waha.session_status("STOPPED");
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() > 1).await);
    outside.refuse(false);
    let tried = outside.alarms().len();
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() > tried).await);
    let heard = outside.alarms().len();
    pass(&time, Duration::from_hours(3)).await;
    bridge.stop().await;
    let bridge = house.bridge_more(&outside.config(), time.clone()).await;
    pass(&time, Duration::from_hours(3)).await;
    assert_eq!(outside.alarms().len(), heard, "the same outage is not said again");
    house.waha.session_status("WORKING");
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() == heard + 1).await);
    let words = outside.alarms().pop().unwrap().body;
    assert_eq!(words, "Rialto reaches WhatsApp again.");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_confirms_nothing_for_long_is_said_once() {
    let options = simulator::waha::WahaOptions { ordered: true, version: house::recent(), ..Default::default() };
    let house = House::with(options, |signal| signal.auto_receipts = false).await;
    let (outside, time) = (Outside::new().await, clock());
    let bridge = house.bridge_more(&outside.config(), time.clone()).await;
    let say = async |from: usize, to: usize| {
        for n in from..to {
            house.waha.says(ALICE, &format!("canary {n}."));
        }
        let last = format!("canary {}.", to - 1);
        assert!(turn_until(&time, STEP, || house.find(&last).is_some()).await);
        assert!(house::idle(&bridge).await);
    };
    // A few messages say nothing, however long ago; and many say nothing in a night.
    say(0, 19).await;
    pass(&time, Duration::from_hours(20)).await;
    say(19, 25).await;
    pass(&time, Duration::from_hours(20)).await;
    assert_eq!((notices(&house).len(), outside.alarms().len()), (0, 0), "{:?}", notices(&house));
    pass(&time, Duration::from_hours(30)).await;
    assert_eq!((notices(&house).len(), outside.alarms().len()), (1, 1), "{:?}", notices(&house));
    assert!(notices(&house)[0].contains("none of your devices confirmed"));
    let beats = outside.beats();
    pass(&time, Duration::from_hours(1)).await;
    assert_eq!(outside.beats(), beats);

    house.signal.owner_device_delivered(&[house.find("canary 24.").unwrap().0]);
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() == 2).await);
    assert_eq!(outside.alarms()[1].body, "Messages from Rialto are confirmed again.");
    pass(&time, Duration::from_hours(30)).await;
    assert_eq!((notices(&house).len(), outside.alarms().len()), (1, 2), "{:?}", notices(&house));
    bridge.stop().await;
}

/// A week in which something comes every day.
async fn busy_week(house: &House, bridge: &house::Bridge, time: &Clock) {
    for day in 0..6 {
        house::post_written(bridge, &format!("day {day}"), time.now(), Duration::ZERO).await;
        assert!(turn_until(time, STEP, || house.find(&format!("day {day}")).is_some()).await);
        if day < 5 {
            pass(time, Duration::from_hours(23)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_works_and_is_silent_is_restarted_once_a_day_and_said_once() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    busy_week(&house, &bridge, &time).await;
    let said = |house: &House| notices(house).iter().filter(|text| text.contains("nothing has come")).count();
    pass(&time, Duration::from_hours(23)).await;
    assert_eq!((house.waha.restarts(), said(&house)), (0, 0));
    pass(&time, Duration::from_hours(3)).await;
    assert!(turn_until(&time, STEP, || (house.waha.restarts(), said(&house)) == (1, 1)).await, "{:?}", notices(&house));
    pass(&time, Duration::from_hours(20)).await;
    assert_eq!(house.waha.restarts(), 1, "at most once a day");
    assert!(turn_until(&time, MINUTE * 5, || house.waha.restarts() == 3).await);
    pass(&time, Duration::from_hours(50)).await;
    assert_eq!((house.waha.restarts(), said(&house)), (3, 1), "then it is not the session");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_channel_and_a_phone_to_be_linked_are_left_alone() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "the only one for days");
    assert!(turn_until(&time, STEP, || house.find("the only one").is_some()).await);
    pass(&time, Duration::from_hours(60)).await;
    assert_eq!(house.waha.restarts(), 0);
    busy_week(&house, &bridge, &time).await;
    house.waha.session_status("SCAN_QR_CODE");
    pass(&time, Duration::from_hours(60)).await;
    assert_eq!(house.waha.restarts(), 0);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_peers_are_said_once_a_month_with_the_commands() {
    let options = simulator::waha::WahaOptions { version: "2025.1.1".into(), ..Default::default() };
    let (house, time) = (House::with(options, |_| {}).await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    assert!(house::whatsapp_is(&bridge, true).await);
    let said = |words: &str| notices(&house).iter().filter(|text| text.contains(words)).count();
    let days = async |n: u32| {
        for _ in 0..n * 6 {
            time.advance(Duration::from_hours(4));
            assert!(house::idle(&bridge).await);
        }
    };
    pass(&time, Duration::from_hours(12)).await;
    assert_eq!((said("WAHA 2025.1.1 is"), said("signal-cli 0.14.6 has")), (0, 0));
    pass(&time, Duration::from_hours(14)).await;
    assert_eq!((said("docker compose pull waha"), said("signal-cli 0.14.6 has")), (1, 0));
    days(27).await;
    assert_eq!(said("docker compose pull waha"), 1, "once a month");
    days(40).await;
    pass(&time, Duration::from_hours(1)).await;
    assert!(turn_until(&time, STEP, || said("docker compose pull signal-cli") == 1).await, "{:?}", notices(&house));
    assert!((2..=3).contains(&said("docker compose pull waha")), "{:?}", notices(&house));
    bridge.stop().await;
}
