//! What a channel has taken and refused since the program began, for health and logs. Numbers only.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::event::{Refusal, Taken};

/// The counters of a channel.
#[derive(Debug, Default)]
pub struct Counters {
    accepted: AtomicU64,
    repeats: AtomicU64,
    bad_signatures: AtomicU64,
    stale: AtomicU64,
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

    /// Counts something that was refused; the first of its kind and each hundredth is logged.
    pub fn refused(&self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::BadSignature => &self.bad_signatures,
            Refusal::Stale => &self.stale,
            Refusal::OddLine => &self.odd_lines,
            Refusal::Stranger => &self.strangers,
            Refusal::Damaged => &self.damaged,
        };
        let count = counter.fetch_add(1, Relaxed) + 1;
        if count == 1 || count.is_multiple_of(100) {
            tracing::warn!(?refusal, count, "refused");
        }
    }

    /// Every counter with its name.
    #[must_use]
    pub fn all(&self) -> [(&'static str, u64); 7] {
        [
            ("accepted", &self.accepted),
            ("repeats", &self.repeats),
            ("bad_signatures", &self.bad_signatures),
            ("stale", &self.stale),
            ("odd_lines", &self.odd_lines),
            ("strangers", &self.strangers),
            ("damaged", &self.damaged),
        ]
        .map(|(name, counter)| (name, counter.load(Relaxed)))
    }
}
