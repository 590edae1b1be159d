//! The files of what the owner typed, to WhatsApp: a message each, one after the other, the words with the first. Each is
//! written down before the next begins, so that whatever comes in between, none goes twice by itself.

use super::worker::{fail, remove};
use crate::bridge::carry_whatsapp::{self, Way};
use crate::bridge::channel::Channel;
use crate::bridge::intake::about;
use crate::bridge::tell::{self, Say};
use crate::bridge::to_whatsapp::Written;
use crate::bridge::{limits, naming, sent};
use crate::event::{Event, MediaFailure, Notice, Typed, TypedBody, Undelivered};
use crate::failpoint::reach;
use crate::media::Lent;
use crate::store::{Delivery, MediaFile, MediaId, MediaRow, MediaState};
use crate::whatsapp::SendFile;

/// Carries the next file of a delivery. False if it stays because of something that passes.
pub(in crate::bridge) async fn carry(
    channel: &Channel,
    delivery: Delivery,
    typed: &Typed,
    way: Way,
    failures: u32,
) -> bool {
    let id = delivery.id;
    let Ok(rows) = channel.store.read(move |tx| tx.media_of(id)).await else {
        channel.clock.sleep(limits::backoff(1)).await;
        return false;
    };
    // An edit can have taken the place of a text that was to come as a file.
    let count = typed.body.files().len();
    let rows: Vec<_> = rows.into_iter().filter(|row| row.position < count).collect();
    let lost: Vec<_> = rows.iter().filter(|row| !can_go(row)).cloned().collect();
    if !lost.is_empty() {
        let goes_on = rows.iter().any(|row| row.state == MediaState::Here && row.file.is_some());
        return tell_lost(channel, delivery, typed, lost, (begun(&rows), goes_on)).await;
    }
    let rest: Vec<_> = rows.iter().filter(|row| row.state == MediaState::Here).collect();
    let Some((row, file)) = rest.first().and_then(|row| Some((row.id, row.file.clone()?))) else {
        // What is sent goes with the delivery, and what is lost was told: then there was never one.
        return carry_whatsapp::dead(channel, delivery, Undelivered::Unreadable).await;
    };
    let is_last = rest.len() == 1;
    let Some(lent) = lend(channel, row, &file).await else { return true };
    let caption = caption(channel, typed, &way, begun(&rows)).await;
    let request = request(caption, &way, &lent, &file, begun(&rows));
    send(channel, delivery, typed, request, (row, is_last), failures).await
}

/// Whether one was sent already, with the words.
fn begun(rows: &[MediaRow]) -> bool {
    rows.iter().any(|row| row.state == MediaState::Sent)
}

/// Whether a file was sent, or is here whole.
fn can_go(row: &MediaRow) -> bool {
    match row.state {
        MediaState::Sent => true,
        MediaState::Here => row.file.is_some(),
        MediaState::Wanted | MediaState::Failed => false,
    }
}

/// What cannot go is said, a line each, and the rest goes: words alone too.
async fn tell_lost(
    channel: &Channel,
    delivery: Delivery,
    typed: &Typed,
    lost: Vec<MediaRow>,
    (begun, goes_on): (bool, bool),
) -> bool {
    let (channel_id, now, typed) = (channel.id, channel.clock.now(), typed.clone());
    let gone: Vec<_> = lost.iter().map(|row| row.id).collect();
    tracing::warn!(channel = %channel.name, count = gone.len(), "files do not go to WhatsApp");
    channel
        .insist(move |tx| {
            if !tx.is_as_read(&delivery)? {
                // Edited or taken back meanwhile: it is read again.
                return Ok(());
            }
            for row in &lost {
                let kind = typed.body.files().get(row.position).map(|file| file.kind.as_unsupported());
                let why = row.why.unwrap_or(MediaFailure::Broken);
                let notice = Notice::FileNotSent { about: about(&typed), file: kind, why };
                match delivery.lane.chat {
                    Some(chat) => tell::owner(tx, Say::portal(channel_id, chat, &notice), now)?,
                    None => tell::owner(tx, Say::control(channel_id, &notice), now)?,
                };
                tx.drop_media(row.id)?;
            }
            match words(&typed).filter(|_| !begun) {
                _ if goes_on => {}
                Some(words) => tx.replace_event(&delivery, &Event::Typed(words))?,
                None => tx.finish(delivery.seq)?,
            }
            reach!("files.lost.before_commit");
            Ok(())
        })
        .await;
    remove(channel, &gone).await;
    true
}

/// What is left of a message whose files all got lost.
fn words(typed: &Typed) -> Option<Typed> {
    let TypedBody::Files { caption: Some(caption), .. } = &typed.body else { return None };
    Some(Typed { body: TypedBody::Text(caption.clone()), ..typed.clone() })
}

/// Lays the file out for WAHA. One that is not in the folder, as after a restore, is told of the next time round.
async fn lend(channel: &Channel, row: MediaId, file: &MediaFile) -> Option<Lent> {
    let name = row.file_name();
    let here = channel.files.folder.read(&name, &file.key, row.as_ref()).await.is_ok();
    let lent = here.then(|| channel.files.shelf.lend((&name, row.as_ref()), &file.key, &file.mimetype, file.size));
    if let Some(Some(lent)) = lent {
        return Some(lent);
    }
    let why = if here { MediaFailure::NoWay } else { MediaFailure::Gone };
    fail(channel, row, why).await;
    None
}

/// The words go with the first.
async fn caption(channel: &Channel, typed: &Typed, way: &Way, begun: bool) -> Option<Written> {
    match &typed.body {
        TypedBody::Files { caption: Some(caption), .. } if !begun => {
            Some(naming::write(channel, &way.address, caption).await)
        }
        _ => None,
    }
}

fn request(caption: Option<Written>, way: &Way, lent: &Lent, file: &MediaFile, begun: bool) -> SendFile {
    let (caption, mentions) = caption.map(|written| (written.words, written.mentions)).unzip();
    SendFile {
        chat: way.address.clone(),
        kind: file.kind,
        url: lent.url().clone(),
        mimetype: file.mimetype.clone(),
        name: file.name.clone(),
        caption,
        mentions: mentions.unwrap_or_default(),
        reply_to: way.reply_to.clone().filter(|_| !begun),
    }
}

async fn send(
    channel: &Channel,
    delivery: Delivery,
    typed: &Typed,
    request: SendFile,
    (row, is_last): (MediaId, bool),
    failures: u32,
) -> bool {
    let _permit = channel.whatsapp_calls.acquire().await;
    if !carry_whatsapp::begin(channel, &delivery, &request.chat, None).await {
        return false;
    }
    reach!("to_whatsapp.before_file");
    let answer = channel.whatsapp.send_file(&request).await;
    reach!("to_whatsapp.after_file");
    match answer {
        Ok(answer) => {
            let part = sent::Part { row, is_last };
            sent::record(channel, delivery, typed, request.chat, answer, None, Some(part)).await;
            remove(channel, &[row]).await;
            true
        }
        Err(error) => carry_whatsapp::failed(channel, delivery, error, None, failures).await,
    }
}

/// Why what was typed cannot be carried as a whole: there is no way for files.
#[must_use]
pub(in crate::bridge) fn refusal(body: &TypedBody, go: bool) -> Option<Undelivered> {
    if matches!(body, TypedBody::Long { .. }) {
        return (!go).then_some(Undelivered::Truncated);
    }
    let first = body.files().first().filter(|_| !go)?;
    Some(Undelivered::NotCarried(first.kind.as_unsupported()))
}
