use serde_json::json;

use super::*;
use crate::event::{Author, Content, Event, MediaKind, MediaRef, Message, SeenKind, StanzaId};
use crate::whatsapp::client::tests::{address, waha};
use crate::whatsapp::{message_key, read};

const NOW: Moment = Moment(1_795_303_000_000);

/// Captured from WAHA 2026.2.1 with NOWEB: two texts sent through the API, the first edited since.
const NOWEB_SENT: &str = r#"[{"id":"true_79111111111@c.us_3EB01659969895AB229D3D","timestamp":1795302788,"from":"79111111111@c.us","fromMe":true,"source":"api","body":"edited via API","hasMedia":false,"media":null,"ack":1,"ackName":"SERVER","location":null,"vCards":null,"replyTo":null,"_data":{"key":{"remoteJid":"79111111111@s.whatsapp.net","fromMe":true,"id":"3EB01659969895AB229D3D"},"message":{"extendedTextMessage":{"text":"edited via API"}},"messageTimestamp":1795302788,"status":2}},{"id":"true_79111111111@c.us_3EB05316D92EF90C8631A6","timestamp":1795302788,"from":"79111111111@c.us","fromMe":true,"source":"api","body":"replying","hasMedia":false,"media":null,"ack":1,"ackName":"SERVER","location":null,"vCards":null,"replyTo":{"id":"3EB00000ABCDEF000001","participant":"79111111111@c.us","body":"Hi there! (edited2)","_data":{"extendedTextMessage":{"text":"Hi there! (edited2)"}}},"_data":{"key":{"remoteJid":"79111111111@s.whatsapp.net","fromMe":true,"id":"3EB05316D92EF90C8631A6"},"message":{"extendedTextMessage":{"text":"replying","contextInfo":{"participant":"79111111111@s.whatsapp.net","stanzaId":"3EB00000ABCDEF000001","quotedMessage":{"extendedTextMessage":{"text":"Hi there! (edited2)"}}}}},"messageTimestamp":1795302788,"status":2}}]"#;
/// Captured from there too: a message as it is shown by its id.
const NOWEB: &str = r#"{"id":"false_79111111111@c.us_3EB00000ABCDEF000001","timestamp":1795302601,"from":"79111111111@c.us","fromMe":false,"source":"app","body":"Hi there! (edited2)","hasMedia":false,"media":null,"ack":3,"ackName":"READ","location":null,"vCards":null,"replyTo":null,"_data":{"key":{"remoteJid":"79111111111@s.whatsapp.net","fromMe":false,"id":"3EB00000ABCDEF000001","remoteJidAlt":"100000000000002@lid","addressingMode":"pn"},"messageTimestamp":1795302601,"pushName":"Alice","broadcast":false,"message":{"extendedTextMessage":{"text":"Hi there! (edited2)"}},"status":4}}"#;
/// Captured from WAHA 2026.2.1 with GOWS, shortened: a message in a group.
const GOWS: &str = r#"{"id":"false_120363020000000001@g.us_3A0000000000BEEF0005_100000000000002@lid","timestamp":1795302005,"from":"120363020000000001@g.us","fromMe":false,"source":"app","body":"Hello group","to":"100000000000002@lid","participant":"100000000000002@lid","hasMedia":false,"media":null,"ack":2,"location":null,"vCards":null,"ackName":"DEVICE","replyTo":null,"_data":{"Info":{"Chat":"120363020000000001@g.us","Sender":"100000000000002@lid","IsFromMe":false,"IsGroup":true,"AddressingMode":"lid","SenderAlt":"79111111111@s.whatsapp.net","RecipientAlt":"","ID":"3A0000000000BEEF0005","Type":"text","PushName":"Alice","Timestamp":"2026-11-21T23:00:05Z"},"Message":{"conversation":"Hello group"},"Status":3}}"#;

fn of(chat: &Address) -> MessagesOf<'_> {
    MessagesOf { chat, since: Moment(1_795_302_000_999), limit: 100, offset: 200 }
}

async fn listed(body: &'static str) -> Page<Arrival> {
    let chat = address("79111111111@c.us");
    waha(200, body).await.0.messages(of(&chat), &Own::default(), NOW).await.unwrap()
}

fn message(arrival: &Arrival) -> &Message {
    let Event::Message(message) = &arrival.event else { panic!("{arrival:?}") };
    message
}

#[tokio::test]
async fn messages_are_asked_for_without_their_files() {
    let chat = address("79111111111@c.us");
    let (client, log) = waha(200, NOWEB_SENT).await;
    let page = client.messages(of(&chat), &Own::default(), NOW).await.unwrap();
    let line = log.lock().unwrap()[0].line.clone();
    let (path, query) = line.split_once('?').unwrap();
    assert_eq!(path, "GET /api/default/chats/79111111111@c.us/messages");
    assert_eq!(
        query,
        "filter.timestamp.gte=1795302000&limit=100&offset=200&sortBy=timestamp&sortOrder=desc&downloadMedia=false"
    );
    assert_eq!((page.listed, page.items.len()), (2, 2));
    let texts: Vec<_> = page.items.iter().map(|arrival| message(arrival).content.clone()).collect();
    assert_eq!(texts, [Content::Text("edited via API".into()), Content::Text("replying".into())]);
    let reply = message(&page.items[1]);
    assert_eq!((&reply.author, reply.ack), (&Author::Owner, 1));
    assert_eq!(reply.quote.as_ref().unwrap().stanza, StanzaId::new("3EB00000ABCDEF000001"));
}

#[tokio::test]
async fn a_listed_message_is_what_its_webhook_was() {
    for (listed, chat, stanza) in
        [(NOWEB, "79111111111@c.us", "3EB00000ABCDEF000001"), (GOWS, "120363020000000001@g.us", "3A0000000000BEEF0005")]
    {
        let payload: Value = serde_json::from_str(listed).unwrap();
        let me = json!({"id": "79220000001@c.us", "lid": "100000000000001@lid"});
        let webhook = json!({"id": "evt_1", "timestamp": 1, "event": "message.any", "session": "default", "me": me,
            "payload": payload});
        let (webhook, own) = (read(webhook.to_string().as_bytes(), NOW).arrival, Own::default());
        let listed = read_listed(&payload, &own, NOW).unwrap();
        assert_eq!((&listed.key, &listed.event), (&webhook.key, &webhook.event));
        assert_eq!(listed.key, message_key(&address(chat), &StanzaId::new(stanza)));
    }
}

#[tokio::test]
async fn the_other_address_is_read_but_never_the_owners_own() {
    let payload: Value = serde_json::from_str(NOWEB).unwrap();
    let read = |payload: &Value, own: &Own| message(&read_listed(payload, own, NOW).unwrap()).chat_alternative.clone();
    let (lid, nobody) = (address("100000000000002@lid"), Own::default());
    assert_eq!(read(&payload, &nobody), Some(lid));
    let session = r#"{"name":"default","status":"WORKING","me":{"id":"79220000001@c.us","lid":"100000000000002@lid"}}"#;
    let own = waha(200, session).await.0.session().await.unwrap().own;
    assert_eq!(read(&payload, &own), None);
    // Sent by the owner, by an engine that names the sender: it counts only if the owner is known to be another.
    let mut sent = payload.clone();
    sent["fromMe"] = json!(true);
    sent["id"] = json!("true_79111111111@c.us_3EB0");
    assert_eq!((read(&sent, &nobody), read(&sent, &own)), (None, None));
}

#[tokio::test]
async fn what_webhooks_bring_as_something_else_is_left_out() {
    let body = r#"[
        {"id":"false_7911@c.us_A","timestamp":1,"fromMe":false,"body":null,"hasMedia":false,
         "_data":{"message":{"reactionMessage":{"text":"x"}}}},
        {"id":"false_7911@c.us_B","timestamp":1,"fromMe":false,"body":null,"hasMedia":false,
         "_data":{"message":{"protocolMessage":{"type":"REVOKE"}}}},
        {"id":"false_status@broadcast_C","timestamp":1,"fromMe":false,"body":"story","hasMedia":false},
        {"id":"false_7911@c.us_D","timestamp":1,"fromMe":false,"body":"look","hasMedia":true,"media":null,
         "_data":{"message":{"imageMessage":{"caption":"look"}}}},
        {"body":"no id"}
    ]"#;
    let page = listed(body).await;
    assert_eq!((page.listed, page.items.len()), (5, 2));
    let file = MediaRef { kind: MediaKind::Picture, place: None, name: None, size: None, once: false };
    let picture = Content::Media { file, caption: Some("look".into()) };
    assert_eq!(message(&page.items[0]).content, picture);
    assert_eq!(page.items[1].key.kind, SeenKind::Other);
    assert!(matches!(page.items[1].event, Event::Unreadable { .. }));
}

#[tokio::test]
async fn half_a_character_does_not_hide_a_page() {
    let body = r#"[{"id":"false_7911@c.us_A","timestamp":1,"fromMe":false,"body":"hi","hasMedia":false,
        "_data":{"message":{"conversation":"hi"},"pushName":"cut \ud83d"}}]"#;
    assert_eq!(listed(body).await.items.len(), 1);
}

#[tokio::test]
async fn the_overview_names_chats_and_their_last_messages() {
    let body = r#"[
        {"id":"79111111111@c.us","name":"Alice","picture":null,"lastMessage":{"id":"x","timestamp":1795302788},"_chat":{}},
        {"id":"120363020000000001@g.us","name":"Choir","picture":null,"lastMessage":null,"_chat":{}},
        {"id":"status@broadcast","name":null,"picture":null,"lastMessage":{"timestamp":1795302788},"_chat":{}}
    ]"#;
    let (client, log) = waha(200, body).await;
    let page = client.chats_overview(20, 40).await.unwrap();
    assert_eq!(log.lock().unwrap()[0].line, "GET /api/default/chats/overview?limit=20&offset=40");
    let alice = ChatSummary { chat: address("79111111111@c.us"), last: Some(Moment(1_795_302_788_000)) };
    let choir = ChatSummary { chat: address("120363020000000001@g.us"), last: None };
    assert_eq!((page.listed, page.items), (3, vec![alice, choir]));
    // Captured from WAHA 2026.2.1 with an empty store.
    assert_eq!(waha(200, "[]").await.0.chats_overview(20, 0).await.unwrap().listed, 0);
}

#[tokio::test]
async fn a_store_that_is_off_is_a_refusal() {
    let off = r#"{"message":"Enable NOWEB store \"config.noweb.store.enabled=True\"","error":"Bad Request","statusCode":400}"#;
    assert_eq!(waha(400, off).await.0.chats_overview(20, 0).await.unwrap_err(), WahaError::Refused);
    let gap =
        r#"{"message":"The method is not implemented by 'WPP' engine","error":"Not Implemented","statusCode":501}"#;
    assert_eq!(waha(501, gap).await.0.chats_overview(20, 0).await.unwrap_err(), WahaError::Refused);
}
