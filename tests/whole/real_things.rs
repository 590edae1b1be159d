//! A card and a contact, a place and its link, with a real signal-cli between. See `real_signal` for what this needs.

use serde_json::json;
use simulator::waha::Other;

use crate::house::ALICE;
use crate::real_signal::{Greeted, SOON, greeted};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_contacts_and_places_cross_both_ways() {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    let Some(Greeted { testbed, waha, stop, bridge }) = greeted().await else { return };

    waha.sends_other(ALICE, Other::ContactCard { name: "Jane".into(), number: "15550100377".into() });
    let message = testbed.arrived("Jane: +15550100377").await;
    let pointer = &message["attachments"][0];
    assert_eq!(
        (&pointer["contentType"], &pointer["fileName"]),
        (&json!("text/vcard"), &json!("contact.vcf")),
        "{message}"
    );
    let fetched = testbed.phone("fetch", json!({"pointer": pointer})).await;
    let card = String::from_utf8(base64.decode(fetched["data"].as_str().unwrap()).unwrap()).unwrap();
    assert!(card.starts_with("BEGIN:VCARD\n") && card.ends_with("END:VCARD\r\n"), "{card}");

    let number = json!({"value": "+49170", "type": 2});
    let contact = json!({"name": {"givenName": "Ann", "familyName": "Lee"}, "number": [number]});
    testbed.say("user", &message["groupV2"], "", json!({"contact": [contact], "body": null})).await;
    assert!(waha.wait_until(SOON, |waha| waha.sent_things().len() == 1).await, "{:?}", waha.sent());
    let sent = waha.sent_things().remove(0);
    let vcard = sent.body["contacts"][0]["vcard"].as_str().unwrap().to_owned();
    assert_eq!((sent.call.as_str(), sent.chat_id.as_str()), ("sendContactVcard", ALICE));
    assert!(vcard.contains("\nN:Lee;Ann;;;\nFN:Ann Lee\n") && vcard.contains("waid=49170:+49170"), "{vcard}");

    testbed.say("user", &message["groupV2"], "https://maps.google.com/maps?q=52.5%2C13.4", json!({})).await;
    assert!(waha.wait_until(SOON, |waha| waha.sent_things().len() == 2).await, "{:?}", waha.sent());
    let place = waha.sent_things().remove(1).body;
    assert_eq!((&place["latitude"], &place["longitude"]), (&json!(52.5), &json!(13.4)));
    stop.cancel();
    bridge.await.unwrap();
}
