//! What a channel has taken and refused since the program began, for health and logs. Numbers only.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::event::{Refusal, Taken};

/// The counters of a channel.
#[derive(Debug, Default)]
pub struct Counters {
    accepted: AtomicU64,
    repeats: AtomicU64,
    bad_signatures: AtomicU64,
    crowded: AtomicU64,
    too_many: AtomicU64,
    stale: AtomicU64,
    kept_out: AtomicU64,
    odd_lines: AtomicU64,
    strangers: AtomicU64,
    damaged: AtomicU64,
}

impl Counters {
    /// Counts accepted events.
    pub fn taken(&self, taken: &[Taken]) {
        for one in taken {
            let counter = if *one == Taken::Repeat { &self.repeats } else { &self.accepted };
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Counts something that was refused; it is logged at the first of its kind, the second, the fourth
    /// and so on, so that nobody can fill a log by knocking.
    pub fn refused(&self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::BadSignature => &self.bad_signatures,
            Refusal::Crowded => &self.crowded,
            Refusal::TooMany => &self.too_many,
            Refusal::Stale => &self.stale,
            Refusal::KeptOut => &self.kept_out,
            Refusal::OddLine => &self.odd_lines,
            Refusal::Stranger => &self.strangers,
            Refusal::Damaged => &self.damaged,
        };
        let count = counter.fetch_add(1, Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::warn!(?refusal, count, "refused");
        }
    }

    /// Every counter with its name.
    #[must_use]
    pub fn all(&self) -> [(&'static str, u64); 10] {
        [
            ("accepted", &self.accepted),
            ("repeats", &self.repeats),
            ("bad_signatures", &self.bad_signatures),
            ("crowded", &self.crowded),
            ("too_many", &self.too_many),
            ("stale", &self.stale),
            ("kept_out", &self.kept_out),
            ("odd_lines", &self.odd_lines),
            ("strangers", &self.strangers),
            ("damaged", &self.damaged),
        ]
        .map(|(name, counter)| (name, counter.load(Relaxed)))
    }
}
