//! A file that came from WhatsApp becomes such as Signal's apps show, where the configuration names an ffmpeg.

use super::fetch::held;
use super::worker::Unfetched;
use crate::bridge::channel::Channel;
use crate::event::{MediaKind, MediaRef};
use crate::media::{Converter, Incoming, Recipe, Taken};
use crate::store::MediaRow;

/// What cannot be converted goes as it is, as a document. Without ffmpeg it stays what it is: most apps show it.
pub(super) async fn for_signal(channel: &Channel, row: &MediaRow, described: &MediaRef, file: Taken) -> Taken {
    let (Some(converter), Some(recipe)) = (&channel.files.converter, Recipe::to_signal(&file)) else { return file };
    match convert(channel, row, described, (converter, recipe, &file)).await {
        Ok(better) => better,
        Err(why) => {
            tracing::warn!(channel = %channel.name, ?recipe, ?why, "a file could not be converted and goes as a document");
            Taken { kind: MediaKind::Document, ..file }
        }
    }
}

/// It takes the place of the other one once it is whole.
async fn convert(
    channel: &Channel,
    row: &MediaRow,
    described: &MediaRef,
    (converter, recipe, file): (&Converter, Recipe, &Taken),
) -> Result<Taken, Unfetched> {
    let (held, folder, name) = (held(channel).await?, &channel.files.folder, row.id.file_name());
    let source = folder.read(&name, &file.key, row.id.as_ref()).await?;
    let described = MediaRef { size: None, ..described.clone() };
    let place = (name.as_str(), row.id.as_ref());
    let into = Incoming::begin(folder, &channel.files.config, place, &described, held).await?;
    Ok(converter.convert(recipe, source, into).await?.finish(&described).await?)
}
