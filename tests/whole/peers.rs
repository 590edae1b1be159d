//! Peers that do what no peer should: say nothing, say nonsense, say far too much. Memory stays bounded and the other
//! side goes on. What memory a child needed at most is printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use simulator::signal_cli::{SignalCli, SignalFault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::house::{self, ALICE, BOB, HMAC, House, Process, SOON};
use crate::resources::{patient_house, ready_says};

/// The most memory the process had so far, in megabytes.
pub(crate) fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Answers each connection with these bytes, over and over; without any it says nothing for ever.
async fn peer(babble: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, came) = (listener.local_addr().unwrap().to_string(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 1024]).await;
                while !babble.is_empty() && stream.write_all(babble).await.is_ok() {}
                std::future::pending::<()>().await;
            });
        }
    });
    (address, came)
}

/// A house whose bridge speaks to that WAHA.
async fn with_waha(house: &House, babble: &'static [u8]) -> (house::Bridge, Arc<AtomicUsize>) {
    let (address, came) = peer(babble).await;
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace(&house.waha.url(), &format!("http://{address}"));
    (house.bridge_as(house::clock(), &toml).await, came)
}

/// What comes from a WAHA that cannot be spoken to still goes to Signal, and what the owner types waits.
async fn the_rest_goes_on(house: &House, bridge: &house::Bridge) {
    house.waha.says(ALICE, "from whatsapp");
    let group = house.group_of("from whatsapp").await;
    house.signal.owner_says(&group, "from signal");
    let waits = [("/channels/0/queue/pending", 1.into()), ("/channels/0/whatsapp/working", false.into())];
    assert!(house::health_shows(&bridge.admin, &waits).await, "{:#}", house::health(&bridge.admin).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waha_that_never_answers_holds_up_nothing_else() {
    let house = House::new().await;
    let (bridge, came) = with_waha(&house, b"").await;
    the_rest_goes_on(&house, &bridge).await;
    assert!(came.load(Ordering::Relaxed) > 0);
    // It counts as away once the call has taken too long; that is measured by the machine.
    let away = [("/channels/0/whatsapp/cause", "unreachable".into())];
    assert!(house::health_shows(&bridge.admin, &away).await, "{:#}", house::health(&bridge.admin).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waha_that_talks_nonsense_holds_up_nothing_else() {
    for babble in [
        &b"\xff\xfe\x00nonsense\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"status\"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        // An answer without an end.
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\naaaaa\r\n5\r\naaaaa\r\n",
    ] {
        let house = House::new().await;
        let (bridge, came) = with_waha(&house, babble).await;
        the_rest_goes_on(&house, &bridge).await;
        assert!(came.load(Ordering::Relaxed) > 0);
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_cli_that_never_answers_holds_up_no_webhook_and_what_waits_goes_when_it_does() {
    let house = House::new().await;
    let socket = house.signal.socket().unwrap();
    house.signal.stop().await;
    let mute = tokio::net::UnixListener::bind(&socket).unwrap();
    let bridge = house.bridge().await;
    let (silent, _) = tokio::time::timeout(SOON, mute.accept()).await.unwrap().unwrap();
    house.waha.says(ALICE, "meanwhile");
    assert!(house.waha.all_webhooks_done(SOON).await);
    let waits = [("/channels/0/queue/pending", 1.into()), ("/channels/0/signal/state", "connecting".into())];
    assert!(house::health_shows(&bridge.admin, &waits).await, "{:#}", house::health(&bridge.admin).await);
    drop((silent, mute));
    house.signal.restart().await.unwrap();
    assert!(house.arrives("meanwhile").await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_that_is_never_answered_holds_up_its_own_lane_alone() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    for (contact, text) in [(ALICE, "hello from alice"), (BOB, "hello from bob")] {
        house.waha.says(contact, text);
        house.group_of(text).await;
    }
    assert!(house::idle(&bridge).await);
    house.signal.fault(SignalFault::NoAnswer { times: 1 });
    house.waha.says(ALICE, "swallowed");
    // Otherwise a call of the other lane could overtake it and be swallowed in its place.
    assert!(house.signal.wait_until(SOON, SignalCli::faults_are_spent).await);
    let open = [("/channels/0/queue/in_flight", 1.into())];
    assert!(house::health_shows(&bridge.admin, &open).await);
    for n in 0..50 {
        house.waha.says(BOB, &format!("bob {n}."));
    }
    assert!(house.arrives("bob 49.").await);
    assert!(house::health_shows(&bridge.admin, &open).await, "it is still open");
    bridge.stop().await;
}

const LINE: usize = 100 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_and_a_line_of_a_hundred_megabytes_are_passed_over() {
    let house = patient_house().await;
    let (process, admin) = Process::of(&house, "error").await;
    house.waha.says(ALICE, "before");
    let group = house.group_of("before").await;
    let before = peak(&process);
    for nonsense in
        ["", "null", "[]", "{", "{\"jsonrpc\":\"2.0\"}", "{\"method\":\"receive\",\"params\":7}", "\u{0}\u{7f}"]
    {
        house.signal.push_line(nonsense);
    }
    house.signal.push_line(&"x".repeat(LINE));
    house.signal.push_line(&format!("{{\"method\":\"receive\",\"params\":\"{}\"}}", "y".repeat(12 << 20)));
    assert!(house::health_shows(&admin, &[("/channels/0/counters/odd_lines", 9.into())]).await);
    house.signal.owner_says(&group, "after all that");
    assert!(house.waha.wait_sent(1, SOON).await);
    let after = peak(&process);
    println!("a line of 100 MB: at most {before} MB before it, {after} MB with it");
    assert!(after < before + 120, "two connections read lines of 16 MB at most");
    assert!(ready_says(&admin, "200").await);
}

const BODY: usize = 7 << 20;
const AT_ONCE: usize = 100;

/// Seven hundred megabytes in a hundred webhooks at once, and nothing can be committed meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_webhooks_over_a_slow_disk_stays_within_bounds() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let house = patient_house().await;
    let (process, admin) = Process::of(&house, "error").await;
    house.waha.says(ALICE, "before");
    house.group_of("before").await;
    let before = peak(&process);
    let padding = "z".repeat(BODY);
    let body = format!(r#"{{"event":"engine.event","session":"default","payload":{{"padding":"{padding}"}}}}"#);
    let signature = simulator::waha::signature(HMAC, body.as_bytes());
    let body = axum::body::Bytes::from(body);
    let http = reqwest::Client::builder().timeout(SOON).build().unwrap();
    let other = rusqlite::Connection::open(house.store()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let posts = (0..AT_ONCE).map(|_| {
        let request = http.post(&process.webhook).header("X-Webhook-Hmac", &signature).body(body.clone());
        async move {
            request
                .send()
                .await
                .ok()
                .map(|answer| (answer.status().as_u16(), answer.headers().contains_key("retry-after")))
        }
    });
    let answers = futures_util::future::join_all(posts).await;
    let later = answers.iter().filter(|answer| **answer == Some((503, true))).count();
    house.waha.says(BOB, "meanwhile");
    other.execute_batch("COMMIT").unwrap();
    let after = peak(&process);
    println!(
        "{AT_ONCE} webhooks of 7 MB at once: {later} asked to come later; {before} MB before it, {after} MB with it"
    );
    assert_eq!(later, AT_ONCE, "{answers:?}");
    assert!(after < before + 150, "{after}");
    assert!(house.arrives("meanwhile").await);
    assert!(ready_says(&admin, "200").await);
}
