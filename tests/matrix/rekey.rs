//! `rialto rekey` dies before its commit and after it: the database opens with one of the two secrets, and with one only.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::child::toml;
use crate::house::{House, without_settings};
use rialto::config::{Encryption, Unlock};
use rialto::store::Store;
use secrecy::SecretSlice;

pub(crate) const POINTS: [&str; 2] = ["rekey.before_commit", "rekey.after_commit"];

fn opens(house: &House, secret: u8) -> bool {
    let encryption = Encryption { enabled: true, unlock: Unlock::KeyFile(SecretSlice::from(vec![secret; 32])) };
    Store::open(&house.store(), &encryption).map(|store| store.close()).is_ok()
}

fn rekey_dies(config: &Path, new: &Path, point: &str) -> bool {
    let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.arg("rekey").arg("--key-file").arg(new).arg("--config").arg(config).env("RIALTO_FAILPOINT", point);
    let output = program.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stderr).contains(&format!("killed at {point}"))
}

#[tokio::test]
async fn one_secret_opens_wherever_the_change_was_cut() {
    let house = House::new().await;
    let (config, new) = (house.dir.path().join("rialto.toml"), house.dir.path().join("new"));
    std::fs::write(&config, toml(&house, "127.0.0.1:1", "127.0.0.1:2")).unwrap();
    std::fs::write(&new, [8; 32]).unwrap();
    assert!(opens(&house, 7), "the key file of the house");
    assert!(rekey_dies(&config, &new, "rekey.before_commit"));
    assert!(opens(&house, 7) && !opens(&house, 8));
    assert!(rekey_dies(&config, &new, "rekey.after_commit"));
    assert!(opens(&house, 8) && !opens(&house, 7));
}
