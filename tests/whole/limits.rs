//! Signal's rate limits: the whole account waits, the steps are shown, a captcha lifts it, and nothing is lost.

use std::time::Duration;

use rialto::clock::Clock;
use simulator::signal_cli::SignalFault;
use simulator::waha::WahaOptions;

use crate::house::{self, ALICE, BOB, House, clock, turn_until};
use crate::outside::Outside;

const STEP: Duration = Duration::from_millis(200);
const MINUTE: Duration = Duration::from_mins(1);
const CAPTCHA: &str = "signalcaptcha://signal-hcaptcha.challenge.canarycaptcha";

fn sends(house: &House) -> usize {
    house.signal.calls().iter().filter(|(method, _)| method == "send").count()
}

fn said(house: &House, words: &str) -> usize {
    house.texts().iter().filter(|text| text.contains(words)).count()
}

/// Two chats have their portals; then Signal limits the account and a message meets the limit.
async fn limited(house: &House, time: &Clock, token: Option<&str>, retry_after: Option<u64>) {
    house.waha.says(ALICE, "alice first");
    house.waha.says(BOB, "bob first");
    assert!(turn_until(time, STEP, || house.find("alice first").is_some() && house.find("bob first").is_some()).await);
    house.signal.limit(token, retry_after);
    let before = sends(house);
    house.waha.says(ALICE, "alice waits");
    assert!(turn_until(time, STEP, || sends(house) > before).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_stops_every_lane_for_as_long_as_signal_says() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    limited(&house, &time, None, Some(3600)).await;
    let (begun, before) = (time.now(), sends(&house));
    house.waha.says(BOB, "bob waits");
    assert!(turn_until(&time, MINUTE, || time.now().since(begun) > MINUTE * 55).await);
    assert_eq!(sends(&house), before, "nothing is tried in the pause, in no lane");
    house.signal.lift_limit();
    let all = ["alice waits", "bob waits", "had limited how fast"];
    assert!(turn_until(&time, STEP, || all.iter().all(|text| house.find(text).is_some())).await, "{:?}", house.texts());
    // It waits like everything else: if it was among the first to get through, the end follows it in the same chat.
    assert!(said(&house, "Signal limits how fast") <= 1, "{:?}", house.texts());
    assert_eq!(said(&house, "second time"), 0, "a refused send was not sent");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_captcha_typed_in_the_control_chat_lifts_the_limit_at_once() {
    let (house, outside, time) = (House::new().await, Outside::new().await, clock());
    let bridge = house.bridge_more(&outside.config(), time.clone()).await;
    limited(&house, &time, Some("canarytoken"), Some(86_400)).await;
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() == 1).await);
    assert!(outside.alarms()[0].body.starts_with("Signal limits how fast Rialto may send."));
    let detail = house::health(&bridge.admin).await;
    let remedy = detail.pointer("/channels/0/signal/limited/remedy").unwrap().as_str().unwrap();
    assert!(remedy.contains("signalcaptchas.org/challenge"), "{detail:#}");
    assert!(!detail.to_string().contains("canarytoken"), "{detail:#}");

    let before = sends(&house);
    house.signal.owner_says_direct(&format!("captcha {CAPTCHA}stale"));
    let submitted = |n: usize| {
        let calls = house.signal.calls();
        let submits = calls.iter().filter(|(method, _)| method == "submitRateLimitChallenge");
        submits.filter(|(_, params)| params["challenge"] == "canarytoken").count() == n
    };
    assert!(turn_until(&time, STEP, || submitted(1)).await);
    house.signal.owner_says_direct(&format!("Captcha {CAPTCHA}"));
    assert!(turn_until(&time, STEP, || submitted(2) && house.find("accepted the captcha").is_some()).await);
    assert!(turn_until(&time, STEP, || house.find("alice waits").is_some()).await);
    assert!(sends(&house) > before);
    assert!(turn_until(&time, STEP, || said(&house, "had limited how fast") == 1).await, "{:?}", house.texts());
    assert_eq!((said(&house, "did not accept"), said(&house, "Nothing you write here")), (0, 0));
    assert!(turn_until(&time, MINUTE, || outside.alarms().len() == 2).await);
    house.signal.owner_says_direct(&format!("captcha {CAPTCHA}"));
    assert!(turn_until(&time, STEP, || house.find("asks for no captcha").is_some()).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_hands_a_captcha_to_the_running_bridge() {
    let house = House::new().await;
    let (process, admin) = house::Process::of(&house, "trace").await;
    house.waha.says(ALICE, "before");
    assert!(house.arrives("before").await);
    house.signal.limit(Some("canarytoken"), Some(86_400));
    house.waha.says(ALICE, "behind the limit");
    let limited = "/channels/0/signal/limited/remedy";
    while house::health(&admin).await.pointer(limited).is_none_or(serde_json::Value::is_null) {
        tokio::task::yield_now().await;
    }
    let run = |captcha: String| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rialto"));
        command.args(["captcha", "--config"]).arg(process.config()).arg(captcha);
        let done = command.output().unwrap();
        let words = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        (done.status.success(), words)
    };
    let (ok, words) = tokio::task::block_in_place(|| run("nonsense".into()));
    assert!(!ok && words.contains("this is no captcha"), "{words}");
    let (ok, words) = tokio::task::block_in_place(|| run(format!("{CAPTCHA}stale")));
    assert!(!ok && words.contains("did not accept the captcha"), "{words}");
    let (ok, words) = tokio::task::block_in_place(|| run(CAPTCHA.into()));
    assert!(ok && words.contains("accepted the captcha"), "{words}");
    assert!(house.arrives("behind the limit").await);
    let (ok, words) = tokio::task::block_in_place(|| run(CAPTCHA.into()));
    assert!(!ok && words.contains("asks for no captcha"), "{words}");
    let log = std::fs::read_to_string(&process.log).unwrap();
    assert!(log.contains("rialto captcha 'signalcaptcha://...'") && log.matches("asks for a captcha;").count() == 1);
    assert!(!log.contains("canarycaptcha") && !log.contains("canarytoken"), "neither is ever logged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_may_not_be_made_leaves_other_chats_their_way_and_is_not_tried_again() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    let creates = |house: &House| {
        let calls = house.signal.calls();
        calls.iter().filter(|(method, params)| method == "updateGroup" && params.get("groupId").is_none()).count()
    };
    house.signal.fault(SignalFault::CreateFails { code: -5, times: 1 });
    house.waha.says(ALICE, "alice without a group");
    assert!(turn_until(&time, STEP, || house.find("alice without a group").is_some()).await, "{:?}", house.texts());
    house.waha.says(BOB, "bob without a group");
    assert!(turn_until(&time, STEP, || house.find("bob without a group").is_some()).await, "{:?}", house.texts());
    assert_eq!(creates(&house), 1, "the limit is on the account: the second chat does not try");
    assert!(house.find("bob without a group").unwrap().1.is_none(), "it came into the control chat");
    let begun = time.now();
    assert!(turn_until(&time, MINUTE, || time.now().since(begun) > MINUTE * 11).await);
    house.waha.says(BOB, "bob later");
    assert!(turn_until(&time, STEP, || house.find("bob later").is_some_and(|(_, group)| group.is_some())).await);
    bridge.stop().await;
}

/// Two channels with owners of their own and one bridge account: Signal limits the account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_one_channel_learns_of_holds_the_other_of_the_same_account() {
    let other_owner = "d1fc311c-3c80-4784-87c1-3bc35b187d7b";
    let options = WahaOptions { ordered: true, version: house::recent(), ..WahaOptions::default() };
    let (one, two) = (House::new().await, House::with(options, |signal| signal.owner_aci = other_owner.into()).await);
    let second = two.toml("127.0.0.1:0", "127.0.0.1:0").replace(house::OWNER, other_owner);
    let second = second.split("[[channels]]").nth(1).unwrap().replace("\"home\"", "\"work\"");
    let toml = format!("{}\n[[channels]]{second}", one.toml("127.0.0.1:0", "127.0.0.1:0"));
    let time = clock();
    let bridge = one.bridge_as(time.clone(), &toml).await;
    two.waha.set_webhook(bridge.webhook.replace("/home", "/work"));
    one.waha.says(ALICE, "one first");
    two.waha.says(ALICE, "two first");
    assert!(turn_until(&time, STEP, || one.find("one first").is_some() && two.find("two first").is_some()).await);
    one.signal.limit(None, Some(3600));
    let before = sends(&one);
    one.waha.says(ALICE, "one waits");
    assert!(turn_until(&time, STEP, || sends(&one) > before).await);
    assert!(
        house::health_shows(&bridge.admin, &[("/channels/1/signal/limited/remedy", serde_json::Value::Null)]).await
    );
    let (begun, before) = (time.now(), sends(&two));
    two.waha.says(ALICE, "two waits");
    assert!(two.waha.all_webhooks_done(house::SOON).await);
    assert!(turn_until(&time, MINUTE, || time.now().since(begun) > MINUTE * 50).await);
    assert_eq!(sends(&two), before, "the other channel does not try either");
    one.signal.lift_limit();
    assert!(turn_until(&time, STEP, || one.find("one waits").is_some() && two.find("two waits").is_some()).await);
    let told = |house: &House| said(house, "had limited how fast") == 1;
    assert!(turn_until(&time, STEP, || told(&one) && told(&two)).await, "both owners hear of it");
    bridge.stop().await;
}
