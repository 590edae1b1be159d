//! What the owner edits or deletes in Signal: what waits follows, what WhatsApp has does not, and is said.

use std::time::Duration;

use crate::house::{ALICE, Bridge, House, SOON, clock, health_shows, idle, turn_until, whatsapp_is};
use simulator::waha::{WahaFault, WahaOptions};

const STEP: Duration = Duration::from_millis(200);

async fn pending(bridge: &Bridge, count: usize) -> bool {
    health_shows(&bridge.admin, &[("/channels/0/queue/pending", count.into())]).await
}

fn sent(house: &House) -> Vec<String> {
    house.waha.sent().into_iter().map(|sent| sent.text).collect()
}

/// A portal, and a WhatsApp side that takes nothing for now.
async fn away(house: &House, bridge: &Bridge) -> String {
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    assert!(idle(bridge).await);
    house.waha.session_status("STARTING");
    assert!(whatsapp_is(bridge, false).await);
    group
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_follows_an_edit_and_a_deletion_in_its_place_and_quietly() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let group = away(&house, &bridge).await;
    let at = |text: &str| house.signal.owner_says(&group, text);
    let (one, two, three, four) = (at("one"), at("two"), at("three"), at("four"));
    let in_group = Some(group.as_str());
    house.signal.owner_deletes(in_group, one);
    let edit = house.signal.owner_edits(in_group, two, "two, edited");
    // A client names the newest form or the first one.
    house.signal.owner_edits(in_group, edit, "two, edited twice");
    house.signal.owner_edits(in_group, two, "two, edited thrice");
    let edit = house.signal.owner_edits(in_group, three, "three, edited");
    house.signal.owner_deletes(in_group, edit);
    house.signal.owner_edits(None, four, "from another conversation");
    at("last");
    assert!(pending(&bridge, 3).await, "{}", crate::house::health(&bridge.admin).await);
    house.waha.session_status("WORKING");
    assert!(house.waha.wait_sent(3, SOON).await && idle(&bridge).await);
    assert_eq!(sent(&house), ["two, edited thrice", "four", "last"]);
    assert_eq!(house.texts(), ["first"], "Signal shows the deletion, so nothing is said");

    // For a quote, each edit is the message too.
    let quoted = house.signal.owner_edits(in_group, two, "two, edited on WhatsApp");
    house.signal.owner_quotes(&group, "quoting an edit", quoted, crate::house::OWNER);
    assert!(house.waha.wait_sent(4, SOON).await);
    let stanza = house.waha.sent()[0].stanza.clone();
    let reply = house.waha.sent()[3].reply_to.clone();
    assert!(reply.is_some_and(|id| id.contains(&stanza)));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_an_answer_can_still_be_changed() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    let group = away(&house, &bridge).await;
    let (one, two) = (house.signal.owner_says(&group, "one"), house.signal.owner_says(&group, "two"));
    assert!(pending(&bridge, 2).await);
    time.advance(Duration::from_hours(2));
    house.waha.session_status("WORKING");
    assert!(turn_until(&time, STEP, || house.find("(2 so far)").is_some()).await, "{:?}", house.texts());
    let in_group = Some(group.as_str());
    house.signal.owner_deletes(in_group, one);
    house.signal.owner_edits(in_group, two, "two, edited");
    house.signal.owner_says_direct("send");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await);
    assert_eq!(sent(&house), ["two, edited"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_about_that_was_taken_back() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    let group = away(&house, &bridge).await;
    let typed = house.signal.owner_says(&group, "taken back");
    assert!(pending(&bridge, 1).await);
    time.advance(Duration::from_hours(2));
    house.waha.session_status("WORKING");
    // The clock stands: the question waits for more to ask about.
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/held", 2.into())]).await);
    house.signal.owner_deletes(Some(&group), typed);
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/held", 0.into())]).await);
    time.advance(Duration::from_mins(1));
    house.waha.says(ALICE, "later");
    assert!(turn_until(&time, STEP, || house.find("later").is_some()).await);
    assert!(house.find("so far").is_none() && house.waha.sent().is_empty(), "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_be_on_whatsapp_or_was_given_up_does_not_follow_and_is_said() {
    let older = WahaOptions { version: "2026.2.1".into(), ordered: true, ..WahaOptions::default() };
    let house = House::with(older, |_| {}).await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    let in_group = Some(group.as_str());

    house.waha.fault(WahaFault::SendThenHang { times: 1 });
    let hangs = house.signal.owner_says(&group, "hangs");
    assert!(house.waha.wait_sent(1, SOON).await);
    house.signal.owner_edits(in_group, hangs, "while it is being sent");
    assert!(pending(&bridge, 1).await);
    house.waha.stop().await;
    house.waha.restart().await.unwrap();
    assert!(turn_until(&time, STEP, || house.find("May have been sent").is_some()).await, "{:?}", house.texts());
    let said = "this may have been sent as it was";
    assert!(turn_until(&time, STEP, || house.find(said).is_some()).await, "{:?}", house.texts());
    let notice = house.signal.inbox().into_iter().find(|m| m.text.contains(said)).unwrap();
    assert_eq!((notice.quote_timestamp, notice.group_id.as_ref()), (Some(hangs), Some(&group)));
    house.signal.owner_deletes(in_group, hangs);
    let told = || house.texts().iter().filter(|text| text.contains("as it was")).count() == 2;
    assert!(turn_until(&time, STEP, told).await, "{:?}", house.texts());

    house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    let refused = house.signal.owner_says(&group, "refused");
    assert!(turn_until(&time, STEP, || house.find("WhatsApp refused this message").is_some()).await);
    house.signal.owner_edits(in_group, refused, "refused, edited");
    assert!(turn_until(&time, STEP, || house.find("an edit does not send it").is_some()).await);
    let before = house.texts().len();
    house.signal.owner_deletes(in_group, refused);
    house.signal.owner_says(&group, "last");
    assert!(house.waha.wait_sent(2, SOON).await);
    assert_eq!(sent(&house), ["hangs", "last"]);
    assert_eq!(house.waha.changes_made(), [], "nothing was tried");
    assert_eq!(house.texts().len(), before, "what was not sent is gone with its deletion: {:?}", house.texts());
    bridge.stop().await;
}
