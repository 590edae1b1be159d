//! Fetches a file from WAHA. WAHA keeps it for minutes; later it is asked to get it again.

use futures_util::StreamExt as _;

use super::worker::Unfetched;
use crate::bridge::channel::Channel;
use crate::event::{MediaFailure, MediaRef, Message};
use crate::media::{Incoming, Taken};
use crate::redact::Private;
use crate::store::MediaRow;
use crate::whatsapp::{Download, WahaError};

pub(super) async fn file(
    channel: &Channel,
    row: &MediaRow,
    file: &MediaRef,
    message: &Message,
) -> Result<Taken, Unfetched> {
    let name = row.id.file_name();
    let place = (name.as_str(), row.id.as_ref());
    let media = &channel.files.config;
    // Refused before WAHA is asked, if its message says that it is too large.
    let mut incoming = Incoming::begin(&channel.files.folder, media, place, file).await?;
    let mut download = begin(channel, row, file, message).await?;
    while let Some(piece) = download.pieces.next().await {
        incoming.take(&piece.map_err(unfetched)?).await?;
    }
    Ok(incoming.finish(file).await?)
}

/// Where the message says it lies, the first time; WAHA has forgotten it after that.
async fn begin(channel: &Channel, row: &MediaRow, file: &MediaRef, message: &Message) -> Result<Download, Unfetched> {
    if let Some(place) = file.place.as_ref().filter(|_| row.attempts == 0) {
        match channel.whatsapp.download(place).await {
            Err(WahaError::Refused | WahaError::NoMessage) => {}
            begun => return begun.map_err(unfetched),
        }
    }
    let place = asked(channel, message).await?;
    channel.whatsapp.download(&place).await.map_err(unfetched)
}

async fn asked(channel: &Channel, message: &Message) -> Result<Private, Unfetched> {
    let place = channel.whatsapp.ask_for_file(&message.chat, &message.message_id).await;
    place.map_err(|error| match error {
        // The engine failed, as it does when WhatsApp has the file no more.
        WahaError::Unknown => Unfetched::Again(MediaFailure::Gone),
        error => unfetched(error),
    })
}

fn unfetched(error: WahaError) -> Unfetched {
    match error {
        WahaError::Refused | WahaError::NoMessage | WahaError::ColdContact => Unfetched::Again(MediaFailure::Gone),
        WahaError::Unknown => Unfetched::Again(MediaFailure::Broken),
        WahaError::Unreachable
        | WahaError::Untrusted
        | WahaError::NotReady
        | WahaError::Unauthorised
        | WahaError::RateLimited { .. } => Unfetched::Later(MediaFailure::Gone),
    }
}
