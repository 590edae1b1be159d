//! A file becomes such as the other side's apps show; for most of it the configuration has to name an ffmpeg.

use super::worker::Unfetched;
use crate::bridge::channel::Channel;
use crate::event::{MediaKind, MediaRef};
use crate::media::{Incoming, Recipe, Taken, names};
use crate::store::MediaRow;

/// Of what nothing can be made goes as it is, and most of it as a document. A voice message stays one without ffmpeg: most apps
/// play it.
pub(super) async fn for_signal(channel: &Channel, row: &MediaRow, described: &MediaRef, file: Taken) -> Taken {
    match recipe(channel, Recipe::to_signal(&file)) {
        Some(recipe) => better(channel, row, described, (recipe, file)).await,
        None => file,
    }
}

/// What WhatsApp does not show as a picture becomes one, or goes as a document where nothing can be made of it.
pub(super) async fn for_whatsapp(channel: &Channel, row: &MediaRow, described: &MediaRef, file: Taken) -> Taken {
    match recipe(channel, Recipe::to_whatsapp(&file)) {
        Some(recipe) => better(channel, row, described, (recipe, file)).await,
        None => Taken { kind: on_whatsapp(file.kind, &file.mimetype), ..file },
    }
}

fn recipe(channel: &Channel, wanted: Option<Recipe>) -> Option<Recipe> {
    wanted.filter(|recipe| channel.files.converter.can(*recipe))
}

/// WAHA makes films and sound playable, and leaves pictures as they are; of these WhatsApp's apps show JPEG and PNG.
fn on_whatsapp(kind: MediaKind, mimetype: &str) -> MediaKind {
    match (kind, mimetype) {
        (MediaKind::Picture | MediaKind::Sticker, "image/jpeg" | "image/png") => MediaKind::Picture,
        (MediaKind::Picture | MediaKind::Sticker, _) => MediaKind::Document,
        _ => kind,
    }
}

async fn better(channel: &Channel, row: &MediaRow, described: &MediaRef, (recipe, file): (Recipe, Taken)) -> Taken {
    match convert(channel, row, described, (recipe, &file)).await {
        Ok(better) => better,
        Err(why) => {
            tracing::warn!(channel = %channel.name, ?recipe, ?why, "a file could not be converted and goes as it came");
            Taken { kind: recipe.otherwise(), ..file }
        }
    }
}

/// It takes the place of the other one once it is whole.
async fn convert(
    channel: &Channel,
    row: &MediaRow,
    described: &MediaRef,
    (recipe, file): (Recipe, &Taken),
) -> Result<Taken, Unfetched> {
    let (folder, name) = (&channel.files.folder, row.id.file_name());
    let source = folder.read(&name, &file.key, row.id.as_ref()).await?;
    // It is called as before, and ends as what it is now.
    let called = described.name.as_ref().map(|_| names::stem(&file.name));
    let described = MediaRef { size: None, kind: recipe.makes(), name: called, ..described.clone() };
    let place = (name.as_str(), row.id.as_ref());
    let into = Incoming::begin(folder, &channel.files.config, place, &described).await?;
    Ok(channel.files.converter.convert(recipe, source, into).await?.finish(&described).await?)
}
