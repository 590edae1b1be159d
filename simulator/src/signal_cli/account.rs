//! The bridge's own account: whether Signal's server takes it, and whether signal-cli has it.

use serde_json::{Value, json};

use super::SignalCli;
use super::rpc::{Failure, Outcome};

/// How the account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// All is well.
    #[default]
    Good,
    /// The server answers 401, and signal-cli passes it on.
    TurnedAway,
    /// The server answers 401, and signal-cli makes of it that no recipient can be reached.
    Unreachable,
    /// signal-cli has no such account.
    Missing,
}

impl SignalCli {
    /// The account is registered elsewhere, its device removed, its data deleted; or all is mended.
    pub fn account_is(&self, standing: Standing) {
        self.state().change(|state| state.standing = standing);
    }

    pub(crate) fn standing(&self) -> Standing {
        self.state().read(|state| state.standing)
    }

    /// `listAccounts`.
    pub(crate) fn accounts(&self) -> Value {
        match self.standing() {
            Standing::Missing => json!([]),
            _ => json!([{ "number": self.options().account }]),
        }
    }

    /// `listDevices`.
    pub(crate) fn devices(&self) -> Outcome {
        match self.standing() {
            Standing::Good => Ok(json!([{ "id": 1, "name": null, "createdTimestamp": 1, "lastSeenTimestamp": 1 }])),
            _ => Err(Failure::new(-3, "Failed to get linked devices: [401] Authorization failed!")),
        }
    }

    /// What a send or a change of a group comes to while the server turns the account away.
    pub(crate) fn turned_away(&self) -> Result<(), Failure> {
        let message = "Failed to send message: [401] Authorization failed! (AuthorizationFailedException) \
                       (UnexpectedErrorException)";
        match self.standing() {
            Standing::TurnedAway => Err(Failure::new(-32603, message)),
            _ => Ok(()),
        }
    }
}
