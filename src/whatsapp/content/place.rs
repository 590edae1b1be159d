//! Places, and where somebody is.

use serde_json::Value;

use super::json;
use crate::event::{Coordinates, Live, Place};
use crate::redact::Private;
use crate::whatsapp::kinds::Shape;
use crate::whatsapp::payload::{Data, Field, Location, MessagePayload, Whole};

/// The longest that WhatsApp lets people share where they are is eight hours; a day leaves room.
const LONGEST: i64 = 24 * 60 * 60;

/// The place in a message, from WAHA's own words and else from the engine's; nothing if neither says anything.
pub(super) fn of(message: &MessagePayload, shape: &Shape<'_>) -> Option<Place> {
    let none = Value::Null;
    let inner = shape.inner.unwrap_or(&none);
    let given = message.location.get().map(of_waha).unwrap_or_default();
    let found = of_engine(inner);
    let is_live = shape.is_live() || message.location.get().is_some_and(|place| place.live.is_set());
    let place = Place {
        name: given.name.or(found.name),
        address: given.address.or(found.address),
        words: given.words.or(found.words),
        at: given.at.or(found.at),
        live: is_live.then(|| live(message)).flatten(),
        pictured: false,
    };
    (!place.is_empty()).then_some(place)
}

fn of_waha(place: &Location) -> Place {
    let words = |field: &Field<Private>| field.text().map(Private::from);
    let degrees = |field: &Field<Value>| json::as_number(field.get()?);
    let at = degrees(&place.latitude).zip(degrees(&place.longitude));
    Place {
        name: words(&place.name),
        address: words(&place.address),
        words: words(&place.description),
        at: at.and_then(|(latitude, longitude)| Coordinates::new(latitude, longitude)),
        ..Place::default()
    }
}

/// As it stands in WhatsApp's own message.
pub(super) fn of_engine(inner: &Value) -> Place {
    let at = json::number(inner, "degreesLatitude").zip(json::number(inner, "degreesLongitude"));
    Place {
        name: json::text(inner, &["name"]),
        address: json::text(inner, &["address"]),
        words: json::text(inner, &["caption", "comment"]),
        at: at.and_then(|(latitude, longitude)| Coordinates::new(latitude, longitude)),
        ..Place::default()
    }
}

/// Since the message was written.
fn live(message: &MessagePayload) -> Option<Live> {
    let since = message.timestamp.get()?.seconds();
    let seconds = message.data.get().and_then(shared_for).filter(|seconds| (1..=LONGEST).contains(seconds));
    Some(Live { since, minutes: seconds.and_then(|seconds| u32::try_from(seconds / 60).ok()) })
}

fn shared_for(data: &Data) -> Option<i64> {
    data.share_duration.get().or(data.duration.get()).map(|Whole(seconds)| *seconds)
}
