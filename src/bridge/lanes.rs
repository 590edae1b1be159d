//! The lanes: each chat and direction has a line of deliveries, walked by a worker of its own while there is something
//! in it. Inside a lane one is in flight at a time, in commit order; a lane that waits holds up nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::channel::Channel;
use super::{carry_signal, carry_whatsapp, files, limits, recover};
use crate::store::{Delivery, Direction, Lane, State, StoreError};

/// Which lanes have a worker, and whether they were rung for since it looked last.
type Walked = Arc<Mutex<HashMap<Lane, bool>>>;

/// Walks the channel's lanes until `stop`; calls that are open then are finished.
pub async fn run(channel: Arc<Channel>, stop: CancellationToken) {
    let walked = Walked::default();
    let workers = TaskTracker::new();
    while let Err(error) = ring_all(&channel).await {
        tracing::error!(channel = %channel.name, %error, "the queue cannot be read yet");
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = channel.clock.sleep(limits::backoff(3)) => {}
        }
    }
    let bell = channel.store.bell().clone();
    loop {
        let rung = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            rung = bell.wait(channel.id) => rung,
        };
        channel.held_changed.notify_one();
        channel.files.wanted.notify_one();
        // What was waited for may be gone.
        channel.files.settled.send_replace(());
        for lane in rung {
            if claim(&walked, lane) {
                workers.spawn(walk(Arc::clone(&channel), lane, Arc::clone(&walked), stop.clone()));
            }
        }
    }
    workers.close();
    workers.wait().await;
}

async fn ring_all(channel: &Channel) -> Result<(), StoreError> {
    let id = channel.id;
    let lanes = channel.store.read(move |tx| tx.busy_lanes(id)).await?;
    channel.store.bell().ring(lanes);
    Ok(())
}

/// True if the lane needs a worker; else its worker will look again.
fn claim(walked: &Walked, lane: Lane) -> bool {
    let mut walked = walked.lock().unwrap_or_else(PoisonError::into_inner);
    walked.insert(lane, true).is_none()
}

/// True if the lane was not rung for since the worker looked: the worker ends and the lane is free again.
fn leave(walked: &Walked, lane: Lane) -> bool {
    let mut walked = walked.lock().unwrap_or_else(PoisonError::into_inner);
    let rung = walked.insert(lane, false).unwrap_or(false);
    if !rung {
        walked.remove(&lane);
    }
    !rung
}

async fn walk(channel: Arc<Channel>, lane: Lane, walked: Walked, stop: CancellationToken) {
    let mut failures = 0;
    loop {
        match channel.store.read(move |tx| tx.head(lane)).await {
            Ok(Some(head)) => {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = ready(&channel, &head) => {}
                }
                failures = if carry(&channel, head, failures).await { 0 } else { failures + 1 };
            }
            Ok(None) if leave(&walked, lane) => return,
            Ok(None) => {}
            Err(error) => {
                tracing::error!(channel = %channel.name, %error, "a lane cannot be read");
                failures += 1;
                channel.clock.sleep(limits::backoff(failures)).await;
            }
        }
        if stop.is_cancelled() {
            return;
        }
    }
}

/// Waits for the delivery's own time and for its side to work. A side that is down costs no attempt.
///
/// What was never put back is due whatever the clock says: it may have been set back since. What was waits for a span, so
/// that setting the clock while it waits changes nothing.
async fn ready(channel: &Channel, head: &Delivery) {
    if head.not_before > head.created_at {
        channel.clock.sleep(head.not_before.since(channel.clock.now())).await;
    }
    files::settled(channel, head).await;
    match head.lane.direction {
        Direction::ToSignal => channel.signal_ready().await,
        Direction::ToWhatsApp => channel.whatsapp_ready().await,
    }
}

/// Carries the head of a lane as far as it goes now. False if it stays and has failed for a passing reason.
async fn carry(channel: &Channel, head: Delivery, failures: u32) -> bool {
    if head.state == State::InFlight {
        // Only a call of this worker puts a delivery in flight, and it has ended without a record of its outcome.
        recover::one(channel, head).await;
        return true;
    }
    match head.lane.direction {
        Direction::ToSignal => carry_signal::carry(channel, head, failures).await,
        Direction::ToWhatsApp => carry_whatsapp::carry(channel, head, failures).await,
    }
}
