//! The way back from a backup: what the world did since must not lead to doubles or to a wrong place.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rialto::clock::{Clock, Moment};
use rialto::config::Config;
use rialto::event::Address;
use rialto::store::Store;
use simulator::waha::Contact;

use crate::backup::{refused, rialto, rialto_with, succeeds};
use crate::house::{self, ALICE, BOB, House, Process, SOON};

const CAROL: &str = "79155555555@c.us";
const DAVE: &str = "79177777777@c.us";

fn add_contacts(house: &House) {
    for (number, lid, name) in [("79155555555", "100000000000005", "Carol"), ("79177777777", "100000000000007", "Dave")]
    {
        let (number, lid, name) = (Some(number.into()), Some(lid.into()), Some(name.into()));
        house.waha.add_contact(Contact { number, lid, name: name.clone(), push_name: name });
    }
}

/// As if the bridge had been making Dave's group when the backup was made, and did not know what came of it.
async fn leave_an_intent(house: &House, backup: &Path) {
    let store = Store::open(backup, &house.config().encryption).unwrap();
    let known = house.signal.groups().into_iter().map(|group| rialto::event::GroupId::new(group.id)).collect();
    let job = move |tx: &rialto::store::Tx<'_>| {
        let (channel, now) = (tx.channel("home", Moment(0))?, Clock::system().now());
        let chat = tx.resolve(channel, &Address::parse(DAVE).unwrap(), None, now)?.chat;
        tx.open_intent(channel, chat, known, now).map(drop)
    };
    store.write(job).await.unwrap();
    store.close();
}

fn sent(house: &House, text: &str) -> Vec<String> {
    house.waha.delivered().into_iter().filter(|sent| sent.text == text).map(|sent| sent.chat_id).collect()
}

/// The groups in which exactly this text was shown.
fn shown(house: &House, text: &str) -> Vec<Option<String>> {
    house.signal.inbox().into_iter().filter(|message| message.text == text).map(|message| message.group_id).collect()
}

async fn is_sent(house: &House, text: &str) -> bool {
    house.waha.wait_until(SOON, |_| !sent(house, text).is_empty()).await
}

/// Waits until two messages wait for WhatsApp.
async fn two_wait(house: &House) -> bool {
    let sql = "SELECT count(*) FROM deliveries WHERE direction = 'to_whatsapp' AND state = 'pending'";
    let database = rusqlite::Connection::open(house.store()).unwrap();
    let waiting = async {
        let mut turns = crate::house::beats(Duration::from_millis(10));
        while database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() < 2 {
            turns.tick().await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_store_sends_nothing_twice_and_nothing_astray() {
    let house = House::new().await;
    add_contacts(&house);
    let (mut process, admin) = Process::of(&house, "info").await;
    house.waha.says(ALICE, "hello from alice");
    house.waha.says(BOB, "hello from bob");
    let (alice, bob) = (house.group_of("hello from alice").await, house.group_of("hello from bob").await);

    // A backup while messages flow, and while two wait for WhatsApp.
    house.waha.session_status("STARTING");
    let away = [("/channels/0/whatsapp/working", false.into())];
    assert!(house::health_shows(&admin, &away).await);
    let asked = [house.signal.owner_says(&alice, "typed to alice"), house.signal.owner_says(&bob, "typed to bob")];
    assert!(two_wait(&house).await);
    (0..20).for_each(|n| drop(house.waha.says(ALICE, &format!("flow {n}"))));
    let backup = house.dir.path().join("backup.db");
    succeeds(&rialto_with(process.config(), "backup", &backup));
    leave_an_intent(&house, &backup).await;

    // The world goes on: both are sent, and Carol gets a conversation.
    house.waha.session_status("WORKING");
    assert!(is_sent(&house, "typed to alice").await && is_sent(&house, "typed to bob").await);
    house.waha.says(CAROL, "hello from carol");
    let carol = house.group_of("hello from carol").await;
    let all = |_: &_| (0..20).all(|n| !shown(&house, &format!("flow {n}")).is_empty());
    assert!(house.signal.wait_until(SOON, all).await, "{:?}", house.texts());
    refused(&rialto_with(process.config(), "restore", &backup), &["another process uses this database"]);
    process.kill();

    let said = succeeds(&rialto_with(process.config(), "restore", &backup));
    assert!(said.contains("before-restore-") && said.contains("may have been sent: 2"), "{said}");
    process.start_again();

    // Asked about, not sent again; and what is typed goes where it always went.
    let quotes = |timestamp| house.signal.inbox().iter().any(|m| m.quote_timestamp == Some(timestamp));
    assert!(house.signal.wait_until(SOON, |_| asked.into_iter().all(quotes)).await, "{:#?}", house.texts());
    assert!(house.arrives("restored from a backup").await);
    house.signal.owner_says(&carol, "typed to carol");
    house.signal.owner_says(&bob, "after, to bob");
    house.signal.owner_says(&alice, "after, to alice");
    assert!(is_sent(&house, "after, to alice").await && is_sent(&house, "after, to bob").await);
    for (text, chat) in
        [("typed to alice", ALICE), ("typed to bob", BOB), ("after, to alice", ALICE), ("after, to bob", BOB)]
    {
        assert_eq!(sent(&house, text), [chat], "{text}");
    }
    assert!(sent(&house, "typed to carol").is_empty(), "a group that is not known leads nowhere");

    // Nobody gets Carol's group but Carol, and she a new one.
    house.waha.says(DAVE, "hello from dave");
    house.waha.says(CAROL, "carol again");
    house.waha.says(BOB, "bob again");
    let (dave, new) = (house.group_of("hello from dave").await, house.group_of("carol again").await);
    assert!(![&alice, &bob, &carol].contains(&&dave) && ![&alice, &bob, &carol, &dave].contains(&&new));
    assert_eq!(house.group_of("bob again").await, bob);
    house.signal.owner_says(&dave, "after, to dave");
    assert!(is_sent(&house, "after, to dave").await);
    assert_eq!(sent(&house, "after, to dave"), [DAVE]);
    for n in 0..20 {
        assert_eq!(shown(&house, &format!("flow {n}")), [Some(alice.clone())], "once without a mark, in its place");
    }
}

/// A stopped bridge with one portal, a backup of it, and nothing running.
async fn with_backup(house: &House) -> PathBuf {
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello");
    house.group_of("hello").await;
    assert!(house::idle(&bridge).await);
    bridge.stop().await;
    let backup = house.dir.path().join("backup.db");
    succeeds(&rialto(house, "backup", &backup));
    backup
}

fn names(house: &House) -> Vec<String> {
    let entries = std::fs::read_dir(house.store().parent().unwrap()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_restored_is_said_and_changes_nothing() {
    let house = House::new().await;
    let backup = with_backup(&house).await;
    let (before, listed) = (std::fs::read(house.store()).unwrap(), names(&house));
    let file = |name: &str, bytes: &[u8]| {
        let file = house.dir.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    };
    let bytes = std::fs::read(&backup).unwrap();
    let damaged = {
        let mut bytes = bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0xA5);
        bytes
    };
    let newer = file("newer.db", &bytes);
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let other = file("other.db", b"");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a); PRAGMA user_version = 1").unwrap();
    for (file, words) in [
        (file("garbage.db", &b"no database, and long enough ".repeat(200)), vec!["garbage.db", "no backup of Rialto"]),
        (file("empty.db", b""), vec!["no backup of Rialto"]),
        (other, vec!["other.db", "no backup of Rialto"]),
        (file("half.db", &bytes[..bytes.len() / 2]), vec!["half.db", "damaged", "another backup"]),
        (file("damaged.db", &damaged), vec!["damaged.db is damaged"]),
        (newer, vec!["version 99", "newer Rialto"]),
        (house.dir.path().join("none.db"), vec!["there is no file", "none.db"]),
        (house.store(), vec!["is the database itself"]),
    ] {
        refused(&rialto(&house, "restore", &file), &words);
    }
    let config = house.dir.path().join("other.toml");
    let other: String = house::SECRET.chars().rev().collect();
    std::fs::write(&config, house.toml("127.0.0.1:0", "127.0.0.1:0").replace(house::SECRET, &other)).unwrap();
    refused(&rialto_with(&config, "restore", &backup), &["the configured secret does not open", "backup.db"]);
    assert_eq!((std::fs::read(house.store()).unwrap(), names(&house)), (before, listed));
    assert_eq!(std::fs::read(&backup).unwrap(), bytes);
}

/// The former database is kept, with what its log held; retention has run in the new one before it is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_deletes_what_is_past_its_time_and_keeps_the_former_database() {
    let house = House::new().await;
    let backup = with_backup(&house).await;
    let count = |file: &Path, table: &str| -> i64 {
        let database = rusqlite::Connection::open(file).unwrap();
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    let database = rusqlite::Connection::open(&backup).unwrap();
    let month = 31 * 24 * 3_600_000_i64;
    for sql in ["UPDATE messages SET kept_until = kept_until - ?1", "UPDATE seen SET at = at - ?1"] {
        assert!(database.execute(sql, [month]).unwrap() > 0);
    }
    drop(database);

    // A database that was killed: its newest row is in the log alone.
    let (mut process, _) = Process::of(&house, "info").await;
    house.waha.says(BOB, "newest");
    house.group_of("newest").await;
    process.kill();
    succeeds(&rialto(&house, "restore", &backup));
    assert_eq!((count(&house.store(), "messages"), count(&house.store(), "seen")), (0, 0));
    assert_eq!(count(&house.store(), "portals"), 1);
    let names = names(&house);
    let aside: Vec<_> = names.iter().filter(|name| name.contains(".before-restore-")).collect();
    assert!(
        aside.len() == 1 && names.iter().all(|name| !name.ends_with("-wal") && !name.contains("partial")),
        "{names:?}"
    );
    let aside = house.store().with_file_name(aside[0]);
    assert_eq!((count(&aside, "portals"), count(&backup, "seen")), (2, 1));

    // It is a backup too.
    succeeds(&rialto(&house, "restore", &aside));
    assert_eq!(count(&house.store(), "portals"), 2);
}

/// A page in the middle is overwritten: the bridge does not start on it, and the sentence it says leads back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_page_shows_at_the_start_and_a_backup_leads_back() {
    let house = House::new().await;
    let backup = with_backup(&house).await;
    let mut bytes = std::fs::read(house.store()).unwrap();
    // The page where a table begins, which a start has no other need to read.
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'message_parts'";
    let database = rusqlite::Connection::open(house.store()).unwrap();
    let page: u32 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    let page = usize::try_from(page).unwrap();
    database.close().unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0xA5);
    std::fs::write(house.store(), &bytes).unwrap();

    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    let error = rialto::app::App::prepare(Config::from_toml(&toml).unwrap(), Clock::system()).await.err().unwrap();
    let said = error.to_string();
    assert!(said.contains("the database is damaged") && said.contains("rialto restore"), "{said}");
    let copy = house.dir.path().join("copy.db");
    refused(&rialto(&house, "backup", &copy), &["the database is damaged"]);
    assert!(!copy.exists());

    succeeds(&rialto(&house, "restore", &backup));
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "after the damage");
    assert_eq!(house.group_of("after the damage").await, house.group_of("hello").await);
    bridge.stop().await;
    let aside = names(&house).into_iter().find(|name| name.contains(".before-restore-")).unwrap();
    assert_eq!(std::fs::read(house.store().with_file_name(aside)).unwrap(), bytes);
}
