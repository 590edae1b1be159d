//! What everybody in a group has read, where one reader is not enough. Who is in a group WAHA says; it is asked when somebody
//! has read something, and not for each of many who read.

use std::collections::HashMap;
use std::time::Duration;

use crate::bridge::channel::Channel;
use crate::clock::Moment;
use crate::config::Readers;
use crate::store::{ChatId, Crowd, Direction, MessageKey, StoreError, Tx};
use crate::whatsapp::{Participant, WahaError};

/// How long it counts how many are in a group.
const COUNTED: Duration = Duration::from_hours(1);

/// How many others are in each group.
#[derive(Default)]
pub(super) struct Sizes(HashMap<ChatId, (usize, Moment)>);

impl Sizes {
    /// Whether so many readers cannot be everybody.
    fn are_more(&self, crowd: &Crowd, now: Moment) -> bool {
        let known = self.0.get(&crowd.chat).filter(|(_, at)| now.since(*at) < COUNTED);
        known.is_some_and(|(size, _)| crowd.readers < *size)
    }
}

/// Makes ticks of messages that everybody has read by now. What WAHA does not say now, it is asked when somebody reads next.
pub(super) async fn ripen(channel: &Channel, sizes: &mut Sizes) -> Result<(), StoreError> {
    if channel.ticks.to_signal.in_groups == Readers::First {
        return Ok(());
    }
    let (id, now) = (channel.id, channel.clock.now());
    let crowds = channel.store.read(move |tx| tx.crowds(id)).await?;
    for crowd in crowds {
        if sizes.are_more(&crowd, now) {
            continue;
        }
        let Ok(others) = others(channel, &crowd).await else { continue };
        sizes.0.insert(crowd.chat, (others.len(), now));
        channel.store.write(move |tx| ripen_one(tx, &crowd, &others)).await?;
    }
    Ok(())
}

/// Who is in the group beside the owner. A list without the owner is not one of the group as it is.
async fn others(channel: &Channel, crowd: &Crowd) -> Result<Vec<Participant>, WahaError> {
    let own = channel.whatsapp.session().await?.own;
    let mut members = channel.whatsapp.participants(&crowd.group).await?;
    let all = members.len();
    members.retain(|member| !member.addresses().any(|address| own.includes(address)));
    if members.len() < all { Ok(members) } else { Err(WahaError::Unknown) }
}

fn ripen_one(tx: &Tx<'_>, crowd: &Crowd, others: &[Participant]) -> Result<(), StoreError> {
    for message in &crowd.messages {
        if !others.is_empty() && have_read(tx, *message, others)? {
            tx.add_tick(*message, Direction::ToSignal)?;
            tx.forget_readers(*message)?;
        }
    }
    Ok(())
}

/// Whether each of them has, by whichever address.
fn have_read(tx: &Tx<'_>, message: MessageKey, others: &[Participant]) -> Result<bool, StoreError> {
    for member in others {
        let mut has_read = false;
        for address in member.addresses() {
            has_read |= tx.has_read(message, address)?;
        }
        if !has_read {
            return Ok(false);
        }
    }
    Ok(true)
}
