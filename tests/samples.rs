//! What people copy works: the sample configuration, the README's examples, the compose file, the Dockerfile.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

#[path = "samples/compose.rs"]
mod compose;
#[path = "samples/rotation.rs"]
mod rotation;

use std::fs;
use std::path::{Path, PathBuf};

use rialto::config::{Config, Endpoint};
use rialto::store::StoreError;
use rialto::vault::VaultError;

const SAMPLE: &str = "config/rialto.sample.toml";
const UID: &str = "10001:10001";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The sample as it is used, but for where the secrets lie.
fn sample() -> Config {
    let folder = tempfile::tempdir().unwrap();
    for (name, secret) in [
        ("encryption_secret", "591785b794601e212b260e25925636fd"),
        ("waha_session_key", "3f6c1d9a0b7e4c52a8d1e9f4b2c76a10"),
        ("webhook_secret", "b1946ac92492d2347c6235b4d2611184"),
    ] {
        fs::write(folder.path().join(name), format!("{secret}\n")).unwrap();
    }
    let here = folder.path().to_str().unwrap();
    Config::from_toml(&text(SAMPLE).replace("/run/secrets", here)).unwrap_or_else(|error| panic!("{error}"))
}

/// The keys that the program takes after this beginning of a file, in its own words.
fn allowed(beginning: &str) -> Vec<String> {
    let error = Config::from_toml(&format!("{beginning}\nnonsense = 1")).unwrap_err().to_string();
    let (_, list) = error.split_once("allowed here: ").unwrap_or_else(|| panic!("{error}"));
    list.lines().next().unwrap().split(", ").map(str::to_owned).collect()
}

/// Every table with its keys.
fn keys() -> Vec<(String, Vec<String>)> {
    let tables = allowed("").into_iter().filter(|table| table != "channels");
    let mut keys: Vec<_> = tables.map(|table| (table.clone(), allowed(&format!("[{table}]")))).collect();
    let mut channel = allowed("[[channels]]");
    channel.retain(|key| !["whatsapp", "signal", "chats", "retention"].contains(&key.as_str()));
    keys.push(("channels".to_owned(), channel));
    for table in ["channels.whatsapp", "channels.signal", "channels.chats", "channels.retention"] {
        keys.push((table.to_owned(), allowed(&format!("[[channels]]\n[{table}]"))));
    }
    keys
}

#[test]
fn the_sample_configuration_is_taken() {
    let config = sample();
    let channel = &config.channels[0];
    assert!(config.encryption.enabled);
    assert!(matches!(&channel.signal.endpoint, Endpoint::Socket(path) if path == Path::new("/run/signal/socket")));
    assert!(config.server.admin_listen.ip().is_loopback());
}

#[test]
fn the_sample_configuration_shows_every_key() {
    let sample = text(SAMPLE);
    for (table, keys) in keys() {
        let header = sample.lines().position(|line| line.trim_matches(['[', ']']) == table);
        let header = header.unwrap_or_else(|| panic!("[{table}] is not in the sample"));
        let rest = sample.lines().skip(header + 1);
        let lines: Vec<_> = rest.take_while(|line| !line.starts_with('[')).collect();
        for key in keys {
            let shown = |line: &&str| line.trim_start_matches("# ").starts_with(&format!("{key} = "));
            assert!(lines.iter().any(shown), "{table}.{key} is not in the sample");
        }
    }
}

/// Only what has no default.
const SMALLEST: &str = include_str!("samples/smallest.toml");

#[test]
fn the_sample_configuration_shows_the_defaults() {
    // These differ, and the sample says from what.
    let set = [("listen = \"0.0.0.0:8080\"", "127.0.0.1:8080"), ("path = \"/data/rialto.db\"", "data/rialto.db")];
    let mut shown = sample().to_string();
    for (line, default) in set {
        assert!(text(SAMPLE).contains(&format!("Default \"{default}\"")), "{line}");
        let key = line.split('=').next().unwrap();
        shown = shown.replacen(line, &format!("{key}= \"{default}\""), 1);
    }
    // Two have no default; what follows from another key follows.
    for line in ["url = \"http://rialto:8080\"\n", "attachments = \"/var/lib/signal-cli/attachments\"\n"] {
        assert!(text(SAMPLE).contains(line), "{line}");
        shown = shown.replacen(line, "", 1);
    }
    shown = shown.replace("/data/media", "data/media");
    assert_eq!(shown, Config::from_toml(SMALLEST).unwrap().to_string());
}

#[test]
fn the_readme_shows_only_keys_that_exist() {
    let readme = text("README.md");
    let known = keys();
    let blocks: Vec<_> = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let table: toml::Table = block.parse().unwrap_or_else(|error| panic!("{error}\n{block}"));
        for (path, key) in leaves("", &table) {
            let exists = known.iter().any(|(table, keys)| *table == path && keys.contains(&key));
            assert!(exists, "[{path}] {key} in the README");
        }
    }
}

fn leaves(path: &str, table: &toml::Table) -> Vec<(String, String)> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let leaf = |(name, value): (&String, &toml::Value)| match value {
        toml::Value::Table(inner) => leaves(&below(name), inner),
        toml::Value::Array(items) => {
            items.iter().filter_map(|i| i.as_table()).flat_map(|i| leaves(&below(name), i)).collect()
        }
        _ => vec![(path.to_owned(), name.clone())],
    };
    table.iter().flat_map(leaf).collect()
}

#[test]
fn the_readme_quotes_what_the_program_says() {
    let readme = text("README.md");
    for said in [
        VaultError::WrongSecret.to_string(),
        VaultError::SecretNeeded.to_string(),
        StoreError::InUse.to_string(),
        StoreError::Newer { found: 2, known: 1 }.to_string(),
    ] {
        let beginning = said.split(':').next().unwrap();
        assert!(readme.contains(beginning), "{beginning}");
    }
}

#[test]
fn the_readme_and_the_check_run_the_same_tests() {
    let command = "cargo test\n";
    assert!(text("README.md").contains(command) && text(".ci/run").contains(command));
}

#[test]
fn documents_link_to_files_that_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"] {
        let text = text(document);
        let links = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            let file = link.split('#').next().unwrap();
            assert!(root().join(file).exists(), "{document} links to {link}");
        }
    }
}

#[test]
fn the_image_is_what_the_compose_file_expects() {
    let dockerfile = text("Dockerfile");
    let lines: Vec<_> = dockerfile.lines().collect();
    let has = |line: &str| assert!(lines.contains(&line), "{line}");
    has(&format!("USER {UID}"));
    has("ENV RIALTO_CONFIG=/etc/rialto/rialto.toml");
    has("VOLUME /data");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("HEALTHCHECK") && line.ends_with(r#"["/usr/local/bin/rialto", "health"]"#))
    );
    assert_eq!(text("Cargo.toml").matches("rust-version = \"1.95\"").count(), 1);
    assert!(dockerfile.contains("ARG BUILDER=rust:1.95-slim-bookworm") && !dockerfile.contains(":latest"));
    let copied = lines.iter().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--"));
    for source in copied.flat_map(|line| line.split(' ').rev().skip(1)) {
        assert!(root().join(source).exists(), "{source}");
        assert!(text(".dockerignore").contains(&format!("!{source}")), "{source} is ignored");
    }
}
