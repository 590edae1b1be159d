//! A house for whole-program tests: both simulators on loopback and the bridge between them, in this process or as a
//! child.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rialto::app::App;
use rialto::clock::{Clock, Moment};
use rialto::config::Config;
use simulator::signal_cli::{SignalCli, SignalOptions};
use simulator::waha::{Contact, Waha, WahaOptions};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Long enough for a machine whose disk is busy with other things; a test that passes never waits this long.
pub(crate) const SOON: Duration = Duration::from_mins(3);

pub(crate) const HMAC: &str = "b1946ac92492d2347c6235b4d2611184b1946ac9";
pub(crate) const SECRET: &str = "591785b794601e212b260e25925636fd591785b7";
pub(crate) const API_KEY: &str = "3f6c1d9a0b7e4c52a8d1e9f4b2c76a10";
pub(crate) const ACCOUNT: &str = "+15550100100";
pub(crate) const OWNER: &str = "c0fc311c-3c80-4784-87c1-3bc35b187d7a";

pub(crate) const ALICE: &str = "79111111111@c.us";
pub(crate) const BOB: &str = "79133333333@c.us";

/// The two peers and the bridge's folder.
pub(crate) struct House {
    pub(crate) waha: Waha,
    pub(crate) signal: SignalCli,
    pub(crate) dir: TempDir,
    account: String,
}

impl House {
    /// With a WAHA that delivers one webhook after the other, so that a test knows the order of commits.
    pub(crate) async fn new() -> Self {
        Self::with(WahaOptions { ordered: true, version: recent(), ..WahaOptions::default() }, |_| {}).await
    }

    pub(crate) async fn with(waha: WahaOptions, adapt: impl FnOnce(&mut SignalOptions)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let waha = WahaOptions { api_key: API_KEY.into(), hmac_key: HMAC.into(), ..waha };
        let mut options = SignalOptions {
            socket: Some(dir.path().join("signal.sock")),
            attachments: Some(dir.path().join("attachments")),
            account: ACCOUNT.into(),
            owner_aci: OWNER.into(),
            ..SignalOptions::default()
        };
        adapt(&mut options);
        let account = options.account.clone();
        let house = Self {
            waha: Waha::start(waha).await.unwrap(),
            signal: SignalCli::start(options).await.unwrap(),
            dir,
            account,
        };
        for (number, lid, name) in
            [("79111111111", "100000000000002", "Alice"), ("79133333333", "100000000000003", "Bob")]
        {
            house.waha.add_contact(Contact {
                number: Some(number.into()),
                lid: Some(lid.into()),
                name: Some(name.into()),
                push_name: Some(name.into()),
            });
        }
        house
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.dir.path().join("data/rialto.db")
    }

    pub(crate) fn toml(&self, listen: &str, admin: &str) -> String {
        let toml = toml(&self.waha.url(), &self.dir.path().join("signal.sock"), &self.store(), listen, admin);
        toml.replace(ACCOUNT, &self.account)
    }

    pub(crate) fn config(&self) -> Config {
        Config::from_toml(&self.toml("127.0.0.1:0", "127.0.0.1:0")).unwrap()
    }

    /// Starts the bridge in this process, on the machine's clock.
    pub(crate) async fn bridge(&self) -> Bridge {
        self.bridge_at(Clock::system()).await
    }

    pub(crate) async fn bridge_at(&self, clock: Clock) -> Bridge {
        self.bridge_as(clock, &self.toml("127.0.0.1:0", "127.0.0.1:0")).await
    }

    /// With a configuration of its own, made from [`House::toml`].
    pub(crate) async fn bridge_as(&self, clock: Clock, toml: &str) -> Bridge {
        self.bridge_with(Config::from_toml(toml).unwrap(), clock).await
    }

    /// With more at the head of the configuration.
    pub(crate) async fn bridge_more(&self, more: &str, clock: Clock) -> Bridge {
        self.bridge_as(clock, &format!("{more}{}", self.toml("127.0.0.1:0", "127.0.0.1:0"))).await
    }

    pub(crate) async fn bridge_with(&self, config: Config, clock: Clock) -> Bridge {
        let app = App::prepare(config, clock).await.unwrap();
        let webhook = format!("http://{}/webhooks/waha/home", app.webhook_address().unwrap());
        let admin = format!("{}", app.admin_address().unwrap());
        self.waha.set_webhook(webhook.clone());
        let stop = CancellationToken::new();
        let task = tokio::spawn(app.run(stop.clone()));
        Bridge { webhook, admin, stop, task }
    }

    /// The group whose messages contain `text`, once it has come.
    pub(crate) async fn group_of(&self, text: &str) -> String {
        assert!(self.arrives(text).await, "{text} did not arrive: {:#?}", self.texts());
        self.find(text).unwrap().1.expect("it came into a group")
    }

    pub(crate) async fn arrives(&self, text: &str) -> bool {
        self.signal.wait_until(SOON, |signal| signal.inbox().iter().any(|m| m.text.contains(text))).await
    }

    /// Timestamp and group of an arrived message.
    pub(crate) fn find(&self, text: &str) -> Option<(i64, Option<String>)> {
        self.signal.inbox().iter().find(|m| m.text.contains(text)).map(|m| (m.timestamp, m.group_id.clone()))
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.signal.inbox().into_iter().map(|m| m.text).collect()
    }
}

pub(crate) fn toml(waha: &str, socket: &Path, store: &Path, listen: &str, admin: &str) -> String {
    format!(
        r#"
[server]
listen = "{listen}"
admin_listen = "{admin}"
[store]
path = "{}"
[encryption]
secret = "{SECRET}"
[portals]
burst = 1000
per_day = 10000
[floods]
per_minute = 100000
[log]
level = "trace"
[[channels]]
name = "home"
conversation = "portal"
[channels.whatsapp]
url = "{waha}"
api_key = "{API_KEY}"
webhook_secret = "{HMAC}"
[channels.signal]
socket = "{}"
attachments = "{}"
account = "{ACCOUNT}"
owner = "{OWNER}"
"#,
        store.display(),
        socket.display(),
        socket.with_file_name("attachments").display()
    )
}

/// A bridge in this process.
pub(crate) struct Bridge {
    pub(crate) webhook: String,
    pub(crate) admin: String,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Bridge {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Turns a manual clock in small steps until something holds: for what waits on the clock while sockets work in real
/// time. False if it does not hold after `SOON`.
pub(crate) async fn turn_until(clock: &Clock, step: Duration, holds: impl Fn() -> bool) -> bool {
    let turning = async {
        let mut turns = beats(Duration::from_millis(5));
        while !holds() {
            turns.tick().await;
            clock.advance(step);
        }
    };
    tokio::time::timeout(SOON, turning).await.is_ok()
}

/// Beats at least this far apart: a machine that stood still for a moment is not to get those that it missed at once,
/// since what waits for a beat turns the clock at each.
pub(crate) fn beats(period: Duration) -> tokio::time::Interval {
    let mut beats = tokio::time::interval(period);
    beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    beats
}

/// A WAHA of this month: its age is nothing to speak of.
pub(crate) fn recent() -> String {
    let now = jiff::Timestamp::from_millisecond(Clock::system().now().0).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    format!("{}.{}.1", now.year(), now.month())
}

/// A manual clock that stands at the machine's present, so that the simulators' timestamps fit.
pub(crate) fn clock() -> Clock {
    Clock::manual(Moment(Clock::system().now().0))
}

/// `/health/detail`, or nothing while nobody answers.
pub(crate) async fn health(admin: &str) -> serde_json::Value {
    serde_json::from_str(&get(admin, "/health/detail").await).unwrap_or_default()
}

/// What the admin listener answers, or nothing while nobody does.
pub(crate) async fn get(admin: &str, path: &str) -> String {
    exchange(admin, &format!("GET {path}"), "").await
}

/// Asks the bridge to seal everything anew until it has heard it: it may be dead, or die of it.
pub(crate) async fn reseal(admin: String, new_key: bool) {
    let mut turns = beats(Duration::from_millis(10));
    let wish = format!(r#"{{"new_key":{new_key}}}"#);
    while !exchange(&admin, "POST /reseal", &wish).await.contains("has begun") {
        turns.tick().await;
    }
}

pub(crate) async fn exchange(admin: &str, what: &str, json: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(admin).await?;
        let request = format!(
            "{what} HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{json}",
            json.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map(|_| answer)
    };
    let answer: std::io::Result<String> = ask.await;
    answer.ok().and_then(|answer| answer.split("\r\n\r\n").nth(1).map(str::to_owned)).unwrap_or_default()
}

/// The bridge account's own id, by which its messages are quoted.
pub(crate) fn bridge_aci() -> String {
    SignalOptions::default().account_aci
}

/// Waits until the bridge's health shows all these values.
pub(crate) async fn health_shows(admin: &str, wanted: &[(&str, serde_json::Value)]) -> bool {
    let asking = async {
        let mut turns = beats(Duration::from_millis(10));
        loop {
            turns.tick().await;
            let health = health(admin).await;
            if wanted.iter().all(|(path, value)| health.pointer(path) == Some(value)) {
                return;
            }
        }
    };
    tokio::time::timeout(SOON, asking).await.is_ok()
}

/// Waits until the bridge knows that the WhatsApp side works, or that it does not.
pub(crate) async fn whatsapp_is(bridge: &Bridge, working: bool) -> bool {
    health_shows(&bridge.admin, &[("/channels/0/whatsapp/working", working.into())]).await
}

/// Waits until the bridge has nothing on its way.
pub(crate) async fn idle(bridge: &Bridge) -> bool {
    idle_at(&bridge.admin).await
}

/// The same for a bridge whose health is at this address.
pub(crate) async fn idle_at(admin: &str) -> bool {
    let empty = |state| (state, 0.into());
    health_shows(admin, &["/channels/0/queue/pending", "/channels/0/queue/in_flight"].map(empty)).await
}

/// Posts a fresh webhook about a message that was written long before `now`.
pub(crate) async fn post_old(bridge: &Bridge, text: &str, now: Moment) {
    post_written(bridge, text, now, Duration::from_hours(8 * 24)).await;
}

/// Posts a fresh webhook about a message that was written `ago`, by the bridge's clock.
pub(crate) async fn post_written(bridge: &Bridge, text: &str, now: Moment, ago: Duration) {
    let stanza = format!("3EB0{:018X}", text.len() * 1000 + usize::from(text.bytes().last().unwrap()));
    let body = serde_json::json!({
        "id": format!("evt_{stanza}"), "timestamp": now.0, "event": "message.any", "session": "default",
        "payload": {"id": format!("false_{ALICE}_{stanza}"), "timestamp": now.minus(ago).0 / 1000,
            "from": ALICE, "fromMe": false, "body": text, "hasMedia": false},
        "environment": {"engine": "NOWEB"},
    });
    assert_eq!(post(bridge, body.to_string()).await, 200);
}

/// Posts a signed body and returns the status.
pub(crate) async fn post(bridge: &Bridge, body: String) -> u16 {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let signature = simulator::waha::signature(HMAC, body.as_bytes());
    let request = reqwest::Client::builder().build().unwrap().post(&bridge.webhook);
    request.header("X-Webhook-Hmac", signature).body(body).send().await.unwrap().status().as_u16()
}

/// A port that nobody has, below those that the system gives out by itself: a bridge that is started again must find
/// its own still free.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let spread = u16::try_from(std::process::id() % 500).unwrap() * 37;
    loop {
        let port = 12_000 + (spread + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

async fn ready(admin: &str) -> bool {
    let asking = async {
        let mut turns = beats(Duration::from_millis(20));
        while health(admin).await.is_null() {
            turns.tick().await;
        }
    };
    tokio::time::timeout(SOON, asking).await.is_ok()
}

/// What is meant for the tests is no configuration of the bridge.
pub(crate) fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RIALTO_")) {
        command.env_remove(name);
    }
    command
}

/// A bridge in a process of its own.
pub(crate) struct Process {
    child: Child,
    config: PathBuf,
    /// What a shell does before it becomes the bridge.
    under: &'static str,
    pub(crate) log: PathBuf,
    pub(crate) webhook: String,
}

impl Process {
    /// The configuration file it runs on.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// A bridge between the house's peers, and the address of its health.
    pub(crate) async fn of(house: &House, level: &str) -> (Self, String) {
        Self::under(house, level, "").await
    }

    /// The same under limits that a shell sets, such as `ulimit -n 64;`.
    pub(crate) async fn under(house: &House, level: &str, under: &'static str) -> (Self, String) {
        let (listen, admin) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
        let webhook = format!("http://{listen}/webhooks/waha/home");
        house.waha.set_webhook(webhook.clone());
        let (config, log) = (house.dir.path().join("rialto.toml"), house.dir.path().join("log.txt"));
        std::fs::write(&config, house.toml(&listen, &admin).replace("\"trace\"", &format!("\"{level}\""))).unwrap();
        let process = Self { child: Self::spawn(under, &config, &log), config, under, log, webhook };
        assert!(ready(&admin).await, "{}", std::fs::read_to_string(&process.log).unwrap());
        (process, admin)
    }

    fn spawn(under: &str, config: &PathBuf, log: &PathBuf) -> Child {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut command = without_settings(Command::new("sh"));
        command.args(["-c", &format!("{under} exec \"$@\""), "sh", env!("CARGO_BIN_EXE_rialto")]);
        // Says nothing to the bridge; to libraries that listen to it, everything.
        command.env("RUST_LOG", "trace");
        command.arg("run").arg("--config").arg(config).stdin(Stdio::null()).stderr(log).spawn().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the bridge to stop, as a container's runtime does, and waits until it has.
    pub(crate) fn terminate(&mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    pub(crate) fn start_again(&mut self) {
        self.child = Self::spawn(self.under, &self.config, &self.log);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
