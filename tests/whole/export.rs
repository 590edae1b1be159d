//! Everything that is kept can be read by who has the secret, and nobody else.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rialto::store::export::TABLES;
use rusqlite::Connection;
use serde_json::Value;

use crate::backup::{refused, succeeds};
use crate::house::{ALICE, BOB, House, Process, SECRET, SOON, idle_at, without_settings};
use simulator::waha::WahaFault;

fn export(config: &Path, more: &[&str]) -> Output {
    let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.arg("export").args(more).arg("--config").arg(config).stdin(Stdio::null()).output().unwrap()
}

/// The texts of the queue, wherever they stand.
fn contains(value: &Value, text: &str) -> bool {
    value.to_string().contains(text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_shown_chat_by_chat_to_who_has_the_secret() {
    let house = House::new().await;
    let (process, admin) = Process::of(&house, "info").await;
    house.waha.says(ALICE, "from alice");
    let alice = house.group_of("from alice").await;
    house.waha.says(BOB, "from bob");
    let bob = house.group_of("from bob").await;
    house.waha.fault(WahaFault::RefuseStatus { status: 400, times: 1 });
    house.signal.owner_says(&alice, "kept for a retry");
    assert!(house.arrives("WhatsApp refused this message").await && idle_at(&admin).await);
    house.signal.owner_says(&bob, "for bob");
    assert!(house.waha.wait_sent(1, SOON).await && idle_at(&admin).await);

    let config = process.config().to_owned();
    let all: Value = serde_json::from_slice(&export(&config, &[]).stdout).unwrap();
    let chats = all.pointer("/channels/0/chats").unwrap().as_array().unwrap();
    assert_eq!((chats.len(), all.pointer("/channels/0/owner").unwrap()), (2, &crate::house::OWNER.into()));
    for text in ["79111111111", "79133333333", "kept for a retry", &alice, &bob, &house.waha.sent()[0].stanza] {
        assert!(contains(&all, text), "{text} is not in {all:#}");
    }
    // What has arrived is not kept, so it is not there either.
    assert!(!contains(&all, "from alice") && !contains(&all, "for bob") && !contains(&all, "any more"));

    let file = house.dir.path().join("alice.json");
    succeeds(&export(&config, &["+79111111111", "--output", file.to_str().unwrap()]));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let one: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(
        contains(&one, "kept for a retry")
            && contains(&one, &alice)
            && one.pointer("/chats/0/messages/0/ids/0").is_some()
    );
    assert!(!contains(&one, "79133333333") && !contains(&one, &bob), "nothing of another chat");
    refused(&export(&config, &["+79111111111", "--output", file.to_str().unwrap()]), &["cannot be written"]);
    refused(&export(&config, &["+79999999999"]), &["nothing is kept of this chat"]);

    let other = house.dir.path().join("other.toml");
    let toml = std::fs::read_to_string(&config).unwrap().replace(SECRET, "another secret, of thirty-two characters");
    std::fs::write(&other, toml).unwrap();
    let output = export(&other, &[]);
    refused(&output, &["the secret does not open this store"]);
    assert!(output.stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_column_of_each_table_is_shown_or_left_out_for_a_reason() {
    let house = House::new().await;
    let config = house.config();
    rialto::store::Store::open(&config.store.path, &config.encryption).unwrap().close();
    let connection = Connection::open(house.store()).unwrap();
    let sql = "SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p
               WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(sql).unwrap();
    let schema: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let known =
        TABLES.iter().flat_map(|table| table.columns.iter().map(|(column, _)| format!("{}.{column}", table.name)));
    assert_eq!(known.collect::<BTreeSet<_>>(), schema, "left: in the export, right: in the schema");
}
