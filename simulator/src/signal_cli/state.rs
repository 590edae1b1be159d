//! What the stand-in remembers; all but the connections survives a restart.

use std::collections::VecDeque;

use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::account::Standing;
use super::connection::Writer;
use super::limit::Limit;
use super::model::{Group, InboxMessage, Reactions, SignalFault};
use crate::fault::Faults;
use crate::stamp::{self, Clock};

/// Everything that changes while the stand-in runs.
pub(crate) struct State {
    /// Cancelled when the process "dies"; a new one comes with each start.
    pub(crate) life: CancellationToken,
    pub(crate) tasks: Vec<JoinHandle<()>>,
    pub(crate) clock: Clock,
    pub(crate) connections: Vec<Writer>,
    pub(crate) subscriptions: Vec<Subscription>,
    /// Counts all subscriptions ever made, for their ids.
    pub(crate) subscribed: u64,
    pub(crate) queue: VecDeque<Queued>,
    pub(crate) written: Vec<i64>,
    pub(crate) inbox: Vec<InboxMessage>,
    pub(crate) outbox: Vec<OwnMessage>,
    pub(crate) groups: Vec<Group>,
    pub(crate) profile_set: bool,
    /// Whether the owner's key is another than the trusted one.
    pub(crate) untrusted: bool,
    /// What the owner wrote with that key.
    pub(crate) held_back: Vec<Queued>,
    pub(crate) standing: Standing,
    pub(crate) limit: Option<Limit>,
    pub(crate) calls: Vec<(String, Value)>,
    pub(crate) faults: Faults<SignalFault>,
    /// The stickers that can be had, each with its pack and its number there.
    pub(crate) stickers: Vec<((String, u64), Vec<u8>)>,
    /// Whether received files are gone before anybody reads them.
    pub(crate) loses_attachments: bool,
    /// How many answers of `send` are held back; nothing if they are not held.
    pub(crate) held_answers: Option<usize>,
}

/// Somebody who wants to hear what arrives.
#[derive(Clone)]
pub(crate) struct Subscription {
    pub(crate) id: u64,
    pub(crate) writer: Writer,
    /// Whether the subscriber was told its id, without which it couldn't tell what it hears.
    pub(crate) told: bool,
}

/// An envelope the Signal server still holds.
#[derive(Clone)]
pub(crate) struct Queued {
    pub(crate) timestamp: i64,
    pub(crate) envelope: Value,
    /// The kind of exception that is told instead of what it says.
    pub(crate) exception: Option<&'static str>,
}

/// What the owner wrote.
#[derive(Clone)]
pub(crate) struct OwnMessage {
    pub(crate) timestamp: i64,
    pub(crate) group: Option<String>,
    pub(crate) text: String,
    pub(crate) quoted: Option<i64>,
    /// Its files.
    pub(crate) files: Vec<Vec<u8>>,
    /// The timestamps of its later versions.
    pub(crate) edits: Vec<i64>,
    pub(crate) reactions: Reactions,
}

impl OwnMessage {
    /// Whether this timestamp is the message's own or that of an edit of it.
    pub(crate) fn is(&self, timestamp: i64) -> bool {
        self.timestamp == timestamp || self.edits.contains(&timestamp)
    }
}

impl State {
    /// The state of a fresh account.
    pub(crate) fn new(profile_set: bool) -> Self {
        Self {
            life: CancellationToken::new(),
            tasks: Vec::new(),
            clock: Clock::default(),
            connections: Vec::new(),
            subscriptions: Vec::new(),
            subscribed: 0,
            queue: VecDeque::new(),
            written: Vec::new(),
            inbox: Vec::new(),
            outbox: Vec::new(),
            groups: Vec::new(),
            profile_set,
            untrusted: false,
            held_back: Vec::new(),
            standing: Standing::Good,
            limit: None,
            calls: Vec::new(),
            faults: Faults::none(),
            stickers: Vec::new(),
            loses_attachments: false,
            held_answers: None,
        }
    }

    /// The text of a message on the owner's phone.
    pub(crate) fn text_of(&self, timestamp: i64) -> Option<&str> {
        let theirs = self.inbox.iter().map(|message| (message.timestamp, &message.text));
        let own = self.outbox.iter().map(|message| (message.timestamp, &message.text));
        theirs.chain(own).find(|(at, _)| *at == timestamp).map(|(_, text)| text.as_str())
    }

    /// The owner changed a message, named by itself or by an earlier edit.
    pub(crate) fn edit(&mut self, target: i64, edit: i64, text: &str) {
        if let Some(own) = self.outbox.iter_mut().find(|own| own.is(target)) {
            own.edits.push(edit);
            text.clone_into(&mut own.text);
        }
    }

    /// The group with this id.
    pub(crate) fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// The group with this id, to be changed.
    pub(crate) fn group_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.groups.iter_mut().find(|group| group.id == id)
    }

    /// Adds a group; one without an id gets one.
    pub(crate) fn add_group(&mut self, mut group: Group) -> String {
        if group.id.is_empty() {
            group.id = stamp::group_id();
        }
        for permission in [&mut group.permission_add_member, &mut group.permission_edit_details] {
            if permission.is_empty() {
                "EVERY_MEMBER".clone_into(permission);
            }
        }
        let id = group.id.clone();
        self.groups.push(group);
        id
    }

    /// The subscriptions that messages are written to.
    pub(crate) fn listening(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.iter().filter(|subscription| subscription.told)
    }

    /// A subscriber was told the id of its subscription.
    pub(crate) fn told(&mut self, id: u64) {
        for subscription in &mut self.subscriptions {
            subscription.told |= subscription.id == id;
        }
    }

    /// Forgets a connection and what it subscribed to.
    pub(crate) fn forget(&mut self, writer: &Writer) {
        self.connections.retain(|open| open.id() != writer.id());
        self.subscriptions.retain(|subscription| subscription.writer.id() != writer.id());
    }
}
