//! `/metrics`: the numbers are those of what happened, and nothing in them names anybody.

use std::time::Duration;

use crate::house::{self, ALICE, House, clock, turn_until};

const STEP: Duration = Duration::from_millis(200);

/// The value of a series, by its full name.
fn value(page: &str, series: &str) -> Option<i64> {
    let line = page.lines().find(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name == series))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_numbers_are_those_of_what_happened() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "canary in");
    assert!(turn_until(&time, STEP, || house.find("canary in").is_some()).await);
    let group = house.find("canary in").unwrap().1.unwrap();
    house.signal.owner_says(&group, "canary out");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await);
    assert!(house::idle(&bridge).await);
    assert_eq!(house::post(&bridge, "{\"not signed\": 1}".into()).await, 200);
    house.signal.limit(Some("canarytoken"), Some(3600));
    house.waha.says(ALICE, "canary that waits");
    // Once the limit is known, and the message is back in its lane.
    let waits = |health: &serde_json::Value| {
        let at = |path| health.pointer(path).cloned().unwrap_or_default();
        !at("/channels/0/signal/limited/remedy").is_null()
            && at("/channels/0/queue/in_flight") == 0
            && at("/channels/0/queue/pending") != 0
    };
    while !waits(&house::health(&bridge.admin).await) {
        tokio::task::yield_now().await;
    }
    time.advance(Duration::from_mins(5));

    let page = house::get(&bridge.admin, "/metrics").await;
    for (series, expected) in [
        ("rialto_side_up{channel=\"home\",side=\"whatsapp\"}", 1),
        ("rialto_side_up{channel=\"home\",side=\"signal\"}", 1),
        ("rialto_signal_state{channel=\"home\",state=\"up\"}", 1),
        ("rialto_owner_trusted{channel=\"home\"}", 1),
        ("rialto_account_limited{channel=\"home\"}", 1),
        ("rialto_account_captcha_wanted{channel=\"home\"}", 1),
        ("rialto_deliveries{channel=\"home\",direction=\"to_whatsapp\",state=\"dead\"}", 0),
        ("rialto_events_refused_total{channel=\"home\",kind=\"bad_signatures\"}", 0),
        (&format!("rialto_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1),
    ] {
        assert_eq!(value(&page, series), Some(expected), "{series}\n{page}");
    }
    let at_least = |series: &str, least: i64| value(&page, series).is_some_and(|value| value >= least);
    for (series, least) in [
        // With it wait the lines about the limit and about what was not understood.
        ("rialto_deliveries{channel=\"home\",direction=\"to_signal\",state=\"pending\"}", 1),
        ("rialto_events_accepted_total{channel=\"home\"}", 3),
        ("rialto_last_in_age_seconds{channel=\"home\",side=\"whatsapp\"}", 300),
        ("rialto_last_out_age_seconds{channel=\"home\",side=\"whatsapp\"}", 300),
        ("rialto_oldest_delivery_age_seconds{channel=\"home\",side=\"signal\"}", 300),
        ("rialto_account_pause_seconds{channel=\"home\"}", 3000),
        ("rialto_proof_age_seconds{channel=\"home\"}", 300),
        ("rialto_database_bytes", 4096),
        ("rialto_oldest_message_age_seconds", 300),
        ("rialto_oldest_age_seconds{place=\"`data/rialto`: queue\"}", 300),
        ("rialto_oldest_age_seconds{place=\"`data/rialto`: messages\"}", 300),
        ("rialto_oldest_age_seconds{place=\"`data/rialto`: keys of events\"}", 300),
        ("rialto_oldest_age_seconds{place=\"`data/rialto`: portals\"}", 300),
    ] {
        assert!(at_least(series, least), "{series}\n{page}");
    }
    assert!(value(&page, "rialto_job_last_run_age_seconds{job=\"retention\"}").is_some(), "{page}");
    // Each family is described once, before its samples.
    let names = |mark: &str| -> Vec<String> {
        let words = page.lines().filter_map(|line| line.strip_prefix(mark)?.split(' ').next());
        words.map(str::to_owned).collect()
    };
    let (helped, typed) = (names("# HELP "), names("# TYPE "));
    assert_eq!(helped, typed);
    let mut once = helped.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), helped.len());
    for secret in ["canary", "79111111111", "15550100100", house::OWNER, &group] {
        assert!(!page.contains(secret), "{secret} in {page}");
    }
    bridge.stop().await;
}
