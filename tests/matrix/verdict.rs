//! Counts what a case has come to, from both phones and from the store.

use std::fmt;

use crate::house::{House, OWNER};
use crate::prelude::open_store;
use crate::talk::{PICTURE, Said, Talk, chat, delivered};
use rialto::clock::Moment;
use rialto::event::{Event, GroupId, SeenKey, SeenKind};
use rialto::store::{PortalState, Store};

/// What is written before a message that may have come already.
pub(crate) const MARK: &str = "perhaps for the second time:";

#[derive(Debug, Default)]
pub(crate) struct Verdict {
    name: String,
    /// Where it died.
    killed_at: Vec<String>,
    /// Whether it died wherever it had to.
    survived: bool,
    messages: usize,
    /// Came once more, marked.
    marked: usize,
    /// Of these the owner was told: perhaps sent, or not sent.
    told: usize,
    /// Forgotten by signal-cli and not committed.
    in_the_window: usize,
    /// More of these than the case allows.
    window_open: bool,
    lost: usize,
    doubled: usize,
    misdirected: usize,
    disordered: usize,
    /// Groups beside the one of each chat.
    groups_too_many: usize,
    /// Intents, portals that are not in use, and what is held. Acks may be: they end by themselves, without a word.
    unfinished: usize,
    /// What else is not as it should be.
    pub(crate) wrong: Vec<String>,
}

/// Reads the peers and the store after the bridge has ended.
pub(crate) async fn of(talk: &Talk<'_>) -> Verdict {
    let killed_at = talk.child.killed_at();
    let survived = talk.child.deaths() < talk.case.kills.len() && !talk.case.may_survive;
    let mut verdict = Verdict { name: talk.case.name(), killed_at, survived, ..Verdict::default() };
    verdict.count_to_signal(talk);
    let store = open_store(talk.house);
    verdict.count_to_whatsapp(talk, &store).await;
    verdict.count_portals(talk, &store).await;
    store.close();
    verdict
}

impl Verdict {
    pub(crate) const HEADER: &str = "kill point | messages | marked | told | lost in the window | lost | doubled | \
        misdirected | out of order | groups too many | unfinished";

    /// Of a case that did not come to its end.
    pub(crate) fn of_none(name: String) -> Self {
        Self { name, wrong: vec!["it did not come to its end".to_owned()], ..Self::default() }
    }

    fn count_to_signal(&mut self, talk: &Talk<'_>) {
        let heard = talk.heard.lock().unwrap().clone();
        self.messages += heard.len();
        let inbox = talk.house.signal.inbox();
        let mut last = [None; 3];
        for (n, text) in &heard {
            let shown: Vec<_> = inbox.iter().enumerate().filter(|(_, message)| message.text.ends_with(text)).collect();
            let group = talk.group(*n);
            let marked = shown.iter().filter(|(_, message)| message.text.contains(MARK)).count();
            self.misdirected += shown.iter().filter(|(_, message)| message.group_id != group).count();
            self.marked += marked;
            self.doubled += (shown.len() - marked).saturating_sub(1);
            let first = shown.first().map(|(at, _)| *at);
            self.lost += usize::from(first.is_none());
            self.disordered += usize::from(first.is_some() && first < last[*n]);
            last[*n] = first.or(last[*n]);
        }
        self.check_reply(talk);
        self.check_files(talk);
    }

    /// Where words with a picture came, it came with them or a line says what became of it; and what was attached is whole.
    fn check_files(&mut self, talk: &Talk<'_>) {
        let inbox = talk.house.signal.inbox();
        let bare = inbox.iter().filter(|message| message.text.ends_with("w1 p") && message.files.is_empty());
        if bare.clone().any(|message| !message.text.starts_with('ⓘ')) {
            self.wrong.push("words came without their picture".to_owned());
        }
        if talk.house.waha.sent_files().iter().any(|file| file.bytes != PICTURE) {
            self.wrong.push("a file is not what it was".to_owned());
        }
    }

    /// The reply quotes the owner's message, if that was sent and is known to have been.
    fn check_reply(&mut self, talk: &Talk<'_>) {
        let said = talk.said.lock().unwrap();
        let Some(asked) = said.iter().find(|said| said.text == "s1 0") else { return };
        let inbox = talk.house.signal.inbox();
        let reply = inbox.iter().find(|message| message.text.ends_with("w1 1"));
        let quoted = reply.and_then(|reply| reply.quote_timestamp);
        if talk.is_sent(asked) && !talk.is_told(asked) && quoted != Some(asked.timestamp) {
            self.wrong.push(format!("the reply quotes {quoted:?}"));
        }
    }

    async fn count_to_whatsapp(&mut self, talk: &Talk<'_>, store: &Store) {
        let said = talk.said.lock().unwrap().clone();
        self.messages += said.len();
        let delivered = delivered(talk.house);
        let mut last = [None; 3];
        for said in &said {
            let mut places = delivered.iter().enumerate().filter(|(_, (_, text))| *text == said.text);
            let first = places.clone().next().map(|(at, _)| at);
            self.doubled += places.clone().count().saturating_sub(1);
            self.misdirected += usize::from(places.any(|(_, (place, _))| *place != chat(said.chat)));
            self.disordered += usize::from(first.is_some() && first < last[said.chat]);
            last[said.chat] = first.or(last[said.chat]);
            let told = talk.is_told(said);
            self.told += usize::from(told);
            if first.is_none() && !told {
                self.count_lost(talk.house, store, said).await;
            }
        }
        self.window_open = self.in_the_window > 0 && !talk.case.in_the_window;
    }

    async fn count_lost(&mut self, house: &House, store: &Store, said: &Said) {
        let forgotten = house.signal.lines_written().contains(&said.timestamp);
        if forgotten && !committed(store, said.timestamp).await {
            self.in_the_window += 1;
        } else {
            self.lost += 1;
        }
    }

    async fn count_portals(&mut self, talk: &Talk<'_>, store: &Store) {
        self.groups_too_many = talk.house.signal.groups().len().saturating_sub(2);
        let groups: Vec<_> = [1, 2].into_iter().filter_map(|n| talk.group(n)).collect();
        let read = store.write(move |tx| {
            let channel = tx.channel("home", Moment(0))?;
            let held = tx.held_due(channel, Moment(i64::MAX))?;
            let held = held.iter().filter(|held| !matches!(held.event, Some(Event::Ack(_)))).count();
            let mut unfinished = held + tx.intents(channel)?.len() + tx.in_flight(channel)?.len();
            for group in groups {
                let portal = tx.portal_by_group(channel, &GroupId::new(group))?;
                let works = portal.is_some_and(|portal| portal.state == PortalState::Current);
                unfinished += usize::from(!works);
            }
            Ok(unfinished)
        });
        self.unfinished = read.await.unwrap();
    }

    pub(crate) fn is_as_promised(&self) -> bool {
        let broken =
            [self.lost, self.doubled, self.misdirected, self.disordered, self.groups_too_many, self.unfinished];
        broken.iter().all(|count| *count == 0) && self.wrong.is_empty() && !self.survived && !self.window_open
    }

    /// The sum of both, for the last line.
    pub(crate) fn and(self, other: &Self) -> Self {
        Self {
            name: "all".to_owned(),
            killed_at: [self.killed_at, other.killed_at.clone()].concat(),
            messages: self.messages + other.messages,
            marked: self.marked + other.marked,
            told: self.told + other.told,
            in_the_window: self.in_the_window + other.in_the_window,
            lost: self.lost + other.lost,
            doubled: self.doubled + other.doubled,
            misdirected: self.misdirected + other.misdirected,
            disordered: self.disordered + other.disordered,
            groups_too_many: self.groups_too_many + other.groups_too_many,
            unfinished: self.unfinished + other.unfinished,
            ..Self::default()
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, messages, marked, told, in_the_window, lost, doubled, .. } = self;
        let deaths = self.killed_at.len();
        write!(f, "{name} (died {deaths}) | {messages} | {marked} | {told} | {in_the_window} | {lost} | {doubled}")?;
        let Self { misdirected, disordered, groups_too_many, unfinished, .. } = self;
        write!(f, " | {misdirected} | {disordered} | {groups_too_many} | {unfinished}")
    }
}

/// Whether the store remembers a line of the owner's phone (device 1).
async fn committed(store: &Store, timestamp: i64) -> bool {
    let item = format!("{OWNER}:1:{timestamp}");
    let key = SeenKey { scope: "signal".into(), item: item.into(), kind: SeenKind::Signal };
    let known = store.write(move |tx| {
        let channel = tx.channel("home", Moment(0))?;
        tx.is_seen(channel, &key)
    });
    known.await.unwrap()
}
