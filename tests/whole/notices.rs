//! What people notice: replies, own messages, names, what is not carried, outages.

use std::time::Duration;

use crate::house::{ALICE, House, SOON, clock, idle, turn_until};
use serde_json::json;
use simulator::waha::{Contact, Engine, Other, WahaOptions};

const STEP: Duration = Duration::from_millis(200);
const GROUP: &str = "120363020000000001@g.us";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_are_real_quotes_both_ways() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = House::with(WahaOptions { engine, ordered: true, ..WahaOptions::default() }, |_| {}).await;
        let bridge = house.bridge().await;
        let first = house.waha.says(ALICE, "first");
        let group = house.group_of("first").await;
        let (first_at, _) = house.find("first").unwrap();

        let typed = house.signal.owner_quotes(&group, "answer", first_at, &crate::house::bridge_aci());
        assert!(house.waha.wait_sent(1, SOON).await);
        let sent = house.waha.sent().remove(0);
        assert!(sent.reply_to.is_some_and(|id| id.split('_').nth(2) == Some(&first)));

        house.waha.replies(ALICE, None, "reply to the owner", &sent.stanza);
        house.waha.replies(ALICE, None, "reply to herself", &first);
        assert!(house.arrives("reply to the owner").await && house.arrives("reply to herself").await);
        let inbox = house.signal.inbox();
        let quote = |text: &str| {
            let found = inbox.iter().find(|m| m.text.contains(text)).unwrap();
            (found.quote_timestamp, found.quote_author.clone())
        };
        assert_eq!(quote("reply to the owner"), (Some(typed), Some(crate::house::OWNER.to_owned())));
        assert_eq!(quote("reply to herself"), (Some(first_at), Some(crate::house::bridge_aci())));
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quote_of_another_conversation_is_no_reply() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "from alice");
    house.waha.says(crate::house::BOB, "from bob");
    let (alice, bob_at) = (house.group_of("from alice").await, {
        house.group_of("from bob").await;
        house.find("from bob").unwrap().0
    });
    house.signal.owner_quotes(&alice, "quoting bob", bob_at, &crate::house::bridge_aci());
    assert!(house.waha.wait_sent(1, SOON).await);
    let sent = house.waha.sent().remove(0);
    assert_eq!((sent.chat_id.as_str(), sent.reply_to), (ALICE, None));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_messages_of_the_phone_are_mirrored_quietly() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.owner_says(ALICE, "typed on the phone");
    assert!(house.arrives("You ▸ typed on the phone").await);
    let message = house.signal.inbox().remove(0);
    assert!(!message.urgent && message.group_id.is_some());
    assert_eq!(message.text_styles, ["0:5:BOLD"]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_of_a_group_are_named() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = House::with(WahaOptions { engine, ordered: true, ..WahaOptions::default() }, |_| {}).await;
        house.waha.add_group(GROUP, "Choir", vec!["79111111111@c.us".into(), "79133333333@c.us".into()]);
        let bridge = house.bridge().await;
        house.waha.says_in_group(GROUP, "100000000000002@lid", "hello choir");
        house.waha.says_in_group(GROUP, "100000000000003@lid", "hello back");
        assert!(house.arrives("Alice ▸ hello choir").await, "{:?}", house.texts());
        assert!(house.arrives("Bob ▸ hello back").await);
        let groups = house.signal.groups();
        assert_eq!((groups.len(), groups[0].name.as_str()), (1, "Choir (WhatsApp)"));
        house.signal.owner_says(&groups[0].id, "hello all");
        assert!(house.waha.wait_sent(1, SOON).await);
        assert_eq!(house.waha.sent()[0].chat_id, GROUP);
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_carried_is_one_honest_line() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let wire = |message| house.waha.sends_other(ALICE, Other::Wire { message });
    wire(json!({ "imageMessage": { "caption": "only once", "viewOnce": true } }));
    wire(json!({ "messageOfTomorrow": { "text": "unknown" } }));
    house.waha.sends_other(ALICE, Other::TimerChange);
    house.waha.says(ALICE, "words");
    assert!(house.arrives("words").await);
    let once = "ⓘ a view-once message. It can be seen in WhatsApp on the phone, and only there.";
    let unknown = "ⓘ a message of a kind the bridge does not know; not carried yet";
    let expected = [once, unknown, "words"];
    assert_eq!(house.texts(), expected, "a timer change says nothing");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_control_chat_and_strangers_are_no_route() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first");
    let group = house.group_of("first").await;
    house.signal.owner_says_direct("to whom?");
    assert!(house.arrives("Nothing you write here goes to WhatsApp").await);
    let stranger = "aaaaaaaa-0000-4000-8000-000000000001";
    house.signal.stranger_says(stranger, None, "let me in");
    house.signal.stranger_says(stranger, Some(&group), "in the portal");
    house.signal.owner_sync(&group, "a sync message");
    let unknown = house.signal.add_group(simulator::signal_cli::Group { name: "Alice (WhatsApp)".into(), ..unknown() });
    house.signal.owner_says(&unknown, "in an unknown group");
    house.signal.owner_says(&group, "the only one");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent().len(), 1);
    assert_eq!(house.waha.sent()[0].text, "the only one");
    assert!(house.arrives("a group that leads to no WhatsApp chat").await, "what the owner typed there is told of");
    let calls = house.signal.calls();
    let into_unknown =
        calls.iter().filter(|(method, params)| method == "send" && params.to_string().contains(&unknown));
    assert_eq!(into_unknown.count(), 0, "the bridge says nothing in a group that is no portal");
    bridge.stop().await;
}

#[tokio::test]
async fn a_call_to_the_bridge_is_said_to_reach_nobody() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.signal.owner_calls();
    assert!(house.arrives("nobody on WhatsApp was called").await);
    house.waha.says(ALICE, "after the call");
    assert!(house.arrives("after the call").await);
    let lines = house.texts().into_iter().filter(|text| text.contains("takes no calls"));
    assert_eq!(lines.count(), 1, "what ends a call is none");
    bridge.stop().await;
}

fn unknown() -> simulator::signal_cli::Group {
    simulator::signal_cli::Group {
        id: String::new(),
        name: String::new(),
        members: vec![crate::house::OWNER.into()],
        pending: Vec::new(),
        admins: Vec::new(),
        link: None,
        permission_add_member: "EVERY_MEMBER".into(),
        permission_edit_details: "EVERY_MEMBER".into(),
        expiration: 0,
        picture: None,
        revision: 0,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_down_is_said_after_a_minute_and_its_return_once() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);

    // A short flap says nothing.
    house.waha.session_status("STARTING");
    assert!(crate::house::whatsapp_is(&bridge, false).await);
    house.waha.session_status("WORKING");
    assert!(crate::house::whatsapp_is(&bridge, true).await);

    house.waha.session_status("STARTING");
    assert!(crate::house::whatsapp_is(&bridge, false).await);
    house.waha.session_status("SCAN_QR_CODE");
    assert!(turn_until(&time, STEP, || house.find("the phone must be linked again").is_some()).await);
    time.advance(Duration::from_mins(10));
    house.waha.session_status("WORKING");
    assert!(turn_until(&time, STEP, || house.find("WhatsApp is connected again").is_some()).await);
    let notices: Vec<_> = house.texts().into_iter().filter(|text| text.starts_with('ⓘ')).collect();
    assert_eq!(notices.len(), 2, "{notices:?}");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_decrypted_is_said_unless_it_comes_again() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let group = house.find("first").unwrap().1.unwrap();
    house.signal.owner_says_garbled(&group, "comes again", true);
    house.signal.owner_says_garbled(&group, "does not", false);
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 1).await);
    let since = time.now();
    assert!(turn_until(&time, STEP, || house.find("could not be decrypted").is_some()).await);
    assert!(time.now().since(since) > Duration::from_mins(4), "the phone is given time");
    assert!(idle(&bridge).await);
    let lines = house.texts().into_iter().filter(|text| text.contains("could not be decrypted")).count();
    assert_eq!((lines, house.find("could not be decrypted").unwrap().1), (1, None), "in the control chat, and once");
    assert_eq!(house.waha.sent()[0].text, "comes again");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_whatsapp_waits_for_is_said_unless_it_comes() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let waits = |stanza: &str| {
        let payload = json!({"id": format!("false_{ALICE}_{stanza}"), "timestamp": time.now().0 / 1000, "from": ALICE,
            "fromMe": false, "body": "", "hasMedia": false, "_data": {"type": "ciphertext"}});
        house.waha.emit("message.waiting", payload.clone());
        payload
    };
    let mut comes = waits("3EB0COMES");
    let mut late = waits("3EB0LATE");
    let since = time.now();
    comes["body"] = "comes after all".into();
    house.waha.emit("message.any", comes);
    assert!(turn_until(&time, STEP, || house.find("comes after all").is_some()).await);
    assert!(turn_until(&time, STEP, || house.find("cannot decrypt").is_some()).await);
    assert!(time.now().since(since) > Duration::from_mins(4), "it is given time");
    assert!(idle(&bridge).await);
    let lines: Vec<_> = house.texts().into_iter().filter(|text| text.contains("cannot decrypt")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let (line, group) = house.find("cannot decrypt").unwrap();
    assert_eq!(group, house.find("first").unwrap().1, "in its chat");
    // As with every line of the bridge, what answers it goes to nobody.
    house.signal.owner_quotes(group.as_ref().unwrap(), "I cannot read it", line, &crate::house::bridge_aci());
    assert!(
        turn_until(&time, STEP, || house.find("is one of the bridge's own").is_some()).await,
        "{:?}",
        house.texts()
    );
    assert_eq!(house.waha.sent(), []);
    // However late it comes, it is carried.
    late["body"] = "late, and here".into();
    house.waha.emit("message.any", late);
    assert!(turn_until(&time, STEP, || house.find("late, and here").is_some()).await);
    assert!(turn_until(&time, STEP, || house.find("cannot decrypt").is_none()).await, "{:?}", house.texts());
    let came = house.signal.inbox().into_iter().find(|message| message.timestamp == line);
    assert!(came.unwrap().text.contains("has come"));
    // Also if it comes while the line is being sent.
    let mut meanwhile = waits("3EB0MEANWHILE");
    house.signal.hold_answers();
    assert!(turn_until(&time, STEP, || house.signal.held_answers() == 1).await);
    meanwhile["body"] = "in the same moment".into();
    house.waha.emit("message.any", meanwhile);
    assert!(house.waha.all_webhooks_done(SOON).await);
    house.signal.release_answers();
    assert!(turn_until(&time, STEP, || house.find("in the same moment").is_some()).await);
    assert!(turn_until(&time, STEP, || house.find("cannot decrypt").is_none()).await, "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waha_away_for_ten_minutes_loses_nothing_and_is_said_once() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let group = house.find("first").unwrap().1.unwrap();
    house.waha.stop().await;
    for n in 0..10 {
        house.signal.owner_says(&group, &format!("typed {n}"));
    }
    assert!(turn_until(&time, STEP, || house.find("WAHA does not answer").is_some()).await);
    let gone = time.now();
    assert!(turn_until(&time, Duration::from_secs(5), || time.now().since(gone) > Duration::from_mins(9)).await);
    house.waha.restart().await.unwrap();
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 10).await);
    let sent: Vec<_> = house.waha.sent().into_iter().map(|sent| sent.text).collect();
    assert_eq!(sent, (0..10).map(|n| format!("typed {n}")).collect::<Vec<_>>());
    assert!(turn_until(&time, STEP, || house.find("WhatsApp is connected again").is_some()).await);
    let notices: Vec<_> = house.texts().into_iter().filter(|text| text.starts_with('ⓘ')).collect();
    assert_eq!(notices.len(), 2, "{notices:?}");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signal_away_for_ten_minutes_loses_nothing_and_is_said_once() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    // A call that is cut would be made again.
    assert!(idle(&bridge).await);
    house.signal.stop().await;
    for n in 0..10 {
        house.waha.says(ALICE, &format!("said {n}"));
        assert!(house.waha.all_webhooks_done(SOON).await, "an outage of Signal never refuses a webhook");
    }
    let gone = time.now();
    assert!(turn_until(&time, Duration::from_secs(5), || time.now().since(gone) > Duration::from_mins(10)).await);
    house.signal.restart().await.unwrap();
    assert!(turn_until(&time, STEP, || house.find("said 9").is_some()).await);
    assert!(turn_until(&time, STEP, || house.find("could not reach Signal for").is_some()).await);
    let texts = house.texts();
    let said: Vec<_> = texts.iter().filter(|text| text.starts_with("said")).cloned().collect();
    assert_eq!(said, (0..10).map(|n| format!("said {n}")).collect::<Vec<_>>());
    assert_eq!(texts.iter().filter(|text| text.starts_with('ⓘ')).count(), 1, "{texts:?}");
    bridge.stop().await;
}

async fn after_a_day_without_waha(answer: &str) -> (House, rialto::clock::Clock, crate::house::Bridge) {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "first");
    assert!(turn_until(&time, STEP, || house.find("first").is_some()).await);
    let group = house.find("first").unwrap().1.unwrap();
    house.waha.stop().await;
    for n in 0..5 {
        house.signal.owner_says(&group, &format!("waits {n}"));
    }
    assert!(turn_until(&time, STEP, || house.find("WAHA does not answer").is_some()).await);
    time.advance(Duration::from_hours(24));
    house.waha.restart().await.unwrap();
    // Slowly: the question waits five seconds for more of it, and all five are to be held by then.
    let slowly = Duration::from_millis(40);
    assert!(turn_until(&time, slowly, || house.find("(5 so far)").is_some()).await, "{:?}", house.texts());
    assert!(house.waha.sent().is_empty(), "nothing older than an hour goes unasked");
    house.signal.owner_says_direct(answer);
    (house, time, bridge)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_old_is_asked_about_once_and_goes_in_order_on_yes() {
    let (house, time, bridge) = after_a_day_without_waha(" Send ").await;
    assert!(turn_until(&time, STEP, || house.waha.sent().len() == 5).await);
    let sent: Vec<_> = house.waha.sent().into_iter().map(|sent| sent.text).collect();
    assert_eq!(sent, (0..5).map(|n| format!("waits {n}")).collect::<Vec<_>>());
    assert_eq!(house.texts().iter().filter(|text| text.contains("so far)")).count(), 1);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_old_does_not_go_on_no() {
    let (house, time, bridge) = after_a_day_without_waha("drop").await;
    assert!(turn_until(&time, STEP, || house.find("Dropped.").is_some()).await);
    // Nothing waits any more, so the word is no answer.
    house.signal.owner_says_direct("send");
    assert!(turn_until(&time, STEP, || house.find("answer a message here by quoting it").is_some()).await);
    assert!(house.waha.sent().is_empty());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_messages_are_counted_in_one_line() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "present");
    assert!(turn_until(&time, STEP, || house.find("present").is_some()).await);
    // A week later by the bridge's clock, these are old.
    time.advance(Duration::from_hours(8 * 24));
    for n in 0..5 {
        crate::house::post_old(&bridge, &format!("old {n}"), time.now()).await;
    }
    assert!(turn_until(&time, STEP, || house.find("(5 so far)").is_some()).await, "{:?}", house.texts());
    assert!(house.find("old 0").is_none());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_number_of_a_known_lid_needs_no_second_portal() {
    let house = House::new().await;
    house.waha.add_contact(Contact { number: None, lid: Some("555000".into()), ..Contact::default() });
    let bridge = house.bridge().await;
    house.waha.says("555000@lid", "by lid only");
    let group = house.group_of("by lid only").await;
    // WAHA learns the number; the next message comes by it, without the LID.
    house.waha.add_contact(Contact {
        number: Some("79155555555".into()),
        lid: Some("555000".into()),
        ..Contact::default()
    });
    house.waha.says("79155555555@c.us", "by number");
    assert_eq!(house.group_of("by number").await, group);
    bridge.stop().await;
}
