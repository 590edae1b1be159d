//! What is done on WhatsApp to a message and cannot be done in Signal, or not yet: it waits, or is said in words.

use std::time::Duration;

use crate::amended::{calls, held, message, shows};
use crate::house::{ALICE, House, SOON, bridge_aci, clock, idle, turn_until};
use serde_json::json;

const STEP: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_names_a_message_that_is_not_here_yet_waits_for_it_and_then_is_worded() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await && idle(&bridge).await);
    let later = |stanza: &str, text: &str| {
        let at = time.now().0 / 1000;
        house.waha.emit(
            "message.any",
            json!({"id": format!("false_{ALICE}_{stanza}"), "timestamp": at, "from": ALICE, "fromMe": false,
                "body": text, "hasMedia": false}),
        );
    };
    // Changed before it is there: it comes as it reads now.
    house.waha.edits(ALICE, None, "LATE1", "late, and edited");
    house.waha.reacts(ALICE, None, "LATE1", "👍");
    assert!(held(&bridge, 2).await);
    later("LATE1", "late");
    assert!(house.arrives("late, and edited").await);
    let (at, _) = house.find("late, and edited").unwrap();
    assert!(shows(&house, at, |message| message.reactions.bridge.as_deref() == Some("👍")).await);
    // Deleted before it is there: it never comes.
    house.waha.revokes(ALICE, None, "LATE2");
    assert!(held(&bridge, 1).await);
    later("LATE2", "never shown");
    assert!(held(&bridge, 0).await && idle(&bridge).await);
    house.waha.edits(ALICE, None, "LATE2", "never shown either");
    assert!(idle(&bridge).await);

    for (stanza, emoji) in [("GONE1", "🎉"), ("GONE2", "")] {
        house.waha.reacts(ALICE, None, stanza, emoji);
    }
    house.waha.edits(ALICE, None, "GONE3", "reads so now");
    house.waha.revokes(ALICE, None, "GONE4");
    house.waha.owner_edits(ALICE, "GONE5", "and so");
    assert!(held(&bridge, 5).await);
    time.advance(Duration::from_secs(11));
    let all = [
        "ⓘ Your contact reacted 🎉 to an earlier message.",
        "ⓘ Your contact took back the reaction to an earlier message.",
        "ⓘ edited:\nreads so now",
        "ⓘ Your contact deleted a message on WhatsApp that is too old to be known here, or never came.",
        "You ▸ ⓘ edited:\nand so",
    ];
    let told = || all.iter().all(|line| house.find(line).is_some());
    assert!(turn_until(&time, STEP, told).await, "{:?}", house.texts());
    assert!(house.find("never shown").is_none());
    // What they stand for is not shown below them as if it were the newest.
    later("GONE3", "read so before");
    house.waha.says(ALICE, "afterwards");
    assert!(house.arrives("afterwards").await && idle(&bridge).await);
    assert!(house.find("read so before").is_none());
    // Words that stand for a message are the message from then on.
    let (at, group) = house.find("reads so now").unwrap();
    house.waha.edits(ALICE, None, "GONE3", "reads otherwise");
    assert!(shows(&house, at, |message| message.text == "reads otherwise").await);
    house.signal.owner_quotes(&group.unwrap(), "an answer", at, &bridge_aci());
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent()[0].reply_to, Some(format!("false_{ALICE}_GONE3")));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_is_older_or_could_not_be_read_blanks_nothing() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    let stanza = house.waha.says(ALICE, "at nine");
    assert!(turn_until(&time, STEP, || house.find("at nine").is_some()).await && idle(&bridge).await);
    let (at, _) = house.find("at nine").unwrap();
    let now = time.now().0 / 1000;
    let edit = |own: &str, body: &str, sent_at: i64| {
        json!({"id": format!("false_{ALICE}_{own}"), "timestamp": sent_at, "from": ALICE, "fromMe": false, "body": body,
            "editedMessageId": stanza})
    };
    house.waha.emit("message.edited", edit("E2", "at eleven", now + 2));
    assert!(shows(&house, at, |message| message.text == "at eleven").await && idle(&bridge).await);
    house.waha.emit("message.edited", edit("E1", "at ten", now + 1));
    house.waha.emit("message.edited", edit("E3", "", now + 3));
    assert!(house.arrives("ⓘ Your contact edited this; the new text could not be read here.").await);
    assert_eq!(message(&house, at).text, "at eleven");
    // The same stanza is the same edit.
    house.waha.emit("message.edited", edit("E3", "at midnight", now + 3));
    house.waha.says(ALICE, "last");
    assert!(house.arrives("last").await && idle(&bridge).await);
    assert_eq!(message(&house, at).text, "at eleven");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_what_the_apps_take_it_is_said_in_words() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    let (often, old) = (house.waha.says(ALICE, "often"), house.waha.says(ALICE, "old"));
    assert!(turn_until(&time, STEP, || house.find("old").is_some()).await && idle(&bridge).await);
    let (at, _) = house.find("often").unwrap();
    for n in 1..=10 {
        house.waha.edits(ALICE, None, &often, &format!("often {n}"));
        assert!(shows(&house, at, |message| message.text == format!("often {n}")).await);
    }
    house.waha.edits(ALICE, None, &often, "often 11");
    assert!(house.arrives("ⓘ edited:\noften 11").await);
    assert_eq!(message(&house, at).text, "often 10");
    let line = house.signal.inbox().pop().unwrap();
    assert_eq!(line.quote_timestamp, Some(at));

    time.advance(Duration::from_hours(25));
    assert!(idle(&bridge).await);
    let (at, _) = house.find("old").unwrap();
    let before = calls(&house, "remoteDelete");
    let now = time.now().0;
    let after = json!({"id": format!("false_{ALICE}_R1"), "timestamp": now / 1000, "from": ALICE, "fromMe": false});
    let body = json!({"id": "evt_r1", "timestamp": now, "event": "message.revoked", "session": "default",
        "payload": {"revokedMessageId": old, "before": null, "after": after}, "environment": {"engine": "NOWEB"}});
    assert_eq!(crate::house::post(&bridge, body.to_string()).await, 200);
    assert!(turn_until(&time, STEP, || house.find("ⓘ Your contact deleted this on WhatsApp.").is_some()).await);
    assert_eq!((calls(&house, "remoteDelete"), message(&house, at).deleted), (before, false));
    bridge.stop().await;
}
