//! Polls, and how they ended.

use serde_json::Value;

use super::json;
use crate::event::{Poll, Results};
use crate::redact::Private;
use crate::whatsapp::kinds::Shape;
use crate::whatsapp::payload::{Data, MessagePayload, Whole};

/// The poll in a message; nothing without a question and answers.
pub(super) fn of(message: &MessagePayload, shape: &Shape<'_>) -> Option<Poll> {
    let found = match shape.inner {
        Some(inner) => Poll {
            question: json::text(inner, &["name"])?,
            options: each(inner.get("options"), "optionName"),
            several: several(json::number(inner, "selectableOptionsCount").map(|count| count > 0.5 && count < 1.5)),
        },
        None => of_data(message.data.get()?)?,
    };
    (!found.options.is_empty()).then_some(found)
}

/// WEBJS and WPP.
fn of_data(data: &Data) -> Option<Poll> {
    let options = data.poll_options.get().map(|options| each(Some(options), "name")).unwrap_or_default();
    let one = data.poll_selectable.get().map(|Whole(count)| *count == 1);
    Some(Poll { question: data.poll_name.text()?.into(), options, several: several(one) })
}

/// How many may be chosen is 1, or anything else for as many as one likes.
fn several(one: Option<bool>) -> bool {
    one == Some(false)
}

/// What WhatsApp says at the end of a poll: each answer, and how many chose it.
pub(super) fn results(shape: &Shape<'_>) -> Option<Results> {
    let inner = shape.inner?;
    let votes = inner.get("pollVotes").and_then(Value::as_array)?;
    let counted = votes.iter().filter_map(|vote| {
        let count = json::number(vote, "optionVoteCount").filter(|count| *count >= 0.0)?;
        Some((json::text(vote, &["optionName"])?, format!("{count:.0}").parse().ok()?))
    });
    Some(Results { question: json::text(inner, &["name"]), counted: counted.collect() })
}

fn each(list: Option<&Value>, name: &str) -> Vec<Private> {
    let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|option| json::text(option, &[name])).collect()
}
