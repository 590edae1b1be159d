//! Periods of channels and chats in whole bridges and on the command line; and that a run names all it deletes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rialto::clock::{Clock, Moment};
use rialto::config::Config;
use rialto::retention;
use rialto::store::{Purged, Store, restore};
use rusqlite::Connection;

use crate::backup::succeeds;
use crate::house::{ALICE, BOB, House, clock, get, health_shows, idle, turn_until, without_settings};

const STEP: Duration = Duration::from_millis(200);
const DAY: Duration = Duration::from_hours(24);
/// Alice by the id that hides her number.
const ALICE_BRIEFLY: &str = "[channels.retention]\nchats = [{ chat = \"100000000000002@lid\", period = \"2d\" }]\n";

fn toml(house: &House, more: &str) -> String {
    format!("{}{more}", house.toml("127.0.0.1:0", "127.0.0.1:0"))
}

fn config(house: &House, more: &str) -> Config {
    Config::from_toml(&toml(house, more)).unwrap()
}

async fn retention_runs(house: &House, time: &Clock, more: &str) -> Purged {
    let config = config(house, more);
    let store = Store::open(&config.store.path, &config.encryption).unwrap();
    let purged = retention::run(&store, time, &config.periods()).await.unwrap();
    store.close();
    purged
}

fn count(file: &Path, sql: &str) -> i64 {
    Connection::open(file).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_and_what_is_kept_of_a_chat_goes_by_its_own_period() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_as(time.clone(), &toml(&house, ALICE_BRIEFLY)).await;
    house.waha.says(ALICE, "from alice");
    house.group_of("from alice").await;
    house.waha.says(BOB, "from bob");
    house.group_of("from bob").await;
    assert!(idle(&bridge).await);
    house.signal.stop().await;
    house.waha.says(ALICE, "alice is not shown");
    house.waha.says(BOB, "bob is shown");
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/pending", 2.into())]).await);
    bridge.stop().await;

    time.advance(DAY * 3);
    let purged = retention_runs(&house, &time, ALICE_BRIEFLY).await;
    assert_eq!((purged.messages, purged.deliveries, purged.chats, purged.keys), (1, 1, 0, 0), "{purged:?}");
    assert_eq!(count(&house.store(), "SELECT count(*) FROM messages"), 1);
    house.signal.restart().await.unwrap();
    let bridge = house.bridge_as(time.clone(), &toml(&house, ALICE_BRIEFLY)).await;
    assert!(turn_until(&time, STEP, || house.find("One message was not shown to you").is_some()).await);
    assert!(turn_until(&time, STEP, || house.find("bob is shown").is_some()).await);
    assert!(idle(&bridge).await && house.find("alice is not shown").is_none());
    bridge.stop().await;
}

/// The start begins with it, and a run of retention would wait for the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_period_that_is_configured_anew_goes_for_what_is_there_after_the_start() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "from alice");
    house.group_of("from alice").await;
    assert!(idle(&bridge).await);
    bridge.stop().await;
    let days = || count(&house.store(), "SELECT (kept_until - at) / 86400000 FROM messages");
    let settled = || count(&house.store(), "SELECT min(settled) FROM chats") == 1;
    assert_eq!(days(), 30);
    for (more, kept) in [(ALICE_BRIEFLY, 2), ("[channels.retention]\nperiod = \"90d\"\n", 90), ("", 30)] {
        let bridge = house.bridge_as(time.clone(), &toml(&house, more)).await;
        assert!(turn_until(&time, STEP, settled).await);
        bridge.stop().await;
        assert_eq!(days(), kept, "{more}");
    }
}

fn rialto(config: &Path, words: &[&str]) -> String {
    let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    succeeds(&program.args(words).arg("--config").arg(config).stdin(Stdio::null()).output().unwrap())
}

fn backups(house: &House) -> PathBuf {
    house.dir.path().join("backups")
}

/// A chat that was idle, a backup with an old row, one that is too old itself, and a database that was put aside.
async fn grow_old(house: &House) {
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "from alice");
    house.group_of("from alice").await;
    assert!(idle(&bridge).await);
    bridge.stop().await;
    let now = Clock::system().now();
    let config = config(house, "");
    let file = rialto::backups::make(&house.store(), &backups(house), &config.backup, now).unwrap();
    let old = backups(house).join(format!("rialto-{}.db", now.minus(DAY * 40).stamp()));
    std::fs::copy(&file, old).unwrap();
    // Alice's period is over for it, and no other.
    std::fs::copy(&file, restore::aside(&house.store(), now.minus(DAY * 5))).unwrap();
    assert_eq!(Connection::open(&file).unwrap().execute("UPDATE seen SET at = 1", []).unwrap(), 1);
    let database = Connection::open(house.store()).unwrap();
    database.execute("UPDATE chats SET active_at = 1", []).unwrap();
    // The next start makes up for a run, and not for a backup, which would delete the old one itself.
    database.execute("DELETE FROM jobs WHERE name = 'retention'", []).unwrap();
    database.execute("INSERT INTO jobs (name, last_run_at) VALUES ('backup', ?1)", [now.0]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_and_a_dry_run_name_what_goes_outside_the_database_too() {
    let house = House::new().await;
    grow_old(&house).await;
    let head = format!("[retention]\nidle_portals = \"30d\"\n[backup]\npath = \"{}\"\n", backups(&house).display());
    let file = house.dir.path().join("command.toml");
    std::fs::write(&file, format!("{head}{}", toml(&house, ALICE_BRIEFLY))).unwrap();
    let beside = "1 rows of backups, 1 backups, 1 files put aside by a restore";
    let none = "0 messages, 0 keys of events, 0 deliveries, 0 lines of the bridge, 0 edits, 0 counts of minutes, \
                0 questions, 0 unused chats";
    let due = rialto(&file, &["retention", "--dry-run"]);
    assert!(due.starts_with(&format!("due, and not deleted: {none}, 1 idle chats, {beside}")), "{due}");
    assert_eq!(std::fs::read_dir(backups(&house)).unwrap().count(), 2, "nothing is deleted, and nothing left behind");
    // Idle chats are the bridge's to forget: it leaves their groups.
    let went = rialto(&file, &["retention"]);
    assert!(went.contains(&format!("deleted: {none}, 0 idle chats, {beside}")), "{went}");
    let due = rialto(&file, &["retention", "--dry-run"]);
    assert!(due.contains("1 idle chats, 0 rows of backups, 0 backups, 0 files"), "{due}");
    let kinds = "SELECT count(*) FROM deleted WHERE kind IN ('backup_rows', 'backup_files', 'put_aside') AND count = 1";
    assert_eq!(count(&house.store(), kinds), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_bridge_shows_each_kind_of_its_last_run() {
    let house = House::new().await;
    grow_old(&house).await;
    let head = format!("[retention]\nidle_portals = \"30d\"\n[backup]\npath = \"{}\"\n", backups(&house).display());
    let bridge = house.bridge_as(Clock::system(), &format!("{head}{}", toml(&house, ALICE_BRIEFLY))).await;
    assert!(health_shows(&bridge.admin, &[("/deleted/backup_rows", 1.into())]).await);
    let page = get(&bridge.admin, "/metrics").await;
    for (kind, count) in [("idle_chats", 1), ("backup_files", 1), ("put_aside", 1), ("notices", 0), ("questions", 0)] {
        assert!(page.contains(&format!("rialto_retention_deleted{{kind=\"{kind}\"}} {count}\n")), "{kind}: {page}");
    }
    bridge.stop().await;
    let documented = include_str!("../../README.md");
    for (kind, _) in Purged::default().kinds() {
        assert!(documented.contains(&format!("`{kind}`")), "{kind} is not in the README");
    }
}

/// Nothing can be deleted from it, so it goes when something in it may be past its time, once there is another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_an_earlier_schema_goes_with_the_shortest_period() {
    let house = House::new().await;
    grow_old(&house).await;
    let (now, folder) = (Clock::system().now(), backups(&house));
    std::fs::remove_dir_all(&folder).unwrap();
    let (usual, brief) = (config(&house, ""), config(&house, ALICE_BRIEFLY));
    let earlier = rialto::backups::make(&house.store(), &folder, &usual.backup, now).unwrap();
    Connection::open(&earlier).unwrap().pragma_update(None, "user_version", 6).unwrap();
    let store = Store::open(&brief.store.path, &brief.encryption).unwrap();
    let tended = |config: &Config, at: Moment| {
        let (periods, backup) = (config.periods(), config.backup.clone());
        let (store, folder) = (store.clone(), folder.clone());
        async move {
            let cutoffs = retention::cutoffs(at, &periods);
            let plan = store.read(move |tx| tx.plan_for_copies(&periods)).await.unwrap();
            rialto::backups::tend(&folder, &backup, &plan, cutoffs).unwrap().backup_files
        }
    };
    assert_eq!(tended(&brief, now.plus(DAY * 3)).await, 0, "it is the only one");
    rialto::backups::make(&house.store(), &folder, &usual.backup, now.plus(DAY)).unwrap();
    assert_eq!(tended(&usual, now.plus(DAY * 3)).await, 0, "nothing in it has a shorter period");
    assert_eq!(tended(&brief, now.plus(DAY)).await, 0, "nothing in it is past its time");
    assert_eq!(tended(&brief, now.plus(DAY * 3)).await, 1);
    assert!(!earlier.exists());
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_prints_periods_without_names_and_warns_of_each_short_one() {
    let house = House::new().await;
    let file = house.dir.path().join("command.toml");
    let more = "[channels.retention]\nperiod = \"1d\"\nchats = [{ chat = \"+79111111111\", period = \"90d\" }, \
                { chat = \"120363012345678901@g.us\", period = \"5m\" }]\n";
    std::fs::write(&file, toml(&house, more)).unwrap();
    let said = rialto(&file, &["check"]);
    assert!(said.contains("[channels.retention]\nperiod = \"1day\"\ndisappearing = \"off\""), "{said}");
    assert!(said.contains("(2, hidden: 2months 29days"), "{said}");
    let short = "# channels.0.retention.period, channels.0.retention.chats.1.period are below three days";
    assert!(said.contains(short) && !said.contains("79111111111") && !said.contains("12036301"), "{said}");
}
