//! Votes in polls. WAHA takes the answers themselves, so they are looked up in its store when somebody votes, and kept nowhere.

use serde::Serialize;

use super::changes::Named;
use super::{Client, SEND};
use crate::event::{Content, MessageId, Poll, Thing};
use crate::redact::Private;
use crate::whatsapp::answers::Sent;
use crate::whatsapp::content;
use crate::whatsapp::error::WahaError;

/// The body of `POST /api/sendPollVote`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VoteBody<'a> {
    session: &'a str,
    chat_id: Private,
    poll_message_id: &'a MessageId,
    votes: &'a [Private],
}

impl Client {
    /// A poll, as WAHA's store has it; nothing if it does not have it, or keeps no messages.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; only those that say that WAHA cannot be asked now.
    pub async fn poll(&self, poll: &Named) -> Result<Option<Poll>, WahaError> {
        let chat = poll.chat.chat_id();
        let path = ["api", &self.session, "chats", chat.reveal(), "messages", poll.id.reveal()];
        match self.get(&path, &[("downloadMedia", "false")]).await {
            Ok(listed) => Ok(listed.and_then(|listed| {
                let message = serde_json::from_value(listed).ok()?;
                match content::of(&message) {
                    Some(Content::Thing(Thing::Poll(poll))) => Some(poll),
                    _ => None,
                }
            })),
            Err(WahaError::NoMessage | WahaError::Refused | WahaError::Unknown) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Votes in a poll; an earlier vote counts no more. Done again it does the same.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; [`WahaError::Refused`] also from an engine that cannot vote, as NOWEB.
    pub async fn vote(&self, poll: &Named, votes: &[Private]) -> Result<Sent, WahaError> {
        let body = VoteBody { session: &self.session, chat_id: poll.chat.chat_id(), poll_message_id: &poll.id, votes };
        self.post_message(&["api", "sendPollVote"], &body, SEND).await
    }
}
