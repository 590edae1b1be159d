//! What is pinned is pinned to the same version wherever it is named. How each is moved is in docs/building.md.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

use std::collections::BTreeSet;
use std::path::Path;

use rialto::config::{Config, Version};

/// Something pinned: in which files, and how its places look there, with `{}` for the version.
type Pin = (&'static str, &'static [(&'static str, &'static str)]);

const PINS: [Pin; 7] = [
    (
        "Rust",
        &[
            ("Cargo.toml", "rust-version = \"{}\""),
            ("Dockerfile", "ARG BUILDER=rust:{}-slim"),
            (".github/workflows/check.yml", "rustup toolchain install {} "),
            (".github/workflows/check.yml", "rustup default {}\n"),
            (".ci/run", "Needs Rust {} from"),
            ("README.md", "Nothing to install but Rust {} and"),
            ("docs/building.md", "What is needed: Rust {} from"),
        ],
    ),
    (
        "WAHA",
        &[
            ("docker-compose.yml", "devlikeapro/waha:noweb-arm-{}\n"),
            ("docker-compose.yml", "devlikeapro/waha:gows-{}}"),
        ],
    ),
    (
        "the oldest signal-cli",
        &[
            ("config/rialto.sample.toml", "minimum_version = \"{}\""),
            ("src/config/raw.rs", "fn default_minimum() -> String {\n    \"{}\".into()"),
        ],
    ),
    (
        "cargo-deny",
        &[(".ci/run", "--version {} cargo-deny"), (".github/workflows/check.yml", "--version {} cargo-deny")],
    ),
    (
        "cargo-cyclonedx",
        &[
            (".github/workflows/check.yml", "--version {} cargo-cyclonedx"),
            ("docs/building.md", "--version {} cargo-cyclonedx"),
        ],
    ),
    (
        "Rialto",
        &[
            ("Cargo.toml", "[workspace.package]\nversion = \"{}\""),
            ("docker-compose.yml", "image: rialto:{}\n"),
            ("README.md", " rialto:{} init"),
            ("README.md", "docker build -t rialto:{} ."),
            ("docs/building.md", "-t rialto:{} "),
        ],
    ),
    ("Debian's name", &[("Dockerfile", "-slim-{}\n"), ("packaging/image/build.sh", "ca-certificates {} \"")]),
];

fn text(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The versions that stand in such places.
fn versions(text: &str, place: &str) -> BTreeSet<String> {
    let (before, after) = place.split_once("{}").unwrap();
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '.';
    let version = |rest: &str| rest.chars().take_while(plain).collect::<String>();
    let fits = |rest: &&str| rest.strip_prefix(version(rest).as_str()).is_some_and(|rest| rest.starts_with(after));
    let found = text.split(before).skip(1).filter(fits);
    found.map(version).filter(|version| !version.is_empty()).collect()
}

/// What is wrong with a pin.
fn objection((what, places): &Pin, text: impl Fn(&str) -> String) -> Option<String> {
    let found = places.iter().map(|(file, place)| (file, place, versions(&text(file), place)));
    let found: Vec<_> = found.collect();
    if let Some((file, place, _)) = found.iter().find(|(_, _, versions)| versions.is_empty()) {
        return Some(format!("{what}: no {place} in {file}"));
    }
    let all: BTreeSet<_> = found.iter().flat_map(|(_, _, versions)| versions).collect();
    (all.len() != 1).then(|| format!("{what}: {all:?}"))
}

#[test]
fn one_version_of_each() {
    let wrong: Vec<_> = PINS.iter().filter_map(|pin| objection(pin, text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each place in turn gets another version, and loses its own.
#[test]
fn a_place_that_was_forgotten_is_found() {
    for pin in PINS {
        for (file, place) in pin.1 {
            let version = versions(&text(file), place).into_iter().next().unwrap();
            let (old, new) = (place.replace("{}", &version), place.replace("{}", "999.9"));
            let moved = |asked: &str| if asked == *file { text(asked).replace(&old, &new) } else { text(asked) };
            assert!(objection(&pin, moved).is_some(), "{place} in {file}");
            let lost = |asked: &str| if asked == *file { text(asked).replace(&old, "") } else { text(asked) };
            assert!(objection(&pin, lost).is_some(), "{place} in {file}");
        }
    }
}

#[test]
fn the_signal_cli_that_is_run_is_one_that_is_taken() {
    let image = versions(&text("docker-compose.yml"), "ghcr.io/asamk/signal-cli:{}\n").pop_first().unwrap();
    let sample = text("config/rialto.sample.toml");
    let oldest: Version = versions(&sample, "minimum_version = \"{}\"").pop_first().unwrap().parse().unwrap();
    assert!(image.parse::<Version>().unwrap() >= oldest, "{image} {oldest}");
    let smallest = include_str!("samples/smallest.toml");
    let config = Config::from_toml(smallest).unwrap();
    assert_eq!(config.channels.first().unwrap().signal.minimum_version, oldest, "the program's own");
}

/// The two images have one C library: the builder's Debian by its name, the base's by its number.
#[test]
fn both_bases_are_of_one_debian() {
    let dockerfile = text("Dockerfile");
    let pair =
        (versions(&dockerfile, "-slim-{}\n").pop_first(), versions(&dockerfile, "cc-debian{}:nonroot").pop_first());
    let known = [("bookworm", "12"), ("trixie", "13"), ("forky", "14")];
    let fits = |(name, number): &(&str, &str)| pair == (Some((*name).to_owned()), Some((*number).to_owned()));
    assert!(known.iter().any(fits), "{pair:?}");
}
