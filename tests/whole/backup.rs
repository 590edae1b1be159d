//! Copies of the database while the bridge runs, and the way back from them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rialto::clock::Clock;
use rialto::config::Config;

use crate::house::{ALICE, House, Process, SOON, clock, without_settings};

/// Runs a subcommand on the house's configuration.
pub(crate) fn rialto(house: &House, command: &str, file: &Path) -> Output {
    let config = house.dir.path().join("command.toml");
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace("\"trace\"", "\"error\"");
    std::fs::write(&config, toml).unwrap();
    rialto_with(&config, command, file)
}

pub(crate) fn rialto_with(config: &Path, command: &str, file: &Path) -> Output {
    let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.arg(command).arg(file).arg("--config").arg(config).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

pub(crate) fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

pub(crate) fn refused(output: &Output, words: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_one_closed_sealed_file_and_replaces_nothing() {
    let house = House::new().await;
    let (process, _) = Process::of(&house, "info").await;
    house.waha.says(ALICE, "a text that waits nowhere");
    house.group_of("a text that waits nowhere").await;
    let folder = house.dir.path().join("copies");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("copy.db");
    succeeds(&rialto_with(process.config(), "backup", &file));
    assert_eq!(files(&folder), std::slice::from_ref(&file), "nothing unfinished is left");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(12).any(|window| window == b"a text that " || window == b"79111111111@"));

    refused(&rialto(&house, "backup", &file), &["copy.db exists already"]);
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    refused(&rialto(&house, "backup", &folder.join("none/copy.db")), &["cannot be written", "none/copy.db"]);
    drop(process);

    // Nobody runs any more: the same. And a copy opens with the secret of the original.
    let second = folder.join("second.db");
    succeeds(&rialto(&house, "backup", &second));
    let config = house.config();
    for copy in [&file, &second] {
        rialto::store::Store::open(copy, &config.encryption).unwrap().close();
    }
    std::fs::remove_file(house.store()).unwrap();
    refused(&rialto(&house, "backup", &folder.join("third.db")), &["no database", "store.path"]);
}

fn config_with_backups(house: &House) -> Config {
    let folder = house.dir.path().join("backups");
    let section = format!("[backup]\npath = \"{}\"\nkeep = 2\n[portals]", folder.display());
    Config::from_toml(&house.toml("127.0.0.1:0", "127.0.0.1:0").replace("[portals]", &section)).unwrap()
}

/// A run that was missed is made up for at the start, so each start a day later is one run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scheduled_backups_keep_as_many_as_configured() {
    let house = House::new().await;
    let (time, folder) = (clock(), house.dir.path().join("backups"));
    let mut made = Vec::new();
    for _ in 0..4 {
        let file = folder.join(format!("rialto-{}.db", time.now().stamp()));
        let bridge = house.bridge_with(config_with_backups(&house), time.clone()).await;
        assert!(appears(&file).await, "{} was not made", file.display());
        // A stop waits for the job.
        bridge.stop().await;
        made.push(file);
        assert_eq!(files(&folder), made[made.len().saturating_sub(2)..]);
        time.advance(Duration::from_hours(25));
    }
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
}

async fn appears(file: &Path) -> bool {
    let looking = async {
        let mut turns = crate::house::beats(Duration::from_millis(10));
        while !file.exists() {
            turns.tick().await;
        }
    };
    tokio::time::timeout(SOON, looking).await.is_ok()
}

fn plan(config: &rialto::config::Config) -> rialto::store::Plan {
    let reading = rialto::store::Reading::open(&config.store.path, &config.encryption).unwrap();
    reading.read(|tx| tx.plan_for_copies(&config.periods())).unwrap()
}

/// What retention deletes goes from the backups too, and they stay whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_reaches_the_backups() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello");
    house.group_of("hello").await;
    crate::house::idle(&bridge).await;
    bridge.stop().await;
    let (config, now) = (config_with_backups(&house), Clock::system().now());
    let folder = config.backup.path.clone().unwrap();
    let file = rialto::backups::make(&house.store(), &folder, &config.backup, now).unwrap();
    let rows = |table: &str| -> i64 {
        let database = rusqlite::Connection::open(&file).unwrap();
        assert_eq!(database.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
        database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert!(rows("messages") >= 1 && rows("seen") >= 1 && rows("portals") == 1);

    let day = Duration::from_hours(24);
    let mut keep = config.backup.clone();
    keep.keep_for = day * 100;
    let cutoffs = rialto::retention::cutoffs(now.plus(day * 40), &config.periods());
    let plan = plan(&config);
    let due = rialto::backups::due(&folder, &keep, &plan, cutoffs).unwrap();
    assert!(rows("messages") >= 1 && due.backup_rows >= 2 && due.backup_files == 0, "{due:?}");
    assert_eq!(rialto::backups::tend(&folder, &keep, &plan, cutoffs).unwrap(), due);
    assert_eq!((rows("messages"), rows("message_parts"), rows("seen"), rows("portals")), (0, 0, 0, 1));
    assert_eq!(files(&folder), std::slice::from_ref(&file));

    // By default none outlives what it holds.
    assert_eq!(rialto::backups::tend(&folder, &config.backup, &plan, cutoffs).unwrap().backup_files, 1);
    assert!(files(&folder).is_empty());
}
