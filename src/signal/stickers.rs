//! Stickers: a message names one by its pack and its number in it, and signal-cli fetches the pack when it is asked. Which
//! is `MediaRef::place` of a sticker: no file of signal-cli's folder has a name with a slash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::envelope::DataMessage;
use super::error::SignalError;
use super::link::Link;
use super::rpc::Params;
use crate::event::{MediaKind, MediaRef};
use crate::redact::Private;

/// The call. signal-cli fetches the whole pack first, up to 200 stickers, if it does not have it, and goes on with that when nobody
/// waits any more: then the next call finds it.
pub(super) const METHOD: &str = "getSticker";

/// The answer to `getSticker`.
#[derive(Deserialize)]
struct Answer {
    data: Private,
}

/// The sticker of a message as a file, if it has one that can be asked for.
pub(super) fn of(data: &DataMessage) -> Option<MediaRef> {
    let sticker = data.sticker.as_ref()?;
    let pack = sticker.pack_id.as_ref().filter(|pack| is_pack(pack.reveal()))?;
    let place = format!("{}/{}", pack.reveal(), sticker.sticker_id?);
    Some(MediaRef { kind: MediaKind::Sticker, place: Some(place.into()), name: None, size: None, once: false })
}

/// Signal's ids of packs are 16 bytes, which signal-cli writes in hexadecimal.
fn is_pack(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn parameters(place: &Private) -> Option<Params> {
    let (pack, number) = place.reveal().split_once('/')?;
    let number: u32 = number.parse().ok()?;
    let named = [("packId", json!(pack)), ("stickerId", json!(number))];
    Some(named.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

impl Link {
    /// The bytes of a sticker.
    ///
    /// # Errors
    ///
    /// [`SignalError::Refused`] if there is no such sticker (any more).
    pub async fn sticker(&self, place: &Private) -> Result<Zeroizing<Vec<u8>>, SignalError> {
        let answer: Answer = self.ask(METHOD, parameters(place).ok_or(SignalError::Refused)?).await?;
        STANDARD.decode(answer.data.reveal()).map(Zeroizing::new).map_err(|_| SignalError::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(sticker: &serde_json::Value) -> Option<Private> {
        let data: DataMessage = serde_json::from_value(json!({ "sticker": sticker })).unwrap();
        of(&data).and_then(|file| file.place)
    }

    #[test]
    fn only_what_can_be_one_is_asked_for() {
        let pack = "70707070707070707070707070707070";
        let place_of = |pack: &str, id: i64| place(&json!({ "packId": pack, "stickerId": id }));
        let found = place_of(pack, 3).unwrap();
        assert_eq!(found.reveal(), format!("{pack}/3"));
        assert_eq!(json!(parameters(&found).unwrap()), json!({ "packId": pack, "stickerId": 3 }));
        for odd in [place_of("", 3), place_of("../../../../../../../../etc/pass", 3), place(&json!({ "packId": pack }))]
        {
            assert_eq!(odd, None);
        }
        assert!(parameters(&"picture.jpg".into()).is_none());
    }
}
