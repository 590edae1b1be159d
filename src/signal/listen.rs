//! From the tap to the intake: what is there now goes in one commit, and nothing more is read before it is done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::calls::Calls;
use super::elsewhere;
use super::inbound::{self, Heard};
use super::transport::Tapped;
use crate::clock::Clock;
use crate::config::Aci;
use crate::event::{Arrival, Event, Intake, Refusal};
use crate::failpoint::reach;

/// How many lines go into one commit at most.
const BATCH: usize = 64;

/// How long to wait before an intake that could not write is asked again.
const RETRY: Duration = Duration::from_secs(1);

/// How long after a stop the intake may take for what has been read. Real time: the machine is being shut down.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Takes lines from the tap and hands them up.
pub(super) struct Listener<I> {
    tap: mpsc::Receiver<Tapped>,
    intake: I,
    owner: watch::Receiver<Option<Aci>>,
    clock: Clock,
    calls: Arc<Calls>,
}

impl<I: Intake> Listener<I> {
    pub(super) fn new(
        tap: mpsc::Receiver<Tapped>,
        intake: I,
        owner: watch::Receiver<Option<Aci>>,
        (clock, calls): (Clock, Arc<Calls>),
    ) -> Self {
        Self { tap, intake, owner, clock, calls }
    }

    /// Listens until the tap is closed and empty. After `stop` an intake that cannot write is not waited for for ever.
    pub(super) async fn run(mut self, stop: &CancellationToken) {
        let overdue = async {
            stop.cancelled().await;
            let _ = timeout(STOP_LIMIT, std::future::pending::<()>()).await;
        };
        tokio::select! {
            biased;
            () = self.take_all() => {}
            () = overdue => tracing::error!("stopped with Signal messages that the database would not take; they are lost"),
        }
    }

    async fn take_all(&mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.tap.recv_many(&mut batch, BATCH).await > 0 {
            // Nothing is subscribed before the owner is known, so this does not wait.
            let Ok(Some(owner)) = self.owner.wait_for(Option::is_some).await.map(|owner| owner.clone()) else { return };
            let arrivals = self.sort(batch.drain(..), &owner).await;
            self.commit(arrivals).await;
        }
    }

    async fn sort(&self, batch: impl Iterator<Item = Tapped> + Send, owner: &Aci) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        for tapped in batch {
            let heard = match &tapped {
                Tapped::Line(line) => {
                    self.note(line.reveal());
                    inbound::read(line.reveal(), owner, self.clock.now())
                }
                Tapped::Odd => Heard::Refused(Refusal::OddLine),
            };
            match heard {
                Heard::Arrival(arrival) => {
                    if let Event::OwnerReceipt(receipt) = &arrival.event {
                        self.calls.heard(&receipt.timestamps);
                    }
                    arrivals.push(*arrival);
                }
                Heard::Refused(refusal) => self.intake.refuse(refusal).await,
                Heard::Typing(typing) => self.intake.typing(typing),
                Heard::Nothing => {}
            }
        }
        arrivals
    }

    fn note(&self, line: &str) {
        if let Some(timestamp) = elsewhere::timestamp(line) {
            self.calls.knows(timestamp);
        }
    }

    /// Does not return before the arrivals are on disk: signal-cli will not say them again.
    async fn commit(&self, arrivals: Vec<Arrival>) {
        if arrivals.is_empty() {
            return;
        }
        reach!("listen.read");
        let mut waiting = false;
        while self.intake.accept(arrivals.clone()).await.is_err() {
            if !std::mem::replace(&mut waiting, true) {
                tracing::error!("the database cannot be written; Signal messages wait, nothing more is read");
            }
            self.clock.sleep(RETRY).await;
        }
        reach!("listen.after_commit");
        if waiting {
            tracing::info!("the database takes Signal messages again");
        }
    }
}
