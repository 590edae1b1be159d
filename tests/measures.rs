//! docs/measures.md: every measure names what proves it, and that exists.

use std::path::Path;

/// The rows with a measure, cell by cell.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let lines = page.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = lines.map(|line| line.split(" | ").map(str::trim).collect::<Vec<_>>());
    cells.filter(|cells| cells.first().is_some_and(|cell| !cell.starts_with("**") && *cell != "measure")).collect()
}

/// What is wrong with a row, if anything.
fn objection(row: &[&str]) -> Option<String> {
    let [measure, state, proof] = row else { return Some(format!("{row:?} has not three cells")) };
    let places: Vec<_> = proof.split('`').skip(1).step_by(2).collect();
    let missing = places.iter().find(|place| !Path::new(env!("CARGO_MANIFEST_DIR")).join(place).is_file());
    match missing {
        _ if state.is_empty() || places.is_empty() => Some(format!("{measure}: nothing proves it")),
        Some(place) => Some(format!("{measure}: {place} does not exist")),
        None => None,
    }
}

#[test]
fn every_measure_has_a_proof_that_exists() {
    let page = include_str!("../docs/measures.md");
    let rows = rows(page);
    let wrong: Vec<_> = rows.iter().filter_map(|row| objection(row)).collect();
    assert!(rows.len() > 40 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_measure_without_one_is_found() {
    for (row, word) in [
        ("| a | has | `tests/nowhere.rs` |", "does not exist"),
        ("| a | has | trust us |", "nothing proves"),
        ("| a |  | `README.md` |", "nothing proves"),
        ("| a | has |", "three cells"),
    ] {
        let rows = rows(row);
        let found = objection(rows.first().unwrap()).unwrap_or_default();
        assert!(found.contains(word), "{row}: {found}");
    }
}
