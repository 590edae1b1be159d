//! Canaries: texts, names, numbers and ids go through everything at trace level and are found in no file and no log;
//! and what was sealed is gone after retention, from the database, its log and its free pages.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::canary::{assert_silent, contains, files};
use crate::house::{self, ALICE, House, Process, SOON, clock, turn_until};
use simulator::signal_cli::SignalFault;
use simulator::waha::{Contact, Other, WahaFault};

const STEP: Duration = Duration::from_millis(200);
const GROUP: &str = "120363020000777777@g.us";

/// Signal limits the account and a captcha lifts it.
async fn limit(house: &House, admin: &str) {
    house.signal.limit(Some("canarytoken"), Some(3600));
    house.waha.says(ALICE, "canarytext limited");
    let path = "/channels/0/signal/limited/remedy";
    while house::health(admin).await.pointer(path).is_none_or(serde_json::Value::is_null) {
        tokio::task::yield_now().await;
    }
    house.signal.owner_says_direct("captcha signalcaptcha://canarycaptcha");
    assert!(house.arrives("canarytext limited").await);
}

/// One that comes, one that fails and is asked for again, one that is too large, one that goes, one that is not there.
async fn files_both_ways(house: &House, group: &str) {
    let document = |caption: &str| Other::Document { filename: "canaryfile.pdf".into(), caption: Some(caption.into()) };
    let bytes = b"%PDF-1.7 canarybytes";
    house.waha.sends_file(ALICE, None, document("canarycaption one"), bytes);
    assert!(house.arrives("canarycaption one").await);
    house.waha.fail_file();
    house.waha.sends_file(ALICE, None, document("canarycaption two"), bytes);
    assert!(house.arrives("canarycaption two").await);
    house.signal.owner_sends_files(
        Some(group),
        "canarytext with a file",
        &[("canaryfile.pdf", "application/pdf", bytes)],
    );
    assert!(house.waha.wait_until(SOON, |waha| !waha.sent_files().is_empty()).await);
    let pack = "70707070707070707070707070707070";
    house.signal.add_sticker(pack, 1, bytes);
    house.signal.owner_sends_sticker(Some(group), pack, 1);
    assert!(house.waha.wait_until(SOON, |waha| waha.sent_files().len() == 2).await);
    house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    house.signal.owner_sends_files(Some(group), "", &[("canaryfile.pdf", "application/pdf", bytes)]);
    assert!(house.arrives("refused this message").await);
}

/// Places, contacts, polls, who is named, who types and reads, and what happens to a group.
async fn things_both_ways(house: &House, group: &str) {
    house.waha.sends_other(ALICE, Other::Location { name: "canaryplace".into() });
    let number = "79155555555".to_owned();
    house.waha.sends_other(ALICE, Other::ContactCard { name: "canarycard".into(), number });
    house.waha.sends_other(ALICE, Other::Poll { question: "canaryquestion".into(), several: false });
    house.waha.mentions(GROUP, Some(ALICE), "canarytext @100000000000002", &["100000000000002@lid"]);
    house.waha.group_changes(GROUP, "leave", "100000000000002@lid", &["100000000000002@lid"]);
    house.waha.renames_group(GROUP, "canarysubject two");
    assert!(house.arrives("canaryquestion").await);
    house.signal.owner_reads(&house.signal.inbox().iter().map(|message| message.timestamp).collect::<Vec<_>>());
    house.signal.owner_says(group, "https://www.openstreetmap.org/?mlat=52.51739&mlon=13.40517");
    let poll =
        serde_json::json!({ "question": "canaryquestion", "allowMultiple": true, "options": ["canarytext", "no"] });
    house.signal.owner_shares(Some(group), "pollCreate", poll);
    assert!(house.waha.wait_until(SOON, |waha| waha.sent_things().len() == 2).await);
}

/// Everything that can go wrong does, because errors are where texts get out.
async fn converse(house: &House) {
    house.waha.add_contact(Contact {
        number: Some("79111111111".into()),
        lid: Some("100000000000002".into()),
        name: Some("canaryname".into()),
        push_name: Some("canarypush".into()),
    });
    house.waha.add_group(GROUP, "canarysubject", vec![ALICE.into()]);
    let first = house.waha.says(ALICE, "canarytext one");
    let group = house.group_of("canarytext one").await;
    house.waha.replies(ALICE, None, "canarytext reply", &first);
    house.waha.says_in_group(GROUP, "100000000000002@lid", "canarytext in a group");
    house.waha.sends_other(ALICE, Other::Image { caption: Some("canarycaption".into()) });
    files_both_ways(house, &group).await;
    things_both_ways(house, &group).await;
    house.waha.owner_says(ALICE, "canarytext of the owner");
    assert!(house.arrives("canarytext of the owner").await);
    for fault in [
        WahaFault::RefuseStatus { status: 400, times: 1 },
        WahaFault::SendThen500 { times: 1 },
        WahaFault::DropConnection { after_send: true, times: 1 },
        WahaFault::FailedAck { times: 1 },
    ] {
        house.waha.fault(fault);
        house.signal.owner_says(&group, "canarytext typed");
    }
    assert!(house.waha.wait_until(SOON, |waha| waha.delivered().len() >= 2).await);
    house.signal.fault(SignalFault::AfterUpload { times: 1 });
    house.signal.fault(SignalFault::ErrorOnSend { code: -1, kind: "NETWORK_FAILURE", retry_after: None, times: 1 });
    house.waha.says(ALICE, "canarytext with trouble");
    house.signal.push_line("canarytext is no JSON");
    house.signal.push_line(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"canarytext","data":null}}"#);
    house.signal.stranger_says("aaaaaaaa-0000-4000-8000-000000000001", None, "canarytext of a stranger");
    house.signal.owner_says_direct("canarytext to the bridge");
    house.waha.emit("message.any", serde_json::json!({"id": 7, "body": "canarytext unreadable"}));
    house.waha.says(ALICE, "canarytext last");
    assert!(house.arrives("canarytext last").await, "{:?}", house.texts());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_and_no_file_holds_a_word() {
    let house = House::new().await;
    let (process, admin) = Process::of(&house, "trace").await;
    converse(&house).await;
    limit(&house, &admin).await;
    for path in ["/health/detail", "/metrics", "/data", "/health/ready"] {
        let page = house::get(&admin, path).await;
        assert!(!page.is_empty());
        assert_silent(&house, &[(path.into(), page.into_bytes())]);
    }
    let dir = house.store().parent().unwrap().to_owned();
    let log = std::fs::read(&process.log).unwrap();
    assert!(contains(&log, b"rialto runs"), "the log is written at all");
    // While it runs, with the write-ahead log as it is; and after a kill, when nothing was tidied.
    assert_silent(&house, &[("log".into(), log)]);
    assert_silent(&house, &files(&dir));
    drop(process);
    assert_silent(&house, &files(&dir));
}

/// Sealed values and index values of the rows that retention is to delete.
fn sealed(store: &Path) -> Vec<Vec<u8>> {
    let connection = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut all = Vec::new();
    for sql in [
        "SELECT digest FROM message_parts",
        "SELECT value FROM message_parts",
        "SELECT id FROM messages",
        "SELECT digest FROM seen",
        "SELECT event FROM deliveries WHERE state IN ('dead', 'unknown')",
    ] {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        all.extend(rows.map(Result::unwrap));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_retention_the_sealed_bytes_are_gone() {
    let house = House::new().await;
    let time = clock();
    let bridge = house.bridge_at(time.clone()).await;
    house.waha.says(ALICE, "canarytext");
    assert!(turn_until(&time, STEP, || house.find("canarytext").is_some()).await);
    let group = house.find("canarytext").unwrap().1.unwrap();
    house.signal.owner_says(&group, "canarytext answer");
    house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    assert!(turn_until(&time, STEP, || house.find("refused this message").is_some()).await);
    bridge.stop().await;
    let before = sealed(&house.store());
    assert!(before.len() >= 8, "{}", before.len());

    // Forty days later.
    let config = house.config();
    let store = rialto::store::Store::open(&config.store.path, &config.encryption).unwrap();
    time.advance(Duration::from_hours(40 * 24));
    let purged = rialto::retention::run(&store, &time, &config.periods()).await.unwrap();
    assert!(purged.messages >= 1 && purged.keys >= 3 && purged.deliveries == 1, "{purged:?}");
    for (name, bytes) in files(house.store().parent().unwrap()) {
        for gone in &before {
            assert!(!contains(&bytes, gone), "a deleted value is still in {name}");
        }
    }
    store.close();

    // The route of the portal is kept: what is typed there still finds its chat.
    let bridge = house.bridge_at(time.clone()).await;
    house.signal.owner_says(&group, "typed after retention");
    let told =
        turn_until(&time, STEP, || house.find("Write send here").is_some() || house.waha.sent().len() == 1).await;
    assert!(told, "{:?}", house.texts());
    bridge.stop().await;
}
