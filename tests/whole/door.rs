//! The door for webhooks: who is let in, and what the others hear.

use crate::house::{self, ALICE, API_KEY, Bridge, HMAC, House, clock};

const NEW: &str = "81dc9bdb52d04dc20036dbd8313ed05581dc9bdb";

/// A signed message that nobody has sent yet.
fn message(text: &str, now: rialto::clock::Moment) -> String {
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
    let request = reqwest::Client::new().post(&bridge.webhook);
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
