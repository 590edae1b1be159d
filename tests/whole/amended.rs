//! What is done on WhatsApp to a message that is in Signal: natively, or in words; at the right message, or none.

use std::time::Duration;

use crate::house::{ALICE, BOB, Bridge, House, OWNER, SOON, bridge_aci, clock, health_shows, idle, turn_until};
use serde_json::json;
use simulator::signal_cli::{InboxMessage, SignalFault};
use simulator::waha::{Engine, WahaOptions};

const STEP: Duration = Duration::from_millis(200);
const GROUP: &str = "120363020000000001@g.us";
const ANN: &str = "100000000000002@lid";
const BEN: &str = "100000000000003@lid";

/// The message of the owner's phone with this timestamp.
pub(crate) fn message(house: &House, timestamp: i64) -> InboxMessage {
    house.signal.inbox().into_iter().find(|message| message.timestamp == timestamp).unwrap()
}

pub(crate) async fn shows(house: &House, timestamp: i64, holds: impl Fn(&InboxMessage) -> bool) -> bool {
    house.signal.wait_until(SOON, |_| holds(&message(house, timestamp))).await
}

pub(crate) async fn held(bridge: &Bridge, count: usize) -> bool {
    health_shows(&bridge.admin, &[("/channels/0/queue/held", count.into())]).await
}

pub(crate) fn calls(house: &House, method: &str) -> usize {
    house.signal.calls().iter().filter(|(called, _)| called == method).count()
}

async fn on(engine: Engine) -> House {
    let house = House::with(
        WahaOptions { engine, ordered: true, version: crate::house::recent(), ..WahaOptions::default() },
        |_| {},
    )
    .await;
    house.waha.add_group(GROUP, "Choir", [ANN, BEN].map(str::to_owned).to_vec());
    house
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contacts_edits_reactions_and_deletion_are_native() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = on(engine).await;
        let bridge = house.bridge().await;
        let asked = house.waha.says(ALICE, "when?");
        let group = house.group_of("when?").await;
        let (question, _) = house.find("when?").unwrap();
        let stanza = house.waha.replies(ALICE, None, "at nine", &asked);
        assert!(house.arrives("at nine").await && idle(&bridge).await);
        let (at, _) = house.find("at nine").unwrap();

        house.waha.edits(ALICE, None, &stanza, "at ten");
        assert!(shows(&house, at, |message| message.text == "at ten").await);
        // A chain: WhatsApp names the first form always.
        house.waha.edits(ALICE, None, &stanza, "at eleven");
        assert!(shows(&house, at, |message| message.text == "at eleven").await);
        let edited = message(&house, at);
        assert_eq!((edited.edits.len(), edited.quote_timestamp), (2, Some(question)), "it answers what it answered");

        // An edit is another name of the message, for whoever quotes it.
        house.signal.owner_quotes(&group, "which eleven?", edited.edits[1], &bridge_aci());
        assert!(house.waha.wait_sent(1, SOON).await);
        assert!(house.waha.sent()[0].reply_to.as_ref().is_some_and(|id| id.contains(&stanza)));

        house.waha.reacts(ALICE, None, &stanza, "👍");
        assert!(shows(&house, at, |message| message.reactions.bridge.as_deref() == Some("👍")).await);
        house.waha.reacts(ALICE, None, &stanza, "❤️");
        assert!(shows(&house, at, |message| message.reactions.bridge.as_deref() == Some("❤️")).await);
        house.waha.reacts(ALICE, None, &stanza, "");
        assert!(shows(&house, at, |message| message.reactions.bridge.is_none()).await);

        house.waha.revokes(ALICE, None, &stanza);
        assert!(shows(&house, at, |message| message.deleted).await);
        // What comes after that means nothing.
        house.waha.edits(ALICE, None, &stanza, "at midnight");
        house.waha.says(ALICE, "last");
        assert!(house.arrives("last").await && idle(&bridge).await);
        assert_eq!(house.texts(), ["when?", "", "last"], "{engine:?}");
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reaction_to_what_the_owner_typed_is_native_and_one_of_the_owner_is_told() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    let typed = house.signal.owner_says(&group, "typed in Signal");
    assert!(house.waha.wait_sent(1, SOON).await && idle(&bridge).await);
    let stanza = house.waha.sent()[0].stanza.clone();
    house.waha.reacts(ALICE, None, &stanza, "🎉");
    let shown = || house.signal.history().into_iter().find(|message| message.timestamp == typed);
    let reacted = |_: &_| shown().is_some_and(|message| message.reactions.bridge.as_deref() == Some("🎉"));
    assert!(house.signal.wait_until(SOON, reacted).await);
    let (_, params) = house.signal.calls().into_iter().rfind(|(method, _)| method == "sendReaction").unwrap();
    assert_eq!((&params["targetAuthor"], &params["targetTimestamp"]), (&json!(OWNER), &json!(typed)));

    house.waha.owner_reacts(ALICE, &stanza, "❤️");
    assert!(house.arrives("ⓘ You reacted ❤️ to this.").await);
    let line = house.signal.inbox().pop().unwrap();
    assert_eq!((line.quote_timestamp, line.quote_author.as_deref(), line.urgent), (Some(typed), Some(OWNER), false));
    // Nothing that is typed in Signal can be changed by the bridge, so it is told.
    house.waha.owner_edits(ALICE, &stanza, "edited on the phone");
    assert!(house.arrives("You ▸ ⓘ edited:\nedited on the phone").await);
    let line = house.signal.inbox().pop().unwrap();
    assert_eq!((line.quote_timestamp, line.urgent), (Some(typed), false));
    house.waha.owner_revokes(ALICE, &stanza);
    assert!(house.arrives("ⓘ You deleted this on WhatsApp.").await);
    assert!(idle(&bridge).await);
    assert_eq!(calls(&house, "remoteDelete"), 0);
    // What was written on the phone is the bridge's in Signal, and follows.
    let own = house.waha.owner_says(ALICE, "typed on the phone");
    assert!(house.arrives("You ▸ typed on the phone").await && idle(&bridge).await);
    let (at, _) = house.find("typed on the phone").unwrap();
    house.waha.owner_edits(ALICE, &own, "typed and edited");
    assert!(shows(&house, at, |message| message.text == "You ▸ typed and edited" && !message.urgent).await);
    assert_eq!(message(&house, at).text_styles, ["0:5:BOLD"]);
    house.waha.owner_revokes(ALICE, &own);
    assert!(shows(&house, at, |message| message.deleted).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reaction_to_the_second_of_several_files_is_one_to_their_message() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    let picture: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0 a picture";
    let files = [("one.jpg", "image/jpeg", picture), ("two.jpg", "image/jpeg", picture)];
    let typed = house.signal.owner_sends_files(Some(&group), "two of them", &files);
    assert!(house.waha.wait_until(SOON, |waha| waha.sent_files().len() == 2).await && idle(&bridge).await);
    let stanzas: Vec<_> = house.waha.sent_files().into_iter().map(|file| file.stanza).collect();
    // A line beside their message.
    house.waha.owner_edits(ALICE, &stanzas[0], "two, edited");
    assert!(house.arrives("You ▸ ⓘ edited:\ntwo, edited").await && idle(&bridge).await);
    house.waha.reacts(ALICE, None, &stanzas[1], "👍");
    let shown = || house.signal.history().into_iter().find(|message| message.timestamp == typed);
    let reacted = |_: &_| shown().is_some_and(|message| message.reactions.bridge.as_deref() == Some("👍"));
    assert!(house.signal.wait_until(SOON, reacted).await, "{:?}", house.texts());
    assert!(house.find("edited:").is_some(), "the line stays as it is");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_group_labels_stay_and_a_line_says_who_reacted() {
    let house = on(Engine::Noweb).await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    let stanza = house.waha.says_in_group(GROUP, ANN, "rehearsal?");
    assert!(turn_until(&time, STEP, || house.find("rehearsal?").is_some()).await);
    let (at, _) = house.find("rehearsal?").unwrap();
    assert_eq!(message(&house, at).text, "Alice ▸ rehearsal?");
    assert!(idle(&bridge).await);
    house.waha.edits(GROUP, Some(ANN), &stanza, "rehearsal at nine?");
    assert!(turn_until(&time, STEP, || message(&house, at).text == "Alice ▸ rehearsal at nine?").await);
    assert_eq!(message(&house, at).text_styles, ["0:7:BOLD"]);

    house.waha.reacts(GROUP, Some(BEN), &stanza, "👍");
    assert!(turn_until(&time, STEP, || message(&house, at).reactions.bridge.as_deref() == Some("👍")).await);
    house.waha.reacts(GROUP, Some(ANN), &stanza, "❤️");
    assert!(turn_until(&time, STEP, || message(&house, at).reactions.bridge.as_deref() == Some("❤️")).await);
    // Whose reaction is not shown takes nothing away.
    house.waha.reacts(GROUP, Some(BEN), &stanza, "");
    house.waha.reacts(GROUP, Some(BEN), &stanza, "🎉");
    assert!(turn_until(&time, STEP, || message(&house, at).reactions.bridge.as_deref() == Some("🎉")).await);
    time.advance(Duration::from_mins(1));
    assert!(turn_until(&time, STEP, || house.find("ⓘ Reactions:").is_some()).await, "{:?}", house.texts());
    let line = house.signal.inbox().pop().unwrap();
    assert_eq!(line.text, "ⓘ Reactions: Alice ❤️, Bob 🎉");
    assert_eq!((line.quote_timestamp, line.urgent), (Some(at), false));
    // Ann's is not shown any more, so taking it back takes nothing away.
    house.waha.reacts(GROUP, Some(ANN), &stanza, "");
    house.waha.says_in_group(GROUP, BEN, "last");
    assert!(turn_until(&time, STEP, || house.find("last").is_some()).await);
    assert_eq!(message(&house, at).reactions.bridge.as_deref(), Some("🎉"));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_what_somebody_else_wrote_but_an_admin_deletes() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = on(engine).await;
        let bridge = house.bridge().await;
        let stanza = house.waha.says_in_group(GROUP, ANN, "mine");
        assert!(house.arrives("mine").await && idle(&bridge).await);
        let (at, _) = house.find("mine").unwrap();
        house.waha.edits(GROUP, Some(BEN), &stanza, "forged");
        assert!(house.arrives("Bob ▸ ⓘ edited:\nforged").await);
        house.waha.revokes(GROUP, Some(BEN), &stanza);
        assert!(house.arrives("ⓘ Bob deleted this on WhatsApp.").await && idle(&bridge).await);
        assert_eq!((message(&house, at).text.as_str(), message(&house, at).deleted), ("Alice ▸ mine", false));
        house.waha.makes_admin(GROUP, BEN);
        house.waha.revokes(GROUP, Some(BEN), &stanza);
        assert!(shows(&house, at, |message| message.deleted).await, "{engine:?}");
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_signal_is_changed_in_its_place() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    assert!(house.arrives("first").await && idle(&bridge).await);
    house.signal.stop().await;
    let (one, two, three) =
        (house.waha.says(ALICE, "one"), house.waha.says(ALICE, "two"), house.waha.says(BOB, "three"));
    house.waha.edits(ALICE, None, &one, "one, edited");
    house.waha.edits(ALICE, None, &one, "one, edited twice");
    let older = json!({"id": format!("false_{ALICE}_OLDER"), "timestamp": clock().now().0 / 1000 - 5, "from": ALICE, "fromMe": false,
        "body": "one, edited before that", "editedMessageId": one});
    house.waha.emit("message.edited", older);
    house.waha.revokes(ALICE, None, &two);
    // In another chat there is no such message.
    house.waha.edits(ALICE, None, &three, "three, forged");
    house.waha.reacts(ALICE, None, &one, "👍");
    assert!(house.waha.all_webhooks_done(SOON).await);
    house.signal.restart().await.unwrap();
    assert!(house.arrives("one, edited twice").await && house.arrives("three").await);
    let (at, _) = house.find("one, edited twice").unwrap();
    assert!(shows(&house, at, |message| message.reactions.bridge.is_some()).await && idle(&bridge).await);
    assert!(message(&house, at).edits.is_empty());
    let of_bob = house.find("three").unwrap().0;
    assert_eq!(message(&house, of_bob).text, "three");
    assert!(house.find("two").is_none(), "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_is_repeated_and_shows_once() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    let stanza = house.waha.says(ALICE, "at nine");
    assert!(turn_until(&time, STEP, || house.find("at nine").is_some()).await && idle(&bridge).await);
    let (at, _) = house.find("at nine").unwrap();
    house.signal.fault(SignalFault::SendThenDrop { times: 3 });
    house.waha.edits(ALICE, None, &stanza, "at ten");
    house.waha.reacts(ALICE, None, &stanza, "👍");
    let done = || {
        let message = message(&house, at);
        message.text == "at ten" && message.reactions.bridge.as_deref() == Some("👍")
    };
    assert!(turn_until(&time, STEP, done).await, "{:?}", house.texts());
    assert!(idle(&bridge).await);
    assert_eq!(house.texts(), ["at ten"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_in_the_control_chat_is_changed_there_also_once_there_is_a_portal() {
    let house = House::new().await;
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace("conversation = \"portal\"", "");
    let stranger = "79155555555@c.us";
    let bridge = house.bridge_as(rialto::clock::Clock::system(), &toml).await;
    let stanza = house.waha.says(stranger, "hello");
    assert!(house.arrives("hello").await && idle(&bridge).await);
    let (at, group) = house.find("hello").unwrap();
    assert_eq!(group, None);
    house.waha.edits(stranger, None, &stanza, "hello again");
    assert!(shows(&house, at, |message| message.text.ends_with("▸ hello again")).await);
    house.signal.owner_quotes_direct("who are you?", at, &bridge_aci());
    assert!(house.waha.wait_sent(1, SOON).await);
    house.waha.says(stranger, "a friend");
    assert!(house.arrives("a friend").await && idle(&bridge).await);
    assert!(house.find("a friend").unwrap().1.is_some());
    house.waha.revokes(stranger, None, &stanza);
    assert!(shows(&house, at, |message| message.deleted).await);
    bridge.stop().await;
}
