//! The one source of time. The program runs on [`Clock::system`]; a test turns a [`Clock::manual`] by hand, so that
//! nothing that depends on time needs a real wait.
//!
//! A clock has a date, which somebody may set, and a span that passes as it does whatever the date says: a machine
//! without a battery begins in the past, and learns of the present later.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// A moment, in milliseconds since 1970-01-01 UTC: the unit of Signal's message timestamps and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// This moment moved into the future by `span`, saturating.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// This moment moved into the past by `span`, saturating.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// How long after `earlier` this is; zero if it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// For names of files: `20250131T033000Z`, to the second.
    #[must_use]
    pub fn stamp(self) -> String {
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        time.strftime(STAMP).to_string()
    }

    /// For people and other programs: `2025-01-31T03:30:00.123Z`.
    #[must_use]
    pub fn iso(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default().to_string()
    }

    /// The reverse of [`Moment::stamp`].
    #[must_use]
    pub fn from_stamp(text: &str) -> Option<Self> {
        let time = jiff::civil::DateTime::strptime(STAMP, text).ok()?;
        let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(time.timestamp().as_millisecond()))
    }
}

const STAMP: &str = "%Y%m%dT%H%M%SZ";

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Tells the time and waits for it. Cheap to clone; clones of a manual clock move together.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(watch::Sender<Hands>),
}

#[derive(Clone, Copy, Debug)]
struct Hands {
    date: Moment,
    passed: Duration,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is told otherwise.
    #[must_use]
    pub fn manual(start: Moment) -> Self {
        Self(Source::Manual(watch::Sender::new(Hands { date: start, passed: Duration::ZERO })))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Moment {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the place that reads the machine's clock")]
            Source::System => Moment(jiff::Timestamp::now().as_millisecond()),
            Source::Manual(hands) => hands.borrow().date,
        }
    }

    /// Moves a manual clock forward and wakes everything that has become due. The machine's clock ignores it.
    pub fn advance(&self, span: Duration) {
        if let Source::Manual(hands) = &self.0 {
            hands.send_modify(|hands| {
                hands.date = hands.date.plus(span);
                hands.passed = hands.passed.saturating_add(span);
            });
        }
    }

    /// Sets the date of a manual clock, forward or back, as somebody sets a machine's: no time passes by it.
    pub fn set(&self, date: Moment) {
        if let Source::Manual(hands) = &self.0 {
            hands.send_modify(|hands| hands.date = date);
        }
    }

    /// Returns once the clock shows `due` or later.
    ///
    /// On the machine's clock the remaining span is measured again at least once a minute, so that a clock that was
    /// set while we waited is noticed.
    pub async fn sleep_until(&self, due: Moment) {
        match &self.0 {
            Source::System => self.sleep_on_system(due).await,
            Source::Manual(hands) => wait(hands, |hands| hands.date >= due).await,
        }
    }

    async fn sleep_on_system(&self, due: Moment) {
        loop {
            let left = due.since(self.now());
            if left.is_zero() {
                return;
            }
            #[expect(clippy::disallowed_methods, reason = "this is the place that waits on the machine's clock")]
            tokio::time::sleep(left.min(Duration::from_mins(1))).await;
        }
    }

    /// Returns after `span` has passed, whatever date the clock is set to meanwhile.
    pub async fn sleep(&self, span: Duration) {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the place that waits on the machine's clock")]
            Source::System => tokio::time::sleep(span).await,
            Source::Manual(hands) => {
                let due = hands.borrow().passed.saturating_add(span);
                wait(hands, |hands| hands.passed >= due).await;
            }
        }
    }
}

async fn wait(hands: &watch::Sender<Hands>, holds: impl FnMut(&Hands) -> bool) {
    // The sender lives with whoever waits, so waiting cannot fail.
    let _ = hands.subscribe().wait_for(holds).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers() {
        let clock = Clock::manual(Moment(1_000));
        let other = clock.clone();
        let sleeper = tokio::spawn(async move { other.sleep(Duration::from_secs(5)).await });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(4));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
        assert_eq!(clock.now(), Moment(6_000));
    }

    #[tokio::test]
    async fn a_span_passes_whatever_the_date_and_a_date_comes_when_it_is_set() {
        let clock = Clock::manual(Moment(1_000_000));
        let (span, date) = (clock.clone(), clock.clone());
        let span = tokio::spawn(async move { span.sleep(Duration::from_secs(5)).await });
        let date = tokio::spawn(async move { date.sleep_until(Moment(1_004_000)).await });
        tokio::task::yield_now().await;
        clock.set(Moment(0));
        clock.advance(Duration::from_secs(5));
        span.await.unwrap();
        assert!(!date.is_finished());
        clock.set(Moment(9_000_000));
        date.await.unwrap();
        assert_eq!(clock.now(), Moment(9_000_000));
    }

    #[test]
    fn stamps_are_read_back() {
        let moment = Moment(1_738_294_200_123);
        assert_eq!(moment.stamp(), "20250131T033000Z");
        assert_eq!(Moment::from_stamp("20250131T033000Z"), Some(Moment(1_738_294_200_000)));
        assert_eq!(Moment::from_stamp("20250131T033000"), None);
        assert_eq!(Moment::from_stamp("latest"), None);
    }

    #[test]
    fn spans_saturate() {
        assert_eq!(Moment(i64::MAX).plus(Duration::MAX), Moment(i64::MAX));
        assert_eq!(Moment(1).since(Moment(2)), Duration::ZERO);
    }
}
