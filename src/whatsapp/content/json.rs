//! Parts of the engines' own JSON. What does not fit is not there.

use serde_json::Value;

use crate::clock::Moment;
use crate::redact::Private;

/// The first of these members that is a text with something in it.
pub(super) fn text(json: &Value, names: &[&str]) -> Option<Private> {
    let texts = names.iter().filter_map(|name| json.get(name)?.as_str());
    texts.map(str::trim).find(|text| !text.is_empty()).map(Private::from)
}

/// A number, written as one or as text.
pub(super) fn number(json: &Value, name: &str) -> Option<f64> {
    as_number(json.get(name)?)
}

/// The same of a value itself.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A time in seconds: a number, a text, or the halves that Baileys' library for long numbers makes of it.
pub(super) fn seconds(json: &Value, name: &str) -> Option<Moment> {
    let seconds = match json.get(name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        // The upper half is zero for some thousand years.
        Value::Object(halves) => halves.get("low")?.as_i64().map(|low| low & 0xFFFF_FFFF),
        _ => None,
    };
    seconds.filter(|seconds| *seconds > 0).map(|seconds| Moment(seconds.saturating_mul(1000)))
}
