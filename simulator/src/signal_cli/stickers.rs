//! Stickers, which a message only names: who wants the picture asks for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::SignalCli;
use super::rpc::{Failure, Outcome, text};

impl SignalCli {
    /// A pack has a sticker of these bytes under this number.
    pub fn add_sticker(&self, pack: &str, number: u64, bytes: &[u8]) {
        self.state().change(|state| state.stickers.push(((pack.to_owned(), number), bytes.to_vec())));
    }

    /// The owner sends a sticker.
    pub fn owner_sends_sticker(&self, group: Option<&str>, pack: &str, number: u64) {
        let _ = self.owner_shares(group, "sticker", json!({ "packId": pack, "stickerId": number }));
    }

    /// `getSticker`.
    pub(crate) fn sticker(&self, params: &Value) -> Outcome {
        let pack = text(params, "packId").unwrap_or_default();
        let number = params.get("stickerId").and_then(Value::as_u64).unwrap_or_default();
        let found = self.state().read(|state| {
            let found = state.stickers.iter().find(|((p, n), _)| (p.as_str(), *n) == (pack, number));
            found.map(|(_, bytes)| STANDARD.encode(bytes))
        });
        let data =
            found.ok_or_else(|| Failure::user(format!("Could not find sticker with ID: {number} in pack {pack}")))?;
        Ok(json!({ "data": data }))
    }
}
