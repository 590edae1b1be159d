//! What a channel has taken and refused since the program began, for health and logs. Numbers only.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::event::{KINDS, Refusal, Severity, Taken};

/// The counters of a channel.
#[derive(Debug, Default)]
pub struct Counters {
    /// The channel, for the log.
    channel: String,
    accepted: AtomicU64,
    repeats: AtomicU64,
    refused: [AtomicU64; KINDS.len()],
}

impl Counters {
    /// All zero.
    #[must_use]
    pub fn new(channel: &str) -> Self {
        Self { channel: channel.to_owned(), ..Self::default() }
    }

    /// Counts accepted events.
    pub fn taken(&self, taken: &[Taken]) {
        for one in taken {
            let counter = if *one == Taken::Repeat { &self.repeats } else { &self.accepted };
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Counts a security event; it is logged at the first of its kind, the second, the fourth
    /// and so on, so that nobody can fill a log by knocking.
    pub fn refused(&self, refusal: Refusal) {
        let Some(counter) = self.refused.get(refusal as usize) else { return };
        let (count, kind) = (counter.fetch_add(1, Relaxed) + 1, refusal.kind());
        if !count.is_power_of_two() {
            return;
        }
        let (channel, event, severity) = (&self.channel, kind.name, kind.severity.name());
        match kind.severity {
            Severity::High => tracing::error!(%channel, event, severity, count, "security: {}", kind.meaning),
            Severity::Medium => tracing::warn!(%channel, event, severity, count, "security: {}", kind.meaning),
            Severity::Low => tracing::info!(%channel, event, severity, count, "security: {}", kind.meaning),
        }
    }

    /// Every counter with its name.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let taken = [("accepted", &self.accepted), ("repeats", &self.repeats)];
        let refused = KINDS.iter().zip(&self.refused).map(|(kind, counter)| (kind.name, counter));
        taken.into_iter().chain(refused).map(|(name, counter)| (name, counter.load(Relaxed)))
    }
}
