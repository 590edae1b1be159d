//! Every webhook captured from WAHA 2026.2.1, read and sent through the real router.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that stops is a test that failed")]

#[path = "captures/house.rs"]
mod house;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use house::{Health, House, signature, status};
use rialto::clock::Moment;
use rialto::event::{Arrival, Event, Refusal, TypingPlace};
use rialto::whatsapp::{self, BODY_LIMIT, FRESHNESS};

/// The bodies of one engine, by file name.
fn fixtures(engine: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/waha").join(engine);
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut all: Vec<_> = files.map(|path| (name(&path), std::fs::read(&path).unwrap())).collect();
    all.sort();
    assert!(all.len() > 50, "the fixtures of {engine} are missing");
    all
}

/// When WAHA made the event.
fn made(body: &[u8]) -> Moment {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap();
    Moment(json["timestamp"].as_i64().unwrap())
}

/// A table for people: the key, then the event as it will be sealed.
fn table(engine: &str) -> String {
    let mut table = String::new();
    let mut above = None;
    for (name, body) in fixtures(engine) {
        let read = whatsapp::read(&body, made(&body));
        let row = if read.is_presence { passes(&read) } else { row(&read.arrival) };
        let shown = if above.as_ref() == Some(&row) { "  the same" } else { &row };
        writeln!(table, "{name}\n{shown}").unwrap();
        assert_eq!((read.created, read.session.as_deref()), (Some(made(&body)), Some("default")));
        above = Some(row);
    }
    table
}

/// What says who is there is no event, and nothing of it is kept.
fn passes(read: &whatsapp::Read) -> String {
    let typing = read.typing.as_ref().unwrap();
    let TypingPlace::WhatsApp(chat) = &typing.place else { unreachable!("it is of WhatsApp") };
    format!("  passes: {} in {}", if typing.is_typing { "typing" } else { "no typing" }, chat.chat_id().reveal())
}

fn row(arrival: &Arrival) -> String {
    let key = &arrival.key;
    let event = serde_json::to_string(&arrival.event).unwrap();
    format!("  {} {} {}\n  {event}", key.kind.name(), key.scope.reveal(), key.item.reveal())
}

#[test]
fn noweb_is_read() {
    insta::assert_snapshot!("noweb", table("noweb"));
}

#[test]
fn gows_is_read() {
    insta::assert_snapshot!("gows", table("gows"));
}

#[test]
fn nothing_captured_is_unreadable_or_printed() {
    for (name, body) in fixtures("noweb").into_iter().chain(fixtures("gows")) {
        let event = whatsapp::read(&body, made(&body)).arrival.event;
        assert!(!matches!(event, Event::Unreadable { .. }), "{name}");
        let printed = format!("{event:?}");
        for private in ["7911", "1000000", "1203630", "3EB0", "3A00", "Alice", "Hi there"] {
            assert!(!printed.contains(private), "{name} prints {private}");
        }
    }
}

/// One body to try things with, and when it was made.
fn sample() -> (Vec<u8>, Moment) {
    let (_, body) = fixtures("noweb").into_iter().find(|(name, _)| name.starts_with("01-dm-text")).unwrap();
    let made = made(&body);
    (body, made)
}

#[tokio::test]
async fn every_webhook_is_taken_once() {
    for engine in ["noweb", "gows"] {
        let all = fixtures(engine);
        let house = House::at(made(&all[0].1).plus(Duration::from_mins(5))).await;
        for (name, body) in &all {
            assert_eq!(house.post(body).await, 200, "{name}");
        }
        let once = house.taken();
        for (name, body) in &all {
            assert_eq!(house.post(body).await, 200, "{name} again");
        }
        assert_eq!(house.taken(), once);
        assert_eq!(house.refused(), []);
    }
}

#[tokio::test]
async fn message_and_message_any_are_one() {
    let all = fixtures("noweb");
    let pair = all.iter().filter(|(name, _)| name.starts_with("02-dm-text-lid"));
    let house = House::at(made(&all[0].1)).await;
    for (_, body) in pair {
        house.post(body).await;
    }
    assert_eq!(house.taken(), 1);
}

#[tokio::test]
async fn what_is_not_signed_is_not_read() {
    let (body, made) = sample();
    let house = House::at(made).await;
    let (right, other) = (signature(&body), signature(b"another body"));
    let main = "POST /webhooks/waha/main HTTP/1.1";
    for head in [main.to_owned(), format!("{main}\r\nX-Webhook-Hmac: {other}"), format!("{main}\r\nX-Webhook-Hmac: no")]
    {
        assert_eq!(status(&house.ask(&head, &body).await), 401, "{head}");
    }
    let second = format!("{main}\r\nX-Webhook-Hmac: {right}\r\nX-Webhook-Hmac-Version: 2");
    assert_eq!(status(&house.ask(&second, &body).await), 401);
    assert_eq!(house.refused(), [Refusal::BadSignature; 4]);
    assert_eq!(house.taken(), 0);
    let first = format!("{main}\r\nx-webhook-hmac: {}\r\nx-webhook-hmac-version: 1", right.to_uppercase());
    assert_eq!(status(&house.ask(&first, &body).await), 200);
}

#[tokio::test]
async fn an_unknown_channel_looks_like_a_wrong_signature() {
    let (body, made) = sample();
    let house = House::at(made).await;
    let signed = format!("X-Webhook-Hmac: {}", signature(&body));
    let unknown = house.ask(&format!("POST /webhooks/waha/other HTTP/1.1\r\n{signed}"), &body).await;
    let wrong = house.ask("POST /webhooks/waha/main HTTP/1.1\r\nX-Webhook-Hmac: 00", &body).await;
    let without_date = |answer: &str| answer.lines().filter(|line| !line.starts_with("date:")).collect::<String>();
    assert_eq!(without_date(&unknown), without_date(&wrong));
}

#[tokio::test]
async fn other_paths_and_methods_are_never_redirected() {
    let house = House::at(sample().1).await;
    for path in ["/webhooks/waha/main/", "/webhooks/waha", "/webhooks/waha/", "/", "//webhooks/waha/main"] {
        assert_eq!(status(&house.ask(&format!("POST {path} HTTP/1.1"), b"{}").await), 404, "{path}");
    }
    assert_eq!(status(&house.ask("GET /webhooks/waha/main HTTP/1.1", b"").await), 404);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let house = House::at(sample().1).await;
    let head = format!("POST /webhooks/waha/main HTTP/1.1\r\nContent-Length: {}", BODY_LIMIT + 1);
    assert_eq!(status(&house.ask(&head, b"").await), 413);
    let mut large = br#"{"event":"x","id":"evt_large","x":""#.to_vec();
    large.resize(BODY_LIMIT - 2, b'x');
    large.extend_from_slice(b"\"}");
    assert_eq!(house.post(&large).await, 200);
}

#[tokio::test]
async fn what_is_stale_is_refused_unless_it_is_known() {
    let (body, made) = sample();
    let house = House::at(made).await;
    assert_eq!(house.post(&body).await, 200);
    house.clock.advance(FRESHNESS + Duration::from_secs(1));
    assert_eq!(house.post(&body).await, 200, "known");
    assert_eq!(house.refused(), []);
    let (late, early) = (House::at(made.plus(FRESHNESS + Duration::from_secs(1))).await, Duration::from_mins(11));
    assert_eq!((late.post(&body).await, late.refused()), (403, vec![Refusal::Stale]));
    let early = House::at(made.minus(early)).await;
    assert_eq!((early.post(&body).await, early.refused()), (403, vec![Refusal::Stale]));
    early.clock.advance(Duration::from_mins(2));
    assert_eq!((early.post(&body).await, early.taken()), (200, 1), "the clock was put right");
}

#[tokio::test]
async fn without_a_database_waha_is_asked_to_come_again() {
    let (body, made) = sample();
    let house = House::at(made).await;
    house.memory.set(Health::Broken);
    let head = format!("POST /webhooks/waha/main HTTP/1.1\r\nX-Webhook-Hmac: {}", signature(&body));
    let answer = house.ask(&head, &body).await;
    assert_eq!(status(&answer), 503);
    assert!(answer.to_lowercase().contains("retry-after: 5"), "{answer}");
    house.memory.set(Health::Well);
    assert_eq!((house.post(&body).await, house.taken()), (200, 1));
}

#[tokio::test]
async fn another_session_has_no_consequence() {
    let (body, made) = sample();
    let house = House::at(made).await;
    let body = String::from_utf8(body).unwrap().replace(r#""session":"default""#, r#""session":"second""#);
    assert_eq!((house.post(body.as_bytes()).await, house.taken()), (200, 0));
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_read_is_kept() {
    let house = House::at(sample().1).await;
    assert_eq!((house.post(b"not json").await, house.post(b"not json").await, house.taken()), (200, 200, 1));
}

#[tokio::test]
async fn a_panic_makes_waha_come_again() {
    let (body, made) = sample();
    let house = House::at(made).await;
    house.memory.set(Health::Panics);
    assert_eq!(house.post(&body).await, 500);
    house.memory.set(Health::Well);
    assert_eq!((house.post(&body).await, house.taken()), (200, 1));
}
