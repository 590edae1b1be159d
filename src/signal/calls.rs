//! What proves that a send of unknown outcome arrived: a receipt of the owner's for a message that nobody else can have
//! sent.
//!
//! signal-cli names a message by the millisecond in which it makes it, by the same clock as ours where it stands on the same
//! machine. If one call alone was open in a span of time, a receipt that names a message made inside that span, and none
//! whose answer is known, names the message of that call. A false proof would lose a message without a word, so whatever
//! could make another message in that span makes it prove nothing:
//!
//! - another call that puts something on the wire, of any channel of the account; a call given up earlier, which signal-cli
//!   may still work on; a clock that was set back;
//! - another device of the bridge's own account, whose messages signal-cli tells of;
//! - two unknown messages in the span.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Moment;

/// How long signal-cli may still work on a call that was given up: much longer than its own limits.
const CLOUD: Duration = Duration::from_mins(10);

/// How many timestamps are remembered of each kind.
const REMEMBERED: usize = 512;

/// The calls of one bridge account, with the timestamps that are known of it. Shared by channels of one account.
#[derive(Debug)]
pub struct Calls(Mutex<State>);

#[derive(Debug)]
struct State {
    /// How many are open.
    open: usize,
    /// Whether any two of those that are open overlapped, or something else clouds what is open.
    crowded: bool,
    /// A call that began before this may share its span with one that was given up.
    clouded_until: Moment,
    /// The latest time seen, and how often it went back.
    latest: Moment,
    steps: u32,
    /// Messages whose senders are known.
    known: VecDeque<Moment>,
    /// Messages that the owner confirmed.
    heard: VecDeque<Moment>,
}

/// A span in which one call alone was open, and its outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoneCall {
    begun: Moment,
    ended: Moment,
    steps: u32,
}

/// A call that is open. One that is dropped without an end counts as given up.
#[must_use]
#[derive(Debug)]
pub struct Call {
    calls: Arc<Calls>,
    begun: Moment,
    ended: bool,
}

impl Calls {
    /// From `now` on. What an earlier life of the program has left open, signal-cli may still work on.
    #[must_use]
    pub fn from_now(now: Moment) -> Self {
        Self(Mutex::new(State { latest: now, clouded_until: now.plus(CLOUD), ..State::new() }))
    }

    /// A call begins.
    pub fn begin(self: &Arc<Self>, now: Moment) -> Call {
        let mut state = self.state();
        state.see(now);
        // While one is open, the next makes both of them doubtful; the first after that begins afresh.
        state.crowded = state.open > 0;
        state.open += 1;
        Call { calls: Arc::clone(self), begun: now, ended: false }
    }

    /// Somebody's message has this timestamp.
    pub fn knows(&self, timestamp: Moment) {
        remember(&mut self.state().known, timestamp);
    }

    /// The owner confirmed these messages.
    pub fn heard(&self, timestamps: &[Moment]) {
        let mut state = self.state();
        for timestamp in timestamps {
            remember(&mut state.heard, *timestamp);
        }
    }

    /// The one message that the owner confirmed and that only this call can have sent, if there is exactly one.
    #[must_use]
    pub fn proof_of(&self, call: LoneCall) -> Option<Moment> {
        let state = self.state();
        let inside = |at: &&Moment| **at > call.begun && **at < call.ended && !state.known.contains(at);
        let mut found: Vec<_> = state.heard.iter().filter(inside).copied().collect();
        found.sort_unstable();
        found.dedup();
        match found.as_slice() {
            [one] if state.steps == call.steps => Some(*one),
            _ => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change leaves the state whole, so a panic elsewhere cannot leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// It has an answer, or was never written.
    pub fn end(mut self, now: Moment) {
        self.ended = true;
        self.calls.state().leave(now);
    }

    /// Nobody knows what became of it. The span, if it was the only call in it.
    #[must_use]
    pub fn end_unknown(mut self, now: Moment) -> Option<LoneCall> {
        self.ended = true;
        let mut state = self.calls.state();
        let alone = !state.crowded && state.open == 1 && self.begun >= state.clouded_until;
        state.leave(now);
        state.clouded_until = state.latest.plus(CLOUD);
        let steps = state.steps;
        alone.then_some(LoneCall { begun: self.begun, ended: now, steps })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            let mut state = self.calls.state();
            state.open = state.open.saturating_sub(1);
            state.crowded = true;
            state.clouded_until = state.latest.plus(CLOUD);
        }
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self(Mutex::new(State::new()))
    }
}

impl State {
    fn new() -> Self {
        let (clouded_until, latest) = (Moment(0), Moment(0));
        let (known, heard) = (VecDeque::new(), VecDeque::new());
        Self { open: 0, crowded: false, clouded_until, latest, steps: 0, known, heard }
    }

    fn see(&mut self, now: Moment) {
        if now < self.latest {
            self.steps += 1;
            self.clouded_until = self.latest.plus(CLOUD);
        }
        self.latest = now;
    }

    fn leave(&mut self, now: Moment) {
        self.see(now);
        self.open = self.open.saturating_sub(1);
    }
}

fn remember(moments: &mut VecDeque<Moment>, moment: Moment) {
    if moments.len() >= REMEMBERED {
        moments.pop_front();
    }
    moments.push_back(moment);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Moment {
        Moment(1_000_000 + ms)
    }

    /// A call from 100 to 200 whose outcome is not known.
    fn lone(calls: &Arc<Calls>) -> LoneCall {
        calls.begin(at(100)).end_unknown(at(200)).unwrap()
    }

    #[test]
    fn one_unknown_message_inside_the_span_of_a_lone_call_is_its_own() {
        let calls = Arc::new(Calls::default());
        calls.begin(at(10)).end(at(20));
        // A receipt may come before the call is given up, and for other messages too.
        calls.heard(&[at(15), at(150)]);
        let call = lone(&calls);
        assert_eq!(calls.proof_of(call), Some(at(150)));
        calls.heard(&[at(150)]);
        assert_eq!(calls.proof_of(call), Some(at(150)), "two devices confirm the same message");
    }

    #[test]
    fn the_edges_of_the_span_prove_nothing() {
        let calls = Arc::new(Calls::default());
        let call = lone(&calls);
        calls.heard(&[at(99), at(100), at(200), at(201)]);
        assert_eq!(calls.proof_of(call), None);
    }

    #[test]
    fn a_message_of_somebody_else_or_a_second_one_proves_nothing() {
        let calls = Arc::new(Calls::default());
        let call = lone(&calls);
        calls.knows(at(150));
        calls.heard(&[at(150)]);
        assert_eq!(calls.proof_of(call), None, "sent by another device of the account");
        calls.heard(&[at(160)]);
        assert_eq!(calls.proof_of(call), Some(at(160)));
        calls.heard(&[at(170)]);
        assert_eq!(calls.proof_of(call), None, "nobody knows which");
    }

    #[test]
    fn calls_that_overlap_prove_nothing_whichever_ends_first() {
        let calls = Arc::new(Calls::default());
        let (one, two) = (calls.begin(at(0)), calls.begin(at(50)));
        one.end(at(60));
        assert_eq!(two.end_unknown(at(100)), None);
        let calls = Arc::new(Calls::default());
        let (one, two) = (calls.begin(at(0)), calls.begin(at(50)));
        assert_eq!(one.end_unknown(at(100)), None);
        two.end(at(110));
        // Between two that overlapped with it, a third is no more alone.
        let calls = Arc::new(Calls::default());
        let long = calls.begin(at(0));
        calls.begin(at(10)).end(at(20));
        assert_eq!(long.end_unknown(at(30)), None);
    }

    #[test]
    fn what_was_given_up_before_may_still_be_at_work() {
        let calls = Arc::new(Calls::default());
        assert!(calls.begin(at(0)).end_unknown(at(100)).is_some());
        assert_eq!(calls.begin(at(200)).end_unknown(at(300)), None);
        let later = at(300).plus(CLOUD);
        assert!(calls.begin(later).end_unknown(later.plus(CLOUD)).is_some());
        let calls = Arc::new(Calls::default());
        drop(calls.begin(at(0)));
        assert_eq!(calls.begin(at(10)).end_unknown(at(20)), None);
        let calls = Arc::new(Calls::from_now(at(0)));
        assert_eq!(calls.begin(at(10)).end_unknown(at(20)), None, "a call of the life before may be open");
    }

    #[test]
    fn a_clock_that_was_set_back_proves_nothing() {
        let calls = Arc::new(Calls::default());
        let call = lone(&calls);
        calls.heard(&[at(150)]);
        calls.begin(at(120)).end(at(130));
        assert_eq!(calls.proof_of(call), None, "set back while the receipt was waited for");
        let calls = Arc::new(Calls::default());
        calls.begin(at(500)).end(at(600));
        assert_eq!(calls.begin(at(100)).end_unknown(at(200)), None, "set back before");
    }
}
