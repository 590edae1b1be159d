//! The calls that change what is there. Each can be made again and does the same.

use serde::de::IgnoredAny;

use super::calls::Call;
use super::error::SignalError;
use super::link::Link;
use super::outbound::{self, DeleteRequest, EditRequest, ReactRequest};
use super::results::{SendReceipt, Sent};
use super::rpc::Params;
use crate::clock::Moment;
use crate::config::Aci;
use crate::event::GroupId;

impl Link {
    /// Gives a message of the bridge account other words. The receipt names the edit, which is another name of the message.
    ///
    /// # Errors
    ///
    /// As for [`Link::send`].
    pub async fn edit(&self, call: &Call, request: &EditRequest) -> Result<SendReceipt, SignalError> {
        self.amend(call, "send", outbound::edit(request)?).await
    }

    /// Reacts to a message, or takes the reaction back.
    ///
    /// # Errors
    ///
    /// As for [`Link::send`].
    pub async fn react(&self, call: &Call, request: &ReactRequest) -> Result<SendReceipt, SignalError> {
        self.amend(call, "sendReaction", outbound::react(request)?).await
    }

    /// Deletes a message of the bridge account for everybody.
    ///
    /// # Errors
    ///
    /// As for [`Link::send`].
    pub async fn delete(&self, call: &Call, request: &DeleteRequest) -> Result<SendReceipt, SignalError> {
        self.amend(call, "remoteDelete", outbound::delete(request)?).await
    }

    /// Says to the owner that these messages of theirs were read. It can be said again.
    ///
    /// # Errors
    ///
    /// If it is not certain that this has been done.
    pub async fn read_receipt(&self, owner: &Aci, read: &[Moment]) -> Result<(), SignalError> {
        self.ask::<IgnoredAny>("sendReceipt", outbound::read_receipt(owner, read)?).await.map(drop)
    }

    /// Shows in a group that somebody types, or has stopped. Apps show it for 15 seconds.
    ///
    /// # Errors
    ///
    /// If it is not certain that this has been done.
    pub async fn typing(&self, group: &GroupId, is_typing: bool) -> Result<(), SignalError> {
        self.ask::<IgnoredAny>("sendTyping", outbound::typing(group, is_typing)?).await.map(drop)
    }

    async fn amend(&self, _call: &Call, method: &str, params: Params) -> Result<SendReceipt, SignalError> {
        let sent: Sent = self.call(method, params).await.map_err(|error| SignalError::of_send(&error))?;
        sent.receipt().ok_or(SignalError::Unknown)
    }
}
