//! Reads what WAHA's store holds: which chats had messages lately, and those messages.

use std::time::Duration;

use serde_json::Value;

use super::Client;
use crate::clock::Moment;
use crate::event::{Address, Arrival};
use crate::whatsapp::error::WahaError;
use crate::whatsapp::inbound::read_listed;
use crate::whatsapp::{Own, answers};

/// How long a list may take: for the overview WAHA may ask WhatsApp for each chat's picture.
const LIST: Duration = Duration::from_mins(1);

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What of it means something to the bridge, in WAHA's order.
    pub items: Vec<T>,
    /// How many entries WAHA listed; fewer than asked for means that there are no more.
    pub listed: usize,
}

/// A chat in the overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatSummary {
    /// The chat.
    pub chat: Address,
    /// When its last message was written; nothing if the store has none.
    pub last: Option<Moment>,
}

/// Which messages to list.
#[derive(Debug, Clone, Copy)]
pub struct MessagesOf<'a> {
    /// Of this chat, under whichever of its addresses.
    pub chat: &'a Address,
    /// Written then or later, to the second.
    pub since: Moment,
    /// At most so many.
    pub limit: usize,
    /// Without the newest so many.
    pub offset: usize,
}

impl Client {
    /// A page of the chats, the one with the latest message first.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; [`WahaError::Refused`] from NOWEB without its store, and from engines that have no such list.
    pub async fn chats_overview(&self, limit: usize, offset: usize) -> Result<Page<ChatSummary>, WahaError> {
        let (limit, offset) = (limit.to_string(), offset.to_string());
        let query = [("limit", limit.as_str()), ("offset", &offset)];
        self.list(&["api", &self.session, "chats", "overview"], &query, answers::chat_summary).await
    }

    /// A page of a chat's messages, the newest first, each as its webhook would have been read at `now`.
    ///
    /// # Errors
    ///
    /// As [`Client::chats_overview`].
    pub async fn messages(&self, of: MessagesOf<'_>, own: &Own, now: Moment) -> Result<Page<Arrival>, WahaError> {
        let id = of.chat.chat_id();
        let [since, limit, offset] =
            [of.since.0.div_euclid(1000).to_string(), of.limit.to_string(), of.offset.to_string()];
        let query = [
            ("filter.timestamp.gte", since.as_str()),
            ("limit", &limit),
            ("offset", &offset),
            ("sortBy", "timestamp"),
            ("sortOrder", "desc"),
            // What comes with old messages is not fetched in passing.
            ("downloadMedia", "false"),
        ];
        let path = ["api", &self.session, "chats", id.reveal(), "messages"];
        self.list(&path, &query, |message| read_listed(message, own, now)).await
    }

    async fn list<T>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Page<T>, WahaError> {
        let json = self.get_within(LIST, path, query).await?;
        let entries = json.as_ref().and_then(Value::as_array).ok_or(WahaError::Unknown)?;
        Ok(Page { items: entries.iter().filter_map(read).collect(), listed: entries.len() })
    }
}

#[cfg(test)]
mod tests;
