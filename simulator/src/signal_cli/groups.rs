//! Groups, the profile, and who has an account.

use serde_json::{Value, json};

use super::SignalCli;
use super::model::{Group, SignalFault};
use super::rpc::{Failure, Outcome, list, text};
use crate::stamp;

impl SignalCli {
    /// `updateGroup`: changes a group, or creates one if no id is given.
    pub(crate) fn update_group(&self, params: &Value) -> Outcome {
        self.turned_away()?;
        let Some(id) = text(params, "groupId") else {
            return self.create_group(params);
        };
        let others = self.others(id)?;
        self.state().change(|state| {
            if let Some(group) = state.group_mut(id) {
                self.apply(group, params);
            }
        });
        let timestamp = self.next_timestamp();
        Ok(json!({ "results": self.successes(&others), "timestamp": timestamp }))
    }

    fn create_group(&self, params: &Value) -> Outcome {
        self.check_profile()?;
        if let Some(SignalFault::CreateFails { code, .. }) =
            self.take(|fault| matches!(fault, SignalFault::CreateFails { .. }))
        {
            return Err(Failure::new(code, "Failed to create group"));
        }
        let id = self.founded(params);
        if self.take(|fault| matches!(fault, SignalFault::CreateThenDrop { .. })).is_some() {
            return Err(Failure::Close);
        }
        self.created(&id)
    }

    fn check_profile(&self) -> Result<(), Failure> {
        if self.state().read(|state| state.profile_set) {
            return Ok(());
        }
        let message = "Failed to create group: Cannot create a V2 group as self does not have a \
                       versioned profile (UnexpectedErrorException)";
        Err(Failure::new(-32603, message))
    }

    fn founded(&self, params: &Value) -> String {
        let account = self.options().account_aci.clone();
        let mut group = Group { members: vec![account.clone()], admins: vec![account], ..Group::default() };
        self.apply(&mut group, params);
        self.state().change(|state| state.add_group(group))
    }

    /// The answer: creation takes two steps, and both list every member.
    fn created(&self, id: &str) -> Outcome {
        let others = self.others(id)?;
        let twice = [others.clone(), others].concat();
        let timestamp = self.next_timestamp();
        let results = self.successes(&twice);
        Ok(json!({ "groupId": id, "results": results, "timestamp": timestamp }))
    }

    fn successes(&self, members: &[String]) -> Vec<Value> {
        let members = members.iter();
        members.map(|aci| self.result(aci, None, "SUCCESS")).collect()
    }

    fn apply(&self, group: &mut Group, params: &Value) {
        group.revision += 1;
        if let Some(name) = text(params, "name") {
            name.clone_into(&mut group.name);
        }
        if let Some(expiration) = params.get("expiration").and_then(Value::as_i64) {
            group.expiration = expiration;
        }
        if let Some(picture) = text(params, "avatar").and_then(|uri| uri.split_once(";base64,")) {
            group.picture = Some(picture.1.to_owned());
        }
        self.apply_members(group, params);
        apply_rules(group, params);
    }

    fn apply_members(&self, group: &mut Group, params: &Value) {
        for member in list(params, "member") {
            let aci = self.aci(member);
            let invited = self.options().members_are_invited;
            let list = if invited { &mut group.pending } else { &mut group.members };
            if !list.contains(&aci) {
                list.push(aci);
            }
        }
        for member in list(params, "removeMember") {
            let aci = self.aci(member);
            group.members.retain(|known| *known != aci);
            group.pending.retain(|known| *known != aci);
        }
        for admin in list(params, "admin") {
            group.admins.push(self.aci(admin));
        }
    }

    fn aci(&self, recipient: String) -> String {
        if recipient == self.options().owner_number { self.options().owner_aci.clone() } else { recipient }
    }

    /// `listGroups`.
    pub(crate) fn list_groups(&self, params: &Value) -> Value {
        let wanted = list(params, "groupId");
        self.state().read(|state| {
            let groups = state.groups.iter();
            groups
                .filter(|group| wanted.is_empty() || wanted.contains(&group.id))
                .map(|group| self.listed(group))
                .collect()
        })
    }

    fn listed(&self, group: &Group) -> Value {
        json!({
            "id": group.id,
            "name": group.name,
            "description": "",
            "isMember": group.members.contains(&self.options().account_aci),
            "isBlocked": false,
            "messageExpirationTime": group.expiration,
            "members": self.people(&group.members),
            "pendingMembers": self.people(&group.pending),
            "requestingMembers": [],
            "admins": self.people(&group.admins),
            "banned": [],
            "permissionAddMember": group.permission_add_member,
            "permissionEditDetails": group.permission_edit_details,
            "permissionSendMessage": "EVERY_MEMBER",
            "groupInviteLink": group.link,
        })
    }

    fn people(&self, acis: &[String]) -> Vec<Value> {
        let acis = acis.iter();
        acis.map(|aci| json!({ "number": self.number(aci), "uuid": aci })).collect()
    }

    fn number(&self, aci: &str) -> Option<&str> {
        let options = self.options();
        [(&options.owner_aci, &options.owner_number), (&options.account_aci, &options.account)]
            .into_iter()
            .find(|(known, _)| *known == aci)
            .map(|(_, number)| number.as_str())
    }

    /// `quitGroup`. The only admin has to name another member, if there is one.
    pub(crate) fn quit_group(&self, params: &Value) -> Outcome {
        if let Some(SignalFault::QuitFails { code, .. }) =
            self.take(|fault| matches!(fault, SignalFault::QuitFails { .. }))
        {
            return Err(Failure::new(code, "Failed to leave group"));
        }
        let id = text(params, "groupId").unwrap_or_default();
        let others = self.others(id)?;
        let account = &self.options().account_aci;
        let named = list(params, "admin");
        let quits = self.state().change(|state| {
            let Some(group) = state.group_mut(id) else { return true };
            let heirs: Vec<_> = named.into_iter().filter(|aci| group.members.contains(aci)).collect();
            let is_last = group.admins == [account.clone()] && group.members.len() > 1;
            if is_last && heirs.is_empty() {
                return false;
            }
            group.admins.extend(heirs);
            group.members.retain(|aci| aci != account);
            group.admins.retain(|aci| aci != account);
            true
        });
        if !quits {
            return Err(Failure::user("You need to specify a new admin with --admin, before you can quit this group"));
        }
        let timestamp = self.next_timestamp();
        Ok(json!({ "timestamp": timestamp, "results": self.successes(&others) }))
    }

    /// `getAvatar` of a group.
    pub(crate) fn group_picture(&self, params: &Value) -> Outcome {
        let id = text(params, "groupId").unwrap_or_default();
        let picture = self.state().read(|state| state.group(id)?.picture.clone());
        picture.map(|data| json!({ "data": data })).ok_or_else(|| Failure::user("Could not find avatar"))
    }

    /// `updateProfile`.
    pub(crate) fn update_profile(&self) -> Value {
        self.state().change(|state| state.profile_set = true);
        json!({})
    }

    /// `getUserStatus`: only the owner and the bridge have accounts.
    pub(crate) fn user_status(&self, params: &Value) -> Value {
        let recipients = list(params, "recipient").into_iter();
        recipients
            .map(|recipient| {
                let options = self.options();
                let uuid = if recipient == options.owner_number {
                    Some(&options.owner_aci)
                } else {
                    (recipient == options.account).then_some(&options.account_aci)
                };
                json!({
                    "recipient": recipient, "number": recipient, "uuid": uuid,
                    "isRegistered": uuid.is_some(),
                })
            })
            .collect()
    }
}

fn apply_rules(group: &mut Group, params: &Value) {
    match text(params, "link") {
        Some("disabled") => group.link = None,
        Some(_) => {
            let code = stamp::hex(32).to_lowercase();
            group.link = Some(format!("https://signal.group/#{code}"));
        }
        None => {}
    }
    for (name, permission) in [
        ("setPermissionAddMember", &mut group.permission_add_member),
        ("setPermissionEditDetails", &mut group.permission_edit_details),
    ] {
        if let Some(who) = text(params, name) {
            *permission = who.to_uppercase().replace('-', "_");
        }
    }
}
