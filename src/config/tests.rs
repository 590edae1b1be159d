//! Each wrong value is refused with its key, its origin and what is allowed.

mod certificates;
mod retention;

use super::*;

const GOOD: &str = r#"
[encryption]
secret = "591785b794601e212b260e25925636fd"
[[channels]]
name = "home"
[channels.whatsapp]
url = "http://waha:3000/"
api_key = "3f6c1d9a0b7e4c52"
webhook_secret = "b1946ac92492d2347c6235b4d2611184"
[channels.signal]
socket = "/run/signal/socket"
account = "+15550100100"
owner = "C0FC311C-3C80-4784-87C1-3BC35B187D7A"
"#;

fn refused(find: &str, replace: &str) -> String {
    assert!(GOOD.contains(find), "{find}");
    Config::from_toml(&GOOD.replace(find, replace)).expect_err("must be refused").to_string()
}

#[test]
fn a_secret_that_a_person_gives_lies_in_no_file() {
    let secret = GOOD.lines().find(|line| line.starts_with("secret = ")).unwrap();
    let locked = Config::from_toml(&GOOD.replace(secret, "locked_start = true")).unwrap();
    assert!(locked.encryption.unlock.is_by_hand());
    assert!(locked.to_string().contains("locked_start = true"));
    for beside in [secret, "secret_file = \"/etc/hostname\"", "key_file = \"/etc/hostname\""] {
        let error = refused(secret, &format!("{beside}\nlocked_start = true"));
        assert!(error.contains("encryption.locked_start") && error.contains("leave out"), "{error}");
    }
}

#[test]
fn the_smallest_file_is_enough() {
    let config = Config::from_toml(GOOD).unwrap();
    let channel = &config.channels[0];
    assert_eq!(channel.whatsapp.url, "http://waha:3000");
    assert_eq!(channel.signal.owner.reveal(), "c0fc311c-3c80-4784-87c1-3bc35b187d7a");
    assert_eq!(config.retention.period, Duration::from_hours(720));
    assert_eq!(channel.signal.minimum_version, Version(0, 14, 5));
}

#[test]
fn an_unknown_key_is_named_with_the_allowed_ones() {
    let error = refused("[encryption]", "[encryption]\nsecrte = \"x\"");
    assert!(error.contains("encryption.secrte") && error.contains("secret_file"), "{error}");
}

#[test]
fn wrong_units_and_ranges_say_what_is_allowed() {
    for (section, allowed) in [
        ("[retention]\nperiod = \"30 parsecs\"\n", "30d"),
        ("[retention]\nperiod = \"1s\"\n", "from 1m to"),
        ("[retention]\nidle_portals = \"29d\"\n", "not shorter than retention.period"),
        ("[retention]\nidle_portals = \"never\"\n", "must be \"keep\""),
        ("[retention]\nschedule = \"0 0 3 * * *\"\n", "five cron fields"),
        ("[backup]\nschedule = \"daily\"\n", "five cron fields"),
        ("[backup]\nkeep = 0\n", "1 to 1000"),
        ("[backup]\nkeep_for = \"1s\"\n", "from 1m to"),
        ("[server]\nlisten = \"8080\"\n", "127.0.0.1:8080"),
        ("[portals]\nburst = 0\n", "1 to 1000"),
        ("[floods]\nper_minute = 9\n", "10 or more, or 0"),
        ("[alarm]\nafter = \"10s\"\n", "1m"),
        ("[alarm]\nheartbeat_every = \"2days\"\n", "1day"),
        ("[alarm]\nwebhook = \"ntfy.example/topic\"\n", "https://ntfy.example/topic"),
        ("[alarm]\nheartbeat_url = \"https://user:pass@example\"\n", "without user"),
        ("[alarm]\ntoken = \"x\"\n", "alarm.webhook"),
        ("[log]\nlevel = \"loud\"\n", "trace"),
    ] {
        let error = refused("[encryption]", &format!("{section}[encryption]"));
        let key = section.lines().nth(1).unwrap().split(' ').next().unwrap();
        assert!(error.contains(key) && error.contains(allowed), "{error}");
    }
}

#[test]
fn backups_are_kept_as_long_as_what_is_in_them() {
    let with = |section: &str| Config::from_toml(&format!("{section}\n{GOOD}")).unwrap().backup;
    let backup = with("[retention]\nperiod = \"10d\"\n[backup]\npath = \"b\"");
    assert_eq!((backup.keep, backup.keep_for), (7, Duration::from_hours(240)));
    assert_eq!(with("[backup]\nkeep_for = \"90d\"").keep_for, Duration::from_hours(90 * 24));
}

#[test]
fn silence_is_a_span_or_never() {
    let with =
        |silence: &str| GOOD.replace("[channels.signal]", &format!("silence = \"{silence}\"\n[channels.signal]"));
    let read = |silence: &str| Config::from_toml(&with(silence)).map(|config| config.channels[0].whatsapp.silence);
    assert_eq!(read("never").unwrap(), None);
    assert_eq!(read("2days").unwrap(), Some(Duration::from_hours(48)));
    assert!(read("1h").unwrap_err().to_string().contains("channels.0.whatsapp.silence"));
}

#[test]
fn few_iterations_and_weak_secrets_are_refused() {
    assert!(refused("[encryption]", "[encryption]\niterations = 599999").contains("600000"));
    assert!(refused("591785b794601e212b260e25925636fd", "short").contains("32 characters"));
    let sample = "change-me-change-me-change-me-change-me";
    assert!(refused("b1946ac92492d2347c6235b4d2611184", sample).contains("sample value"));
    let error = refused("secret = \"591785b794601e212b260e25925636fd\"", "");
    assert!(error.contains("secret_file"), "{error}");
}

#[test]
fn guessed_secrets_are_refused_with_their_key_and_a_better_way() {
    for (secret, key) in [
        ("591785b794601e212b260e25925636fd", "encryption.secret"),
        ("b1946ac92492d2347c6235b4d2611184", "channels.0.whatsapp.webhook_secret"),
    ] {
        for weak in ["abcd1234abcd1234abcd1234abcd1234abcd", "abcdefghijklmnopqrstuvwxyz0123456789"] {
            let error = refused(secret, weak);
            assert!(error.contains(key) && error.contains("openssl rand -hex 32"), "{error}");
            assert!(!error.contains(weak), "{error}");
        }
    }
}

#[test]
fn a_webhook_secret_may_be_two_and_no_more() {
    let key = "\"b1946ac92492d2347c6235b4d2611184\"";
    let two = "\"\"\"\n81dc9bdb52d04dc20036dbd8313ed055\n\nb1946ac92492d2347c6235b4d2611184\"\"\"";
    let config = Config::from_toml(&GOOD.replace(key, two)).unwrap();
    assert_eq!(config.channels[0].whatsapp.webhook_secrets.len(), 2);
    assert!(config.to_string().contains("webhook_secret = \"(two, hidden)\""), "{config}");
    let three = two.replacen('\n', "\n0cc175b9c0f1b6a831c399e269772661\n", 1);
    assert!(refused(key, &three).contains("the new one and the old one"));
    assert!(refused(key, &two.replace("81dc9bdb52d04dc20036dbd8313ed055", "short")).contains("32 characters"));
}

#[test]
fn files_that_others_read_or_that_lie_beside_the_database_are_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "591785b794601e212b260e25925636fd\n").unwrap();
    let warnings = |mode, store: &str| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let secret = format!("[store]\npath = \"{store}\"\n[encryption]\nsecret_file = \"{}\"", file.display());
        let text = GOOD.replace("[encryption]\nsecret = \"591785b794601e212b260e25925636fd\"", &secret);
        Config::from_toml(&text.replace("3f6c1d9a0b7e4c52", "3f6c1d9a0b7e4c52a8d1e9f4b2c76a10")).unwrap().warnings
    };
    let beside = folder.path().join("data/rialto.db");
    let found = warnings(0o640, beside.to_str().unwrap());
    assert!(found[0].contains("mode 0640") && found[0].contains("chmod 600"), "{found:?}");
    assert!(found[1].starts_with("encryption.secret_file: lies on the disk of the database"), "{found:?}");
    assert_eq!((found.len(), warnings(0o600, beside.to_str().unwrap()).len()), (2, 1));
    assert!(warnings(0o400, "/proc/rialto.db").is_empty());
}

#[test]
fn a_weak_api_key_is_warned_about() {
    let found = Config::from_toml(GOOD).unwrap().warnings;
    assert!(found.len() == 1 && found[0].starts_with("channels.0.whatsapp.api_key"), "{found:?}");
}

#[test]
fn plain_http_beyond_private_networks_is_warned_about() {
    let warned = |url: &str| {
        let config = Config::from_toml(&GOOD.replace("http://waha:3000/", url)).unwrap();
        config.warnings.iter().any(|warning| warning.starts_with("channels.0.whatsapp.url"))
    };
    for near in [
        "http://waha:3000",
        "http://127.0.0.1:3000",
        "http://10.0.0.2",
        "http://192.168.1.2:3000",
        "http://[::1]:3000",
        "http://[fd00::1]",
        "http://nas.local",
        "https://waha.example",
    ] {
        assert!(!warned(near), "{near}");
    }
    for far in ["http://waha.example", "http://203.0.113.7:3000", "http://[2001:db8::1]", "http://10.example"] {
        assert!(warned(far), "{far}");
    }
}

#[test]
fn a_map_is_an_address_with_both_numbers_or_off() {
    let read = |link: &str| {
        let line = format!("name = \"home\"\nmap_link = \"{link}\"");
        Config::from_toml(&GOOD.replace("name = \"home\"", &line)).map(|config| config.channels[0].map_link.clone())
    };
    let given = Config::from_toml(GOOD).unwrap().channels[0].map_link.clone().unwrap();
    assert!(given.to("1.5", "-2").starts_with("https://www.openstreetmap.org/?mlat=1.5&mlon=-2"));
    assert_eq!(read("off").unwrap(), None);
    assert_eq!(read("https://map.example/{lat},{lon}").unwrap().unwrap().to("1", "2"), "https://map.example/1,2");
    let error = read("https://map.example/").unwrap_err().to_string();
    assert!(error.contains("channels.0.map_link") && error.contains("{lat}"), "{error}");
}

#[test]
fn the_owner_cannot_be_the_bridge_account() {
    let error = refused("C0FC311C-3C80-4784-87C1-3BC35B187D7A", "+15550100100");
    assert!(error.contains("channels.0.signal.owner") && error.contains("number of its own"), "{error}");
}

#[test]
fn two_channels_cannot_share_account_and_owner() {
    let second = GOOD.split("[[channels]]").nth(1).unwrap().replace("home", "work");
    let error = Config::from_toml(&format!("{GOOD}\n[[channels]]{second}")).unwrap_err().to_string();
    assert!(error.contains("channels.1.signal.owner"), "{error}");
}

#[test]
fn nothing_secret_is_printed() {
    let alarm = "[alarm]\nwebhook = \"https://0123456789abcdef\"\ntoken = \"fedcba98\"\n\
        heartbeat_url = \"https://3f6c1d9a\"\n";
    let config = Config::from_toml(&format!("{alarm}{GOOD}")).unwrap();
    let printed = format!("{config}\n{config:?}\n{:?}", config.warnings);
    for secret in ["591785b7", "b1946ac9", "0123456789abcdef", "fedcba98", "3f6c1d9a", "15550100100", "c0fc311c"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn a_wrong_type_does_not_repeat_the_value() {
    let error = refused("name = \"home\"", "name = \"home\"\nconversation = 77");
    assert!(error.contains("conversation") && !error.contains("77"), "{error}");
}

#[test]
fn versions_are_ordered_by_number() {
    let parse = |text: &str| text.parse::<Version>().unwrap();
    assert!(parse("0.14.5") < parse("0.14.10") && parse("0.13.19-SNAPSHOT") < parse("0.14"));
    assert!("latest".parse::<Version>().is_err());
}
