//! The model: the real bridge between peers of which nothing happens by itself. In each of thousands of runs the dice say
//! what happens next: somebody writes, a webhook is posted or posted again, a call or a request is answered well, badly,
//! late or never, a line goes into the socket, time passes, a peer or the bridge dies. All in one process and thread,
//! without real time. Built with `RUSTFLAGS="--cfg tokio_unstable"`, as `.ci/run` does, a seed makes the same run again.
//!
//! `MODEL_RUNS=5000` makes so many runs, `MODEL_SEED=17` only that one, and tells what happens in it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it counted"
)]

#[path = "model/hour.rs"]
mod hour;
#[path = "model/life.rs"]
mod life;
#[path = "model/peers.rs"]
mod peers;
#[path = "model/people.rs"]
mod people;
#[path = "model/pipe.rs"]
mod pipe;
#[path = "model/plan.rs"]
mod plan;
#[path = "model/random.rs"]
mod random;
#[path = "model/run.rs"]
mod run;
#[path = "model/signal.rs"]
mod signal;
#[path = "model/telling.rs"]
mod telling;
#[path = "model/verdict.rs"]
mod verdict;
#[path = "model/waha.rs"]
mod waha;
#[path = "model/world.rs"]
mod world;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use plan::Plan;
use random::Random;
use run::Run;
use verdict::Verdict;

/// As many as an ordinary test run has time for.
const RUNS: u64 = 1000;

/// Where no disk has to be waited for, if there is such a place.
fn shelf() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

fn write_key(folder: &Path) {
    let key = folder.join("key");
    std::fs::write(&key, [7; 32]).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn one(seed: u64) -> Run {
    let mut random = Random::new(seed);
    let plan = Plan::thrown(&mut random);
    let steps = plan.steps;
    let mut run = Run::new(plan, random, &shelf());
    (0..steps).for_each(|_| run.step());
    run.heal();
    run
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|number| number.parse().ok())
}

fn judged(seed: u64) -> Verdict {
    let verdict = std::panic::catch_unwind(|| Verdict::of(&one(seed)));
    let verdict =
        verdict.unwrap_or_else(|_| Verdict { wrong: [("panicked", vec![String::new()])].into(), ..Verdict::default() });
    if !verdict.wrong.is_empty() {
        println!("MODEL_SEED={seed}: {verdict}");
    }
    verdict
}

#[test]
fn every_run_ends_as_promised() {
    let seeds: Vec<u64> = match number("MODEL_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("MODEL_RUNS").unwrap_or(RUNS)).collect(),
    };
    let halves = seeds.chunks(seeds.len().div_ceil(2));
    let total = std::thread::scope(|scope| {
        let threads: Vec<_> = halves
            .map(|seeds| {
                scope.spawn(move || seeds.iter().map(|seed| judged(*seed)).fold(Verdict::default(), Verdict::and))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(Verdict::default(), Verdict::and)
    });
    println!("{total}");
    assert!(total.wrong.is_empty(), "not as promised");
}

#[cfg(tokio_unstable)]
#[test]
fn a_seed_makes_the_same_run_again() {
    for seed in 0..20 {
        assert_eq!(one(seed).phones(), one(seed).phones(), "MODEL_SEED={seed}");
    }
}
