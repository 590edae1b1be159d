//! Texts that are longer than a message of Signal may be: the whole comes in a file, and takes the place of the beginning
//! before anything is sent.

use super::worker::remove;
use crate::bridge::carry_whatsapp;
use crate::bridge::channel::Channel;
use crate::bridge::limits;
use crate::event::{Event, MediaRef, Rich, Typed, TypedBody, Undelivered};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::signal;
use crate::store::{Delivery, MediaRow, MediaState};

/// The longest text that is taken, in bytes. Signal's apps stop at a quarter of it.
const LONGEST: u64 = 256 * 1024;

/// Puts the whole text into the delivery, or ends that with a line. False if it stays because of something that passes.
pub(in crate::bridge) async fn unfold(
    channel: &Channel,
    delivery: Delivery,
    typed: &Typed,
    (files, marks): (&[MediaRef], &Private),
) -> bool {
    let id = delivery.id;
    let Ok(rows) = channel.store.read(move |tx| tx.media_of(id)).await else {
        channel.clock.sleep(limits::backoff(1)).await;
        return false;
    };
    let row = rows.into_iter().find(|row| row.position + 1 == files.len());
    let text = match &row {
        Some(row) => read(channel, row).await,
        None => None,
    };
    let (Some(row), Some(text)) = (row, text) else {
        return carry_whatsapp::dead(channel, delivery, Undelivered::Truncated).await;
    };
    let (last, body) = (row.id, body(files, signal::whole(&text, marks)));
    let event = Event::Typed(Typed { body, ..typed.clone() });
    let unfolded = channel
        .insist(move |tx| {
            // Not what the owner has edited meanwhile.
            let unfolded = tx.is_as_read(&delivery)?;
            if unfolded {
                tx.replace_event(&delivery, &event)?;
                tx.drop_media(last)?;
            }
            reach!("files.unfold.before_commit");
            Ok(unfolded)
        })
        .await;
    if unfolded {
        remove(channel, &[last]).await;
    }
    true
}

fn body(files: &[MediaRef], text: Rich) -> TypedBody {
    match files.split_last() {
        Some((_, others)) if !others.is_empty() => TypedBody::Files { files: others.to_vec(), caption: Some(text) },
        _ => TypedBody::Text(text),
    }
}

/// What lies in the folder, if it is there whole and a text.
async fn read(channel: &Channel, row: &MediaRow) -> Option<Private> {
    let file = row.file.as_ref().filter(|file| row.state == MediaState::Here && file.size <= LONGEST)?;
    let mut sealed = channel.files.folder.read(&row.id.file_name(), &file.key, row.id.as_ref()).await.ok()?;
    let mut bytes = Vec::new();
    while let Some(piece) = sealed.next().await.ok()? {
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).ok().map(Private::from)
}
