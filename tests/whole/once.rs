//! Pictures that may be seen once.

use std::time::Duration;

use rialto::clock::Clock;
use simulator::waha::Other;

use crate::files::nothing_is_left;
use crate::house::{ALICE, Bridge, House, SOON, clock, idle, turn_until};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0 a picture of its own";

fn once() -> Other {
    Other::Once { caption: Some("look".into()) }
}

async fn bridge(house: &House, time: Clock) -> Bridge {
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    house.bridge_as(time, &toml.replace("conversation = ", "view_once = true\nconversation = ")).await
}

#[tokio::test]
async fn what_may_be_seen_once_is_not_fetched_by_itself() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    // Who fetched it would wait for it.
    house.waha.hold_files(true);
    house.waha.sends_file(ALICE, None, once(), JPEG);
    house.waha.says(ALICE, "and on it goes");
    assert!(house.arrives("and on it goes").await);
    let line = "ⓘ a view-once message. It can be seen in WhatsApp on the phone, and only there.";
    assert_eq!(house.texts(), [line, "and on it goes"]);
    assert!(idle(&bridge).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn if_it_is_wanted_it_can_be_seen_once_in_signal_after_its_words() {
    let (house, time) = (House::new().await, clock());
    let bridge = bridge(&house, time.clone()).await;
    house.waha.sends_file(ALICE, None, once(), JPEG);
    assert!(house.signal.wait_until(SOON, |signal| signal.inbox().len() == 2).await, "{:?}", house.texts());
    let inbox = house.signal.inbox();
    assert_eq!(inbox[0].text, "ⓘ a picture follows, to be seen once\nlook");
    assert!(inbox[0].files.is_empty() && inbox[0].params.get("viewOnce").is_none());
    let (text, file) = (inbox[1].text.as_str(), &inbox[1].files[0]);
    assert_eq!((text, file.bytes.as_slice(), &inbox[1].params["viewOnce"]), ("", JPEG, &true.into()));
    assert_eq!(inbox[1].params["quoteTimestamp"], inbox[0].timestamp, "an answer to the words");
    nothing_is_left(&house, &bridge).await;

    // What turns out to be none would stay there to be seen.
    house.waha.sends_file(ALICE, None, once(), b"%PDF-1.7\nno picture");
    assert!(turn_until(&time, Duration::from_secs(1), || house.find("did not come whole").is_some()).await);
    assert!(house.signal.inbox().iter().skip(2).all(|message| message.files.is_empty()));
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}
