//! The rules.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Packaging;

pub(crate) type Rule = (&'static str, fn(&Packaging) -> bool);

pub(crate) const RULES: [Rule; 24] = [
    ("not root", |p| {
        let of = |service: &str| p.compose["services"][service]["user"] == "10001:10001";
        of("rialto") && of("signal-cli") && directive(&p.dockerfile, "USER") == ["10001:10001"]
    }),
    ("read-only", |p| ["rialto", "signal-cli"].iter().all(|name| p.compose["services"][name]["read_only"] == true)),
    ("no capabilities", |p| each(p, |s| words(&s["cap_drop"]) == BTreeSet::from(["ALL"]) && s["cap_add"].is_null())),
    ("no new privileges", |p| each(p, |s| words(&s["security_opt"]).contains("no-new-privileges:true"))),
    // Docker's default profile is in force unless another is named.
    ("seccomp and AppArmor stay", |p| {
        each(p, |s| words(&s["security_opt"]).iter().all(|word| *word == "no-new-privileges:true"))
    }),
    ("no core dumps", |p| each(p, |s| s["ulimits"]["core"] == 0)),
    ("resource limits", |p| each(p, |s| s["mem_limit"].is_string() && s["pids_limit"].is_u64())),
    ("no swap for texts", |p| {
        let of = |name: &str| &p.compose["services"][name];
        ["rialto", "signal-cli"].iter().all(|name| of(name)["memswap_limit"] == of(name)["mem_limit"])
    }),
    ("log sizes", |p| {
        let caps = |s: &Value| ["max-size", "max-file"].iter().all(|key| s["logging"]["options"][key].is_string());
        each(p, |s| s["logging"]["driver"] == "json-file" && caps(s))
    }),
    ("log levels", |p| {
        let loud = ["-v", "-vv", "-vvv", "--verbose"];
        let quiet = words(&p.compose["services"]["signal-cli"]["command"]).iter().all(|word| !loud.contains(word));
        let sample = super::text("config/rialto.sample.toml");
        let waha = &p.compose["services"]["waha"]["environment"]["WAHA_LOG_LEVEL"];
        quiet
            && waha == "info"
            && p.compose["services"]["rialto"]["environment"].is_null()
            && sample.contains("level = \"info\"")
    }),
    ("health checks", |p| {
        let of = |name: &str| p.compose["services"][name]["healthcheck"]["test"].is_array();
        of("waha")
            && of("signal-cli")
            && p.compose["services"]["rialto"]["healthcheck"].is_null()
            && p.dockerfile.contains("\nHEALTHCHECK ")
    }),
    ("separate networks", |p| {
        let of = |name: &str| words(&p.compose["services"][name]["networks"]);
        of("rialto") == BTreeSet::from(["waha"])
            && of("waha") == BTreeSet::from(["waha", "whatsapp"])
            && of("signal-cli") == BTreeSet::from(["signal"])
            && p.compose["networks"]["waha"]["internal"] == true
    }),
    ("published on loopback alone", |p| {
        let near = |port: &Value| port.as_str().is_some_and(|port| port.starts_with("127.0.0.1:"));
        services(p).iter().all(|(name, s)| match s["ports"].as_array() {
            Some(ports) => name == "waha" && ports.iter().all(near),
            None => s["ports"].is_null(),
        })
    }),
    ("pinned images", |p| each(p, |s| s["image"].as_str().is_some_and(is_pinned))),
    ("bases by argument", |p| {
        let from = directive(&p.dockerfile, "FROM");
        from == ["${BUILDER} AS build", "${BUILDER} AS ffmpeg", "${RUNTIME} AS slim", "slim"]
            && directive(&p.dockerfile, "ARG").iter().all(|arg| {
                arg.split_once('=').is_some_and(|(_, image)| {
                    image.rsplit('/').next().is_some_and(|i| i.contains(':')) && !image.ends_with(":latest")
                })
            })
    }),
    ("no secret in an environment", |p| {
        let secret = |key: &String| ["KEY", "PASSWORD", "SECRET", "TOKEN"].iter().any(|word| key.contains(word));
        let clear = |s: &Value| s["environment"].as_object().is_none_or(|map| !map.keys().any(secret));
        let file = |name: &str| words(&p.compose["services"][name]["env_file"]);
        each(p, clear)
            && file("waha") == BTreeSet::from(["./secrets/waha.env"])
            && file("rialto").is_empty()
            && file("signal-cli").is_empty()
    }),
    ("no Docker socket, and no folder of the machine but its own", |p| {
        let own = [
            "./data/waha",
            "./data/signal-cli",
            "./data/signal-cli/attachments",
            "./data/rialto",
            "./config/rialto.toml",
        ];
        let fits = |volume: &Value| match volume {
            Value::String(short) => short == "signal-socket:/run/signal",
            long => long["source"].as_str().is_some_and(|source| own.contains(&source)),
        };
        each(p, |s| s["volumes"].as_array().is_none_or(|list| list.iter().all(fits)))
    }),
    ("not privileged", |p| each(p, |s| s["privileged"].is_null() && s["devices"].is_null())),
    ("no namespace of the machine", |p| {
        each(p, |s| ["network_mode", "pid", "ipc", "uts", "userns_mode"].iter().all(|key| s[key].is_null()))
    }),
    ("the image has no secret", |p| {
        let env = directive(&p.dockerfile, "ENV");
        env == ["RIALTO_CONFIG=/etc/rialto/rialto.toml", "RIALTO_MEDIA__FFMPEG=/usr/local/bin/ffmpeg"]
            && !p.dockerfile.contains("secrets")
    }),
    ("units without rights", |p| units(p).iter().all(|unit| has_all(unit, RIGHTS))),
    ("units that see little", |p| units(p).iter().all(|unit| has_all(unit, SIGHT))),
    ("units within limits", |p| {
        units(p).iter().all(|unit| {
            has_all(unit, &["LimitCORE=0", "MemorySwapMax=0", "UMask=0077"])
                && ["MemoryMax=", "TasksMax="].iter().all(|key| has(unit, key))
        })
    }),
    ("the unit of Rialto alone", |p| has_all(&p.rialto_unit, RIALTO)),
];

const RIGHTS: &[&str] = &[
    "User=rialto",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "NoNewPrivileges=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallFilter=@system-service",
    "SystemCallArchitectures=native",
    "LockPersonality=yes",
    "RestrictNamespaces=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
];

const SIGHT: &[&str] = &[
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectProc=invisible",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectControlGroups=yes",
    "StateDirectoryMode=0700",
];

const RIALTO: &[&str] = &[
    "MemoryDenyWriteExecute=yes",
    "IPAddressDeny=any",
    "IPAddressAllow=localhost",
    "LoadCredential=encryption_secret:/etc/rialto/secrets/encryption_secret",
    "LoadCredential=waha_session_key:/etc/rialto/secrets/waha_session_key",
    "LoadCredential=webhook_secret:/etc/rialto/secrets/webhook_secret",
];

fn services(p: &Packaging) -> &Map<String, Value> {
    p.compose["services"].as_object().unwrap()
}

fn each(p: &Packaging, holds: impl Fn(&Value) -> bool) -> bool {
    services(p).len() == 3 && services(p).values().all(holds)
}

fn words(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What stands behind this word in the Dockerfile's lines.
fn directive<'a>(dockerfile: &'a str, word: &str) -> Vec<&'a str> {
    dockerfile.lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' ')).collect()
}

/// A tag with a whole version, or a digest.
fn is_pinned(image: &str) -> bool {
    let image = image.rsplit_once(":-").map_or(image, |(_, default)| default.trim_end_matches('}'));
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag);
    image.contains("@sha256:") || tag.is_some_and(|tag| tag != "latest" && tag.matches('.').count() == 2)
}

fn units(p: &Packaging) -> [&String; 2] {
    [&p.rialto_unit, &p.signal_unit]
}

fn has(unit: &str, key: &str) -> bool {
    unit.lines().any(|line| line.starts_with(key) && line.len() > key.len())
}

/// All lines stand there, and no other one sets the same key to something weaker before or after.
fn has_all(unit: &str, lines: &[&str]) -> bool {
    let key = |line: &str| line.split_once('=').map(|(key, _)| key.to_owned());
    let several = ["SystemCallFilter", "LoadCredential"];
    lines.iter().all(|wanted| {
        let same = unit.lines().filter(|line| key(line) == key(wanted)).count();
        unit.lines().any(|line| line == *wanted)
            && (same == 1 || key(wanted).is_some_and(|k| several.contains(&k.as_str())))
    })
}
