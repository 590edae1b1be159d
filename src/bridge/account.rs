//! What channels share that have one bridge account: Signal limits the account, not the channel.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use super::limits;
use crate::clock::{Clock, Moment};
use crate::signal::{Calls, Challenge};

/// How long a pause is waited for before the clock is looked at again.
const LOOK: Duration = Duration::from_mins(1);

/// A bridge account. Shared by reference count.
#[derive(Debug)]
pub struct Account {
    /// One portal is made at a time, and none before this moment.
    pub making: Mutex<Moment>,
    /// The calls that are open.
    pub calls: Arc<Calls>,
    limit: watch::Sender<Option<Limit>>,
}

/// How Signal limits the account: from the first send that is refused to the next that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Since when.
    pub since: Moment,
    /// Until when nothing is tried.
    pub until: Moment,
    /// How often Signal refused again after a pause.
    refusals: u32,
    /// What Signal wants a captcha for.
    challenge: Option<Challenge>,
}

impl Limit {
    /// Whether a captcha ends it.
    #[must_use]
    pub fn wants_captcha(&self) -> bool {
        self.challenge.is_some()
    }

    /// What Signal wants a captcha for.
    #[must_use]
    pub fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_ref()
    }

    /// A clock that was set back to before the limit says nothing of when it ends: then it is tried.
    fn pauses(&self, now: Moment) -> bool {
        self.since <= now && now < self.until
    }

    fn refused(&mut self, now: Moment, after: Option<Duration>, challenge: Option<Challenge>) {
        // What was under way when another call learned of the limit says nothing new.
        if !self.pauses(now) {
            self.refusals += 1;
            (self.since, self.until) = (self.since.min(now), now);
        }
        self.until = self.until.max(now.plus(after.unwrap_or_else(|| limits::unsaid_pause(self.refusals))));
        self.challenge = challenge.or(self.challenge.take());
    }
}

impl Account {
    /// An account of which nothing is known yet.
    #[must_use]
    pub fn new(now: Moment) -> Self {
        let calls = Arc::new(Calls::from_now(now));
        Self { making: Mutex::new(Moment(0)), calls, limit: watch::Sender::new(None) }
    }

    /// Signal refused a send for its rate. `after` is how long it wants quiet, where it says so.
    pub fn refused(&self, now: Moment, after: Option<Duration>, challenge: Option<Challenge>) {
        let fresh = Limit { since: now, until: now, refusals: 0, challenge: None };
        self.limit.send_modify(|limit| {
            let was_asked = limit.as_ref().map(Limit::wants_captcha);
            let limit = limit.get_or_insert(fresh);
            limit.refused(now, after, challenge);
            log(limit, now, was_asked);
        });
    }

    /// Signal took a message. Inside the pause this was a call from before it, and says nothing.
    pub fn took(&self, now: Moment) {
        self.limit.send_if_modified(|limit| limit.take_if(|limit| !limit.pauses(now)).is_some());
    }

    /// Signal accepted a captcha: everything goes on at once.
    pub fn lift(&self) {
        self.limit.send_replace(None);
    }

    /// How it is limited, if it is.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.limit.borrow().clone()
    }

    /// Follows it.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Option<Limit>> {
        self.limit.subscribe()
    }

    /// Whether nothing is to be tried now.
    #[must_use]
    pub fn pauses(&self, now: Moment) -> bool {
        self.limit.borrow().as_ref().is_some_and(|limit| limit.pauses(now))
    }

    /// Returns when the pause is over, or was lifted.
    pub async fn pause_is_over(&self, clock: &Clock) {
        let mut limit = self.limit.subscribe();
        loop {
            let now = clock.now();
            let until = limit.borrow_and_update().as_ref().filter(|limit| limit.pauses(now)).map(|limit| limit.until);
            let Some(until) = until else { return };
            tokio::select! {
                biased;
                // Looked at again now and then: the clock can be set.
                () = clock.sleep(until.since(now).min(LOOK)) => {}
                // The sender lives in `self`.
                _ = limit.changed() => {}
            }
        }
    }
}

/// Once when it begins, and once more when Signal begins to ask for a captcha. `was_asked` is how it stood before.
fn log(limit: &Limit, now: Moment, was_asked: Option<bool>) {
    let seconds = limit.until.since(now).as_secs();
    match (was_asked, limit.wants_captcha()) {
        (None | Some(false), true) => tracing::error!(
            seconds,
            "Signal limits the bridge account and asks for a captcha; nothing is sent to Signal until it has one or the \
             time is over. Solve the captcha at https://signalcaptchas.org/challenge/generate.html, copy the address \
             behind \"Open Signal\", and run: rialto captcha 'signalcaptcha://...'"
        ),
        (None, false) => {
            tracing::warn!(
                seconds,
                "Signal limits the bridge account; nothing is sent to Signal until the time is over"
            );
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn until(account: &Account) -> Option<Moment> {
        account.limit().map(|limit| limit.until)
    }

    #[test]
    fn without_a_word_from_signal_the_pause_grows_with_each_refusal_after_it() {
        let (account, mut now) = (Account::new(Moment(0)), Moment(0));
        for minutes in [5, 10, 20, 40, 60, 60] {
            account.refused(now, None, None);
            // Calls that were under way too.
            account.refused(now.plus(MINUTE / 60), None, None);
            let pause = until(&account).unwrap().since(now);
            assert!(pause >= MINUTE * minutes && pause < MINUTE * minutes + MINUTE, "{pause:?}");
            now = until(&account).unwrap();
        }
    }

    #[test]
    fn a_clock_that_is_set_back_ends_the_pause() {
        let account = Account::new(Moment(0));
        let (noon, day_before) = (Moment(86_400_000), Moment(3_600_000));
        account.refused(noon, Some(MINUTE), None);
        assert!(account.pauses(noon) && !account.pauses(day_before));
        account.refused(day_before, Some(MINUTE), None);
        assert_eq!(until(&account), Some(day_before.plus(MINUTE)));
    }

    #[test]
    fn only_what_was_sent_after_the_pause_ends_the_limit() {
        let account = Account::new(Moment(0));
        account.refused(Moment(0), Some(MINUTE), Some(Challenge::new("token")));
        account.refused(Moment(1), Some(MINUTE / 2), None);
        account.took(Moment(2));
        assert!(account.limit().unwrap().wants_captcha() && account.pauses(Moment(59_999)));
        assert!(!account.pauses(Moment(60_000)) && account.limit().is_some());
        account.took(Moment(60_000));
        assert_eq!(account.limit(), None);
    }
}
