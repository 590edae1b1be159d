//! What is past its time goes wherever it stands, with a word where nobody else knows of it; and the file gets smaller.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rialto::clock::{Clock, Moment};
use rialto::event::{SeenKey, SeenKind};
use rialto::retention;
use rialto::store::{Purged, Reading, Store, backup};

use crate::backup::{refused, succeeds};
use crate::house::{ALICE, House, clock, get, health_shows, idle, turn_until, whatsapp_is, without_settings};

const STEP: Duration = Duration::from_millis(200);
const LATER: Duration = Duration::from_hours(40 * 24);

/// What a dry run counts.
fn due(house: &House, time: &Clock) -> Purged {
    let (config, periods) = (house.config(), house.config().periods());
    let reading = Reading::open(&config.store.path, &config.encryption).unwrap();
    let plan = reading.read(|tx| tx.plan_for_copies(&periods)).unwrap();
    backup::due(&config.store.path, &plan, retention::cutoffs(time.now(), &periods)).unwrap()
}

fn open(house: &House) -> Store {
    let config = house.config();
    Store::open(&config.store.path, &config.encryption).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_whatsapp_for_too_long_is_not_sent_and_said() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    assert!(idle(&bridge).await);
    house.waha.stop().await;
    assert!(turn_until(&time, STEP, || house.find("WhatsApp is not connected").is_some()).await);
    assert!(whatsapp_is(&bridge, false).await);
    house.signal.owner_says(&alice, "never sent");
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/pending", 1.into())]).await);
    bridge.stop().await;

    time.advance(LATER);
    let store = open(&house);
    let due = due(&house, &time);
    let purged = retention::run(&store, &time, &house.config().periods()).await.unwrap();
    assert_eq!((purged.deliveries, purged.messages, purged.keys), (1, due.messages, due.keys), "{due:?}");
    assert_eq!(due.deliveries, 1);
    assert_eq!(self::due(&house, &time), Purged::default());
    store.close();

    house.waha.restart().await.unwrap();
    let bridge = house.bridge_at(time.clone()).await;
    assert!(turn_until(&time, STEP, || house.find("One message of yours was not sent").is_some()).await);
    assert!(whatsapp_is(&bridge, true).await && idle(&bridge).await && house.waha.delivered().is_empty());
    let page = get(&bridge.admin, "/metrics").await;
    assert!(page.contains("rialto_retention_deleted{kind=\"deliveries\"} 1"), "{page}");
    assert!(health_shows(&bridge.admin, &[("/deleted/deliveries", 1.into())]).await);
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_signal_for_too_long_is_not_shown_and_said() {
    let (house, time) = (House::new().await, clock());
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "shown");
    house.group_of("shown").await;
    assert!(idle(&bridge).await);
    house.signal.stop().await;
    house.waha.says(ALICE, "never shown");
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/pending", 1.into())]).await);
    bridge.stop().await;

    time.advance(LATER);
    let store = open(&house);
    let purged = retention::run(&store, &time, &house.config().periods()).await.unwrap();
    assert_eq!(purged.deliveries, 1, "{purged:?}");
    // The word about it is not deleted by the next run, however late that is.
    time.advance(LATER);
    assert_eq!(retention::run(&store, &time, &house.config().periods()).await.unwrap().deliveries, 0);
    store.close();
    house.signal.restart().await.unwrap();
    let bridge = house.bridge_at(time.clone()).await;
    assert!(turn_until(&time, STEP, || house.find("One message was not shown to you").is_some()).await);
    assert!(idle(&bridge).await && house.find("never shown").is_none());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn free_pages_are_given_back() {
    const ROWS: usize = 40_000;
    let (house, time) = (House::new().await, clock());
    let store = open(&house);
    let now = time.now();
    let channel = store.write(move |tx| tx.channel("home", now)).await.unwrap();
    let key = |n: usize| SeenKey { scope: "direct".into(), item: format!("old {n}").into(), kind: SeenKind::Message };
    let grow = store.write(move |tx| (0..ROWS).try_for_each(|n| tx.remember(channel, &key(n), Moment(1)).map(drop)));
    grow.await.unwrap();
    store.empty_log().await.unwrap();
    let size = || std::fs::metadata(house.store()).unwrap().len();
    let before = size();
    let purged = retention::run(&store, &time, &house.config().periods()).await.unwrap();
    assert_eq!(purged.keys, ROWS);
    assert!(size() * 3 < before, "{before} is now {}", size());
    store.close();
}

fn run(config: &Path, words: &[&str]) -> std::process::Output {
    let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.args(words).arg("--config").arg(config).stdin(Stdio::null()).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_counts_beside_a_running_bridge_and_a_short_period_is_warned_of() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let write = |more: &str| {
        let file = house.dir.path().join("command.toml");
        std::fs::write(&file, format!("{more}{}", house.toml("127.0.0.1:0", "127.0.0.1:0"))).unwrap();
        file
    };
    let config = write("");
    assert!(
        succeeds(&run(&config, &["retention", "--dry-run"])).starts_with("due, and not deleted: 0 messages, 0 keys")
    );
    refused(&run(&config, &["retention"]), &["another process uses this database"]);
    assert!(!succeeds(&run(&config, &["check"])).contains("three days"));
    let config = write("[retention]\nperiod = \"5m\"\n");
    assert!(succeeds(&run(&config, &["check"])).contains("# retention.period is below three days"));
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_data_map_shows_how_much_lies_where_and_how_old_it_is() {
    let (house, time) = (House::new().await, clock());
    let folder = house.dir.path().join("backups");
    let more = format!("[backup]\npath = \"{}\"\n", folder.display());
    let bridge = house.bridge_more(&more, time.clone()).await;
    house.waha.says(ALICE, "from alice");
    assert!(house.arrives("from alice").await && idle(&bridge).await);
    house.signal.stop().await;
    house.waha.says(ALICE, "that waits");
    assert!(health_shows(&bridge.admin, &[("/channels/0/queue/pending", 1.into())]).await);
    let made = || std::fs::read_dir(&folder).into_iter().flatten().flatten();
    while !made().any(|file| file.path().extension().is_some_and(|extension| extension == "db")) {
        tokio::task::yield_now().await;
    }
    time.advance(Duration::from_hours(1));

    let places: serde_json::Value = serde_json::from_str(&get(&bridge.admin, "/data").await).unwrap();
    let places = places.as_array().unwrap();
    assert_eq!(places.len(), rialto::admin::places::PLACES.len());
    let at = |place: &str| places.iter().find(|found| found["place"].as_str().unwrap().contains(place)).unwrap();
    for (place, least) in
        [("queue", 1), ("messages", 2), ("chats and people", 3), ("portals", 1), ("folder of backups", 1)]
    {
        let (count, age) = (at(place)["count"].as_i64().unwrap(), at(place)["oldest_age"].as_u64().unwrap());
        assert!(count >= least && (3599..4000).contains(&age), "{place}: {count} {age}");
    }
    assert!(at("-wal")["bytes"].as_u64().is_some() && at("`data/waha`")["count"].is_null());
    assert_eq!(at("before-restore")["count"], 0);
    bridge.stop().await;
}

fn gives_pages_back(store: &Path) -> bool {
    let connection = rusqlite::Connection::open(store).unwrap();
    connection.query_row("PRAGMA auto_vacuum", [], |row| row.get::<_, i64>(0)).unwrap() == 2
}

/// As an early version made it, and `megabytes` larger.
fn as_of_an_early_version(store: &Path, megabytes: i64) {
    let connection = rusqlite::Connection::open(store).unwrap();
    connection.execute_batch("PRAGMA auto_vacuum = NONE; VACUUM; CREATE TABLE filler (bytes BLOB);").unwrap();
    connection.execute("INSERT INTO filler VALUES (zeroblob(?1 * 1024 * 1024))", [megabytes]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_an_early_version_is_made_to_give_pages_back_at_a_start_or_when_asked() {
    let house = House::new().await;
    let keep = |store: &Store| {
        let store = store.clone();
        async move { store.write(|tx| tx.channel("home", Moment(7))).await.unwrap() }
    };
    let store = open(&house);
    keep(&store).await;
    store.close();
    as_of_an_early_version(&house.store(), 1);
    assert!(!gives_pages_back(&house.store()));
    open(&house).close();
    assert!(gives_pages_back(&house.store()), "a small one at the next start");

    as_of_an_early_version_again(&house.store());
    open(&house).close();
    assert!(!gives_pages_back(&house.store()), "a large one would hold up the start");
    let config = house.dir.path().join("command.toml");
    std::fs::write(&config, house.toml("127.0.0.1:0", "127.0.0.1:0")).unwrap();
    let said = succeeds(&run(&config, &["retention", "--compact"]));
    assert!(said.contains("the database is made anew"), "{said}");
    assert!(gives_pages_back(&house.store()));
    assert!(succeeds(&run(&config, &["retention", "--compact"])).contains("already"));
    let store = open(&house);
    let id = keep(&store).await;
    assert_eq!(store.read(move |tx| tx.first_started(id)).await.unwrap(), Moment(7), "what it held is there");
    store.close();
}

fn as_of_an_early_version_again(store: &Path) {
    rusqlite::Connection::open(store).unwrap().execute_batch("DROP TABLE filler;").unwrap();
    as_of_an_early_version(store, 70);
}
