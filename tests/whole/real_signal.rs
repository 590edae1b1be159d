//! The bridge on a real signal-cli and a mock Signal service.
//!
//! `RIALTO_SIGNAL_TESTBED` names a folder with `up.sh WORK_DIR` and `down.sh WORK_DIR`: the first starts them and writes
//! `WORK_DIR/testbed.json` (socket, control address, and the accounts bridge, user and other) and `signal-cli.pid` beside
//! it. Without it these tests say so and are skipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::house::{ALICE, API_KEY, BOB, HMAC, SECRET};
use rialto::app::App;
use rialto::clock::Clock;
use rialto::config::Config;
use rialto::event::{Address, GroupId};
use rialto::store::Store;
use serde_json::{Value, json};
use simulator::waha::{Contact, Waha, WahaOptions};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A testbed has the machine for itself: its ports are its own.
static ALONE: Mutex<()> = Mutex::new(());

/// A running testbed; stopped when dropped.
pub(crate) struct Testbed {
    scripts: PathBuf,
    dir: TempDir,
    facts: Value,
    http: reqwest::Client,
    _alone: MutexGuard<'static, ()>,
}

impl Testbed {
    pub(crate) fn start() -> Option<Self> {
        let scripts = PathBuf::from(std::env::var_os("RIALTO_SIGNAL_TESTBED")?);
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("tmp")).unwrap();
        script(&scripts.join("up.sh"), dir.path());
        let facts = std::fs::read(dir.path().join("testbed.json")).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().build().unwrap();
        Some(Self { scripts, dir, facts: serde_json::from_slice(&facts).unwrap(), http, _alone: alone })
    }

    /// Where this run lives.
    pub(crate) fn work(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn fact(&self, path: &str) -> String {
        self.facts.pointer(path).and_then(Value::as_str).unwrap().to_owned()
    }

    pub(crate) async fn phone(&self, call: &str, body: Value) -> Value {
        let url = format!("{}/{call}", self.fact("/control"));
        self.http.post(url).json(&body).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn inbox(&self) -> Vec<Value> {
        let url = format!("{}/inbox?who=user", self.fact("/control"));
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// The data message with this body on the owner's phone.
    pub(crate) async fn arrived(&self, text: &str) -> Value {
        let deadline = tokio::time::Instant::now() + SOON;
        let mut turns = crate::house::beats(Duration::from_millis(50));
        loop {
            turns.tick().await;
            let inbox = self.inbox().await;
            let body = |m: &Value| m.pointer("/dataMessage/body").and_then(Value::as_str).map(str::to_owned);
            if let Some(found) = inbox.iter().find(|m| body(m).is_some_and(|body| body.contains(text))) {
                return found["dataMessage"].clone();
            }
            assert!(tokio::time::Instant::now() < deadline, "{text} did not arrive: {inbox:#?}");
        }
    }

    /// A call of our own to signal-cli.
    pub(crate) async fn rpc(&self, method: &str, mut params: Value) -> Value {
        params["account"] = json!(self.fact("/bridge/number"));
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let url = format!("{}/api/v1/rpc", self.fact("/http"));
        let answer: Value = self.http.post(url).json(&call).send().await.unwrap().json().await.unwrap();
        answer["result"].clone()
    }

    /// Waits until a group has this timer.
    pub(crate) async fn timer_becomes(&self, seconds: i64) {
        let deadline = tokio::time::Instant::now() + SOON;
        let mut turns = crate::house::beats(Duration::from_millis(100));
        loop {
            turns.tick().await;
            let groups = self.rpc("listGroups", json!({})).await;
            if groups.as_array().unwrap().iter().any(|group| group["messageExpirationTime"] == seconds) {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{groups:#?}");
        }
    }

    /// Sets the timer of the one group there is.
    pub(crate) async fn set_timer(&self, seconds: i64) {
        let groups = self.rpc("listGroups", json!({})).await;
        self.rpc("updateGroup", json!({"groupId": groups[0]["id"], "expiration": seconds})).await;
    }

    /// What a crash leaves between the making of a group and the record of it: the intent and the group.
    async fn leave_group_behind(&self, contact: &str, waha: &Waha) -> String {
        let known = self.rpc("listGroups", json!({})).await;
        let known = known.as_array().unwrap().iter().map(|group| GroupId::new(group["id"].as_str().unwrap())).collect();
        let config = config(self, waha, "");
        let store = Store::open(&config.store.path, &config.encryption).unwrap();
        let (address, now) = (Address::parse(contact).unwrap(), Clock::system().now());
        let intent = store.write(move |tx| {
            let channel = tx.channel("home", now)?;
            let chat = tx.resolve(channel, &address, None, now)?.chat;
            tx.open_intent(channel, chat, known, now).map(drop)
        });
        intent.await.unwrap();
        store.close();
        let group = json!({"name": "Alex (WhatsApp)", "member": [self.fact("/user/aci")]});
        self.rpc("updateGroup", group).await["groupId"].as_str().unwrap().to_owned()
    }

    /// The owner (or somebody else) writes in the group a message came in.
    pub(crate) async fn say(&self, from: &str, group: &Value, text: &str, content: Value) -> i64 {
        let body = json!({"from": from, "to": "bridge", "masterKey": group["masterKey"],
            "revision": group["revision"], "text": text, "content": content});
        self.phone("say", body).await["timestamp"].as_i64().unwrap()
    }
}

impl Drop for Testbed {
    fn drop(&mut self) {
        script(&self.scripts.join("down.sh"), self.dir.path());
    }
}

fn script(script: &Path, dir: &Path) {
    let mut command = Command::new("bash");
    // As in the compose file.
    command.env("VERBOSE", "--scrub-log");
    command.env("JAVA_TOOL_OPTIONS", format!("-Djava.io.tmpdir={}", dir.join("tmp").display()));
    let status = command.arg(script).arg(dir).stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.unwrap().success(), "{} failed", script.display());
}

fn config(testbed: &Testbed, waha: &Waha, more: &str) -> Config {
    let toml = format!(
        r#"
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[store]
path = "{}"
[encryption]
secret = "{SECRET}"
[portals]
burst = 1000
per_day = 10000
[[channels]]
name = "home"
[channels.whatsapp]
url = "{}"
api_key = "{API_KEY}"
webhook_secret = "{HMAC}"
[channels.signal]
socket = "{}"
attachments = "{}"
account = "{}"
owner = "{}"
minimum_version = "0.13.0"
{more}
"#,
        testbed.dir.path().join("rialto/rialto.db").display(),
        waha.url(),
        testbed.fact("/socket"),
        testbed.dir.path().join("data/attachments").display(),
        testbed.fact("/bridge/number"),
        testbed.fact("/user/aci"),
    );
    Config::from_toml(&toml).unwrap()
}

pub(crate) async fn start(testbed: &Testbed, waha: &Waha) -> (CancellationToken, JoinHandle<()>, String) {
    start_at(testbed, waha, Clock::system()).await
}

pub(crate) async fn start_at(
    testbed: &Testbed,
    waha: &Waha,
    clock: Clock,
) -> (CancellationToken, JoinHandle<()>, String) {
    begin(config(testbed, waha, ""), waha, clock).await
}

/// With more at the tail of the configuration.
pub(crate) async fn start_more(
    testbed: &Testbed,
    waha: &Waha,
    more: &str,
) -> (CancellationToken, JoinHandle<()>, String) {
    begin(config(testbed, waha, more), waha, Clock::system()).await
}

async fn begin(config: Config, waha: &Waha, clock: Clock) -> (CancellationToken, JoinHandle<()>, String) {
    let app = App::prepare(config, clock).await.unwrap();
    waha.set_webhook(format!("http://{}/webhooks/waha/home", app.webhook_address().unwrap()));
    let (stop, admin) = (CancellationToken::new(), app.admin_address().unwrap().to_string());
    (stop.clone(), tokio::spawn(app.run(stop)), admin)
}

pub(crate) async fn waha() -> Waha {
    let options = WahaOptions { api_key: API_KEY.into(), hmac_key: HMAC.into(), ..WahaOptions::default() };
    let waha = Waha::start(options).await.unwrap();
    for number in ["79111111111", "79133333333"] {
        // Two contacts of one name.
        waha.add_contact(Contact { number: Some(number.into()), name: Some("Alex".into()), ..Contact::default() });
    }
    waha
}

/// A bridge over a testbed, and the owner has written to it.
pub(crate) struct Greeted {
    pub(crate) testbed: Testbed,
    pub(crate) waha: Waha,
    pub(crate) stop: CancellationToken,
    pub(crate) bridge: JoinHandle<()>,
}

/// Nothing, and a word about it, where there is no testbed.
pub(crate) async fn greeted() -> Option<Greeted> {
    let Some(testbed) = Testbed::start() else {
        println!("skipped: RIALTO_SIGNAL_TESTBED names no testbed");
        return None;
    };
    let waha = waha().await;
    let (stop, bridge, _) = start(&testbed, &waha).await;
    // The control chat is no route; and the phone's profile key is known from here on.
    testbed.phone("send", json!({"from": "user", "to": "bridge", "text": "hi bridge"})).await;
    testbed.arrived("Nothing you write here goes to WhatsApp").await;
    Some(Greeted { testbed, waha, stop, bridge })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_signal_cli_carries_texts_replies_and_quotes() {
    let Some(Greeted { testbed, waha, stop, bridge }) = greeted().await else { return };

    // A text makes a real group, and the plain answer there finds its chat.
    let stanza = waha.says(ALICE, "hello from whatsapp");
    let hello = testbed.arrived("hello from whatsapp").await;
    let alice = hello["groupV2"].clone();
    assert!(alice["masterKey"].is_string(), "{hello}");
    testbed.say("user", &alice, "plain answer", Value::Null).await;
    assert!(waha.wait_sent(1, SOON).await);
    assert_eq!((waha.sent()[0].chat_id.as_str(), waha.sent()[0].text.as_str()), (ALICE, "plain answer"));

    // A quote becomes a reply to the right message.
    let quoted: i64 = hello["timestamp"].as_str().unwrap().parse().unwrap();
    let quote = json!({"quote": {"id": format!("long:{quoted}"), "authorAci": testbed.fact("/bridge/aci"),
        "text": "hello from whatsapp"}});
    testbed.say("user", &alice, "quoted answer", quote).await;
    assert!(waha.wait_sent(2, SOON).await);
    assert!(waha.sent()[1].reply_to.as_ref().is_some_and(|id| id.contains(&stanza)), "{:?}", waha.sent()[1]);

    // And a WhatsApp reply quotes the owner's own Signal message.
    let own = waha.sent()[0].stanza.clone();
    waha.replies(ALICE, None, "reply from whatsapp", &own);
    let reply = testbed.arrived("reply from whatsapp").await;
    assert_eq!(reply.pointer("/quote/authorAci"), Some(&json!(testbed.fact("/user/aci"))), "{reply}");

    // The bridge ends between the making of a second group of the same title and the record of it.
    stop.cancel();
    bridge.await.unwrap();
    let left_behind = testbed.leave_group_behind(BOB, &waha).await;
    let (stop, bridge, admin) = start(&testbed, &waha).await;

    // The other contact gets exactly that group, and it is not the first one's.
    waha.says(BOB, "hello from the other");
    let bob = testbed.arrived("hello from the other").await["groupV2"].clone();
    assert_ne!(bob["masterKey"], alice["masterKey"]);
    let groups = testbed.rpc("listGroups", json!({})).await;
    assert_eq!(groups.as_array().map(Vec::len), Some(2), "{groups}");
    assert!(groups.to_string().contains(&left_behind));
    testbed.say("user", &bob, "to the other", Value::Null).await;
    assert!(waha.wait_sent(3, SOON).await);
    assert_eq!(waha.sent()[2].chat_id, BOB);

    // A stranger's message and a stranger's group do nothing.
    testbed.phone("send", json!({"from": "other", "to": "bridge", "text": "let me in"})).await;
    let members = json!({"owner": "other", "title": "Alex (WhatsApp)", "members": ["other", "bridge", "user"]});
    let foreign = testbed.phone("group", members).await;
    testbed.say("other", &foreign, "stranger in a group", Value::Null).await;
    testbed.say("user", &foreign, "owner in a strange group", Value::Null).await;
    testbed.say("user", &alice, "last", Value::Null).await;
    assert!(waha.wait_sent(4, SOON).await);
    assert_eq!(waha.sent()[3].text, "last");
    assert_eq!(waha.sent().len(), 4);

    // A long text arrives whole on the phone, and one of the owner's is not sent by halves.
    let long = "long text ".repeat(600);
    waha.says(ALICE, &long);
    testbed.arrived("long text long text").await;

    // The owner's phone shows another identity key: nothing more is sent until it is trusted on the server.
    testbed.phone("newidentity", json!({"who": "user", "as": "other"})).await;
    waha.says(ALICE, "for the owner only");
    let trusted = |trusted: bool| [("/channels/0/signal/owner_trusted", trusted.into())];
    assert!(crate::house::health_shows(&admin, &trusted(false)).await, "{}", crate::house::health(&admin).await);
    assert!(!testbed.inbox().await.iter().any(|message| message.to_string().contains("for the owner only")));
    testbed.rpc("trust", json!({"recipient": testbed.fact("/user/aci"), "trustAllKnownKeys": true})).await;
    assert!(crate::house::health_shows(&admin, &trusted(true)).await, "{}", crate::house::health(&admin).await);

    stop.cancel();
    bridge.await.unwrap();
}
