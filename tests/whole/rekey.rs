//! The secret of a database is changed by the command.

use crate::backup::{refused, succeeds};
use crate::house::{ALICE, House, Process, SECRET};
use crate::reseal::rialto;

const NEW: &str = "0c1f7d52ab93e6408f21c5d7e90b3a64f1d2c3b4";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_secret_is_changed_while_the_bridge_is_stopped() {
    let house = House::new().await;
    let (mut process, _) = Process::of(&house, "info").await;
    house.waha.says(ALICE, "before");
    let group = house.group_of("before").await;
    let file = |name: &str, text: &str| {
        let path = house.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (new, short) = (file("new", &format!("{NEW}\n")), file("short", "short"));
    let rekey = |process: &Process, file: &str| rialto(process, &["rekey", "--secret-file", file]);

    refused(&rekey(&process, &new), &["a bridge uses this database", "stop it"]);
    process.terminate();
    refused(&rekey(&process, &short), &["--secret-file (from the command line)", "32 characters"]);
    refused(&rekey(&process, "/nowhere"), &["/nowhere cannot be read"]);
    let said = succeeds(&rekey(&process, &new));
    assert!(said.contains("opens with the new secret alone") && !said.contains(NEW), "{said}");
    // Under the old configuration neither this nor a start is possible.
    refused(&rekey(&process, &new), &["the secret does not open this store"]);

    let toml = std::fs::read_to_string(process.config()).unwrap();
    std::fs::write(process.config(), toml.replace(SECRET, NEW)).unwrap();
    process.start_again();
    house.waha.says(ALICE, "after");
    assert_eq!(house.group_of("after").await, group);
}
