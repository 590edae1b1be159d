//! How the wings hand events up without knowing what lies above them.

use std::future::Future;

use super::Event;
use super::Refusal;
use super::Typing;
use crate::clock::Moment;
use crate::redact::Private;

/// An event as it arrives, with the key that makes it happen once.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The key under which it is remembered as seen.
    pub key: SeenKey,
    /// When it arrived.
    pub at: Moment,
    /// What happened.
    pub event: Event,
}

/// What makes an event the same event. Only a keyed hash of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SeenKey {
    /// The group, or a constant: a new sender's message can surface once under the LID and once under the number, so
    /// a direct chat is not part of the key.
    pub scope: Private,
    /// The stanza, event or message id.
    pub item: Private,
    /// What kind of event.
    pub kind: SeenKind,
}

impl SeenKey {
    /// Of a Signal message: `item` is its author, device and time, which are enough.
    #[must_use]
    pub fn of_signal(item: Private) -> Self {
        Self { scope: "signal".into(), item, kind: SeenKind::Signal }
    }
}

/// The kind of event in a [`SeenKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeenKind {
    /// A WhatsApp message by stanza.
    Message,
    /// An edit, a deletion or a reaction of WhatsApp, by its own stanza.
    Change,
    /// An ack by target, participant and level.
    Ack,
    /// A session status by event id.
    Session,
    /// Anything else from WAHA, by event id.
    Other,
    /// A Signal message by author, device and timestamp.
    Signal,
}

impl SeenKind {
    /// The name that goes into the hash; never to be changed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Change => "change",
            Self::Ack => "ack",
            Self::Session => "session",
            Self::Other => "other",
            Self::Signal => "signal",
        }
    }
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is committed.
    New,
    /// It was known already; nothing was done.
    Repeat,
    /// It is remembered, and has no consequence.
    NoConsequence,
}

/// The store cannot take anything now; the caller must say so to its peer and be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database cannot be written now")]
pub struct IntakeError;

/// Takes what the wings bring. When [`Intake::accept`] returns, it is on disk.
pub trait Intake: Clone + Send + Sync + 'static {
    /// Commits the arrivals in this order, together.
    ///
    /// # Errors
    ///
    /// If the database cannot be written; then nothing of it is kept.
    fn accept(&self, arrivals: Vec<Arrival>) -> impl Future<Output = Result<Vec<Taken>, IntakeError>> + Send;

    /// Whether an event with this key was accepted before.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    fn is_known(&self, key: SeenKey) -> impl Future<Output = Result<bool, IntakeError>> + Send;

    /// Hears who types. It passes: nothing of it is kept.
    fn typing(&self, typing: Typing);

    /// Counts what was refused, and tells the owner where that matters.
    fn refuse(&self, refusal: Refusal) -> impl Future<Output = ()> + Send;
}
