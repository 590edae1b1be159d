//! WAHA's session says that it works, and nothing comes: some engines do so until they are restarted.

use super::channel::Channel;
use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::Notice;
use crate::store::{ChannelId, Sign, StoreError, Tx};

/// Restarts a session that works and is silent. `working_since` is since when it works, as far as was seen.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) async fn look(channel: &Channel, working_since: Moment) -> Result<(), StoreError> {
    let (id, now) = (channel.id, channel.clock.now());
    let Some(silence) = channel.silence else { return Ok(()) };
    if now.since(working_since) < silence {
        return Ok(());
    }
    let is_due = channel.store.read(move |tx| due(tx, id, silence, now)).await?;
    if is_due && says_it_works(channel).await {
        channel.store.write(move |tx| record(tx, id, now)).await?;
        restart(channel).await;
    }
    Ok(())
}

/// A channel in which little happens may be quiet for days and well.
fn due(tx: &Tx<'_>, channel: ChannelId, silence: std::time::Duration, now: Moment) -> Result<bool, StoreError> {
    let Some(last) = tx.noted(channel, Sign::FromWhatsApp)? else { return Ok(false) };
    let is_silent = last.age(now) >= silence && last.days_of_week() >= limits::BUSY_DAYS;
    let may = restarts_since(tx, channel, last.at)?
        .is_none_or(|(count, at)| count < limits::RESTARTS && now.since(at) >= limits::RESTART_PACE);
    Ok(is_silent && may)
}

/// How often the session was restarted in this silence, and when last.
fn restarts_since(tx: &Tx<'_>, channel: ChannelId, last: Moment) -> Result<Option<(i64, Moment)>, StoreError> {
    let restart = tx.noted(channel, Sign::Restart)?.filter(|restart| restart.at > last);
    Ok(restart.map(|restart| (restart.count, restart.at)))
}

/// Asked at the last moment: a session that waits for its QR code or was logged out is a person's matter, and a restart
/// would only begin that anew.
async fn says_it_works(channel: &Channel) -> bool {
    match channel.whatsapp.session().await {
        Ok(session) if session.status == "WORKING" => {
            let connected = session.connected;
            tracing::warn!(channel = %channel.name, ?connected, "WAHA's session says it works and has been silent");
            true
        }
        _ => {
            channel.session_changed.notify_one();
            false
        }
    }
}

/// Before the call: a crash in between must not make it a loop. Told with the first restart of a silence.
fn record(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<(), StoreError> {
    let last = tx.noted(channel, Sign::FromWhatsApp)?.map_or(now, |last| last.at);
    let is_first = restarts_since(tx, channel, last)?.is_none();
    if is_first {
        tx.forget(channel, Sign::Restart)?;
        let notice = Notice::WhatsAppSilent { silent: now.since(last) };
        tell::owner(tx, Say::control(channel, &notice), now)?;
    }
    tx.note(channel, Sign::Restart, now)
}

async fn restart(channel: &Channel) {
    match channel.whatsapp.restart().await {
        Ok(()) => tracing::info!(channel = %channel.name, "WAHA's session was restarted"),
        Err(error) => tracing::warn!(channel = %channel.name, %error, "WAHA did not restart the session"),
    }
    channel.session_changed.notify_one();
}
