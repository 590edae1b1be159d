//! The words in which a test talks to the stand-in.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value;

use crate::fault::Counted;

/// Everything that is configured before the start.
#[derive(Clone, Debug)]
pub struct SignalOptions {
    /// The unix socket to listen on; `None` listens on TCP.
    pub socket: Option<PathBuf>,
    /// The TCP address, if there is no unix socket; `None` takes any free loopback port.
    pub tcp: Option<SocketAddr>,
    /// The version reported.
    pub version: String,
    /// The number of the bridge's account.
    pub account: String,
    /// The ACI of the bridge's account.
    pub account_aci: String,
    /// The number of the owner.
    pub owner_number: String,
    /// The ACI of the owner.
    pub owner_aci: String,
    /// New members are only invited, and see nothing until they accept.
    pub members_are_invited: bool,
    /// The bridge's profile was set at an earlier start.
    pub profile_set: bool,
    /// The owner's phone confirms each delivery by itself.
    pub auto_receipts: bool,
    /// Where received files are kept.
    pub attachments: Option<PathBuf>,
}

impl Default for SignalOptions {
    fn default() -> Self {
        Self {
            socket: None,
            tcp: None,
            version: "0.14.6".into(),
            account: "+15550100001".into(),
            account_aci: "b81d6e00-0000-4000-8000-000000000001".into(),
            owner_number: "+15550100002".into(),
            owner_aci: "0a0a0a00-0000-4000-8000-000000000002".into(),
            members_are_invited: false,
            profile_set: false,
            auto_receipts: true,
            attachments: None,
        }
    }
}

/// A message on the owner's phone.
#[derive(Clone, Debug, PartialEq)]
pub struct InboxMessage {
    /// The timestamp, which is the id.
    pub timestamp: i64,
    /// The group; `None` for a direct message.
    pub group_id: Option<String>,
    /// The text.
    pub text: String,
    /// The message it quotes.
    pub quote_timestamp: Option<i64>,
    /// Who wrote the quoted message.
    pub quote_author: Option<String>,
    /// The formatting, as `start:length:STYLE`.
    pub text_styles: Vec<String>,
    /// Whether the phone wakes up for it.
    pub urgent: bool,
    /// The files that came with it.
    pub files: Vec<Attached>,
    /// The timestamps of its later versions.
    pub edits: Vec<i64>,
    /// Whether it was deleted for everybody; then it has no text.
    pub deleted: bool,
    /// The reactions of the bridge's account and of the owner.
    pub reactions: Reactions,
    /// All parameters of the call.
    pub params: Value,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// What it is.
    pub bytes: Vec<u8>,
}

/// Who reacts to a message, and how: one reaction each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reactions {
    /// The bridge's account.
    pub bridge: Option<String>,
    /// The owner.
    pub owner: Option<String>,
}

/// A Signal group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The id, 32 bytes in base64; chosen when it is empty.
    pub id: String,
    /// The title.
    pub name: String,
    /// The ACIs of the members, the bridge's account among them.
    pub members: Vec<String>,
    /// The ACIs of those who are invited.
    pub pending: Vec<String>,
    /// The ACIs of the admins.
    pub admins: Vec<String>,
    /// The invitation link, if it is on.
    pub link: Option<String>,
    /// `EVERY_MEMBER` or `ONLY_ADMINS`.
    pub permission_add_member: String,
    /// `EVERY_MEMBER` or `ONLY_ADMINS`.
    pub permission_edit_details: String,
    /// The timer of disappearing messages in seconds; 0 is off.
    pub expiration: i64,
    /// The picture in base64.
    pub picture: Option<String>,
    /// How often the group was changed.
    pub revision: u32,
}

/// A way in which signal-cli goes wrong.
#[derive(Clone, Debug)]
pub enum SignalFault {
    /// A send fails for its recipient.
    ErrorOnSend {
        /// The code of the error.
        code: i32,
        /// The type of the result, such as `RATE_LIMIT_FAILURE`.
        kind: &'static str,
        /// When it may work again, in seconds.
        retry_after: Option<u64>,
        /// How often.
        times: u32,
    },
    /// A send reaches the owner, and is never answered.
    SendThenNoAnswer {
        /// How often.
        times: u32,
    },
    /// A send reaches the owner, then the connection closes.
    SendThenDrop {
        /// How often.
        times: u32,
    },
    /// A send is lost and never answered.
    NoAnswer {
        /// How often.
        times: u32,
    },
    /// A group is created, then the connection closes.
    CreateThenDrop {
        /// How often.
        times: u32,
    },
    /// A group can't be created.
    CreateFails {
        /// The code of the error.
        code: i32,
        /// How often.
        times: u32,
    },
    /// A receipt isn't sent.
    ReceiptFails {
        /// The code of the error.
        code: i32,
        /// How often.
        times: u32,
    },
    /// A group can't be left.
    QuitFails {
        /// The code of the error.
        code: i32,
        /// How often.
        times: u32,
    },
    /// A send reaches nobody, and says so.
    EmptyResults {
        /// How often.
        times: u32,
    },
    /// A send reaches somebody else, too.
    ForeignRecipient {
        /// Whom.
        aci: String,
        /// How often.
        times: u32,
    },
    /// A send reaches the owner, and is answered with an unexpected error.
    AfterUpload {
        /// How often.
        times: u32,
    },
}

impl Counted for SignalFault {
    fn times(&mut self) -> Option<&mut u32> {
        match self {
            Self::ErrorOnSend { times, .. }
            | Self::SendThenNoAnswer { times }
            | Self::SendThenDrop { times }
            | Self::NoAnswer { times }
            | Self::CreateThenDrop { times }
            | Self::CreateFails { times, .. }
            | Self::QuitFails { times, .. }
            | Self::ReceiptFails { times, .. }
            | Self::EmptyResults { times }
            | Self::ForeignRecipient { times, .. }
            | Self::AfterUpload { times } => Some(times),
        }
    }
}
