//! Long texts over a real signal-cli: every letter, both ways.

use serde_json::json;

use crate::house::ALICE;
use crate::real_signal::{Greeted, SOON, greeted};

/// More than one message of Signal holds, in letters of one, two and four bytes.
fn text(of: &str) -> String {
    format!("from {of} {}", "long é 😀 ".repeat(600)).trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_long_texts_are_the_same_on_the_other_side() {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    let Some(Greeted { testbed, waha, stop, bridge }) = greeted().await else { return };

    waha.says(ALICE, &text("whatsapp"));
    let message = testbed.arrived("from whatsapp").await;
    let pointer = &message["attachments"][0];
    assert_eq!(pointer["contentType"], "text/x-signal-plain", "{message}");
    let fetched = testbed.phone("fetch", json!({"pointer": pointer})).await;
    let came = base64.decode(fetched["data"].as_str().unwrap()).unwrap();
    assert!(came == text("whatsapp").as_bytes(), "{} bytes", came.len());

    let whole = text("signal");
    let file = json!({"data": base64.encode(&whole), "contentType": "text/x-signal-plain"});
    let pointer = testbed.phone("attach", file).await;
    let pointer = pointer.get("pointer").cloned().unwrap_or(pointer);
    let beginning = whole.get(..whole.floor_char_boundary(2000)).unwrap();
    testbed.say("user", &message["groupV2"], beginning, json!({"attachments": [pointer]})).await;
    assert!(waha.wait_until(SOON, |waha| !waha.sent().is_empty()).await, "nothing came");
    assert!(waha.sent()[0].text == whole, "{} bytes of {}", waha.sent()[0].text.len(), whole.len());
    stop.cancel();
    bridge.await.unwrap();
}
