//! Texts that are longer than a message of Signal may be. Pure.
//!
//! signal-cli before 0.14.0 hands over the first 2000 bytes, and the whole text as an attachment; names and looks count in
//! the whole.

use serde_json::{Map, Value};

use super::envelope::DataMessage;
use super::{files, styles};
use crate::event::{Rich, TypedBody};
use crate::redact::Private;

/// What of a message is needed to read its text once that is here.
const MARKS: [&str; 2] = ["mentions", "textStyles"];

/// The body of a message that holds the beginning of its text; nothing if it does not say where the whole lies.
pub(super) fn body(json: &str, data: &DataMessage) -> Option<TypedBody> {
    let text = files::long_text(data)?;
    let message: Map<String, Value> = serde_json::from_str(json).ok()?;
    let marks: Map<_, _> = message.into_iter().filter(|(name, _)| MARKS.contains(&name.as_str())).collect();
    let files = files::of(data).into_iter().chain([text]).collect();
    Some(TypedBody::Long { files, marks: Value::Object(marks).to_string().into() })
}

/// The whole text, as its message would have had it.
#[must_use]
pub fn whole(text: &Private, marks: &Private) -> Rich {
    let data = serde_json::from_str::<DataMessage>(marks.reveal());
    data.map_or_else(|_| text.clone().into(), |data| styles::read(text, &data))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::{Look, Span};

    #[test]
    fn the_whole_has_its_names_and_looks_where_they_count_in_it() {
        let long = json!({"contentType": "text/x-signal-plain", "id": "a.txt", "size": 2100});
        let styles = json!([{"style": "BOLD", "start": 2002, "length": 3}]);
        let mentions = json!([{"name": "Bo", "start": 2000, "length": 1}]);
        let message = json!({"message": "x".repeat(2000), "attachments": [long], "mentions": mentions,
            "textStyles": styles});
        let data = serde_json::from_value(message.clone()).unwrap();
        let Some(TypedBody::Long { files, marks }) = body(&message.to_string(), &data) else { panic!() };
        assert_eq!(files.iter().map(|file| file.place.clone().unwrap()).collect::<Vec<_>>(), ["a.txt".into()]);
        let text = format!("{}\u{FFFC} end", "x".repeat(2000)).into();
        let bold = Span { start: 2004, end: 2007, look: Look::Bold };
        assert_eq!(whole(&text, &marks), Rich::new(format!("{}@Bo end", "x".repeat(2000)), [bold]));
    }
}
