//! Who is in a portal's group: exactly the bridge account and the owner. What is wrong is found here, told, and mended
//! where it can be. A group that is no portal is left.

use super::channel::Channel;
use super::limits;
use super::portal::Halt;
use super::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{Aci, GroupId, Notice, PortalTrouble, Refusal};
use crate::failpoint::reach;
use crate::signal::{GroupMember, GroupState, SignalError};
use crate::store::{ChannelId, ChatId, Delivery, Portal, PortalId, PortalState, StoreError, Tx};

/// What is wrong with a portal's group: nothing, if its members are exactly the bridge account and the owner, nobody
/// else can come in by a link, and only admins add members.
#[must_use]
fn examine(group: Option<&GroupState>, is_bridge: impl Fn(&GroupMember) -> bool, owner: &Aci) -> Option<PortalTrouble> {
    let Some(group) = group.filter(|group| group.is_member) else { return Some(PortalTrouble::Gone) };
    let is_owner = |member: &GroupMember| member.aci.as_ref() == Some(owner);
    let known = |member: &GroupMember| is_owner(member) || is_bridge(member);
    let everybody = group.members.iter().chain(&group.pending).chain(&group.admins);
    if group.has_link || !group.only_admins_add || !everybody.clone().all(known) {
        return Some(PortalTrouble::Stranger);
    }
    match (group.members.iter().any(is_owner), group.pending.iter().any(is_owner)) {
        (true, _) => None,
        (false, true) => Some(PortalTrouble::OwnerPending),
        (false, false) => Some(PortalTrouble::OwnerLeft),
    }
}

/// Asks signal-cli about the portal's group.
///
/// # Errors
///
/// If signal-cli does not say.
async fn inspect(channel: &Channel, portal: &Portal, owner: &Aci) -> Result<Option<PortalTrouble>, SignalError> {
    let group = channel.signal.group(&portal.group).await?;
    if let Some(group) = &group {
        learn_bridge(channel, group);
    }
    Ok(examine(group.as_ref(), |member| channel.signal.account_matches(member), owner))
}

/// The bridge account's own id is needed to quote its messages; a configuration by number does not tell it.
pub(super) fn learn_bridge(channel: &Channel, group: &GroupState) {
    let bridge = group.members.iter().find(|member| channel.signal.account_matches(member));
    if let Some(aci) = bridge.and_then(|member| member.aci.clone()) {
        // A second answer is the same answer.
        let _ = channel.bridge.set(aci);
    }
}

/// What a look at a portal's group came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its members are right; messages flow.
    Right,
    /// The owner has left it, or it is gone: the portal is given up, and the chat gets another.
    Abandoned,
    /// Something is wrong; the portal is stopped where that keeps a stranger from reading.
    Wrong(PortalTrouble),
}

/// Looks at a portal's group and acts on what is found.
///
/// # Errors
///
/// If signal-cli or the store does not say.
pub(super) async fn judge(channel: &Channel, portal: &Portal, owner: &Aci) -> Result<Verdict, Halt> {
    let trouble = inspect(channel, portal, owner).await?;
    let (id, row, before, now) = (channel.id, portal.id, portal.state, channel.clock.now());
    Ok(match trouble {
        None => {
            let going_on = channel.store.write(move |tx| {
                go_on(tx, id, row, before, now)?;
                reach!("portal.current.before_commit");
                Ok(())
            });
            going_on.await?;
            Verdict::Right
        }
        Some(PortalTrouble::OwnerLeft | PortalTrouble::Gone) => {
            channel.store.write(move |tx| give_up(tx, id, row, now)).await?;
            Verdict::Abandoned
        }
        // Nothing can be read there by anybody else; it only waits.
        Some(PortalTrouble::OwnerPending) => Verdict::Wrong(PortalTrouble::OwnerPending),
        Some(trouble) => {
            if before != PortalState::Stopped {
                stop(channel, Some(portal), trouble).await;
            }
            Verdict::Wrong(trouble)
        }
    })
}

fn go_on(
    tx: &Tx<'_>,
    channel: ChannelId,
    portal: PortalId,
    before: PortalState,
    now: Moment,
) -> Result<(), StoreError> {
    tx.set_portal_state(portal, PortalState::Current)?;
    let Some(chat) = tx.portal_chat(portal)? else { return Ok(()) };
    let notice = match before {
        PortalState::Stopped => Notice::PortalGoesOn,
        PortalState::New if tx.lies_in_control(chat)? => Notice::MovedHere,
        _ => return Ok(()),
    };
    tell::owner(tx, Say::portal(channel, chat, &notice), now).map(drop)
}

fn give_up(tx: &Tx<'_>, channel: ChannelId, portal: PortalId, now: Moment) -> Result<(), StoreError> {
    tx.set_portal_state(portal, PortalState::Old)?;
    tell::owner(tx, Say::control(channel, &Notice::PortalLeft).once("portal left"), now).map(drop)
}

/// Looks at a portal whose message came back refused or reached nobody.
pub(super) async fn look(channel: &Channel, portal: Option<&Portal>) {
    let (Some(portal), Some(owner)) = (portal, channel.owner.get()) else { return };
    // Without an answer the next attempt looks again.
    let _ = judge(channel, portal, owner).await;
}

/// Looks at a group that was changed or in which a stranger wrote. False if it has to be looked at again.
pub(super) async fn attend(channel: &Channel, delivery: &Delivery, group: &GroupId, failures: u32) -> bool {
    let done = match delivery.lane.chat {
        Some(chat) => attend_portal(channel, chat, group).await,
        None => leave_unknown(channel, group).await,
    };
    finish(channel, delivery, done.is_ok(), failures).await
}

/// Leaves the group of a chat that is forgotten; it becomes the owner's. False if that has to be tried again.
pub(super) async fn leave(channel: &Channel, delivery: &Delivery, group: &GroupId, failures: u32) -> bool {
    let owner = channel.owner_known().await;
    // A group that signal-cli does not know, or that has been left, needs no leaving.
    let left = matches!(channel.signal.quit_group(group, Some(&owner)).await, Ok(()) | Err(SignalError::Refused));
    finish(channel, delivery, left, failures).await
}

async fn finish(channel: &Channel, delivery: &Delivery, done: bool, failures: u32) -> bool {
    let (seq, now) = (delivery.seq, channel.clock.now());
    if done {
        channel.insist(move |tx| tx.finish(seq)).await;
        return true;
    }
    let later = now.plus(limits::backoff(failures + 1));
    channel.insist(move |tx| tx.put_back(seq, later, false, false)).await;
    false
}

async fn attend_portal(channel: &Channel, chat: ChatId, group: &GroupId) -> Result<(), Halt> {
    let portal = channel.store.read(move |tx| tx.portal_of(chat)).await?;
    match portal.filter(|portal| portal.group == *group && portal.state != PortalState::New) {
        Some(portal) => judge(channel, &portal, &channel.owner_known().await).await.map(drop),
        None => Ok(()),
    }
}

/// The bridge is in no group that is no portal.
async fn leave_unknown(channel: &Channel, group: &GroupId) -> Result<(), Halt> {
    let id = group.clone();
    if channel.store.read(move |tx| tx.may_be_a_portal(&id)).await? {
        return Ok(());
    }
    match channel.signal.quit_group(group, None).await {
        // A group that signal-cli does not know, or that has been left, needs no leaving.
        Ok(()) | Err(SignalError::Refused) => {
            channel.counters.refused(Refusal::ForeignGroup);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Stops a portal in both directions and says so in the control chat.
pub(super) async fn stop(channel: &Channel, portal: Option<&Portal>, why: PortalTrouble) {
    let Some(portal) = portal else { return };
    tracing::error!(channel = %channel.name, ?why, "a conversation is stopped");
    if why == PortalTrouble::Stranger {
        channel.counters.refused(Refusal::Intruder);
    }
    let (id, portal, now) = (channel.id, portal.id, channel.clock.now());
    channel
        .insist(move |tx| {
            tx.set_portal_state(portal, PortalState::Stopped)?;
            tell_stopped(tx, id, why, now)?;
            reach!("portal.stop.before_commit");
            Ok(())
        })
        .await;
}

fn tell_stopped(tx: &Tx<'_>, channel: ChannelId, why: PortalTrouble, now: Moment) -> Result<(), StoreError> {
    let notice = Notice::PortalStopped { why };
    tell::owner(tx, Say::control(channel, &notice).once("portal stopped"), now).map(drop)
}

/// Says once why portals wait. While the notice of one is on its way or was said within the last hour, others are
/// silent: many chats wait for the same reason.
///
/// # Errors
///
/// Any [`StoreError`].
pub(super) fn tell_waiting(tx: &Tx<'_>, channel: ChannelId, why: PortalTrouble, now: Moment) -> Result<(), StoreError> {
    let quiet = std::time::Duration::from_hours(1);
    let job = format!("notice:{}:portal waits:{why:?}", channel.number());
    if tx.last_run(&job)?.is_some_and(|last| now.since(last) < quiet) {
        return Ok(());
    }
    tx.set_last_run(&job, now)?;
    tell::owner(tx, Say::control(channel, &Notice::PortalWaits { why }), now).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(aci: &str) -> GroupMember {
        GroupMember { aci: Some(Aci::new(aci)), number: None }
    }

    fn group(members: &[&str], pending: &[&str]) -> GroupState {
        GroupState {
            id: GroupId::new("g"),
            name: None,
            is_member: true,
            members: members.iter().map(|aci| member(aci)).collect(),
            pending: pending.iter().map(|aci| member(aci)).collect(),
            admins: vec![member("bridge")],
            has_link: false,
            only_admins_add: true,
            timer: 0,
        }
    }

    fn trouble(group: &GroupState) -> Option<PortalTrouble> {
        let is_bridge = |member: &GroupMember| member.aci == Some(Aci::new("bridge"));
        examine(Some(group), is_bridge, &Aci::new("owner"))
    }

    #[test]
    fn exactly_owner_and_bridge_are_right() {
        assert_eq!(trouble(&group(&["bridge", "owner"], &[])), None);
        assert_eq!(trouble(&group(&["bridge"], &["owner"])), Some(PortalTrouble::OwnerPending));
        assert_eq!(trouble(&group(&["bridge"], &[])), Some(PortalTrouble::OwnerLeft));
        assert_eq!(trouble(&group(&["bridge", "owner", "other"], &[])), Some(PortalTrouble::Stranger));
        assert_eq!(trouble(&group(&["bridge", "owner"], &["other"])), Some(PortalTrouble::Stranger));
    }

    #[test]
    fn an_open_door_is_as_bad_as_a_stranger() {
        let right = group(&["bridge", "owner"], &[]);
        assert_eq!(trouble(&GroupState { has_link: true, ..right.clone() }), Some(PortalTrouble::Stranger));
        assert_eq!(trouble(&GroupState { only_admins_add: false, ..right.clone() }), Some(PortalTrouble::Stranger));
        assert_eq!(trouble(&GroupState { is_member: false, ..right }), Some(PortalTrouble::Gone));
    }
}
