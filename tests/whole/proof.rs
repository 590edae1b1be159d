//! A receipt of the owner proves that a message of unknown outcome arrived, where it can be of no other message; else the
//! message is repeated, marked.

use std::time::Duration;

use rialto::clock::Clock;
use simulator::signal_cli::SignalFault;

use crate::house::{self, ALICE, BOB, Bridge, House, bridge_aci, clock, turn_until};

/// Small enough that a receipt on a busy machine is read long before the wait for it ends.
const STEP: Duration = Duration::from_millis(50);

/// Two chats with portals, long after the start: until then a call of an earlier life could be at work.
async fn settled(house: &House, time: &Clock) -> Bridge {
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "alice first");
    house.waha.says(BOB, "bob first");
    assert!(turn_until(time, STEP, || house.find("alice first").is_some() && house.find("bob first").is_some()).await);
    assert!(house::idle(&bridge).await);
    time.advance(Duration::from_mins(11));
    bridge
}

/// Messages of these chats meet the fault in calls that last a second by the bridge's clock. signal-cli makes them a
/// little after they begin; returns that moment.
async fn meets(house: &House, time: &Clock, fault: SignalFault, messages: &[(&str, &str)]) -> i64 {
    let made = time.now().0 + 50;
    house.signal.set_time(made);
    house.signal.hold_answers();
    for _ in messages {
        house.signal.fault(fault.clone());
    }
    for (chat, text) in messages {
        house.waha.says(chat, text);
    }
    assert!(house.signal.wait_until(house::SOON, |signal| signal.held_answers() == messages.len()).await);
    time.advance(Duration::from_secs(1));
    house.signal.release_answers();
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_a_receipt_proves_is_not_repeated_and_can_be_quoted() {
    for fault in [SignalFault::SendThenDrop { times: 1 }, SignalFault::AfterUpload { times: 1 }] {
        let (house, time) = (House::new().await, clock());
        let bridge = settled(&house, &time).await;
        let made = meets(&house, &time, fault, &[(ALICE, "alice second")]).await;
        house.waha.says(ALICE, "alice third");
        assert!(turn_until(&time, STEP, || house.find("alice third").is_some()).await, "{:?}", house.texts());
        let second: Vec<_> = house.texts().into_iter().filter(|text| text.contains("alice second")).collect();
        assert_eq!(second, ["alice second"], "once and unmarked");
        let (timestamp, group) = house.find("alice second").unwrap();
        assert_eq!(timestamp, made);
        house.signal.owner_quotes(&group.unwrap(), "an answer", timestamp, &bridge_aci());
        assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await);
        assert!(house.waha.sent()[0].reply_to.is_some(), "its id is recorded");
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_for_another_devices_message_proves_nothing() {
    let (house, time) = (House::new().await, clock());
    let bridge = settled(&house, &time).await;
    let group = house.find("alice first").unwrap().1.unwrap();
    // It is lost, and at the same time somebody writes on the phone that has the bridge's account.
    let lost = SignalFault::ErrorOnSend { code: -32603, kind: "OTHER", retry_after: None, times: 1 };
    let made = meets(&house, &time, lost, &[(ALICE, "alice second")]).await;
    let elsewhere = house.signal.owner_sync(&group, "from the other device");
    assert!((made..made + 1000).contains(&elsewhere), "inside the span of the call");
    house.signal.owner_device_delivered(&[elsewhere]);
    assert!(turn_until(&time, STEP, || house.find("alice second").is_some()).await, "{:?}", house.texts());
    assert!(house.find("alice second").unwrap().0 > elsewhere);
    let second: Vec<_> = house.texts().into_iter().filter(|text| text.contains("alice second")).collect();
    assert!(second.len() == 1 && second[0].contains("second time"), "{second:?}");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_calls_that_were_open_together_neither_is_proven() {
    let (house, time) = (House::new().await, clock());
    let bridge = settled(&house, &time).await;
    let unknown = SignalFault::AfterUpload { times: 1 };
    let both = [(ALICE, "alice second"), (BOB, "bob second")];
    meets(&house, &time, unknown, &both).await;
    let marked = |house: &House, text: &str| {
        house.texts().iter().filter(|found| found.contains(text) && found.contains("second time")).count() == 1
    };
    let repeated = turn_until(&time, STEP, || both.iter().all(|(_, text)| marked(&house, text))).await;
    assert!(repeated, "{:?}", house.texts());
    bridge.stop().await;
}
