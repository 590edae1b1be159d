//! Who types on one side is shown to type on the other, and not for longer. It passes: nothing of it is stored, nothing is
//! tried again, and what there is no room for is dropped.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::channel::Channel;
use super::{limits, permit};
use crate::clock::Moment;
use crate::config::{Chats, TypingWays};
use crate::event::{Address, Arrival, Author, Conversation, Event, GroupId, Typing, TypingPlace};
use crate::signal::LinkState;
use crate::store::{ChatId, PortalState, StoreError, Tx};

/// How many words of it may wait.
const ROOM: usize = 64;

/// What is said of who types, on its way.
#[derive(Debug)]
pub struct Typists {
    ways: TypingWays,
    sender: mpsc::Sender<Typing>,
    receiver: Mutex<mpsc::Receiver<Typing>>,
}

impl Typists {
    /// Those who are shown these ways.
    #[must_use]
    pub fn new(ways: TypingWays) -> Self {
        let (sender, receiver) = mpsc::channel(ROOM);
        Self { ways, sender, receiver: Mutex::new(receiver) }
    }

    /// Where to say who types.
    #[must_use]
    pub fn ear(&self) -> Ear {
        Ear { ways: self.ways, sender: self.sender.clone() }
    }
}

/// Hears who types.
#[derive(Debug, Clone)]
pub struct Ear {
    ways: TypingWays,
    sender: mpsc::Sender<Typing>,
}

impl Ear {
    /// Somebody types, or has stopped.
    pub fn hear(&self, typing: Typing) {
        let is_shown = match typing.place {
            TypingPlace::WhatsApp(_) => self.ways.go_to_signal(),
            TypingPlace::Signal(_) => self.ways.go_to_whatsapp(),
        };
        if is_shown {
            // Where there is no room, it is late anyhow.
            let _ = self.sender.try_send(typing);
        }
    }

    /// Who has written there has stopped typing.
    pub(super) fn wrote(&self, places: Vec<TypingPlace>) {
        for place in places {
            self.hear(Typing { place, is_typing: false });
        }
    }
}

/// Where somebody has written.
pub(super) fn places(arrivals: &[Arrival]) -> Vec<TypingPlace> {
    arrivals.iter().filter_map(|arrival| written_in(&arrival.event)).collect()
}

fn written_in(event: &Event) -> Option<TypingPlace> {
    match event {
        Event::Message(message) if message.author != Author::Owner => Some(TypingPlace::WhatsApp(message.chat.clone())),
        Event::Typed(typed) => match &typed.conversation {
            Conversation::Group(group) => Some(TypingPlace::Signal(group.clone())),
            Conversation::Direct => None,
        },
        _ => None,
    }
}

/// Somebody who is shown to type.
struct Shown {
    way: Way,
    /// When it was shown last, and until when it is without being said again.
    at: Moment,
    until: Moment,
}

/// Where it is shown.
#[derive(Debug, Clone)]
enum Way {
    Signal(GroupId),
    WhatsApp(Address),
}

/// Shows it until `stop`; then nobody types any more.
pub(super) async fn run(channel: &Channel, stop: CancellationToken) {
    let mut receiver = channel.typists.receiver.lock().await;
    let mut board = Board { channel, shown: HashMap::new(), watched: HashMap::new() };
    loop {
        let next = board.shown.values().map(|shown| shown.until).min();
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = until(channel, next) => board.sweep().await,
            Some(typing) = receiver.recv() => board.take(typing).await,
        }
    }
    board.clear().await;
}

async fn until(channel: &Channel, next: Option<Moment>) {
    match next {
        Some(next) => channel.clock.sleep(next.since(channel.clock.now())).await,
        None => std::future::pending().await,
    }
}

/// Who is shown to type now.
struct Board<'a> {
    channel: &'a Channel,
    shown: HashMap<TypingPlace, Shown>,
    /// Chats of which WhatsApp was asked to say who types there.
    watched: HashMap<Address, Moment>,
}

impl Board<'_> {
    async fn take(&mut self, typing: Typing) {
        if !typing.is_typing {
            if let Some(shown) = self.shown.remove(&typing.place) {
                show(self.channel, &shown.way, false).await;
            }
            return;
        }
        let now = self.channel.clock.now();
        let until = now.plus(limits::TYPING);
        if let Some(shown) = self.shown.get_mut(&typing.place)
            && now.since(shown.at) < limits::TYPING_AGAIN
        {
            shown.until = until;
            return;
        }
        let Some(way) = way(self.channel, &typing.place).await else { return };
        if let Way::WhatsApp(address) = &way {
            self.watch(address, now).await;
        }
        if show(self.channel, &way, true).await {
            self.shown.insert(typing.place, Shown { way, at: now, until });
        }
    }

    /// Where the owner types, somebody may answer.
    async fn watch(&mut self, address: &Address, now: Moment) {
        self.watched.retain(|_, asked| now.since(*asked) < limits::TYPING_WATCH);
        if self.channel.typists.ways.go_to_signal() && !self.watched.contains_key(address) {
            self.watched.insert(address.clone(), now);
            let asked = self.channel.whatsapp.watch_presence(address);
            within(self.channel, asked).await;
        }
    }

    async fn sweep(&mut self) {
        let now = self.channel.clock.now();
        let over: Vec<_> = self.shown.extract_if(|_, shown| shown.until <= now).collect();
        for (_, shown) in over {
            show(self.channel, &shown.way, false).await;
        }
    }

    async fn clear(&mut self) {
        for shown in std::mem::take(&mut self.shown).into_values() {
            show(self.channel, &shown.way, false).await;
        }
    }
}

/// Where it is shown, if anywhere: between a chat and its portal, and nowhere else.
async fn way(channel: &Channel, place: &TypingPlace) -> Option<Way> {
    let (id, place, rules) = (channel.id, place.clone(), Arc::clone(&channel.chats));
    let found = channel.store.read(move |tx| match &place {
        TypingPlace::WhatsApp(address) => {
            let Some(chat) = tx.find_chat(id, address, None)? else { return Ok(None) };
            let portal = tx.portal_of(chat)?.filter(|portal| portal.state == PortalState::Current);
            let portal = if permit::may_be_written_to(tx, &rules, chat)? { portal } else { None };
            Ok(portal.map(|portal| Way::Signal(portal.group)))
        }
        TypingPlace::Signal(group) => {
            let portal = tx.portal_by_group(id, group)?.filter(|portal| portal.state != PortalState::Stopped);
            let Some(chat) = portal.map(|portal| portal.chat) else { return Ok(None) };
            address(tx, chat, &rules).map(|address| address.map(Way::WhatsApp))
        }
    });
    // A chat that cannot be read is nobody's place.
    found.await.ok().flatten()
}

fn address(tx: &Tx<'_>, chat: ChatId, rules: &Chats) -> Result<Option<Address>, StoreError> {
    if tx.is_lost(chat)? || !permit::may_be_written_to(tx, rules, chat)? {
        return Ok(None);
    }
    tx.chat_address(chat).map(Some)
}

/// False if it was not.
async fn show(channel: &Channel, way: &Way, is_typing: bool) -> bool {
    if !*channel.owner_trusted.borrow() {
        return false;
    }
    match way {
        Way::Signal(group) => {
            let is_up = *channel.signal.state().borrow() == LinkState::Up;
            is_up
                && !channel.account.pauses(channel.clock.now())
                && within(channel, channel.signal.typing(group, is_typing)).await
        }
        Way::WhatsApp(address) => {
            let is_up = channel.whatsapp_trouble.borrow().is_none();
            is_up && within(channel, channel.whatsapp.typing(address, is_typing)).await
        }
    }
}

/// What takes longer is late.
async fn within<T, E>(channel: &Channel, call: impl Future<Output = Result<T, E>>) -> bool {
    const PATIENCE: Duration = Duration::from_secs(5);
    tokio::select! {
        answer = call => answer.is_ok(),
        () = channel.clock.sleep(PATIENCE) => false,
    }
}
