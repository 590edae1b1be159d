//! Records what was done in Signal because of WhatsApp, in one job: what is known of the message, and the names of those who
//! reacted, for a line.

use super::amendment::{self, Act};
use super::limits;
use crate::clock::Moment;
use crate::event::{Address, Amendment, Author, Deed, Event, MessageId, Notice, SignalQuote};
use crate::redact::Private;
use crate::store::{
    Lane, MessageKey, NewDelivery, PortalId, Reacted, Sign, SignalPart, SignalSide, State, StoreError, Tx, WhatsAppPart,
};

/// What was done, to be written down.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) seq: i64,
    pub(super) lane: Lane,
    pub(super) amendment: Amendment,
    pub(super) message: Option<MessageKey>,
    pub(super) portal: Option<PortalId>,
    /// What whoever did it is called, where the event does not say it.
    pub(super) name: Option<Private>,
    /// Whether who did it may delete the message.
    pub(super) is_allowed: bool,
    /// Signal's id of what was sent.
    pub(super) line: Option<Moment>,
    pub(super) act: Act,
    pub(super) now: Moment,
}

/// Whose reaction it is, for [`Tx::reaction`].
pub(super) fn who(amendment: &Amendment) -> Private {
    match &amendment.author {
        Author::Owner => "owner".into(),
        Author::Contact { .. } => "contact".into(),
        Author::Participant { address, .. } => address.as_ref().map_or_else(|| "somebody".into(), Address::chat_id),
    }
}

impl Record {
    /// Writes it down, and takes the delivery away.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub(super) fn write(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        if let Some(line) = self.line {
            let part = SignalPart { timestamp: line, author: SignalSide::Bridge };
            self.write_line(tx, part)?;
            tx.note(self.lane.channel, Sign::ToSignal, self.now)?;
        }
        if let Some(message) = self.message {
            self.write_message(tx, message)?;
        }
        tx.finish(self.seq)
    }

    fn write_line(&self, tx: &Tx<'_>, part: SignalPart) -> Result<(), StoreError> {
        match (&self.act, self.message) {
            (Act::Edit(request), _) => {
                let target = SignalPart { timestamp: request.target, author: SignalSide::Bridge };
                tx.add_edit(self.lane.channel, &part, &target, self.now)
            }
            (Act::Say(_), Some(message)) => tx.add_line_part(message, &part),
            (Act::Say(_), None) => self.stand_in(tx, &part),
            (Act::Tell(_), _) => tx.add_notice(self.lane.channel, self.lane.chat, &part, None, self.now),
            (Act::React(_) | Act::Delete(_) | Act::Nothing, _) => Ok(()),
        }
    }

    /// The words of a message that is not here stand for it from now on.
    fn stand_in(&self, tx: &Tx<'_>, part: &SignalPart) -> Result<(), StoreError> {
        let Some(chat) = self.lane.chat else { return Ok(()) };
        let row = tx.add_message(self.lane.channel, chat, self.portal, self.now)?;
        let ids = WhatsAppPart::new(self.amendment.target.clone(), full_id(&self.amendment));
        tx.add_whatsapp_part(row, &self.amendment.chat, &ids)?;
        tx.add_signal_part(row, part)?;
        tx.note_edited(row, self.amendment.sent_at)
    }

    fn write_message(&self, tx: &Tx<'_>, message: MessageKey) -> Result<(), StoreError> {
        match (&self.amendment.deed, &self.act) {
            // Nothing shows it, and what comes later and was done before shall not either.
            (Deed::React(None), Act::Nothing) => self.take_back(tx, message),
            (_, Act::Nothing) => Ok(()),
            (Deed::Edit(_), _) => tx.note_edited(message, self.amendment.sent_at),
            (Deed::Delete, act) => {
                self.drop_late_file(tx)?;
                if matches!(act, Act::Delete(_)) { tx.mark_deleted(message) } else { Ok(()) }
            }
            (Deed::React(emoji), act) => {
                let shown = emoji.is_some() && matches!(act, Act::React(_));
                let reacted = Reacted { at: self.amendment.sent_at, shown };
                tx.note_reaction(message, who(&self.amendment).reveal(), reacted)?;
                match (act, &self.amendment.author) {
                    (Act::React(request), Author::Participant { .. }) => {
                        let about =
                            SignalQuote { timestamp: request.target, author: request.author.clone(), text: None };
                        self.name_reactor(tx, message, Some(about), request.emoji.as_ref())
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// What was to follow a message that is deleted does not come. It is in the same lane, so it is not being sent now.
    fn drop_late_file(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let Some(chat) = self.lane.chat.filter(|_| self.is_allowed) else { return Ok(()) };
        let on_the_way = tx.on_the_way(self.lane.channel, chat, &self.amendment.chat, &self.amendment.target)?;
        let late = on_the_way.iter().filter(|delivery| matches!(delivery.event, Some(Event::LateFile(_))));
        late.into_iter().try_for_each(|delivery| tx.finish(delivery.seq))
    }

    fn take_back(&self, tx: &Tx<'_>, message: MessageKey) -> Result<(), StoreError> {
        let (who, at) = (who(&self.amendment), self.amendment.sent_at);
        if tx.known(message)?.deleted || tx.reaction(message, who.reveal())?.is_some_and(|known| at < known.at) {
            return Ok(());
        }
        tx.note_reaction(message, who.reveal(), Reacted { at, shown: false })?;
        self.name_reactor(tx, message, None, None)
    }

    /// In a group Signal shows the last reaction as the bridge's own: a line says who, a while later, of all who reacted to
    /// this message meanwhile.
    fn name_reactor(
        &self,
        tx: &Tx<'_>,
        message: MessageKey,
        about: Option<SignalQuote>,
        emoji: Option<&Private>,
    ) -> Result<(), StoreError> {
        let group = tx.reaction_line(message);
        let name = amendment::member(&self.amendment, self.name.as_ref());
        let waiting = tx.unsaid(self.lane.channel, &group)?;
        if let Some(line) = waiting
            && let Some(Event::Notice(Notice::Reacted { about, who, more })) = &line.event
        {
            return match renamed(who, *more, &name, emoji) {
                Some((who, more)) => {
                    tx.replace_event(&line, &Event::Notice(Notice::Reacted { about: about.clone(), who, more }))
                }
                None => tx.finish(line.seq),
            };
        }
        let (Some((who, more)), Some(about)) = (renamed(&[], 0, &name, emoji), about) else { return Ok(()) };
        let event = Event::Notice(Notice::Reacted { about, who, more });
        let new = NewDelivery {
            state: State::Held,
            not_before: self.now.plus(limits::REACTIONS),
            notice_group: Some(&group),
            ..NewDelivery::due(self.lane, &event, self.now)
        };
        tx.enqueue_another(&new, self.now).map(drop)
    }
}

/// The names with one person's newest reaction; nothing if nobody is left.
fn renamed(
    named: &[(Private, Private)],
    more: u32,
    name: &Private,
    emoji: Option<&Private>,
) -> Option<(Vec<(Private, Private)>, u32)> {
    let mut named: Vec<_> = named.iter().filter(|(who, _)| who != name).cloned().collect();
    let room = named.len() < limits::REACTIONS_NAMED;
    named.extend(emoji.filter(|_| room).map(|emoji| (name.clone(), emoji.clone())));
    let more = more.saturating_add(u32::from(emoji.is_some() && !room));
    (!named.is_empty()).then_some((named, more))
}

/// The id by which WAHA's API names the message that was edited, as far as the edit says it.
fn full_id(amendment: &Amendment) -> MessageId {
    let (chat, stanza) = (amendment.chat.chat_id(), amendment.target.reveal());
    let from_me = amendment.author == Author::Owner;
    let member = match &amendment.author {
        Author::Participant { address: Some(address), .. } => format!("_{}", address.chat_id().reveal()),
        _ => String::new(),
    };
    MessageId::new(format!("{from_me}_{}_{stanza}{member}", chat.reveal()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_each_once_and_only_so_many() {
        let emoji = Private::from("👍");
        let (named, more) = renamed(&[], 0, &"Ann".into(), Some(&emoji)).unwrap();
        let (named, more) = renamed(&named, more, &"Ann".into(), Some(&"❤".into())).unwrap();
        assert_eq!((named.len(), named[0].1.reveal(), more), (1, "❤", 0));
        assert!(renamed(&named, 0, &"Ann".into(), None).is_none());
        let many: Vec<_> = (0..limits::REACTIONS_NAMED).map(|n| (n.to_string().into(), emoji.clone())).collect();
        let (named, more) = renamed(&many, 2, &"Ann".into(), Some(&emoji)).unwrap();
        assert_eq!((named.len(), more), (limits::REACTIONS_NAMED, 3));
    }
}
