//! What Signal shows on the owner's phone.

use std::collections::HashSet;

use serde_json::Value;
use tokio::sync::watch;

use super::SignalCli;
use super::model::Reactions;
use super::rpc::text;
use super::state::State;
use crate::kind;

/// How far a message of the owner got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The Signal server has it, the bridge's account does not.
    Waiting,
    /// The bridge's account has it.
    Delivered,
    /// The bridge's account said that it was read.
    Read,
}

/// A message in a conversation, as the phone shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneMessage {
    /// The timestamp, which is the id.
    pub timestamp: i64,
    /// The group; `None` for the chat with the bridge's account itself.
    pub group_id: Option<String>,
    /// How far it got, if the owner wrote it; `None` if the bridge did.
    pub own: Option<Progress>,
    /// The text.
    pub text: String,
    /// The formatting, as `start:length:STYLE`.
    pub text_styles: Vec<String>,
    /// The message it quotes.
    pub quoted: Option<i64>,
    /// The text shown in the quote.
    pub quoted_text: Option<String>,
    /// Whether it is not the first version any more.
    pub edited: bool,
    /// Whether it was deleted for everybody; then it has no text.
    pub deleted: bool,
    /// What its file is, as a MIME type; nothing if it has none.
    pub file: Option<&'static str>,
    /// The reactions to it.
    pub reactions: Reactions,
}

impl SignalCli {
    /// Every message of every conversation, in order.
    #[must_use]
    pub fn history(&self) -> Vec<PhoneMessage> {
        let mut history = self.state().read(|state| state.received().chain(state.own()).collect::<Vec<_>>());
        history.sort_by_key(|message| message.timestamp);
        history
    }

    /// The first file of a message.
    #[must_use]
    pub fn file_of(&self, timestamp: i64) -> Option<Vec<u8>> {
        self.state().read(|state| {
            let theirs = state.inbox.iter().find(|message| message.timestamp == timestamp);
            let own = state.outbox.iter().find(|message| message.timestamp == timestamp);
            let file = theirs.and_then(|message| Some(message.files.first()?.bytes.clone()));
            file.or_else(|| own.and_then(|message| message.files.first().cloned()))
        })
    }

    /// Whether the process runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state().read(|state| !state.tasks.is_empty())
    }

    /// Something that knows whenever anything changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.state().changes()
    }

    /// The ACI that wrote a message on the owner's phone.
    #[must_use]
    pub fn author_of(&self, timestamp: i64) -> Option<String> {
        let options = self.options();
        self.state().read(|state| {
            let own = state.outbox.iter().any(|message| message.timestamp == timestamp);
            let known = state.text_of(timestamp).is_some();
            known.then(|| if own { options.owner_aci.clone() } else { options.account_aci.clone() })
        })
    }
}

impl State {
    fn received(&self) -> impl Iterator<Item = PhoneMessage> {
        self.inbox.iter().map(|message| PhoneMessage {
            timestamp: message.timestamp,
            group_id: message.group_id.clone(),
            own: None,
            text: message.text.clone(),
            text_styles: message.text_styles.clone(),
            quoted: message.quote_timestamp,
            quoted_text: text(&message.params, "quoteMessage").map(str::to_owned),
            edited: !message.edits.is_empty(),
            deleted: message.deleted,
            file: message.files.first().filter(|_| !message.deleted).map(|file| kind::mime(&file.bytes)),
            reactions: message.reactions.clone(),
        })
    }

    fn own(&self) -> impl Iterator<Item = PhoneMessage> {
        let (written, read) = (self.written.iter().copied().collect::<HashSet<_>>(), self.read_by_bridge());
        self.outbox.iter().map(move |message| PhoneMessage {
            timestamp: message.timestamp,
            group_id: message.group.clone(),
            own: Some(match message.timestamp {
                at if read.contains(&at) => Progress::Read,
                at if written.contains(&at) => Progress::Delivered,
                _ => Progress::Waiting,
            }),
            text: message.text.clone(),
            text_styles: Vec::new(),
            quoted: message.quoted,
            quoted_text: message.quoted.and_then(|at| self.text_of(at)).map(str::to_owned),
            edited: !message.edits.is_empty(),
            deleted: false,
            file: message.files.first().map(|bytes| kind::mime(bytes)),
            reactions: message.reactions.clone(),
        })
    }

    /// The timestamps for which the bridge sent read receipts.
    fn read_by_bridge(&self) -> HashSet<i64> {
        let receipts = self.calls.iter().filter(|(method, _)| method == "sendReceipt");
        let read = receipts.filter(|(_, params)| text(params, "type").is_none_or(|kind| kind == "read"));
        read.flat_map(|(_, params)| targets(params)).collect()
    }
}

/// The messages a receipt names: one or a list.
fn targets(params: &Value) -> Vec<i64> {
    let named = params.get("targetTimestamp").or_else(|| params.get("targetTimestamps"));
    match named {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_i64).collect(),
        Some(one) => one.as_i64().into_iter().collect(),
        None => Vec::new(),
    }
}
