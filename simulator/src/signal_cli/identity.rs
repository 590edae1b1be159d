//! The owner's identity key: a phone that was installed anew has another, and until it is trusted on the server nothing
//! is sent to it and what it writes is held back.

use serde_json::{Value, json};

use super::SignalCli;

impl SignalCli {
    /// The owner's phone is installed anew.
    pub fn owner_reinstalls(&self) {
        self.state().change(|state| state.untrusted = true);
    }

    /// Somebody trusts the owner's new key on the server, and what was held back is handed on.
    pub fn trust_owner(&self) {
        self.state().change(|state| {
            state.untrusted = false;
            let held = std::mem::take(&mut state.held_back);
            state.queue.extend(held);
        });
    }

    /// `listIdentities`.
    pub(crate) fn identities(&self) -> Value {
        let options = self.options();
        let untrusted = self.state().read(|state| state.untrusted);
        let level = if untrusted { "UNTRUSTED" } else { "TRUSTED_UNVERIFIED" };
        json!([{
            "number": options.owner_number, "uuid": options.owner_aci, "trustLevel": level,
            "fingerprint": "05", "safetyNumber": "05", "scannableSafetyNumber": "05", "addedTimestamp": 1,
        }])
    }
}
