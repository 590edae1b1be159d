//! Who types: it passes, so it is no [`Event`](super::Event), and nothing of it is kept.

use super::{Address, GroupId};

/// Somebody types, or has stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    /// Where.
    pub place: TypingPlace,
    /// Whether it is so now.
    pub is_typing: bool,
}

/// Where somebody types.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypingPlace {
    /// A contact, or a member of a group, in this chat of WhatsApp.
    WhatsApp(Address),
    /// The owner, in this group of Signal.
    Signal(GroupId),
}
