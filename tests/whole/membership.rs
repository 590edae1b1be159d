//! Who is in a portal, and whether the owner is still the owner.

use std::time::Duration;

use crate::house::{ALICE, BOB, Bridge, House, OWNER, SOON, clock, health_shows, turn_until};

const STEP: Duration = Duration::from_millis(200);
const STRANGER: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// Once, as a security event.
async fn counted(bridge: &Bridge, event: &str) -> bool {
    health_shows(&bridge.admin, &[(&format!("/channels/0/counters/{event}"), 1.into())]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_third_member_stops_the_portal_before_the_next_message() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let group = house.find("first").unwrap().1.unwrap();
    house.signal.change_group(&group, |group| group.members.push(STRANGER.into()));
    house.signal.updates_group(OWNER, &group);
    assert!(turn_until(&time, STEP, || house.find("somebody else is in its group").is_some()).await);
    house.waha.says(ALICE, "not for strangers");
    let typed = [house.signal.owner_says(&group, "typed beside a stranger"), house.signal.owner_says(&group, "again")];
    house.waha.says(BOB, "other lane");
    assert!(turn_until(&time, STEP, || house.find("other lane").is_some()).await);
    // Each of them is told of, where nobody else reads it.
    let told =
        || house.signal.inbox().into_iter().filter(|m| m.text.contains("written in a conversation that is stopped"));
    assert!(turn_until(&time, STEP, || told().count() == 2).await, "{:?}", house.texts());
    assert!(told().all(|m| m.group_id.is_none() && m.quote_timestamp.is_some_and(|at| typed.contains(&at))));
    assert!(house.find("not for strangers").is_none() && house.waha.sent().is_empty());
    assert!(counted(&bridge, "intruders").await);

    house.signal.change_group(&group, |group| group.members.retain(|member| member != STRANGER));
    house.signal.updates_group(OWNER, &group);
    assert!(turn_until(&time, STEP, || house.find("not for strangers").is_some()).await, "{:?}", house.texts());
    assert!(turn_until(&time, STEP, || house.find("This conversation goes on").is_some()).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invite_link_or_changed_rights_stop_the_portal() {
    for open in [true, false] {
        let house = House::new().await;
        let bridge = house.bridge().await;
        house.waha.says(ALICE, "first");
        let group = house.group_of("first").await;
        house.signal.change_group(&group, |group| {
            if open {
                group.link = Some("https://signal.group/#x".into());
            } else {
                group.permission_add_member = "EVERY_MEMBER".into();
            }
        });
        house.signal.updates_group(OWNER, &group);
        assert!(house.arrives("has an invite link").await, "{:?}", house.texts());
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_the_owner_has_left_is_replaced_with_the_next_message() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let group = house.find("first").unwrap().1.unwrap();
    house.signal.change_group(&group, |group| group.members.retain(|member| member != OWNER));
    house.signal.updates_group(OWNER, &group);
    assert!(turn_until(&time, STEP, || house.find("You are no longer in the group").is_some()).await);
    house.waha.says(ALICE, "second");
    assert!(turn_until(&time, STEP, || house.find("second").is_some()).await);
    let other = house.find("second").unwrap().1.unwrap();
    assert_ne!(other, group);
    house.signal.owner_says(&other, "answer");
    assert!(turn_until(&time, STEP, || !house.waha.sent().is_empty()).await);
    assert_eq!(house.waha.sent()[0].chat_id, ALICE);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_is_no_portal_is_left_without_a_word() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    let portal = house.group_of("first").await;
    let account = crate::house::bridge_aci();
    let group = simulator::signal_cli::Group {
        name: "Alice (WhatsApp)".into(),
        members: vec![STRANGER.into(), account.clone(), OWNER.into()],
        admins: vec![STRANGER.into()],
        ..simulator::signal_cli::Group::default()
    };
    let foreign = house.signal.add_group(group);
    house.signal.stranger_says(STRANGER, Some(&foreign), "hello bridge");
    let left = |signal: &simulator::signal_cli::SignalCli| {
        signal.groups().iter().any(|group| group.id == foreign && !group.members.contains(&account))
    };
    assert!(house.signal.wait_until(SOON, left).await);
    assert!(house.signal.groups().iter().any(|group| group.id == portal && group.members.contains(&account)));
    let sent_there =
        house.signal.calls().iter().any(|(method, params)| method == "send" && params.to_string().contains(&foreign));
    assert!(!sent_there && house.waha.sent().is_empty());
    assert!(counted(&bridge, "foreign_groups").await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_identity_key_stops_both_directions_until_it_is_trusted_on_the_server() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let group = house.find("first").unwrap().1.unwrap();

    // What is waiting for WhatsApp when the key changes stays here as well.
    house.signal.owner_reinstalls();
    house.signal.owner_says(&group, "with the new key");
    house.waha.says(ALICE, "second");
    assert!(crate::house::health_shows(&bridge.admin, &[("/channels/0/signal/owner_trusted", false.into())]).await);
    let stands = time.now();
    assert!(turn_until(&time, STEP * 10, || time.now().since(stands) > Duration::from_mins(10)).await);
    assert!(house.find("second").is_none() && house.waha.sent().is_empty());
    bridge.stop().await;

    // A restart changes nothing.
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "third");
    assert!(crate::house::health_shows(&bridge.admin, &[("/channels/0/signal/owner_trusted", false.into())]).await);
    assert!(house.find("third").is_none());
    assert!(counted(&bridge, "owner_keys").await);

    house.signal.trust_owner();
    assert!(turn_until(&time, STEP * 10, || house.find("third").is_some()).await);
    assert!(turn_until(&time, STEP, || !house.waha.sent().is_empty()).await);
    assert_eq!(house.waha.sent()[0].text, "with the new key");
    assert!(turn_until(&time, STEP, || house.find("the new one was trusted on the server").is_some()).await);
    let texts: Vec<_> = house.texts().into_iter().filter(|text| !text.starts_with('ⓘ')).collect();
    assert_eq!(texts, ["first", "second", "third"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_changes_hands_is_said_and_misleads_nobody() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "from the first holder");
    let first = house.group_of("from the first holder").await;
    // The number now goes with another LID.
    let now = rialto::clock::Clock::system().now().0;
    let message = serde_json::json!({
        "id": "evt_new", "timestamp": now, "event": "message.any", "session": "default",
        "payload": {"id": format!("false_{ALICE}_3EB0NEW"), "timestamp": now / 1000, "from": ALICE, "fromMe": false,
            "body": "from the new holder", "hasMedia": false,
            "_data": {"key": {"remoteJid": "79111111111@s.whatsapp.net", "remoteJidAlt": "100000000000099@lid"}}},
        "environment": {"engine": "NOWEB"},
    });
    assert_eq!(crate::house::post(&bridge, message.to_string()).await, 200);
    let second = house.group_of("from the new holder").await;
    assert_ne!(first, second);
    assert!(house.arrives("now belongs to somebody else").await);
    assert_eq!(house.find("now belongs to somebody else").unwrap().1, Some(first.clone()));
    house.signal.owner_says(&first, "for the first holder");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent()[0].chat_id, "100000000000002@lid");
    bridge.stop().await;
}
