//! Watches the WhatsApp side: WAHA and its session. What WAHA's API says counts; webhooks and failed calls only make it
//! be asked at once.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Notice, OutageCause};
use crate::failpoint::reach;
use crate::store::{ChannelId, Side, Sign, StoreError, Tx};
use crate::whatsapp::WahaError;

const NOTICE: &str = "whatsapp down";

/// Watches until `stop`.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let (mut failures, mut rung, mut scanning) = (0, false, false);
    loop {
        let trouble = ask(channel).await;
        scanning |= trouble == Some(OutageCause::ScanQrCode);
        let linked = trouble.is_none() && std::mem::take(&mut scanning);
        record(channel, trouble, linked).await;
        look_for_gap(channel, trouble, rung);
        channel.whatsapp_trouble.send_if_modified(|known| std::mem::replace(known, trouble) != trouble);
        failures = if trouble.is_some() { failures + 1 } else { 0 };
        let pause = if failures == 0 { Duration::from_mins(1) } else { limits::backoff(failures).min(HURRY) };
        rung = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = channel.session_changed.notified() => true,
            () = channel.clock.sleep(pause) => false,
        };
    }
}

/// After an outage something may have been missed. WAHA can also restart between two questions: then its session says
/// so in a webhook.
fn look_for_gap(channel: &Channel, trouble: Option<OutageCause>, rung: bool) {
    let was_down = channel.whatsapp_trouble.borrow().is_some();
    match trouble {
        Some(_) => {}
        None if was_down || rung => channel.gap.open(),
        None => channel.gap.is_fine(channel.clock.now()),
    }
}

/// A side that is down is asked at least this often.
const HURRY: Duration = Duration::from_secs(30);

async fn ask(channel: &Channel) -> Option<OutageCause> {
    let trouble = match channel.whatsapp.session().await {
        Ok(session) => cause(&session.status),
        Err(WahaError::Untrusted) => Some(OutageCause::Untrusted),
        Err(WahaError::Unauthorised) => Some(OutageCause::Unauthorised),
        Err(WahaError::Refused | WahaError::NoMessage | WahaError::ColdContact | WahaError::NotReady) => {
            Some(OutageCause::NoSession)
        }
        Err(WahaError::Unreachable | WahaError::RateLimited { .. } | WahaError::Unknown) => {
            Some(OutageCause::Unreachable)
        }
    };
    let was_down = channel.whatsapp_trouble.borrow().is_some();
    if trouble.is_none() && (was_down || channel.engine.borrow().is_none()) {
        learn_engine(channel).await;
    }
    trouble
}

fn cause(status: &str) -> Option<OutageCause> {
    match status {
        "WORKING" => None,
        "SCAN_QR_CODE" => Some(OutageCause::ScanQrCode),
        "STARTING" => Some(OutageCause::Starting),
        "STOPPED" => Some(OutageCause::Stopped),
        "FAILED" => Some(OutageCause::Failed),
        _ => Some(OutageCause::Other),
    }
}

/// After each outage, because WAHA may have been updated in it.
async fn learn_engine(channel: &Channel) {
    if let Ok(engine) = channel.whatsapp.version().await {
        channel.engine.send_replace(Some(engine));
    }
}

/// `linked` says that the phone has just linked the session: then it was there.
async fn record(channel: &Channel, trouble: Option<OutageCause>, linked: bool) {
    let known = *channel.whatsapp_trouble.borrow();
    if known != trouble {
        tracing::info!(channel = %channel.name, ?trouble, "the WhatsApp side changed");
    }
    let (id, now) = (channel.id, channel.clock.now());
    let job = move |tx: &Tx<'_>| {
        if linked {
            tx.note_latest(id, Sign::Phone, now)?;
        }
        let recorded = match trouble {
            Some(cause) => down(tx, id, cause, now),
            None => up(tx, id, now),
        };
        reach!("whatsapp_side.before_commit");
        recorded
    };
    if let Err(error) = channel.store.write(job).await {
        tracing::error!(channel = %channel.name, %error, "the state of the WhatsApp side is not recorded");
    }
}

/// One notice after a minute. While it waits it names the present cause.
fn down(tx: &Tx<'_>, channel: ChannelId, cause: OutageCause, now: Moment) -> Result<(), StoreError> {
    let is_new = tx.outage(channel, Side::WhatsApp)?.is_none();
    let since = tx.begin_outage(channel, Side::WhatsApp, now)?;
    let waits = tx.drop_held(channel, NOTICE)? > 0;
    if is_new || waits {
        let notice = Notice::WhatsAppDown { cause, since };
        let due = since.plus(limits::OUTAGE_NOTICE);
        tell::owner_later(tx, Say::control(channel, &notice).once(NOTICE), due, now)?;
    }
    Ok(())
}

/// Said only if the outage was.
fn up(tx: &Tx<'_>, channel: ChannelId, now: Moment) -> Result<(), StoreError> {
    let Some(since) = tx.end_outage(channel, Side::WhatsApp)? else { return Ok(()) };
    if tx.drop_held(channel, NOTICE)? == 0 {
        let notice = Notice::WhatsAppBack { after: now.since(since) };
        tell::owner(tx, Say::control(channel, &notice), now)?;
    }
    Ok(())
}
