//! Signal groups as signal-cli lists them.

use serde::Deserialize;

use super::results::aci;
use crate::config::{Aci, PhoneNumber};
use crate::event::GroupId;
use crate::redact::Private;

/// A Signal group, seen from the bridge account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupState {
    /// The group.
    pub id: GroupId,
    /// What it is called.
    pub name: Option<Private>,
    /// Whether the bridge account is in it.
    pub is_member: bool,
    /// Who is in it, the bridge account included.
    pub members: Vec<GroupMember>,
    /// Who is invited, or asks to come in.
    pub pending: Vec<GroupMember>,
    /// Which members may change it.
    pub admins: Vec<GroupMember>,
    /// Whether anybody with a link can ask to come in, or come in.
    pub has_link: bool,
    /// Whether only admins add members.
    pub only_admins_add: bool,
    /// After how many seconds its messages disappear; 0: never.
    pub timer: i64,
}

/// Somebody in a group: by identifier, by number, or by both; by neither if only a phone-number identity is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// Who it is.
    pub aci: Option<Aci>,
    /// The number, where signal-cli knows it.
    pub number: Option<PhoneNumber>,
}

/// An entry of `listGroups`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireGroup {
    id: Option<GroupId>,
    name: Option<Private>,
    is_member: Option<bool>,
    members: Option<Vec<WireMember>>,
    pending_members: Option<Vec<WireMember>>,
    requesting_members: Option<Vec<WireMember>>,
    admins: Option<Vec<WireMember>>,
    permission_add_member: Option<String>,
    group_invite_link: Option<Private>,
    message_expiration_time: Option<i64>,
}

#[derive(Deserialize)]
struct WireMember {
    uuid: Option<Private>,
    number: Option<PhoneNumber>,
}

impl WireGroup {
    /// The group; nothing for an entry without an id.
    ///
    /// What the entry does not say counts as the less safe of the two: no member, others may add.
    pub(super) fn state(self) -> Option<GroupState> {
        Some(GroupState {
            id: self.id?,
            name: self.name,
            is_member: self.is_member.unwrap_or(false),
            members: members(self.members),
            pending: members(self.pending_members).into_iter().chain(members(self.requesting_members)).collect(),
            admins: members(self.admins),
            has_link: self.group_invite_link.is_some_and(|link| !link.is_empty()),
            only_admins_add: self.permission_add_member.as_deref() == Some("ONLY_ADMINS"),
            timer: self.message_expiration_time.unwrap_or_default(),
        })
    }
}

fn members(wire: Option<Vec<WireMember>>) -> Vec<GroupMember> {
    let member = |wire: WireMember| GroupMember { aci: wire.uuid.as_ref().and_then(aci), number: wire.number };
    wire.unwrap_or_default().into_iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(json: &str) -> Option<GroupState> {
        serde_json::from_str::<WireGroup>(json).unwrap().state()
    }

    #[test]
    fn a_captured_group_is_read() {
        let group = state(include_str!("../../tests/fixtures/signal/group.json")).unwrap();
        let member =
            |aci: &str, number: &str| GroupMember { aci: Some(Aci::new(aci)), number: Some(PhoneNumber::new(number)) };
        let bridge = member("f2d43e20-7304-47ad-9b3f-2f44f462c37b", "+14154938417");
        assert_eq!(group.id, GroupId::new("gcUcON3gCfDELoVoNNaV+EQDCl4ZF2L0cUuKa2Au/dQ="));
        assert_eq!(group.members, [member("545d590b-826c-4eaa-9959-2341f57772cb", "+14154954447"), bridge.clone()]);
        assert_eq!(group.admins, [bridge]);
        assert!(group.is_member && group.only_admins_add && !group.has_link && group.pending.is_empty());
        assert_eq!(group.timer, 0);
        assert_eq!(state(r#"{"id":"x","messageExpirationTime":604800}"#).unwrap().timer, 604_800);
    }

    #[test]
    fn what_is_not_said_is_not_taken_as_safe() {
        let bare = state(r#"{"id":"x"}"#).unwrap();
        assert!(!bare.is_member && !bare.only_admins_add && bare.members.is_empty());
        assert_eq!(state("{}"), None);
        let open = r#"{"id":"x","groupInviteLink":"https://signal.group/#a","requestingMembers":[{"number":null}],
            "pendingMembers":[{"uuid":"PNI:545d590b-826c-4eaa-9959-2341f57772cb"}]}"#;
        let open = state(open).unwrap();
        assert!(open.has_link);
        assert_eq!(open.pending, vec![GroupMember { aci: None, number: None }; 2]);
    }
}
