//! The ways of outages and changes: two chats that become one, what was missed and is fetched, TLS on both sides, the second
//! path of alarm. Canaries go down each, and are found nowhere after it.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing_subscriber::fmt::MakeWriter;

use crate::canary::{assert_silent, contains, files};
use crate::certificates::{Authority, DAY, lines};
use crate::house::{self, ALICE, House, Process, clock, idle_at, turn_until};
use crate::outside::Outside;
use simulator::signal_cli::Standing;
use simulator::waha::{Contact, WahaFault};

const LID: &str = "100000000000005@lid";
const NUMBER: &str = "79155555555@c.us";

/// A bridge whose door and whose way to WAHA are both in TLS.
async fn secured(house: &House, authority: &Arc<Authority>) -> (Process, String) {
    let (mut process, admin) = Process::of(house, "trace").await;
    process.kill();
    let folder = house.dir.path();
    let signed = authority.signs("localhost", DAY);
    signed.put(folder);
    let port = signed.tunnel_to(&house.waha.url().replace("http://", "")).await;
    let toml = std::fs::read_to_string(process.config()).unwrap();
    let ours = authority.file(folder, "ours.pem").display().to_string();
    let https = format!("url = \"https://localhost:{port}\"\nca_file = \"{ours}\"");
    let toml = toml.replace(&format!("url = \"{}\"", house.waha.url()), &https);
    let toml = toml.replace("[store]", &format!("{}[store]", lines(folder)));
    std::fs::write(process.config(), toml).unwrap();
    process.start_again();
    assert!(house::health_shows(&admin, &[("/channels/0/whatsapp/working", true.into())]).await);
    let door = process.webhook.split('/').nth(2).unwrap();
    let tunnel = authority.tunnel_to(door).await;
    house.waha.set_webhook(format!("http://{tunnel}/webhooks/waha/home"));
    (process, admin)
}

/// Somebody who speaks plain words to a door in TLS.
async fn knock(process: &Process) {
    let mut door = TcpStream::connect(process.webhook.split('/').nth(2).unwrap()).await.unwrap();
    door.write_all(b"POST /canarytext HTTP/1.1\r\nHost: canarytext\r\n\r\ncanarytext").await.unwrap();
    let _ = door.read_to_end(&mut Vec::new()).await;
}

/// Two chats of one person, each with a group, until a message names both addresses.
async fn merge(house: &House, admin: &str) {
    let person = |number: Option<&str>, lid: Option<&str>| Contact {
        number: number.map(str::to_owned),
        lid: lid.map(str::to_owned),
        name: Some("canaryname".into()),
        push_name: Some("canarypush".into()),
    };
    house.waha.add_contact(person(None, Some("100000000000005")));
    house.waha.says(LID, "canarytext by lid");
    house.group_of("canarytext by lid").await;
    house.waha.says(NUMBER, "canarytext by number");
    house.group_of("canarytext by number").await;
    assert!(idle_at(admin).await);
    house.waha.add_contact(person(Some("79155555555"), Some("100000000000005")));
    house.waha.says(NUMBER, "canarytext by both");
    assert!(house.arrives("which goes on here").await, "{:?}", house.texts());
}

/// What came while the bridge was away, and WAHA forgot to bring; at first its lists fail.
async fn gap(house: &House, process: &mut Process) {
    process.terminate();
    house.waha.says(ALICE, "canarytext missed");
    house.waha.says(LID, "canarytext missed too");
    house.waha.restart().await.unwrap();
    house.waha.fault(WahaFault::ListFails { times: 1 });
    process.start_again();
    assert!(house.arrives("canarytext missed too").await && house.arrives("canarytext missed").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merges_gaps_and_tls_hold_no_word() {
    let (house, authority) = (House::new().await, Arc::new(Authority::new("home")));
    house.waha.add_contact(Contact {
        number: Some("79111111111".into()),
        lid: Some("100000000000002".into()),
        name: Some("canaryname".into()),
        push_name: Some("canarypush".into()),
    });
    let (mut process, admin) = secured(&house, &authority).await;
    house.waha.says(ALICE, "canarytext over tls");
    let group = house.group_of("canarytext over tls").await;
    house.signal.owner_says(&group, "canarytext answered over tls");
    assert!(house.waha.wait_sent(1, house::SOON).await);
    knock(&process).await;
    merge(&house, &admin).await;
    gap(&house, &mut process).await;
    let mut places = files(house.dir.path());
    let config = process.config().display().to_string();
    places.retain(|(name, _)| *name != config);
    for path in ["/health/detail", "/metrics", "/data"] {
        places.push((path.into(), house::get(&admin, path).await.into_bytes()));
    }
    let log = std::fs::read(&process.log).unwrap();
    assert!(contains(&log, b"rialto runs"), "the log is among the files, and written");
    assert_silent(&house, &places);
}

/// What this thread's part of the bridge would log.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// On one thread, so that the log of all tasks is this test's; and by a clock that is turned, since an alarm takes minutes.
#[tokio::test]
async fn the_second_path_holds_no_word() {
    let log = Written::default();
    let ours = tracing_subscriber::filter::filter_fn(|line| line.target().starts_with("rialto"));
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::layer::SubscriberExt::with(subscriber, ours));
    let (house, outside, time) = (House::new().await, Outside::new().await, clock());
    let bridge = house.bridge_more(&outside.config(), time.clone()).await;
    house.waha.says(ALICE, "canarytext first");
    let step = Duration::from_millis(200);
    assert!(turn_until(&time, step, || house.find("canarytext first").is_some()).await);
    assert!(turn_until(&time, step * 20, || outside.beats() > 0).await);
    house.signal.account_is(Standing::TurnedAway);
    house.waha.says(ALICE, "canarytext second");
    assert!(turn_until(&time, step * 20, || outside.alarms().len() == 1).await);
    house.waha.stop().await;
    outside.refuse(true);
    house.signal.account_is(Standing::Good);
    assert!(turn_until(&time, step * 20, || house.find("canarytext second").is_some()).await, "{:?}", house.texts());
    outside.refuse(false);
    assert!(turn_until(&time, step * 100, || outside.alarms().len() >= 3).await, "{:?}", outside.alarms());
    let mut places = files(house.dir.path());
    let said = format!("{:?}", outside.alarms());
    places.push(("the second path".into(), said.into_bytes()));
    let log = log.0.lock().unwrap().clone();
    assert!(!log.is_empty(), "the log is written");
    places.push(("log".into(), log));
    assert_silent(&house, &places);
    bridge.stop().await;
}
