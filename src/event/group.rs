//! What happens to a WhatsApp group itself.

use serde::{Deserialize, Serialize};

use super::{Address, Mention};
use crate::clock::Moment;
use crate::redact::Private;

/// News of a group, as one webhook brings them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupNews {
    /// The group.
    pub chat: Address,
    /// When, by WAHA's clock.
    pub at: Moment,
    /// What.
    pub news: Vec<News>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// To members.
    Members {
        /// What.
        what: Membership,
        /// To whom.
        who: Vec<Mention>,
        /// To how many more.
        #[serde(default)]
        more: u32,
    },
    /// It is called so now.
    Renamed(Private),
    /// It has another description, or none any more.
    Described {
        /// Whether there is one.
        any: bool,
    },
    /// It has another picture.
    Pictured,
    /// Only admins can write in it, or everybody can again.
    OnlyAdmins(bool),
}

/// What happened to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// They came in by themselves.
    Joined,
    /// Somebody else added them.
    Added,
    /// They are in it now; who did it is not known.
    In,
    /// They left.
    Left,
    /// Somebody else removed them.
    Removed,
    /// They are not in it any more; who did it is not known.
    Out,
    /// They are an admin now.
    Promoted,
    /// They are none any more.
    Demoted,
}

impl News {
    /// Whom it is about.
    #[must_use]
    pub fn who(&self) -> &[Mention] {
        match self {
            Self::Members { who, .. } => who,
            _ => &[],
        }
    }
}
