//! Files in messages, as WAHA describes them; and where they lie.

use serde_json::Value;

use super::kinds::Shape;
use super::payload::MessagePayload;
use crate::event::{MediaKind, MediaRef, Unsupported};
use crate::redact::Private;

/// Where WAHA serves files, below its base address.
const FILES: &str = "api/files/";

/// The file of a message; nothing if there is none, as with animated stickers that NOWEB does not know.
pub(super) fn of(what: Unsupported, message: &MessagePayload, shape: &Shape<'_>) -> Option<MediaRef> {
    let kind = kind(what, shape).filter(|_| message.has_media.is_set())?;
    let media = message.media.get();
    let named = media.and_then(|media| media.filename.text()).map(Private::from);
    Some(MediaRef {
        kind,
        place: media.and_then(|media| place(media.url.text()?)),
        name: named.or_else(|| text(shape.inner?, "fileName")),
        size: shape.inner.and_then(size),
        once: shape.view_once,
    })
}

fn kind(what: Unsupported, shape: &Shape<'_>) -> Option<MediaKind> {
    let is = |flag: &str| shape.inner.and_then(|inner| inner.get(flag)) == Some(&Value::Bool(true));
    Some(match what {
        Unsupported::Picture => MediaKind::Picture,
        Unsupported::Video if shape.is_note() => MediaKind::VideoNote,
        Unsupported::Video if is("gifPlayback") => MediaKind::Gif,
        Unsupported::Video => MediaKind::Video,
        Unsupported::VoiceMessage => MediaKind::VoiceMessage,
        Unsupported::Audio => MediaKind::Audio,
        Unsupported::Document | Unsupported::Attachment => MediaKind::Document,
        Unsupported::Sticker => MediaKind::Sticker,
        _ => return None,
    })
}

/// The part of an address that is below WAHA's own, whatever host it names: WAHA puts there what it believes to be called.
pub(super) fn place(url: &str) -> Option<Private> {
    let path = reqwest::Url::parse(url).ok()?.path().to_owned();
    let at = path.find(FILES)?;
    path.get(at..).map(Private::from)
}

fn text(inner: &Value, name: &str) -> Option<Private> {
    inner.get(name)?.as_str().filter(|text| !text.is_empty()).map(Private::from)
}

/// NOWEB writes it as text, or in two halves as Baileys' library for long numbers does.
fn size(inner: &Value) -> Option<u64> {
    match inner.get("fileLength")? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        Value::Object(halves) => halves.get("low")?.as_u64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_place_is_below_wahas_files_whatever_host_is_named() {
        let found = |url| place(url).map(|place| place.reveal().to_owned());
        let expected = Some("api/files/default/A.jpeg".to_owned());
        assert_eq!(found("http://localhost:3000/api/files/default/A.jpeg"), expected);
        assert_eq!(found("https://elsewhere.example/waha/api/files/default/A.jpeg?x=1"), expected);
        assert_eq!(found("http://waha:3000/api/sessions/default"), None);
        assert_eq!(found("file:///etc/passwd"), None);
        assert_eq!(found("http://waha:3000/api/files/default/../../sessions"), None);
    }

    #[test]
    fn a_size_comes_in_three_forms() {
        let forms = [json!("12345"), json!(12345), json!({"low": 12345, "high": 0, "unsigned": true})];
        assert_eq!(forms.map(|form| size(&json!({ "fileLength": form }))), [Some(12345); 3]);
        assert_eq!(size(&json!({ "fileLength": "x" })), None);
    }
}
