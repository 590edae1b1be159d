//! What becomes of a message when a peer refuses, fails, answers late or not at all.

use std::time::Duration;

use crate::house::{ALICE, BOB, House, SOON, clock, turn_until};
use simulator::signal_cli::SignalFault;
use simulator::waha::{WahaFault, WahaOptions};

const STEP: Duration = Duration::from_millis(200);

fn older() -> WahaOptions {
    WahaOptions { version: "2026.2.1".into(), ordered: true, ..WahaOptions::default() }
}

/// So that nothing but the chosen id tells whether a message was sent.
fn without_store() -> WahaOptions {
    WahaOptions { store: false, ordered: true, version: crate::house::recent(), ..WahaOptions::default() }
}

fn recent() -> WahaOptions {
    WahaOptions { version: crate::house::recent(), ordered: true, ..WahaOptions::default() }
}

fn count(texts: &[String], part: &str) -> usize {
    texts.iter().filter(|text| text.contains(part)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_of_signal_is_repeated_once_and_marked() {
    for fault in [SignalFault::SendThenDrop { times: 1 }, SignalFault::AfterUpload { times: 1 }] {
        // A receipt could prove that it arrived.
        let house = House::with(recent(), |signal| signal.auto_receipts = false).await;
        let time = clock();
        let bridge = house.bridge_at(time.clone()).await;
        house.waha.says(ALICE, "first");
        assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
        house.signal.fault(fault);
        house.waha.says(ALICE, "second");
        house.waha.says(ALICE, "third");
        assert!(turn_until(&time, STEP, || house.find("third").is_some()).await, "{:?}", house.texts());
        let texts = house.texts();
        assert_eq!(count(&texts, "second"), 2, "{texts:?}");
        assert_eq!(count(&texts, "perhaps for the second time:\nsecond"), 1, "{texts:?}");
        assert_eq!(count(&texts, "third"), 1, "{texts:?}");
        bridge.stop().await;
    }
}

/// As when Signal limits the copy for the account's own devices: signal-cli says only that something failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_without_a_reason_is_tried_for_minutes_and_its_notice_until_it_is_said() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    house.signal.fault(SignalFault::AfterUpload { times: 4 });
    house.waha.says(ALICE, "second");
    house.waha.says(ALICE, "third");
    assert!(turn_until(&time, STEP * 5, || house.find("third").is_some()).await, "{:?}", house.texts());
    assert_eq!(count(&house.texts(), "could not be brought"), 0);

    house.signal.fault(SignalFault::AfterUpload { times: 12 });
    house.waha.says(ALICE, "given up");
    // Nine times the message, and three times the line that says so: that one comes marked.
    let said = || house.find("second time:\nⓘ A WhatsApp message could not be brought").is_some();
    assert!(turn_until(&time, STEP * 50, said).await, "{:?}", house.texts());
    let bare = |text: &&String| *text == "second" || *text == "given up";
    assert_eq!(house.texts().iter().filter(bare).count(), 2, "every repeat is marked");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_signal_did_not_take_is_tried_again_in_order() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let network = SignalFault::ErrorOnSend { code: -1, kind: "NETWORK_FAILURE", retry_after: None, times: 5 };
    let limit = SignalFault::ErrorOnSend { code: -5, kind: "RATE_LIMIT_FAILURE", retry_after: Some(3600), times: 1 };
    house.signal.fault(network);
    house.signal.fault(limit);
    for text in ["one", "two", "three"] {
        house.waha.says(ALICE, text);
    }
    let before = time.now();
    assert!(turn_until(&time, STEP * 100, || house.find("three").is_some()).await, "{:?}", house.texts());
    assert!(time.now().since(before) >= Duration::from_hours(1), "the account was given its time");
    let texts: Vec<_> = house.texts().into_iter().filter(|t| ["one", "two", "three"].contains(&t.as_str())).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_in_the_results_stops_the_conversation() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    let stranger = "aaaaaaaa-0000-4000-8000-000000000001".to_owned();
    house.signal.change_group(&group, |group| group.members.push(stranger.clone()));
    house.signal.fault(SignalFault::ForeignRecipient { aci: stranger.clone(), times: 1 });
    house.waha.says(ALICE, "read by a stranger");
    house.waha.says(ALICE, "not for strangers");
    assert!(turn_until(&time, STEP, || house.find("somebody else is in its group").is_some()).await);
    assert_eq!(house.find("somebody else").unwrap().1, None, "the control chat says so");

    // Both directions are stopped.
    house.signal.owner_says(&group, "typed beside a stranger");
    house.waha.says(BOB, "other lane");
    assert!(turn_until(&time, STEP, || house.find("other lane").is_some()).await);
    assert!(house.find("not for strangers").is_none());
    assert!(house.waha.sent().is_empty());

    // Mended, it goes on.
    house.signal.change_group(&group, |group| group.members.retain(|member| *member != stranger));
    assert!(turn_until(&time, STEP * 10, || house.find("not for strangers").is_some()).await, "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_reached_nobody_goes_into_a_new_portal() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    house.signal.change_group(&group, |group| group.members.retain(|member| member != crate::house::OWNER));
    house.waha.says(ALICE, "nobody there");
    assert!(turn_until(&time, STEP, || house.find("nobody there").is_some()).await, "{:?}", house.texts());
    assert_ne!(house.find("nobody there").unwrap().1, Some(group));
    assert_eq!(count(&house.texts(), "nobody there"), 1);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_of_waha_goes_again_under_the_same_id() {
    for fault in [WahaFault::SendThen500 { times: 1 }, WahaFault::DropConnection { after_send: true, times: 1 }] {
        let house = House::with(without_store(), |_| {}).await;
        let time = clock();
        let bridge = house.bridge_at(time.clone()).await;
        house.waha.says(ALICE, "first");
        let group = house.group_of("first").await;
        house.waha.fault(fault);
        house.signal.owner_says(&group, "once");
        house.signal.owner_says(&group, "twice");
        assert!(turn_until(&time, STEP, || house.waha.delivered().len() == 2).await);
        let texts: Vec<_> = house.waha.delivered().into_iter().map(|sent| sent.text).collect();
        assert_eq!(texts, ["once", "twice"], "shown once each, in order");
        assert!(house.waha.all_webhooks_done(SOON).await);
        assert_eq!(count(&house.texts(), "You ▸"), 0, "its echo is no message of the phone");
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_without_chosen_id_is_asked_about_and_never_repeated() {
    let house = House::with(older(), |_| {}).await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    house.waha.fault(WahaFault::SendThen500 { times: 1 });
    let typed = house.signal.owner_says(&group, "perhaps");
    house.signal.owner_says(&group, "surely");
    assert!(turn_until(&time, STEP, || house.find("May have been sent").is_some()).await);
    let notice = house.signal.inbox().into_iter().find(|m| m.text.contains("May have been sent")).unwrap();
    assert_eq!((notice.quote_timestamp, notice.group_id), (Some(typed), Some(group)));
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 2).await);
    assert_eq!(count(&house.waha.sent().into_iter().map(|sent| sent.text).collect::<Vec<_>>(), "perhaps"), 1);
    // Its echo answers the question, and is not held any more for an answer of WAHA that will not come.
    let before = time.now();
    let shown = || house.find("You ▸ perhaps").is_some();
    assert!(turn_until(&time, STEP / 10, shown).await, "{:?}", house.texts());
    assert!(time.now().since(before) < Duration::from_secs(30));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ack_that_comes_before_the_second_try_counts() {
    let house = House::with(without_store(), |_| {}).await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    house.waha.fault(WahaFault::SendThen500 { times: 1 });
    house.signal.owner_says(&group, "acked");
    // The clock stands: the acks of the first try are here before the second is made.
    assert!(house.waha.wait_sent(1, SOON).await && house.waha.all_webhooks_done(SOON).await);
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 2).await);
    assert!(house.waha.all_webhooks_done(SOON).await && crate::house::idle(&bridge).await);
    time.advance(Duration::from_mins(30));
    house.waha.says(ALICE, "later");
    assert!(turn_until(&time, STEP, || house.find("later").is_some()).await);
    assert_eq!(house.texts(), ["first", "later"], "nothing is said to be unconfirmed");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_that_comes_before_the_answer_is_no_message() {
    for options in [WahaOptions { ordered: true, ..WahaOptions::default() }, older()] {
        let house = House::with(options, |_| {}).await;
        let bridge = house.bridge().await;
        house.waha.says(ALICE, "first");
        let group = house.group_of("first").await;
        house.waha.fault(WahaFault::EchoBeforeAnswer { delay: Duration::from_millis(50) });
        house.signal.owner_says(&group, "echoed");
        assert!(house.waha.wait_sent(1, SOON).await);
        house.waha.clear_faults();
        house.waha.owner_says(ALICE, "typed on the phone");
        assert!(
            house.arrives("typed on the phone").await,
            "{:?} {:?} {}",
            house.texts(),
            house.waha.sent(),
            crate::house::health(&bridge.admin).await
        );
        assert_eq!(count(&house.texts(), "echoed"), 0, "{:?}", house.texts());
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_said_at_once_and_quotes_the_message() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    let typed = house.signal.owner_says(&group, "refused");
    assert!(house.arrives("WhatsApp refused this message").await);
    let notice = house.signal.inbox().into_iter().find(|m| m.text.contains("refused this message")).unwrap();
    assert_eq!((notice.quote_timestamp, notice.group_id.as_deref()), (Some(typed), Some(group.as_str())));
    assert!(!notice.urgent);
    house.signal.owner_says(&group, "taken");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent()[0].text, "taken");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_after_acceptance_is_said() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    house.waha.fault(WahaFault::FailedAck { times: 1 });
    let typed = house.signal.owner_says(&group, "fails later");
    assert!(house.arrives("took this message and then failed").await, "{:?}", house.texts());
    let notice = house.signal.inbox().into_iter().find(|m| m.text.contains("then failed")).unwrap();
    assert_eq!(notice.quote_timestamp, Some(typed));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_whatsapp_does_not_confirm_is_said_once() {
    let house = House::with(WahaOptions { auto_ack: false, ordered: true, ..WahaOptions::default() }, |_| {}).await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    house.signal.owner_says(&group, "confirmed");
    let typed = house.signal.owner_says(&group, "not confirmed");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 2).await);
    let stanza = house.waha.sent()[0].stanza.clone();
    house.waha.acks(ALICE, &stanza, 1);
    assert!(house.waha.all_webhooks_done(SOON).await);
    time.advance(Duration::from_mins(11));
    assert!(turn_until(&time, STEP, || house.find("Not confirmed").is_some()).await, "{:?}", house.texts());
    time.advance(Duration::from_mins(30));
    house.waha.says(ALICE, "later");
    assert!(turn_until(&time, STEP, || house.find("later").is_some()).await);
    let notices: Vec<_> = house.signal.inbox().into_iter().filter(|m| m.text.contains("Not confirmed")).collect();
    assert_eq!(notices.iter().map(|m| m.quote_timestamp).collect::<Vec<_>>(), [Some(typed)]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_made_without_an_answer_is_taken_and_not_made_again() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.signal.fault(SignalFault::CreateThenDrop { times: 1 });
    house.waha.says(ALICE, "hello");
    assert!(turn_until(&time, STEP, || house.find("hello").is_some()).await);
    assert_eq!(house.signal.groups().len(), 1);
    let group = house.find("hello").unwrap().1.unwrap();
    house.signal.owner_says(&group, "answer");
    assert!(turn_until(&time, STEP, || !house.waha.sent().is_empty()).await);
    assert_eq!(house.waha.sent()[0].chat_id, ALICE);
    let [made] = &house.signal.groups()[..] else { panic!() };
    assert_eq!((made.link.as_deref(), made.permission_add_member.as_str()), (None, "ONLY_ADMINS"));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_portal_yet_comes_into_the_control_chat_and_is_said_once() {
    let house = House::with(WahaOptions { ordered: true, ..WahaOptions::default() }, |options| {
        options.members_are_invited = true;
    })
    .await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "message-1");
    house.waha.says(ALICE, "message-2");
    assert!(turn_until(&time, STEP, || house.find("Alice ▸ message-2").is_some()).await, "{:?}", house.texts());
    let id = house.signal.groups()[0].id.clone();
    house.signal.change_group(&id, |group| group.members.append(&mut group.pending));
    house.waha.says(ALICE, "message-3");
    assert!(turn_until(&time, STEP, || house.find("message-3").is_some()).await);
    assert_eq!(house.find("message-3").unwrap().1, Some(id));
    assert!(turn_until(&time, STEP, || house.find("has a conversation of its own").is_some()).await);
    assert_eq!(count(&house.texts(), "only invited"), 1);
    assert_eq!(house.signal.groups().len(), 1);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_title_never_leads_into_another_portal() {
    let house = House::new().await;
    for number in ["79177777777", "79188888888"] {
        let contact =
            simulator::waha::Contact { number: Some(number.into()), name: Some("Alex".into()), ..Default::default() };
        house.waha.add_contact(contact);
    }
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says("79177777777@c.us", "from the first");
    assert!(turn_until(&time, STEP, || house.find("from the first").is_some()).await);
    // The second group is made and the answer is lost, with the first of the same title beside it.
    house.signal.fault(SignalFault::CreateThenDrop { times: 2 });
    house.waha.says("79188888888@c.us", "from the second");
    assert!(turn_until(&time, STEP, || house.find("from the second").is_some()).await);
    let (first, second) = (house.find("from the first").unwrap().1, house.find("from the second").unwrap().1);
    assert_ne!(first, second);
    house.signal.owner_says(&second.unwrap(), "to the second");
    house.signal.owner_says(&first.unwrap(), "to the first");
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 2).await);
    for sent in house.waha.sent() {
        let expected = if sent.text == "to the first" { "79177777777@c.us" } else { "79188888888@c.us" };
        assert_eq!(sent.chat_id, expected);
    }
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_that_comes_late_is_no_message() {
    let house = House::with(WahaOptions { ordered: false, ..older() }, |_| {}).await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    // The engine's own echo goes nowhere; it comes when everything is recorded.
    house.waha.set_webhook("http://127.0.0.1:9/".into());
    house.signal.owner_says(&group, "echoed");
    assert!(house.waha.wait_sent(1, SOON).await && crate::house::idle(&bridge).await);
    let stanza = house.waha.sent()[0].stanza.clone();
    let now = rialto::clock::Clock::system().now().0;
    let echo = serde_json::json!({
        "id": "evt_again", "timestamp": now, "event": "message.any", "session": "default",
        "payload": {"id": format!("true_{ALICE}_{stanza}"), "timestamp": now / 1000, "from": ALICE, "fromMe": true,
            "source": "app", "body": "echoed", "hasMedia": false, "ack": 1},
        "environment": {"engine": "NOWEB"},
    });
    assert_eq!(crate::house::post(&bridge, echo.to_string()).await, 200);
    house.waha.set_webhook(bridge.webhook.clone());
    house.waha.says(ALICE, "last");
    assert!(house.arrives("last").await);
    assert_eq!(house.texts(), ["first", "last"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_groups_that_could_be_the_one_none_is_taken() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.signal.fault(SignalFault::CreateThenDrop { times: 1 });
    house.waha.says(ALICE, "hello");
    let made = house.signal.wait_until(SOON, |signal| signal.groups().len() == 1).await;
    assert!(made);
    // The clock stands, so the bridge has not looked again yet.
    let first = house.signal.groups().remove(0);
    let second = house.signal.add_group(simulator::signal_cli::Group { id: String::new(), ..first.clone() });
    assert!(turn_until(&time, STEP, || house.find("hello").is_some()).await);
    let group = house.find("hello").unwrap().1.unwrap();
    assert!(group != first.id && group != second);
    bridge.stop().await;
}
