//! What the owner edits, deletes or reacts to in Signal. What still waits here follows at once, in the job that looks where
//! it stands; what is on WhatsApp, or will be, follows in the lane of its chat.

use super::Desk;
use super::from_signal::refusal;
use crate::bridge::tell::{self, Say};
use crate::clock::Moment;
use crate::event::{
    Change, Conversation, Deed, Event, GroupId, Notice, SignalQuote, Standing, Taken, Typed, TypedBody, Undelivered,
    Unsupported,
};
use crate::failpoint::reach;
use crate::store::{
    ChannelId, ChatId, Delivery, Direction, Lane, MediaState, NewDelivery, PortalState, SignalPart, SignalSide, State,
    StoreError, Tx,
};

impl Desk<'_> {
    /// Signal names the message; it must have been said where it is changed.
    pub(super) fn take_changed(&self, change: &Change, now: Moment) -> Result<Taken, StoreError> {
        let changes = Changes { tx: self.tx, channel: self.channel };
        let target = Changes::target(change);
        if matches!(change.deed, Deed::Edit(_)) {
            let edit = SignalPart { timestamp: change.timestamp, author: SignalSide::Owner };
            self.tx.add_edit(self.channel, &edit, &target, now)?;
        }
        if self.tx.notice(self.channel, &target)?.is_none() {
            // What is done to a line of the bridge means nothing.
            match &change.conversation {
                Conversation::Group(group) => self.change_in_group(&changes, change, group, now)?,
                Conversation::Direct => changes.take(change, None, now)?,
            }
        }
        reach!("changed.before_commit");
        Ok(Taken::New)
    }

    fn change_in_group(
        &self,
        changes: &Changes<'_>,
        change: &Change,
        group: &GroupId,
        now: Moment,
    ) -> Result<(), StoreError> {
        match self.tx.portal_by_group(self.channel, group)? {
            Some(portal) if portal.state == PortalState::Stopped => changes.tell(change, None, Standing::Stopped, now),
            Some(portal) => changes.take(change, Some(portal.chat), now),
            None => {
                changes.take(change, None, now)?;
                self.take_group(group, now).map(drop)
            }
        }
    }
}

/// The changes of a channel's messages.
pub(in crate::bridge) struct Changes<'a> {
    pub(in crate::bridge) tx: &'a Tx<'a>,
    pub(in crate::bridge) channel: ChannelId,
}

impl Changes<'_> {
    /// The message as Signal names it.
    pub(in crate::bridge) fn target(change: &Change) -> SignalPart {
        let author = if change.target_author == change.author { SignalSide::Owner } else { SignalSide::Bridge };
        SignalPart { timestamp: change.target, author }
    }

    /// Takes a change; `chat` is that of the portal it was made in.
    fn take(&self, change: &Change, chat: Option<ChatId>, now: Moment) -> Result<(), StoreError> {
        match self.waiting(change)? {
            Some(delivery) if is_elsewhere(change, &delivery) => Ok(()),
            Some(delivery) => self.change_waiting(change, &delivery, now),
            None => {
                let chat = match (chat, &change.conversation) {
                    (None, Conversation::Direct) => self.tx.chat_of_control(self.channel, &Self::target(change))?,
                    (chat, _) => chat,
                };
                self.change_gone(change, chat, now)
            }
        }
    }

    /// The change was to be made on WhatsApp, and the message is not there.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub(in crate::bridge) fn at_last(
        &self,
        change: &Change,
        chat: Option<ChatId>,
        now: Moment,
    ) -> Result<(), StoreError> {
        match self.waiting(change)? {
            Some(delivery) if !is_elsewhere(change, &delivery) => self.change_waiting(change, &delivery, now),
            _ => self.not_there(change, chat, now),
        }
    }

    /// What the owner typed, as long as it is here.
    fn waiting(&self, change: &Change) -> Result<Option<Delivery>, StoreError> {
        let target = Self::target(change);
        if target.author == SignalSide::Owner { self.tx.typed(self.channel, &target) } else { Ok(None) }
    }

    fn change_waiting(&self, change: &Change, delivery: &Delivery, now: Moment) -> Result<(), StoreError> {
        if self.is_begun(delivery)? && matches!(change.deed, Deed::Edit(_)) {
            // The words went with the first of several files.
            return self.change_gone(change, delivery.lane.chat, now);
        }
        let open = delivery.state == State::InFlight;
        let will_be_there = open || (delivery.state == State::Pending && is_in_doubt(delivery));
        match (&change.deed, &delivery.event) {
            (Deed::Delete, _) if !open => self.take_back(change, delivery, now),
            (Deed::Edit(body), Some(Event::Typed(typed))) if !will_be_there => {
                self.edit(change, delivery, typed, body, now)
            }
            (Deed::React(_), _) if !will_be_there && delivery.state != State::Pending => {
                self.tell(change, delivery.lane.chat, Standing::NeverSent, now)
            }
            (Deed::Delete | Deed::React(_), _) | (Deed::Edit(_), Some(Event::Typed(_))) => {
                self.queue(change, delivery.lane.chat, now)
            }
            // What it was cannot be read any more, so what it answers is lost: it ends with its own notice.
            (Deed::Edit(_), _) => Ok(()),
        }
    }

    /// Whether some of its files are on WhatsApp already.
    fn is_begun(&self, delivery: &Delivery) -> Result<bool, StoreError> {
        Ok(self.tx.media_of(delivery.id)?.iter().any(|file| file.state == MediaState::Sent))
    }

    /// Signal shows the deletion; more is only said where WhatsApp may show the message.
    fn take_back(&self, change: &Change, delivery: &Delivery, now: Moment) -> Result<(), StoreError> {
        let is_begun = self.is_begun(delivery)?;
        self.tx.finish(delivery.seq)?;
        if is_begun {
            self.queue(change, delivery.lane.chat, now)?;
        }
        if self.tx.awaiting_answer(self.channel)? == 0 {
            // Nothing is left to be asked about.
            self.tx.drop_held(self.channel, tell::MAY_SEND)?;
        }
        if is_in_doubt(delivery) {
            return self.tell(change, delivery.lane.chat, Standing::MaybeSent, now);
        }
        Ok(())
    }

    /// An edit takes the place of what waits. What was given up keeps the new text for a retry, since that is what the
    /// owner sees.
    fn edit(
        &self,
        change: &Change,
        delivery: &Delivery,
        typed: &Typed,
        body: &TypedBody,
        now: Moment,
    ) -> Result<(), StoreError> {
        let body = edited(&typed.body, body);
        if let Some(why) = refusal(&body) {
            return self.edited_away(change, delivery, why, now);
        }
        self.tx.replace_event(delivery, &Event::Typed(Typed { body, ..typed.clone() }))?;
        let standing = match delivery.state {
            State::Unknown => Standing::MaybeSent,
            State::Dead => Standing::NotSent,
            State::Pending | State::Held | State::InFlight => return Ok(()),
        };
        self.tell(change, delivery.lane.chat, standing, now)
    }

    /// What it says now cannot be carried, and what it said before is not what the owner wants to say.
    fn edited_away(
        &self,
        change: &Change,
        delivery: &Delivery,
        why: Undelivered,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.tx.finish(delivery.seq)?;
        if is_in_doubt(delivery) {
            return self.tell(change, delivery.lane.chat, Standing::MaybeSent, now);
        }
        let notice = Notice::NotSent { about: about(change), why };
        tell::owner(self.tx, at((self.channel, delivery.lane.chat), &notice), now).map(drop)
    }

    /// It is not here: it was sent or came from WhatsApp, or was refused when it was typed, or is past its time.
    fn change_gone(&self, change: &Change, chat: Option<ChatId>, now: Moment) -> Result<(), StoreError> {
        let Some(chat) = chat else { return self.not_there(change, None, now) };
        let target = Self::target(change);
        let is_there = self.tx.message_by_signal(self.channel, chat, &target)?.is_some();
        let may_come = target.author == SignalSide::Bridge
            && self.tx.call_open(Lane { channel: self.channel, chat: Some(chat), direction: Direction::ToSignal })?;
        match &change.deed {
            _ if !is_there && !may_come => self.not_there(change, Some(chat), now),
            // An empty text is no text either: WhatsApp keeps what it has.
            Deed::Edit(body) => match words(body) {
                Some(words) => self.queue(&Change { deed: Deed::Edit(words), ..change.clone() }, Some(chat), now),
                None => self.tell(change, Some(chat), Standing::NotText, now),
            },
            _ => self.queue(change, Some(chat), now),
        }
    }

    fn not_there(&self, change: &Change, chat: Option<ChatId>, now: Moment) -> Result<(), StoreError> {
        let is_kept = now.since(change.target) < self.tx.kept_for(self.channel, chat)?;
        let standing = match is_kept && change.target_author == change.author {
            false => Standing::Forgotten,
            // Ids are kept for longer than that, so it never went.
            true if change.deed == Deed::Delete => return Ok(()),
            true => Standing::NeverSent,
        };
        self.tell(change, chat, standing, now)
    }

    fn queue(&self, change: &Change, chat: Option<ChatId>, now: Moment) -> Result<(), StoreError> {
        let lane = Lane { channel: self.channel, chat, direction: Direction::ToWhatsApp };
        self.tx.enqueue(&NewDelivery::due(lane, &Event::Changed(change.clone()), now), now).map(drop)
    }

    fn tell(&self, change: &Change, chat: Option<ChatId>, standing: Standing, now: Moment) -> Result<(), StoreError> {
        not_changed(self.tx, (self.channel, chat), change, standing, now)
    }
}

/// Says that WhatsApp does not follow, and why.
///
/// # Errors
///
/// Any [`StoreError`].
pub(in crate::bridge) fn not_changed(
    tx: &Tx<'_>,
    (channel, chat): (ChannelId, Option<ChatId>),
    change: &Change,
    standing: Standing,
    now: Moment,
) -> Result<(), StoreError> {
    let what = match change.deed {
        Deed::Edit(_) => Unsupported::Edit,
        Deed::Delete => Unsupported::Deletion,
        Deed::React(_) => Unsupported::Reaction,
    };
    let notice = Notice::NotChanged { about: about(change), change: what, standing };
    tell::owner(tx, at((channel, chat), &notice), now).map(drop)
}

fn at((channel, chat): (ChannelId, Option<ChatId>), notice: &Notice) -> Say<'_> {
    match chat {
        Some(chat) => Say::portal(channel, chat, notice),
        None => Say::control(channel, notice),
    }
}

/// What was typed in another conversation is not what is meant.
fn is_elsewhere(change: &Change, delivery: &Delivery) -> bool {
    matches!(&delivery.event, Some(Event::Typed(typed)) if typed.conversation != change.conversation)
}

/// The words of a body, which are all that can be edited of a message that was sent.
fn words(body: &TypedBody) -> Option<TypedBody> {
    let words = match body {
        TypedBody::Files { caption, .. } => TypedBody::Text(caption.clone()?),
        TypedBody::Thing(_) | TypedBody::Vote(_) => return None,
        body => body.clone(),
    };
    refusal(&words).is_none().then_some(words)
}

/// What a message says after an edit. Only words can be edited: its files are those it had, and a text gets none.
fn edited(before: &TypedBody, now: &TypedBody) -> TypedBody {
    match (before, now) {
        (TypedBody::Files { files, .. }, TypedBody::Text(text)) => {
            TypedBody::Files { files: files.clone(), caption: Some(text.clone()) }
        }
        (TypedBody::Files { files, .. }, TypedBody::Files { caption, .. }) => {
            TypedBody::Files { files: files.clone(), caption: caption.clone() }
        }
        (TypedBody::Long { files, .. }, TypedBody::Text(text)) if files.len() > 1 => {
            let others = files.split_last().map(|(_, others)| others.to_vec());
            TypedBody::Files { files: others.unwrap_or_default(), caption: Some(text.clone()) }
        }
        (_, TypedBody::Files { files, .. }) => {
            TypedBody::Unsupported(files.first().map_or(Unsupported::Attachment, |file| file.kind.as_unsupported()))
        }
        (_, now) => now.clone(),
    }
}

/// Whether an earlier call may have sent it.
fn is_in_doubt(delivery: &Delivery) -> bool {
    delivery.state == State::Unknown || (delivery.state != State::Dead && delivery.repeated)
}

fn about(change: &Change) -> SignalQuote {
    SignalQuote { timestamp: change.target, author: change.target_author.clone(), text: None }
}
