//! Places and their like, which are sent by calls of their own.

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::Waha;
use super::api::{object, refusal, working};
use super::message::{Content, Message, bare_id, full_id};
use super::model::Engine;
use super::send::{Call, attempt, broken, field, suffixed};
use crate::link::Knife;

/// Something that WAHA accepted for sending.
#[derive(Clone, Debug, PartialEq)]
pub struct SentThing {
    /// The call.
    pub call: String,
    /// The chat as the client named it.
    pub chat_id: String,
    /// The body of the call.
    pub body: Value,
    /// The bare id under which it was sent.
    pub stanza: String,
}

calls!(location = "sendLocation", contacts = "sendContactVcard", poll = "sendPoll", vote = "sendPollVote");

/// The call that is no message to anybody.
pub(crate) const VOTE: &str = "sendPollVote";

async fn send(waha: Waha, knife: Knife, call: &'static str, body: Bytes) -> Response {
    match checked(&waha, call, &body).await {
        Ok(call) => attempt(&waha, &knife, call).await,
        Err(refusal) => refusal,
    }
}

async fn checked(waha: &Waha, call: &'static str, body: &Bytes) -> Result<Call, Response> {
    let body = object(body)?;
    working(waha, field(&body, "session")).await?;
    if call == VOTE && waha.options().engine == Engine::Noweb {
        return Err(refusal(501, "Not Implemented", "The method is not implemented by the engine"));
    }
    if content(call, &body).is_none() {
        return Err(refusal(400, "Bad Request", "Bad Request"));
    }
    let chat = field(&body, "chatId").map(suffixed);
    let body = Value::Object(body);
    match chat {
        Some(chat) => Ok(Call { body, chat, text: String::new(), file: None, thing: Some(call) }),
        None => Err(broken(waha, "Cannot read properties of undefined (reading 'includes')", &body)),
    }
}

/// The message that a call makes; nothing if its body is not what the call takes.
pub(crate) fn content(call: &str, body: &Map<String, Value>) -> Option<Content> {
    let number = |name| body.get(name)?.as_f64();
    match call {
        "sendLocation" => Some(Content::place(field(body, "title")?, number("latitude")?, number("longitude")?)),
        "sendContactVcard" => {
            let cards = body.get("contacts")?.as_array()?.iter().map(|contact| contact.get("vcard")?.as_str());
            Some(Content::cards(cards.collect::<Option<Vec<_>>>()?.as_slice()))
        }
        "sendPoll" => {
            let poll = body.get("poll")?;
            let options: Vec<_> = poll.get("options")?.as_array()?.iter().filter_map(Value::as_str).collect();
            let several = poll.get("multipleAnswers")?.as_bool()?;
            Some(Content::poll(poll.get("name")?.as_str()?, &options, several))
        }
        "sendPollVote" => {
            body.get("votes")?.as_array()?;
            Some(Content::vote(field(body, "pollMessageId")?))
        }
        _ => None,
    }
}

impl Call {
    /// What is remembered of it.
    pub(crate) fn record_thing(&self, call: &str, stanza: String) -> SentThing {
        SentThing { call: call.to_owned(), chat_id: self.chat.clone(), body: self.body.clone(), stanza }
    }
}

impl Waha {
    /// Somebody votes in a poll; without an answer a vote is taken back.
    #[expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]
    pub fn votes(&self, chat: &str, participant: Option<&str>, poll: &str, chosen: &[&str]) -> String {
        let vote = self.incoming(chat, participant, Content::vote(poll));
        self.vote("poll.vote", &vote, poll, chosen)
    }

    /// A vote that the engine cannot read.
    #[expect(clippy::must_use_candidate, reason = "what people do has its effect, whoever wants to know its id")]
    pub fn votes_unreadably(&self, chat: &str, participant: Option<&str>, poll: &str) -> String {
        let vote = self.incoming(chat, participant, Content::vote(poll));
        self.vote("poll.vote.failed", &vote, poll, &[])
    }

    fn vote(&self, event: &str, vote: &Message, poll: &str, chosen: &[&str]) -> String {
        let payload = self.message_payload(vote);
        let part = |name: &str| payload.get(name).cloned().unwrap_or_default();
        let poll =
            json!({ "id": full_id(false, &vote.chat, bare_id(poll), vote.participant.as_deref()), "fromMe": false });
        let vote = json!({
            "id": part("id"), "from": part("from"), "fromMe": vote.from_me, "to": part("to"),
            "participant": part("participant"), "selectedOptions": chosen, "timestamp": vote.at,
        });
        self.happen(event, json!({ "poll": poll, "vote": vote, "_data": part("_data") }))
    }

    /// The owner's own vote comes back as any other.
    pub(crate) fn echo_vote(&self, call: &Call) -> String {
        let text = |name: &str| call.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut vote = self.incoming(&call.chat, None, Content::vote(&text("pollMessageId")));
        vote.from_me = true;
        let votes = call.body.get("votes").and_then(Value::as_array).cloned().unwrap_or_default();
        let votes: Vec<_> = votes.iter().filter_map(Value::as_str).collect();
        self.vote("poll.vote", &vote, &text("pollMessageId"), &votes)
    }

    /// What was sent that is neither text nor file, in order.
    #[must_use]
    pub fn sent_things(&self) -> Vec<SentThing> {
        self.state().read(|state| state.sent_things.clone())
    }
}
