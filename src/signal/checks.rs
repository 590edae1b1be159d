//! What is made sure of before a connection is used: the version, the account, and who the owner is.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::board::LinkState;
use super::results::aci;
use super::rpc::{CallError, Params, Rpc};
use super::settings::Settings;
use crate::config::{Aci, Participant, PhoneNumber, Version};
use crate::redact::Private;

/// How long to wait before asking again about something that a person has to change.
pub(super) const ASK_AGAIN: Duration = Duration::from_mins(1);

/// How long to wait before asking again who has a number. Each question counts against a limit of Signal's.
const ASK_OWNER_AGAIN: Duration = Duration::from_mins(10);

/// JSON-RPC's "no such method": signal-cli's word for a method that exists only with several accounts.
const NO_METHOD: i32 = -32601;

/// JSON-RPC's "invalid parameters": signal-cli's word for an account it does not have.
pub(super) const NO_ACCOUNT: i32 = -32602;

/// Why a connection is not used.
#[derive(Debug)]
pub(super) struct Trouble {
    /// How the link is, then.
    pub(super) state: LinkState,
    /// When to try again; without it, soon, and then less and less often.
    pub(super) pause: Option<Duration>,
}

impl Trouble {
    /// signal-cli is not there or does not answer as it should.
    pub(super) const DOWN: Self = Self { state: LinkState::Down, pause: None };
    /// signal-cli does not have the bridge account.
    pub(super) const NO_ACCOUNT: Self = Self { state: LinkState::NoAccount, pause: Some(ASK_AGAIN) };
    /// Signal turns the bridge account away.
    pub(super) const SIGNED_OUT: Self = Self { state: LinkState::SignedOut, pause: Some(ASK_AGAIN) };
    const OWNER_UNKNOWN: Self = Self { state: LinkState::OwnerUnknown, pause: Some(ASK_OWNER_AGAIN) };

    fn too_old(version: Version) -> Self {
        Self { state: LinkState::TooOld(version), pause: Some(ASK_AGAIN) }
    }
}

#[derive(Deserialize)]
struct VersionAnswer {
    version: Option<String>,
}

/// Asks signal-cli which version it is. A version that cannot be read is no version.
pub(super) async fn version(rpc: &Rpc) -> Result<Version, Trouble> {
    let answer: VersionAnswer = rpc.call("version", Params::new()).await.map_err(|_| Trouble::DOWN)?;
    answer.version.and_then(|text| text.parse().ok()).ok_or(Trouble::DOWN)
}

/// Makes sure that the version is one that Signal's service still takes.
pub(super) fn new_enough(version: Version, settings: &Settings) -> Result<(), Trouble> {
    if version < settings.minimum_version { Err(Trouble::too_old(version)) } else { Ok(()) }
}

#[derive(Deserialize)]
struct Account {
    number: Option<PhoneNumber>,
}

/// Makes sure that signal-cli has the bridge account, as far as it can say.
///
/// `listAccounts` exists only where signal-cli runs several accounts, and lists numbers: started with `-a` it has one
/// account and no such method, and an account that is configured by its identifier shows when receiving begins.
pub(super) async fn account(rpc: &Rpc, settings: &Settings) -> Result<(), Trouble> {
    let Participant::Number(number) = &settings.account else { return Ok(()) };
    match rpc.call::<Vec<Account>>("listAccounts", Params::new()).await {
        Ok(accounts) if accounts.iter().any(|account| account.number.as_ref() == Some(number)) => Ok(()),
        Ok(_) => Err(Trouble::NO_ACCOUNT),
        Err(CallError::Coded { code: NO_METHOD, .. }) => Ok(()),
        Err(_) => Err(Trouble::DOWN),
    }
}

/// Makes sure that Signal takes the account: it lists an account's devices to every device of it. An answer that says
/// neither is none.
pub(super) async fn signed_in(rpc: &Rpc, settings: &Settings) -> Option<Result<(), Trouble>> {
    if let Err(trouble @ Trouble { state: LinkState::NoAccount, .. }) = account(rpc, settings).await {
        return Some(Err(trouble));
    }
    let mut params = Params::new();
    params.insert("account".to_owned(), json!(settings.account.reveal()));
    match rpc.call::<IgnoredAny>("listDevices", params).await {
        Ok(_) => Some(Ok(())),
        Err(CallError::Coded { code: NO_ACCOUNT, .. }) => Some(Err(Trouble::NO_ACCOUNT)),
        Err(CallError::Coded { turned_away: true, .. }) => Some(Err(Trouble::SIGNED_OUT)),
        Err(_) => None,
    }
}

#[derive(Deserialize)]
struct UserStatus {
    recipient: Option<Private>,
    number: Option<Private>,
    uuid: Option<Private>,
}

impl UserStatus {
    fn is_about(&self, number: &PhoneNumber) -> bool {
        [&self.recipient, &self.number].into_iter().flatten().any(|named| named.reveal() == number.reveal())
    }
}

/// Asks Signal whose the owner's number is.
pub(super) async fn owner(rpc: &Rpc, settings: &Settings, number: &PhoneNumber) -> Result<Aci, Trouble> {
    let mut params = Params::new();
    params.insert("account".to_owned(), json!(settings.account.reveal()));
    params.insert("recipient".to_owned(), json!([number.reveal()]));
    match rpc.call::<Vec<UserStatus>>("getUserStatus", params).await {
        Ok(found) => {
            let about = found.iter().find(|status| status.is_about(number));
            about.and_then(|status| status.uuid.as_ref()).and_then(aci).ok_or(Trouble::OWNER_UNKNOWN)
        }
        Err(CallError::Coded { code: NO_ACCOUNT, .. }) => Err(Trouble::NO_ACCOUNT),
        Err(CallError::Coded { .. }) => Err(Trouble::OWNER_UNKNOWN),
        Err(CallError::NeverWritten | CallError::NoAnswer) => Err(Trouble::DOWN),
    }
}
