//! A message that may have been sent under an id chosen for it: before anything else happens to it, WAHA's store is
//! asked for that id. The delivery is in flight meanwhile, so that nobody takes it back or moves it.

use super::channel::Channel;
use super::outcome::{self, AfterLook};
use super::recover;
use crate::event::{StanzaId, Undelivered};
use crate::store::{Delivery, StoreError};
use crate::whatsapp::{Sent, WahaError, Whereabouts};

/// What came of the look.
pub(super) enum Looked {
    /// It was sent.
    Sent(Sent),
    /// The call is to be made again, under the same id.
    SameAgain,
    /// It has not been sent, and is given up.
    Dead(Undelivered),
    /// It begins anew, or the owner decides; that is written down.
    Settled,
}

/// Looks for a delivery that is in flight. `stale`: its id is no proof any more that WhatsApp shows it once.
///
/// # Errors
///
/// If WAHA cannot be asked now.
pub(super) async fn look(
    channel: &Channel,
    delivery: &Delivery,
    chosen: &StanzaId,
    stale: bool,
) -> Result<Looked, WahaError> {
    let found = find(channel, delivery, chosen).await?;
    let after = outcome::of_look(&found, delivery.attempts, delivery.retried, stale);
    tracing::info!(channel = %channel.name, ?after, "a message that may have been sent was looked for");
    Ok(match (after, found) {
        (AfterLook::Sent, Whereabouts::There(id)) => {
            Looked::Sent(Sent { stanza: Some(chosen.clone()), message_id: Some(id) })
        }
        (AfterLook::SameAgain, _) => Looked::SameAgain,
        (AfterLook::Dead(why), _) => Looked::Dead(why),
        (AfterLook::Anew, _) => settle(channel, delivery, true).await,
        (AfterLook::Sent | AfterLook::Unknown, _) => settle(channel, delivery, false).await,
    })
}

/// Under every address of the chat: the call was made under one of them, and it may be another by now.
async fn find(channel: &Channel, delivery: &Delivery, chosen: &StanzaId) -> Result<Whereabouts, WahaError> {
    let Some(chat) = delivery.lane.chat else { return Ok(Whereabouts::Unsaid) };
    let addresses = channel.store.read(move |tx| tx.chat_addresses(chat)).await;
    let mut found = Whereabouts::Absent;
    for address in addresses.map_err(|error| unread(&error))? {
        match channel.whatsapp.whereabouts(&address, chosen).await? {
            there @ Whereabouts::There(_) => return Ok(there),
            Whereabouts::Unsaid => found = Whereabouts::Unsaid,
            Whereabouts::Absent => {}
        }
    }
    Ok(found)
}

/// The delivery is put back as after any call that told nothing.
fn unread(error: &StoreError) -> WahaError {
    tracing::error!(%error, "the addresses of a chat cannot be read");
    WahaError::Unknown
}

async fn settle(channel: &Channel, delivery: &Delivery, anew: bool) -> Looked {
    let (delivery, now) = (delivery.clone(), channel.clock.now());
    channel
        .insist(
            move |tx| {
                if anew { tx.begin_anew(delivery.seq, now) } else { recover::may_have_been_sent(tx, &delivery, now) }
            },
        )
        .await;
    Looked::Settled
}
