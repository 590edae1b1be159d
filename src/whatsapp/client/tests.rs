use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;

use super::*;
use crate::config::Version;
use crate::whatsapp::Engine;

/// What the stand-in for WAHA was asked: method, path with query, key and body.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) line: String,
    key: Option<String>,
    pub(super) body: Value,
}

pub(super) type Log = Arc<Mutex<Vec<Asked>>>;
type Reply = (StatusCode, &'static str);

#[derive(Clone)]
struct Waha {
    reply: Reply,
    log: Log,
}

async fn answer(State(waha): State<Waha>, request: Request) -> impl IntoResponse {
    let line = format!("{} {}", request.method(), request.uri());
    let key = request.headers().get("x-api-key").map(|key| key.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    waha.log.lock().unwrap().push(Asked { line, key, body });
    (waha.reply.0, [(reqwest::header::RETRY_AFTER, "7"), (reqwest::header::LOCATION, "/elsewhere")], waha.reply.1)
}

fn client(url: String) -> Client {
    let api_key = "the-key".to_owned().into();
    let (session, webhook_secrets) = ("default".into(), Vec::new());
    Client::new(&config::WhatsApp { url, authorities: None, session, api_key, webhook_secrets, silence: None }).unwrap()
}

/// A client of a WAHA that always answers so, and what it gets asked.
pub(super) async fn waha(status: u16, body: &'static str) -> (Client, Log) {
    let log = Log::default();
    let waha = Waha { reply: (StatusCode::from_u16(status).unwrap(), body), log: log.clone() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(waha);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (client(url), log)
}

pub(super) fn address(jid: &str) -> Address {
    Address::parse(jid).unwrap()
}

fn hello() -> SendText {
    SendText { chat: address("79111111111@c.us"), text: "hello".into(), reply_to: None, mentions: Vec::new(), id: None }
}

async fn sent(body: &'static str) -> (Option<String>, Option<String>) {
    let sent = waha(201, body).await.0.send_text(hello()).await.unwrap();
    (sent.stanza.map(|id| id.reveal().into()), sent.message_id.map(|id| id.reveal().into()))
}

async fn failed(status: u16, body: &'static str) -> WahaError {
    waha(status, body).await.0.send_text(hello()).await.unwrap_err()
}

fn both(stanza: &str, id: &str) -> (Option<String>, Option<String>) {
    (Some(stanza.into()), Some(id.into()))
}

#[tokio::test]
async fn a_text_is_sent_without_a_preview() {
    let (client, log) = waha(201, "{}").await;
    let full =
        SendText { reply_to: Some(MessageId::new("false_7911@c.us_A")), id: Some(StanzaId::new("B")), ..hello() };
    client.send_text(full).await.unwrap();
    client.send_text(hello()).await.unwrap();
    let asked = log.lock().unwrap().clone();
    let plain = json!({"session": "default", "chatId": "79111111111@c.us", "text": "hello", "linkPreview": false});
    let full = json!({"session": "default", "chatId": "79111111111@c.us", "text": "hello", "linkPreview": false,
        "reply_to": "false_7911@c.us_A", "id": "B"});
    assert_eq!((&asked[0].body, &asked[1].body), (&full, &plain));
    assert_eq!((asked[0].line.as_str(), asked[0].key.as_deref()), ("POST /api/sendText", Some("the-key")));
}

#[tokio::test]
async fn the_ids_are_found_in_every_engines_answer() {
    // Captured from WAHA 2026.2.1: NOWEB direct, NOWEB group, GOWS.
    let noweb = r#"{"key":{"remoteJid":"79111111111@s.whatsapp.net","fromMe":true,"id":"3EB01659969895AB229D3D"},"message":{"extendedTextMessage":{"text":"hello from API"}},"messageTimestamp":"1795302788","status":"PENDING"}"#;
    assert_eq!(sent(noweb).await, both("3EB01659969895AB229D3D", "true_79111111111@c.us_3EB01659969895AB229D3D"));
    let group = r#"{"key":{"remoteJid":"120363020000000001@g.us","fromMe":true,"id":"3EB0F6EFFE4BF8430C1FA7"},"message":{"extendedTextMessage":{"text":"hello group"}},"messageTimestamp":"1795302788","status":"PENDING","participant":"79220000001:12@s.whatsapp.net"}"#;
    let id = "true_120363020000000001@g.us_3EB0F6EFFE4BF8430C1FA7_79220000001@c.us";
    assert_eq!(sent(group).await, both("3EB0F6EFFE4BF8430C1FA7", id));
    let gows = r#"{"id":"true_100000000000002@lid_3EB0FFAA00000003","_data":{"Info":{"Chat":"100000000000002@lid","ID":"3EB0FFAA00000003"}}}"#;
    assert_eq!(sent(gows).await, both("3EB0FFAA00000003", "true_100000000000002@lid_3EB0FFAA00000003"));
    // As documented for WEBJS.
    let webjs = r#"{"_data":{},"id":{"fromMe":true,"remote":"7911@c.us","id":"3EB02B","_serialized":"true_7911@c.us_3EB02B"},"ack":0}"#;
    assert_eq!(sent(webjs).await, both("3EB02B", "true_7911@c.us_3EB02B"));
}

#[tokio::test]
async fn a_success_without_an_id_is_still_a_success() {
    assert_eq!(sent("{}").await, (None, None));
    assert_eq!(sent(r#"{"id":"BARE"}"#).await, (Some("BARE".into()), None));
    assert_eq!(failed(201, "").await, WahaError::Unknown);
    assert_eq!(failed(201, "<html>").await, WahaError::Unknown);
}

#[tokio::test]
async fn a_refusal_says_what_to_do_next() {
    // Captured from WAHA 2026.2.1.
    let stopped = r#"{"error":"Session status is not as expected. Try again later or restart the session","session":"default","status":"STOPPED","expected":["WORKING"]}"#;
    assert_eq!(failed(422, stopped).await, WahaError::NotReady);
    let gone = r#"{"error":"Session \"default\" does not exist","session":"default"}"#;
    assert_eq!(failed(422, gone).await, WahaError::NotReady);
    let core =
        r#"{"message":"WAHA Core support only 'default' session.","error":"Unprocessable Entity","statusCode":422}"#;
    assert_eq!(failed(422, core).await, WahaError::Refused);
    assert_eq!(failed(401, r#"{"message":"Unauthorized","statusCode":401}"#).await, WahaError::Unauthorised);
    assert_eq!(failed(403, "").await, WahaError::Unauthorised);
    for status in [400, 404, 413, 501] {
        assert_eq!(failed(status, "{}").await, WahaError::Refused, "{status}");
    }
    assert_eq!(failed(429, "").await, WahaError::RateLimited { after: Duration::from_secs(7) });
    let engine =
        r#"{"statusCode":500,"exception":{"message":"2 UNKNOWN: failed to send message: server returned error 463"}}"#;
    assert_eq!(failed(500, engine).await, WahaError::ColdContact);
    let nobody =
        r#"{"statusCode":500,"exception":{"message":"2 UNKNOWN: no LID found for 7911@s.whatsapp.net from server"}}"#;
    assert_eq!(failed(500, nobody).await, WahaError::Refused);
    // What the request repeats may say anything.
    let other = r#"{"statusCode":500,"exception":{"message":"14 UNAVAILABLE: Connection dropped"},"request":{"body":{"text":"server returned error 463"}}}"#;
    assert_eq!(failed(500, other).await, WahaError::Unknown);
    let batch = r#"{"statusCode":500,"exception":{"message":"2 UNKNOWN: server returned error 403"}}"#;
    assert_eq!(failed(500, batch).await, WahaError::Unknown);
    assert_eq!(failed(502, "").await, WahaError::Unknown);
}

#[tokio::test]
async fn only_a_store_that_says_so_proves_that_a_message_is_not_there() {
    let look =
        async |status, body| waha(status, body).await.0.whereabouts(&address("7911@c.us"), &StanzaId::new("B")).await;
    let there = r#"{"id":"true_79111111111@c.us_B","timestamp":1795302788,"fromMe":true,"body":"x"}"#;
    assert_eq!(look(200, there).await, Ok(Whereabouts::There(MessageId::new("true_79111111111@c.us_B"))));
    // Captured from WAHA 2026.2.1: NOWEB with its store, and without; GOWS.
    let absent = r#"{"message":"Message not found","error":"Not Found","statusCode":404}"#;
    assert_eq!(look(404, absent).await, Ok(Whereabouts::Absent));
    let gows = r#"{"statusCode":500,"exception":{"message":"Unexpected end of JSON input","name":"SyntaxError"}}"#;
    let no_session = r#"{"message":"Session not found","error":"Not Found","statusCode":404}"#;
    let another = r#"{"id":"true_79111111111@c.us_C"}"#;
    let somebodys = r#"{"id":"false_79111111111@c.us_B"}"#;
    for (status, body) in
        [(400, "{}"), (404, "{}"), (404, no_session), (500, gows), (200, another), (200, somebodys), (200, "")]
    {
        assert_eq!(look(status, body).await, Ok(Whereabouts::Unsaid), "{body}");
    }
    assert_eq!(look(401, "").await, Err(WahaError::Unauthorised));
    let (client, log) = waha(404, absent).await;
    client.whereabouts(&address("7911@c.us"), &StanzaId::new("B")).await.unwrap();
    assert_eq!(log.lock().unwrap()[0].line, "GET /api/default/chats/7911@c.us/messages/B?downloadMedia=false");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (client, log) = waha(307, "").await;
    assert_eq!(client.send_text(hello()).await.unwrap_err(), WahaError::Unreachable);
    assert_eq!(log.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_connection_sent_nothing_and_a_lost_one_may_have() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(format!("http://{}", listener.local_addr().unwrap()));
    let lost = tokio::spawn(async move {
        use tokio::io::AsyncReadExt;
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 64]).await.unwrap();
    });
    assert_eq!(client.send_text(hello()).await.unwrap_err(), WahaError::Unknown);
    lost.await.unwrap();
    assert_eq!(client.send_text(hello()).await.unwrap_err(), WahaError::Unreachable);
}

#[tokio::test]
async fn the_session_and_the_version_are_read() {
    let (client, log) = waha(200, r#"{"name":"default","status":"STARTING","config":{},"timestamps":{}}"#).await;
    assert_eq!(client.session().await.unwrap().status, "STARTING");
    assert_eq!(log.lock().unwrap()[0].line, "GET /api/sessions/default");
    let gows = r#"{"name":"default","status":"WORKING","engine":{"gows":{"found":true,"connected":false}}}"#;
    let (client, log) = waha(200, gows).await;
    assert_eq!(client.session().await.unwrap().connected, Some(false));
    client.restart().await.unwrap();
    assert_eq!(log.lock().unwrap()[1].line, "POST /api/sessions/default/restart");
    let body = r#"{"version":"2026.2.1","engine":"NOWEB","tier":"CORE","browser":null,"platform":"linux/x64","worker":{"id":null}}"#;
    let version = waha(200, body).await.0.version().await.unwrap();
    assert_eq!(version, EngineVersion { engine: Engine::Noweb, version: Version(2026, 2, 1) });
    let takes = |engine, version| EngineVersion { engine, version }.takes_chosen_id();
    assert!(!version.takes_chosen_id() && !takes(Engine::Other, Version(2026, 7, 1)));
    assert!(takes(Engine::Gows, Version(2026, 4, 3)) && takes(Engine::Noweb, Version(2026, 7, 1)));
}

#[tokio::test]
async fn a_new_id_is_bare() {
    let new = async |body| waha(200, body).await.0.new_message_id().await;
    assert_eq!(new(r#"{"id":"BBBBBBBBBBBBBBBBB"}"#).await, Ok(StanzaId::new("BBBBBBBBBBBBBBBBB")));
    assert_eq!(new(r#"{"id":"true_7911@c.us_B"}"#).await, Err(WahaError::Unknown));
    let old = r#"{"message":"Cannot GET /api/default/new-message-id","error":"Not Found","statusCode":404}"#;
    assert_eq!(waha(404, old).await.0.new_message_id().await, Err(WahaError::Refused));
}

#[tokio::test]
async fn names_tell_who_chose_them() {
    let (client, log) = waha(200, r#"{"id":"79111111111@c.us","name":"Alice A","pushname":"Alice"}"#).await;
    let name = client.contact_name(&address("100000000000002@lid")).await.unwrap();
    assert_eq!(name, Some(ContactName { name: "Alice A".into(), from_address_book: true, is_business: false }));
    assert_eq!(log.lock().unwrap()[0].line, "GET /api/contacts?contactId=100000000000002%40lid&session=default");
    let pushed = waha(200, r#"{"id":"1@c.us","name":null,"pushname":"Alice"}"#).await.0;
    let name = pushed.contact_name(&address("79111111111@c.us")).await.unwrap();
    assert_eq!(name, Some(ContactName { name: "Alice".into(), from_address_book: false, is_business: false }));
    // NOWEB answers 200 and nothing for whom it does not know.
    assert_eq!(waha(200, "").await.0.contact_name(&address("7911@c.us")).await, Ok(None));
}

#[tokio::test]
async fn a_group_has_a_subject_in_every_engine() {
    let subject = async |body| waha(200, body).await.0.group_subject(&address("1203@g.us")).await.unwrap();
    assert_eq!(subject(r#"{"id":"1203@g.us","subject":"Family"}"#).await, Some("Family".into()));
    assert_eq!(subject(r#"{"JID":"1203@g.us","Name":"Family"}"#).await, Some("Family".into()));
    assert_eq!(subject(r#"{"JID":"1203@g.us","Name":""}"#).await, None);
    let (client, log) = waha(500, "{}").await;
    assert_eq!(client.group_subject(&address("1203@g.us")).await, Err(WahaError::Unknown));
    assert_eq!(log.lock().unwrap()[0].line, "GET /api/default/groups/1203@g.us");
}

#[tokio::test]
async fn an_address_has_another_side_only_if_waha_answers_for_this_one() {
    let (lid, number) = (address("100000000000002@lid"), address("79111111111@c.us"));
    let pair = r#"{"lid":"100000000000002@lid","pn":"79111111111@c.us"}"#;
    let (client, log) = waha(200, pair).await;
    assert_eq!(client.other_address(&lid).await.unwrap().as_ref(), Some(&number));
    assert_eq!(client.other_address(&number).await.unwrap().as_ref(), Some(&lid));
    assert_eq!(client.other_address(&address("79133333333@c.us")).await, Ok(None));
    assert_eq!(client.other_address(&address("1203@g.us")).await, Ok(None));
    let lines: Vec<_> = log.lock().unwrap().iter().map(|asked| asked.line.clone()).collect();
    assert_eq!(lines[..2], ["GET /api/default/lids/100000000000002@lid", "GET /api/default/lids/pn/79111111111@c.us"]);
    let unknown = waha(200, r#"{"lid":"100000000000002@lid","pn":null}"#).await.0;
    assert_eq!(unknown.other_address(&lid).await, Ok(None));
}
