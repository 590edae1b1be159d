//! Who types on one side is shown to type on the other, in that chat alone, and not for longer.

use std::time::Duration;

use rialto::clock::Clock;
use rusqlite::Connection;
use serde_json::Value;

use crate::house::{ALICE, BOB, Bridge, House, SOON, clock, idle, turn_until};

const STEP: Duration = Duration::from_millis(100);
const LID: &str = "100000000000002@lid";

async fn bridge(house: &House, time: &Clock, ways: &str) -> Bridge {
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    let toml = toml.replace("conversation = ", &format!("typing = \"{ways}\"\nconversation = "));
    house.bridge_as(time.clone(), &toml).await
}

/// A chat's group.
async fn portal(house: &House, time: &Clock, chat: &str, text: &str) -> String {
    house.waha.says(chat, text);
    assert!(turn_until(time, STEP, || house.find(text).is_some()).await);
    house.find(text).unwrap().1.unwrap()
}

/// The calls that showed somebody typing in a group, or no more.
fn shown(house: &House) -> Vec<(String, bool)> {
    let calls = house.signal.calls().into_iter().filter(|(method, _)| method == "sendTyping");
    let call = |params: Value| {
        let group =
            params["groupId"].as_str().map(str::to_owned).or_else(|| params["groupId"][0].as_str().map(str::to_owned));
        (group.unwrap(), params.get("stop").is_none())
    };
    calls.map(|(_, params)| call(params)).collect()
}

fn of(place: &str, types: &[bool]) -> Vec<(String, bool)> {
    types.iter().map(|types| (place.to_owned(), *types)).collect()
}

async fn shows(house: &House, wanted: &[(String, bool)]) -> bool {
    house.signal.wait_until(SOON, |_| shown(house) == wanted).await
}

async fn types(house: &House, wanted: &[(String, bool)]) -> bool {
    house.waha.wait_until(SOON, |waha| waha.typing() == wanted).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_owner_types_is_shown_on_whatsapp_and_ends() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "to_whatsapp").await;
    let alice = portal(&house, &time, ALICE, "alice first").await;
    let in_alice = Some(alice.as_str());
    // In the control chat, and in a group that is no portal, it is for nobody.
    house.signal.owner_types(None, true);
    house.signal.owner_types(Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), true);
    house.signal.owner_types(in_alice, true);
    assert!(types(&house, &of(ALICE, &[true])).await);
    house.signal.owner_types(in_alice, false);
    assert!(types(&house, &of(ALICE, &[true, false])).await);
    // It ends with the message.
    house.signal.owner_types(in_alice, true);
    assert!(types(&house, &of(ALICE, &[true, false, true])).await);
    house.signal.owner_says(&alice, "at nine");
    assert!(types(&house, &of(ALICE, &[true, false, true, false])).await);
    // It is renewed, and not with every word; and it ends by itself.
    house.signal.owner_types(in_alice, true);
    assert!(types(&house, &of(ALICE, &[true, false, true, false, true])).await);
    house.signal.owner_types(in_alice, true);
    house.signal.owner_says_direct("this one is read after it");
    assert!(house.arrives("goes to WhatsApp").await);
    time.advance(Duration::from_secs(10));
    house.signal.owner_types(in_alice, true);
    assert!(types(&house, &of(ALICE, &[true, false, true, false, true, true])).await);
    assert!(turn_until(&time, STEP, || house.waha.typing().len() == 7).await);
    assert_eq!(house.waha.typing().pop(), Some((ALICE.to_owned(), false)));
    // Nobody types after a stop.
    house.signal.owner_types(in_alice, true);
    assert!(house.waha.wait_until(SOON, |waha| waha.typing().len() == 8).await);
    assert!(idle(&bridge).await);
    bridge.stop().await;
    assert_eq!(house.waha.typing()[7..], of(ALICE, &[true, false]));
    assert_eq!((shown(&house), house.waha.watched()), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_types_on_whatsapp_is_shown_in_the_portal_and_nothing_is_kept_of_it() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "both").await;
    let alice = portal(&house, &time, ALICE, "alice first").await;
    let bob = portal(&house, &time, BOB, "bob first").await;
    house.signal.owner_types(Some(&alice), true);
    assert!(house.waha.wait_until(SOON, |waha| waha.watched() == [ALICE]).await, "it is asked for where one types");
    let rows = || {
        let database = Connection::open(house.store()).unwrap();
        database.query_row("SELECT count(*) FROM seen", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let before = rows();
    // A chat that is not known here, and people who are there and do not type.
    house.waha.is_there("79144444444@c.us", "79144444444@c.us", "typing");
    house.waha.is_there(BOB, BOB, "online");
    house.waha.is_there(LID, LID, "typing");
    assert!(shows(&house, &of(&alice, &[true])).await, "{:?}", shown(&house));
    house.waha.is_there(LID, LID, "paused");
    assert!(shows(&house, &of(&alice, &[true, false])).await);
    house.waha.is_there(BOB, BOB, "recording");
    assert!(shows(&house, &[of(&alice, &[true, false]), of(&bob, &[true])].concat()).await);
    assert!(house.waha.all_webhooks_done(SOON).await);
    assert_eq!(rows(), before, "nothing is remembered");
    // By itself, without a word.
    assert!(turn_until(&time, STEP, || shown(&house).len() == 4).await);
    assert_eq!(shown(&house)[3], (bob.clone(), false));
    // And with the message.
    house.waha.is_there(BOB, BOB, "typing");
    assert!(house.signal.wait_until(SOON, |_| shown(&house).len() == 5).await);
    house.waha.says(BOB, "bob second");
    assert!(house.signal.wait_until(SOON, |_| shown(&house).len() == 6).await);
    assert_eq!(shown(&house)[5], (bob, false));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_can_be_switched_off() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "to_signal").await;
    let alice = portal(&house, &time, ALICE, "alice first").await;
    house.signal.owner_types(Some(&alice), true);
    house.waha.is_there(ALICE, ALICE, "typing");
    assert!(shows(&house, &of(&alice, &[true])).await);
    bridge.stop().await;
    assert_eq!(house.waha.typing(), []);

    let bridge = self::bridge(&house, &time, "off").await;
    portal(&house, &time, ALICE, "alice second").await;
    house.signal.owner_types(Some(&alice), true);
    house.waha.is_there(ALICE, ALICE, "typing");
    assert!(house.waha.all_webhooks_done(SOON).await);
    house.signal.owner_says(&alice, "read after it");
    assert!(house.waha.wait_sent(1, SOON).await && idle(&bridge).await);
    bridge.stop().await;
    assert_eq!((house.waha.typing(), shown(&house)), (vec![], of(&alice, &[true, false])));
}
