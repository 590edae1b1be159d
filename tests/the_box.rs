//! What holds the three programs in: the compose file, the Dockerfile and the systemd units keep to these rules. Each rule
//! is broken on purpose once more in every run, and that rule has to see it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that stops is a test that failed")]

#[path = "the_box/breaks.rs"]
mod breaks;
#[path = "the_box/rules.rs"]
mod rules;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use breaks::BREAKS;
use rules::RULES;

/// The files, as they are or as a break left them.
struct Packaging {
    compose: Value,
    dockerfile: String,
    rialto_unit: String,
    signal_unit: String,
}

fn text(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

impl Packaging {
    fn read() -> Self {
        Self {
            compose: serde_saphyr::from_str(&text("docker-compose.yml")).unwrap(),
            dockerfile: text("Dockerfile"),
            rialto_unit: text("packaging/systemd/rialto.service"),
            signal_unit: text("packaging/systemd/signal-cli.service"),
        }
    }

    fn broken(&self) -> Vec<&'static str> {
        RULES.iter().filter(|(_, holds)| !holds(self)).map(|(name, _)| *name).collect()
    }
}

#[test]
fn every_rule_holds() {
    assert_eq!(Packaging::read().broken(), Vec::<&str>::new());
}

#[test]
fn every_break_is_seen_by_its_rule() {
    for (at, (rule, spoil)) in BREAKS.iter().enumerate() {
        let mut packaging = Packaging::read();
        spoil(&mut packaging);
        assert!(packaging.broken().contains(rule), "break {at} of \"{rule}\" is not seen");
    }
}

#[test]
fn every_rule_is_broken_once() {
    for (name, _) in RULES {
        assert!(BREAKS.iter().any(|(rule, _)| *rule == name), "nothing breaks \"{name}\"");
    }
}

#[test]
fn the_page_names_the_credentials_of_the_unit() {
    let (page, unit) = (text("docs/systemd.md"), Packaging::read().rialto_unit);
    let handed: Vec<_> =
        unit.lines().filter_map(|line| line.strip_prefix("LoadCredential=")?.split(':').next()).collect();
    assert_eq!(page.matches("`/run/credentials/rialto.service/").count(), handed.len());
    for name in handed {
        assert!(page.contains(&format!("`/run/credentials/rialto.service/{name}`")), "{name}");
    }
}

#[test]
fn the_workflow_may_only_read() {
    let flow: Value = serde_saphyr::from_str(&text(".github/workflows/check.yml")).unwrap();
    assert_eq!(flow["permissions"], serde_json::json!({"contents": "read"}));
    for (name, job) in flow["jobs"].as_object().unwrap() {
        assert!(job["permissions"].is_null(), "{name}");
        for step in job["steps"].as_array().unwrap() {
            assert!(!step.to_string().contains("secrets."), "{name} needs no secret");
            assert!(step["uses"].as_str().is_none_or(|action| action.contains('@')), "{name} pins its actions");
        }
    }
    assert!(flow["jobs"]["change"].to_string().contains("\".ci/run\""));
    assert!(flow["jobs"]["week"].to_string().contains("cargo deny check advisories"));
}
