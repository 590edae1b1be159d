//! A chat is forgotten: all of it is gone, nothing of it is sent any more, and others are as they were.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::backup::{refused, rialto_with, succeeds};
use crate::house::{
    ALICE, BOB, Bridge, House, Process, SOON, bridge_aci, clock, health_shows, idle, idle_at, turn_until,
};
use rialto::clock::Clock;
use simulator::signal_cli::SignalOptions;
use simulator::waha::{Contact, WahaFault};

const STEP: Duration = Duration::from_millis(200);
const NUMBER: &str = "+79111111111";
const CARL: &str = "79144444444@c.us";

fn reader(store: &Path) -> Connection {
    Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// What is kept of the one chat whose oldest message is the oldest of all: sealed values, index values and ids.
fn kept(store: &Path) -> Vec<Vec<u8>> {
    let connection = reader(store);
    let chat: Vec<u8> =
        connection.query_row("SELECT chat FROM messages ORDER BY at LIMIT 1", [], |row| row.get(0)).unwrap();
    let of_messages = "FROM message_parts p JOIN messages m ON m.id = p.message WHERE m.chat = ?1";
    let of_person = "FROM addresses a JOIN chats c ON c.identity = a.identity WHERE c.id = ?1";
    let mut all = Vec::new();
    for sql in [
        "SELECT id FROM chats WHERE id = ?1".to_owned(),
        "SELECT address FROM chats WHERE id = ?1".to_owned(),
        "SELECT identity FROM chats WHERE id = ?1".to_owned(),
        "SELECT id FROM messages WHERE chat = ?1".to_owned(),
        format!("SELECT p.digest {of_messages}"),
        format!("SELECT p.value {of_messages}"),
        format!("SELECT a.digest {of_person}"),
        format!("SELECT a.address {of_person}"),
        "SELECT digest FROM portals WHERE chat = ?1".to_owned(),
        "SELECT group_id FROM portals WHERE chat = ?1".to_owned(),
        "SELECT event FROM deliveries WHERE chat = ?1".to_owned(),
        "SELECT digest FROM notices WHERE chat = ?1".to_owned(),
        "SELECT digest FROM floods WHERE chat = ?1".to_owned(),
        "SELECT digest FROM edits WHERE ?1 IS NOT NULL".to_owned(),
    ] {
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([&chat], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        let found: Vec<_> = rows.map(Result::unwrap).collect();
        assert!(!found.is_empty(), "there is something of each kind: {sql}");
        all.extend(found);
    }
    all
}

fn left_of(store: &Path, kept: &[Vec<u8>]) -> Vec<String> {
    let contains = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let files = ["", "-wal"].map(|end| std::fs::read(format!("{}{end}", store.display())).unwrap_or_default());
    let find = |value: &&Vec<u8>| files.iter().any(|bytes| contains(bytes, value));
    kept.iter().filter(find).map(|value| format!("{value:02x?}")).collect()
}

fn members(house: &House, group: &str) -> (Vec<String>, Vec<String>) {
    let group = house.signal.groups().into_iter().find(|found| found.id == group).unwrap();
    (group.members, group.admins)
}

fn told(house: &House) -> Option<String> {
    house.texts().into_iter().find(|text| text.contains("A chat is forgotten, as you asked"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_a_chat_is_gone_and_the_others_are_as_they_were() {
    let house = House::new().await;
    let (process, admin) = Process::of(&house, "info").await;
    let first = house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    house.waha.replies(ALICE, None, "a reply", &first);
    let typed = house.signal.owner_says(&alice, "for alice");
    assert!(house.waha.wait_sent(1, SOON).await && idle_at(&admin).await);
    house.signal.owner_edits(Some(&alice), typed, "for alice, edited");
    house.waha.reacts(ALICE, None, &first, "👍");
    let reacted = || house.signal.inbox().iter().any(|message| message.reactions.bridge.is_some());
    let changed = |_: &_| !house.waha.changes_made().is_empty() && reacted();
    assert!(house.signal.wait_until(SOON, changed).await && idle_at(&admin).await);
    house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    house.signal.owner_says(&alice, "refused");
    assert!(house.arrives("WhatsApp refused this message").await);
    house.waha.says(BOB, "from bob");
    let bob = house.group_of("from bob").await;
    assert!(idle_at(&admin).await);
    let kept = kept(&house.store());

    let config = process.config().to_owned();
    let nobody = rialto_with(&config, "forget", Path::new("+79999999999"));
    refused(&nobody, &["nothing is kept of this chat"]);
    let said = succeeds(&rialto_with(&config, "forget", Path::new(NUMBER)));
    assert!(said.contains("forgotten") && said.contains("WAHA's store") && !said.contains("7911"), "{said}");
    assert!(house.arrives("A chat is forgotten").await && idle_at(&admin).await);
    assert!(
        told(&house).unwrap().contains("Gone with it: 1 of your messages that were not sent."),
        "{:?}",
        told(&house)
    );
    assert_eq!(left_of(&house.store(), &kept), Vec::<String>::new());
    let account = SignalOptions::default().account_aci;
    let (left, heirs) = members(&house, &alice);
    assert!(!left.contains(&account) && heirs == [crate::house::OWNER], "{left:?} {heirs:?}");
    assert!(members(&house, &bob).0.contains(&account));

    // What came before does not come back as new; what is typed in the old group goes to nobody, and is said.
    house.signal.owner_says(&alice, "typed in the old group");
    assert!(house.arrives("leads to no WhatsApp chat").await);
    house.waha.says(ALICE, "alice again");
    assert_ne!(house.group_of("alice again").await, alice);
    house.signal.owner_says(&bob, "for bob");
    assert!(house.waha.wait_sent(2, SOON).await);
    let sent: Vec<_> = house.waha.delivered().into_iter().map(|sent| sent.text).collect();
    assert_eq!(sent, ["for alice", "for bob"]);
}

async fn ask(house: &House, bridge: &Bridge, time: &Clock) {
    house.signal.owner_says_direct(&format!("Forget {NUMBER}"));
    assert!(turn_until(time, STEP, || house.find(&format!("Forget {NUMBER}? Everything")).is_some()).await);
    assert!(idle(bridge).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_waits_is_sent_and_a_call_that_is_open_ends_first() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    assert!(idle(&bridge).await);
    ask(&house, &bridge, &time).await;
    house.waha.fault(WahaFault::HangBeforeSend { times: 1 });
    house.signal.owner_says(&alice, "in flight");
    house.signal.owner_says(&alice, "behind it");
    let queue = [("/channels/0/queue/pending", 1.into()), ("/channels/0/queue/in_flight", 1.into())];
    assert!(health_shows(&bridge.admin, &queue).await);
    house.signal.owner_says_direct("yes");
    assert!(health_shows(&bridge.admin, &[queue[1].clone(), ("/channels/0/queue/pending", 0.into())]).await);
    assert!(told(&house).is_none(), "the open call is waited for");
    house.waha.stop().await;
    house.waha.restart().await.unwrap();
    assert!(turn_until(&time, STEP, || told(&house).is_some()).await, "{:?}", house.texts());
    let said = told(&house).unwrap();
    assert!(
        said.contains("1 of your messages that were not sent. Gone with it: 1 of your messages that may"),
        "{said}"
    );
    house.waha.says(ALICE, "alice again");
    assert!(turn_until(&time, STEP, || house.find("alice again").is_some()).await);
    assert!(idle(&bridge).await && house.waha.delivered().is_empty());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_control_chat_a_quote_names_the_chat_and_yes_counts_only_after_the_question() {
    let (house, time) = (House::new().await, clock());
    house.waha.add_contact(Contact {
        number: Some("79144444444".into()),
        push_name: Some("Carl".into()),
        ..Contact::default()
    });
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace("\"portal\"", "\"hybrid\"");
    let bridge = house.bridge_as(time.clone(), &toml).await;
    house.waha.says(CARL, "from carl");
    house.waha.says(BOB, "from bob");
    assert!(house.arrives("from carl").await && house.arrives("from bob").await && idle(&bridge).await);
    house.signal.owner_says_direct("yes");
    assert!(house.arrives("Nothing you write here goes to WhatsApp").await);
    house.signal.owner_says_direct("forget");
    assert!(house.arrives("Nothing is forgotten").await);

    let carl = house.find("from carl").unwrap().0;
    let asks =
        |times: usize| house.texts().iter().filter(|text| text.contains("Forget +79144444444?")).count() == times;
    house.signal.owner_quotes_direct("forget", carl, &bridge_aci());
    assert!(turn_until(&time, STEP, || asks(1)).await, "{:?}", house.texts());
    // Too late.
    time.advance(Duration::from_mins(11));
    house.signal.owner_says_direct("yes");
    assert!(idle(&bridge).await);
    house.signal.owner_quotes_direct("forget", carl, &bridge_aci());
    assert!(turn_until(&time, STEP, || asks(2)).await && told(&house).is_none());
    house.signal.owner_says_direct("Yes");
    assert!(turn_until(&time, STEP, || told(&house).is_some()).await);
    // The quote leads nowhere any more, and to nobody else.
    house.signal.owner_quotes_direct("for carl", carl, &bridge_aci());
    assert!(turn_until(&time, STEP, || house.find("the message you quoted is one of").is_some()).await);
    let chats: i64 = reader(&house.store()).query_row("SELECT count(*) FROM chats", [], |row| row.get(0)).unwrap();
    assert!(chats == 1 && house.waha.sent().is_empty(), "{chats}");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_is_idle_for_as_long_as_is_configured_is_forgotten_and_said() {
    const DAY: Duration = Duration::from_hours(24);
    let (house, time) = (House::new().await, clock());
    let idle_for = "[retention]\nidle_portals = \"1y\"\n";
    let bridge = house.bridge_more(idle_for, time.clone()).await;
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    house.waha.says(BOB, "from bob");
    let bob = house.group_of("from bob").await;
    assert!(idle(&bridge).await);
    bridge.stop().await;

    time.advance(DAY * 360);
    let bridge = house.bridge_more(idle_for, time.clone()).await;
    house.signal.owner_says(&bob, "for bob");
    assert!(turn_until(&time, STEP, || house.find("Write send here").is_some()).await);
    house.signal.owner_says_direct("drop");
    assert!(turn_until(&time, STEP, || house.find("Nothing of what waited goes").is_some()).await);
    assert!(idle(&bridge).await);
    bridge.stop().await;

    let account = SignalOptions::default().account_aci;
    assert!(members(&house, &alice).0.contains(&account));
    time.advance(DAY * 10);
    let bridge = house.bridge_more(idle_for, time.clone()).await;
    let said = "A chat in which nobody had written for long is forgotten";
    assert!(turn_until(&time, STEP, || house.find(said).is_some()).await, "{:?}", house.texts());
    assert!(idle(&bridge).await);
    assert!(!members(&house, &alice).0.contains(&account) && members(&house, &bob).0.contains(&account));
    assert_eq!(house.texts().iter().filter(|text| text.contains("is forgotten")).count(), 1);
    bridge.stop().await;
}
