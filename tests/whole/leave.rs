//! Leaving for good: both peers are left, everything is wiped, and what could not be done is said and done another time.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rialto::app::{App, AppError, Locked};
use rialto::clock::{Clock, Moment};
use rialto::config::Config;
use rialto::store::{Store, StoreError};
use rialto::{backups, store};
use simulator::signal_cli::{Group, SignalFault, SignalOptions};
use simulator::waha::{Waha, WahaFault};

use crate::backup::{refused, succeeds};
use crate::house::{ALICE, BOB, House, OWNER, Process, SECRET, health_shows, idle_at, without_settings};
use crate::reseal::rialto;

const TOLD: &str = "The bridge is being left for good";

/// The house's configuration with a folder of backups.
fn toml(house: &House) -> String {
    let section = format!("[backup]\npath = \"{}\"\n[portals]", backup_folder(house).display());
    house.toml("127.0.0.1:0", "127.0.0.1:0").replace("[portals]", &section)
}

fn backup_folder(house: &House) -> PathBuf {
    house.dir.path().join("backups")
}

/// Runs the command on that configuration.
fn leave(house: &House, more: &[&str]) -> Output {
    let config = house.dir.path().join("leave.toml");
    std::fs::write(&config, toml(house)).unwrap();
    leave_with(&config, more)
}

fn leave_with(config: &Path, more: &[&str]) -> Output {
    let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.arg("leave").args(more).arg("--config").arg(config).stdin(Stdio::null()).output().unwrap()
}

/// A bridge that has lived: two conversations, a backup, a database that was put aside, something unfinished. Returns the
/// groups.
async fn lived(house: &House) -> [String; 2] {
    let (mut process, admin) = Process::of(house, "info").await;
    let groups = talk(house, &admin).await;
    process.terminate();
    copies(house);
    groups
}

async fn talk(house: &House, admin: &str) -> [String; 2] {
    house.waha.says(ALICE, "from alice");
    house.waha.says(BOB, "from bob");
    let groups = [house.group_of("from alice").await, house.group_of("from bob").await];
    assert!(idle_at(admin).await);
    groups
}

fn copies(house: &House) {
    let (folder, database) = (backup_folder(house), house.store());
    let backup = backups::make(&database, &folder, &house.config().backup, Moment(1_738_294_200_000)).unwrap();
    let id = "0123456789abcdef0123456789abcdef";
    for (from, to) in [
        (&backup, store::restore::aside(&database, Moment(1_738_294_200_000))),
        (&backup, database.with_added_extension(format!("{id}.partial"))),
        (&backup, backup.with_added_extension(format!("{id}.partial"))),
        (&backup, folder.join("mine.db")),
    ] {
        std::fs::copy(from, to).unwrap();
    }
}

/// A sealed file that waits, and one in the clear that a crash has left.
fn files_on_their_way(house: &House) -> [PathBuf; 2] {
    let name = "0190".repeat(8);
    let files = [format!("data/media/{name}"), format!("hand-over/home/{name}/a.jpg")];
    let files = files.map(|file| house.dir.path().join(file));
    for file in &files {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "canary").unwrap();
    }
    files
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Nothing but the mark, and what somebody else put there.
fn is_wiped(house: &House) -> bool {
    names(house.store().parent().unwrap()) == ["rialto.db.left"] && names(&backup_folder(house)) == ["mine.db"]
}

fn is_untouched(house: &House) -> bool {
    let store = Store::open(&aside_copy(house), &house.config().encryption);
    store.map(|store| store.close()).is_ok() && house.store().exists() && names(&backup_folder(house)).len() == 3
}

/// A copy of the database without its mark.
fn aside_copy(house: &House) -> PathBuf {
    let copy = house.dir.path().join("look.db");
    for ending in ["", "-wal"] {
        let of = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
        let _ = std::fs::remove_file(of(&copy));
        let _ = std::fs::copy(of(&house.store()), of(&copy));
    }
    copy
}

fn told(house: &House) -> Vec<String> {
    house.texts().into_iter().filter(|text| text.contains(TOLD)).collect()
}

fn members(house: &House, group: &str) -> (bool, Vec<String>) {
    let group = house.signal.groups().into_iter().find(|found| found.id == group).unwrap();
    (group.members.contains(&SignalOptions::default().account_aci), group.admins)
}

async fn refuses_to_start(house: &House) -> StoreError {
    let config = || Config::from_toml(&toml(house)).unwrap();
    let Err(AppError::Store(error)) = App::prepare(config(), Clock::system()).await.map(drop) else {
        panic!("a bridge starts on a database that is left")
    };
    let by_hand = toml(house).replace(&format!("secret = \"{SECRET}\""), "locked_start = true");
    let locked = Locked::prepare(Config::from_toml(&by_hand).unwrap(), Clock::system()).await.map(drop);
    assert!(matches!(locked, Err(AppError::Store(StoreError::Leaving(_) | StoreError::Left(_)))));
    error
}

fn group_of(members: &[&str]) -> Group {
    let account = SignalOptions::default().account_aci;
    let members = [&[account.as_str()], members].concat();
    Group { members: members.iter().map(|&aci| aci.to_owned()).collect(), admins: vec![account], ..Group::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_left_and_wiped_and_the_owner_told_once() {
    let house = House::new().await;
    let (mut process, admin) = Process::of(&house, "info").await;
    let portals = talk(&house, &admin).await;
    // Made for a chat, and then the bridge died: it is in no table.
    let pair = house.signal.add_group(group_of(&[OWNER]));
    let others = house.signal.add_group(group_of(&[OWNER, "0d2a7a5c-5a80-4a9b-8d0e-1f3b2c4d5e6f"]));
    house.waha.fault(WahaFault::HangBeforeSend { times: 1 });
    house.signal.owner_says(&portals[0], "in flight");
    house.signal.owner_says(&portals[0], "behind it");
    let queue =
        |pending: i64| [("/channels/0/queue/pending", pending.into()), ("/channels/0/queue/in_flight", 1.into())];
    assert!(health_shows(&admin, &queue(1)).await);
    house.signal.stop().await;
    house.waha.says(BOB, "not shown");
    assert!(health_shows(&admin, &queue(2)).await);
    refused(&rialto(&process, &["leave", "--yes"]), &["a bridge uses this database", "stop it"]);
    process.kill();
    house.signal.restart().await.unwrap();
    copies(&house);
    let files = files_on_their_way(&house);
    refused(&leave(&house, &[]), &["cannot be undone", "--yes"]);
    assert!(is_untouched(&house) && told(&house).is_empty() && house.waha.logouts() == 0);

    let calls = house.signal.calls().len();
    let said = succeeds(&leave(&house, &["--yes"]));
    let lost = "not sent: 1; to WhatsApp, perhaps sent: 1; to Signal, perhaps not shown: 1";
    for words in
        [lost, "the owner was told", "logged out and deleted", "Signal groups left: 3; none", "data/waha", "unregister"]
    {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    assert!(!said.contains("NOT DONE"), "{said}");
    for private in
        ["7911", "7913", "1000000000000", &portals[0], &pair, OWNER, "0100100", "in flight\n", "from alice", SECRET]
    {
        assert!(!said.contains(private), "{private}, at the finest level too: {said}");
    }
    let lines = told(&house);
    assert!(lines.len() == 1 && !lines[0].contains("second time"), "{lines:?}");
    for words in
        ["1 of your messages that were not sent", "1 of your messages that may have been sent", "1 of your contacts'"]
    {
        assert!(lines[0].contains(words), "{words} is not in: {lines:?}");
    }
    assert!(house.find(TOLD).unwrap().1.is_none(), "in the control chat");
    assert!(house.waha.logouts() == 1 && house.waha.is_deleted());
    for group in [&portals[0], &portals[1], &pair] {
        assert_eq!(members(&house, group), (false, vec![OWNER.to_owned()]));
    }
    assert!(members(&house, &others).0, "a group of others is nobody's business here");
    let received = |(method, _): &(String, serde_json::Value)| method == "subscribeReceive";
    assert!(!house.signal.calls()[calls..].iter().any(received), "nothing is received");
    assert!(is_wiped(&house), "{:?} {:?}", names(house.store().parent().unwrap()), names(&backup_folder(&house)));

    assert!(files.iter().all(|file| !file.exists()), "{files:?}");

    let error = refuses_to_start(&house).await;
    assert!(matches!(error, StoreError::Left(_)) && error.to_string().contains("begin anew"), "{error}");
    assert!(is_wiped(&house), "a start that is refused makes nothing");
    assert!(succeeds(&leave(&house, &[])).contains("left and wiped before"));
    assert_eq!(told(&house).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waha_that_is_away_or_fails_keeps_everything_until_it_is_left() {
    let house = House::new().await;
    let portals = lived(&house).await;
    house.waha.stop().await;
    refused(&leave(&house, &["--yes"]), &["NOT DONE", "WAHA cannot be reached", "nothing is wiped", "--force"]);
    assert!(is_untouched(&house));
    assert!(!members(&house, &portals[0]).0, "what one peer keeps from being done does not keep the other");
    let error = refuses_to_start(&house).await;
    assert!(matches!(error, StoreError::Leaving(_)) && error.to_string().contains("rialto leave"), "{error}");
    let config = house.dir.path().join("leave.toml");
    let copy = house.dir.path().join("copy.db");
    refused(&crate::backup::rialto_with(&config, "backup", &copy), &["rialto leave"]);
    refused(&crate::backup::rialto_with(&config, "restore", &backup_folder(&house).join("mine.db")), &["rialto leave"]);
    assert!(!copy.exists());

    house.waha.restart().await.unwrap();
    house.waha.fault(WahaFault::LogoutFails { times: 1 });
    refused(&leave(&house, &["--yes"]), &["did not log its session out", "Linked devices", "nothing is wiped"]);
    assert!(
        is_untouched(&house) && house.waha.logouts() == 0 && !house.waha.is_deleted(),
        "it could be logged out later"
    );
    house.waha.fault(WahaFault::DeleteForgets { times: 1 });
    house.signal.stop().await;
    let said = leave(&house, &["--yes"]);
    refused(&said, &["did not delete it", "the owner was told", "groups are not left for certain", "nothing is wiped"]);
    house.signal.restart().await.unwrap();
    assert!(is_untouched(&house) && house.waha.logouts() == 1);
    let said = succeeds(&leave(&house, &["--yes"]));
    assert!(said.contains("Signal groups left: 0; none remains"), "{said}");
    assert!(is_wiped(&house) && house.waha.is_deleted());
    assert_eq!(told(&house).len(), 1, "once, in whichever run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_that_is_away_or_fails_keeps_everything_until_it_is_left() {
    let house = House::new().await;
    let portals = lived(&house).await;
    house.signal.stop().await;
    refused(
        &leave(&house, &["--yes"]),
        &["not told", "signal-cli cannot be reached", "groups are not left", "nothing is wiped"],
    );
    assert!(is_untouched(&house) && house.waha.is_deleted());
    house.signal.restart().await.unwrap();
    // Not sent for certain: the next line is the first.
    let kind = "NETWORK_FAILURE";
    house.signal.fault(SignalFault::ErrorOnSend { code: -1, kind, retry_after: None, times: 1 });
    house.signal.fault(SignalFault::QuitFails { code: -5, times: 1 });
    let limited = ["not told", "Signal groups left: 0; that remain: 2", "Signal limits", "nothing is wiped"];
    refused(&leave(&house, &["--yes"]), &limited);
    // It arrives, and nobody here knows: the next may be the second.
    house.signal.fault(SignalFault::AfterUpload { times: 1 });
    house.signal.fault(SignalFault::QuitFails { code: -1, times: 1 });
    refused(&leave(&house, &["--yes"]), &["not told", "Signal groups left: 1; that remain: 1", "nothing is wiped"]);
    assert!(is_untouched(&house));
    let said = succeeds(&leave(&house, &["--yes"]));
    assert!(said.contains("no such session") && said.contains("Signal groups left: 1; none"), "{said}");
    assert!(is_wiped(&house) && portals.iter().all(|group| !members(&house, group).0));
    let lines = told(&house);
    assert!(lines.len() == 2 && !lines[0].contains("second time") && lines[1].contains("second time"), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_left_is_wiped_by_force_and_said() {
    let house = House::new().await;
    lived(&house).await;
    house.waha.stop().await;
    house.signal.stop().await;
    let yours = [
        "NOT DONE",
        "WAHA cannot be reached",
        "signal-cli cannot be reached",
        "wiped, the keys first",
        "yours to do now",
    ];
    refused(&leave(&house, &["--yes", "--force"]), &yours);
    assert!(is_wiped(&house));
    // Nothing is left here that could be done.
    succeeds(&leave(&house, &["--yes"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_cut_goes_on_by_what_the_mark_says() {
    let house = House::new().await;
    lived(&house).await;
    let mark = house.store().with_added_extension("left");
    let config = house.config().encryption;
    let left = |waha: &Waha| waha.is_deleted();

    // Unreadable: as if it had only begun, so the peers come first.
    std::fs::write(&mark, b"\xff").unwrap();
    assert!(matches!(Store::open(&house.store(), &config).map(drop), Err(StoreError::Leaving(_))));
    house.waha.stop().await;
    refused(&leave(&house, &["--yes"]), &["nothing is wiped"]);
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), "begun\n");
    house.waha.restart().await.unwrap();

    // Nobody needs the secret for a database that has no keys any more, or was about to lose them.
    let path = aside_copy(&house);
    let raw = rusqlite::Connection::open(house.store()).unwrap();
    raw.execute_batch("DELETE FROM keys; DELETE FROM key_ring;").unwrap();
    drop(raw);
    succeeds(&leave(&house, &[]));
    assert!(is_wiped(&house) && !left(&house.waha), "the peers were left before the keys went");

    // One that somebody put there since is no rest of the other, and nobody has been asked about it.
    std::fs::rename(path, house.store()).unwrap();
    copies_again(&house);
    refused(&leave(&house, &[]), &["cannot be undone", "--yes"]);
    std::fs::write(&mark, "wiping\n").unwrap();
    assert!(succeeds(&leave(&house, &[])).contains("NOT DONE is still yours"));
    assert!(is_wiped(&house));

    // The database is away and the mark says that its leaving has begun: nothing is guessed.
    std::fs::write(&mark, "begun\n").unwrap();
    refused(&leave(&house, &["--yes"]), &["put it back", "rialto.db.left"]);
    std::fs::remove_file(&mark).unwrap();
    refused(&leave(&house, &["--yes"]), &["no database", "store.path"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_not_configured_any_more_is_counted() {
    let house = House::new().await;
    let portals = lived(&house).await;
    let config = house.dir.path().join("renamed.toml");
    std::fs::write(&config, toml(&house).replace("name = \"home\"", "name = \"renamed\"")).unwrap();
    let said = succeeds(&leave_with(&config, &["--yes"]));
    assert!(said.contains("not in the configuration: 1"), "{said}");
    // The account is the same, and so are the groups: by who is in them, whatever the database says.
    assert!(
        said.contains("Signal groups left: 2; none") && portals.iter().all(|group| !members(&house, group).0),
        "{said}"
    );
    assert!(is_wiped(&house));
}

fn copies_again(house: &House) {
    std::fs::copy(backup_folder(house).join("mine.db"), backup_folder(house).join("rialto-20250131T033000Z.db"))
        .unwrap();
}
