//! Who is in a group.

use serde_json::Value;

use super::Client;
use crate::event::Address;
use crate::whatsapp::error::WahaError;

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// The address by which the group knows it.
    pub address: Address,
    /// Its number, where that is another address.
    pub number: Option<Address>,
}

impl Participant {
    /// All addresses by which it is known.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        std::iter::once(&self.address).chain(&self.number)
    }

    fn of(json: &Value) -> Option<Self> {
        let part = |name: &str| json.get(name).and_then(Value::as_str).and_then(Address::parse);
        let (id, number) = (part("id"), part("pn"));
        let address = id.or_else(|| number.clone()).filter(Address::is_person)?;
        Some(Self { number: number.filter(|number| *number != address), address })
    }
}

impl Client {
    /// All members of a group, the owner too.
    ///
    /// # Errors
    ///
    /// See [`WahaError`]; [`WahaError::Unknown`] also if one of them has no address.
    pub async fn participants(&self, group: &Address) -> Result<Vec<Participant>, WahaError> {
        let id = group.chat_id();
        let json = self.get(&["api", &self.session, "groups", id.reveal(), "participants", "v2"], &[]).await?;
        let all = json.as_ref().and_then(Value::as_array).ok_or(WahaError::Unknown)?;
        all.iter().map(|one| Participant::of(one).ok_or(WahaError::Unknown)).collect()
    }
}
