//! How texts look, with a real signal-cli between. See `real_signal` for what this needs.

use serde_json::{Value, json};

use crate::house::ALICE;
use crate::real_signal::{Greeted, SOON, greeted};

/// Where and how parts of a message on the phone look.
fn ranges(message: &Value) -> Vec<(i64, i64, Value)> {
    let ranges = message["bodyRanges"].as_array().cloned().unwrap_or_default();
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    ranges.iter().map(|range| (number(&range["start"]), number(&range["length"]), range["style"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_signal_cli_carries_styles_both_ways() {
    let Some(Greeted { testbed, waha, stop, bridge }) = greeted().await else { return };

    waha.says(ALICE, "😀 *bold* _slanted_ ~struck~ ```mono``` snake_case");
    let message = testbed.arrived("snake_case").await;
    assert_eq!(message["body"], "😀 bold slanted struck mono snake_case");
    let looks = [(3, 4, "BOLD"), (8, 7, "ITALIC"), (16, 6, "STRIKETHROUGH"), (23, 4, "MONOSPACE")];
    assert_eq!(ranges(&message), looks.map(|(start, length, look)| (start, length, json!(look))));

    let content = json!({"bodyRanges": [{"start": 3, "length": 4, "style": 1}, {"start": 8, "length": 2, "style": 2}]});
    testbed.say("user", &message["groupV2"], "😀 loud so 2*3*4", content).await;
    assert!(waha.wait_sent(1, SOON).await);
    assert_eq!(waha.sent()[0].text, "😀 *loud* _so_ 2*3*4");

    // Who is named: the owner, whom the phone shows by name.
    let me = simulator::waha::WahaOptions::default().owner.lid;
    let group = "120363020000000001@g.us";
    waha.add_group(group, "Choir", vec![ALICE.to_owned()]);
    waha.mentions(group, Some(ALICE), &format!("are you there, @{me}?"), &[&format!("{me}@lid")]);
    let message = testbed.arrived("are you there, @you?").await;
    assert_eq!(message["body"], "Alex ▸ are you there, @you?");
    let named = json!({"start": 22, "length": 4, "mentionAci": testbed.fact("/user/aci")});
    assert!(message["bodyRanges"].as_array().unwrap().contains(&named), "{message}");
    stop.cancel();
    bridge.await.unwrap();
}
