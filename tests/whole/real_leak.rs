//! What a real signal-cli keeps of what goes through it: everything in its folder is searched for canaries, and only what
//! is on the data map's list of what is readable there may be found. See `real_signal` for what this needs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rialto::admin::readable::{ACCOUNTS, DELETED, FILES, READABLE, Readable, SENT, TITLES};
use rusqlite::Connection;
use serde_json::{Value, json};
use simulator::waha::{Contact, Waha, WahaFault};

use crate::canary::{contains, files, forms};
use crate::house::{ALICE, API_KEY, BOB, HMAC, SECRET};
use crate::real_faults::{kill_daemon, start_daemon};
use crate::real_signal::{SOON, Testbed, start, waha};

const STRANGER: &str = "79144444444@c.us";
const GROUP: &str = "120363020000777777@g.us";

/// Something that is searched for, and the exceptions by which it may be found.
struct Canary {
    word: String,
    may: Vec<Readable>,
}

/// What the bridge sent may be found by one exception, and later by none.
fn canaries(testbed: &Testbed, sent: Option<Readable>) -> Vec<Canary> {
    let accounts = ["/bridge/number", "/bridge/aci", "/user/aci", "/other/aci"].map(|path| testbed.fact(path));
    let words = |words: &[&str], may: Option<Readable>| -> Vec<Canary> {
        words.iter().map(|word| Canary { word: (*word).to_owned(), may: may.into_iter().collect() }).collect()
    };
    let typed = ["canarytyped", "canaryquoted", "canarydirect", "canarystranger"];
    let whatsapp = ["79111111111", "100000000000002", "120363020000777777"];
    let accounts: Vec<_> = accounts.iter().map(String::as_str).collect();
    [
        words(&["canarysent", "canarylong", "canarypush", "79144444444"], sent),
        words(&["canaryname", "canarysubject", "canaryforeign"], Some(TITLES)),
        words(&["canaryfile", "canaryparagraph"], Some(FILES)),
        words(&accounts, Some(ACCOUNTS)),
        words(&[typed.as_slice(), &whatsapp, &[API_KEY, HMAC, SECRET]].concat(), None),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Everything that signal-cli writes: its folder, what it has for a moment, its log. Not the libraries it unpacks.
fn written(testbed: &Testbed) -> Vec<(String, Vec<u8>)> {
    let folder = testbed.work().join("data");
    let mut all = files(&folder);
    for (name, _) in &mut all {
        *name = Path::new(&*name).strip_prefix(&folder).unwrap().display().to_string();
    }
    let elsewhere = files(&testbed.work().join("tmp"))
        .into_iter()
        .filter(|(name, _)| Path::new(name).extension().is_none_or(|kind| kind != "so"));
    all.extend(elsewhere.map(|(name, bytes)| (format!("tmp: {name}"), bytes)));
    all.push(("log".into(), std::fs::read(testbed.work().join("signal-cli.log")).unwrap()));
    all
}

/// Kills signal-cli, so that nothing moves, and searches; returns which exceptions were met, and how it is started again.
fn stop_and_search(testbed: &Testbed, sent: Option<Readable>) -> (Vec<Readable>, Command) {
    let again = kill_daemon(testbed);
    (search(testbed, sent), again)
}

fn search(testbed: &Testbed, sent: Option<Readable>) -> Vec<Readable> {
    let (all, mut met) = (written(testbed), Vec::new());
    for canary in canaries(testbed, sent) {
        for form in forms(&canary.word) {
            for (file, _) in all.iter().filter(|(_, bytes)| contains(bytes, &form)) {
                let excuse = canary.may.iter().find(|readable| readable.is_in(file));
                let shown = String::from_utf8_lossy(&form);
                println!("{} is in {file}", canary.word);
                met.push(*excuse.unwrap_or_else(|| panic!("{} as {shown} is in {file}", canary.word)));
            }
        }
    }
    met
}

/// Texts, names and numbers go every way there is.
async fn converse(testbed: &Testbed, waha: &Waha) {
    testbed.phone("send", json!({"from": "user", "to": "bridge", "text": "canarydirect"})).await;
    testbed.arrived("Nothing you write here goes to WhatsApp").await;
    waha.says(ALICE, "canarysent one");
    let alice = testbed.arrived("canarysent one").await["groupV2"].clone();
    testbed.say("user", &alice, "canarytyped", Value::Null).await;
    assert!(waha.wait_sent(1, SOON).await);
    waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    testbed.say("user", &alice, "canaryquoted", Value::Null).await;
    testbed.arrived("WhatsApp refused this message").await;
    waha.says_in_group(GROUP, STRANGER, "canarysent in a group");
    testbed.arrived("canarysent in a group").await;
    waha.says(STRANGER, "canarysent of a stranger");
    testbed.arrived("canarysent of a stranger").await;
    waha.says(ALICE, &"canarylong ".repeat(600));
    testbed.arrived("canarylong").await;
    strangers(testbed).await;
    file(testbed, waha, &alice).await;
}

/// Somebody else writes, and puts the bridge into a group.
async fn strangers(testbed: &Testbed) {
    testbed.phone("send", json!({"from": "other", "to": "bridge", "text": "canarystranger"})).await;
    let members = json!({"owner": "other", "title": "canaryforeign", "members": ["other", "bridge", "user"]});
    let group = testbed.phone("group", members).await;
    testbed.say("other", &group, "canarystranger in a group", Value::Null).await;
}

/// A file, and a long text, which travels as one.
async fn file(testbed: &Testbed, waha: &Waha, group: &Value) {
    for (kind, name, words) in [("text/plain", "a.txt", "canaryfile"), ("text/x-signal-plain", "", "canaryparagraph")] {
        let file = json!({"data": STANDARD.encode(words), "contentType": kind, "fileName": name});
        let pointer = testbed.phone("attach", file).await;
        testbed.say("user", group, "canarytyped with more", json!({"attachments": [pointer]})).await;
    }
    // What is typed after them is read after them.
    testbed.say("user", group, "canarytyped last", Value::Null).await;
    assert!(waha.wait_sent(2, SOON).await);
}

/// signal-cli's database, while it does not run.
fn account(testbed: &Testbed) -> Connection {
    let all = files(&testbed.work().join("data"));
    let (file, _) = all.iter().find(|(name, _)| name.ends_with("account.db")).unwrap();
    Connection::open(file).unwrap()
}

/// Two days pass for its send log; then it runs again and sends, and cleans up by itself.
async fn days_pass(testbed: &Testbed, waha: &Waha, again: Command) {
    let aged = account(testbed).execute("UPDATE message_send_log_content SET timestamp = timestamp - 172800000", []);
    assert!(aged.unwrap() > 5);
    start_daemon(testbed, again);
    let (stop, bridge, _) = start(testbed, waha).await;
    waha.says(BOB, "days later");
    testbed.arrived("days later").await;
    let old = "SELECT count(*) FROM message_send_log_content WHERE timestamp < (strftime('%s') - 86400) * 1000";
    let left = || account(testbed).query_row(old, [], |row| row.get::<_, i64>(0)).unwrap();
    let mut turns = crate::house::beats(Duration::from_millis(50));
    let emptied = async {
        while left() > 0 {
            turns.tick().await;
        }
    };
    tokio::time::timeout(SOON, emptied).await.unwrap();
    stop.cancel();
    bridge.await.unwrap();
}

/// The SQL of the recipe in SECURITY.md.
fn recipe() -> String {
    let page = include_str!("../../SECURITY.md");
    let line = page.lines().find(|line| line.contains("sqlite3") && line.contains("account.db")).unwrap();
    line.split('"').nth(3).unwrap().to_owned()
}

/// Contacts, a stranger and a group, all with names to be found.
fn people(waha: &Waha) {
    let contact = |number: &str, lid: Option<&str>, name: Option<&str>| Contact {
        number: Some(number.into()),
        lid: lid.map(str::to_owned),
        name: name.map(str::to_owned),
        push_name: Some("canarypush".into()),
    };
    waha.add_contact(contact("79111111111", Some("100000000000002"), Some("canaryname")));
    waha.add_contact(contact("79144444444", None, None));
    waha.add_group(GROUP, "canarysubject", vec![STRANGER.into()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_signal_cli_keeps_nothing_readable_but_what_the_data_map_names() {
    let Some(testbed) = Testbed::start() else {
        println!("skipped: RIALTO_SIGNAL_TESTBED names no testbed");
        return;
    };
    let waha = waha().await;
    people(&waha);
    let (stop, bridge, _) = start(&testbed, &waha).await;
    converse(&testbed, &waha).await;
    stop.cancel();
    bridge.await.unwrap();
    let (mut met, again) = stop_and_search(&testbed, Some(SENT));

    // What is past its day is deleted, and lies in free pages.
    days_pass(&testbed, &waha, again).await;
    let (later, _) = stop_and_search(&testbed, Some(DELETED));
    met.extend(later);
    for readable in READABLE {
        assert!(met.contains(&readable), "on the list, and not met any more: {}", readable.what);
    }

    // Until its database is made anew.
    account(&testbed).execute_batch(&recipe()).unwrap();
    search(&testbed, None);
}
