//! The owner's identity key: a phone that was installed anew has another, and until it is trusted on the server nothing
//! is sent to it and what it writes is held back. And what cannot be decrypted whatever the key is.

use serde_json::{Value, json};

use super::SignalCli;
use super::phone::{data, insert};
use super::state::Queued;

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

    /// A message under a key that is not trusted is announced without its content, and kept.
    pub(super) fn push_or_hold_back(&self, envelope: Value) {
        if !self.state().read(|state| state.untrusted) {
            return self.push_envelope(envelope);
        }
        let timestamp = envelope.get("timestamp").and_then(Value::as_i64).unwrap_or_default();
        let queued = Queued { timestamp, envelope: envelope.clone(), exception: None };
        self.state().change(|state| state.held_back.push(queued));
        self.push_exception(envelope, "UntrustedIdentityException");
    }

    /// What the owner writes in a group cannot be decrypted; if it comes `again`, as signal-cli asks the phone for, it is read.
    pub fn owner_says_garbled(&self, group_id: &str, text: &str, again: bool) {
        let timestamp = self.next_timestamp();
        let mut message = data(timestamp, text);
        insert(&mut message, "groupInfo", self.group_info(group_id));
        let mut envelope = self.owner_envelope(timestamp);
        insert(&mut envelope, "dataMessage", message);
        self.push_exception(envelope.clone(), "ProtocolInvalidMessageException");
        if again {
            self.push_envelope(envelope);
        }
    }

    fn push_exception(&self, envelope: Value, kind: &'static str) {
        let mut bare = envelope;
        if let Some(bare) = bare.as_object_mut() {
            bare.remove("dataMessage");
            bare.remove("editMessage");
        }
        let announced = Queued { timestamp: 0, envelope: bare, exception: Some(kind) };
        self.state().change(|state| state.queue.push_back(announced));
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
