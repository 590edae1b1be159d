//! What everybody in a group has read, where one reader is not enough. Who is in a group WAHA says, which may have to ask
//! WhatsApp: so it is asked when all who were there have read, and else once an hour at most.

use std::collections::HashMap;
use std::time::Duration;

use crate::bridge::channel::Channel;
use crate::clock::Moment;
use crate::config::Readers;
use crate::store::{ChatId, Crowd, Direction, MessageKey, StoreError, Tx};
use crate::whatsapp::{Own, Participant};

/// How long it counts who is in a group.
const COUNTED: Duration = Duration::from_hours(1);

/// Who was in each group beside the owner when WAHA was asked; nobody where it did not say.
#[derive(Default)]
pub(super) struct Groups(HashMap<ChatId, (Vec<Participant>, Moment)>);

/// Makes ticks of messages that everybody has read by now. While WAHA does not answer there are none.
pub(super) async fn ripen(channel: &Channel, groups: &mut Groups) -> Result<(), StoreError> {
    if channel.ticks.to_signal.in_groups == Readers::First {
        return Ok(());
    }
    let (id, now) = (channel.id, channel.clock.now());
    for crowd in channel.store.read(move |tx| tx.crowds(id)).await? {
        if !may_be_ripe(channel, groups, &crowd, now).await? {
            continue;
        }
        let Ok(session) = channel.whatsapp.session().await else { return Ok(()) };
        // Also where it is known: somebody may have joined meanwhile.
        let others = others(channel, &crowd, &session.own).await;
        groups.0.insert(crowd.chat, (others.clone(), now));
        channel.store.write(move |tx| ripen_one(tx, &crowd, &others)).await?;
    }
    Ok(())
}

async fn may_be_ripe(channel: &Channel, groups: &Groups, crowd: &Crowd, now: Moment) -> Result<bool, StoreError> {
    let known = groups.0.get(&crowd.chat).filter(|(_, at)| now.since(*at) < COUNTED);
    let Some((others, _)) = known else { return Ok(true) };
    if crowd.readers < others.len() {
        return Ok(false);
    }
    let (messages, others) = (crowd.messages.clone(), others.clone());
    let look = move |tx: &Tx<'_>| {
        for message in messages {
            if is_ripe(tx, message, &others)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    channel.store.read(look).await
}

/// Who is in the group beside the owner. A list without the owner is not one of the group as it is.
async fn others(channel: &Channel, crowd: &Crowd, own: &Own) -> Vec<Participant> {
    let mut members = channel.whatsapp.participants(&crowd.group).await.unwrap_or_default();
    let all = members.len();
    members.retain(|member| !member.addresses().any(|address| own.includes(address)));
    if members.len() < all { members } else { Vec::new() }
}

fn ripen_one(tx: &Tx<'_>, crowd: &Crowd, others: &[Participant]) -> Result<(), StoreError> {
    for message in &crowd.messages {
        if is_ripe(tx, *message, others)? {
            tx.add_tick(*message, Direction::ToSignal)?;
            tx.forget_readers(*message)?;
        }
    }
    Ok(())
}

/// Whether each of them has read it, by whichever address; and there is somebody.
fn is_ripe(tx: &Tx<'_>, message: MessageKey, others: &[Participant]) -> Result<bool, StoreError> {
    for member in others {
        let mut has_read = false;
        for address in member.addresses() {
            has_read |= tx.has_read(message, address)?;
        }
        if !has_read {
            return Ok(false);
        }
    }
    Ok(!others.is_empty())
}
