//! Whether a channel works, for whoever has to say so outside of it.

use super::channel::Channel;
use super::limits;
use crate::clock::Moment;
use crate::store::{About, Side, StoreError};

/// What does not work, and since when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition {
    /// The WhatsApp side.
    pub whatsapp: Option<Moment>,
    /// The Signal side: signal-cli is away, or takes messages and Signal does not.
    pub signal: Option<Moment>,
}

impl Condition {
    /// Looks at a channel.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub async fn of(channel: &Channel) -> Result<Self, StoreError> {
        let id = channel.id;
        let job = move |tx: &crate::store::Tx<'_>| Ok((tx.outage(id, Side::WhatsApp)?, tx.outage(id, Side::Signal)?));
        let (whatsapp, signal) = channel.store.read(job).await?;
        // A send that failed a moment ago is tried again; only one that goes on failing says something of the side.
        let failing = channel.signal_failing.borrow().filter(|since| lasts(*since, channel.clock.now()));
        Ok(Self { whatsapp, signal: signal.into_iter().chain(failing).min() })
    }

    /// Since when this does not work, if it does not.
    #[must_use]
    pub fn since(self, about: About) -> Option<Moment> {
        match about {
            About::WhatsApp => self.whatsapp,
            About::Signal => self.signal,
            About::Receipts => None,
        }
    }

    /// Whether everything works.
    #[must_use]
    pub fn is_good(self) -> bool {
        self == Self::default()
    }
}

fn lasts(since: Moment, now: Moment) -> bool {
    now.since(since) >= limits::OUTAGE_NOTICE
}
