//! `rialto leave` dies at each of its steps: no bridge ever starts again, nothing goes before both peers are left, the keys
//! go before the files, and the next run finishes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rialto::backups;
use rialto::clock::Moment;
use rialto::config::{Encryption, Unlock};
use rialto::store::{Store, StoreError};
use rusqlite::Connection;
use secrecy::SecretSlice;
use simulator::signal_cli::SignalOptions;

use crate::child::{Child, toml};
use crate::house::{House, idle_at, without_settings};
use crate::talk::chat;

/// In this order: a line that was said and not noted comes before one that was noted and not said.
pub(crate) const POINTS: [&str; 12] = [
    "leave.after_mark",
    "leave.note.before_commit",
    "leave.after_tell",
    "leave.before_tell",
    "leave.after_logout",
    "leave.after_unlink",
    "leave.between_groups",
    "leave.before_wipe",
    "leave.between_keys",
    "leave.between_files",
    "leave.before_done",
    "leave.before_unlock",
];

fn leave(config: &Path, point: Option<&str>) -> Output {
    let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.args(["leave", "--yes", "--config"]).arg(config).stdin(Stdio::null());
    program.envs(point.map(|point| ("RIALTO_FAILPOINT", point)));
    program.output().unwrap()
}

fn files(house: &House) -> Vec<PathBuf> {
    let folders = [house.store().parent().unwrap().to_owned(), house.dir.path().join("backups")];
    folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect()
}

/// The keys as they lie in the database, and which files hold any of them.
fn keys(house: &House) -> Vec<Vec<u8>> {
    let raw = Connection::open(house.store()).unwrap();
    let mut statement = raw.prepare("SELECT wrapped FROM keys").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn with_keys(house: &House, keys: &[Vec<u8>]) -> usize {
    let holds = |file: &PathBuf| {
        let bytes = std::fs::read(file).unwrap();
        keys.iter().any(|key| bytes.windows(key.len()).any(|window| window == key))
    };
    files(house).iter().filter(|file| holds(file)).count()
}

fn is_marked(house: &House) -> bool {
    let encryption = Encryption { enabled: true, unlock: Unlock::KeyFile(SecretSlice::from(vec![7; 32])) };
    let opened = Store::open(&house.store(), &encryption).map(|store| store.close());
    matches!(opened, Err(StoreError::Leaving(_) | StoreError::Left(_)))
}

fn still_in(house: &House) -> usize {
    let account = SignalOptions::default().account_aci;
    house.signal.groups().iter().filter(|group| group.members.contains(&account)).count()
}

/// Two conversations and two copies.
async fn lived(house: &House) -> PathBuf {
    let child = Child::start(house, &[]);
    for number in [1, 2] {
        house.waha.says(&chat(number), &format!("from {number}"));
        house.group_of(&format!("from {number}")).await;
    }
    assert!(idle_at(&child.admin).await);
    child.end();
    let folder = house.dir.path().join("backups");
    let backup = backups::make(&house.store(), &folder, &house.config().backup, Moment(1_738_294_200_000)).unwrap();
    std::fs::copy(backup, rialto::store::restore::aside(&house.store(), Moment(1_738_294_200_000))).unwrap();
    let config = house.dir.path().join("leave.toml");
    let section = format!("[backup]\npath = \"{}\"\n[portals]", folder.display());
    std::fs::write(&config, toml(house, "127.0.0.1:1", "127.0.0.1:2").replace("[portals]", &section)).unwrap();
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_finished_wherever_it_was_cut() {
    let house = crate::house("2026.7.1").await;
    let config = lived(&house).await;
    let keys = keys(&house);
    assert!(!keys.is_empty() && with_keys(&house, &keys) >= 3, "the database and two copies");
    for point in POINTS {
        let output = leave(&config, Some(point));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("killed at {point}")), "{point}: {said}");
        assert!(is_marked(&house), "{point}");
        match point {
            "leave.before_wipe" => {
                assert!(house.waha.is_deleted() && still_in(&house) == 0 && with_keys(&house, &keys) >= 3);
                // From here on nobody is asked for anything.
                house.waha.stop().await;
                house.signal.stop().await;
                std::fs::remove_file(house.dir.path().join("key")).unwrap();
                std::fs::write(house.dir.path().join("key"), [9; 32]).unwrap();
            }
            "leave.between_keys" => {
                let gone =
                    !std::fs::read(house.store()).unwrap().windows(keys[0].len()).any(|window| window == keys[0]);
                assert!(gone && with_keys(&house, &keys) >= 1, "those of the database first");
            }
            "leave.between_files" => {
                assert!(with_keys(&house, &keys) == 0 && files(&house).len() >= 3, "keys before files");
            }
            "leave.between_groups" => assert_eq!(still_in(&house), 1),
            "leave.before_done" | "leave.before_unlock" => assert_eq!(with_keys(&house, &keys), 0),
            _ => assert!(with_keys(&house, &keys) >= 3 && still_in(&house) == 2, "{point}"),
        }
    }
    let output = leave(&config, None);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(files(&house), [house.store().with_added_extension("left")]);
    let lines: Vec<_> = house.texts().into_iter().filter(|text| text.contains("being left for good")).collect();
    assert!(lines.len() == 2 && !lines[0].contains("second time") && lines[1].contains("second time"), "{lines:?}");
    assert_eq!(house.waha.logouts(), 2, "a session that was logged out and not deleted is logged out again");
}
