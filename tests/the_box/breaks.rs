//! Each rule, broken.

use serde_json::{Value, json};

use super::Packaging;

type Break = (&'static str, fn(&mut Packaging));

fn set(p: &mut Packaging, service: &str, key: &str, value: Value) {
    p.compose["services"][service][key] = value;
}

fn put(text: &mut String, from: &str, to: &str) {
    assert!(text.contains(from), "{from} is not there to be broken");
    *text = text.replacen(from, to, 1);
}

pub(crate) const BREAKS: [Break; 47] = [
    ("not root", |p| set(p, "rialto", "user", json!("0:0"))),
    ("not root", |p| set(p, "signal-cli", "user", Value::Null)),
    ("not root", |p| put(&mut p.dockerfile, "USER 10001:10001", "USER root")),
    ("not root", |p| p.dockerfile.push_str("USER root\n")),
    ("read-only", |p| set(p, "signal-cli", "read_only", json!(false))),
    ("no capabilities", |p| set(p, "waha", "cap_drop", json!([]))),
    ("no capabilities", |p| set(p, "waha", "cap_add", json!(["NET_ADMIN"]))),
    ("no new privileges", |p| set(p, "rialto", "security_opt", json!([]))),
    ("seccomp and AppArmor stay", |p| {
        set(p, "waha", "security_opt", json!(["no-new-privileges:true", "seccomp:unconfined"]));
    }),
    ("no core dumps", |p| set(p, "signal-cli", "ulimits", json!({"core": -1}))),
    ("resource limits", |p| set(p, "waha", "mem_limit", Value::Null)),
    ("resource limits", |p| set(p, "rialto", "pids_limit", Value::Null)),
    ("no swap for texts", |p| set(p, "rialto", "memswap_limit", json!("1g"))),
    ("log sizes", |p| set(p, "waha", "logging", json!({"driver": "json-file"}))),
    ("log levels", |p| p.compose["services"]["waha"]["environment"]["WAHA_LOG_LEVEL"] = json!("debug")),
    ("log levels", |p| set(p, "signal-cli", "command", json!(["-v", "daemon"]))),
    ("log levels", |p| set(p, "rialto", "environment", json!({"RIALTO_LOG__LEVEL": "trace"}))),
    ("health checks", |p| set(p, "signal-cli", "healthcheck", Value::Null)),
    ("health checks", |p| put(&mut p.dockerfile, "\nHEALTHCHECK ", "\n# ")),
    ("health checks", |p| set(p, "rialto", "healthcheck", json!({"disable": true}))),
    ("separate networks", |p| set(p, "rialto", "networks", json!(["waha", "signal"]))),
    ("separate networks", |p| set(p, "signal-cli", "networks", json!(["signal", "waha"]))),
    ("separate networks", |p| p.compose["networks"]["waha"] = json!({"internal": false})),
    ("published on loopback alone", |p| set(p, "waha", "ports", json!(["3000:3000"]))),
    ("published on loopback alone", |p| set(p, "rialto", "ports", json!(["127.0.0.1:8080:8080"]))),
    ("published on loopback alone", |p| set(p, "waha", "ports", json!([{"published": 3000}]))),
    ("pinned images", |p| set(p, "waha", "image", json!("devlikeapro/waha:latest"))),
    ("pinned images", |p| set(p, "signal-cli", "image", json!("ghcr.io/asamk/signal-cli"))),
    ("bases by argument", |p| put(&mut p.dockerfile, "FROM ${RUNTIME}", "FROM debian")),
    ("bases by argument", |p| put(&mut p.dockerfile, "cc-debian12:nonroot", "cc-debian12:latest")),
    ("no secret in an environment", |p| p.compose["services"]["waha"]["environment"]["WAHA_API_KEY"] = json!("a")),
    ("no secret in an environment", |p| set(p, "rialto", "env_file", json!([".env"]))),
    ("no Docker socket, and no folder of the machine but its own", |p| {
        set(p, "waha", "volumes", json!(["/var/run/docker.sock:/var/run/docker.sock"]));
    }),
    ("no Docker socket, and no folder of the machine but its own", |p| {
        set(p, "rialto", "volumes", json!([{"type": "bind", "source": "/", "target": "/host"}]));
    }),
    ("not privileged", |p| set(p, "waha", "privileged", json!(true))),
    ("no namespace of the machine", |p| set(p, "rialto", "network_mode", json!("host"))),
    ("no namespace of the machine", |p| set(p, "waha", "pid", json!("host"))),
    ("no namespace of the machine", |p| set(p, "signal-cli", "ipc", json!("host"))),
    ("the image has no secret", |p| p.dockerfile.push_str("ENV RIALTO_ENCRYPTION__SECRET=a\n")),
    ("units without rights", |p| put(&mut p.rialto_unit, "NoNewPrivileges=yes", "NoNewPrivileges=no")),
    ("units without rights", |p| put(&mut p.signal_unit, "User=rialto", "User=root")),
    ("units without rights", |p| p.rialto_unit.push_str("CapabilityBoundingSet=CAP_NET_ADMIN\n")),
    ("units that see little", |p| put(&mut p.signal_unit, "ProtectSystem=strict", "ProtectSystem=no")),
    ("units within limits", |p| put(&mut p.rialto_unit, "LimitCORE=0", "LimitCORE=infinity")),
    ("units within limits", |p| put(&mut p.signal_unit, "MemoryMax=768M", "")),
    ("the unit of Rialto alone", |p| put(&mut p.rialto_unit, "IPAddressDeny=any", "")),
    ("the unit of Rialto alone", |p| put(&mut p.rialto_unit, "MemoryDenyWriteExecute=yes", "")),
];
