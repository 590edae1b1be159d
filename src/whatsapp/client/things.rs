//! What is neither words nor a file.

use serde_json::{Map, Value, json};

use super::{Client, SEND};
use crate::event::{Address, Card, MessageId, Place, Poll, Thing};
use crate::redact::Private;
use crate::whatsapp::answers::Sent;
use crate::whatsapp::error::WahaError;

/// Something on its way to WhatsApp.
#[derive(Debug, Clone)]
pub struct SendThing {
    /// Where to.
    pub chat: Address,
    /// What.
    pub thing: Thing,
    /// The message it answers. One that WAHA's store does not hold is left out without a word.
    pub reply_to: Option<MessageId>,
}

impl Client {
    /// Sends a place, contacts or a poll.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; [`WahaError::Refused`] for anything else, too. After [`WahaError::Unknown`] it may have been sent. WAHA does not say which engines send these
    /// under an id that was chosen before, so none is.
    pub async fn send_thing(&self, send: &SendThing) -> Result<Sent, WahaError> {
        let (call, what) = call(&send.thing)?;
        let mut body = Map::new();
        body.insert("session".into(), json!(self.session));
        body.insert("chatId".into(), json!(send.chat.chat_id().reveal()));
        if let Some(reply_to) = &send.reply_to {
            body.insert("reply_to".into(), json!(reply_to.reveal()));
        }
        body.extend(what);
        self.post_message(&["api", call], &body, SEND).await
    }
}

/// The call, and what of its body says what it is.
fn call(thing: &Thing) -> Result<(&'static str, Map<String, Value>), WahaError> {
    let (call, body) = match thing {
        Thing::Place(place) => ("sendLocation", location(place).ok_or(WahaError::Refused)?),
        Thing::Cards(cards) => ("sendContactVcard", contacts(cards)),
        Thing::Poll(poll) => ("sendPoll", question(poll)),
        _ => return Err(WahaError::Refused),
    };
    match body {
        Value::Object(body) => Ok((call, body)),
        _ => Err(WahaError::Refused),
    }
}

fn contacts(cards: &[Card]) -> Value {
    let cards: Vec<_> = cards.iter().map(|card| json!({ "vcard": card.vcard.reveal() })).collect();
    json!({ "contacts": cards })
}

fn question(poll: &Poll) -> Value {
    let options: Vec<_> = poll.options.iter().map(Private::reveal).collect();
    json!({ "poll": { "name": poll.question.reveal(), "options": options, "multipleAnswers": poll.several } })
}

/// The title has to be there, also an empty one.
fn location(place: &Place) -> Option<Value> {
    let at = place.at.as_ref()?;
    let (latitude, longitude): (f64, f64) = (at.latitude().parse().ok()?, at.longitude().parse().ok()?);
    let title: Vec<_> = [&place.name, &place.address].into_iter().flatten().map(Private::reveal).collect();
    Some(json!({ "latitude": latitude, "longitude": longitude, "title": title.join(", ") }))
}
