//! What the owner does in Signal to a message that is on WhatsApp: natively in the chat of its portal, or it is said why not.

use std::time::Duration;

use crate::house::{ALICE, BOB, Bridge, House, OWNER, SOON, bridge_aci, clock, health_shows, idle, turn_until};
use simulator::waha::{Engine, WahaFault, WahaOptions, WhatChange};

const STEP: Duration = Duration::from_millis(200);

fn made(house: &House) -> Vec<WhatChange> {
    house.waha.changes_made().into_iter().map(|change| change.what).collect()
}

async fn makes(house: &House, count: usize) -> bool {
    house.waha.wait_until(SOON, |waha| waha.changes_made().len() >= count).await
}

fn edit(text: &str) -> WhatChange {
    WhatChange::Edit(text.to_owned())
}

fn react(emoji: &str) -> WhatChange {
    WhatChange::React(emoji.to_owned())
}

/// A house in which Alice's chat has a portal.
async fn portal(house: &House, bridge: &Bridge) -> String {
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    assert!(idle(bridge).await);
    group
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_deletions_and_reactions_are_native_and_do_not_come_back() {
    for (engine, version) in [(Engine::Noweb, "2026.7.1"), (Engine::Gows, "2026.7.1"), (Engine::Noweb, "2026.2.1")] {
        let options = WahaOptions { engine, ordered: true, version: version.into(), ..WahaOptions::default() };
        let house = House::with(options, |_| {}).await;
        let bridge = house.bridge().await;
        let asked = house.waha.says(ALICE, "first");
        let group = house.group_of("first").await;
        let (question, _) = house.find("first").unwrap();
        let at = house.signal.owner_says(&group, "at nine");
        assert!(house.waha.wait_sent(1, SOON).await && idle(&bridge).await);
        let stanza = house.waha.sent()[0].stanza.clone();
        let in_group = Some(group.as_str());

        let edited = house.signal.owner_edits(in_group, at, "at ten");
        // A client names the newest form or the first one.
        house.signal.owner_edits(in_group, edited, "at eleven");
        house.signal.owner_edits(in_group, at, "at noon");
        house.signal.owner_reacts(in_group, question, Some("👍"));
        house.signal.owner_reacts(in_group, question, None);
        house.signal.owner_reacts(in_group, edited, Some("❤️"));
        house.signal.owner_deletes(in_group, edited);
        assert!(makes(&house, 7).await && idle(&bridge).await);
        let expected = [
            edit("at ten"),
            edit("at eleven"),
            edit("at noon"),
            react("👍"),
            react(""),
            react("❤️"),
            WhatChange::Delete,
        ];
        assert_eq!(made(&house), expected, "{engine:?}");
        let changes = house.waha.changes_made();
        assert_eq!(
            changes.iter().map(|change| &change.stanza).collect::<Vec<_>>(),
            [&stanza, &stanza, &stanza, &asked, &asked, &stanza, &stanza]
        );
        assert!(changes.iter().all(|change| change.chat_id == ALICE));
        assert_eq!(changes[3].message_id, format!("false_{ALICE}_{asked}"));
        assert!(changes[0].message_id.starts_with(&format!("true_{ALICE}_{stanza}")));

        assert!(house.waha.all_webhooks_done(SOON).await);
        house.waha.says(ALICE, "last");
        assert!(house.arrives("last").await && idle(&bridge).await);
        assert_eq!(house.texts(), ["first", "last"], "echoes are no news ({engine:?} {version})");
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_changed_in_another_chat_and_nothing_that_is_the_bridges_own() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let alice = portal(&house, &bridge).await;
    house.waha.says(BOB, "second");
    let bob = house.group_of("second").await;
    let (of_bob, _) = house.find("second").unwrap();
    let typed = house.signal.owner_says(&bob, "for Bob");
    assert!(house.waha.wait_sent(1, SOON).await && idle(&bridge).await);
    let in_alice = Some(alice.as_str());
    house.signal.owner_edits(in_alice, typed, "in the wrong chat");
    house.signal.owner_deletes(in_alice, typed);
    house.signal.owner_reacts(in_alice, of_bob, Some("👍"));
    let lines = || house.texts().iter().filter(|text| text.contains("on WhatsApp:")).count();
    let told = house.signal.wait_until(SOON, |_| lines() == 2).await;
    assert!(told && idle(&bridge).await, "{:?}", house.texts());
    assert!(house.find("Not shown on WhatsApp: the message is too old to be known here").is_some());
    // A line of the bridge is no message.
    let (line, _) = house.find("Not shown on WhatsApp").unwrap();
    house.signal.owner_reacts(in_alice, line, Some("😡"));
    house.signal.owner_reacts(None, typed, Some("👍"));
    house.signal.owner_reacts(Some(&bob), of_bob, Some("🎉"));
    assert!(makes(&house, 1).await && idle(&bridge).await);
    assert_eq!(made(&house), [react("🎉")]);
    assert_eq!(house.waha.changes_made()[0].chat_id, BOB);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_whatsapps_limits_it_is_said_and_not_tried() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let (question, group) = house.find("first").unwrap();
    let group = group.unwrap();
    let typed = house.signal.owner_says(&group, "at nine");
    assert!(house.waha.wait_sent(1, SOON).await && idle(&bridge).await);
    time.advance(Duration::from_mins(16));
    let in_group = Some(group.as_str());
    house.signal.owner_edits(in_group, typed, "at ten");
    let said = "Not changed on WhatsApp: WhatsApp lets a message be edited for 15 minutes only.";
    assert!(turn_until(&time, STEP, || house.find(said).is_some()).await, "{:?}", house.texts());
    let line = house.signal.inbox().pop().unwrap();
    assert_eq!((line.quote_timestamp, line.quote_author.as_deref()), (Some(typed), Some(OWNER)));
    // An empty edit, or one into something else, blanks nothing.
    let second = house.signal.owner_says(&group, "second");
    assert!(house.waha.wait_sent(2, SOON).await && idle(&bridge).await);
    house.signal.owner_edits(in_group, second, " ");
    assert!(turn_until(&time, STEP, || house.find("what it says now is not carried").is_some()).await);

    house.waha.session_status("STARTING");
    assert!(crate::house::whatsapp_is(&bridge, false).await);
    house.signal.owner_reacts(in_group, question, Some("👍"));
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/pending", 1.into())]).await);
    time.advance(Duration::from_hours(2));
    house.waha.session_status("WORKING");
    let said = "Not shown on WhatsApp: this waited here for more than an hour.";
    assert!(turn_until(&time, STEP, || house.find(said).is_some()).await, "{:?}", house.texts());
    let line = house.signal.inbox().into_iter().find(|line| line.text.contains(said)).unwrap();
    assert_eq!((line.quote_timestamp, line.quote_author), (Some(question), Some(bridge_aci())));

    time.advance(Duration::from_hours(49));
    house.signal.owner_deletes(in_group, typed);
    assert!(turn_until(&time, STEP, || house.find("for about two days only").is_some()).await, "{:?}", house.texts());
    assert_eq!(made(&house), []);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_is_repeated_and_one_that_stays_unknown_is_said() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let (question, group) = house.find("first").unwrap();
    let group = group.unwrap();
    let in_group = Some(group.as_str());
    house.waha.fault(WahaFault::SendThen500 { times: 2 });
    house.signal.owner_reacts(in_group, question, Some("👍"));
    let done = || house.waha.changes_made().len() == 3;
    assert!(turn_until(&time, STEP, done).await && idle(&bridge).await);
    assert!(house.waha.all_webhooks_done(SOON).await);
    assert_eq!(house.texts(), ["first"], "each echo is known by what it did");
    // Also one that comes late, and, at the end, only as long as it can be one.
    let stanza = house.waha.changes_made()[0].stanza.clone();
    house.waha.owner_reacts(ALICE, &stanza, "👍");
    assert!(house.waha.all_webhooks_done(SOON).await && idle(&bridge).await);
    assert_eq!(house.texts(), ["first"]);

    house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    house.signal.owner_reacts(in_group, question, Some("🎉"));
    assert!(turn_until(&time, STEP, || house.find("Not shown on WhatsApp: WhatsApp refused it.").is_some()).await);
    house.waha.fault(WahaFault::SendThen500 { times: 4 });
    house.signal.owner_reacts(in_group, question, Some("❤️"));
    let said = "Not shown on WhatsApp: or perhaps it was";
    assert!(turn_until(&time, STEP, || house.find(said).is_some()).await, "{:?}", house.texts());
    time.advance(Duration::from_hours(2));
    house.waha.owner_reacts(ALICE, &stanza, "👍");
    assert!(turn_until(&time, STEP, || house.find("ⓘ You reacted 👍 to this.").is_some()).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_sent_is_changed_once_it_is_there() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let group = portal(&house, &bridge).await;
    house.waha.fault(WahaFault::EchoBeforeAnswer { delay: Duration::from_millis(300) });
    let at = house.signal.owner_says(&group, "at nine");
    assert!(house.waha.wait_sent(1, SOON).await);
    let in_group = Some(group.as_str());
    house.signal.owner_edits(in_group, at, "at ten");
    house.signal.owner_reacts(in_group, at, Some("👍"));
    assert!(makes(&house, 2).await && idle(&bridge).await);
    assert_eq!(made(&house), [edit("at ten"), react("👍")]);
    assert_eq!(house.texts(), ["first"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_control_chat_a_message_leads_to_its_chat_and_a_stopped_portal_to_none() {
    let house = House::new().await;
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace("conversation = \"portal\"", "");
    let stranger = "79155555555@c.us";
    let bridge = house.bridge_as(rialto::clock::Clock::system(), &toml).await;
    let stanza = house.waha.says(stranger, "hello");
    assert!(house.arrives("hello").await && idle(&bridge).await);
    let (at, _) = house.find("hello").unwrap();
    house.signal.owner_reacts(None, at, Some("👋"));
    let typed = house.signal.owner_quotes_direct("who are you?", at, &bridge_aci());
    assert!(house.waha.wait_sent(1, SOON).await && idle(&bridge).await);
    house.signal.owner_edits(None, typed, "who is it?");
    assert!(makes(&house, 2).await);
    assert_eq!(made(&house), [react("👋"), edit("who is it?")]);
    assert_eq!(house.waha.changes_made()[0].message_id, format!("false_{stranger}_{stanza}"));

    let group = portal(&house, &bridge).await;
    let (first, _) = house.find("first").unwrap();
    house.signal.change_group(&group, |group| group.members.push("99990000-0000-4000-8000-000000000009".into()));
    house.signal.updates_group(OWNER, &group);
    assert!(house.arrives("A conversation is stopped").await);
    house.signal.owner_reacts(Some(&group), first, Some("👍"));
    assert!(house.arrives("Not shown on WhatsApp: this conversation is stopped").await && idle(&bridge).await);
    assert_eq!(house.waha.changes_made().len(), 2);
    bridge.stop().await;
}
