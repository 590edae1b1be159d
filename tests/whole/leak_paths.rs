//! The rarer ways: strangers, chats that are kept out, floods, what is forged and malformed, retries, edits, forgetting,
//! sealing anew, backups, another secret, restores, kills. Canaries go down each, and are found nowhere after it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::canary::{assert_silent, files};
use crate::house::{self, ALICE, House, Process, SOON, bridge_aci, idle_at, without_settings};
use simulator::waha::{Contact, WahaFault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const STRANGER: &str = "79144444444@c.us";
const KEPT_OUT: &str = "79155555555@c.us";
const NEW_SECRET: &str = "0c1f7d52ab93e6408f21c5d7e90b3a64f1d2c3b4";

/// Strangers stay in the control chat, somebody is kept out, little is a flood, and backups are made.
fn adapted(toml: &str, backups: &Path) -> String {
    let toml = toml.replace("conversation = \"portal\"", "conversation = \"hybrid\"");
    let toml = toml.replace("per_minute = 100000", "per_minute = 10");
    let toml = toml.replace("[channels.signal]", "[channels.chats]\ndeny = [\"+79155555555\"]\n[channels.signal]");
    format!("[backup]\npath = \"{}\"\n{toml}", backups.display())
}

struct Stage {
    house: House,
    process: Process,
    admin: String,
    backups: PathBuf,
    /// Everything that was said to somebody who asked.
    said: Vec<(String, Vec<u8>)>,
}

impl Stage {
    async fn new() -> Self {
        let house = House::new().await;
        let contact = |number: &str, name: Option<&str>| Contact {
            number: Some(number.into()),
            name: name.map(str::to_owned),
            push_name: Some("canarystranger".into()),
            ..Contact::default()
        };
        house.waha.add_contact(contact("79144444444", None));
        house.waha.add_contact(contact("79155555555", Some("canaryname")));
        let (mut process, admin) = Process::of(&house, "trace").await;
        process.kill();
        let backups = house.dir.path().join("backups");
        let toml = std::fs::read_to_string(process.config()).unwrap();
        std::fs::write(process.config(), adapted(&toml, &backups)).unwrap();
        process.start_again();
        let log = || std::fs::read_to_string(&process.log).unwrap();
        assert!(house::health_shows(&admin, &[("/channels/0/signal/state", "up".into())]).await, "{}", log());
        Self { house, process, admin, backups, said: Vec::new() }
    }

    /// Runs a command on the bridge's configuration, and keeps what it says.
    fn command(&mut self, arguments: &[&str]) -> Output {
        let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
        let program = program.args(arguments).arg("--config").arg(self.process.config());
        let output = program.stdin(Stdio::null()).output().unwrap();
        let both = [output.stdout.clone(), output.stderr.clone()].concat();
        self.said.push((format!("rialto {}", arguments[0]), both));
        output
    }

    /// Says something to the door that is not signed by WAHA.
    async fn knock(&mut self, head: &str, body: &str) {
        let at = self.process.webhook.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let mut door = tokio::net::TcpStream::connect(&at).await.unwrap();
        let request = format!("{head}Host: {at}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        door.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = door.read_to_end(&mut answer).await;
        assert!(!answer.is_empty());
        self.said.push((head.to_owned(), answer));
    }

    async fn strangers(&self) {
        let house = &self.house;
        house.waha.says(KEPT_OUT, "canarytext kept out");
        house.waha.says(STRANGER, "canarytext of a stranger");
        assert!(house.arrives("canarytext of a stranger").await, "{:?}", house.texts());
        assert!(idle_at(&self.admin).await);
        let (at, _) = house.find("canarytext of a stranger").unwrap();
        house.signal.owner_quotes_direct("canarytext for the stranger", at, &bridge_aci());
        assert!(house.waha.wait_sent(1, SOON).await, "{:?}", house.texts());
        for n in 0..14 {
            house.waha.says(STRANGER, &format!("canarytext of a flood {n}"));
        }
        assert!(house.waha.all_webhooks_done(SOON).await && idle_at(&self.admin).await);
    }

    /// Sent, refused, asked for again, changed and taken back.
    async fn doubts(&self, group: &str) {
        let house = &self.house;
        let typed = house.signal.owner_says(group, "canarytext sent");
        assert!(house.waha.wait_sent(2, SOON).await);
        house.signal.owner_edits(Some(group), typed, "canarytext edited");
        house.signal.owner_reacts(Some(group), typed, Some("canarytext"));
        house.signal.owner_deletes(Some(group), typed);
        let made = |count: usize| move |waha: &simulator::waha::Waha| waha.changes_made().len() == count;
        assert!(house.waha.wait_until(SOON, made(3)).await, "{:?}", house.texts());
        let stanza = house.waha.says(ALICE, "canarytext to be edited");
        house.waha.edits(ALICE, None, &stanza, "canarytext edited on WhatsApp");
        house.waha.reacts(ALICE, None, &stanza, "canarytext");
        assert!(house.arrives("canarytext edited on WhatsApp").await, "{:?}", house.texts());
        house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
        let (at, _) = house.find("canarytext edited on WhatsApp").unwrap();
        house.signal.owner_reacts(Some(group), at, Some("canarytext refused"));
        assert!(house.arrives("Not shown on WhatsApp").await && idle_at(&self.admin).await);
        house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
        house.signal.owner_says(group, "canarytext refused");
        assert!(house.arrives("WhatsApp refused this message").await);
        assert!(idle_at(&self.admin).await);
        let (at, _) = house.find("WhatsApp refused this message").unwrap();
        house.signal.owner_quotes(group, "retry", at, &bridge_aci());
        assert!(house.waha.wait_sent(3, SOON).await, "{:?}", house.texts());
    }

    async fn forgeries(&mut self) {
        let body = r#"{"event":"message.any","payload":{"body":"canarytext forged","from":"79111111111@c.us"}}"#;
        let post = "POST /webhooks/waha/home HTTP/1.1\r\n";
        self.knock(post, body).await;
        self.knock(&format!("{post}X-Webhook-Hmac: canarytext\r\n"), body).await;
        self.knock("POST /webhooks/waha/canarytext HTTP/1.1\r\n", body).await;
        self.knock("GET /canarytext?number=79111111111 HTTP/1.1\r\n", "").await;
        self.knock("POST /unlock/canarytext HTTP/1.1\r\n", body).await;
        for path in ["POST /forget", "POST /captcha", "POST /reseal", "POST /unlock"] {
            let answer = house::exchange(&self.admin, path, r#"{"canarytext": "79111111111"}"#).await;
            self.said.push((path.to_owned(), answer.into_bytes()));
        }
    }

    async fn forget(&self, group: &str) {
        assert!(idle_at(&self.admin).await);
        let (at, _) = self.house.find("canarytext first").unwrap();
        self.house.signal.owner_quotes(group, "forget", at, &bridge_aci());
        self.house.signal.owner_says_direct("forget +79144444444");
        assert!(self.house.arrives("yes").await, "{:?}", self.house.texts());
        self.house.signal.owner_says_direct("yes");
        assert!(self.house.arrives("A chat is forgotten").await, "{:?}", self.house.texts());
    }

    /// Everything that can be looked at: all files but the configuration, what the process shows, what was answered.
    async fn look(&mut self) {
        for path in ["/health/detail", "/metrics", "/data", "/health/ready", "/canarytext"] {
            let answer = house::get(&self.admin, path).await;
            self.said.push((path.to_owned(), answer.into_bytes()));
        }
        let config = self.process.config().display().to_string();
        let mut places = files(self.house.dir.path());
        places.retain(|(name, _)| *name != config);
        for shown in ["cmdline", "environ", "status", "limits"] {
            let path = format!("/proc/{}/{shown}", self.process.pid());
            places.push((path.clone(), std::fs::read(path).unwrap_or_default()));
        }
        places.append(&mut self.said);
        assert_silent(&self.house, &places);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rarer_ways_hold_no_word_either() {
    let mut stage = Stage::new().await;
    stage.house.waha.says(ALICE, "canarytext first");
    let group = stage.house.group_of("canarytext first").await;
    stage.strangers().await;
    stage.doubts(&group).await;
    stage.forgeries().await;
    stage.look().await;

    let copy = stage.backups.join("by-hand.db").display().to_string();
    std::fs::create_dir_all(&stage.backups).unwrap();
    assert!(stage.command(&["backup", &copy]).status.success());
    assert!(stage.command(&["reseal", "--new-key"]).status.success());
    assert!(!stage.command(&["forget", "+79199999999"]).status.success());
    assert!(stage.command(&["check"]).status.success());
    stage.forget(&group).await;
    stage.look().await;

    stage.process.kill();
    stage.house.waha.says(ALICE, "canarytext while it is away");
    stage.process.start_again();
    assert!(stage.house.arrives("canarytext while it is away").await);
    stage.process.terminate();
    let secret = stage.house.dir.path().join("new-secret");
    std::fs::write(&secret, NEW_SECRET).unwrap();
    assert!(stage.command(&["rekey", "--secret-file", &secret.display().to_string()]).status.success());
    // What the configuration says does not open it any more, and still opens the copy.
    assert!(!stage.command(&["export"]).status.success());
    assert!(stage.command(&["restore", &copy]).status.success());
    stage.process.start_again();
    stage.house.waha.says(ALICE, "canarytext at the end");
    assert!(stage.house.arrives("canarytext at the end").await);
    stage.look().await;
}
