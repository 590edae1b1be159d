//! The door for webhooks: who is let in, and what the others hear.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use rialto::clock::Moment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::house::{self, ALICE, API_KEY, Bridge, HMAC, House, SOON, clock};

const NEW: &str = "81dc9bdb52d04dc20036dbd8313ed05581dc9bdb";

/// A signed message that nobody has sent yet.
fn message(text: &str, now: Moment) -> String {
    let stanza =
        format!("3EB0{:018X}", text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())));
    serde_json::json!({
        "id": format!("evt_{stanza}"), "timestamp": now.0, "event": "message.any", "session": "default",
        "payload": {"id": format!("false_{ALICE}_{stanza}"), "timestamp": now.0 / 1000,
            "from": ALICE, "fromMe": false, "body": text, "hasMedia": false},
        "environment": {"engine": "NOWEB"},
    })
    .to_string()
}

/// Posts a body under a key and returns the status.
async fn post(bridge: &Bridge, key: &str, body: String) -> u16 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::builder().build().unwrap().post(&bridge.webhook);
    let request = request.header("X-Webhook-Hmac", simulator::waha::signature(key, body.as_bytes()));
    request.body(body).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_secret_is_changed_both_are_taken_and_then_the_new_one_alone() {
    let (house, time) = (House::new().await, clock());
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    let old = format!("webhook_secret = \"{HMAC}\"");
    assert!(toml.contains(&old) && toml.contains(API_KEY));
    let now = time.now();
    let both = toml.replace(&old, &format!("webhook_secret = \"{NEW}\\n{HMAC}\""));
    let bridge = house.bridge_as(time.clone(), &both).await;
    assert_eq!(post(&bridge, HMAC, message("under the old", now)).await, 200);
    assert_eq!(post(&bridge, NEW, message("under the new", now)).await, 200);
    assert_eq!(post(&bridge, &NEW.replace('8', "9"), message("under another", now)).await, 401);
    assert!(house.arrives("under the old").await && house.arrives("under the new").await);
    bridge.stop().await;

    let only = toml.replace(&old, &format!("webhook_secret = \"{NEW}\""));
    let bridge = house.bridge_as(time.clone(), &only).await;
    assert_eq!(post(&bridge, HMAC, message("too late", now)).await, 401);
    assert_eq!(post(&bridge, NEW, message("as it is now", now)).await, 200);
    assert!(house.arrives("as it is now").await);
    assert!(house.texts().iter().all(|text| !text.contains("too late") && !text.contains("under another")));
    assert!(house::idle(&bridge).await);
    bridge.stop().await;
}

/// So many of each kind.
const VOLUME: usize = 60;

/// So many messages that somebody really writes meanwhile.
const HONEST: usize = 150;

/// A connection from an address of its own, so that what is held against it is not held against WAHA.
async fn connect(to: SocketAddr, from: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

/// The whole answer to these bytes.
async fn say(to: SocketAddr, from: &str, bytes: &[u8]) -> String {
    let mut stream = connect(to, from).await;
    // Who is refused before all is said may be cut off while speaking.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(line: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
        .into_bytes()
}

fn signed(key: &str, body: &str) -> String {
    format!("X-Webhook-Hmac: {}\r\n", simulator::waha::signature(key, body.as_bytes()))
}

const DOOR: &str = "POST /webhooks/waha/home";

/// What an attacker says: a name, what is said the n-th time, and the only statuses that may come back.
type Kind = (&'static str, Box<dyn Fn(usize) -> Vec<u8> + Send>, &'static [u16]);

fn kinds(now: Moment) -> Vec<Kind> {
    let forged = move |n: usize| message(&format!("forged {n}"), now);
    let replayed = message("said once", now);
    let stale = move |n: usize| message(&format!("forged stale {n}"), now.minus(Duration::from_hours(25)));
    let refused: &[u16] = &[401, 429];
    vec![
        ("unsigned", Box::new(move |n| request(DOOR, "", &forged(n))), refused),
        ("signed with another key", Box::new(move |n| request(DOOR, &signed(NEW, &forged(n)), &forged(n))), refused),
        (
            "signed for another body",
            Box::new(move |n| request(DOOR, &signed(HMAC, &forged(n)), &forged(n + 1))),
            refused,
        ),
        (
            "half a signature",
            Box::new(move |n| request(DOOR, &format!("X-Webhook-Hmac: {n:064x}\r\n"), &forged(n))),
            refused,
        ),
        (
            "another channel",
            Box::new(move |n| request(&format!("{DOOR}{n}"), &signed(HMAC, &forged(n)), &forged(n))),
            refused,
        ),
        ("replayed", Box::new(move |_| request(DOOR, &signed(HMAC, &replayed), &replayed)), &[200]),
        ("stale", Box::new(move |n| request(DOOR, &signed(HMAC, &stale(n)), &stale(n))), &[403]),
        (
            "oversized",
            Box::new(|_| {
                format!("{DOOR} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\nConnection: close\r\n\r\n").into()
            }),
            &[413],
        ),
        (
            "a head without end",
            Box::new(|n| request(DOOR, &format!("X-Long: {}\r\n", "x".repeat(200_000 + n)), "")),
            &[431],
        ),
        ("a thousand headers", Box::new(|n| request(DOOR, &"X-Many: 1\r\n".repeat(1000 + n), "")), &[431]),
        ("no HTTP", Box::new(|n| format!("\u{16}\u{3}\u{1} {n} <nonsense>\r\n\r\n").into()), &[400]),
        (
            "another path",
            Box::new(|n| {
                request(
                    ["GET /", "GET /health/detail", "POST /webhooks/waha/%FF", "GET /webhooks/waha/home"][n % 4],
                    "",
                    "",
                )
            }),
            &[404],
        ),
        (
            "another method",
            Box::new(|n| request(&DOOR.replace("POST", ["DELETE", "PUT", "OPTIONS", "TRACE"][n % 4]), "", "")),
            &[404],
        ),
    ]
}

/// A refusal says its status, and nothing else: neither what was asked, nor who answers.
fn says_nothing(answer: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    let head = head.to_lowercase();
    assert_eq!(body, "", "{answer}");
    for word in ["server", "rialto", "x-powered-by", "access-control", "allow:", "location", env!("CARGO_PKG_VERSION")]
    {
        assert!(!head.contains(&format!("\n{word}")) && !head.contains(&format!(" {word}")), "{word} in {head}");
    }
    // What is no HTTP, or too much of it, is answered before there is a request.
    if !["400", "431"].iter().any(|early| head.starts_with(&format!("http/1.1 {early}"))) {
        assert!(head.contains("x-content-type-options: nosniff") && head.contains("default-src 'none'"), "{head}");
        assert!(head.contains("cache-control: no-store") && head.contains("referrer-policy: no-referrer"), "{head}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_door_under_attack_lets_every_honest_event_in_and_nothing_else() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    let address: SocketAddr = bridge.webhook.split('/').nth(2).unwrap().parse().unwrap();
    house.waha.says(ALICE, "honest before");
    assert!(house.arrives("honest before").await);
    assert_eq!(post(&bridge, HMAC, message("said once", time.now())).await, 200);

    // Slow ones: some never end their head, some announce a great body and send nothing of it.
    let mut slow = Vec::new();
    for n in 0..VOLUME {
        let mut stream = connect(address, "127.0.0.3").await;
        let begun = if n % 2 == 0 {
            format!("{DOOR} HTTP/1.1\r\nHost:")
        } else {
            format!("{DOOR} HTTP/1.1\r\nHost: x\r\n{}Content-Length: 8000000\r\n\r\n{{", signed(HMAC, ""))
        };
        stream.write_all(begun.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let attacks: Vec<_> = kinds(time.now())
        .into_iter()
        .map(|(name, bytes, allowed)| {
            tokio::spawn(async move {
                let mut statuses = BTreeMap::<u16, usize>::new();
                for n in 0..VOLUME {
                    let bytes = bytes(n);
                    let answer = say(address, "127.0.0.2", &bytes).await;
                    says_nothing(&answer);
                    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
                    assert!(allowed.contains(&status), "{name}: {answer}");
                    *statuses.entry(status).or_default() += 1;
                }
                (name, statuses)
            })
        })
        .collect();
    for n in 0..HONEST {
        house.waha.says(ALICE, &format!("honest {n}."));
    }
    let mut all = BTreeMap::<u16, usize>::new();
    for attack in attacks {
        let (name, statuses) = attack.await.unwrap();
        println!("{VOLUME} {name}: {statuses:?}");
        for (status, count) in statuses {
            *all.entry(status).or_default() += count;
        }
    }
    assert!(house.arrives(&format!("honest {}.", HONEST - 1)).await);
    let texts = house.texts();
    let came: Vec<_> = texts.iter().filter(|text| text.starts_with("honest ") && text.ends_with('.')).collect();
    println!("{} slow, {} connections to the end; honest: {} of {HONEST}", VOLUME, slow.len(), came.len());
    assert_eq!(came, (0..HONEST).map(|n| format!("honest {n}.")).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    assert!(!texts.iter().any(|text| text.contains("forged")), "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("said once")).count(), 1);
    // So many are told that the signature is wrong; after that, to come later.
    assert_eq!(all[&401], 128, "{all:?}");
    assert_eq!(all[&429], 5 * VOLUME - 128, "{all:?}");
    let page = house::get(&bridge.admin, "/metrics").await;
    let refused = |kind: &str| {
        let series = format!("rialto_events_refused_total{{channel=\"home\",kind=\"{kind}\"}} ");
        page.lines().find_map(|line| line.strip_prefix(&series)?.parse::<usize>().ok()).unwrap()
    };
    println!(
        "counted: {} of bad signature, {} crowded, {} stale",
        refused("bad_signatures"),
        refused("crowded"),
        refused("stale")
    );
    assert_eq!((refused("stale"), refused("too_many")), (VOLUME, 0));
    assert!(refused("crowded") > 0 && refused("bad_signatures") > 0);
    drop(slow);
    bridge.stop().await;
}

/// Somebody at WAHA's own address, behind one proxy for instance, has used up all credit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_shares_an_address_with_waha_cannot_shut_it_out() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    let address: SocketAddr = bridge.webhook.split('/').nth(2).unwrap().parse().unwrap();
    let forged = message("forged", time.now());
    let mut last = String::new();
    for _ in 0..200 {
        last = say(address, "127.0.0.1", &request(DOOR, &signed(NEW, &forged), &forged)).await;
    }
    assert!(last.starts_with("HTTP/1.1 429") && last.contains("retry-after: 60"), "{last}");
    house.waha.says(ALICE, "honest all the same");
    assert!(house.arrives("honest all the same").await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_session_brings_is_left_alone_and_counted() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    let other = message("of another", time.now()).replace("\"default\"", "\"other\"");
    assert_eq!(post(&bridge, HMAC, other).await, 200);
    assert!(house::health_shows(&bridge.admin, &[("/channels/0/counters/other_sessions", 1.into())]).await);
    house.waha.says(ALICE, "of ours");
    assert!(house.arrives("of ours").await && house.find("of another").is_none());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_listener_has_the_same_manners() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let admin: SocketAddr = bridge.admin.parse().unwrap();
    for line in ["GET /", "POST /health/detail", "DELETE /metrics", "GET /captcha"] {
        let answer = say(admin, "127.0.0.1", &request(line, "", "")).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        says_nothing(&answer);
    }
    let detail = say(admin, "127.0.0.1", &request("GET /health/detail", "Origin: https://example\r\n", "")).await;
    let head = detail.split("\r\n\r\n").next().unwrap();
    assert!(head.contains("nosniff") && head.contains("DENY") && !head.contains("access-control"), "{head}");
    bridge.stop().await;
}
