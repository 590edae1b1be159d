//! The demo: its page and API by themselves, and the whole of it with the real bridge where one is at hand.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulator::demo::{BridgeState, Demo, Options};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const DEADLINE: Duration = Duration::from_mins(1);
const ALICE: &str = "447700900111@c.us";

async fn bare() -> Demo {
    Demo::start(Options::default()).await.unwrap()
}

fn host(demo: &Demo) -> String {
    demo.url().replace("http://", "")
}

async fn open(demo: &Demo, first: &str, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(host(demo)).await.unwrap();
    let length = body.len();
    let request = format!("{first} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Status, head and body of an answer.
async fn call(demo: &Demo, first: &str, headers: &str, body: &str) -> (u16, String, String) {
    let mut answer = String::new();
    open(demo, first, headers, body).await.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}

async fn get(demo: &Demo, path: &str) -> (u16, String, String) {
    call(demo, &format!("GET {path}"), &format!("Host: {}\r\n", host(demo)), "").await
}

async fn post(demo: &Demo, path: &str, body: &Value) -> u16 {
    let headers = format!("Host: {0}\r\nOrigin: http://{0}\r\nContent-Type: application/json\r\n", host(demo));
    call(demo, &format!("POST {path}"), &headers, &body.to_string()).await.0
}

async fn state(demo: &Demo) -> Value {
    serde_json::from_str(&get(demo, "/api/state").await.2).unwrap()
}

/// The messages of a conversation of one phone.
fn messages<'a>(state: &'a Value, phone: &str, conversation: &str) -> &'a [Value] {
    let all = state[phone]["conversations"].as_array().unwrap();
    let one = all.iter().find(|one| one["id"] == conversation || one["name"] == conversation);
    one.and_then(|one| one["messages"].as_array()).map_or(&[], Vec::as_slice)
}

fn find<'a>(messages: &'a [Value], text: &str) -> Option<&'a Value> {
    messages.iter().find(|message| message["text"].as_str().unwrap().contains(text))
}

/// The state in which it holds.
async fn once(demo: &Demo, holds: impl Fn(&Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let state = state(demo).await;
        if holds(&state) {
            return state;
        }
        assert!(begin.elapsed() < DEADLINE, "{state:#}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_page_is_whole_and_strict() {
    let demo = bare().await;
    let (status, head, page) = get(&demo, "/").await;
    assert_eq!(status, 200);
    assert!(head.contains("default-src 'none'") && !head.contains("unsafe"), "{head}");
    for named in page.split('"').filter(|part| part.starts_with('/')) {
        assert_eq!(get(&demo, named).await.0, 200, "{named}");
    }
    demo.end().await.unwrap();
}

#[tokio::test]
async fn other_sites_are_refused() {
    let demo = bare().await;
    let own = format!("Host: {}\r\n", host(&demo));
    let json = "Content-Type: application/json\r\n";
    for (first, headers, expected) in [
        ("GET /api/state", "Host: rebound.example\r\n".to_owned(), 403),
        ("POST /api/switch", format!("{own}{json}Origin: https://elsewhere.example\r\n"), 403),
        ("POST /api/switch", format!("{own}Content-Type: text/plain\r\n"), 415),
    ] {
        let body = r#"{"part":"waha","on":false}"#;
        assert_eq!(call(&demo, first, &headers, body).await.0, expected, "{first} {headers}");
    }
    assert_eq!(state(&demo).await["whatsapp"]["running"], true);
    demo.end().await.unwrap();
}

#[tokio::test]
async fn messages_are_edited_reacted_to_and_deleted_by_whom_they_are() {
    let demo = bare().await;
    let said = json!({ "conversation": ALICE, "speaker": ALICE, "text": "coming?" });
    assert_eq!(post(&demo, "/api/whatsapp", &said).await, 204);
    let id = find(messages(&state(&demo).await, "whatsapp", ALICE), "coming?").unwrap()["id"].clone();
    let change = |speaker: Value, deed: &str, text: &str| json!({ "conversation": ALICE, "speaker": speaker, "id": id, "deed": deed, "text": text });
    for (speaker, deed, text, expected) in [
        (json!(ALICE), "edit", "coming today?", 204),
        (json!(null), "edit", "coming tomorrow?", 422),
        (json!(null), "delete", "", 422),
        (json!(null), "react", "<b>", 422),
        (json!(null), "react", "👍", 204),
        (json!(ALICE), "react", "❤️", 204),
    ] {
        assert_eq!(post(&demo, "/api/whatsapp/change", &change(speaker, deed, text)).await, expected, "{deed} {text}");
    }
    let shown = state(&demo).await;
    let message = find(messages(&shown, "whatsapp", ALICE), "coming today?").unwrap();
    assert_eq!(message["edited"], true);
    let reaction = |name: &str, emoji: &str| json!({ "name": name, "emoji": emoji });
    assert_eq!(message["reactions"], json!([reaction("Alice", "❤️"), reaction("You", "👍")]));
    assert_eq!(post(&demo, "/api/whatsapp/change", &change(json!(ALICE), "delete", "")).await, 204);
    let shown = state(&demo).await;
    let message = messages(&shown, "whatsapp", ALICE).iter().find(|message| message["id"] == id).unwrap();
    assert_eq!((&message["deleted"], &message["text"]), (&json!(true), &json!("")));

    let said = json!({ "conversation": "", "text": "hello" });
    assert_eq!(post(&demo, "/api/signal", &said).await, 204);
    let id = find(messages(&state(&demo).await, "signal", ""), "hello").unwrap()["id"].clone();
    let change = |deed: &str, text: &str| json!({ "conversation": "", "id": id, "deed": deed, "text": text });
    assert_eq!(post(&demo, "/api/signal/change", &change("edit", "hello again")).await, 204);
    assert_eq!(post(&demo, "/api/signal/change", &change("react", "😂")).await, 204);
    let shown = state(&demo).await;
    let message = find(messages(&shown, "signal", ""), "hello again").unwrap();
    assert_eq!(message["reactions"], json!([reaction("You", "😂")]));
    assert_eq!(post(&demo, "/api/signal/change", &change("delete", "")).await, 204);
    assert!(find(messages(&state(&demo).await, "signal", ""), "hello").is_none());
    demo.end().await.unwrap();
}

#[tokio::test]
async fn people_write_and_answer_on_whatsapp() {
    let demo = bare().await;
    let said = json!({ "conversation": ALICE, "speaker": ALICE, "text": " coming? " });
    assert_eq!(post(&demo, "/api/whatsapp", &said).await, 204);
    let id = find(messages(&state(&demo).await, "whatsapp", ALICE), "coming?").unwrap()["id"].clone();
    let answer = json!({ "conversation": ALICE, "speaker": null, "text": "yes", "quoted": id });
    assert_eq!(post(&demo, "/api/whatsapp", &answer).await, 204);
    let shown = state(&demo).await;
    let yes = find(messages(&shown, "whatsapp", ALICE), "yes").unwrap();
    assert_eq!(
        (&yes["mine"], &yes["ticks"], &yes["quote"]["name"]),
        (&json!(true), &json!("delivered"), &json!("Alice"))
    );
    assert_eq!(post(&demo, "/api/whatsapp", &said).await, 204);
    assert_eq!(find(messages(&state(&demo).await, "whatsapp", ALICE), "yes").unwrap()["ticks"], "read");
    demo.end().await.unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let demo = bare().await;
    for (path, body) in [
        ("/api/whatsapp", json!({ "conversation": ALICE, "text": "  " })),
        ("/api/whatsapp", json!({ "conversation": ALICE, "text": "x".repeat(2001) })),
        ("/api/whatsapp", json!({ "conversation": "1@c.us", "text": "hi" })),
        ("/api/whatsapp", json!({ "conversation": ALICE, "speaker": "1@c.us", "text": "hi" })),
        ("/api/signal", json!({ "conversation": "no group", "text": "hi" })),
        ("/api/switch", json!({ "part": "phone", "on": true })),
    ] {
        assert_eq!(post(&demo, path, &body).await, 422, "{path} {body}");
    }
    demo.end().await.unwrap();
}

#[tokio::test]
async fn pictures_and_voice_messages_are_shown_on_the_phone_that_sends_them() {
    let demo = bare().await;
    let send = async |phone: &str, query: &str, body: &str| {
        let headers = format!("Host: {0}\r\nOrigin: http://{0}\r\n", host(&demo));
        call(&demo, &format!("POST /api/{phone}/file?{query}"), &headers, body).await.0
    };
    let picture = "RIFF and so on";
    let to_alice = format!("conversation={ALICE}&speaker={ALICE}&kind=");
    assert_eq!(send("whatsapp", &format!("{to_alice}picture&text=look"), picture).await, 204);
    assert_eq!(send("whatsapp", &format!("conversation={ALICE}&kind=voice"), "").await, 204);
    assert_eq!(send("signal", "conversation=&kind=picture&text=here", picture).await, 204);
    for (phone, conversation, text) in [("whatsapp", ALICE, "look"), ("signal", "", "here")] {
        let shown = state(&demo).await;
        let message = find(messages(&shown, phone, conversation), text).unwrap();
        assert_eq!(message["file"], "image/webp");
        let path = format!("/files/{phone}/{}", message["id"].as_str().unwrap());
        let (status, head, body) = get(&demo, &path).await;
        assert_eq!((status, body.as_str()), (200, picture), "{path}");
        assert!(head.contains("content-type: image/webp"), "{head}");
    }
    let shown = state(&demo).await;
    let voice = messages(&shown, "whatsapp", ALICE).last().unwrap();
    assert_eq!((&voice["file"], &voice["mine"]), (&json!("audio/ogg"), &json!(true)));
    for (phone, query, body) in [
        ("whatsapp", format!("{to_alice}picture"), "<svg onload=alert(1)>"),
        ("whatsapp", format!("conversation={ALICE}&speaker=1@c.us&kind=voice"), ""),
        ("signal", "conversation=no&kind=voice".to_owned(), ""),
    ] {
        assert_eq!(send(phone, &query, body).await, 422, "{query}");
    }
    demo.end().await.unwrap();
}

#[tokio::test]
async fn the_control_chat_takes_words_and_quotes() {
    let demo = bare().await;
    assert_eq!(post(&demo, "/api/signal", &json!({ "conversation": "", "text": "hello" })).await, 204);
    let id = find(messages(&state(&demo).await, "signal", "Rialto"), "hello").unwrap()["id"].clone();
    let answer = json!({ "conversation": "", "text": "again", "quoted": id });
    assert_eq!(post(&demo, "/api/signal", &answer).await, 204);
    let shown = state(&demo).await;
    let again = find(messages(&shown, "signal", "Rialto"), "again").unwrap();
    assert_eq!(again["quote"], json!({ "name": "You", "text": "hello" }));
    assert_eq!((&again["ticks"], &shown["signal"]["waiting"]), (&json!("sent"), &json!(2)));
    demo.end().await.unwrap();
}

#[tokio::test]
async fn the_servers_stop_and_start_and_the_stream_tells() {
    let demo = bare().await;
    let headers = format!("Host: {}\r\n", host(&demo));
    let mut lines = BufReader::new(open(&demo, "GET /api/events", &headers, "").await).lines();
    for (part, phone) in [("waha", "whatsapp"), ("signal_cli", "signal")] {
        for on in [false, true] {
            assert_eq!(post(&demo, "/api/switch", &json!({ "part": part, "on": on })).await, 204);
            let told = async {
                while let Some(line) = lines.next_line().await.unwrap() {
                    let data = line.strip_prefix("data: ").map(serde_json::from_str::<Value>);
                    if data.is_some_and(|data| data.unwrap()[phone]["running"] == on) {
                        return;
                    }
                }
            };
            tokio::time::timeout(DEADLINE, told).await.unwrap();
        }
    }
    let bridge = json!({ "part": "bridge", "on": true });
    assert_eq!(post(&demo, "/api/switch", &bridge).await, 500);
    demo.end().await.unwrap();
}

#[tokio::test]
async fn a_bridge_that_ends_by_itself_is_told_of() {
    let demo = Demo::start(Options { program: Some("/bin/false".into()), ..Options::default() }).await.unwrap();
    let told = once(&demo, |state| state["bridge"]["state"] == "ended").await;
    assert!(told["bridge"]["note"].as_str().unwrap().contains("by itself"));
    demo.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_phones_talk_through_the_real_bridge() {
    let Some(program) = bridge() else {
        eprintln!("skipped: there is no bridge beside this test, and RIALTO_BIN names none");
        return;
    };
    let demo = Demo::start(Options { program: Some(program), ..Options::default() }).await.unwrap();
    let opened = once(&demo, |state| find(messages(state, "whatsapp", ALICE), "Lunch it is").is_some()).await;
    let answer = find(messages(&opened, "whatsapp", ALICE), "Lunch it is").unwrap();
    assert_eq!((&answer["bridged"], &answer["quote"]["name"]), (&json!(true), &json!("Alice")));
    survives_a_kill(&demo).await;
    let folder = demo.log_file().parent().unwrap().to_owned();
    demo.end().await.unwrap();
    assert!(!folder.exists());
}

/// The one that `RIALTO_BIN` names, or the one that was built with this test (which lies one folder deeper).
fn bridge() -> Option<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("rialto"));
    std::env::var_os("RIALTO_BIN").map(PathBuf::from).or_else(beside).filter(|program| program.is_file())
}

/// What is written on both phones while the bridge is dead arrives once it lives again.
async fn survives_a_kill(demo: &Demo) {
    let bridge = |on| json!({ "part": "bridge", "on": on });
    assert_eq!(post(demo, "/api/switch", &bridge(false)).await, 204);
    let dead = state(demo).await;
    assert_eq!(dead["bridge"]["state"], "stopped");
    let portals = dead["signal"]["conversations"].as_array().unwrap();
    let portal = portals.iter().find(|one| one["name"] == "Alice (WhatsApp)").unwrap()["id"].clone();
    let said = json!({ "conversation": ALICE, "speaker": ALICE, "text": "while it was dead" });
    assert_eq!(post(demo, "/api/whatsapp", &said).await, 204);
    assert_eq!(post(demo, "/api/signal", &json!({ "conversation": portal, "text": "so was I" })).await, 204);
    assert_eq!(post(demo, "/api/switch", &bridge(true)).await, 204);
    once(demo, |state| {
        find(messages(state, "signal", "Alice (WhatsApp)"), "while it was dead").is_some()
            && find(messages(state, "whatsapp", ALICE), "so was I").is_some()
    })
    .await;
    assert_ne!(demo.bridge().status().borrow().state, BridgeState::Ended);
}
