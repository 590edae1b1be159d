//! Whom a message names.

use serde::{Deserialize, Serialize};

use super::Address;

/// Somebody whom a WhatsApp message names. In its text stands `@` and the digits of the address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// Who.
    pub address: Address,
    /// Whether it is the owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_owner: bool,
}
