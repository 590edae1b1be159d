//! Somebody changes the database of a stopped bridge: nobody gets what is meant for another, the owner is told, and the
//! rest goes on.

use rusqlite::Connection;
use simulator::waha::Contact;

use crate::house::{self, ALICE, BOB, Bridge, House, SOON};

const CAROL: &str = "79155555555@c.us";

/// The two rows of Alice and Bob exchange what stands in a column.
fn swap(house: &House, table: &str, column: &str) {
    let raw = Connection::open(house.store()).unwrap();
    raw.execute_batch("PRAGMA foreign_keys = OFF; DROP INDEX IF EXISTS portals_one_per_chat").unwrap();
    let sql = format!("SELECT id, {column} FROM {table} ORDER BY id LIMIT 2");
    let aside = format!("UPDATE {table} SET {column} = zeroblob(16) WHERE id = ?1");
    let mut statement = raw.prepare(&sql).unwrap();
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    // What must be unique goes by way of a value nobody has.
    raw.execute(&aside, [&rows[1].0]).unwrap();
    for (row, other) in [(0, 1), (1, 0)] {
        let sql = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
        raw.execute(&sql, (&rows[row].0, &rows[other].1)).unwrap();
    }
}

struct Three {
    house: House,
    groups: [String; 3],
}

impl Three {
    /// Three conversations of which the first two are tampered with, and a bridge that runs on them.
    async fn after(table: &str, columns: &[&str]) -> (Self, Bridge) {
        let house = House::new().await;
        house.waha.add_contact(Contact {
            number: Some("79155555555".into()),
            lid: Some("100000000000005".into()),
            name: Some("Carol".into()),
            push_name: Some("Carol".into()),
        });
        let bridge = house.bridge().await;
        let mut groups = Vec::new();
        for (person, hello) in [(ALICE, "hello from alice"), (BOB, "hello from bob"), (CAROL, "hello from carol")] {
            house.waha.says(person, hello);
            groups.push(house.group_of(hello).await);
        }
        assert!(house::idle(&bridge).await);
        bridge.stop().await;
        for column in columns {
            swap(&house, table, column);
        }
        let bridge = house.bridge().await;
        (Self { house, groups: groups.try_into().unwrap() }, bridge)
    }

    /// The owner types in all three groups; Carol alone gets something.
    async fn only_carol_is_sent_to(&self) {
        let Self { house, groups } = self;
        for (group, text) in groups.iter().zip(["to alice", "to bob", "to carol"]) {
            house.signal.owner_says(group, text);
        }
        assert!(house.waha.wait_until(SOON, |waha| waha.delivered().iter().any(|sent| sent.text == "to carol")).await);
    }

    async fn told(&self, words: &str, times: usize) {
        let count = |s: &simulator::signal_cli::SignalCli| s.inbox().iter().filter(|m| m.text.contains(words)).count();
        assert!(self.house.signal.wait_until(SOON, |s| count(s) == times).await, "{:#?}", self.house.texts());
    }

    /// Carol's is the one message that WhatsApp has, and her conversation goes on.
    async fn rest_goes_on(&self, bridge: Bridge) {
        let Self { house, groups } = self;
        house.waha.says(CAROL, "carol again");
        assert_eq!(house.group_of("carol again").await, groups[2]);
        assert!(house::idle(&bridge).await);
        let sent: Vec<_> = house.waha.delivered().into_iter().map(|sent| (sent.chat_id, sent.text)).collect();
        assert_eq!(sent, [(CAROL.to_owned(), "to carol".to_owned())]);
        bridge.stop().await;
    }
}

/// Something the owner wrote on the phone, which WhatsApp has.
fn echo(chat: &str) -> String {
    let now = rialto::clock::Clock::system().now().0;
    let event = serde_json::json!({
        "id": "evt_echo", "timestamp": now, "event": "message.any", "session": "default",
        "payload": {"id": format!("true_{chat}_3EB0EC00000000000001"), "timestamp": now / 1000, "from": chat,
            "fromMe": true, "source": "app", "body": "on the phone", "hasMedia": false, "ack": 1},
        "environment": {"engine": "NOWEB"},
    });
    event.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapped_addresses_send_nothing_to_the_other() {
    let (three, bridge) = Three::after("chats", &["address"]).await;
    three.only_carol_is_sent_to().await;
    three.told("where this conversation leads cannot be read any more", 2).await;
    assert!(house::health_shows(&bridge.admin, &[("/channels/0/counters/tampered", 2.into())]).await);
    three.rest_goes_on(bridge).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapped_people_are_not_taken_for_each_other() {
    let (three, bridge) = Three::after("chats", &["identity"]).await;
    three.house.waha.says(ALICE, "alice again");
    three.house.waha.says(BOB, "bob again");
    three.told("which conversation it belongs to cannot be read any more", 2).await;
    assert!(!three.house.texts().iter().any(|text| text.contains("again")), "{:#?}", three.house.texts());
    assert!(house::health_shows(&bridge.admin, &[("/channels/0/counters/tampered", 2.into())]).await);
    // What comes a second time is taken like the first, or WAHA would bring it for hours.
    for _ in 0..2 {
        assert_eq!(house::post(&bridge, echo(ALICE)).await, 200);
    }
    three.house.signal.owner_says(&three.groups[2], "to carol");
    assert!(three.house.waha.wait_until(SOON, |waha| !waha.delivered().is_empty()).await);
    three.rest_goes_on(bridge).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapped_groups_carry_nothing_either_way() {
    for columns in [&["group_id"][..], &["chat"], &["chat", "tie"]] {
        let (three, bridge) = Three::after("portals", columns).await;
        three.only_carol_is_sent_to().await;
        three.told("written in a group that leads to no WhatsApp chat", 2).await;
        three.house.waha.says(ALICE, "alice again");
        three.house.waha.says(BOB, "bob again");
        three.told("which conversation it belongs to cannot be read any more", 2).await;
        assert!(!three.house.texts().iter().any(|text| text.contains("again")), "{:#?}", three.house.texts());
        three.rest_goes_on(bridge).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_that_was_moved_to_another_chat_is_not_sent() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello from alice");
    house.waha.says(BOB, "hello from bob");
    let alice = house.group_of("hello from alice").await;
    house.group_of("hello from bob").await;
    assert!(house::idle(&bridge).await);
    house.waha.session_status("STARTING");
    assert!(house::whatsapp_is(&bridge, false).await);
    house.signal.owner_says(&alice, "to alice");
    let waits = [("/channels/0/queue/pending", 1.into())];
    assert!(house::health_shows(&bridge.admin, &waits).await);
    bridge.stop().await;
    let moved = "UPDATE deliveries SET chat = (SELECT id FROM chats WHERE id <> deliveries.chat)
                 WHERE direction = 'to_whatsapp'";
    assert_eq!(Connection::open(house.store()).unwrap().execute(moved, []).unwrap(), 1);
    house.waha.session_status("WORKING");
    let bridge = house.bridge().await;
    assert!(house.arrives("where this conversation leads cannot be read any more").await);
    assert!(house.waha.delivered().is_empty());
    bridge.stop().await;
}
