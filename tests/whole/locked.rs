//! A bridge that starts without its secret: nothing is readable, nothing is lost, and who has the secret opens it.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rialto::app::Locked;
use rialto::clock::Clock;
use rialto::config::Config;
use tokio_util::sync::CancellationToken;

use crate::backup::{refused, succeeds};
use crate::house::{self, ALICE, House, Process, SECRET, clock, exchange, health_shows, turn_until, without_settings};
use crate::outside::Outside;

const STEP: Duration = Duration::from_millis(200);
const WRONG: &str = "0c1f7d52ab93e6408f21c5d7e90b3a64f1d2c3b4";

fn locked_toml(toml: &str) -> String {
    toml.replace(&format!("secret = \"{SECRET}\""), "locked_start = true")
}

/// `rialto unlock`, or another command, with a line of standard input.
fn with_line(process: &Process, arguments: &[&str], line: &str) -> Output {
    let mut command = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    command.args(arguments).arg("--config").arg(process.config());
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // A command that does not ask may be over already.
    let _ = writeln!(child.stdin.take().unwrap(), "{line}");
    child.wait_with_output().unwrap()
}

async fn is_locked(admin: &str) -> bool {
    health_shows(admin, &[("/locked", true.into())]).await
}

/// What everybody on the machine can read of a process.
fn shown(process: &Process) -> String {
    let of = |file: &str| std::fs::read(format!("/proc/{}/{file}", process.pid())).unwrap_or_default();
    [of("cmdline"), of("environ"), std::fs::read(&process.log).unwrap()]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_while_it_is_locked_arrives_once_it_is_open() {
    let house = House::new().await;
    let (mut process, admin) = Process::of(&house, "trace").await;
    house.waha.says(ALICE, "before");
    let group = house.group_of("before").await;
    assert!(house::idle_at(&admin).await);
    process.kill();
    let toml = std::fs::read_to_string(process.config()).unwrap();
    std::fs::write(process.config(), locked_toml(&toml)).unwrap();

    for round in ["first", "second"] {
        process.start_again();
        assert!(is_locked(&admin).await);
        process.kill();
        process.start_again();
        assert!(is_locked(&admin).await);
        let (told, typed) = (format!("told, {round}"), format!("typed, {round}"));
        let before = house.waha.webhook_log().len();
        house.waha.says(ALICE, &told);
        house.signal.owner_says(&group, &typed);
        let later = |waha: &simulator::waha::Waha| {
            waha.webhook_log()[before..].iter().any(|attempt| attempt.status == Some(503))
        };
        assert!(house.waha.wait_until(house::SOON, later).await, "WAHA is asked to come again");
        assert_eq!(house.signal.subscriptions(), 0, "signal-cli keeps what was typed");
        refused(&with_line(&process, &["health"], ""), &["rialto unlock"]);
        refused(&with_line(&process, &["unlock"], WRONG), &["does not open"]);
        refused(&with_line(&process, &["unlock"], "short"), &["32 characters"]);
        assert!(house.find(&told).is_none());

        let said = succeeds(&with_line(&process, &["unlock"], SECRET));
        assert!(said.contains("is open"), "{said}");
        assert!(house.arrives(&told).await);
        let sent = || house.waha.sent().iter().filter(|sent| sent.text == typed).count();
        assert!(house.waha.wait_until(house::SOON, |_| sent() == 1).await);
        assert_eq!(house.texts().iter().filter(|text| **text == told).count(), 1);
        assert!(succeeds(&with_line(&process, &["unlock"], SECRET)).contains("open already"));
        for secret in [SECRET, WRONG] {
            assert!(!shown(&process).contains(secret));
        }
        // Dead the moment after: the next start is locked again.
        process.kill();
    }
    assert_eq!(house.waha.sent().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_secret_is_that_of_the_database_and_commands_ask_for_it() {
    let house = House::new().await;
    let (mut process, admin) = Process::of(&house, "info").await;
    process.kill();
    std::fs::remove_dir_all(house.store().parent().unwrap()).unwrap();
    let toml = std::fs::read_to_string(process.config()).unwrap();
    std::fs::write(process.config(), locked_toml(&toml)).unwrap();
    process.start_again();
    assert!(is_locked(&admin).await);
    assert!(!house.store().exists(), "nothing is made before there is a secret");
    let json = format!("{{\"secret\":\"{SECRET}\",\"first\":false}}");
    let said = exchange(&admin, "POST /unlock", &json).await;
    assert!(said.contains("would become it") && !house.store().exists(), "{said}");
    refused(&with_line(&process, &["unlock"], &"a".repeat(40)), &["the secret"]);
    let said = succeeds(&with_line(&process, &["unlock"], SECRET));
    assert!(said.contains("Without it nobody can open the database again"), "{said}");
    house.waha.says(ALICE, "hello");
    assert!(house.arrives("hello").await);

    refused(&with_line(&process, &["export"], WRONG), &["does not open"]);
    assert!(succeeds(&with_line(&process, &["export"], SECRET)).contains("messages"));
    assert!(succeeds(&with_line(&process, &["check"], "")).contains("starts locked"));
}

/// In this process, on a clock that stands.
async fn locked(house: &House, more: &str, time: &Clock) -> (String, tokio::task::JoinHandle<()>, CancellationToken) {
    let toml = format!("{more}{}", locked_toml(&house.toml("127.0.0.1:0", "127.0.0.1:0")));
    let locked = Locked::prepare(Config::from_toml(&toml).unwrap(), time.clone()).await.unwrap();
    let admin = locked.admin_address().unwrap().to_string();
    house.waha.set_webhook(format!("http://{}/webhooks/waha/home", locked.webhook_address().unwrap()));
    let stop = CancellationToken::new();
    let until = stop.clone();
    let task = tokio::spawn(async move {
        if let Some(app) = locked.wait(&until).await.unwrap() {
            app.run(until).await;
        }
    });
    (admin, task, stop)
}

async fn try_secret(admin: &str, secret: &str) -> String {
    exchange(admin, "POST /unlock", &format!("{{\"secret\":\"{secret}\",\"first\":true}}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_is_slowed_down_and_the_right_secret_opens_a_minute_later() {
    let (house, time) = (House::new().await, clock());
    house.bridge_at(time.clone()).await.stop().await;
    let (admin, task, stop) = locked(&house, "", &time).await;
    for n in 0..12 {
        let said = try_secret(&admin, WRONG).await;
        assert_eq!(said.contains("does not open"), n < 5, "{n}: {said}");
        assert_eq!(said.contains("in a minute"), n >= 5, "{n}: {said}");
    }
    assert_eq!(house::health(&admin).await["secrets_refused"], 5);
    let metrics = house::get(&admin, "/metrics").await;
    assert!(metrics.contains("rialto_locked 1\n") && metrics.contains("rialto_secrets_refused_total 5\n"), "{metrics}");
    assert!(try_secret(&admin, SECRET).await.contains("in a minute"), "nobody is told which one was right");
    let odd = exchange(&admin, "POST /unlock", "{\"secret\":").await;
    assert!(odd.contains("as JSON"), "{odd}");
    time.advance(Duration::from_mins(1));
    assert!(try_secret(&admin, SECRET).await.contains("is open"));
    house.waha.says(ALICE, "hello");
    assert!(turn_until(&time, STEP, || house.find("hello").is_some()).await);
    assert!(try_secret(&admin, SECRET).await.contains("open already"));
    stop.cancel();
    task.await.unwrap();
}

/// The answer to the right secret is about the bridge, not about the database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bridge_that_cannot_begin_is_not_said_to_be_open() {
    let (house, time) = (House::new().await, clock());
    house.bridge_at(time.clone()).await.stop().await;
    // Nothing that could stand in a header, which shows when the channels are put together.
    let toml = locked_toml(&house.toml("127.0.0.1:0", "127.0.0.1:0"))
        .replace(house::API_KEY, "3f6c1d9a0b7e4c52a8d1e9f4\\u0007b2c76a10");
    let locked = Locked::prepare(Config::from_toml(&toml).unwrap(), time.clone()).await.unwrap();
    let (admin, stop) = (locked.admin_address().unwrap().to_string(), CancellationToken::new());
    let task = tokio::spawn(async move { locked.wait(&stop).await.map(drop) });
    let said = try_secret(&admin, SECRET).await;
    assert!(said.contains("cannot begin") && said.contains("api_key") && !said.contains("is open"), "{said}");
    assert!(task.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_it_waits_for_its_secret_is_said_by_the_second_path() {
    let (house, time, outside) = (House::new().await, clock(), Outside::new().await);
    let (admin, task, stop) = locked(&house, &outside.config(), &time).await;
    assert!(turn_until(&time, STEP, || outside.alarms().len() == 1).await);
    assert!(outside.alarms()[0].body.contains("waits for its secret"), "{:?}", outside.alarms());
    assert_eq!(outside.beats(), 0, "no sign of life from what carries nothing");
    assert!(try_secret(&admin, SECRET).await.contains("is open"));
    assert!(turn_until(&time, STEP, || outside.alarms().len() == 2).await);
    assert!(outside.alarms()[1].body.contains("has its secret"), "{:?}", outside.alarms());
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_ends_it_while_it_waits_ends_it() {
    let (house, time) = (House::new().await, clock());
    let (_, task, stop) = locked(&house, "", &time).await;
    stop.cancel();
    task.await.unwrap();
    assert!(!house.store().exists());
}
