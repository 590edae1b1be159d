//! When the machine gives too little: a full disk, a database that somebody else holds, no file handles, a damaged page.
//! No accepted event is lost, who cannot be served is told so, and it heals without a restart.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use simulator::waha::{Policy, Retries, WahaOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::backup::{rialto, succeeds};
use crate::house::{self, ALICE, BOB, HMAC, House, Process, SOON};

/// A WAHA that repeats as soon as it may.
pub(crate) async fn patient_house() -> House {
    let retries = Retries { policy: Policy::Constant, delay: Duration::from_millis(100), attempts: 100_000 };
    let version = house::recent();
    House::with(WahaOptions { retries, ordered: true, version, ..WahaOptions::default() }, |_| {}).await
}

/// A request by hand; the whole answer, or nothing.
pub(crate) async fn ask(address: &str, request: &str) -> Option<String> {
    let asking = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    };
    tokio::time::timeout(SOON, asking).await.ok()?
}

/// What readiness says: the status, and the words.
async fn ready(admin: &str) -> Option<String> {
    ask(admin, "GET /health/ready HTTP/1.1\r\nHost: rialto\r\nConnection: close\r\n\r\n").await
}

pub(crate) async fn ready_says(admin: &str, word: &str) -> bool {
    let asking = async {
        let mut turns = crate::house::beats(Duration::from_millis(50));
        while !ready(admin).await.is_some_and(|answer| answer.contains(word)) {
            turns.tick().await;
        }
    };
    tokio::time::timeout(SOON, asking).await.is_ok()
}

/// The whole answer to a fresh webhook about nothing.
async fn post_by_hand(process: &Process) -> Option<String> {
    let address = process.webhook.strip_prefix("http://")?.split('/').next()?.to_owned();
    let body = r#"{"event":"engine.event","session":"default","payload":{}}"#;
    let signature = simulator::waha::signature(HMAC, body.as_bytes());
    let head = format!("POST /webhooks/waha/home HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let head = format!("{head}X-Webhook-Hmac: {signature}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    ask(&address, &head).await
}

/// Waits until nothing more is written to the bridge, and returns how much that was.
async fn stands_still(house: &House) -> usize {
    let mut turns = crate::house::beats(Duration::from_millis(300));
    let (mut before, mut now) = (usize::MAX, 0);
    while before != now {
        turns.tick().await;
        (before, now) = (now, house.signal.lines_written().len());
    }
    now
}

const TYPED: usize = 500;

/// The conversation goes on while nothing can be written, and all of it is there once and in order after that.
async fn nothing_is_lost_while(
    house: &House,
    process: &Process,
    admin: &str,
    broken: impl FnOnce(),
    mend: impl FnOnce(),
) {
    house.waha.says(ALICE, "before");
    let group = house.group_of("before").await;
    broken();
    assert!(ready_says(admin, "503").await);
    let answer = post_by_hand(process).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 5"), "{answer}");
    house.waha.says(ALICE, "meanwhile");
    let refused = |waha: &simulator::waha::Waha| waha.webhook_log().iter().any(|attempt| attempt.status == Some(503));
    assert!(house.waha.wait_until(SOON, refused).await);

    // Signal lines are read no further than what lies before the database: the rest waits where it is not forgotten.
    let long = "x".repeat(2000);
    for n in 0..TYPED {
        house.signal.owner_says(&group, &format!("{n} {long}"));
    }
    let written = stands_still(house).await;
    println!("{written} of {TYPED} lines of 2,000 letters were written while nothing could be committed");
    assert!(written > 0 && house.signal.queued() > 0, "{written}");

    mend();
    assert!(ready_says(admin, "200").await);
    assert!(house.arrives("meanwhile").await);
    assert!(house.waha.wait_sent(TYPED, SOON).await, "{}", house.waha.sent().len());
    let sent: Vec<_> = house.waha.sent().iter().map(|sent| sent.text.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(sent, (0..TYPED).map(|n| n.to_string()).collect::<Vec<_>>());
    let said: Vec<_> = house.texts().into_iter().filter(|text| !text.starts_with('ⓘ')).collect();
    assert_eq!(said, ["before", "meanwhile"]);
}

/// The most that a file of the process may hold; less than it holds means that nothing is written.
fn file_limit(process: &Process, limit: &str) {
    let pid = process.pid().to_string();
    let limit = format!("--fsize={limit}:unlimited");
    assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_fail_lose_nothing_and_heal() {
    let house = patient_house().await;
    let (process, admin) = Process::under(&house, "error", "trap '' XFSZ;").await;
    nothing_is_lost_while(&house, &process, &admin, || file_limit(&process, "0"), || file_limit(&process, "unlimited"))
        .await;
}

/// Whether a test can look into the bridge's process: it closes itself to others of its user, so only root can.
fn can_look_into(process: &Process) -> bool {
    let can = std::fs::read_dir(format!("/proc/{}/fd", process.pid())).is_ok();
    if !can {
        println!("skipped: only root can look into the bridge");
    }
    can
}

/// A disk of sixteen megabytes, which only the bridge sees.
const SMALL_DISK: &str = "exec unshare --user --map-root-user --mount sh -c 'mount -t tmpfs -o size=16m,mode=0700 tmpfs \
                          \"$(dirname \"$4\")/data\" && exec \"$@\"' sh \"$@\";";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_heals() {
    let may = ["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];
    if !Command::new("unshare").args(may).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        println!("skipped: this machine gives nobody a disk of their own");
        return;
    }
    let house = patient_house().await;
    std::fs::create_dir(house.dir.path().join("data")).unwrap();
    let (process, admin) = Process::under(&house, "error", SMALL_DISK).await;
    if !can_look_into(&process) {
        return;
    }
    let inside = PathBuf::from(format!("/proc/{}/root", process.pid()));
    let ballast = inside.join(house.store().strip_prefix("/").unwrap()).with_file_name("ballast");
    // As much as there is: the last write is cut short.
    let fill = || drop(std::fs::write(&ballast, vec![0xA5; 20 << 20]));
    nothing_is_lost_while(&house, &process, &admin, fill, || std::fs::remove_file(&ballast).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_somebody_else_holds_loses_nothing_and_heals() {
    let house = patient_house().await;
    let (process, admin) = Process::of(&house, "error").await;
    let other = rusqlite::Connection::open(house.store()).unwrap();
    let hold = || other.execute_batch("BEGIN IMMEDIATE").unwrap();
    nothing_is_lost_while(&house, &process, &admin, hold, || other.execute_batch("COMMIT").unwrap()).await;
}

/// Opens connections that say nothing.
async fn silent(address: &str, count: usize) -> Vec<TcpStream> {
    let mut silent = Vec::new();
    for _ in 0..count {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    silent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_file_handles_everything_waits_and_nothing_is_lost() {
    let house = patient_house().await;
    let (process, admin) = Process::under(&house, "error", "ulimit -n 48;").await;
    house.waha.says(ALICE, "before");
    let group = house.group_of("before").await;
    let address = process.webhook.split('/').nth(2).unwrap().to_owned();
    if !can_look_into(&process) {
        return;
    }
    let silent = silent(&address, 100).await;
    let handles = || std::fs::read_dir(format!("/proc/{}/fd", process.pid())).unwrap().count();
    let all = async {
        let mut turns = crate::house::beats(Duration::from_millis(20));
        while handles() < 48 {
            turns.tick().await;
        }
    };
    assert!(tokio::time::timeout(SOON, all).await.is_ok(), "{}", handles());
    house.waha.says(BOB, "meanwhile");
    // A connection to signal-cli that breaks now cannot be made again before there is a handle.
    house.signal.restart().await.unwrap();
    house.signal.owner_says(&group, "typed meanwhile");
    drop(silent);
    assert!(house.arrives("meanwhile").await);
    assert!(house.waha.wait_sent(1, SOON).await);
    assert!(ready_says(&admin, "200").await);
    assert_eq!((house.waha.sent()[0].text.as_str(), house.waha.sent().len()), ("typed meanwhile", 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_take_the_handles_of_nobody_else() {
    let house = patient_house().await;
    let (process, admin) = Process::under(&house, "error", "ulimit -n 400;").await;
    house.waha.says(ALICE, "before");
    let group = house.group_of("before").await;
    let address = process.webhook.split('/').nth(2).unwrap().to_owned();
    let silent = (silent(&address, 300).await, silent(&admin, 20).await);
    house.signal.owner_says(&group, "typed meanwhile");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert!(ready_says(&admin, "200").await);
    drop(silent);
    house.waha.says(ALICE, "after");
    assert!(house.arrives("after").await);
}

/// Overwrites pages, as a disk does that goes bad: all but the first, or the one where `name` begins.
fn damage(house: &House, name: Option<&str>) {
    let mut bytes = std::fs::read(house.store()).unwrap();
    let pages = match name {
        None => 4096..bytes.len(),
        Some(name) => {
            let database = rusqlite::Connection::open(house.store()).unwrap();
            let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
            let page: u32 = database.query_row(sql, [name], |row| row.get(0)).unwrap();
            let page = usize::try_from(page).unwrap();
            (page - 1) * 4096..page * 4096
        }
    };
    bytes[pages].fill(0xA5);
    // In place: the bridge has the file open.
    std::fs::File::options().write(true).open(house.store()).unwrap().write_all(&bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_found_while_running_stops_the_writing_and_a_backup_leads_back() {
    let house = patient_house().await;
    let (mut process, admin) = Process::of(&house, "error").await;
    house.waha.says(ALICE, "before");
    let group = house.group_of("before").await;
    let backup = house.dir.path().join("backup.db");
    succeeds(&rialto(&house, "backup", &backup));
    process.terminate();
    process.start_again();
    assert!(ready_says(&admin, "200").await);
    damage(&house, None);
    house.waha.says(ALICE, "after");
    assert!(ready_says(&admin, "rialto restore FILE").await, "{:?}", ready(&admin).await);
    let answer = post_by_hand(&process).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(std::fs::read_to_string(&process.log).unwrap().contains("nothing is written any more"));

    process.terminate();
    succeeds(&rialto(&house, "restore", &backup));
    process.start_again();
    assert!(house.arrives("after").await);
    assert_eq!(house.find("after").unwrap().1, Some(group));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_page_of_an_index_shows_at_the_start() {
    let house = patient_house().await;
    let (mut process, _) = Process::of(&house, "error").await;
    house.waha.says(ALICE, "before");
    house.group_of("before").await;
    process.terminate();
    damage(&house, Some("message_parts_digest"));
    let error = rialto::app::App::prepare(house.config(), rialto::clock::Clock::system()).await.err().unwrap();
    assert!(error.to_string().contains("the database is damaged"), "{error}");
}
