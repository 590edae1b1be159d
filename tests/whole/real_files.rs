//! Files over a real signal-cli: every byte, both ways, and nothing left where it was handed over.

use serde_json::{Value, json};
use simulator::waha::Other;

use crate::house::ALICE;
use crate::real_signal::{Greeted, SOON, greeted};

/// More than one piece, and not a whole number of them.
fn picture() -> Vec<u8> {
    let noise = (0..200_000_u32).map(|at| u8::try_from(at * 7919 % 251).unwrap());
    b"\xff\xd8\xff\xe0\0\x10JFIF\0".iter().copied().chain(noise).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_files_are_the_same_on_the_other_side() {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    let Some(Greeted { testbed, waha, stop, bridge }) = greeted().await else { return };

    waha.sends_file(ALICE, None, Other::Image { caption: Some("from whatsapp".into()) }, &picture());
    let message = testbed.arrived("from whatsapp").await;
    let pointer = &message["attachments"][0];
    assert_eq!(pointer["contentType"], "image/jpeg", "{message}");
    let fetched = testbed.phone("fetch", json!({"pointer": pointer})).await;
    let came = base64.decode(fetched["data"].as_str().unwrap()).unwrap();
    assert!(came == picture(), "{} bytes of {}", came.len(), picture().len());

    let file = json!({"data": base64.encode(picture()), "contentType": "image/jpeg", "fileName": "my photo.jpg"});
    let pointer = testbed.phone("attach", file).await;
    let pointer = pointer.get("pointer").cloned().unwrap_or(pointer);
    testbed.say("user", &message["groupV2"], "from signal", json!({"attachments": [pointer]})).await;
    assert!(waha.wait_until(SOON, |waha| !waha.sent_files().is_empty()).await, "{:?}", waha.sent());
    let sent = waha.sent_files().remove(0);
    assert!(sent.bytes == picture(), "{} bytes of {}", sent.bytes.len(), picture().len());
    assert_eq!((sent.call.as_str(), sent.filename.as_str()), ("sendImage", "my photo.jpg"));
    assert_eq!((sent.chat_id.as_str(), sent.caption.as_deref()), (ALICE, Some("from signal")));
    stop.cancel();
    bridge.await.unwrap();
    drop::<Value>(message);
}
