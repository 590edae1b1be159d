//! The compose file, held against the Compose Specification by rules written here, for the keys that it uses. A key that
//! is not among them fails the test: look it up, then add it with its form.

use std::collections::BTreeSet;
use std::time::Duration;

use rialto::config::Endpoint;
use serde_json::{Map, Value};

use super::{SAMPLE, UID, sample, text};

fn compose() -> Value {
    serde_saphyr::from_str(&text("docker-compose.yml")).unwrap_or_else(|error| panic!("{error}"))
}

/// The forms that values take in the Compose Specification.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Flag,
    Span,
    Size,
    Texts,
    /// A command: one text, or a list of them.
    Command,
    /// Names to plain values.
    Names,
    Exactly(fn(&Value) -> bool),
}

impl Form {
    fn fits(self, value: &Value) -> bool {
        let texts = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        match self {
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Span => value.as_str().is_some_and(|text| span(text).is_some()),
            Self::Size => value.as_str().is_some_and(is_size),
            Self::Texts => texts(value),
            Self::Command => value.is_string() || texts(value),
            // A bare number or flag is allowed by the specification and read differently by every YAML reader.
            Self::Names => value.as_object().is_some_and(|map| map.values().all(Value::is_string)),
            Self::Exactly(rule) => rule(value),
        }
    }
}

type Rules = &'static [(&'static str, Form)];

const SERVICE: Rules = &[
    ("image", Form::Text),
    ("build", Form::Text),
    ("user", Form::Text),
    ("restart", Form::Exactly(|v| matches!(v.as_str(), Some("no" | "always" | "on-failure" | "unless-stopped")))),
    ("entrypoint", Form::Command),
    ("command", Form::Command),
    ("environment", Form::Names),
    ("env_file", Form::Texts),
    ("volumes", Form::Exactly(|v| each(v, |mount| mount.is_string() || is_like(mount, MOUNT)))),
    ("tmpfs", Form::Texts),
    ("networks", Form::Texts),
    ("ports", Form::Texts),
    ("secrets", Form::Texts),
    ("depends_on", Form::Exactly(|v| values(v, |on| is_like(on, &[("condition", Form::Exactly(is_condition))])))),
    ("healthcheck", Form::Exactly(|v| is_like(v, HEALTH))),
    ("read_only", Form::Flag),
    ("cap_drop", Form::Texts),
    ("security_opt", Form::Texts),
    ("ulimits", Form::Exactly(|v| values(v, Value::is_u64))),
    ("logging", Form::Exactly(|v| is_like(v, &[("driver", Form::Text), ("options", Form::Names)]))),
    ("pids_limit", Form::Exactly(Value::is_u64)),
    ("mem_limit", Form::Size),
    ("memswap_limit", Form::Size),
    ("stop_grace_period", Form::Span),
];

const MOUNT: Rules = &[
    ("type", Form::Exactly(|v| matches!(v.as_str(), Some("bind" | "volume" | "tmpfs")))),
    ("source", Form::Text),
    ("target", Form::Text),
    ("read_only", Form::Flag),
    ("bind", Form::Exactly(|v| is_like(v, &[("create_host_path", Form::Flag)]))),
];

const HEALTH: Rules = &[
    ("test", Form::Exactly(|v| matches!(v[0].as_str(), Some("NONE" | "CMD" | "CMD-SHELL")) && Form::Texts.fits(v))),
    ("interval", Form::Span),
    ("timeout", Form::Span),
    ("start_period", Form::Span),
    ("retries", Form::Exactly(Value::is_u64)),
];

fn is_condition(value: &Value) -> bool {
    matches!(value.as_str(), Some("service_started" | "service_healthy" | "service_completed_successfully"))
}

fn each(value: &Value, rule: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(rule))
}

fn values(value: &Value, rule: impl Fn(&Value) -> bool) -> bool {
    value.as_object().is_some_and(|map| map.values().all(rule))
}

fn is_like(value: &Value, rules: &[(&str, Form)]) -> bool {
    value.as_object().is_some_and(|map| unfit(map, rules).is_empty())
}

/// The keys that the rules do not know, or whose values do not fit.
fn unfit<'a>(map: &'a Map<String, Value>, rules: &[(&str, Form)]) -> Vec<&'a String> {
    let fits = |key: &str, value: &Value| rules.iter().any(|(name, form)| *name == key && form.fits(value));
    map.iter().filter(|(key, value)| !fits(key, value)).map(|(key, _)| key).collect()
}

fn span(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(number.parse::<u64>().ok()? * seconds))
}

fn is_size(text: &str) -> bool {
    let digits = text.trim_end_matches(['b', 'k', 'm', 'g']);
    !digits.is_empty() && text.len() - digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())
}

fn services(compose: &Value) -> &Map<String, Value> {
    compose["services"].as_object().unwrap()
}

fn names(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::Object(map) => map.keys().map(String::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn the_compose_file_has_the_form_it_should() {
    let compose = compose();
    for key in compose.as_object().unwrap().keys() {
        let known = ["name", "services", "networks", "volumes", "secrets"].contains(&key.as_str());
        assert!(known || key.starts_with("x-"), "{key}");
    }
    for (name, service) in services(&compose) {
        let service = service.as_object().unwrap();
        assert_eq!(unfit(service, SERVICE), Vec::<&String>::new(), "of {name}");
        assert!(service.contains_key("image") || service.contains_key("build"), "{name}");
    }
    let network = [("internal", Form::Flag), ("driver", Form::Text)];
    assert!(values(&compose["networks"], |v| v.is_null() || is_like(v, &network)));
    assert!(values(&compose["volumes"], |v| is_like(v, &[("driver", Form::Text), ("driver_opts", Form::Names)])));
    assert!(values(&compose["secrets"], |v| is_like(v, &[("file", Form::Text)])));
}

#[test]
fn a_wrong_compose_file_does_not_have_it() {
    for (wrong, key) in [
        (r#"{"restart": "sometimes"}"#, "restart"),
        (r#"{"enviroment": {}}"#, "enviroment"),
        (r#"{"environment": {"A": true}}"#, "environment"),
        (r#"{"stop_grace_period": "soon"}"#, "stop_grace_period"),
        (r#"{"mem_limit": "lots"}"#, "mem_limit"),
        (r#"{"depends_on": {"a": {"condition": "up"}}}"#, "depends_on"),
        (r#"{"healthcheck": {"test": ["curl"]}}"#, "healthcheck"),
        (r#"{"volumes": [{"type": "folder"}]}"#, "volumes"),
    ] {
        let service: Value = serde_json::from_str(wrong).unwrap();
        assert_eq!(unfit(service.as_object().unwrap(), SERVICE), [key]);
    }
    assert!(serde_saphyr::from_str::<Value>("a: 1\na: 2").is_err(), "a key that stands twice");
}

#[test]
fn what_the_compose_file_names_is_there() {
    let compose = compose();
    let (networks, secrets) = (names(&compose["networks"]), names(&compose["secrets"]));
    for (name, service) in services(&compose) {
        assert!(names(&service["networks"]).is_subset(&networks), "{name}");
        assert!(names(&service["secrets"]).is_subset(&secrets), "{name}");
        assert!(names(&service["depends_on"]).iter().all(|on| services(&compose).contains_key(*on)), "{name}");
        for volume in service["volumes"].as_array().unwrap().iter().filter_map(Value::as_str) {
            let volume = volume.split(':').next().unwrap();
            assert!(names(&compose["volumes"]).contains(volume), "{name}: {volume}");
        }
    }
}

#[test]
fn versions_are_pinned() {
    for (name, service) in services(&compose()) {
        let image = service["image"].as_str().unwrap();
        let image = image.rsplit_once(":-").map_or(image, |(_, default)| default.trim_end_matches('}'));
        let tag = image.rsplit('/').next().unwrap().split_once(':').map(|(_, tag)| tag);
        let pinned = tag.is_some_and(|tag| tag != "latest" && tag.matches('.').count() == 2);
        assert!(pinned, "{name}: {image}");
    }
    assert_eq!(compose()["services"]["rialto"]["image"], format!("rialto:{}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_service_is_locked_down() {
    let compose = compose();
    for (name, service) in services(&compose) {
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert!(names(&service["security_opt"]).contains("no-new-privileges:true"), "{name}");
        assert_eq!(service["restart"], "unless-stopped", "{name}");
        assert!(service["mem_limit"].is_string() && service["logging"]["options"]["max-size"].is_string(), "{name}");
        for port in service["ports"].as_array().into_iter().flatten() {
            assert!(port.as_str().unwrap().starts_with("127.0.0.1:"), "{name}: {port}");
        }
    }
    let (signal, rialto) = (&compose["services"]["signal-cli"], &compose["services"]["rialto"]);
    for service in [signal, rialto] {
        assert_eq!((service["user"].as_str(), service["read_only"].as_bool()), (Some(UID), Some(true)));
        assert!(service["volumes"].as_array().unwrap().contains(&"signal-socket:/run/signal".into()));
    }
    let socket = compose["volumes"]["signal-socket"]["driver_opts"]["o"].as_str().unwrap();
    assert!(socket.contains("uid=10001,gid=10001,mode=0700"), "{socket}");
}

#[test]
fn nobody_meets_who_should_not() {
    let compose = compose();
    let of = |service: &str| names(&compose["services"][service]["networks"]);
    assert_eq!(of("rialto"), BTreeSet::from(["waha"]));
    assert_eq!(compose["networks"]["waha"]["internal"], true);
    assert!(of("waha").contains("waha") && of("waha").is_disjoint(&of("signal-cli")));
    for service in ["rialto", "signal-cli"] {
        assert!(compose["services"][service]["ports"].is_null(), "{service} publishes nothing");
    }
}

#[test]
fn secrets_are_files() {
    let compose = compose();
    let rialto = &compose["services"]["rialto"];
    assert!(rialto["environment"].is_null() && rialto["env_file"].is_null());
    for secret in names(&rialto["secrets"]) {
        assert_eq!(compose["secrets"][secret]["file"], format!("./secrets/{secret}"));
        assert!(text(SAMPLE).contains(&format!("_file = \"/run/secrets/{secret}\"")), "{secret}");
    }
    // The key that may do everything is in no container: WAHA has its hash.
    assert!(!text("docker-compose.yml").contains("waha_api_key") && !text(SAMPLE).contains("waha_api_key"));
    let waha = &compose["services"]["waha"];
    assert_eq!(waha["env_file"], serde_json::json!(["./secrets/waha.env"]));
    for (key, _) in waha["environment"].as_object().unwrap() {
        assert!(!["KEY", "PASSWORD", "SECRET"].iter().any(|word| key.contains(word)), "{key} belongs into the file");
    }
    let ignored = text(".dockerignore");
    assert!(ignored.contains("\n*\n") && !ignored.contains("!secrets") && !ignored.contains("!data"));
}

/// `rialto init` runs in the image and the network of the compose file, and makes what both mount.
#[test]
fn the_readme_sets_up_what_the_compose_file_runs() {
    let (compose, readme) = (compose(), text("README.md"));
    let image = compose["services"]["rialto"]["image"].as_str().unwrap();
    let network = format!("{}_waha", compose["name"].as_str().unwrap());
    for line in [
        format!("docker build -t {image} ."),
        format!("docker run --rm -it --user 0:0 --network none -v \"$PWD:/here\" {image} init --folder /here"),
        format!(
            "docker run --rm -it --user 0:0 --network {network} -v \"$PWD:/here\" {image} init waha --folder /here"
        ),
    ] {
        assert!(readme.contains(&format!("\n{line}\n")), "{line}");
    }
}

#[test]
fn the_webhook_is_set_as_the_bridge_needs_it() {
    let (compose, config) = (compose(), sample());
    let environment = &compose["services"]["waha"]["environment"];
    let of = |key: &str| environment[key].as_str().unwrap_or_else(|| panic!("{key}"));
    let port = config.server.listen.port();
    let url = format!("http://rialto:{port}/webhooks/waha/{}", config.channels[0].name);
    assert_eq!(of("WHATSAPP_HOOK_URL"), url);
    let mut events: Vec<_> = of("WHATSAPP_HOOK_EVENTS").split(',').collect();
    events.sort_unstable();
    let groups = ["group.v2.join", "group.v2.leave", "group.v2.participants", "group.v2.update"];
    let read = ["message.ack", "message.ack.group", "message.any", "message.edited", "message.reaction"];
    let rest = ["message.revoked", "message.waiting", "poll.vote", "poll.vote.failed", "session.status"];
    assert_eq!(events, [&["call.received"], &groups[..], &read, &rest].concat());
    for what in ["STATUS", "CHANNELS", "BROADCAST"] {
        assert_eq!(of(&format!("WAHA_SESSION_CONFIG_IGNORE_{what}")), "true");
    }
    for off in ["WAHA_DASHBOARD_ENABLED", "WHATSAPP_SWAGGER_ENABLED", "WAHA_PRESENCE_AUTO_ONLINE", "WAHA_PRINT_QR"] {
        assert_eq!(of(off).to_lowercase(), "false", "{off}");
    }
    assert_eq!(of("WAHA_BASE_URL"), config.channels[0].whatsapp.url);
    assert_ne!(of("WHATSAPP_FILES_LIFETIME"), "0");
}

/// WAHA's n-th wait is the delay times two to the n, and up to a fifth longer.
#[test]
fn webhooks_are_repeated_for_hours_and_never_stale() {
    let compose = compose();
    let of = |key: &str| compose["services"]["waha"]["environment"][key].as_str().unwrap().to_owned();
    assert_eq!(of("WHATSAPP_HOOK_RETRIES_POLICY"), "exponential");
    let delay: u64 = of("WHATSAPP_HOOK_RETRIES_DELAY_SECONDS").parse().unwrap();
    let attempts: u32 = of("WHATSAPP_HOOK_RETRIES_ATTEMPTS").parse().unwrap();
    let least: u64 = (1..=attempts).map(|n| delay * 2_u64.pow(n)).sum();
    let most = Duration::from_secs(least + least / 5);
    assert!(least > 4 * 3600, "{least} s");
    assert!(most < rialto::whatsapp::FRESHNESS, "{most:?}");
}

#[test]
fn signal_cli_is_started_as_the_bridge_needs_it() {
    let (compose, config) = (compose(), sample());
    let signal = &compose["services"]["signal-cli"];
    let Endpoint::Socket(socket) = &config.channels[0].signal.endpoint else { panic!("a socket") };
    let command = names(&signal["command"]);
    let listen = format!("--socket={}", socket.display());
    for needed in [
        "daemon",
        &listen,
        "--receive-mode=manual",
        "--no-receive-stdout",
        "--ignore-stories",
        "--scrub-log",
        "--trust-new-identities=on-first-use",
    ] {
        assert!(command.contains(needed), "{needed}");
    }
    assert!(!command.contains("--send-read-receipts"));
    assert!(signal["entrypoint"][2].as_str().unwrap().contains(&format!("rm -f {}", socket.display())));
}

#[test]
fn a_stop_is_given_its_time() {
    let compose = compose();
    let grace = span(compose["services"]["rialto"]["stop_grace_period"].as_str().unwrap()).unwrap();
    // First the work, then the links.
    assert!(grace > rialto::lifecycle::PATIENCE * 2);
}
