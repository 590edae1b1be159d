//! Whatever runs while the program is compiled is named in docs/dependencies.md.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that stops is a test that failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

fn metadata() -> Value {
    let folder = env!("CARGO_MANIFEST_DIR");
    let target = ["--filter-platform", "x86_64-unknown-linux-gnu"];
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder).args(["metadata", "--format-version", "1", "--offline", "--locked"]).args(target);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn by_id(list: &Value) -> BTreeMap<&str, &Value> {
    list.as_array().unwrap().iter().map(|one| (one["id"].as_str().unwrap(), one)).collect()
}

/// The ids of all that is needed to build the program, without what only tests need.
fn needed<'a>(nodes: &BTreeMap<&'a str, &'a Value>, root: &'a str) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![root]);
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let ships = |dep: &&Value| dep["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev");
            let below = nodes[id]["deps"].as_array().unwrap().iter().filter(ships);
            open.extend(below.map(|dep| dep["pkg"].as_str().unwrap()));
        }
    }
    seen
}

/// "script" or "macro", if something of this package runs in a build.
fn runs(package: &Value) -> Option<&'static str> {
    let targets = package["targets"].as_array().unwrap();
    let is = |kind: &str| targets.iter().any(|target| target["kind"].as_array().unwrap().contains(&kind.into()));
    if is("custom-build") { Some("script") } else { is("proc-macro").then_some("macro") }
}

fn listed(page: &str) -> BTreeSet<(String, String)> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let cells =
        rows.map(|row| row.split(" | ").collect::<Vec<_>>()).filter(|cells| ["script", "macro"].contains(&cells[1]));
    cells.map(|cells| (cells[0].to_owned(), cells[1].to_owned())).collect()
}

#[test]
fn what_runs_in_a_build_is_named() {
    let metadata = metadata();
    let (packages, nodes) = (by_id(&metadata["packages"]), by_id(&metadata["resolve"]["nodes"]));
    let root = packages.iter().find(|(_, package)| package["name"] == "rialto").unwrap().0;
    let name = |id: &&str| packages[*id]["name"].as_str().unwrap().to_owned();
    let running =
        needed(&nodes, root).iter().filter_map(|id| Some((name(id), runs(packages[*id])?.to_owned()))).collect();
    let page = include_str!("../docs/dependencies.md");
    assert_eq!(listed(page), running, "left: docs/dependencies.md, right: Cargo.lock");
    assert!(listed("| anyhow | script | a |\n| b | c |\n").len() == 1 && !running.is_empty());
}
