//! Gives a chat its portal: one Signal group whose members are exactly the bridge account and the owner.
//!
//! Making a group has no idempotency key, so an intent is committed first that lists the groups known before. After an
//! unknown outcome a group is adopted only if it is new since then, looks exactly like one of ours, and exactly one
//! intent is open; else a new one is made. A title never identifies a portal.

use std::time::Duration;

use super::channel::Channel;
use super::membership::{self, Verdict};
use super::{limits, timers, title};
use crate::clock::Moment;
use crate::event::{Aci, Address, Event, GroupId, PortalTrouble};
use crate::failpoint::reach;
use crate::redact::Private;
use crate::signal::{GroupMember, GroupState, SignalError};
use crate::store::{ChatId, Intent, Portal, PortalState, StoreError};

/// Whether a chat's conversation can take a message.
#[derive(Debug)]
pub enum Ready {
    /// It can.
    Portal(Portal),
    /// The chat turned out to be another one, where its deliveries are now.
    Moved,
    /// Not before `until`; `why` is for the owner, where it is worth a word.
    Wait {
        /// When to try again.
        until: Moment,
        /// What stands in the way.
        why: Option<PortalTrouble>,
    },
}

/// What ended an attempt.
#[derive(Debug)]
pub(super) enum Halt {
    Store(StoreError),
    Signal(SignalError),
    Wait(Duration, Option<PortalTrouble>),
    Until(Moment, Option<PortalTrouble>),
    Moved,
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SignalError> for Halt {
    fn from(error: SignalError) -> Self {
        Self::Signal(error)
    }
}

/// The chat's portal, made now if need be.
pub async fn ensure(channel: &Channel, chat: ChatId, event: &Event) -> Ready {
    match find_or_make(channel, chat, event).await {
        Ok(portal) => Ready::Portal(portal),
        Err(Halt::Moved) => Ready::Moved,
        Err(halt) => wait(channel, halt),
    }
}

fn wait(channel: &Channel, halt: Halt) -> Ready {
    let now = channel.clock.now();
    let (until, why) = match halt {
        Halt::Until(until, why) => (until, why),
        Halt::Wait(span, why) => (now.plus(span), why),
        Halt::Signal(error) => {
            let (span, why) = after(error);
            (now.plus(span), why)
        }
        Halt::Store(error) => {
            tracing::error!(channel = %channel.name, %error, "a portal cannot be looked up");
            (now.plus(limits::backoff(2)), None)
        }
        Halt::Moved => (now, None),
    };
    Ready::Wait { until, why }
}

fn after(error: SignalError) -> (Duration, Option<PortalTrouble>) {
    match error {
        SignalError::Down => (Duration::ZERO, None),
        SignalError::RateLimited { after } => {
            (after.unwrap_or(Duration::from_mins(10)), Some(PortalTrouble::RateLimited))
        }
        SignalError::IdentityChanged => (Duration::from_mins(10), Some(PortalTrouble::IdentityChanged)),
        SignalError::Refused | SignalError::CaptchaRejected | SignalError::OwnerUnregistered => {
            (Duration::from_mins(10), Some(PortalTrouble::Refused))
        }
        SignalError::Unknown
        | SignalError::Unclear
        | SignalError::SignedOut
        | SignalError::Network
        | SignalError::Server => (Duration::from_secs(10), None),
    }
}

async fn find_or_make(channel: &Channel, chat: ChatId, event: &Event) -> Result<Portal, Halt> {
    match channel.store.read(move |tx| tx.portal_of(chat)).await? {
        Some(portal) if portal.state == PortalState::Current => Ok(portal),
        Some(portal) => settle(channel, portal, None).await,
        None => make(channel, chat, event).await,
    }
}

/// Sets the rights of a new group, with a timer if it was made just now, and looks at a new or stopped one. Nothing is
/// written into it before that is right.
async fn settle(channel: &Channel, portal: Portal, timer: Option<i64>) -> Result<Portal, Halt> {
    let owner = channel.owner_known().await;
    if portal.state == PortalState::New {
        channel.signal.secure_group(&portal.group, timer).await?;
        reach!("portal.after_secure");
    }
    match membership::judge(channel, &portal, &owner).await? {
        Verdict::Right => {
            match timer {
                Some(timer) => timers::is_set(channel, portal.id, timer).await?,
                None => channel.timers_due.notify_one(),
            }
            Ok(Portal { state: PortalState::Current, ..portal })
        }
        Verdict::Abandoned => Err(Halt::Wait(Duration::ZERO, None)),
        Verdict::Wrong(trouble) => Err(Halt::Wait(Duration::from_mins(1), Some(trouble))),
    }
}

async fn make(channel: &Channel, chat: ChatId, event: &Event) -> Result<Portal, Halt> {
    let address = channel.store.read(move |tx| tx.chat_address(chat)).await?;
    join_known(channel, chat, &address).await?;
    let mut free = channel.account.making.lock().await;
    if *free > channel.clock.now() {
        return Err(Halt::Until(*free, Some(PortalTrouble::RateLimited)));
    }
    let groups = reconcile(channel).await?;
    if let Some(portal) = channel.store.read(move |tx| tx.portal_of(chat)).await? {
        return settle(channel, portal, None).await;
    }
    pace(channel).await?;
    introduce(channel).await?;
    let title = title::of(channel, &address, event).await;
    let (title, rank) = (title.of_portal(), title.rank);
    let (id, now) = (channel.id, channel.clock.now());
    let known = groups.into_iter().map(|group| group.id).collect();
    let intended = title.clone();
    let intent = channel.store.write(move |tx| {
        let intent = tx.open_intent(id, chat, known, now)?;
        tx.intend_title(intent.id, &intended, rank as i64)?;
        reach!("portal.intent.before_commit");
        Ok(intent)
    });
    let intent = intent.await?;
    reach!("portal.after_intent");
    create(channel, intent, &title).await.inspect_err(|halt| learn_limit(channel, halt, &mut free))?;
    let portal = channel.store.read(move |tx| tx.portal_of(chat)).await?;
    let portal = portal.ok_or(StoreError::BadRow)?;
    let timer = timers::at_birth(channel, &portal).await?;
    settle(channel, portal, timer).await
}

/// A limit on the making of groups goes for the account: other chats need not try. One that a captcha lifts is on
/// everything that is sent.
fn learn_limit(channel: &Channel, halt: &Halt, free: &mut Moment) {
    let Halt::Signal(error @ SignalError::RateLimited { after: said }) = halt else { return };
    let now = channel.clock.now();
    *free = now.plus(after(*error).0);
    if let Some(challenge) = channel.signal.take_challenge() {
        channel.account.refused(now, *said, Some(challenge));
    }
}

/// Asks WAHA once for the other address of a new contact: it may be somebody who has a portal already.
async fn join_known(channel: &Channel, chat: ChatId, address: &Address) -> Result<(), Halt> {
    if !channel.store.read(move |tx| tx.lacks_alternative(chat)).await? {
        return Ok(());
    }
    let Ok(Some(other)) = channel.whatsapp.other_address(address).await else { return Ok(()) };
    // GOWS has been seen to answer for a number it did not know with the LID of somebody else.
    if channel.whatsapp.other_address(&other).await.ok().flatten().as_ref() != Some(address) {
        return Ok(());
    }
    let id = channel.id;
    let remains = channel.store.write(move |tx| {
        let remains = tx.join(id, chat, &other);
        reach!("portal.join.before_commit");
        remains
    });
    if remains.await? == chat { Ok(()) } else { Err(Halt::Moved) }
}

/// Settles intents whose outcome is unknown, and returns the groups there are. Only while no other group can be made.
pub(super) async fn reconcile(channel: &Channel) -> Result<Vec<GroupState>, Halt> {
    let id = channel.id;
    let owner = channel.owner_known().await;
    let groups = channel.signal.groups().await?;
    let intents = channel.store.read(move |tx| tx.intents(id)).await?;
    let mut ours = Vec::new();
    for group in &groups {
        membership::learn_bridge(channel, group);
        let group_id = group.id.clone();
        let is_portal = channel.store.read(move |tx| tx.portal_by_group(id, &group_id)).await?.is_some();
        if !is_portal && looks_like_ours(group, |member| channel.signal.account_matches(member), &owner) {
            ours.push(group.id.clone());
        }
    }
    let adopted = adopted(&intents, &ours);
    let now = channel.clock.now();
    channel
        .store
        .write(move |tx| match adopted {
            Some((intent, group)) => {
                tx.add_portal(&intent, &group, now)?;
                reach!("portal.adopt.before_commit");
                Ok(())
            }
            None => intents.iter().try_for_each(|intent| tx.drop_intent(intent.id)),
        })
        .await?;
    Ok(groups)
}

/// The one group that can be taken for the one open intent.
fn adopted(intents: &[Intent], ours: &[GroupId]) -> Option<(Intent, GroupId)> {
    let [intent] = intents else { return None };
    let mut new = ours.iter().filter(|group| !intent.known.contains(group));
    match (new.next(), new.next()) {
        (Some(group), None) => Some((intent.clone(), group.clone())),
        _ => None,
    }
}

/// A group as this program makes it: the bridge account is its only admin, its members are exactly the bridge account
/// and the owner (who may be invited still), and there is no link.
fn looks_like_ours(group: &GroupState, is_bridge: impl Fn(&GroupMember) -> bool, owner: &Aci) -> bool {
    let is_owner = |member: &GroupMember| member.aci.as_ref() == Some(owner);
    let others: Vec<_> = group.members.iter().chain(&group.pending).filter(|member| !is_bridge(member)).collect();
    group.is_member
        && !group.has_link
        && matches!(group.admins.as_slice(), [admin] if is_bridge(admin))
        && matches!(others.as_slice(), [other] if is_owner(other))
}

/// At most `burst` portals in any `burst` times `every`, and `per_day` in a day; counted in the database, so that a
/// restart changes nothing.
async fn pace(channel: &Channel) -> Result<(), Halt> {
    let (id, pace, now) = (channel.id, channel.pace, channel.clock.now());
    let (burst, day) = channel
        .store
        .read(move |tx| Ok((tx.nth_newest_portal(id, pace.burst)?, tx.nth_newest_portal(id, pace.per_day)?)))
        .await?;
    let free = burst.map(|at| at.plus(pace.every * pace.burst)).max(day.map(|at| at.plus(DAY)));
    match free.filter(|free| *free > now) {
        None => Ok(()),
        Some(until) => Err(Halt::Until(until, Some(PortalTrouble::RateLimited))),
    }
}

const DAY: Duration = Duration::from_hours(24);

/// Signal makes no group for an account without a profile (signal-cli issues 1362, 1410).
async fn introduce(channel: &Channel) -> Result<(), Halt> {
    let id = channel.id;
    if channel.store.read(move |tx| tx.portal_count(id)).await? == 0 {
        channel.signal.update_profile(&"Rialto".into()).await?;
        reach!("portal.after_profile");
    }
    Ok(())
}

async fn create(channel: &Channel, intent: Intent, title: &Private) -> Result<(), Halt> {
    let owner = channel.owner_known().await;
    let made = channel.signal.create_group(title, &owner).await;
    reach!("portal.after_create");
    match made {
        Ok(group) => keep(channel, intent, group).await,
        // The intent stays: the group may be there, and the next attempt looks for it first.
        Err(SignalError::Unknown | SignalError::Unclear) => Err(Halt::Wait(Duration::from_secs(5), None)),
        // It is there, and what was refused is only the word of it to the owner.
        Err(error @ (SignalError::RateLimited { .. } | SignalError::Network | SignalError::IdentityChanged)) => {
            Err(error.into())
        }
        Err(error) => {
            let dropped = channel.store.write(move |tx| {
                tx.drop_intent(intent.id)?;
                reach!("portal.drop_intent.before_commit");
                Ok(())
            });
            dropped.await?;
            Err(error.into())
        }
    }
}

async fn keep(channel: &Channel, intent: Intent, group: GroupId) -> Result<(), Halt> {
    let now = channel.clock.now();
    let kept = channel.store.write(move |tx| {
        tx.add_portal(&intent, &group, now)?;
        reach!("portal.keep.before_commit");
        Ok(())
    });
    kept.await?;
    reach!("portal.after_keep");
    Ok(())
}
