//! What the link of one channel needs to know before it connects.

use std::sync::Arc;
use std::time::Duration;

use super::calls::Calls;
use crate::config::{Aci, Endpoint, Participant, Signal, Version};

/// How long a request may take. A send with a large file on a slow line takes long, and whoever gives up early does
/// not know what became of it.
const REQUEST_LIMIT: Duration = Duration::from_mins(1);

/// What the link of one channel needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The channel's name, for logs.
    pub channel: String,
    /// Where signal-cli listens.
    pub endpoint: Endpoint,
    /// The bridge account.
    pub account: Participant,
    /// The person the channel serves.
    pub owner: Participant,
    /// Who the owner's number was found to belong to, the first time; then Signal is not asked again, so that the
    /// number cannot move the channel to somebody else. Without meaning if `owner` is an account identifier.
    pub pinned: Option<Aci>,
    /// The oldest signal-cli that is spoken to.
    pub minimum_version: Version,
    /// Whether the account may be turned away: then it is asked for before anything is sent.
    pub doubted: bool,
    /// The calls of the account, shared by its links.
    pub calls: Arc<Calls>,
    /// How long a request may take before its outcome counts as unknown; a minute.
    pub request_limit: Duration,
}

impl Settings {
    /// The settings of a channel.
    #[must_use]
    pub fn new(channel: &str, signal: &Signal, pinned: Option<Aci>) -> Self {
        Self {
            channel: channel.to_owned(),
            endpoint: signal.endpoint.clone(),
            account: signal.account.clone(),
            owner: signal.owner.clone(),
            pinned,
            minimum_version: signal.minimum_version,
            doubted: false,
            calls: Arc::default(),
            request_limit: REQUEST_LIMIT,
        }
    }
}
