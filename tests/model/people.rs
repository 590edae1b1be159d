//! What people do: contacts on `WhatsApp`, the owner on both phones, and strangers.

use crate::run::Run;
use crate::signal::{Shown, Typed};
use crate::world::{chat_in, message_in};

impl Run {
    pub(crate) fn next_text(&mut self, who: char, chat: usize) -> String {
        let count = self.counts.entry((who, chat)).or_default();
        *count += 1;
        format!("{who}{chat}.{count}")
    }

    pub(crate) fn contact_writes(&mut self) {
        self.writes('w', false);
    }

    pub(crate) fn owner_writes_on_the_phone(&mut self) {
        self.writes('y', true);
    }

    pub(crate) fn writes(&mut self, who: char, mine: bool) {
        let chat = self.random.below(self.plan.chats);
        let (text, now) = (self.next_text(who, chat), self.clock.now());
        let mut world = self.world.lock().unwrap();
        let waha = &mut world.waha;
        let known: Vec<_> = waha.messages.iter().filter(|message| message.chat == chat).collect();
        let quotes = self.random.percent(15);
        let answers = self.random.pick(&known).filter(|_| quotes).map(|message| message.stanza.clone());
        let picture = self.random.percent(10);
        let face = if self.plan.flips { self.random.below(4) } else { 0 };
        waha.writes(chat, (&text, picture), (mine, face), answers, now);
        self.tell(format_args!("{text} is written"));
    }

    /// In a group whose chat the owner can see, or in answer to something in the chat with the bridge.
    pub(crate) fn owner_types(&mut self) {
        let Some(place) = self.somewhere() else { return };
        let chat = chat_in(&place.text).unwrap();
        let (text, now) = (self.next_text('s', chat), self.clock.now().0);
        let quote = (place.group.is_none() || self.random.percent(20)).then_some(&place);
        self.tell(format_args!("{text} is typed in {:?}", place.group));
        let file = self.random.percent(5);
        self.world().signal.types(place.group, (Some(chat), &text, file), quote, now);
    }

    pub(crate) fn somewhere(&mut self) -> Option<Shown> {
        let world = self.world.lock().unwrap();
        let shown = self.random.pick(&world.signal.shown)?;
        let there = shown.group.is_none_or(|group| world.signal.is_private(group));
        (there && message_in(&shown.text).is_some()).then(|| shown.clone())
    }

    pub(crate) fn confirm(&mut self) {
        let now = self.clock.now().0;
        let signal = &mut self.world.lock().unwrap().signal;
        let last: Vec<_> = signal.shown.iter().rev().take(3).map(|shown| shown.timestamp).collect();
        signal.confirms(&last, now);
    }

    /// Somebody else comes into a group, all of them go, or the owner leaves one.
    pub(crate) fn membership(&mut self) {
        let signal = &mut self.world.lock().unwrap().signal;
        let groups = signal.groups.len();
        if groups == 0 {
            return;
        }
        let group = self.random.below(groups);
        match self.random.below(4) {
            0 => signal.leaves(group),
            1 if self.strangers.insert(group) => {
                signal.stranger(group, true);
                self.intrusions += 1;
            }
            _ => {
                for group in std::mem::take(&mut self.strangers) {
                    signal.stranger(group, false);
                }
            }
        }
    }

    /// The owner changes something typed lately, takes it back, or asks for what failed to be sent again.
    pub(crate) fn owner_thinks_again(&mut self) {
        let now = self.clock.now().0;
        let signal = &mut self.world.lock().unwrap().signal;
        let late = signal.typed.len().saturating_sub(4);
        let fit: Vec<_> = (late..signal.typed.len()).filter(|place| signal.typed[*place].chat.is_some()).collect();
        let Some(place) = self.random.pick(&fit).copied() else { return };
        let Typed { chat: Some(chat), deleted: false, timestamp, .. } = signal.typed[place] else { return };
        match self.random.below(3) {
            0 => signal.changes(place, None, now),
            1 => {
                let count = self.counts.entry(('s', chat)).or_default();
                *count += 1;
                let edit = format!("s{chat}.{count}");
                signal.changes(place, Some(&edit), now);
            }
            _ => {
                let about = |shown: &&Shown| shown.quotes == Some(timestamp) && shown.text.contains("retry");
                let Some(line) = signal.shown.iter().find(about).cloned() else { return };
                signal.typed[place].retried = true;
                signal.types(line.group, (None, "retry", false), Some(&line), now);
            }
        }
    }
}
