//! A file becomes such as the other side's apps show, where the configuration names an ffmpeg.

use super::fetch::held;
use super::worker::Unfetched;
use crate::bridge::channel::Channel;
use crate::event::{MediaKind, MediaRef};
use crate::media::{Converter, Incoming, Recipe, Taken, names};
use crate::store::MediaRow;

/// What cannot be converted goes as it is, as a document. A voice message stays one without ffmpeg: most apps play it.
pub(super) async fn for_signal(channel: &Channel, row: &MediaRow, described: &MediaRef, file: Taken) -> Taken {
    match (Recipe::to_signal(&file), &channel.files.converter) {
        (Some(recipe), Some(converter)) => better(channel, row, described, (converter, recipe, file)).await,
        _ => file,
    }
}

/// What WhatsApp does not show as a picture becomes one, or goes as a document where nothing can be made of it.
pub(super) async fn for_whatsapp(channel: &Channel, row: &MediaRow, described: &MediaRef, file: Taken) -> Taken {
    match (Recipe::to_whatsapp(&file), &channel.files.converter) {
        (Some(recipe), Some(converter)) => better(channel, row, described, (converter, recipe, file)).await,
        _ => Taken { kind: on_whatsapp(file.kind, &file.mimetype), ..file },
    }
}

/// WAHA makes films and sound playable, and leaves pictures as they are; of these WhatsApp's apps show JPEG and PNG.
fn on_whatsapp(kind: MediaKind, mimetype: &str) -> MediaKind {
    match (kind, mimetype) {
        (MediaKind::Picture | MediaKind::Sticker, "image/jpeg" | "image/png") => MediaKind::Picture,
        (MediaKind::Picture | MediaKind::Sticker, _) => MediaKind::Document,
        _ => kind,
    }
}

async fn better(
    channel: &Channel,
    row: &MediaRow,
    described: &MediaRef,
    (converter, recipe, file): (&Converter, Recipe, Taken),
) -> Taken {
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
    // It is called as before, and ends as what it is now.
    let called = described.name.as_ref().map(|_| names::stem(&file.name));
    let described = MediaRef { size: None, kind: recipe.makes(), name: called, ..described.clone() };
    let place = (name.as_str(), row.id.as_ref());
    let into = Incoming::begin(folder, &channel.files.config, place, &described, held).await?;
    Ok(converter.convert(recipe, source, into).await?.finish(&described).await?)
}
