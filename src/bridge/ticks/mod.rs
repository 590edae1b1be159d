//! Ticks: what was read on one side is shown as read on the other. They are told beside the lanes, since no message waits for
//! them: what was read within a moment together, each a few times at most, and nobody hears of it if that was in vain.
//!
//! A tick names its message, and goes to the chat that the message's own id names. "All up to here" is never said.

mod all;
mod due;
mod seen;

pub use due::TicksDue;
pub(super) use due::{acknowledged, progress, read, recorded, waits_for_all};

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use crate::clock::Moment;
use crate::failpoint::reach;
use crate::store::{Direction, MessageKey, SignalSide, StoreError, Tick, Tx};

/// Tells both sides until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let both = async { tokio::join!(keep(channel, Direction::ToSignal), keep(channel, Direction::ToWhatsApp)) };
    stop.run_until_cancelled(both).await;
}

/// What came of a look at what there is to tell.
enum Round {
    Nothing,
    Told,
    Failed,
}

async fn keep(channel: &Channel, direction: Direction) {
    let mut groups = all::Groups::default();
    loop {
        match direction {
            Direction::ToSignal => channel.signal_ready().await,
            Direction::ToWhatsApp => channel.whatsapp_ready().await,
        }
        let pause = match round(channel, direction, &mut groups).await {
            Ok(Round::Nothing) => {
                channel.ticks_due.of(direction).notified().await;
                limits::TICKS
            }
            Ok(Round::Told) => limits::TICKS,
            Ok(Round::Failed) | Err(_) => limits::TICKS_AGAIN,
        };
        channel.clock.sleep(pause).await;
    }
}

async fn round(channel: &Channel, direction: Direction, groups: &mut all::Groups) -> Result<Round, StoreError> {
    let id = channel.id;
    if direction == Direction::ToSignal {
        all::ripen(channel, groups).await?;
    }
    if !channel.store.read(move |tx| tx.has_ticks(id, direction)).await? {
        return Ok(Round::Nothing);
    }
    match direction {
        Direction::ToSignal => to_signal(channel).await,
        Direction::ToWhatsApp => seen::tell(channel).await,
    }
}

/// Counted before anything is called.
async fn take(channel: &Channel, direction: Direction) -> Result<Vec<Tick>, StoreError> {
    let id = channel.id;
    let taken = channel.store.write(move |tx| {
        let taken = tx.take_ticks(id, direction);
        reach!("ticks.take.before_commit");
        taken
    });
    taken.await
}

async fn end(channel: &Channel, direction: Direction, told: Vec<MessageKey>) -> Result<(), StoreError> {
    let ended = channel.store.write(move |tx| {
        told.iter().try_for_each(|message| tx.end_tick(*message, direction))?;
        reach!("ticks.end.before_commit");
        Ok(())
    });
    ended.await
}

/// All of them in one call, whatever their chats: a receipt names messages of the owner, and goes to the owner.
async fn to_signal(channel: &Channel) -> Result<Round, StoreError> {
    let taken = take(channel, Direction::ToSignal).await?;
    let messages = taken.iter().map(|tick| tick.message).collect();
    let typed = channel.store.read(move |tx| typed(tx, &taken)).await?;
    if !typed.is_empty() {
        let answer = channel.signal.read_receipt(&channel.owner_known().await, &typed).await;
        reach!("ticks.after_receipt");
        if let Err(error) = answer {
            tracing::debug!(channel = %channel.name, %error, "a receipt was not sent");
            return Ok(Round::Failed);
        }
    }
    end(channel, Direction::ToSignal, messages).await?;
    Ok(Round::Told)
}

fn typed(tx: &Tx<'_>, ticks: &[Tick]) -> Result<Vec<Moment>, StoreError> {
    let mut all = Vec::new();
    for tick in ticks {
        let part = untampered(tx.signal_part_anywhere(tick.message))?;
        all.extend(part.filter(|part| part.author == SignalSide::Owner).map(|part| part.timestamp));
    }
    Ok(all)
}

/// What is not as it was written names nothing.
fn untampered<T>(found: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Err(error) if error.is_tampering() => Ok(None),
        found => found,
    }
}
