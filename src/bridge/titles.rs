//! The titles of portals follow what their chats are called: the owner's name for somebody, else a business's, else what they
//! call themselves, else the number. A better name is never replaced by a worse one, and a group that the owner has named
//! stays so.

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use super::portal::Halt;
use super::rounds::{self, Rhythm};
use super::title::{self, Rank};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::signal::SignalError;
use crate::store::Titled;

/// Sees to titles until `stop`, one after the other, beside the lanes.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let ready = async || {
        channel.signal_ready().await;
        channel.whatsapp_ready().await;
    };
    let rhythm = Rhythm { pace: limits::TITLE_PACE, rest: limits::TITLES, bell: &channel.titles_due };
    stop.run_until_cancelled(rounds::keep(channel, rhythm, ready, || next(channel))).await;
}

/// Sees to one portal. False if none was left.
async fn next(channel: &Channel) -> Result<bool, Halt> {
    let (id, before) = (channel.id, channel.clock.now().minus(limits::TITLE_AGAIN));
    let Some(titled) = channel.store.read(move |tx| tx.title_due(id, before)).await? else { return Ok(false) };
    match wanted(channel, &titled).await? {
        Some((title, rank)) => rename(channel, titled, title, rank).await?,
        None => seen(channel, &titled, false).await?,
    }
    Ok(true)
}

/// What it should be called; nothing if that is what it is called, or no better.
async fn wanted(channel: &Channel, titled: &Titled) -> Result<Option<(Private, Rank)>, Halt> {
    let chat = titled.portal.chat;
    let address = channel.store.read(move |tx| tx.chat_address(chat)).await?;
    // What WAHA does not say now it says the next time.
    let Some(known) = title::known(channel, &address).await else { return Ok(None) };
    let (title, rank, before) = (known.of_portal(), known.rank, titled.clone());
    let same = {
        let title = title.clone();
        channel.store.read(move |tx| Ok(tx.has_title(&before, &title))).await?
    };
    Ok((!same && rank as i64 >= titled.rank).then_some((title, rank)))
}

async fn rename(channel: &Channel, titled: Titled, title: Private, rank: Rank) -> Result<(), Halt> {
    let group = match channel.signal.group(&titled.portal.group).await {
        Ok(group) => group,
        Err(SignalError::Refused) => None,
        Err(error) => return Err(error.into()),
    };
    let Some(current) = group.and_then(|group| group.name) else { return seen(channel, &titled, false).await };
    let (before, wanted, called) = (titled.clone(), title.clone(), current.clone());
    if !channel.store.read(move |tx| Ok(tx.is_own_title(&before, &called, &wanted))).await? {
        return seen(channel, &titled, true).await;
    }
    if current != title {
        call(channel, &titled, &title).await?;
    }
    let (portal, now) = (titled.portal.id, channel.clock.now());
    let noted = channel.store.write(move |tx| {
        tx.title_is_set(portal, &title, rank as i64, now)?;
        reach!("titles.set.before_commit");
        Ok(())
    });
    Ok(noted.await?)
}

/// Noted before the call, so that what it did is known for the bridge's own also if its answer is lost.
async fn call(channel: &Channel, titled: &Titled, title: &Private) -> Result<(), Halt> {
    let (portal, wanted) = (titled.portal.id, title.clone());
    let noted = channel.store.write(move |tx| {
        tx.try_title(portal, &wanted)?;
        reach!("titles.try.before_commit");
        Ok(())
    });
    noted.await?;
    let answer = channel.signal.rename_group(&titled.portal.group, title).await;
    reach!("titles.after_call");
    Ok(answer?)
}

/// It stays as it is.
async fn seen(channel: &Channel, titled: &Titled, is_owners: bool) -> Result<(), Halt> {
    let (portal, now) = (titled.portal.id, channel.clock.now());
    Ok(channel.store.write(move |tx| tx.title_is_seen(portal, is_owners, now)).await?)
}
