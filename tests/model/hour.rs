//! An hour in fifty chats on the manual clock, in which everything goes wrong that can; told as a report.

use std::fmt;

use crate::plan::Plan;
use crate::random::Random;
use crate::run::Run;
use crate::verdict::Verdict;

/// How often it is looked at the figures.
const LOOKS: usize = 6;

/// How much the memory of the whole process, peers and their memory of everything included, may grow after the first
/// ten minutes.
const GROWTH: usize = 96;

/// The figures at one moment.
struct Look {
    minute: usize,
    said: usize,
    shown: usize,
    typed: usize,
    arrived: usize,
    open: i64,
    /// Of the process and of the database, in MiB and KiB.
    memory: usize,
    disk: u64,
}

impl Look {
    fn at(run: &Run, minute: usize) -> Self {
        let (open, disk) = (run.open(), run.disk());
        let world = run.world();
        Self {
            minute,
            said: world.waha.messages.iter().filter(|message| !message.by_api).count(),
            shown: world.signal.shown.len(),
            typed: world.signal.typed.len(),
            arrived: world.waha.shown.len(),
            open,
            memory: memory(),
            disk,
        }
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minute, said, shown, typed, arrived, open, memory, disk } = self;
        write!(f, "{minute:>7} {said:>9} {shown:>9} {typed:>9} {arrived:>9} {open:>9} {memory:>9} {disk:>9}")
    }
}

/// What the process holds, in MiB.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok());
    kib.unwrap_or(0) / 1024
}

#[test]
fn an_hour_of_chaos_in_fifty_chats() {
    let plan = Plan::hour();
    let part = plan.steps / LOOKS;
    let seed = crate::number("MODEL_SEED").unwrap_or(60);
    let mut run = Run::new(plan, Random::new(seed), &crate::shelf());
    println!("MODEL_SEED={seed}");
    println!(" minute  written     shown     typed   arrived      open       MiB  disk KiB");
    let mut looks = Vec::new();
    for look in 1..=LOOKS {
        (0..part).for_each(|_| run.step());
        looks.push(Look::at(&run, look * 60 / LOOKS));
        println!("{}", looks[look - 1]);
    }
    run.heal();
    let rest = Look::at(&run, 60);
    println!("{rest}, at rest");
    let verdict = Verdict::of(&run);
    println!("{verdict}");
    assert!(verdict.wrong.is_empty(), "not as promised");
    assert_eq!(rest.open, 0);
    assert!(rest.memory < looks[0].memory + GROWTH, "it grows: {} MiB", rest.memory);
}
