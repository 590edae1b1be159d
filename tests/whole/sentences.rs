//! What goes wrong at the start is one sentence that says what to do, and an exit status; or a state that waits.

use std::process::{Command, Output, Stdio};

use crate::house::{self, House, Process};
use simulator::waha::WahaOptions;

fn rialto(house: &House, command: &str, toml: &str) -> Output {
    let config = house.dir.path().join("rialto.toml");
    std::fs::write(&config, toml).unwrap();
    let mut program = crate::house::without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.arg(command).arg("--config").arg(config).stdin(Stdio::null()).output().unwrap()
}

fn refused(house: &House, toml: &str, words: &[&str]) {
    let output = rialto(house, "run", toml);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    for secret in [house::SECRET, house::HMAC, house::API_KEY] {
        assert!(!said.contains(secret), "a secret is in: {said}");
    }
}

fn toml(house: &House) -> String {
    house.toml("127.0.0.1:0", "127.0.0.1:0").replace("\"trace\"", "\"error\"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_fails_says_what_to_do() {
    let house = House::new().await;
    let good = toml(&house);
    let bridge = house.bridge().await;
    refused(&house, &good, &["another process uses this database", "stop it"]);
    let (first, second) = (house.store(), house.store().with_file_name("second.db"));
    let second = good.replacen(&first.display().to_string(), &second.display().to_string(), 1);
    assert_ne!(second, good);
    refused(&house, &second, &["another Rialto uses", "media.folder", "a folder of its own"]);
    bridge.stop().await;

    let other = house::SECRET.chars().rev().collect::<String>();
    refused(&house, &good.replace(house::SECRET, &other), &["the secret does not open this store"]);
    refused(&house, &good.replace("[portals]", "[portals]\nbrust = 1"), &["portals.brust", "burst", "rialto.toml"]);
    refused(&house, &good.replace("[portals]", "[portals"), &["valid TOML"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let listen = format!("listen = \"{address}\"");
    let busy = good.replacen("listen = \"127.0.0.1:0\"", &listen, 1);
    refused(&house, &busy, &[&address, "server.listen", "stop the program"]);

    let database = rusqlite::Connection::open(house.store()).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    refused(&house, &good, &["version 99", "newer Rialto"]);
    std::fs::write(house.store(), "this is no database, and it is long enough to look like one".repeat(40)).unwrap();
    refused(&house, &good, &["damaged", "backup"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_prints_the_effective_configuration_without_secrets() {
    let house = House::new().await;
    let output = rialto(&house, "check", &toml(&house));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("period = \"30days\"") && said.contains("(hidden)"), "{said}");
    for secret in [house::SECRET, house::HMAC, house::API_KEY, house::ACCOUNT, house::OWNER] {
        assert!(!said.contains(secret), "{secret}");
    }
    let output = rialto(&house, "health", &house.toml("127.0.0.1:7", "127.0.0.1:9"));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("rialto run"));
}

/// Peers that are away or too old are waited for: the bridge runs, takes webhooks, and says in its health what is wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_cannot_be_used_are_waited_for() {
    let house = House::with(WahaOptions::default(), |options| options.version = "0.13.19".into()).await;
    house.waha.stop().await;
    let (process, admin) = Process::of(&house, "info").await;
    let wanted = [("/channels/0/signal/state", "too_old".into()), ("/channels/0/whatsapp/cause", "unreachable".into())];
    assert!(house::health_shows(&admin, &wanted).await, "{}", house::health(&admin).await);
    let log = std::fs::read_to_string(&process.log).unwrap();
    assert!(log.contains("0.13.19") && log.contains("0.14.5"), "{log}");
}
