//! What became of a run, counted from both phones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rialto::event::{SeenKey, SeenKind};

use crate::run::Run;
use crate::signal::{OWNER, Shown, Typed};
use crate::world::{MARK, World, chat_in, message_in};

/// Counts; `wrong` names what must not be.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) runs: usize,
    pub(crate) deaths: usize,
    pub(crate) stops: usize,
    pub(crate) from_whatsapp: usize,
    pub(crate) from_signal: usize,
    /// Shown once more, and marked.
    pub(crate) marked: usize,
    /// Ended with a notice instead.
    pub(crate) told: usize,
    /// Lost between signal-cli's write and our commit, in a life that was cut.
    pub(crate) window: usize,
    pub(crate) wrong: BTreeMap<&'static str, Vec<String>>,
}

impl Verdict {
    pub(crate) fn of(run: &Run) -> Self {
        let world = run.world();
        let soft = run.ended.iter().filter(|soft| **soft).count();
        let mut verdict = Self { runs: 1, deaths: run.ended.len() - soft, stops: soft, ..Self::default() };
        verdict.signal(run, &world);
        verdict.order_on_signal(run, &world);
        verdict.places(&world);
        verdict.whatsapp(run, &world);
        verdict.order_on_whatsapp(run, &world);
        let words = world.waha.shown.iter().filter(|message| message_in(&message.text).is_none());
        words.for_each(|message| verdict.wrong("a word to the bridge was sent", &message.text));
        let exposed = world.signal.shown.iter().filter(|shown| shown.known_exposed).count();
        if exposed > 2 * run.intrusions {
            verdict.wrong("read by strangers", format!("{exposed} in {} groups", run.intrusions));
        }
        verdict
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.deaths += other.deaths;
        self.stops += other.stops;
        self.from_whatsapp += other.from_whatsapp;
        self.from_signal += other.from_signal;
        self.marked += other.marked;
        self.told += other.told;
        self.window += other.window;
        for (what, whom) in other.wrong {
            self.wrong.entry(what).or_default().extend(whom);
        }
        self
    }

    fn wrong(&mut self, what: &'static str, whom: impl Into<String>) {
        self.wrong.entry(what).or_default().push(whom.into());
    }

    /// Each message once, or more often and marked; or a notice.
    fn signal(&mut self, run: &Run, world: &World) {
        let mut excuses = world.signal.shown.iter().filter(|shown| is_given_up(shown)).count();
        for (place, message) in world.waha.messages.iter().enumerate().filter(|(_, message)| !message.by_api) {
            self.from_whatsapp += 1;
            let shown: Vec<_> = shown(world, &message.text).collect();
            let marked = shown.iter().filter(|shown| shown.text.starts_with(MARK)).count();
            self.marked += marked;
            if shown.len() - marked > 1 {
                self.wrong("doubled to Signal", &message.text);
            }
            if shown.is_empty() && excuses > 0 {
                excuses -= 1;
                self.told += 1;
            } else if shown.is_empty() {
                let accepted = run.accepted.contains_key(&place);
                self.wrong("lost to Signal", format!("{} (accepted: {accepted})", message.text));
            }
        }
        for shown in &world.signal.shown {
            self.quote(world, shown);
        }
    }

    /// A quote names the message that was answered, or nothing.
    fn quote(&mut self, world: &World, shown: &Shown) {
        let Some(text) = message_in(&shown.text) else { return };
        let Some(message) = world.waha.messages.iter().find(|message| message.text == text) else { return };
        let Some(quoted) = shown.quotes else { return };
        let wanted = world.waha.messages.iter().find(|known| Some(&known.stanza) == message.answers.as_ref());
        let Some(wanted) = wanted.map(|wanted| wanted.text.as_str()) else { return };
        let theirs = world.signal.shown.iter().find(|shown| shown.timestamp == quoted);
        let own = world.signal.typed.iter().find(|typed| typed.timestamp == quoted);
        let is_it = theirs.is_some_and(|shown| message_in(&shown.text) == Some(wanted));
        if !is_it && !own.is_some_and(|typed| typed.is(wanted)) {
            self.wrong("quotes the wrong message", text);
        }
    }

    /// A chat's messages are shown in the order in which they were accepted. Those that waited for what the answer to
    /// a call would say stand beside the lane; and after the bridge has given up one of unknown outcome, that may still
    /// come.
    fn order_on_signal(&mut self, run: &Run, world: &World) {
        // A person under two addresses is in two lanes until that is known.
        let chats = if run.plan.flips { 0 } else { run.plan.chats };
        for chat in (0..chats).filter(|chat| !gave_up(world, *chat)) {
            let (mut last, mut known) = (None, BTreeSet::new());
            for shown in &world.signal.shown {
                let Some(text) = message_in(&shown.text).filter(|_| chat_in(&shown.text) == Some(chat)) else {
                    continue;
                };
                let place = world.waha.messages.iter().position(|message| message.text == text);
                let beside = text.starts_with('y');
                let Some(rank) = place.filter(|_| !beside).and_then(|place| run.accepted.get(&place)) else { continue };
                // What was given up as lost may still come after its repeat.
                if known.insert(text) && Some(rank) < last {
                    self.wrong("out of order to Signal", text);
                }
                last = last.max(Some(rank));
            }
        }
    }

    /// Nothing but one chat's messages in one group.
    fn places(&mut self, world: &World) {
        for shown in &world.signal.shown {
            let (Some(group), Some(chat)) = (shown.group, chat_in(&shown.text)) else { continue };
            if world.chat_of_group(group) != Some(chat) {
                self.wrong("misdirected to Signal", &shown.text);
            }
        }
    }

    fn whatsapp(&mut self, run: &Run, world: &World) {
        for typed in world.signal.typed.iter().filter(|typed| typed.chat.is_some()) {
            self.from_signal += 1;
            let arrived: Vec<_> = world.waha.shown.iter().filter(|message| typed.is(&message.text)).collect();
            if arrived.iter().any(|message| Some(message.chat) != typed.chat) {
                self.wrong("misdirected to WhatsApp", &typed.text);
            }
            let maybe = notices(world, typed).any(|text| text.contains("May have been sent"));
            if arrived.len() > 1 && !(typed.retried && maybe) {
                self.wrong("doubled to WhatsApp", &typed.text);
            }
            let notices = || notices(world, typed);
            self.told += usize::from(notices().next().is_some());
            match arrived.first() {
                None if typed.deleted => {}
                None if notices().next().is_none() => self.missing(run, typed),
                Some(_) if !typed.retried && notices().any(|text| text.contains("Not sent")) => {
                    self.wrong("denied and sent", &typed.text);
                }
                Some(message) => self.reply(world, typed, message.answers.as_deref()),
                None => {}
            }
            let echoed =
                world.signal.shown.iter().any(|shown| message_in(&shown.text).is_some_and(|text| typed.is(text)));
            if echoed && !maybe {
                self.wrong("an echo was shown", &typed.text);
            }
        }
    }

    /// In a life that was cut, what the socket held is lost and nobody can know.
    fn missing(&mut self, run: &Run, typed: &Typed) {
        let item = format!("{OWNER}:1:{}", typed.timestamp);
        let key = SeenKey { scope: "signal".into(), item: item.into(), kind: SeenKind::Signal };
        let committed = run.life.as_ref().unwrap().has_accepted(key);
        let cut = typed.written.is_some_and(|life| run.ended.get(life) == Some(&false));
        if cut && !committed {
            self.window += 1;
        } else {
            self.wrong("lost to WhatsApp", format!("{} (committed: {committed})", typed.text));
        }
    }

    fn reply(&mut self, world: &World, typed: &Typed, answers: Option<&str>) {
        let Some(answers) = answers else { return };
        let target = world.waha.messages.iter().find(|message| message.stanza == answers);
        if target.map(|message| message.text.as_str()) != typed.answers.as_deref().and_then(message_in) {
            self.wrong("answers the wrong message", &typed.text);
        }
    }

    /// What was asked about goes later than what was typed after it, and a call that was given up may still be worked
    /// on; else each chat's messages go in order.
    fn order_on_whatsapp(&mut self, run: &Run, world: &World) {
        if run.asked > 0 || run.plan.flips {
            return;
        }
        for chat in 0..run.plan.chats {
            let maybe = |text: &str| text.contains("May have been sent");
            let certain = |typed: &Typed| !typed.retried && !notices(world, typed).any(maybe);
            let typed = |text: &str| world.signal.typed.iter().position(|typed| typed.is(text) && certain(typed));
            let arrived = world.waha.shown.iter().filter(|message| message.chat == chat);
            let order: Vec<_> = arrived.filter_map(|message| typed(&message.text)).collect();
            if !order.is_sorted() {
                self.wrong("out of order to WhatsApp", format!("chat {chat}"));
            }
        }
    }
}

fn shown<'a>(world: &'a World, text: &'a str) -> impl Iterator<Item = &'a Shown> {
    world.signal.shown.iter().filter(move |shown| message_in(&shown.text) == Some(text))
}

fn is_given_up(shown: &Shown) -> bool {
    shown.text.contains("could not be brought here")
}

fn gave_up(world: &World, chat: usize) -> bool {
    let mut given_up = world.signal.shown.iter().filter(|shown| is_given_up(shown));
    given_up.any(|shown| shown.group.is_none_or(|group| world.chat_of_group(group) == Some(chat)))
}

fn notices<'a>(world: &'a World, typed: &Typed) -> impl Iterator<Item = &'a str> {
    let about = |shown: &&Shown| shown.quotes == Some(typed.timestamp) && shown.text.contains('ⓘ');
    world.signal.shown.iter().filter(about).map(|shown| shown.text.as_str()).collect::<Vec<_>>().into_iter()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, deaths, stops, from_whatsapp, from_signal, marked, told, window, wrong } = self;
        writeln!(
            f,
            "{runs} runs, {deaths} deaths, {stops} stops: {from_whatsapp} messages to Signal ({marked} marked repeats), \
             {from_signal} to WhatsApp ({window} lost in the window); {told} told"
        )?;
        for (what, whom) in wrong {
            writeln!(f, "{what}: {} ({})", whom.len(), whom.join(", "))?;
        }
        Ok(())
    }
}
