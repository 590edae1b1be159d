//! What the owner shares that is neither words nor a file: a place, contacts, a poll. Pure.

use super::contacts;
use super::envelope::{DataMessage, PollCreate};
use super::places;
use crate::event::{Place, Poll, Thing};

/// What a message shows; nothing if it is words, files, or more than one of all these: nothing of it may get lost.
pub(super) fn of(data: &DataMessage) -> Option<Thing> {
    let is_bare = data.attachments.as_ref().is_none_or(Vec::is_empty);
    let text = data.message.as_ref().map_or("", |text| text.reveal());
    match (&data.contacts, &data.poll_create) {
        (Some(shared), None) if !shared.is_empty() => {
            (is_bare && text.is_empty()).then(|| Thing::Cards(shared.iter().map(contacts::card).collect()))
        }
        (_, Some(poll)) => {
            of_poll(poll).filter(|poll| is_bare && (text.is_empty() || text == poll.question.reveal())).map(Thing::Poll)
        }
        _ if is_bare => places::linked(text).map(Thing::Place),
        _ if is_map(data) => places::shared(text).map(|place| Thing::Place(Place { pictured: true, ..place })),
        _ => None,
    }
}

fn of_poll(PollCreate { question, options, allow_multiple }: &PollCreate) -> Option<Poll> {
    let (question, options) = (question.clone()?, options.clone()?);
    let whole = !question.is_empty() && !options.is_empty() && options.iter().all(|option| !option.is_empty());
    whole.then_some(Poll { question, options, several: *allow_multiple == Some(true) })
}

/// One picture without a name, as the apps draw it.
fn is_map(data: &DataMessage) -> bool {
    let [picture] = data.attachments.as_deref().unwrap_or_default() else { return false };
    let is_image = picture.content_type.as_deref().is_some_and(|kind| kind.starts_with("image/"));
    is_image && picture.filename.as_ref().is_none_or(|name| name.is_empty())
}
