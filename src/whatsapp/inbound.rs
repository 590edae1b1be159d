//! Reads a webhook's body: WAHA's JSON in, one event out. Pure; it never fails, because a body that cannot be read is
//! an event too.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::addresses::{self, Own};
use super::awaited;
use super::calls;
use super::changes;
use super::content;
use super::device;
use super::groups;
use super::ids::{self, FullId};
use super::mentions;
use super::payload::{AckError, AckPayload, Envelope, Field, MessagePayload, ReplyTo, SessionPayload, Whole};
use super::presence;
use super::timers;
use super::votes;
use crate::clock::Moment;
use crate::event::{
    Ack, Address, Arrival, Content, Event, Message, MessageId, Quote, SeenKey, SeenKind, Session, StanzaId, Typing,
    Undelivered, Unsupported,
};
use crate::redact::Private;

/// A webhook's body, understood.
#[derive(Debug, Clone)]
pub struct Read {
    /// The event, ready for [`Intake::accept`](crate::event::Intake::accept).
    pub arrival: Arrival,
    /// When WAHA made the event, by WAHA's clock; nothing if the body does not say.
    pub created: Option<Moment>,
    /// The session it is about; nothing if the body does not say.
    pub session: Option<String>,
    /// It says who is there and who types: no event, and the arrival means nothing.
    pub is_presence: bool,
    /// Who types, if it says so.
    pub typing: Option<Typing>,
}

/// What came of a payload.
enum Found {
    Event(SeenKey, Box<Event>),
    /// It has no id but that of its webhook.
    Keyless(Box<Event>),
    /// It has no meaning for the bridge.
    Nothing,
    /// It should have one, but lacks what it needs.
    Unreadable,
}

/// Reads a body. `now` is when it arrived; it stands in for a time the body does not give.
#[must_use]
pub fn read(body: &[u8], now: Moment) -> Read {
    let mut envelope = Envelope::parse(body);
    let is_presence =
        envelope.as_ref().and_then(|envelope| envelope.event.get()).is_some_and(|name| name == "presence.update");
    let typing = envelope.as_ref().filter(|_| is_presence).and_then(|envelope| presence::read(&envelope.payload));
    let found = envelope.as_mut().map_or(Found::Unreadable, |envelope| by_name(envelope, now));
    let envelope = envelope.unwrap_or_default();
    let other = || ids::event_key(event_id(&envelope, body), SeenKind::Other);
    let (key, event) = match found {
        Found::Event(key, event) => (key, *event),
        Found::Keyless(event) => (other(), *event),
        Found::Nothing => (other(), Event::Ignored),
        Found::Unreadable => (other(), Event::Unreadable { body: String::from_utf8_lossy(body).into_owned().into() }),
    };
    let created = envelope.timestamp.0.map(Whole::millis);
    Read { arrival: Arrival { key, at: now, event }, created, session: envelope.session.0, is_presence, typing }
}

/// Reads a message as WAHA's API lists it: what a webhook carries, without the envelope. It gets the key that its
/// webhook would have, so whichever comes first counts. Nothing if it has no meaning for the bridge.
#[must_use]
pub fn read_listed(listed: &Value, own: &Own, now: Moment) -> Option<Arrival> {
    let payload = serde_json::from_value(listed.clone()).unwrap_or_default();
    let (key, event) = match message(&payload, own, now) {
        Found::Event(_, event) if is_event_of_its_own(&event) => return None,
        Found::Event(key, event) => (key, *event),
        Found::Keyless(_) | Found::Nothing => return None,
        Found::Unreadable => {
            let body = listed.to_string();
            (ids::event_key(hash(body.as_bytes()), SeenKind::Other), Event::Unreadable { body: body.into() })
        }
    };
    Some(Arrival { key, at: now, event })
}

/// Stores can keep as messages what webhooks bring as something else. What is only read is not caught up on.
fn is_event_of_its_own(event: &Event) -> bool {
    use Unsupported::{Deletion, Edit, PollVote, Reaction};
    let Event::Message(message) = event else { return false };
    message.chat.is_feed()
        || matches!(message.content, Content::Unsupported { what: Deletion | Edit | PollVote | Reaction, .. })
}

/// WAHA's event id, or a hash of the body where there is none: either way a repeat is the same.
fn event_id(envelope: &Envelope, body: &[u8]) -> Private {
    envelope.id.text().map_or_else(|| hash(body), Private::from)
}

fn hash(body: &[u8]) -> Private {
    Sha256::digest(body).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}")).into()
}

fn by_name(envelope: &mut Envelope, now: Moment) -> Found {
    let own = Own::of(envelope.me.get());
    let made = envelope.timestamp.0.map_or(now, Whole::millis);
    match envelope.event.get().map(String::as_str) {
        // Both carry the same message: `message.any` all of them, `message` those of others.
        Some("message" | "message.any") => message(&envelope.take_payload(), &own, made),
        Some("message.waiting") => waiting(&envelope.take_payload(), &own, made),
        Some("message.ack" | "message.ack.group") => ack(&envelope.take_payload(), &own),
        Some("session.status") => session(envelope, made),
        Some(name @ ("poll.vote" | "poll.vote.failed")) => {
            voted(name, &std::mem::take(&mut envelope.payload), &own, made)
        }
        Some("call.received") => called(&std::mem::take(&mut envelope.payload), made),
        Some(name) => change(name, &std::mem::take(&mut envelope.payload), &own, made),
        None => Found::Unreadable,
    }
}

fn waiting(payload: &MessagePayload, own: &Own, made: Moment) -> Found {
    match awaited::read(payload, own, made) {
        Ok((key, awaited)) => Found::Event(key, Box::new(Event::Awaited(*awaited))),
        Err(Some(chat)) => nobody(&chat),
        Err(None) => Found::Unreadable,
    }
}

fn called(payload: &Value, made: Moment) -> Found {
    match calls::read(payload, made) {
        Ok((key, message)) => Found::Event(key, Box::new(Event::Message(*message))),
        Err(Some(chat)) => nobody(&chat),
        Err(None) => Found::Unreadable,
    }
}

fn voted(name: &str, payload: &Value, own: &Own, made: Moment) -> Found {
    match votes::read(name, payload, own, made) {
        votes::Read::Voted(key, message) => Found::Event(key, Box::new(Event::Message(*message))),
        votes::Read::Own => Found::Nothing,
        votes::Read::Unreadable(Some(chat)) => nobody(&chat),
        votes::Read::Unreadable(None) => Found::Unreadable,
    }
}

fn change(name: &str, payload: &Value, own: &Own, made: Moment) -> Found {
    match changes::read(name, payload, own, made) {
        Some(changes::Read::Amended(key, amendment)) => Found::Event(key, Box::new(Event::Amended(*amendment))),
        Some(changes::Read::Unreadable(Some(chat))) => nobody(&chat),
        Some(changes::Read::Unreadable(None)) => Found::Unreadable,
        None => groups::read(name, payload, own, made)
            .map_or(Found::Nothing, |news| Found::Keyless(Box::new(Event::GroupNews(news)))),
    }
}

fn message(payload: &MessagePayload, own: &Own, made: Moment) -> Found {
    let Some(full) = payload.id.text() else { return Found::Unreadable };
    let Some(id) = FullId::parse(full) else { return Found::Unreadable };
    let Some(chat) = Address::parse(id.chat) else { return nobody(id.chat) };
    let Some(content) = content::of(payload) else { return Found::Nothing };
    let message = event(payload, id, full, chat, content, own, made);
    Found::Event(ids::message_key(&message.chat, &message.stanza), Box::new(Event::Message(message)))
}

fn event(
    payload: &MessagePayload,
    id: FullId<'_>,
    full: &str,
    chat: Address,
    content: Content,
    own: &Own,
    made: Moment,
) -> Message {
    let from_me = payload.from_me.0.unwrap_or(id.from_me);
    let author = addresses::author(&chat, id, payload, from_me, own);
    let from_phone = from_me && device::is_phone(payload, id.stanza);
    Message {
        chat_alternative: addresses::of_chat(&chat, payload, from_me, own),
        stanza: StanzaId::new(id.stanza),
        message_id: MessageId::new(full),
        stays_for: timers::of(payload, &chat, &author, from_phone),
        author,
        sent_at: payload.timestamp.0.map_or(made, Whole::seconds),
        mentions: mentions::of(payload, mentions::words(&content), own),
        content,
        quote: payload.reply_to.get().and_then(quote).or_else(|| content::pinned(payload)),
        ack: level(&payload.ack).unwrap_or_default(),
        from_phone,
        edited_at: None,
        chat,
    }
}

/// Broadcast lists and bots are not bridged; anything that looks like a person or a group but has no usable address is kept, so
/// that it is not lost.
fn nobody(jid: &str) -> Found {
    match jid.split_once('@') {
        Some(("0", _)) => Found::Nothing,
        None | Some((_, "c.us" | "s.whatsapp.net" | "lid" | "g.us")) => Found::Unreadable,
        Some(_) => Found::Nothing,
    }
}

fn quote(reply_to: &ReplyTo) -> Option<Quote> {
    let stanza = FullId::bare(reply_to.id.text()?);
    Some(Quote { stanza: StanzaId::new(stanza), text: reply_to.body.text().map(Private::from) })
}

fn level(ack: &Field<Whole>) -> Option<i8> {
    ack.get().and_then(|level| i8::try_from(level.0).ok())
}

fn ack(payload: &AckPayload, own: &Own) -> Found {
    let Some(id) = payload.id.text().and_then(FullId::parse) else { return Found::Unreadable };
    let Some(level) = level(&payload.ack) else { return Found::Unreadable };
    let Some(chat) = Address::parse(id.chat) else { return nobody(id.chat) };
    if !payload.from_me.0.unwrap_or(id.from_me) {
        return Found::Nothing;
    }
    let reader = payload.participant.text();
    let key = ids::ack_key(&chat, id.stanza, reader.unwrap_or_default(), level);
    let reader = reader.and_then(Address::parse).filter(|reader| reader.is_person() && !chat.is_person());
    let chat_alternative = addresses::of_ack(&chat, payload, own);
    let why = payload.error.get().and_then(why);
    let event = Event::Ack(Ack { chat, chat_alternative, stanza: StanzaId::new(id.stanza), level, why, reader });
    Found::Event(key, Box::new(event))
}

/// 463 means that the account may not write first; with this reason it is because the account is restricted.
fn why(error: &AckError) -> Option<Undelivered> {
    let restricted = error.reason.get().is_some_and(|reason| reason == "account_restricted");
    let cold = error.code.get().is_some_and(|code| code.0 == 463);
    match (restricted, cold) {
        (true, _) => Some(Undelivered::Restricted),
        (false, true) => Some(Undelivered::ColdContact),
        (false, false) => None,
    }
}

fn session(envelope: &mut Envelope, made: Moment) -> Found {
    let payload: SessionPayload = envelope.take_payload();
    let Some(status) = payload.status.0.filter(|status| is_constant(status)) else { return Found::Unreadable };
    let Some(id) = envelope.id.text() else { return Found::Unreadable };
    let key = ids::event_key(id.into(), SeenKind::Session);
    let current = payload.statuses.get().and_then(|statuses| statuses.last()?.timestamp.0);
    let event = Event::Session(Session { status, at: current.map_or(made, Whole::millis) });
    Found::Event(key, Box::new(event))
}

/// A status is shown and logged, so it must look like one of WAHA's constants.
pub(super) fn is_constant(status: &str) -> bool {
    let plain = status.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    plain && (1..=40).contains(&status.len())
}

#[cfg(test)]
mod tests;
