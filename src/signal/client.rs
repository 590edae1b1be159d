//! The calls: each is one request on the sending connection, for the bridge account.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;

use super::calls::{Call, LoneCall};
use super::error::SignalError;
use super::groups::{GroupMember, GroupState, WireGroup};
use super::link::Link;
use super::outbound::{self, PollRequest, SendRequest};
use super::results::{SendReceipt, Sent};
use super::rpc::{CallError, Params};
use super::{pictures, stickers};
use crate::clock::Moment;
use crate::config::{Aci, Endpoint, Participant};
use crate::event::GroupId;
use crate::redact::Private;

/// What makes no message that somebody's device could confirm. Whatever is not here may make messages of its own. Apps, and
/// signal-cli itself, confirm what somebody wrote, and neither receipts nor typing.
const SILENT: [&str; 7] = [
    "listGroups",
    "listIdentities",
    "submitRateLimitChallenge",
    "sendReceipt",
    "sendTyping",
    stickers::METHOD,
    pictures::METHOD,
];

/// An entry of `listIdentities`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    trust_level: Option<String>,
    added_timestamp: Option<i64>,
}

impl Link {
    /// Opens a call of [`Link::send`].
    pub fn open_call(&self) -> Call {
        self.settings().calls.begin(self.clock().now())
    }

    /// Ends it. If nobody knows what became of it, and no other call can be taken for it: the span in which it was made.
    /// Only over a socket: what is elsewhere has a clock of its own.
    #[must_use]
    pub fn close_call(&self, call: Call, answer: &Result<SendReceipt, SignalError>) -> Option<LoneCall> {
        let now = self.clock().now();
        match answer {
            Err(SignalError::Unknown | SignalError::Unclear) => {
                let is_near = matches!(self.settings().endpoint, Endpoint::Socket(_));
                call.end_unknown(now).filter(|_| is_near)
            }
            Ok(receipt) => {
                self.settings().calls.knows(receipt.timestamp);
                call.end(now);
                None
            }
            Err(_) => {
                call.end(now);
                None
            }
        }
    }

    /// The message that a call made of which nobody knew what became, if the owner confirmed it.
    #[must_use]
    pub fn proof_of(&self, call: LoneCall) -> Option<Moment> {
        self.settings().calls.proof_of(call)
    }

    /// Sends a message, within a call that was opened for it. One at a time in each conversation: signal-cli works on requests side by side, and two that
    /// are under way together can arrive swapped.
    ///
    /// # Errors
    ///
    /// [`SignalError::Unknown`] and [`SignalError::Unclear`] mean that it may have been sent; every other error means that
    /// it was not.
    pub async fn send(&self, _call: &Call, request: &SendRequest) -> Result<SendReceipt, SignalError> {
        let (method, params) = match request.poll.as_ref().filter(|_| self.makes_polls()) {
            Some(poll) => ("sendPollCreate", outbound::poll(&request.to, poll)?),
            None => ("send", outbound::send(request)?),
        };
        let sent: Sent = self.call(method, params).await.map_err(|e| SignalError::of_send(&e))?;
        sent.receipt().ok_or(SignalError::Unknown)
    }

    fn makes_polls(&self) -> bool {
        self.version().is_some_and(|version| version >= PollRequest::SINCE)
    }

    /// Makes a group of the bridge account and the owner, and nothing else yet: see [`Link::secure_group`].
    ///
    /// # Errors
    ///
    /// [`SignalError::Unknown`] and [`SignalError::Unclear`] mean that there may be a new group; look for it before making
    /// another.
    /// [`SignalError::Refused`] also if signal-cli made a group of the old kind, which cannot be used.
    pub async fn create_group(&self, name: &Private, owner: &Aci) -> Result<GroupId, SignalError> {
        let made: Sent = self.ask("updateGroup", outbound::create_group(name, owner)).await?;
        let id = made.group_id.ok_or(SignalError::Unknown)?;
        if outbound::is_group_id(id.reveal()) { Ok(GroupId::new(id.reveal())) } else { Err(SignalError::Refused) }
    }

    /// Shuts a group: no invite link, and only admins add members; with `timer`, its messages disappear after so many
    /// seconds. Can be repeated.
    ///
    /// # Errors
    ///
    /// If it is not certain that this has been done.
    pub async fn secure_group(&self, group: &GroupId, timer: Option<i64>) -> Result<(), SignalError> {
        self.ask::<IgnoredAny>("updateGroup", outbound::secure_group(group, timer)?).await.map(drop)
    }

    /// Lets a group's messages disappear from the phones after so many seconds. Can be repeated.
    ///
    /// # Errors
    ///
    /// If it is not certain that this has been done.
    pub async fn set_timer(&self, group: &GroupId, seconds: i64) -> Result<(), SignalError> {
        self.ask::<IgnoredAny>("updateGroup", outbound::set_timer(group, seconds)?).await.map(drop)
    }

    /// Gives a group another name. Can be repeated.
    ///
    /// # Errors
    ///
    /// If it is not certain that this has been done.
    pub async fn rename_group(&self, group: &GroupId, name: &Private) -> Result<(), SignalError> {
        self.ask::<IgnoredAny>("updateGroup", outbound::rename_group(group, name)?).await.map(drop)
    }

    /// All groups that signal-cli knows for the account, also those that the account has left.
    ///
    /// # Errors
    ///
    /// If there is no list.
    pub async fn groups(&self) -> Result<Vec<GroupState>, SignalError> {
        self.list(Params::new()).await
    }

    /// One group as Signal's server has it now; nothing if signal-cli does not know it.
    ///
    /// # Errors
    ///
    /// If signal-cli could not find out.
    pub async fn group(&self, group: &GroupId) -> Result<Option<GroupState>, SignalError> {
        let found = self.list(outbound::list_group(group)?).await?;
        Ok(found.into_iter().find(|state| state.id == *group))
    }

    async fn list(&self, params: Params) -> Result<Vec<GroupState>, SignalError> {
        let groups: Vec<WireGroup> = self.ask("listGroups", params).await?;
        Ok(groups.into_iter().filter_map(WireGroup::state).collect())
    }

    /// Gives the bridge account's profile a name. An account without a profile cannot make groups.
    ///
    /// # Errors
    ///
    /// If it is not certain that this has been done.
    pub async fn update_profile(&self, name: &Private) -> Result<(), SignalError> {
        self.ask::<IgnoredAny>("updateProfile", outbound::update_profile(name)).await.map(drop)
    }

    /// Leaves a group and makes signal-cli forget it. Of one that the bridge made, `heir` becomes the admin.
    ///
    /// # Errors
    ///
    /// If it is not certain that this has been done.
    pub async fn quit_group(&self, group: &GroupId, heir: Option<&Aci>) -> Result<(), SignalError> {
        self.ask::<IgnoredAny>("quitGroup", outbound::quit_group(group, heir)?).await.map(drop)
    }

    /// Whether the newest identity key that signal-cli knows of somebody may be written to. A key that changed is not,
    /// until it is trusted on the server.
    ///
    /// # Errors
    ///
    /// If signal-cli does not say.
    pub async fn is_trusted(&self, aci: &Aci) -> Result<bool, SignalError> {
        let identities: Vec<Identity> = self.ask("listIdentities", outbound::list_identities(aci)).await?;
        let newest = identities.into_iter().max_by_key(|identity| identity.added_timestamp);
        Ok(newest.is_none_or(|identity| identity.trust_level.as_deref() != Some("UNTRUSTED")))
    }

    /// Whether somebody in a group is the bridge account itself.
    #[must_use]
    pub fn account_matches(&self, member: &GroupMember) -> bool {
        match &self.settings().account {
            Participant::Aci(aci) => member.aci.as_ref() == Some(aci),
            Participant::Number(number) => member.number.as_ref() == Some(number),
        }
    }

    /// Anything but a send.
    pub(super) async fn ask<T: DeserializeOwned>(&self, method: &str, params: Params) -> Result<T, SignalError> {
        let call = (!SILENT.contains(&method)).then(|| self.open_call());
        let answer = self.call(method, params).await.map_err(|error| SignalError::of_call(&error));
        if let Some(call) = call {
            let now = self.clock().now();
            match &answer {
                Err(SignalError::Unknown | SignalError::Unclear) => drop(call.end_unknown(now)),
                _ => call.end(now),
            }
        }
        answer
    }

    pub(super) async fn call<T: DeserializeOwned>(&self, method: &str, mut params: Params) -> Result<T, CallError> {
        let connection = self.sending().ok_or(CallError::NeverWritten)?;
        params.insert("account".to_owned(), json!(self.settings().account.reveal()));
        let answer = connection.rpc.call(method, params).await;
        answer.inspect_err(|error| {
            self.learn_challenge(error);
            self.doubt_account(error);
        })
    }
}
