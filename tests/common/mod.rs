//! A house for whole-program tests: both simulators on loopback and the bridge between them, in this process or as a
//! child.

#![expect(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use rialto::app::App;
use rialto::clock::{Clock, Moment};
use rialto::config::Config;
use simulator::signal_cli::{SignalCli, SignalOptions};
use simulator::waha::{Contact, Waha, WahaOptions};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Long enough for a busy machine; a test that passes never waits this long.
pub const SOON: Duration = Duration::from_secs(20);

pub const HMAC: &str = "b1946ac92492d2347c6235b4d2611184b1946ac9";
pub const SECRET: &str = "591785b794601e212b260e25925636fd591785b7";
pub const API_KEY: &str = "3f6c1d9a0b7e4c52a8d1e9f4b2c76a10";
pub const ACCOUNT: &str = "+15550100100";
pub const OWNER: &str = "c0fc311c-3c80-4784-87c1-3bc35b187d7a";

pub const ALICE: &str = "79111111111@c.us";
pub const BOB: &str = "79133333333@c.us";

/// The two peers and the bridge's folder.
pub struct House {
    pub waha: Waha,
    pub signal: SignalCli,
    pub dir: TempDir,
}

impl House {
    pub async fn new() -> Self {
        Self::with(WahaOptions::default(), |_| {}).await
    }

    pub async fn with(waha: WahaOptions, adapt: impl FnOnce(&mut SignalOptions)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let waha = WahaOptions { api_key: API_KEY.into(), hmac_key: HMAC.into(), ..waha };
        let mut options = SignalOptions {
            socket: Some(dir.path().join("signal.sock")),
            account: ACCOUNT.into(),
            owner_aci: OWNER.into(),
            ..SignalOptions::default()
        };
        adapt(&mut options);
        let house =
            Self { waha: Waha::start(waha).await.unwrap(), signal: SignalCli::start(options).await.unwrap(), dir };
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

    pub fn store(&self) -> PathBuf {
        self.dir.path().join("data/rialto.db")
    }

    pub fn toml(&self, listen: &str, admin: &str) -> String {
        toml(&self.waha.url(), &self.dir.path().join("signal.sock"), &self.store(), listen, admin)
    }

    pub fn config(&self) -> Config {
        Config::from_toml(&self.toml("127.0.0.1:0", "127.0.0.1:0")).unwrap()
    }

    /// Starts the bridge in this process, on the machine's clock.
    pub async fn bridge(&self) -> Bridge {
        self.bridge_at(Clock::system()).await
    }

    pub async fn bridge_at(&self, clock: Clock) -> Bridge {
        let app = App::prepare(self.config(), clock).await.unwrap();
        let webhook = format!("http://{}/webhooks/waha/home", app.webhook_address().unwrap());
        let admin = format!("{}", app.admin_address().unwrap());
        self.waha.set_webhook(webhook.clone());
        let stop = CancellationToken::new();
        let task = tokio::spawn(app.run(stop.clone()));
        Bridge { webhook, admin, stop, task }
    }

    /// The group whose messages contain `text`, once it has come.
    pub async fn group_of(&self, text: &str) -> String {
        assert!(self.arrives(text).await, "{text} did not arrive: {:#?}", self.texts());
        self.find(text).unwrap().1.expect("it came into a group")
    }

    pub async fn arrives(&self, text: &str) -> bool {
        self.signal.wait_until(SOON, |signal| signal.inbox().iter().any(|m| m.text.contains(text))).await
    }

    /// Timestamp and group of an arrived message.
    pub fn find(&self, text: &str) -> Option<(i64, Option<String>)> {
        self.signal.inbox().iter().find(|m| m.text.contains(text)).map(|m| (m.timestamp, m.group_id.clone()))
    }

    pub fn texts(&self) -> Vec<String> {
        self.signal.inbox().into_iter().map(|m| m.text).collect()
    }
}

pub fn toml(waha: &str, socket: &Path, store: &Path, listen: &str, admin: &str) -> String {
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
[log]
level = "trace"
[[channels]]
name = "home"
[channels.whatsapp]
url = "{waha}"
api_key = "{API_KEY}"
webhook_secret = "{HMAC}"
[channels.signal]
socket = "{}"
account = "{ACCOUNT}"
owner = "{OWNER}"
"#,
        store.display(),
        socket.display()
    )
}

/// A bridge in this process.
pub struct Bridge {
    pub webhook: String,
    pub admin: String,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Bridge {
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// Turns a manual clock in small steps until something holds: for what waits on the clock while sockets work in real
/// time. False if it does not hold after `SOON`.
pub async fn turn_until(clock: &Clock, step: Duration, holds: impl Fn() -> bool) -> bool {
    let turning = async {
        let mut turns = tokio::time::interval(Duration::from_millis(5));
        while !holds() {
            turns.tick().await;
            clock.advance(step);
        }
    };
    tokio::time::timeout(SOON, turning).await.is_ok()
}

/// A manual clock that stands at the machine's present, so that the simulators' timestamps fit.
pub fn clock() -> Clock {
    Clock::manual(Moment(Clock::system().now().0))
}

/// `/health/detail`, or nothing while nobody answers.
pub async fn health(admin: &str) -> serde_json::Value {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(admin).await?;
        let request = format!("GET /health/detail HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map(|_| answer)
    };
    let answer: std::io::Result<String> = ask.await;
    let body = answer.ok().and_then(|answer| answer.split("\r\n\r\n").nth(1).map(str::to_owned));
    body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default()
}
