//! What portals are called: as their chats, by the best name that is known, and as the owner has named them.

use std::time::Duration;

use rialto::clock::Clock;
use serde_json::Value;
use simulator::waha::Contact;

use crate::house::{ALICE, Bridge, House, OWNER, clock, idle, turn_until};

const STEP: Duration = Duration::from_mins(30);
const CARL: &str = "79144444444@c.us";
const CHOIR: &str = "120363020000000001@g.us";

fn contact(house: &House, number: &str, name: Option<&str>, push_name: Option<&str>) {
    let (name, push_name) = (name.map(str::to_owned), push_name.map(str::to_owned));
    house.waha.add_contact(Contact { number: Some(number.into()), name, push_name, ..Contact::default() });
}

async fn bridge(house: &House, time: &Clock) -> Bridge {
    house.bridge_as(time.clone(), &house.toml("127.0.0.1:0", "127.0.0.1:0")).await
}

fn title(house: &House, group: &str) -> String {
    house.signal.groups().into_iter().find(|found| found.id == group).unwrap().name
}

/// The calls that rename a group that was there.
fn renamed(house: &House) -> usize {
    let calls = house.signal.calls().into_iter().filter(|(method, _)| method == "updateGroup");
    calls
        .map(|(_, params): (_, Value)| params)
        .filter(|params| params["groupId"].is_string() && params["name"].is_string())
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_follows_a_better_name_and_never_a_worse_one() {
    let (house, time) = (House::new().await, clock());
    contact(&house, "79144444444", None, None);
    house.waha.add_group(CHOIR, "Choir", vec![ALICE.to_owned()]);
    let bridge = bridge(&house, &time).await;
    house.waha.says(CARL, "from carl");
    let carl = house.group_of("from carl").await;
    house.waha.says_in_group(CHOIR, ALICE, "from the choir");
    let choir = house.group_of("from the choir").await;
    assert_eq!(title(&house, &choir), "Choir (WhatsApp)");
    assert!(idle(&bridge).await);

    for (name, push_name, expected) in [
        (None, Some("Carl"), "~Carl (WhatsApp)"),
        (Some("Carl Lee"), Some("Carl"), "Carl Lee (WhatsApp)"),
        (Some("Carl L."), None, "Carl L. (WhatsApp)"),
    ] {
        contact(&house, "79144444444", name, push_name);
        assert!(turn_until(&time, STEP, || title(&house, &carl) == expected).await, "{}", title(&house, &carl));
    }
    contact(&house, "79144444444", None, Some("Worse"));
    house.waha.add_group(CHOIR, "Choir 2", vec![ALICE.to_owned()]);
    assert!(turn_until(&time, STEP, || title(&house, &choir) == "Choir 2 (WhatsApp)").await);
    let until = time.now().plus(Duration::from_hours(49));
    assert!(turn_until(&time, STEP, || time.now() > until).await);
    assert_eq!(title(&house, &carl), "Carl L. (WhatsApp)");
    assert_eq!(renamed(&house), 4);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_owner_has_called_a_group_stays() {
    let (house, time) = (House::new().await, clock());
    let bridge = bridge(&house, &time).await;
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    house.signal.change_group(&alice, |group| group.name = "Sis".into());
    house.signal.updates_group(OWNER, &alice);
    house.waha.add_contact(Contact {
        number: Some("79111111111".into()),
        lid: Some("100000000000002".into()),
        name: Some("Alice Lee".into()),
        push_name: None,
    });
    let until = time.now().plus(Duration::from_hours(49));
    assert!(turn_until(&time, STEP, || time.now() > until).await);
    assert!(idle(&bridge).await);
    assert_eq!((title(&house, &alice).as_str(), renamed(&house)), ("Sis", 0));
    bridge.stop().await;
}
