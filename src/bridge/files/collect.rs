//! Takes a file from signal-cli's folder. signal-cli has written it before it told of the message. For a sticker it is asked.

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::worker::Unfetched;
use crate::bridge::channel::Channel;
use crate::event::{MediaFailure, MediaKind, MediaRef};
use crate::media::disk::File;
use crate::media::{Incoming, MediaError, Taken};
use crate::signal::SignalError;
use crate::store::MediaRow;
use crate::vault::PIECE;

pub(super) async fn file(channel: &Channel, row: &MediaRow, file: &MediaRef) -> Result<Taken, Unfetched> {
    match file.kind {
        MediaKind::Sticker => sticker(channel, row, file).await,
        _ => attachment(channel, row, file).await,
    }
}

async fn sticker(channel: &Channel, row: &MediaRow, file: &MediaRef) -> Result<Taken, Unfetched> {
    let place = file.place.as_ref().ok_or(Unfetched::Failed(MediaFailure::Gone))?;
    let bytes = channel.signal.sticker(place).await.map_err(unasked)?;
    let mut incoming = begin(channel, row, file).await?;
    incoming.take(&bytes).await?;
    Ok(incoming.finish(file).await?)
}

async fn begin(channel: &Channel, row: &MediaRow, file: &MediaRef) -> Result<Incoming, Unfetched> {
    let (own, media) = (row.id.file_name(), &channel.files.config);
    Ok(Incoming::begin(&channel.files.folder, media, (&own, row.id.as_ref()), file).await?)
}

/// What signal-cli cannot fetch now it may the next time, but for one that does not exist.
fn unasked(error: SignalError) -> Unfetched {
    match error {
        SignalError::Down | SignalError::SignedOut => Unfetched::Later(MediaFailure::Gone),
        _ => Unfetched::Again(MediaFailure::Gone),
    }
}

async fn attachment(channel: &Channel, row: &MediaRow, file: &MediaRef) -> Result<Taken, Unfetched> {
    let (Some(folder), Some(name)) = (&channel.files.attachments, &file.place) else {
        return Err(Unfetched::Failed(MediaFailure::NoWay));
    };
    let source = open(&folder.join(name.reveal())).await?;
    let mut incoming = begin(channel, row, file).await?;
    loop {
        let piece = source.read(PIECE).await.map_err(MediaError::from)?;
        if piece.is_empty() {
            return Ok(incoming.finish(file).await?);
        }
        incoming.take(&piece).await?;
    }
}

/// Follows no link: whoever can write there should not choose what is read elsewhere.
async fn open(path: &Path) -> Result<File, Unfetched> {
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let options = std::fs::OpenOptions::new().read(true).custom_flags(no_follow).to_owned();
    let file = File::open(&options, path).await;
    file.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Unfetched::Again(MediaFailure::Gone),
        _ => Unfetched::Later(MediaFailure::Gone),
    })
}
