//! `rialto init` and `rialto init waha`, with the real program: what they make, what they leave alone, and what WAHA's key for
//! the session then can and cannot do.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use rialto::clock::Clock;
use rialto::config::Config;
use simulator::waha::{Engine, Waha, WahaOptions};
use tempfile::TempDir;

use crate::house::{self, ALICE, House, without_settings};

const ANSWERS: &str = "+15550100100\n+15550100200\n\nretention\n";

/// How it ended, and what was said.
fn run(folder: &Path, arguments: &[&str], typed: &str) -> (bool, String) {
    let file = folder.join("typed");
    fs::write(&file, typed).unwrap();
    let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
    program.arg("init").args(arguments).arg("--folder").arg(folder);
    let output = program.stdin(Stdio::from(fs::File::open(&file).unwrap())).output().unwrap();
    fs::remove_file(file).unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn mode(folder: &Path, name: &str) -> u32 {
    fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777
}

fn set_up() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (good, said) = run(folder.path(), &[], ANSWERS);
    assert!(good, "{said}");
    folder
}

/// The configuration that was made, with the secrets where they lie here.
fn config(folder: &Path) -> Config {
    let toml = read(folder, "config/rialto.toml");
    Config::from_toml(&toml.replace("/run/secrets", &folder.join("secrets").display().to_string())).unwrap()
}

#[test]
fn all_is_made_closed_and_fits_together() {
    let folder = set_up();
    let here = folder.path();
    let config = config(here);
    let channel = &config.channels[0];
    assert_eq!(channel.signal.account.reveal(), "+15550100100");
    assert_eq!(channel.signal.owner.reveal(), "+15550100200");
    assert_eq!(channel.whatsapp.session, "default");
    assert!(channel.retention.disappearing);
    for name in ["encryption_secret", "waha_api_key", "waha_session_key", "webhook_secret", "waha.env"] {
        assert_eq!(mode(here, &format!("secrets/{name}")), 0o600, "{name}");
    }
    assert_eq!((mode(here, "secrets"), mode(here, "config/rialto.toml")), (0o700, 0o640));
    if rustix::process::getuid().is_root() {
        let of = |name: &str| fs::metadata(here.join(name)).unwrap().uid();
        let bridges = ["secrets/encryption_secret", "secrets/webhook_secret", "secrets/waha_session_key"];
        assert_eq!(bridges.map(of), [10001; 3]);
        assert_eq!(["data", "data/waha", "secrets/waha_api_key"].map(of), [0; 3]);
        assert_eq!(["data/rialto", "data/signal-cli", "data/signal-cli/attachments"].map(of), [10001; 3]);
        assert_eq!((mode(here, "data"), mode(here, "data/waha"), mode(here, "data/rialto")), (0o711, 0o700, 0o700));
    }
    let hash = Command::new("sha512sum").arg("--tag").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut hash = hash.unwrap();
    let key = read(here, "secrets/waha_api_key");
    std::io::Write::write_all(&mut hash.stdin.take().unwrap(), key.trim().as_bytes()).unwrap();
    let hash = String::from_utf8(hash.wait_with_output().unwrap().stdout).unwrap();
    let hash = hash.trim().rsplit(' ').next().unwrap().to_owned();
    let webhook = read(here, "secrets/webhook_secret");
    let variables = format!("WAHA_API_KEY=sha512:{hash}\nWHATSAPP_HOOK_HMAC_KEY={webhook}");
    assert_eq!(read(here, "secrets/waha.env"), variables);
}

#[test]
fn nothing_that_is_there_is_replaced() {
    let folder = set_up();
    let names = ["config/rialto.toml", "secrets/encryption_secret", "secrets/waha_api_key", "secrets/waha.env"];
    let before = names.map(|name| read(folder.path(), name));
    let (good, said) = run(folder.path(), &["--account", "+15550100999"], "");
    assert!(good && said.matches("was there, and is kept").count() == 6, "{said}");
    assert_eq!(names.map(|name| read(folder.path(), name)), before);
    // What does not fit any more is said.
    fs::write(folder.path().join("secrets/webhook_secret"), "another\n").unwrap();
    let (good, said) = run(folder.path(), &[], "");
    assert!(!good && said.contains("does not fit"), "{said}");
}

#[test]
fn wrong_answers_make_nothing_and_are_not_repeated() {
    for (arguments, typed) in [
        (vec![], ""),
        (vec![], "+15550100100\n"),
        (vec![], "+15550100100\n+15550100100\n\n"),
        (vec![], "+15550100100\nsomebody at home\n\n"),
        (vec!["--account", "5550100777"], "+15550100200\n\n"),
        (vec!["--session", "two words"], "+15550100100\n+15550100200\n"),
        (vec!["--disappearing", "soon"], "+15550100100\n+15550100200\n\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (good, said) = run(folder.path(), &arguments, typed);
        assert!(!good && !said.contains("555010") && !said.contains("somebody"), "{said}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{said}");
    }
}

async fn waha_of(folder: &Path, options: WahaOptions) -> Waha {
    let api_key = read(folder, "secrets/waha_api_key").trim().to_owned();
    Waha::start(WahaOptions { api_key, has_session: false, ..options }).await.unwrap()
}

fn init_waha(folder: &Path, waha: &Waha, more: &[&str]) -> (bool, String) {
    let url = waha.url();
    run(folder, &[&["waha", "--url", &url, "--keep-history", "yes"], more].concat(), "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rialto_gets_a_key_for_its_session_alone() {
    let folder = set_up();
    let here = folder.path();
    let waha = waha_of(here, WahaOptions::default()).await;
    let (good, said) = init_waha(here, &waha, &[]);
    assert!(good && said.contains("refuses it its keys"), "{said}");
    let made = waha.made_session().unwrap();
    assert_eq!(made.pointer("/config/noweb/store/enabled"), Some(&true.into()), "{made}");
    let keys = waha.keys();
    let actions = keys[0]["actions"].as_object().unwrap();
    let may: Vec<_> = actions.iter().filter(|(_, may)| **may == true).map(|(what, _)| what.as_str()).collect();
    assert_eq!((keys.len(), may), (1, vec!["control", "read", "send"]));
    assert_eq!((keys[0]["session"].as_str(), keys[0]["isAdmin"].as_bool()), (Some("default"), Some(false)));
    let key = read(here, "secrets/waha_session_key");
    assert_eq!(keys[0]["key"], key.trim());
    assert_eq!(mode(here, "secrets/waha_session_key"), 0o600);
    assert_ne!(key, read(here, "secrets/waha_api_key"));
    assert!(!said.contains(key.trim()) && !said.contains(read(here, "secrets/waha_api_key").trim()));

    // Once more changes nothing; with another key the old one is gone.
    let (good, said) = init_waha(here, &waha, &[]);
    assert!(good && said.contains("already") && waha.keys().len() == 1, "{said}");
    assert_eq!(read(here, "secrets/waha_session_key"), key);
    let (good, said) = init_waha(here, &waha, &["--new-key"]);
    assert!(good && said.contains("old key is deleted"), "{said}");
    assert_eq!((waha.keys().len(), waha.keys()[0]["key"] == key.trim()), (1, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_waha_and_a_wrong_one_leave_the_key_that_there_is() {
    for (version, words) in
        [("2025.12.1", "makes no keys for one session"), ("2026.2.1", "limits the key to the session")]
    {
        let folder = set_up();
        let here = folder.path();
        let waha = waha_of(here, WahaOptions { version: version.into(), ..WahaOptions::default() }).await;
        let (good, said) = init_waha(here, &waha, &[]);
        assert!(good && said.contains(words), "{said}");
        let same = read(here, "secrets/waha_session_key") == read(here, "secrets/waha_api_key");
        assert_eq!(same, version == "2025.12.1", "{said}");
    }
    let folder = set_up();
    let (good, said) = run(folder.path(), &["waha", "--url", "http://127.0.0.1:9", "--keep-history", "no"], "");
    assert!(!good && said.contains("cannot be reached"), "{said}");
    fs::write(folder.path().join("secrets/waha_api_key"), "wrong\n").unwrap();
    let waha = Waha::start(WahaOptions::default()).await.unwrap();
    let (good, said) = init_waha(folder.path(), &waha, &[]);
    assert!(!good && said.contains("does not take secrets/waha_api_key"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_history_the_engines_keep_nothing() {
    for (engine, pointer) in
        [(Engine::Noweb, "/config/noweb/store/enabled"), (Engine::Gows, "/config/gows/storage/messages")]
    {
        let folder = set_up();
        let waha = waha_of(folder.path(), WahaOptions { engine, ..WahaOptions::default() }).await;
        let (good, said) = run(folder.path(), &["waha", "--url", &waha.url()], "no\n");
        assert!(good, "{said}");
        let made = waha.made_session().unwrap();
        assert_eq!(made.pointer(pointer), Some(&false.into()), "{made}");
    }
}

/// The bridge does all it does with such a key: sends, looks up, closes a gap, restarts a session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bridge_works_with_the_key_of_its_session() {
    let house = House::new().await;
    let folder = set_up();
    fs::write(folder.path().join("secrets/waha_api_key"), format!("{}\n", house::API_KEY)).unwrap();
    fs::write(folder.path().join("secrets/waha_session_key"), format!("{}\n", house::API_KEY)).unwrap();
    let (good, said) = init_waha(folder.path(), &house.waha, &[]);
    assert!(good, "{said}");
    let key = read(folder.path(), "secrets/waha_session_key");
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace(house::API_KEY, key.trim());
    let bridge = house.bridge_as(Clock::system(), &toml).await;
    assert!(house::whatsapp_is(&bridge, true).await);
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    house.signal.owner_says(&group, "answer");
    assert!(house.waha.wait_sent(1, house::SOON).await);
    bridge.stop().await;
    house.waha.says(ALICE, "missed");
    house.waha.restart().await.unwrap();
    let bridge = house.bridge_as(Clock::system(), &toml).await;
    assert!(house.arrives("missed").await);
    assert!(house.texts().iter().all(|text| !text.starts_with('ⓘ')), "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checklist_tells_a_key_that_may_do_everything() {
    let house = House::new().await;
    let folder = set_up();
    for name in ["waha_api_key", "waha_session_key"] {
        fs::write(folder.path().join("secrets").join(name), format!("{}\n", house::API_KEY)).unwrap();
    }
    let checked = |key: &str| {
        let file = folder.path().join("checked.toml");
        let toml = house.toml("127.0.0.1:0", "127.0.0.1:0").replace(house::API_KEY, key.trim());
        fs::write(&file, toml).unwrap();
        let mut program = without_settings(Command::new(env!("CARGO_BIN_EXE_rialto")));
        let output = program.args(["check", "--production", "--config"]).arg(file).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines().find(|line| line.contains("WAHA's key")).unwrap().to_owned()
    };
    assert!(checked(house::API_KEY).starts_with("warning"));
    assert!(init_waha(folder.path(), &house.waha, &[]).0);
    assert!(checked(&read(folder.path(), "secrets/waha_session_key")).starts_with("ok"));
    house.waha.stop().await;
    assert!(checked(house::API_KEY).starts_with("warning"));
}
