//! Votes in polls, which come as events of their own. Pure.

use serde::Deserialize;
use serde_json::Value;

use super::addresses::{self, Own};
use super::ids::{self, FullId};
use super::payload::{Field, IdText, MessagePayload, Whole};
use crate::clock::Moment;
use crate::event::{Address, Author, Content, Message, MessageId, Quote, SeenKey, StanzaId, Thing, Vote};
use crate::redact::Private;

/// What a vote says.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Votes {
    selected_options: Field<Vec<Private>>,
}

/// The poll it is about.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Field<IdText>,
}

/// What came of a payload.
pub(super) enum Read {
    /// A line about it, that quotes the poll.
    Voted(SeenKey, Box<Message>),
    /// The owner's own: whoever voted knows.
    Own,
    /// It lacks what it needs; it may be of a chat that is not bridged, which this names.
    Unreadable(Option<String>),
}

/// Reads `poll.vote`, and `poll.vote.failed`, whose choice WAHA could not decrypt.
pub(super) fn read(name: &str, payload: &Value, own: &Own, made: Moment) -> Read {
    let part = |name: &str| payload.get(name).cloned().unwrap_or_default();
    let mut vote = part("vote");
    if let Some(vote) = vote.as_object_mut() {
        // The engine's own part stands beside it.
        vote.insert("_data".into(), part("_data"));
    }
    let votes = Votes::deserialize(&vote).unwrap_or_default();
    let poll = Named::deserialize(&part("poll")).unwrap_or_default();
    let message = MessagePayload::deserialize(&vote).unwrap_or_default();
    let Some(id) = message.id.text().and_then(FullId::parse) else { return Read::Unreadable(None) };
    let Some(poll) = poll.id.text().map(FullId::bare) else { return Read::Unreadable(None) };
    let Some(chat) = Address::parse(id.chat) else { return Read::Unreadable(Some(id.chat.to_owned())) };
    if message.from_me.0.unwrap_or(id.from_me) {
        return Read::Own;
    }
    let chosen = votes.selected_options.0.filter(|_| name == "poll.vote");
    let at = message.timestamp.0.map_or(made, Whole::seconds);
    let read = voted(&message, (id, poll), chat, Vote { chosen }, at, own);
    Read::Voted(ids::change_key(&read.chat, &read.stanza), Box::new(read))
}

fn voted(
    message: &MessagePayload,
    (id, poll): (FullId<'_>, &str),
    chat: Address,
    vote: Vote,
    at: Moment,
    own: &Own,
) -> Message {
    let author = addresses::author(&chat, id, message, false, own);
    // An engine that gives a vote no id of its own names the poll.
    let stanza = if id.stanza == poll { described(poll, &author, &vote, at) } else { id.stanza.to_owned() };
    Message {
        chat_alternative: addresses::of_chat(&chat, message, false, own),
        stanza: StanzaId::new(stanza),
        message_id: MessageId::new(message.id.text().unwrap_or_default()),
        author,
        sent_at: at,
        content: Content::Thing(Thing::Vote(vote)),
        quote: Some(Quote { stanza: StanzaId::new(poll), text: None }),
        ack: 0,
        from_phone: false,
        edited_at: None,
        mentions: Vec::new(),
        stays_for: None,
        chat,
    }
}

/// Who votes what and when: two can vote in one second, and one twice.
fn described(poll: &str, author: &Author, vote: &Vote, at: Moment) -> String {
    let chosen: Vec<_> = vote.chosen.iter().flatten().map(Private::reveal).collect();
    format!("{poll}/vote/{}/{}/{}", ids::who(author).reveal(), at.0, chosen.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn group(vote: &Value) -> Message {
        let poll = json!({ "id": "true_1@g.us_POLL" });
        match read("poll.vote", &json!({ "vote": vote, "poll": poll }), &Own::default(), Moment(7)) {
            Read::Voted(_, message) => *message,
            _ => panic!("it is a vote"),
        }
    }

    #[test]
    fn a_vote_quotes_its_poll_and_has_an_id_of_its_own() {
        let own_id = json!({ "id": "false_1@g.us_V_2@lid", "selectedOptions": ["Yes"], "timestamp": 5 });
        let message = group(&own_id);
        assert_eq!((message.stanza.reveal(), message.sent_at), ("V", Moment(5000)));
        assert_eq!(message.quote.map(|quote| quote.stanza), Some(StanzaId::new("POLL")));
        let of_poll = json!({ "id": "true_1@g.us_POLL_2@lid", "fromMe": false, "selectedOptions": [], "timestamp": 5 });
        assert_eq!(group(&of_poll).stanza.reveal(), "POLL/vote/2@lid/5000/");
        let other = json!({ "id": "true_1@g.us_POLL_3@lid", "fromMe": false, "selectedOptions": [], "timestamp": 5 });
        assert_ne!(group(&other).stanza, group(&of_poll).stanza);
    }

    #[test]
    fn what_is_no_vote_of_somebody_else_is_told_apart() {
        let read = |vote: Value| {
            read("poll.vote", &json!({ "vote": vote, "poll": { "id": "P" } }), &Own::default(), Moment(0))
        };
        assert!(matches!(read(json!({ "id": "true_7911@c.us_V" })), Read::Own));
        assert!(matches!(read(json!({ "id": "false_1@bot_V" })), Read::Unreadable(Some(_))));
        assert!(matches!(read(json!({})), Read::Unreadable(None)));
    }
}
