//! `docs/crossing.md` says how each kind of message crosses, and which test proves it. It is made here;
//! `RIALTO_UPDATE=1 cargo test --test crossing` writes it anew.

mod pages;

#[path = "crossing/rows.rs"]
mod rows;

use std::fmt::Write as _;
use std::path::Path;

use rows::ROWS;

const PAGE: &str = "docs/crossing.md";

const HEAD: &str = "# How each kind crosses

*Native*: the other side shows it as its own. *Converted*: as the nearest thing that is there. *Worded*: a line says what it is.
*Not yet*: a line says that something came, or that it was not sent. Nothing is dropped without one but what is said here to be
left aside. Below each stands the test that proves it, in `tests/whole`, over simulated peers;
those that begin with `real_` run a real signal-cli.

This page is made by `tests/crossing.rs`; do not edit it.

| what | WhatsApp to Signal | Signal to WhatsApp |
|---|---|---|
";

/// How a kind crosses in one direction.
pub(crate) struct Way {
    /// Native, converted, worded or not yet; nothing where the side has no such thing.
    pub(crate) how: &'static str,
    /// What else there is to know.
    pub(crate) note: &'static str,
    /// The tests, as `file::function`.
    pub(crate) proofs: &'static [&'static str],
}

impl Way {
    fn cell(&self) -> String {
        let note = match (self.how, self.note) {
            (_, "") => String::new(),
            ("", note) => note.to_owned(),
            (_, note) => format!(": {note}"),
        };
        let proofs = self.proofs.iter().fold(String::new(), |all, proof| format!("{all}<br>`{proof}`"));
        format!("{}{note}{proofs}", self.how)
    }

    /// What is wrong with it, if anything.
    fn objection(&self) -> Option<String> {
        if self.proofs.is_empty() && !matches!(self.how, "" | "not yet") {
            return Some("nothing proves it".to_owned());
        }
        self.proofs.iter().find(|proof| !exists(proof)).map(|proof| format!("{proof} is no test"))
    }
}

/// Whether there is such a test.
fn exists(proof: &str) -> bool {
    let Some((file, test)) = proof.split_once("::") else { return false };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/whole/{file}.rs"));
    let source = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let named = format!("async fn {test}() {{");
    lines.windows(2).any(|pair| matches!(pair, [above, line] if above.starts_with("#[tokio::test") && *line == named))
}

#[test]
fn the_page_is_current() {
    let mut page = HEAD.to_owned();
    for (what, ways) in ROWS {
        let [there, back] = ways.each_ref().map(Way::cell);
        writeln!(page, "| {what} | {there} | {back} |").expect("a string can be written to");
    }
    pages::is_current(PAGE, &page, "crossing");
}

#[test]
fn every_row_is_proved() {
    let wrong: Vec<_> = ROWS
        .iter()
        .flat_map(|(what, ways)| ways.iter().filter_map(move |way| Some(format!("{what}: {}", way.objection()?))))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(ROWS.len() > 20);
}

#[test]
fn a_row_without_a_proof_is_found() {
    let way = |how, proofs| Way { how, note: "", proofs };
    assert!(way("native", &[]).objection().is_some());
    assert!(way("native", &["files::nowhere"]).objection().is_some());
    assert!(way("not yet", &["nowhere::at_all"]).objection().is_some());
    assert!(way("not yet", &[]).objection().is_none() && way("", &[]).objection().is_none());
}
