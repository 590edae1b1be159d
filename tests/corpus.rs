//! The fuzz targets on stable Rust: each input of the corpus, and a fixed number of changes of them. Nothing panics and
//! nothing hangs. `fuzz/run.sh` goes further.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that stops is a test that failed")]

#[path = "../fuzz/targets.rs"]
mod targets;

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// For all inputs of a target together, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

const CASES: u32 = 4000;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// An input of the corpus with bytes replaced, cut off, and something put in.
fn changed(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edits = vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    let put_in = (any::<prop::sample::Index>(), vec(any::<u8>(), 0..40));
    (prop::sample::select(corpus), edits, put_in, any::<prop::sample::Index>()).prop_map(
        |(mut bytes, edits, (at, put_in), cut)| {
            for (at, byte) in edits {
                let len = bytes.len().max(1);
                if let Some(there) = bytes.get_mut(at.index(len)) {
                    *there = byte;
                }
            }
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, put_in);
            // Every second one stays whole.
            let keep = cut.index(2 * bytes.len() + 1);
            bytes.truncate(keep);
            bytes
        },
    )
}

fn stands(name: &str, target: fn(&[u8])) {
    let corpus = corpus(name);
    assert!(corpus.len() >= 5, "the corpus of {name} is missing");
    let (done, wait) = mpsc::channel();
    let tries = std::thread::spawn(move || {
        for input in &corpus {
            target(input);
        }
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        TestRunner::new(config)
            .run(&changed(corpus), |input| {
                target(&input);
                Ok(())
            })
            .expect("no input fails");
        // Nobody waits any more if it took too long.
        let _ = done.send(());
    });
    match wait.recv_timeout(PATIENCE) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{name} hangs"),
        _ => tries.join().expect("no input panics"),
    }
}

#[test]
fn webhook_bodies() {
    stands("webhook", targets::webhook);
}

#[test]
fn socket_lines() {
    stands("socket_line", targets::socket_line);
}

#[test]
fn configurations() {
    stands("config", targets::config);
}

#[test]
fn sealed_values() {
    stands("sealed", targets::sealed);
}

#[test]
fn names() {
    stands("names", targets::names);
}

#[test]
fn markup() {
    stands("markup", targets::markup);
}

#[test]
fn every_target_has_its_program_and_its_turn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let (manifest, script) = (read("Cargo.toml"), read("run.sh"));
    for target in ["webhook", "socket_line", "config", "sealed", "names", "markup"] {
        assert!(read(&format!("fuzz_targets/{target}.rs")).contains(&format!("targets::{target}(data)")));
        assert!(manifest.contains(&format!("name = \"{target}\"")) && script.contains(target));
    }
}
