//! A message of unknown outcome to Signal waits a moment for the owner's receipt before it is sent once more: a receipt
//! that only this one call can have caused proves that it arrived, and under which id. After a crash there is none: what
//! else was on the wire then is not known, and the message is repeated, marked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::carry_signal::Arrived;
use super::channel::Channel;
use crate::event::Event;
use crate::signal::{LoneCall, SendReceipt};
use crate::store::{Delivery, MediaId, Portal, SignalPart, SignalSide};

/// A message that was sent or not.
#[derive(Debug)]
struct Doubt {
    call: LoneCall,
    /// Where it was sent.
    portal: Option<Portal>,
    /// What was sent: a delivery that waits can still be changed, and what it says then has not arrived.
    event: Option<Event>,
    /// The file that was with it, and whether it said that one follows.
    file: (Option<MediaId>, bool),
}

/// The doubts of a channel, by delivery. They live as long as the program does.
#[derive(Debug, Default)]
pub struct Doubts(Mutex<HashMap<i64, Doubt>>);

impl Doubts {
    /// Nobody knows what became of the delivery in this call.
    pub(super) fn open(
        &self,
        delivery: &Delivery,
        call: LoneCall,
        portal: Option<Portal>,
        file: (Option<MediaId>, bool),
    ) {
        let doubt = Doubt { call, portal, event: delivery.event.clone(), file };
        self.all(|all| drop(all.insert(delivery.seq, doubt)));
    }

    fn take(&self, delivery: &Delivery) -> Option<Doubt> {
        self.all(|all| all.remove(&delivery.seq))
    }

    fn all<T>(&self, change: impl FnOnce(&mut HashMap<i64, Doubt>) -> T) -> T {
        // Each change is one call on the map.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What Signal would have answered, and where it was sent, if it is proven that the delivery arrived.
pub(super) async fn of(channel: &Channel, delivery: &Delivery) -> Option<Arrived> {
    let Doubt { call, portal, event, file: (file, promised) } = channel.doubts.take(delivery)?;
    if event != delivery.event {
        return None;
    }
    let timestamp = channel.signal.proof_of(call)?;
    let part = SignalPart { timestamp, author: SignalSide::Bridge };
    // A store that does not say proves nothing.
    if channel.store.read(move |tx| tx.knows_signal_part(&part)).await.unwrap_or(true) {
        return None;
    }
    tracing::info!(channel = %channel.name, "a receipt of the owner proves that a message of unknown outcome arrived");
    let owner = channel.owner_known().await;
    let receipt = SendReceipt { timestamp, recipients: vec![Some(owner)], failed: 0 };
    Some(Arrived { portal, receipt, file, promised })
}
