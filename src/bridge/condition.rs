//! Whether a channel works, for whoever has to say so outside of it.

use super::channel::Channel;
use super::limits;
use crate::clock::Moment;
use crate::signal::LinkState;
use crate::store::{About, ChannelId, Side, Sign, StoreError, Tx};

/// What does not work, and since when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition {
    /// The WhatsApp side.
    pub whatsapp: Option<Moment>,
    /// The Signal side: signal-cli is away, or takes messages and Signal does not.
    pub signal: Option<Moment>,
    /// Signal turns the bridge account away, or signal-cli does not have it; then it is not the Signal side that is away.
    pub signed_out: Option<Moment>,
    /// Signal limits the bridge account.
    pub limited: Option<Moment>,
    /// What proves that messages arrive: Signal takes them and no device of the owner confirms any.
    pub receipts: Option<Moment>,
}

impl Condition {
    /// Looks at a channel.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub async fn of(channel: &Channel) -> Result<Self, StoreError> {
        let id = channel.id;
        let now = channel.clock.now();
        let job = move |tx: &Tx<'_>| {
            Ok((tx.outage(id, Side::WhatsApp)?, tx.outage(id, Side::Signal)?, unconfirmed(tx, id, now)?))
        };
        let (whatsapp, signal, receipts) = channel.store.read(job).await?;
        // While the link is up, an outage is only about to be struck out.
        let state = *channel.signal.state().borrow();
        let signal = signal.filter(|_| state != LinkState::Up);
        // A send that failed a moment ago is tried again; only one that goes on failing says something of the side.
        let failing = channel.signal_failing.borrow().filter(|since| lasts(*since, now));
        let limited = channel.account.limit().map(|limit| limit.since).filter(|since| lasts(*since, now));
        let away = signal.into_iter().chain(failing).min();
        let is_signed_out = state == LinkState::NoAccount || channel.signal.is_turned_away();
        let (signal, signed_out) = if is_signed_out { (None, away) } else { (away, None) };
        Ok(Self { whatsapp, signal, signed_out, limited, receipts })
    }

    /// Since when this does not work, if it does not.
    #[must_use]
    pub fn since(self, about: About) -> Option<Moment> {
        match about {
            About::WhatsApp => self.whatsapp,
            About::Signal => self.signal,
            About::SignedOut => self.signed_out,
            About::Limited => self.limited,
            About::Receipts => self.receipts,
        }
    }

    /// Whether everything works.
    #[must_use]
    pub fn is_good(self) -> bool {
        self == Self::default()
    }
}

/// Since when it is certain that messages are not confirmed: a day after there were enough of them.
pub(super) fn unconfirmed(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<Option<Moment>, StoreError> {
    let unproven = tx.noted(channel, Sign::Unproven)?.filter(|noted| noted.count >= limits::UNCONFIRMED);
    Ok(unproven.map(|noted| noted.at.plus(limits::UNCONFIRMED_FOR)).filter(|since| *since <= now))
}

fn lasts(since: Moment, now: Moment) -> bool {
    now.since(since) >= limits::OUTAGE_NOTICE
}
