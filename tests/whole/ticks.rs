//! Ticks: what was read on one side is shown as read on the other; nothing else, nowhere else, and not again and again.

use std::time::Duration;

use rialto::clock::Clock;
use rusqlite::Connection;
use serde_json::Value;
use simulator::signal_cli::{SignalFault, SignalOptions};
use simulator::waha::{Contact, Engine, Other, Seen, WahaFault, WahaOptions};

use crate::house::{ALICE, BOB, Bridge, House, OWNER, SOON, bridge_aci, clock, idle, turn_until, whatsapp_is};

const STEP: Duration = Duration::from_millis(100);
const GROUP: &str = "120363020000000001@g.us";

/// The calls that said that something was read, by the timestamps in each.
fn receipts(house: &House) -> Vec<Vec<i64>> {
    let calls = house.signal.calls().into_iter().filter(|(method, _)| method == "sendReceipt");
    calls
        .map(|(_, params)| {
            assert_eq!((params["recipient"].as_str(), params["type"].as_str()), (Some(OWNER), Some("read")));
            params["targetTimestamp"].as_array().unwrap().iter().filter_map(Value::as_i64).collect()
        })
        .collect()
}

/// A bridge with more in its channel.
async fn bridge(house: &House, time: &Clock, more: &str) -> Bridge {
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    house
        .bridge_as(
            time.clone(),
            &toml.replace("conversation = \"portal\"", &format!("conversation = \"portal\"\n{more}")),
        )
        .await
}

/// What somebody writes, and its timestamp in Signal.
async fn says(house: &House, time: &Clock, chat: &str, text: &str) -> (String, i64, String) {
    let stanza = house.waha.says(chat, text);
    assert!(turn_until(time, STEP, || house.find(text).is_some()).await, "{text}");
    let (at, group) = house.find(text).unwrap();
    (stanza, at, group.unwrap())
}

/// What the owner writes, and its id on WhatsApp.
async fn typed(house: &House, bridge: &Bridge, group: &str, text: &str) -> (i64, String) {
    let before = house.waha.sent().len();
    let at = house.signal.owner_says(group, text);
    assert!(house.waha.wait_sent(before + 1, SOON).await && idle(bridge).await);
    (at, house.waha.sent()[before].stanza.clone())
}

fn seen(house: &House) -> Vec<(String, Vec<String>)> {
    let bare = |seen: &Seen| (seen.chat_id.clone(), seen.stanzas().into_iter().map(str::to_owned).collect());
    house.waha.seen().iter().map(bare).collect()
}

fn one(chat: &str, stanzas: &[&str]) -> (String, Vec<String>) {
    (chat.to_owned(), stanzas.iter().map(|stanza| (*stanza).to_owned()).collect())
}

/// How often it is still tried to tell WhatsApp of each message.
fn tries(house: &House) -> Vec<i64> {
    let database = Connection::open(house.store()).unwrap();
    let mut statement = database.prepare("SELECT tries FROM ticks WHERE direction = 'to_whatsapp'").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

async fn acks(house: &House, chat: &str, stanza: &str, level: i8) {
    house.waha.acks(chat, stanza, level);
    assert!(house.waha.all_webhooks_done(SOON).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_on_one_side_is_shown_on_the_other_and_nothing_else() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = House::with(WahaOptions { engine, ordered: true, ..WahaOptions::default() }, |_| {}).await;
        let time = clock();
        let bridge = bridge(&house, &time, "").await;
        let (first, first_at, alice) = says(&house, &time, ALICE, "alice first").await;
        let (second, second_at, _) = says(&house, &time, ALICE, "alice second").await;
        let (_, third_at, _) = says(&house, &time, ALICE, "alice third").await;
        let (of_bob, bob_at, _) = says(&house, &time, BOB, "bob first").await;
        house.waha.owner_says(ALICE, "from the phone");
        assert!(turn_until(&time, STEP, || house.find("from the phone").is_some()).await);
        let (own_at, _) = house.find("from the phone").unwrap();

        // One of them stays unread, and that a device has it says nothing.
        house.signal.owner_device_delivered(&[third_at]);
        house.signal.owner_reads(&[first_at, bob_at, own_at, 1]);
        house.signal.owner_reads(&[second_at]);
        house.signal.owner_reads(&[second_at]);
        assert!(turn_until(&time, STEP, || house.waha.seen().len() >= 2).await);
        let mut both = seen(&house);
        both.sort();
        assert_eq!(both, [one(ALICE, &[&first, &second]), one(BOB, &[&of_bob])], "{engine:?}");
        let full = &house.waha.seen().into_iter().find(|seen| seen.chat_id == BOB).unwrap().message_ids;
        assert_eq!(*full, [format!("false_{BOB}_{of_bob}")]);

        let (at, stanza) = typed(&house, &bridge, &alice, "at nine").await;
        let (later, later_stanza) = typed(&house, &bridge, &alice, "at ten").await;
        let (_, unread) = typed(&house, &bridge, &alice, "at eleven").await;
        acks(&house, ALICE, &unread, 2).await;
        acks(&house, ALICE, &stanza, 3).await;
        acks(&house, ALICE, &stanza, 4).await;
        acks(&house, ALICE, &later_stanza, 3).await;
        assert!(turn_until(&time, STEP, || !receipts(&house).is_empty()).await);
        assert!(turn_until(&time, STEP, || receipts(&house).concat().len() >= 2).await);
        acks(&house, ALICE, &unread, 3).await;
        assert!(turn_until(&time, STEP, || receipts(&house).concat().len() >= 3).await);
        assert_eq!(receipts(&house).concat()[..2], [at, later], "{engine:?}");
        assert!(idle(&bridge).await);
        assert_eq!((house.waha.seen_asked(), house.texts().len()), (2, 5), "{:?}", house.texts());
        bridge.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_group_the_first_reader_counts_and_each_author_is_named() {
    let house = House::new().await;
    let (time, members) = (clock(), ["100000000000002@lid", "100000000000003@lid"]);
    house.waha.add_group(GROUP, "Climbing", members.map(str::to_owned).to_vec());
    let bridge = bridge(&house, &time, "").await;
    let (mut stanzas, mut read) = (Vec::new(), Vec::new());
    for (member, text) in members.iter().zip(["of the one", "of the other"]) {
        stanzas.push(house.waha.says_in_group(GROUP, member, text));
        assert!(turn_until(&time, STEP, || house.find(text).is_some()).await);
        read.push(house.find(text).unwrap().0);
    }
    house.signal.owner_reads(&read);
    assert!(turn_until(&time, STEP, || !house.waha.seen().is_empty()).await);
    let ids: Vec<_> =
        stanzas.iter().zip(members).map(|(stanza, member)| format!("false_{GROUP}_{stanza}_{member}")).collect();
    assert_eq!(house.waha.seen(), [Seen { chat_id: GROUP.into(), message_ids: ids }]);

    let group = house.find("of the one").unwrap().1.unwrap();
    let (at, stanza) = typed(&house, &bridge, &group, "who comes?").await;
    let (next, next_stanza) = typed(&house, &bridge, &group, "and who not?").await;
    acks(&house, GROUP, &stanza, 3).await;
    assert!(turn_until(&time, STEP, || receipts(&house) == [[at]]).await);
    // Everybody else reads it too, and something else.
    acks(&house, GROUP, &stanza, 4).await;
    acks(&house, GROUP, &next_stanza, 3).await;
    assert!(turn_until(&time, STEP, || receipts(&house).len() > 1).await);
    assert_eq!(receipts(&house), [[at], [next]]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_group_all_can_be_waited_for() {
    let house = House::new().await;
    let (time, [one, other]) = (clock(), ["100000000000002@lid", "100000000000003@lid"]);
    let owner = "100000000000001@lid";
    house.waha.add_group(GROUP, "Climbing", [one, owner, other].map(str::to_owned).to_vec());
    let bridge = bridge(&house, &time, "ticks_in_groups = \"all\"").await;
    house.waha.says_in_group(GROUP, one, "who comes?");
    assert!(turn_until(&time, STEP, || house.find("who comes?").is_some()).await);
    let group = house.find("who comes?").unwrap().1.unwrap();
    let (first_at, first) = typed(&house, &bridge, &group, "I do").await;
    let (next_at, next) = typed(&house, &bridge, &group, "with a rope").await;
    // Of the first one has read it, and once more; of the next one has, and somebody else.
    house.waha.acks_of(GROUP, one, &first, 3);
    house.waha.acks_of(GROUP, one, &first, 4);
    house.waha.acks_of(GROUP, one, &next, 3);
    house.waha.acks_of(GROUP, "79155555555@c.us", &next, 3);
    assert!(house.waha.all_webhooks_done(SOON).await);
    let since = time.now();
    assert!(turn_until(&time, STEP, || time.now().since(since) > Duration::from_mins(1)).await);
    assert_eq!(receipts(&house), [[0; 0]; 0], "that is nobody of the group");
    // Somebody has joined meanwhile.
    let third = "100000000000004@lid";
    house.waha.add_group(GROUP, "Climbing", [one, owner, other, third].map(str::to_owned).to_vec());
    house.waha.acks_of(GROUP, other, &next, 3);
    assert!(house.waha.all_webhooks_done(SOON).await);
    let since = time.now();
    assert!(turn_until(&time, STEP, || time.now().since(since) > Duration::from_mins(1)).await);
    assert_eq!(receipts(&house), [[0; 0]; 0], "that one has not read it");
    house.waha.acks_of(GROUP, third, &next, 3);
    assert!(turn_until(&time, STEP, || !receipts(&house).is_empty()).await);
    assert_eq!(receipts(&house), [[next_at]]);
    bridge.stop().await;

    // What was read before a restart is known after it.
    let bridge = self::bridge(&house, &time, "ticks_in_groups = \"all\"").await;
    house.waha.acks_of(GROUP, other, &first, 3);
    house.waha.acks_of(GROUP, third, &first, 3);
    assert!(turn_until(&time, STEP, || receipts(&house).len() > 1).await);
    assert_eq!(receipts(&house), [[next_at], [first_at]]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_can_be_switched_off_and_a_chat_kept_out() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "ticks = \"off\"\nseen = false").await;
    let (_, unseen_at, alice) = says(&house, &time, ALICE, "alice first").await;
    let (_, stanza) = typed(&house, &bridge, &alice, "at nine").await;
    house.signal.owner_reads(&[unseen_at]);
    acks(&house, ALICE, &stanza, 3).await;
    says(&house, &time, ALICE, "alice second").await;
    bridge.stop().await;

    // What was read while it was off stays so. Alice is named by her number, and Bob by what her messages do not bear.
    let more = "ticks = \"delivered\"\nseen_not = [\"100000000000002@lid\"]";
    let bridge = self::bridge(&house, &time, more).await;
    let (_, alice_at, _) = says(&house, &time, ALICE, "alice third").await;
    let (of_bob, bob_at, _) = says(&house, &time, BOB, "bob first").await;
    house.signal.owner_reads(&[alice_at, bob_at]);
    assert!(turn_until(&time, STEP, || !house.waha.seen().is_empty()).await);
    let (at, stanza) = typed(&house, &bridge, &alice, "at ten").await;
    acks(&house, ALICE, &stanza, 2).await;
    assert!(turn_until(&time, STEP, || receipts(&house) == [[at]]).await, "{:?}", receipts(&house));
    assert_eq!(seen(&house), [one(BOB, &[&of_bob])]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_knows_whether_somebody_is_kept_out_nothing_is_shown() {
    let house = House::new().await;
    let time = clock();
    house.waha.add_contact(Contact { number: Some("79155555555".into()), lid: None, name: None, push_name: None });
    let bridge = bridge(&house, &time, "seen_not = [\"100000000000009@lid\"]").await;
    let (_, at, _) = says(&house, &time, "79155555555@c.us", "who is it?").await;
    let (of_bob, bob_at, _) = says(&house, &time, BOB, "bob first").await;
    house.signal.owner_reads(&[at, bob_at]);
    assert!(turn_until(&time, STEP, || !house.waha.seen().is_empty()).await);
    assert_eq!((seen(&house), house.waha.seen_asked()), (vec![one(BOB, &[&of_bob])], 1));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_would_mark_the_whole_chat_is_not_asked() {
    let options = WahaOptions { ordered: true, version: "2025.4.1".into(), ..WahaOptions::default() };
    let house = House::with(options, |_| {}).await;
    let time = clock();
    let bridge = bridge(&house, &time, "").await;
    let (_, at, alice) = says(&house, &time, ALICE, "alice first").await;
    house.signal.owner_reads(&[at]);
    let (at, stanza) = typed(&house, &bridge, &alice, "at nine").await;
    acks(&house, ALICE, &stanza, 3).await;
    assert!(turn_until(&time, STEP, || receipts(&house) == [[at]]).await);
    assert!(turn_until(&time, STEP, || tries(&house) == [0]).await);
    assert_eq!(house.waha.seen_asked(), 0);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_told_is_told_after_a_restart_and_not_for_ever() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "").await;
    let (first, at, alice) = says(&house, &time, ALICE, "alice first").await;
    let (typed_at, stanza) = typed(&house, &bridge, &alice, "at nine").await;
    house.waha.fault(WahaFault::SeenFails { times: 1 });
    house.signal.fault(SignalFault::ReceiptFails { code: -1, times: 1 });
    house.signal.owner_reads(&[at]);
    acks(&house, ALICE, &stanza, 3).await;
    let tried = || house.waha.seen_asked() == 1 && receipts(&house).len() == 1;
    assert!(turn_until(&time, STEP, tried).await);
    bridge.stop().await;

    let bridge = self::bridge(&house, &time, "").await;
    assert!(turn_until(&time, STEP, || house.waha.seen_asked() == 2 && receipts(&house).len() == 2).await);
    assert_eq!((seen(&house), receipts(&house)), (vec![one(ALICE, &[&first])], vec![vec![typed_at]; 2]));
    says(&house, &time, ALICE, "alice second").await;
    bridge.stop().await;

    // Once it is told it stays so; and what fails each time is given up.
    house.waha.fault(WahaFault::SeenFails { times: 100 });
    house.signal.fault(SignalFault::ReceiptFails { code: -3, times: 100 });
    let bridge = self::bridge(&house, &time, "").await;
    let (_, at, _) = says(&house, &time, ALICE, "alice third").await;
    let (_, stanza) = typed(&house, &bridge, &alice, "at ten").await;
    house.signal.owner_reads(&[at]);
    acks(&house, ALICE, &stanza, 3).await;
    assert!(turn_until(&time, Duration::from_secs(1), || house.waha.seen_asked() == 7).await);
    assert!(turn_until(&time, Duration::from_secs(1), || receipts(&house).len() == 7).await);
    time.advance(Duration::from_hours(1));
    says(&house, &time, ALICE, "alice fourth").await;
    assert_eq!((house.waha.seen_asked(), receipts(&house).len(), seen(&house).len()), (7, 7, 1));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_side_that_is_away_costs_no_attempt() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "").await;
    let (first, at, _) = says(&house, &time, ALICE, "alice first").await;
    house.waha.session_status("STARTING");
    assert!(whatsapp_is(&bridge, false).await);
    house.signal.owner_reads(&[at]);
    assert!(turn_until(&time, STEP, || tries(&house) == [5]).await);
    time.advance(Duration::from_mins(30));
    assert_eq!((house.waha.seen_asked(), tries(&house)), (0, vec![5]));
    house.waha.session_status("WORKING");
    assert!(turn_until(&time, STEP, || seen(&house) == [one(ALICE, &[&first])]).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_changed_hands_is_not_told() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "").await;
    let (_, at, _) = says(&house, &time, ALICE, "from the first").await;
    house.waha.add_contact(Contact {
        number: Some("79111111111".into()),
        lid: Some("100000000000009".into()),
        name: None,
        push_name: Some("Somebody else".into()),
    });
    says(&house, &time, ALICE, "from the second").await;
    house.signal.owner_reads(&[at]);
    let (of_bob, bob_at, _) = says(&house, &time, BOB, "bob first").await;
    house.signal.owner_reads(&[bob_at]);
    assert!(turn_until(&time, STEP, || !house.waha.seen().is_empty()).await);
    assert_eq!(seen(&house), [one(BOB, &[&of_bob])]);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_read_the_words_has_not_seen_the_file() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "").await;
    house.waha.hold_files(true);
    let stanza = house.waha.sends_file(
        ALICE,
        None,
        Other::Image { caption: Some("words".into()) },
        b"\xff\xd8\xff\xe0\0\x10JFIF",
    );
    assert!(turn_until(&time, Duration::from_secs(1), || house.find("words").is_some()).await);
    let (words, _) = house.find("words").unwrap();
    house.signal.owner_reads(&[words]);
    let (of_bob, bob_at, _) = says(&house, &time, BOB, "bob first").await;
    house.signal.owner_reads(&[bob_at]);
    assert!(turn_until(&time, STEP, || seen(&house) == [one(BOB, &[&of_bob])]).await);
    house.waha.hold_files(false);
    assert!(turn_until(&time, STEP, || house.signal.inbox().len() == 3).await);
    assert!(idle(&bridge).await);
    house.signal.owner_reads(&[words]);
    house.signal.owner_reads(&[house.signal.inbox()[2].timestamp]);
    assert!(turn_until(&time, STEP, || house.waha.seen().len() == 2).await);
    assert_eq!(seen(&house)[1], one(ALICE, &[&stanza]));
    bridge.stop().await;
}

/// As in `proof`, with a receipt that is sent while the call is open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_of_the_bridge_clouds_no_proof() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "").await;
    let (_, _, alice) = says(&house, &time, ALICE, "alice first").await;
    let (_, stanza) = typed(&house, &bridge, &alice, "at nine").await;
    time.advance(Duration::from_mins(11));
    house.signal.set_time(time.now().0 + 50);
    house.signal.hold_answers();
    house.signal.fault(SignalFault::AfterUpload { times: 1 });
    house.waha.says(ALICE, "alice second");
    assert!(house.signal.wait_until(SOON, |signal| signal.held_answers() == 1).await);
    acks(&house, ALICE, &stanza, 3).await;
    assert!(turn_until(&time, STEP, || receipts(&house).len() == 1).await);
    time.advance(Duration::from_secs(1));
    house.signal.release_answers();
    says(&house, &time, ALICE, "alice third").await;
    let second: Vec<_> = house.texts().into_iter().filter(|text| text.contains("alice second")).collect();
    assert_eq!(second, ["alice second"], "once and unmarked");
    assert_eq!(SignalOptions::default().account_aci, bridge_aci());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_the_chat_open_reads_before_it_is_written_down() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "").await;
    let (_, _, alice) = says(&house, &time, ALICE, "alice first").await;
    house.signal.hold_answers();
    let stanza = house.waha.says(ALICE, "alice second");
    assert!(house.arrives("alice second").await);
    house.signal.owner_reads(&[house.find("alice second").unwrap().0]);
    // What the owner writes after that is read after it.
    let before = house.waha.sent().len();
    house.signal.owner_says(&alice, "I have read it");
    assert!(house.waha.wait_sent(before + 1, SOON).await);
    house.signal.release_answers();
    assert!(turn_until(&time, STEP, || seen(&house) == [one(ALICE, &[&stanza])]).await);
    bridge.stop().await;
}

/// WAHA can say that it was read before it has answered the call that sent it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_it_before_the_answer_comes_has_read_it() {
    let house = House::new().await;
    let time = clock();
    let bridge = bridge(&house, &time, "").await;
    let (_, _, alice) = says(&house, &time, ALICE, "alice first").await;
    house.waha.fault(WahaFault::EchoBeforeAnswer { delay: Duration::from_millis(300) });
    let at = house.signal.owner_says(&alice, "at nine");
    assert!(house.waha.wait_sent(1, SOON).await);
    house.waha.acks(ALICE, &house.waha.sent()[0].stanza, 3);
    assert!(turn_until(&time, STEP, || receipts(&house) == [[at]]).await);
    bridge.stop().await;
}
