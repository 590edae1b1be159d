//! The pictures of portals follow those of their chats, where the configuration wants it: fetched from WhatsApp's servers, and only
//! changed when they are others. A group that the owner has given a picture keeps it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::limits;
use super::portal::Halt;
use super::rounds::{self, Rhythm};
use crate::event::{Address, AddressKind};
use crate::media::sniff;
use crate::redact::Private;
use crate::store::Pictured;
use crate::whatsapp::PictureFetcher;

/// A picture as Signal takes it.
#[derive(Clone)]
struct Picture {
    mimetype: &'static str,
    data: Private,
}

impl Picture {
    /// What the apps show as one; nothing else is brought, whatever it is called.
    fn of(bytes: &[u8]) -> Option<Self> {
        let mimetype = sniff::of(bytes).mimetype;
        let is_one = matches!(mimetype, "image/jpeg" | "image/png");
        is_one.then(|| Self { mimetype, data: STANDARD.encode(bytes).into() })
    }
}

/// Sees to pictures until `stop`, one after the other, beside the lanes.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let Some(fetcher) = &channel.pictures else { return };
    let ready = async || {
        channel.signal_ready().await;
        channel.whatsapp_ready().await;
    };
    // Nothing says that there is another one, so nothing rings.
    let bell = Notify::new();
    let rhythm = Rhythm { pace: limits::PICTURE_PACE, rest: limits::PICTURES, bell: &bell };
    stop.run_until_cancelled(rounds::keep(channel, rhythm, ready, || next(channel, fetcher))).await;
}

/// Sees to one portal. False if none was left.
async fn next(channel: &Channel, fetcher: &PictureFetcher) -> Result<bool, Halt> {
    let (id, before) = (channel.id, channel.clock.now().minus(limits::PICTURE_AGAIN));
    let Some(pictured) = channel.store.read(move |tx| tx.picture_due(id, before)).await? else { return Ok(false) };
    match wanted(channel, fetcher, &pictured).await? {
        Some(picture) => bring(channel, &pictured, picture).await?,
        None => seen(channel, &pictured, false).await?,
    }
    Ok(true)
}

/// The picture that it should have; nothing if there is none, or it has it.
async fn wanted(channel: &Channel, fetcher: &PictureFetcher, pictured: &Pictured) -> Result<Option<Picture>, Halt> {
    let chat = pictured.portal.chat;
    let address = channel.store.read(move |tx| tx.chat_address(chat)).await?;
    let Some(picture) = fetch(channel, fetcher, &address).await? else { return Ok(None) };
    let (before, data) = (pictured.clone(), picture.data.clone());
    let same = channel.store.read(move |tx| Ok(tx.has_picture(&before, &data))).await?;
    Ok((!same).then_some(picture))
}

async fn fetch(channel: &Channel, fetcher: &PictureFetcher, address: &Address) -> Result<Option<Picture>, Halt> {
    if address.kind() == AddressKind::Status {
        return Ok(None);
    }
    // What WAHA does not say now it says the next time.
    let Ok(Some(place)) = channel.whatsapp.picture(address).await else { return Ok(None) };
    match fetcher.fetch(&place).await {
        Ok(bytes) => Ok(bytes.and_then(|bytes| Picture::of(&bytes))),
        Err(error) => {
            tracing::warn!(channel = %channel.name, %error, "pictures are not fetched yet");
            Err(Halt::Wait(limits::PICTURES, None))
        }
    }
}

async fn bring(channel: &Channel, pictured: &Pictured, picture: Picture) -> Result<(), Halt> {
    let group = &pictured.portal.group;
    let current = channel.signal.group_picture(group).await?;
    // It is there already if an answer was lost.
    if current.as_ref() != Some(&picture.data) {
        if !is_own(channel, pictured, current).await? {
            return seen(channel, pictured, true).await;
        }
        channel.signal.set_group_picture(group, picture.mimetype, &picture.data).await?;
    }
    let (portal, now) = (pictured.portal.id, channel.clock.now());
    Ok(channel.store.write(move |tx| tx.picture_is_set(portal, &picture.data, now)).await?)
}

/// Whether the group looks as the bridge has left it.
async fn is_own(channel: &Channel, pictured: &Pictured, current: Option<Private>) -> Result<bool, Halt> {
    let (Some(current), before) = (current, pictured.clone()) else { return Ok(true) };
    Ok(channel.store.read(move |tx| Ok(tx.has_picture(&before, &current))).await?)
}

/// It stays as it is.
async fn seen(channel: &Channel, pictured: &Pictured, is_owners: bool) -> Result<(), Halt> {
    let (portal, now) = (pictured.portal.id, channel.clock.now());
    Ok(channel.store.write(move |tx| tx.picture_is_seen(portal, is_owners, now)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_apps_show_is_a_picture() {
        let jpeg = Picture::of(b"\xff\xd8\xff\xe0\x00\x10JFIF\0").unwrap();
        assert_eq!((jpeg.mimetype, jpeg.data.reveal()), ("image/jpeg", "/9j/4AAQSkZJRgA="));
        for other in [b"<svg xmlns='x'/>".as_slice(), b"GIF89a", b"<html>", b""] {
            assert!(Picture::of(other).is_none());
        }
    }
}
