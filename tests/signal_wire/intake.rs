//! An intake that remembers, and that can be slow, shut, or broken.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rialto::clock::Clock;
use rialto::event::{Arrival, Event, Intake, IntakeError, Refusal, SeenKey, Taken, TypedBody, Typing};
use tokio::sync::watch;

#[derive(Clone)]
pub(crate) struct Remembering {
    batches: Arc<Mutex<Vec<Vec<String>>>>,
    refused: Arc<Mutex<Vec<Refusal>>>,
    failures: Arc<Mutex<usize>>,
    delay: Duration,
    open: watch::Sender<bool>,
}

impl Remembering {
    pub(crate) fn new(delay: Duration) -> Self {
        Self {
            batches: Arc::default(),
            refused: Arc::default(),
            failures: Arc::default(),
            delay,
            open: watch::Sender::new(true),
        }
    }

    pub(crate) fn shut(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn reopen(&self) {
        self.open.send_replace(true);
    }

    /// The next so many calls fail.
    pub(crate) fn fail(&self, times: usize) {
        *self.failures.lock().unwrap() = times;
    }

    pub(crate) fn failures_left(&self) -> usize {
        *self.failures.lock().unwrap()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.batches.lock().unwrap().concat()
    }

    pub(crate) fn largest_batch(&self) -> usize {
        self.batches.lock().unwrap().iter().map(Vec::len).max().unwrap_or_default()
    }

    pub(crate) fn refused(&self) -> usize {
        self.refused.lock().unwrap().len()
    }
}

impl Intake for Remembering {
    async fn accept(&self, arrivals: Vec<Arrival>) -> Result<Vec<Taken>, IntakeError> {
        let _ = self.open.subscribe().wait_for(|open| *open).await;
        Clock::system().sleep(self.delay).await;
        let failing = {
            let mut failures = self.failures.lock().unwrap();
            let failing = *failures > 0;
            *failures = failures.saturating_sub(1);
            failing
        };
        if failing {
            return Err(IntakeError);
        }
        let taken = vec![Taken::New; arrivals.len()];
        self.batches.lock().unwrap().push(arrivals.into_iter().map(text).collect());
        Ok(taken)
    }

    async fn is_known(&self, _: SeenKey) -> Result<bool, IntakeError> {
        Ok(false)
    }

    fn typing(&self, _: Typing) {}

    async fn refuse(&self, refusal: Refusal) {
        self.refused.lock().unwrap().push(refusal);
    }
}

fn text(arrival: Arrival) -> String {
    match arrival.event {
        Event::Typed(typed) => match typed.body {
            TypedBody::Text(text) => text.reveal().to_owned(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}
