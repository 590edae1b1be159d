//! What goes wrong around a real signal-cli: its network is cut, it is killed, the bridge was away or reads slowly, and
//! Signal limits the account. See `real_signal` for what this needs.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use simulator::waha::Waha;

use crate::house::{self, ALICE};
use crate::real_signal::{SOON, Testbed, start, start_at, waha};
use rialto::clock::Clock;

const BACKLOG: usize = 100;

/// Everything the owner typed so far has arrived in WhatsApp, once and in order.
async fn typed_arrived(waha: &Waha, typed: &[String]) {
    let all = waha.wait_sent(typed.len(), SOON * 2).await;
    let sent: Vec<_> = waha.sent().into_iter().map(|sent| sent.text).collect();
    let missing: Vec<_> = typed.iter().filter(|text| !sent.contains(text)).collect();
    assert!(all && missing.is_empty(), "{missing:?} did not arrive");
    assert_eq!(sent, typed);
}

/// How often a text arrived as it is. What may be there for the second time says so, and is counted apart.
async fn times(testbed: &Testbed, text: &str) -> (usize, usize) {
    let inbox = testbed.inbox().await;
    let bodies = inbox.iter().filter_map(|message| message.pointer("/dataMessage/body")?.as_str());
    let (marked, plain): (Vec<_>, Vec<_>) =
        bodies.filter(|body| body.ends_with(text)).partition(|body| body.contains('ⓘ'));
    if !marked.is_empty() {
        println!("{text}: {} marked as perhaps the second time", marked.len());
    }
    (plain.len(), marked.len())
}

/// A phone gives no two messages the same time, which is their id.
async fn types(testbed: &Testbed, group: &Value, typed: &mut Vec<String>, count: usize, text: &str) {
    for n in 0..count {
        let text = format!("{text} {n}");
        let timestamp = Clock::system().now().0;
        let body = json!({"from": "user", "to": "bridge", "masterKey": group["masterKey"],
            "revision": group["revision"], "text": text, "timestamp": timestamp});
        testbed.phone("say", body).await;
        while Clock::system().now().0 == timestamp {
            tokio::task::yield_now().await;
        }
        typed.push(text);
    }
}

/// Kills the daemon and returns the command that starts it again.
pub(crate) fn kill_daemon(testbed: &Testbed) -> Command {
    let pid = std::fs::read_to_string(testbed.work().join("signal-cli.pid")).unwrap().trim().to_owned();
    let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    let mut words = line.split_terminator('\0');
    let mut again = Command::new(words.next().unwrap());
    again.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    // A socket that a daemon left behind is in the way of the next.
    std::fs::remove_file(testbed.fact("/socket")).unwrap();
    again
}

pub(crate) fn start_daemon(testbed: &Testbed, mut again: Command) {
    let pid = again.spawn().unwrap().id();
    std::fs::write(testbed.work().join("signal-cli.pid"), pid.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_signal_cli_in_trouble_loses_and_doubles_nothing() {
    let Some(testbed) = Testbed::start() else {
        println!("skipped: RIALTO_SIGNAL_TESTBED names no testbed");
        return;
    };
    let (waha, mut typed) = (waha().await, Vec::new());
    let (stop, bridge, _) = start(&testbed, &waha).await;
    testbed.phone("send", json!({"from": "user", "to": "bridge", "text": "hi bridge"})).await;
    waha.says(ALICE, "hello from whatsapp");
    let group = testbed.arrived("hello from whatsapp").await["groupV2"].clone();

    // Every connection to Signal's service is cut.
    testbed.phone("drop", json!({})).await;
    waha.says(ALICE, "after the cut");
    types(&testbed, &group, &mut typed, 3, "after the cut").await;
    testbed.arrived("after the cut").await;
    typed_arrived(&waha, &typed).await;
    println!("network cut: both directions went on");

    // The daemon is killed; what was said meanwhile comes when it is back.
    let again = kill_daemon(&testbed);
    waha.says(ALICE, "while there is no daemon");
    types(&testbed, &group, &mut typed, 3, "while there is no daemon").await;
    start_daemon(&testbed, again);
    testbed.arrived("while there is no daemon").await;
    typed_arrived(&waha, &typed).await;
    println!("daemon killed: both directions went on");

    // The bridge was away.
    stop.cancel();
    bridge.await.unwrap();
    types(&testbed, &group, &mut typed, BACKLOG, "while there is no bridge").await;
    let (stop, bridge, _) = start(&testbed, &waha).await;
    typed_arrived(&waha, &typed).await;
    println!("a backlog of {BACKLOG} came whole and in order");

    // The bridge reads no further than it commits.
    let other = rusqlite::Connection::open(testbed.work().join("rialto/rialto.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    types(&testbed, &group, &mut typed, BACKLOG, &"read slowly ".repeat(100)).await;
    other.execute_batch("COMMIT").unwrap();
    typed_arrived(&waha, &typed).await;
    println!("a slow reader: {BACKLOG} long messages came whole and in order");
    stop.cancel();
    bridge.await.unwrap();

    for status in [429, 428, 413] {
        limited(&testbed, &waha, status).await;
    }
    for text in ["hello from whatsapp", "after the cut", "while there is no daemon"] {
        // What was on its way when the daemon died may have come the marked time alone.
        let (plain, marked) = times(&testbed, text).await;
        assert!(plain == 1 || (plain == 0 && marked > 0), "{text}: {plain} and {marked} marked");
    }
}

/// Signal limits the account: it waits as long as asked, by a clock that is turned, and then goes once.
async fn limited(testbed: &Testbed, waha: &Waha, status: u16) {
    let time = house::clock();
    let (stop, bridge, admin) = start_at(testbed, waha, time.clone()).await;
    let body = json!({"token": "00000000-0000-4000-8000-000000000000", "options": ["captcha"]});
    let headers = ["Retry-After:3600"];
    // Of messages to the owner: a copy for the account's own devices that fails makes signal-cli's answer say nothing.
    let owner = format!("PUT /v1/messages/{}", testbed.fact("/user/aci"));
    testbed
        .phone("inject", json!({"match": owner, "status": status, "body": body, "headers": headers, "times": 1000}))
        .await;
    let (text, begun) = (format!("limited by {status}."), time.now());
    waha.says(ALICE, &text);
    assert!(refused(&admin, &time).await, "{:#}", house::health(&admin).await);
    testbed.phone("clear", json!({})).await;
    assert!(turn(&time, testbed, &text).await, "{:#}", house::health(&admin).await);
    let waited = time.now().since(begun);
    println!("{status}: arrived once, after about {} minutes of the bridge's clock", waited.as_secs() / 60);
    assert_eq!(times(testbed, &text).await, (1, 0));
    stop.cancel();
    bridge.await.unwrap();
}

/// Waits until Signal has refused something for a minute by the bridge's clock.
async fn refused(admin: &str, time: &Clock) -> bool {
    let asking = async {
        let mut turns = crate::house::beats(Duration::from_millis(50));
        while house::health(admin).await.pointer("/channels/0/signal/limited").is_none_or(Value::is_null) {
            turns.tick().await;
            time.advance(Duration::from_secs(2));
        }
    };
    tokio::time::timeout(SOON, asking).await.is_ok()
}

async fn turn(time: &Clock, testbed: &Testbed, text: &str) -> bool {
    let turning = async {
        let mut turns = crate::house::beats(Duration::from_millis(200));
        while times(testbed, text).await == (0, 0) {
            turns.tick().await;
            time.advance(Duration::from_mins(1));
        }
    };
    tokio::time::timeout(SOON * 2, turning).await.is_ok()
}
