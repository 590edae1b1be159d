//! TLS: WAHA behind an authority of one's own, and the door with a certificate of ours.

use std::sync::Arc;
use std::time::Duration;

use rialto::clock::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::certificates::{Authority, DAY, Signed, lines};
use crate::house::{self, ALICE, Bridge, House, Process, SOON, clock, turn_until};

const STEP: Duration = Duration::from_millis(200);
const MINUTE: Duration = Duration::from_mins(1);
const STRICT: &str = "strict-transport-security: max-age=31536000";

/// A bridge that shows this certificate.
async fn behind(house: &House, signed: &Signed, time: &Clock) -> Bridge {
    signed.put(house.dir.path());
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    let toml = toml.replace("[store]", &format!("{}[store]", lines(house.dir.path())));
    house.bridge_as(time.clone(), &toml).await
}

fn address(bridge: &Bridge) -> String {
    bridge.webhook.split('/').nth(2).unwrap().to_owned()
}

/// Lets WAHA bring its webhooks in TLS, trusting this authority.
async fn deliver(house: &House, bridge: &Bridge, authority: &Arc<Authority>) {
    let tunnel = authority.tunnel_to(&address(bridge)).await;
    house.waha.set_webhook(format!("http://{tunnel}/webhooks/waha/home"));
}

async fn ask(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin, line: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    // Who does not speak the same may be gone already.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).to_lowercase()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_over_tls_and_only_tls_says_that_it_is_to_stay() {
    let (house, time, authority) = (House::new().await, clock(), Arc::new(Authority::new("home")));
    let bridge = behind(&house, &authority.signs("localhost", DAY * 90), &time).await;
    deliver(&house, &bridge, &authority).await;
    house.waha.says(ALICE, "over tls");
    assert!(house.arrives("over tls").await);
    for (line, status) in [("POST /webhooks/waha/home", "401"), ("GET /", "404"), ("POST /webhooks/waha/%FF", "404")] {
        let answer = ask(authority.connect(&address(&bridge)).await.unwrap(), line).await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")) && answer.contains(STRICT), "{answer}");
    }
    // Without TLS there is nobody at this door, and nothing is counted or kept for it.
    let plain = ask(TcpStream::connect(address(&bridge)).await.unwrap(), "POST /webhooks/waha/home").await;
    assert!(!plain.contains("http/1.1"), "{plain}");
    let detail = house::health(&bridge.admin).await;
    assert_eq!(detail.pointer("/channels/0/counters/bad_signatures"), Some(&1.into()), "{detail:#}");
    assert!(detail.pointer("/certificate/left").unwrap().as_u64().unwrap() > 80 * 24 * 3600);
    assert!(detail.pointer("/certificate/problem").unwrap().is_null());
    assert_eq!(detail.pointer("/certificate/failed"), Some(&1.into()), "{detail:#}");
    let admin = ask(TcpStream::connect(&bridge.admin).await.unwrap(), "GET /health/live").await;
    assert!(admin.starts_with("http/1.1 200") && !admin.contains("strict-transport"), "{admin}");
    bridge.stop().await;

    let bridge = house.bridge_at(time).await;
    let answer = ask(TcpStream::connect(address(&bridge)).await.unwrap(), "GET /").await;
    assert!(answer.starts_with("http/1.1 404") && !answer.contains("strict-transport"), "{answer}");
    assert!(house::health(&bridge.admin).await["certificate"].is_null());
    bridge.stop().await;
}

/// The house's configuration with WAHA behind https, and one line more.
fn over_https(house: &House, port: u16, line: &str) -> String {
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    let plain = format!("url = \"{}\"", house.waha.url());
    assert!(toml.contains(&plain));
    toml.replace(&plain, &format!("url = \"https://localhost:{port}\"\n{line}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waha_is_spoken_to_behind_its_own_authority_and_nobody_elses() {
    let (house, time) = (House::new().await, clock());
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let folder = house.dir.path();
    let (ours_file, other_file) = (ours.file(folder, "ours.pem"), other.file(folder, "other.pem"));
    let to = house.waha.url().replace("http://", "");
    let good = ours.signs("localhost", DAY).tunnel_to(&to).await;
    let trusted = |file: &std::path::Path| format!("ca_file = \"{}\"", file.display());

    let bridge = house.bridge_as(time.clone(), &over_https(&house, good, &trusted(&ours_file))).await;
    house.waha.says(ALICE, "from behind https");
    let group = house.group_of("from behind https").await;
    house.signal.owner_says(&group, "to behind https");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await);
    bridge.stop().await;

    // Another authority; the system's; another name.
    let named = ours.signs("elsewhere.example", DAY).tunnel_to(&to).await;
    let cases = [(good, trusted(&other_file)), (good, String::new()), (named, trusted(&ours_file))];
    for (at, (port, line)) in cases.into_iter().enumerate() {
        let bridge = house.bridge_as(time.clone(), &over_https(&house, port, &line)).await;
        let untrusted = [("/channels/0/whatsapp/cause", "untrusted".into())];
        assert!(house::health_shows(&bridge.admin, &untrusted).await, "{at}: {line}");
        house.signal.owner_says(&group, "kept");
        // One outage for all three: it is said once.
        let told = || house.texts().iter().filter(|text| text.contains("WAHA's address is not trusted")).count() == 1;
        assert!(turn_until(&time, STEP * 10, told).await, "{at}: {:?}", house.texts());
        assert_eq!(house.waha.sent().len(), 1, "nothing is sent to somebody who may be anybody");
        bridge.stop().await;
    }
}

/// In a process of its own, whose system trusts the authority that signs for this WAHA.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_the_system_trusts_does_not_count_where_an_authority_is_named() {
    let house = House::new().await;
    let (ours, systems) = (Authority::new("ours"), Authority::new("the system's"));
    let (ours, system) = (ours.file(house.dir.path(), "ours.pem"), systems.file(house.dir.path(), "system.pem"));
    let port = systems.signs("localhost", DAY).tunnel_to(&house.waha.url().replace("http://", "")).await;
    let trusting: &'static str = format!("export SSL_CERT_FILE='{}';", system.display()).leak();
    let (mut process, admin) = Process::under(&house, "info", trusting).await;
    let plain = std::fs::read_to_string(process.config()).unwrap();
    let url = format!("url = \"{}\"", house.waha.url());
    assert!(plain.contains(&url));
    for (line, shows) in [
        (String::new(), ("/channels/0/whatsapp/working", true.into())),
        (format!("\nca_file = \"{}\"", ours.display()), ("/channels/0/whatsapp/cause", "untrusted".into())),
    ] {
        process.kill();
        let https = plain.replace(&url, &format!("url = \"https://localhost:{port}\"{line}"));
        std::fs::write(process.config(), https).unwrap();
        process.start_again();
        assert!(house::health_shows(&admin, &[shows]).await, "{line}: {:#}", house::health(&admin).await);
    }
}

/// As many as there are places and more: each begins a greeting and says no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_ends_a_greeting_loses_the_place() {
    let (house, time, authority) = (House::new().await, clock(), Arc::new(Authority::new("home")));
    let bridge = behind(&house, &authority.signs("localhost", DAY * 90), &time).await;
    deliver(&house, &bridge, &authority).await;
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(address(&bridge)).await.unwrap();
        // A record of 512 bytes is announced, and of that a part comes.
        stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0]).await.unwrap();
        slow.push(stream);
    }
    for n in 0..20 {
        house.waha.says(ALICE, &format!("honest {n}."));
    }
    assert!(house.arrives("honest 19.").await, "{:?}", house.texts());
    // Shown out without a word of HTTP.
    let mut shown_out = Vec::new();
    tokio::time::timeout(SOON, slow[0].read_to_end(&mut shown_out)).await.unwrap().unwrap();
    assert_eq!(shown_out, b"");
    assert_eq!(house.texts().iter().filter(|text| text.starts_with("honest ")).count(), 20);
    // The others are in nobody's way while the bridge stops.
    let begun = std::time::Instant::now();
    bridge.stop().await;
    assert!(begun.elapsed() < SOON);
}

/// What a client is shown now.
async fn shown(authority: &Authority, bridge: &Bridge) -> Vec<u8> {
    let stream = authority.connect(&address(bridge)).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_shown_without_a_restart_and_an_old_one_is_told_of() {
    let (house, time, authority) = (House::new().await, clock(), Arc::new(Authority::new("home")));
    let bridge = behind(&house, &authority.signs("localhost", DAY * 10), &time).await;
    deliver(&house, &bridge, &authority).await;
    let problem = |detail: serde_json::Value| detail["certificate"]["problem"].as_str().map(str::to_owned);
    let first = shown(&authority, &bridge).await;
    assert!(problem(house::health(&bridge.admin).await).unwrap().contains("ends in 9 days"));
    house.waha.says(ALICE, "so that there is somebody to tell");
    assert!(house.arrives("so that there is").await);
    let told = || house.texts().iter().filter(|text| text.contains("certificate that the bridge shows")).count();
    assert!(turn_until(&time, STEP, || told() == 1).await, "{:?}", house.texts());

    // The certificate is there before its key: what was shown is shown on, and health says why.
    let next = authority.signs("localhost", DAY * 90);
    std::fs::write(house.dir.path().join("cert.pem"), &next.certificate).unwrap();
    let mut turns = crate::house::beats(Duration::from_millis(5));
    while !problem(house::health(&bridge.admin).await).is_some_and(|words| words.contains("is not the key of")) {
        turns.tick().await;
        time.advance(MINUTE);
    }
    assert_eq!(shown(&authority, &bridge).await, first);

    next.put(house.dir.path());
    while problem(house::health(&bridge.admin).await).is_some() {
        turns.tick().await;
        time.advance(MINUTE);
    }
    assert_ne!(shown(&authority, &bridge).await, first);
    house.waha.says(ALICE, "under the new certificate");
    assert!(house.arrives("under the new certificate").await);
    let page = house::get(&bridge.admin, "/metrics").await;
    assert!(page.contains("rialto_certificate_left_seconds 7"), "{page}");
    assert_eq!(told(), 1);
    bridge.stop().await;
}
