//! Values are sealed anew in a running bridge: under traffic, and with kills in the middle.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rialto::config::Config;
use rialto::store::Store;
use rialto::store::columns::{COLUMNS, Keeping};
use rialto::store::reseal::Reseal;
use simulator::waha::{Policy, Retries, WahaOptions};

use crate::backup::{refused, succeeds};
use crate::crash::Random;
use crate::house::{self, ALICE, BOB, House, Process, SOON, health_shows, idle_at};

const PEOPLE: [&str; 2] = [ALICE, BOB];

pub(crate) fn rialto(process: &Process, arguments: &[&str]) -> Output {
    let mut program = house::without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.args(arguments).arg("--config").arg(process.config()).stdin(Stdio::null()).output().unwrap()
}

fn configure(process: &Process, enabled: bool) {
    let toml = std::fs::read_to_string(process.config()).unwrap();
    let toml = toml.replace("enabled = false\n", "");
    let toml = if enabled { toml } else { toml.replace("[encryption]\n", "[encryption]\nenabled = false\n") };
    std::fs::write(process.config(), toml).unwrap();
}

/// More than is sealed anew in a moment.
async fn meet_many(house: &House) {
    let config = house.config();
    let store = Store::open(&config.store.path, &config.encryption).unwrap();
    let group = |n| rialto::event::Address::parse(&format!("1203{n:08}@g.us")).unwrap();
    let job = move |tx: &rialto::store::Tx<'_>| {
        let (channel, now) = (tx.channel("home", rialto::clock::Moment(0))?, rialto::clock::Clock::system().now());
        (0..20_000).try_for_each(|n| tx.resolve(channel, &group(n), None, now).map(drop))
    };
    store.write(job).await.unwrap();
    store.close();
}

/// What values in the database begin with.
fn kinds(house: &House) -> Vec<Vec<u8>> {
    let raw = rusqlite::Connection::open(house.store()).unwrap();
    let mut kinds = Vec::new();
    for column in COLUMNS.iter().filter(|column| matches!(column.keeping, Keeping::Sealed(_))) {
        let sql = format!(
            "SELECT DISTINCT substr({0}, 1, iif(substr({0}, 1, 1) = X'00', 1, 5)) FROM {1}
                           WHERE {0} IS NOT NULL",
            column.name, column.table
        );
        let mut statement = raw.prepare(&sql).unwrap();
        kinds.extend(statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap().map(Result::unwrap));
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Messages flow both ways until `done`; returns how many each of the two wrote.
async fn talk(house: &House, groups: &[String], from: usize, done: impl Future<Output = ()>) -> usize {
    let mut next = from;
    let flow = async {
        let mut turns = crate::house::beats(Duration::from_millis(20));
        loop {
            turns.tick().await;
            for (person, group) in PEOPLE.iter().zip(groups) {
                house.waha.says(person, &format!("from {person} {next}"));
                house.signal.owner_says(group, &format!("to {person} {next}"));
            }
            next += 1;
        }
    };
    tokio::select! {
        () = flow => {}
        () = done => {}
    }
    next
}

/// Everything that was said came to the right place, once but for what a kill put in doubt.
async fn all_came(house: &House, groups: &[String], count: usize) {
    for n in 0..count {
        for (person, group) in PEOPLE.iter().zip(groups) {
            let text = format!("from {person} {n}");
            let came = |shown: &str| shown.ends_with(&text);
            let arrived = |s: &simulator::signal_cli::SignalCli| s.inbox().iter().any(|m| came(&m.text));
            assert!(house.signal.wait_until(SOON, arrived).await, "{text}");
            let shown: Vec<_> = house.signal.inbox().into_iter().filter(|m| came(&m.text)).collect();
            assert!(shown.iter().all(|m| m.group_id.as_ref() == Some(group)), "{text} came elsewhere");
            assert!(shown.iter().filter(|m| m.text == text).count() <= 1, "{text} came twice");
        }
    }
    for sent in house.waha.delivered() {
        assert!(sent.text.starts_with(&format!("to {} ", sent.chat_id)), "{} went to {}", sent.text, sent.chat_id);
    }
}

async fn settled(admin: &str) {
    assert!(idle_at(admin).await && health_shows(admin, &[("/reseal/running", false.into())]).await);
}

/// Returns once the reseal that was asked for is done, by its count in health.
async fn sealed_anew(admin: &str) {
    let done = async {
        let mut turns = crate::house::beats(Duration::from_millis(10));
        loop {
            turns.tick().await;
            let reseal = house::health(admin).await["reseal"].clone();
            if reseal["running"] == false && reseal["resealed"].as_u64().is_some_and(|values| values >= 20_000) {
                assert_eq!((&reseal["unreadable"], &reseal["needed"]), (&0.into(), &false.into()));
                return;
            }
        }
    };
    tokio::time::timeout(SOON, done).await.expect("it ends");
}

/// Returns once so many values are sealed anew, or all that had to be.
async fn is_at(admin: &str, values: u64) {
    let mut turns = crate::house::beats(Duration::from_millis(5));
    loop {
        turns.tick().await;
        let reseal = house::health(admin).await["reseal"].clone();
        if reseal["running"] == false || reseal["resealed"].as_u64().is_some_and(|done| done >= values) {
            return;
        }
    }
}

async fn house() -> (House, Process, String, [String; 2]) {
    let retries = Retries { policy: Policy::Constant, delay: Duration::from_millis(50), attempts: 100_000 };
    let options = WahaOptions { retries, ordered: true, version: house::recent(), ..WahaOptions::default() };
    let house = House::with(options, |_| {}).await;
    meet_many(&house).await;
    let (process, admin) = Process::of(&house, "info").await;
    for person in PEOPLE {
        house.waha.says(person, &format!("from {person} 0"));
    }
    let [alice, bob] = PEOPLE.map(|person| format!("from {person} 0"));
    let groups = [house.group_of(&alice).await, house.group_of(&bob).await];
    (house, process, admin, groups)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_change_and_encryption_goes_off_and_on_while_people_write() {
    let (house, mut process, admin, groups) = house().await;
    let mut count = 1;
    for (enabled, arguments, kind) in [
        (true, &["reseal", "--new-key"][..], &[1, 0, 0, 0, 3][..]),
        (false, &["reseal"], &[0]),
        (true, &["reseal"], &[1, 0, 0, 0, 3]),
    ] {
        settled(&admin).await;
        process.terminate();
        configure(&process, enabled);
        let check = succeeds(&rialto(&process, &["check"]));
        assert_eq!(check.contains("`rialto reseal` converts them"), arguments.len() == 1, "{check}");
        assert_eq!(check.contains("encryption is off"), !enabled, "{check}");
        process.start_again();
        settled(&admin).await;
        let job = async {
            assert!(succeeds(&rialto(&process, arguments)).contains("has begun"));
            sealed_anew(&admin).await;
        };
        count = talk(&house, &groups, count, job).await;
        settled(&admin).await;
        assert_eq!(kinds(&house), [kind]);
    }
    all_came(&house, &groups, count).await;
    for n in 1..count {
        for person in PEOPLE {
            let text = format!("to {person} {n}");
            let sent = |waha: &simulator::waha::Waha| waha.delivered().iter().filter(|sent| sent.text == text).count();
            assert!(house.waha.wait_until(SOON, |waha| sent(waha) == 1).await, "{text}");
        }
    }
    let log = std::fs::read_to_string(&process.log).unwrap();
    assert!(log.contains("`rialto reseal` converts them") && log.contains("encryption is off"));
    assert_eq!(log.matches("all values are as they are written now").count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_in_the_middle_leave_every_value_readable() {
    let (house, mut process, admin, groups) = house().await;
    let (mut random, mut count, mut midway) = (Random::new(), 1, 0);
    for round in 0..9 {
        let job = async {
            house::reseal(admin.clone(), round % 3 == 0).await;
            is_at(&admin, random.below(20_000)).await;
        };
        count = talk(&house, &groups, count, job).await;
        process.kill();
        midway += usize::from(kinds(&house).len() > 1);
        configure(&process, round % 3 != 1);
        process.start_again();
        settled(&admin).await;
    }
    println!("killed with values of two kinds: {midway} of 9");
    house::reseal(admin.clone(), true).await;
    settled(&admin).await;
    all_came(&house, &groups, count).await;
    process.terminate();
    let config = Config::from_toml(&std::fs::read_to_string(process.config()).unwrap()).unwrap();
    let store = Store::open(&config.store.path, &config.encryption).unwrap();
    let job = Reseal::new(store.clone());
    job.ask(true).await.unwrap();
    let done = job.run().await.unwrap();
    assert!(done.unreadable == 0 && done.resealed >= 20_000, "{done:?}");
    assert!(kinds(&house).len() == 1);
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_database_is_sealed_anew_by_the_command() {
    let (house, mut process, _, _) = house().await;
    process.kill();
    let said = succeeds(&rialto(&process, &["reseal", "--new-key"]));
    assert!(said.contains("sealed under the newest key") && said.contains("stay as they are: 0"), "{said}");
    assert_eq!(kinds(&house), [[1, 0, 0, 0, 3]]);
    std::fs::remove_file(house.store()).unwrap();
    refused(&rialto(&process, &["reseal"]), &["there is no database at"]);
}
