//! Leaving for good, one channel at a time: the owner is told, WAHA's session ends, and the groups are left. It runs in a
//! process of its own while the bridge is stopped, and only sends: nothing is received any more.
//!
//! Each step can be repeated. What was begun is found by what the peers say of themselves; only that the owner was told is
//! written down.

use std::collections::HashSet;

use crate::clock::Clock;
use crate::config::Aci;
use crate::event::{GroupId, Notice};
use crate::failpoint::reach;
use crate::signal::{GroupMember, GroupState, Link, LinkState, Recipient, SendRequest, SignalError};
use crate::store::{ChannelId, Store, StoreError, Tally};
use crate::whatsapp::{Client, NotUnlinked, Unlinked};

use super::notices::{self, Facts};

/// The owner is being told.
const TELLING: &str = "telling";

/// The owner was told.
const TOLD: &str = "told";

/// A channel that is being left.
pub struct Leaver<'a> {
    /// Its row.
    pub id: ChannelId,
    /// The store, in which nobody else works.
    pub store: &'a Store,
    /// The clock of the process.
    pub clock: &'a Clock,
    /// The way to WAHA.
    pub whatsapp: Client,
    /// The way to signal-cli. Somebody keeps its sending connection.
    pub signal: Link,
}

/// Why a step on Signal's side is not done.
#[derive(Debug, thiserror::Error)]
pub enum NotLeft {
    /// There is no connection to send on.
    #[error("signal-cli cannot be used")]
    Link(LinkState),
    /// A request failed.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// Signal took it, and it reached nobody, or not only the owner.
    #[error("it did not reach the owner")]
    Astray,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Groups {
    /// How many were left now.
    pub left: usize,
    /// How many the bridge account is still in.
    pub remaining: usize,
    /// What came last of those that could not be left.
    pub trouble: Option<SignalError>,
}

/// What became of a channel.
#[derive(Debug)]
pub struct Parting {
    /// What is lost with it.
    pub tally: Tally,
    /// Whether the owner was told.
    pub told: Result<(), NotLeft>,
    /// Whether WAHA has no session any more.
    pub unlinked: Result<Unlinked, NotUnlinked>,
    /// Whether the groups are left.
    pub groups: Result<Groups, NotLeft>,
}

impl Parting {
    /// Whether nothing of the channel is left to be done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let groups_left = self.groups.as_ref().is_ok_and(|groups| groups.remaining == 0);
        self.told.is_ok() && self.unlinked.is_ok() && groups_left
    }
}

impl Leaver<'_> {
    /// Leaves the peers. What one of them keeps from being done does not keep the other.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub async fn part(&self) -> Result<Parting, StoreError> {
        let id = self.id;
        let tally = self.store.read(move |tx| tx.tally_of_channel(id)).await?;
        let told = self.tell(tally).await;
        let unlinked = self.whatsapp.unlink().await;
        reach!("leave.after_unlink");
        let groups = self.leave_groups().await;
        Ok(Parting { tally, told, unlinked, groups })
    }

    /// Tells the owner, once. If nobody knows whether that was done before, it is done again and says so.
    async fn tell(&self, tally: Tally) -> Result<(), NotLeft> {
        if self.is_noted(TOLD).await? {
            return Ok(());
        }
        let (owner, again) = (self.owner().await?, self.is_noted(TELLING).await?);
        self.note(TELLING).await?;
        let said = self.say(&owner, tally, again).await;
        match said {
            Ok(()) => self.note(TOLD).await?,
            // Not sent for certain, and so not begun.
            Err(NotLeft::Signal(error)) if !again && !is_open(error) => self.unnote(TELLING).await?,
            Err(_) => {}
        }
        said
    }

    async fn say(&self, owner: &Aci, tally: Tally, again: bool) -> Result<(), NotLeft> {
        let Tally { unsent, maybe, unshown } = tally;
        let words = notices::words(&Notice::Leaving { unsent, maybe, unshown, again }, Facts::default());
        let to = Recipient::Owner(owner.clone());
        let request = SendRequest::text(to, words);
        let call = self.signal.open_call();
        reach!("leave.before_tell");
        let answer = self.signal.send(&call, &request).await;
        reach!("leave.after_tell");
        // Nobody waits for a proof.
        let _ = self.signal.close_call(call, &answer);
        let receipt = answer?;
        if receipt.recipients == [Some(owner.clone())] { Ok(()) } else { Err(NotLeft::Astray) }
    }

    async fn is_noted(&self, what: &str) -> Result<bool, StoreError> {
        let job = self.job(what);
        self.store.read(move |tx| Ok(tx.last_run(&job)?.is_some())).await
    }

    async fn note(&self, what: &str) -> Result<(), StoreError> {
        let (job, now) = (self.job(what), self.clock.now());
        let noting = self.store.write(move |tx| {
            tx.set_last_run(&job, now)?;
            reach!("leave.note.before_commit");
            Ok(())
        });
        noting.await
    }

    async fn unnote(&self, what: &str) -> Result<(), StoreError> {
        let job = self.job(what);
        self.store.write(move |tx| tx.forget_run(&job)).await
    }

    /// The name under which that is noted.
    fn job(&self, what: &str) -> String {
        format!("leaving {} {what}", self.id.number())
    }

    /// Who the owner is, once the link is good for sending.
    async fn owner(&self) -> Result<Aci, NotLeft> {
        match self.signal.sending_state().await {
            LinkState::Up => self.signal.owner().borrow().clone().ok_or(NotLeft::Link(LinkState::OwnerUnknown)),
            state => Err(NotLeft::Link(state)),
        }
    }

    /// Leaves every group that is the channel's. Whether they are left is asked of signal-cli afterwards.
    async fn leave_groups(&self) -> Result<Groups, NotLeft> {
        let (owner, id) = (self.owner().await?, self.id);
        let known: HashSet<_> = self.store.read(move |tx| tx.groups_of_channel(id)).await?.into_iter().collect();
        let ours = self.ours(&known, &owner).await?;
        let trouble = self.quit(&ours, &owner).await;
        let remaining = self.ours(&known, &owner).await?.len();
        let left = ours.len().saturating_sub(remaining);
        Ok(Groups { left, remaining, trouble: trouble.filter(|_| remaining > 0) })
    }

    /// Returns what came last of those that could not be left.
    async fn quit(&self, groups: &[GroupState], owner: &Aci) -> Option<SignalError> {
        let mut trouble = None;
        for group in groups {
            let left = self.signal.quit_group(&group.id, self.heir(group, owner).as_ref()).await;
            reach!("leave.between_groups");
            trouble = left.err().or(trouble);
            if trouble.is_some_and(stops_all) {
                break;
            }
        }
        trouble
    }

    async fn ours(&self, known: &HashSet<GroupId>, owner: &Aci) -> Result<Vec<GroupState>, SignalError> {
        let is_bridge = |member: &GroupMember| self.signal.account_matches(member);
        let groups = self.signal.groups().await?.into_iter();
        Ok(groups
            .filter(|group| group.is_member && (known.contains(&group.id) || is_pair(group, is_bridge, owner)))
            .collect())
    }

    /// Whom a group belongs to afterwards. A group of which the owner is no member any more needs somebody all the same.
    fn heir(&self, group: &GroupState, owner: &Aci) -> Option<Aci> {
        let others = group.members.iter().filter(|member| !self.signal.account_matches(member));
        let others: Vec<_> = others.filter_map(|member| member.aci.clone()).collect();
        others.iter().find(|aci| *aci == owner).or_else(|| others.first()).cloned()
    }
}

/// Whether nobody but the bridge account and the owner is in a group or invited, and both are.
fn is_pair(group: &GroupState, is_bridge: impl Fn(&GroupMember) -> bool, owner: &Aci) -> bool {
    let is_owner = |member: &GroupMember| member.aci.as_ref() == Some(owner);
    let mut all = group.members.iter().chain(&group.pending);
    group.members.iter().any(&is_bridge)
        && all.clone().any(is_owner)
        && all.all(|member| is_owner(member) || is_bridge(member))
}

/// Whether nobody knows what became of a message.
fn is_open(error: SignalError) -> bool {
    matches!(error, SignalError::Unknown | SignalError::Unclear)
}

/// What the next group would meet too.
fn stops_all(error: SignalError) -> bool {
    matches!(error, SignalError::Down | SignalError::SignedOut | SignalError::RateLimited { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(members: &[&str], pending: &[&str]) -> GroupState {
        let people =
            |acis: &[&str]| acis.iter().map(|aci| GroupMember { aci: Some(Aci::new(*aci)), number: None }).collect();
        let (has_link, only_admins_add) = (false, true);
        let (members, pending, admins) = (people(members), people(pending), Vec::new());
        GroupState {
            name: None,
            id: GroupId::new("g"),
            is_member: true,
            members,
            pending,
            admins,
            has_link,
            only_admins_add,
            timer: 0,
        }
    }

    #[test]
    fn a_pair_is_the_bridge_and_the_owner_and_nobody_else() {
        let pair = |members: &[&str], pending: &[&str]| {
            let is_bridge = |member: &GroupMember| member.aci == Some(Aci::new("bridge"));
            is_pair(&group(members, pending), is_bridge, &Aci::new("owner"))
        };
        assert!(pair(&["bridge", "owner"], &[]) && pair(&["bridge"], &["owner"]));
        assert!(!pair(&["bridge", "owner", "other"], &[]) && !pair(&["bridge", "owner"], &["other"]));
        assert!(!pair(&["bridge"], &[]) && !pair(&["owner"], &[]) && !pair(&["owner"], &["bridge"]));
    }
}
