//! Drives the stand-in for WAHA over real sockets.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use simulator::waha::{Contact, Engine, Other, Policy, Retries, Waha, WahaFault, WahaOptions, signature};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const DEADLINE: Duration = Duration::from_secs(10);

/// A receiver of webhooks that refuses as often as it is told.
#[derive(Clone, Default)]
struct Receiver {
    refusals: Arc<Mutex<u32>>,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    async fn start(refusals: u32) -> (Self, String) {
        let receiver = Self::default();
        *receiver.refusals.lock().unwrap() = refusals;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let routes = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (receiver, url)
    }

    fn events(&self, kind: &str) -> Vec<Value> {
        let bodies = self.bodies.lock().unwrap();
        let fits = |body: &&Value| body["event"] == kind;
        bodies.iter().filter(fits).cloned().collect()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["X-Webhook-Hmac"], signature("simulated-hmac-key", &body));
    assert_eq!(headers["X-Webhook-Hmac-Algorithm"], "sha512");
    let mut refusals = receiver.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let body = serde_json::from_slice(&body).unwrap();
    receiver.bodies.lock().unwrap().push(body);
    StatusCode::OK
}

/// One request; `None` when the connection ends without an answer.
async fn call(waha: &Waha, request: &str, body: &str) -> Option<(u16, Value)> {
    let host = waha.url().replace("http://", "");
    let mut stream = TcpStream::connect(&host).await.ok()?;
    let length = body.len();
    let request = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: simulated-api-key\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or_default()))
}

async fn send(waha: &Waha, body: &Value) -> Option<(u16, Value)> {
    call(waha, "POST /api/sendText", &body.to_string()).await
}

fn text(id: Option<&str>) -> Value {
    json!({ "session": "default", "chatId": "79111111111@c.us", "text": "hello", "id": id })
}

async fn start(engine: Engine, refusals: u32) -> (Waha, Receiver) {
    let (receiver, url) = Receiver::start(refusals).await;
    let options = WahaOptions {
        engine,
        webhook_url: Some(url),
        retries: Retries { policy: Policy::Exponential, delay: Duration::from_millis(1), attempts: 3 },
        ..WahaOptions::default()
    };
    let waha = Waha::start(options).await.unwrap();
    waha.add_contact(Contact {
        number: Some("79111111111".into()),
        lid: Some("100000000000002".into()),
        name: Some("Alice A".into()),
        push_name: Some("Alice".into()),
    });
    (waha, receiver)
}

#[tokio::test]
async fn retries_until_it_is_taken() {
    let (waha, receiver) = start(Engine::Noweb, 2).await;
    let stanza = waha.says("79111111111@c.us", "Hi there!");
    assert!(waha.all_webhooks_done(DEADLINE).await);
    let log = waha.webhook_log();
    let statuses: Vec<_> = log.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [Some(503), Some(503), Some(200)]);
    let payload = &receiver.events("message.any")[0]["payload"];
    assert_eq!(payload["id"], format!("false_79111111111@c.us_{stanza}"));
    assert_eq!(payload["_data"]["key"]["remoteJidAlt"], "100000000000002@lid");
    assert_eq!(payload["_data"]["pushName"], "Alice");
}

#[tokio::test]
async fn gives_up_after_the_last_retry() {
    let (waha, receiver) = start(Engine::Noweb, 100).await;
    waha.says("79111111111@c.us", "Hi there!");
    assert!(waha.all_webhooks_done(DEADLINE).await);
    assert_eq!(waha.webhook_log().len(), 4);
    assert!(receiver.events("message.any").is_empty());
}

#[tokio::test]
async fn gows_speaks_its_own_json() {
    let (waha, receiver) = start(Engine::Gows, 0).await;
    waha.says_in_group("120363@g.us", "100000000000002@lid", "Hello group");
    waha.sends_other("79111111111@c.us", Other::Voice);
    assert!(waha.all_webhooks_done(DEADLINE).await);
    let events = receiver.events("message.any");
    assert!(events.iter().all(|event| event.get("engine").is_none()));
    let group = events.iter().find(|event| event["payload"]["body"] == "Hello group");
    let info = &group.unwrap()["payload"]["_data"]["Info"];
    assert_eq!(info["SenderAlt"], "79111111111@s.whatsapp.net");
    let (status, answer) = send(&waha, &text(None)).await.unwrap();
    assert_eq!(status, 201);
    let stanza = &waha.sent()[0].stanza;
    assert_eq!(answer["id"], format!("true_79111111111@c.us_{stanza}"));
}

#[tokio::test]
async fn sends_echoes_and_acknowledges() {
    let (waha, receiver) = start(Engine::Noweb, 0).await;
    let (status, answer) = send(&waha, &text(None)).await.unwrap();
    assert_eq!((status, &answer["status"]), (201, &json!("PENDING")));
    assert!(waha.all_webhooks_done(DEADLINE).await);
    let echo = &receiver.events("message.any")[0]["payload"];
    assert_eq!((&echo["source"], &echo["ack"]), (&json!("api"), &json!(0)));
    assert_eq!(receiver.events("message.ack").len(), 2);
}

#[tokio::test]
async fn shows_a_chosen_id_once() {
    let (waha, _receiver) = start(Engine::Noweb, 0).await;
    for _ in 0..2 {
        send(&waha, &text(Some("3EB0CHOSEN"))).await.unwrap();
    }
    assert_eq!((waha.sent().len(), waha.delivered().len()), (2, 1));
    assert!(waha.sent()[0].chosen);
}

#[tokio::test]
async fn faults_strike_before_and_after_the_send() {
    let (waha, _receiver) = start(Engine::Noweb, 0).await;
    waha.fault(WahaFault::RefuseStatus { status: 500, times: 1 });
    let (status, answer) = send(&waha, &text(None)).await.unwrap();
    assert_eq!((status, &answer["request"]["body"]["text"]), (500, &json!("hello")));
    assert!(waha.sent().is_empty());
    waha.fault(WahaFault::DropConnection { after_send: true, times: 1 });
    assert!(send(&waha, &text(None)).await.is_none());
    assert_eq!(waha.sent().len(), 1);
    waha.fault(WahaFault::EchoBeforeAnswer { delay: Duration::ZERO });
    assert_eq!(send(&waha, &text(None)).await.unwrap().0, 201);
    assert!(waha.webhook_log().len() >= 2);
}

#[tokio::test]
async fn refuses_connections_while_stopped_and_catches_up() {
    let (waha, receiver) = start(Engine::Noweb, 0).await;
    waha.stop().await;
    assert!(call(&waha, "GET /ping", "").await.is_none());
    waha.says("79111111111@c.us", "while you were away");
    waha.restart().await.unwrap();
    assert!(waha.all_webhooks_done(DEADLINE).await);
    assert_eq!(receiver.events("message.any").len(), 1);
    assert_eq!(call(&waha, "GET /ping", "").await.unwrap().0, 200);
}

#[tokio::test]
async fn says_no_as_the_real_one_does() {
    let (waha, _receiver) = start(Engine::Noweb, 0).await;
    let (status, body) = call(&waha, "GET /api/nope", "").await.unwrap();
    assert_eq!((status, &body["message"]), (404, &json!("Cannot GET /api/nope")));
    let (status, body) = call(&waha, "POST /api/sendText", "{\"session\":").await.unwrap();
    assert_eq!((status, &body["message"]), (400, &json!("Unexpected end of JSON input")));
    waha.session_status("SCAN_QR_CODE");
    let (status, body) = send(&waha, &text(None)).await.unwrap();
    assert_eq!((status, &body["status"]), (422, &json!("SCAN_QR_CODE")));
}

#[tokio::test]
async fn knows_its_contacts() {
    let (waha, _receiver) = start(Engine::Noweb, 0).await;
    waha.add_group("120363@g.us", "Family", vec!["100000000000002@lid".into()]);
    let request = "GET /api/contacts?contactId=100000000000002%40lid&session=default";
    let (_, contact) = call(&waha, request, "").await.unwrap();
    assert_eq!(contact["name"], "Alice A");
    let (_, pair) = call(&waha, "GET /api/default/lids/100000000000002%40lid", "").await.unwrap();
    assert_eq!(pair["pn"], "79111111111@c.us");
    let (_, group) = call(&waha, "GET /api/default/groups/120363%40g.us", "").await.unwrap();
    assert_eq!(group["subject"], "Family");
    let (status, _) = call(&waha, "GET /api/default/groups/1%40g.us", "").await.unwrap();
    assert_eq!(status, 500);
}

#[tokio::test]
async fn lists_what_the_store_holds_newest_first() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let (waha, receiver) = start(engine, 0).await;
        waha.lose_webhooks(true);
        let stanzas = ["one", "two", "three"].map(|text| waha.says("79111111111@c.us", text));
        waha.ages(Duration::from_mins(1));
        waha.says("100000000000002@lid", "by lid");
        waha.says_in_group("120363@g.us", "100000000000002@lid", "Hello group");
        let get = async |path: &str| call(&waha, &format!("GET /api/default/chats/{path}"), "").await.unwrap();
        let (_, chats) = get("overview?limit=20").await;
        let ids: Vec<_> = chats.as_array().unwrap().iter().map(|chat| chat["id"].clone()).collect();
        assert_eq!(ids, ["120363@g.us", "79111111111@c.us"]);
        assert_eq!(chats[1]["lastMessage"]["body"], "by lid");
        let (_, page) = get("79111111111@c.us/messages?limit=2&offset=1&downloadMedia=false").await;
        let bodies: Vec<_> = page.as_array().unwrap().iter().map(|message| message["body"].clone()).collect();
        assert_eq!(bodies, ["three", "two"]);
        assert_eq!(page[0]["id"], format!("false_79111111111@c.us_{}", stanzas[2]));
        let since = page[0]["timestamp"].as_i64().unwrap() + 1;
        let (_, page) = get(&format!("79111111111@c.us/messages?filter.timestamp.gte={since}")).await;
        assert_eq!(page.as_array().unwrap().len(), 1);
        assert!(receiver.events("message.any").is_empty());
    }
}

#[tokio::test]
async fn noweb_lists_nothing_without_its_store() {
    let waha = Waha::start(WahaOptions { store: false, ..WahaOptions::default() }).await.unwrap();
    for path in ["chats/overview", "chats/79111111111@c.us/messages?limit=1", "lids"] {
        let (status, refusal) = call(&waha, &format!("GET /api/default/{path}"), "").await.unwrap();
        assert_eq!(status, 400, "{path}");
        assert!(refusal["message"].as_str().unwrap().starts_with("Enable NOWEB store"));
    }
}
