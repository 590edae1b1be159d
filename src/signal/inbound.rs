//! A line of signal-cli becomes an [`Event`]. Pure.
//!
//! Only what the owner wrote counts, on whichever device. What cannot be carried becomes an event too, so that the
//! owner is told, and nothing of it is sent: half a message could say something else.

use super::envelope::{self, Attachment, DataMessage, EditMessage, Envelope, Exception, Place};
use super::results::aci;
use super::{files, long, signs, styles, things};
use crate::clock::Moment;
use crate::config::Aci;
use crate::event::{
    Arrival, Change, Conversation, Deed, Event, Refusal, SeenKey, SignalQuote, Typed, TypedBody, Typing, Unsupported,
};

/// The content type of the attachment in which Signal carries a text too long for the message itself.
const LONG_TEXT: &str = "text/x-signal-plain";

/// What a line has come to.
#[derive(Debug)]
pub enum Heard {
    /// Something the owner did.
    Arrival(Box<Arrival>),
    /// Something that is not to be acted on, to be counted.
    Refused(Refusal),
    /// The owner types, or has stopped.
    Typing(Typing),
    /// Something without consequence: receipts of others, what another device of the bridge account sent.
    Nothing,
}

/// Reads one line of signal-cli that came in at `now`.
#[must_use]
pub fn read(line: &str, owner: &Aci, now: Moment) -> Heard {
    let Some(payload) = envelope::parse(line) else { return Heard::Refused(Refusal::OddLine) };
    let Some(envelope) = payload.envelope else { return Heard::Refused(Refusal::OddLine) };
    let source = envelope.source_uuid.as_ref().and_then(aci);
    if payload.exception.is_none() && envelope.data_message.is_none() && envelope.edit_message.is_none() {
        let source = source.filter(|source| source == owner);
        return source.map_or(Heard::Nothing, |owner| signs::read(&envelope, &owner, now));
    }
    match (source, payload.exception) {
        // signal-cli could not tell who it was: it may have been the owner.
        (None, Some(_)) => Heard::Refused(Refusal::Damaged),
        (Some(source), Some(exception)) if source == *owner => held_back(&envelope, &exception, owner, now),
        (Some(source), None) if source == *owner => of_owner(&envelope, owner, now),
        (Some(source), None) => of_stranger(&envelope, &source, now),
        _ => Heard::Refused(Refusal::Stranger),
    }
}

fn held_back(envelope: &Envelope<'_>, exception: &Exception, owner: &Aci, now: Moment) -> Heard {
    match key(envelope, owner, ":held back") {
        Ok(key) if exception.is_untrusted_identity() => {
            Heard::Arrival(Box::new(Arrival { key, at: now, event: Event::IdentityChanged }))
        }
        Ok(_) if !exception.is_repeat() => undecrypted(envelope, owner, now),
        _ => Heard::Refused(Refusal::Damaged),
    }
}

fn undecrypted(envelope: &Envelope<'_>, owner: &Aci, now: Moment) -> Heard {
    let keys = key(envelope, owner, "").and_then(|itself| Ok((itself, key(envelope, owner, ":undecrypted")?)));
    keys.map_or(Heard::Refused(Refusal::Damaged), |(itself, key)| {
        Heard::Arrival(Box::new(Arrival { key, at: now, event: Event::Undecrypted { item: itself.item } }))
    })
}

/// What a stranger writes is nothing; that a stranger can write in a group is worth a look at the group.
fn of_stranger(envelope: &Envelope<'_>, stranger: &Aci, now: Moment) -> Heard {
    let place = Content::of(envelope).and_then(|content| content.conversation());
    match (place, key(envelope, stranger, ":group")) {
        (Ok(Conversation::Group(group)), Ok(key)) => {
            let event = Event::GroupChanged { group, by_stranger: true };
            Heard::Arrival(Box::new(Arrival { key, at: now, event }))
        }
        _ => Heard::Refused(Refusal::Stranger),
    }
}

/// The key of a message by its author, device and time; `what` tells apart events that came of one message.
pub(super) fn key(envelope: &Envelope<'_>, author: &Aci, what: &str) -> Result<SeenKey, Unplaceable> {
    let timestamp = envelope.timestamp.filter(|timestamp| *timestamp > 0).ok_or(Unplaceable)?;
    let item = format!("{}:{}:{timestamp}{what}", author.reveal(), envelope.source_device.unwrap_or_default());
    Ok(SeenKey::of_signal(item.into()))
}

fn of_owner(envelope: &Envelope<'_>, owner: &Aci, now: Moment) -> Heard {
    match understood(envelope, owner, now) {
        Ok(Some(arrival)) => Heard::Arrival(Box::new(arrival)),
        Ok(None) => Heard::Nothing,
        Err(Unplaceable) => Heard::Refused(Refusal::Damaged),
    }
}

/// It is not known which message it is, or where it was written.
pub(super) struct Unplaceable;

fn understood(envelope: &Envelope<'_>, owner: &Aci, now: Moment) -> Result<Option<Arrival>, Unplaceable> {
    let timestamp = envelope.timestamp.filter(|timestamp| *timestamp > 0).ok_or(Unplaceable)?;
    let content = Content::of(envelope)?;
    let (timestamp, author) = (Moment(timestamp), owner.clone());
    let (event, what) = match (content.said(), content.conversation()?) {
        (Some(Said::Message(body, quote)), conversation) => {
            (Event::Typed(Typed { conversation, timestamp, author, body, quote }), "")
        }
        (Some(Said::Done(deed, target)), conversation) => {
            let (target, target_author) = (target.timestamp, target.author.unwrap_or_else(|| author.clone()));
            (Event::Changed(Change { conversation, timestamp, author, target, target_author, deed }), "")
        }
        // A message in a group that says nothing changes the group.
        (None, Conversation::Group(group)) => (Event::GroupChanged { group, by_stranger: false }, ":group"),
        (None, Conversation::Direct) => return Ok(None),
    };
    Ok(Some(Arrival { key: key(envelope, owner, what)?, at: now, event }))
}

/// What a message says.
enum Said {
    /// Something new, and what it answers.
    Message(TypedBody, Option<SignalQuote>),
    /// Something done to an earlier message.
    Done(Deed<TypedBody>, Target),
}

/// An earlier message.
struct Target {
    timestamp: Moment,
    /// Who wrote it; the owner, where it is not said.
    author: Option<Aci>,
}

/// A message whose contents are still JSON.
struct Content<'a> {
    json: &'a str,
    is_edit: bool,
    /// The message that is edited.
    target: Option<Moment>,
}

impl<'a> Content<'a> {
    fn of(envelope: &Envelope<'a>) -> Result<Self, Unplaceable> {
        if let Some(message) = envelope.data_message {
            return Ok(Self { json: message.get(), is_edit: false, target: None });
        }
        let edit = envelope.edit_message.and_then(|edit| serde_json::from_str::<EditMessage<'a>>(edit.get()).ok());
        let edit = edit.ok_or(Unplaceable)?;
        let (message, target) = (edit.data_message.ok_or(Unplaceable)?, edit.target_sent_timestamp.map(Moment));
        Ok(Self { json: message.get(), is_edit: true, target })
    }

    /// Where it was written. A group without an id is no place, and least of all the direct chat.
    fn conversation(&self) -> Result<Conversation, Unplaceable> {
        let place: Place = serde_json::from_str(self.json).map_err(|_| Unplaceable)?;
        let Some(group) = place.group_info else { return Ok(Conversation::Direct) };
        group.group_id.map(Conversation::Group).ok_or(Unplaceable)
    }

    /// What was said; nothing if nothing was.
    fn said(&self) -> Option<Said> {
        let data = serde_json::from_str::<DataMessage>(self.json).ok();
        if self.is_edit {
            return Some(self.edited(data.as_ref()));
        }
        match data {
            Some(data) => match deleted(&data).or_else(|| reacted(&data)).or_else(|| voted(&data)) {
                Some(done) => Some(done),
                None => Some(Said::Message(self.body_or_thing(&data)?, quote(&data))),
            },
            // It is a message, and in a form that is not known: say so rather than nothing.
            None => Some(Said::Message(TypedBody::Unsupported(Unsupported::Other), None)),
        }
    }

    /// What a new message says; an edited one has words and nothing else.
    fn body_or_thing(&self, data: &DataMessage) -> Option<TypedBody> {
        let alone = matches!(unsupported(data), None | Some(Unsupported::Contact | Unsupported::Poll));
        let thing = if alone { things::of(data) } else { None };
        thing.map(TypedBody::Thing).or_else(|| self.body(data))
    }

    /// The body, and of a long text where the whole of it is.
    fn body(&self, data: &DataMessage) -> Option<TypedBody> {
        match body(data)? {
            TypedBody::Truncated => Some(long::body(self.json, data).unwrap_or(TypedBody::Truncated)),
            body => Some(body),
        }
    }

    /// An edit that names no message can only be said to be one.
    fn edited(&self, data: Option<&DataMessage>) -> Said {
        let now = data.and_then(body).unwrap_or(TypedBody::Unsupported(Unsupported::Other));
        match self.target {
            Some(timestamp) => Said::Done(Deed::Edit(now), Target { timestamp, author: None }),
            None => Said::Message(TypedBody::Unsupported(Unsupported::Edit), None),
        }
    }
}

/// A deletion, if this is one that names a message.
fn deleted(data: &DataMessage) -> Option<Said> {
    let timestamp = Moment(data.remote_delete.as_ref()?.timestamp?);
    Some(Said::Done(Deed::Delete, Target { timestamp, author: None }))
}

/// A reaction, if this is one that names a message and its author.
fn reacted(data: &DataMessage) -> Option<Said> {
    let reaction = data.reaction.as_ref()?;
    let emoji = reaction.emoji.clone().filter(|emoji| !emoji.is_empty());
    let emoji = if reaction.is_remove == Some(true) { None } else { Some(emoji?) };
    let author = Some(aci(reaction.target_author_uuid.as_ref()?)?);
    Some(Said::Done(Deed::React(emoji), Target { timestamp: Moment(reaction.target_sent_timestamp?), author }))
}

/// A vote, if this is one that names a poll, who made it, and answers: counted from 1, as in the list of one that stands as text.
fn voted(data: &DataMessage) -> Option<Said> {
    let vote = data.poll_vote.as_ref()?;
    let numbers = vote.option_indexes.as_ref()?.iter().map(|index| index.saturating_add(1)).collect();
    let (timestamp, author) = (Moment(vote.target_sent_timestamp?), aci(vote.author_uuid.as_ref()?)?);
    Some(Said::Message(TypedBody::Vote(numbers), Some(SignalQuote { timestamp, author, text: None })))
}

/// The body of a message; nothing for one that only carries settings: timers, profile keys, changes of a group.
fn body(data: &DataMessage) -> Option<TypedBody> {
    if let Some(what) = unsupported(data) {
        return Some(TypedBody::Unsupported(what));
    }
    let text = data.message.as_ref().filter(|text| !text.is_empty());
    let files = files::of(data);
    if !files.is_empty() && !is_truncated(data, text.map_or(0, |text| text.reveal().len())) {
        return Some(TypedBody::Files { files, caption: text.map(|text| styles::read(text, data)) });
    }
    if is_truncated(data, text.map_or(0, |text| text.reveal().len())) {
        return Some(TypedBody::Truncated);
    }
    match text {
        Some(text) => Some(TypedBody::Text(styles::read(text, data))),
        None => is_news(data).then_some(TypedBody::Unsupported(Unsupported::Other)),
    }
}

/// What of a message cannot be carried, if something.
fn unsupported(data: &DataMessage) -> Option<Unsupported> {
    let has_contacts = data.contacts.as_ref().is_some_and(|contacts| !contacts.is_empty());
    let found = [
        (data.view_once == Some(true), Unsupported::ViewOnce),
        (data.reaction.is_some(), Unsupported::Reaction),
        (data.remote_delete.is_some() || data.admin_delete.is_some(), Unsupported::Deletion),
        (data.poll_create.is_some(), Unsupported::Poll),
        (data.poll_terminate.is_some(), Unsupported::PollEnd),
        (data.poll_vote.is_some(), Unsupported::PollVote),
        (data.pin_message.is_some() || data.unpin_message.is_some(), Unsupported::PinnedMessage),
        (data.story_context.is_some() || data.payment.is_some(), Unsupported::Other),
        (has_contacts, Unsupported::Contact),
    ];
    found.into_iter().find_map(|(present, what)| present.then_some(what)).or_else(|| files::unplaceable(data))
}

pub(super) fn is_long_text(attachment: &Attachment) -> bool {
    attachment.content_type.as_deref() == Some(LONG_TEXT)
}

/// Whether the text is longer than what came of it. The attachment is the whole text, so its size in bytes tells; one
/// without a size proves nothing, and half a text must not pass for a whole one.
fn is_truncated(data: &DataMessage, bytes: usize) -> bool {
    let came = u64::try_from(bytes).unwrap_or(u64::MAX);
    let mut long_texts = data.attachments.iter().flatten().filter(|attachment| is_long_text(attachment));
    long_texts.any(|attachment| attachment.size.is_none_or(|size| came < size))
}

/// Whether there is something in a message without a text that was not known when this was written. signal-cli gives
/// every kind of content an object of its own; flags and numbers only describe the message.
fn is_news(data: &DataMessage) -> bool {
    const KNOWN: [&str; 3] = ["groupInfo", "previews", "textStyles"];
    data.rest.iter().any(|(key, value)| value.is_object() && !KNOWN.contains(&key.as_str()))
}

fn quote(data: &DataMessage) -> Option<SignalQuote> {
    let quote = data.quote.as_ref()?;
    let timestamp = Moment(quote.id?);
    let author = aci(quote.author_uuid.as_ref()?)?;
    let text = quote.text.clone().filter(|text| !text.is_empty());
    Some(SignalQuote { timestamp, author, text })
}

#[cfg(test)]
mod tests;
