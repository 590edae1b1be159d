use std::collections::BTreeSet;
use std::path::PathBuf;

use super::machine::Disk;
use super::*;

const GOOD: &str = r#"
[backup]
path = "/copies"
[alarm]
webhook = "https://ntfy.example/topic"
[encryption]
secret = "591785b794601e212b260e25925636fd"
[[channels]]
name = "home"
[channels.whatsapp]
url = "http://waha:3000"
api_key = "3f6c1d9a0b7e4c52a8d1e9f4b2c76a10"
webhook_secret = "b1946ac92492d2347c6235b4d2611184"
[channels.signal]
socket = "/run/signal/socket"
account = "+15550100100"
owner = "+15550100200"
"#;

fn machine() -> Machine {
    let file = |name: &str, mode| (PathBuf::from(name), Some(mode));
    Machine {
        root: false,
        core_dumps: false,
        secrets: vec![file("secret", 0o600)],
        config: file("rialto.toml", 0o640),
        data: file("data", 0o700),
        one_disk: false,
        disk: Disk::Encrypted,
        bare_swap: Some(Vec::new()),
        master_key: Some(false),
        free: Some(1 << 40),
    }
}

/// The points that are not fine, and whether they must change.
fn found(toml: &str, machine: &Machine) -> Vec<(&'static str, bool)> {
    let config = Config::from_toml(toml).unwrap();
    let each = POINTS.iter().map(|(what, look)| (*what, look(&config, machine)));
    each.filter(|(_, found)| *found != Found::Fine).map(|(what, f)| (what, matches!(f, Found::MustChange(_)))).collect()
}

#[test]
fn a_good_machine_is_fine() {
    assert_eq!(found(GOOD, &machine()), []);
}

/// What is changed on the good machine; the beginning of the one point that is no longer fine; whether it must change.
type Case = (fn(&mut Machine, &mut String), &'static str, bool);

fn put(toml: &mut String, from: &str, to: &str) {
    assert!(toml.contains(from));
    *toml = toml.replacen(from, to, 1);
}

const BRIEF: &str = "[channels.retention]\nchats = [{ chat = \"1@lid\", period = \"1d\" }]\n";

const CASES: [Case; 24] = [
    (|m, _| m.root = true, "Rialto does not", true),
    (|m, _| m.secrets.push(("wide".into(), Some(0o640))), "Files of secrets", true),
    (|m, _| m.secrets.push(("gone".into(), None)), "Files of secrets", true),
    (|m, _| m.config.1 = Some(0o644), "The configuration", true),
    (|m, _| m.data.1 = Some(0o750), "The data folder", true),
    (|_, t| put(t, "[encryption]", "[encryption]\nenabled = false"), "Encryption", true),
    (|m, _| m.disk = Disk::Unknown, "The disk of the database", false),
    (|m, _| m.bare_swap = Some(vec!["/swap".into()]), "Swap", false),
    (|m, _| m.bare_swap = None, "Swap", false),
    (|m, _| m.core_dumps = true, "Core dumps", true),
    (|_, t| t.insert_str(0, "server.admin_listen = \"0.0.0.0:8081\"\n"), "The admin", true),
    (|_, t| t.insert_str(0, "server.admin_listen = \"203.0.113.1:8081\"\n"), "The admin", true),
    (|_, t| put(t, "http://waha:3000", "http://203.0.113.1:3000"), "WAHA", true),
    (|m, _| m.master_key = Some(true), "WAHA's key", false),
    (|m, _| m.master_key = None, "WAHA's key", false),
    (|_, t| put(t, "socket = \"/run/signal/socket\"", "tcp = \"192.168.1.2:7583\""), "signal-cli", true),
    (|_, t| t.insert_str(0, "retention.period = \"1d\"\n"), "Retention", false),
    (|_, t| t.push_str(BRIEF), "Retention", false),
    (|_, t| put(t, "path = \"/copies\"", ""), "Backups", false),
    (|_, t| put(t, "webhook = \"https://ntfy.example/topic\"", ""), "An alarm", false),
    (|m, _| m.free = Some(1 << 20), "The disk has room", true),
    (|m, _| m.free = Some(1 << 29), "The disk has room", false),
    (|m, _| m.free = None, "The disk has room", false),
    (|_, t| t.insert_str(0, "log.level = \"debug\"\n"), "The disk has room", false),
];

#[test]
fn a_credential_of_systemd_is_closed_although_its_group_shows() {
    let (mut machine, path) = (machine(), "/run/credentials/rialto.service/encryption_secret");
    machine.secrets.push((path.into(), Some(0o440)));
    assert_eq!(found(GOOD, &machine), []);
    machine.secrets.push((path.into(), Some(0o444)));
    assert_eq!(found(GOOD, &machine), [("Files of secrets are closed to others (0600)", true)]);
}

#[test]
fn each_fault_is_found_at_its_point_alone() {
    for (at, (spoil, what, must)) in CASES.into_iter().enumerate() {
        let (mut machine, mut toml) = (machine(), GOOD.to_owned());
        spoil(&mut machine, &mut toml);
        let found = found(&toml, &machine);
        assert!(found.len() == 1 && found[0].0.starts_with(what) && found[0].1 == must, "case {at}: {found:?}");
    }
    let (mut bare, what) = (machine(), "The secret lies on another disk");
    (bare.one_disk, bare.disk) = (true, Disk::Unknown);
    assert!(found(GOOD, &bare).iter().any(|(point, must)| point.starts_with(what) && !must));
    let tried: BTreeSet<_> = CASES.iter().map(|(_, what, _)| *what).chain([what]).collect();
    let untried = POINTS.iter().find(|(point, _)| !tried.iter().any(|what| point.starts_with(what)));
    assert!(untried.is_none(), "{:?} is never seen to fail", untried.map(|(what, _)| what));
}

#[test]
fn the_checklist_names_what_is_checked_and_nothing_else_as_checked() {
    let page = include_str!("../../../SECURITY.md");
    let marked: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("- [checked] ")).collect();
    let points: Vec<_> = POINTS.iter().map(|(what, _)| format!("{what}.")).collect();
    assert_eq!(marked, points);
}
