//! Brings a restored store to the present, before anything is served from it.
//!
//! The store knows nothing of what came after it was copied. So nothing in it is sent to WhatsApp, where it may be
//! already; what goes to Signal is marked; no group made since is adopted, because every open intent is dropped, and
//! one opened later knows all the groups there are; and every portal is looked at before it is written into.

use super::recover;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::Notice;
use crate::store::{Store, StoreError, Tx};

/// The name under which the time of the last restore is noted.
const MARK: &str = "restored";

/// Settles everything in one transaction. Returns how many messages to WhatsApp the owner is asked about.
///
/// # Errors
///
/// Any [`StoreError`]; then nothing is changed.
pub async fn settle(store: &Store, now: Moment) -> Result<usize, StoreError> {
    store.write(move |tx| all(tx, now)).await
}

fn all(tx: &Tx<'_>, now: Moment) -> Result<usize, StoreError> {
    tx.drop_all_intents()?;
    tx.doubt_portals()?;
    tx.doubt_deliveries()?;
    tx.forget_outages()?;
    let mut asked = 0;
    for channel in tx.channels()? {
        let notice = Notice::Restored { behind: now.since(tx.last_accepted(channel)?) };
        tell::owner(tx, Say::control(channel, &notice).once(MARK), now)?;
        for delivery in tx.open_to_whatsapp(channel)? {
            recover::may_have_been_sent(tx, &delivery, now)?;
            asked += 1;
        }
    }
    tx.set_last_run(MARK, now)?;
    Ok(asked)
}
