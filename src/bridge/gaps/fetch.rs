//! Fetches what may have been missed: chat by chat, oldest message first, bounded and paced.

use std::time::Duration;

use futures_util::TryFutureExt;

use crate::bridge::channel::Channel;
use crate::bridge::intake::ChannelIntake;
use crate::bridge::limits;
use crate::clock::Moment;
use crate::event::{Address, Arrival, Event, GapCause, Intake, Taken};
use crate::whatsapp::{ChatSummary, Engine, MessagesOf, Own, Page, WahaError};

/// Chats in one page: WAHA looks for the picture of each one it lists.
const CHATS_PAGE: usize = 20;
/// The most pages of chats.
const CHATS_PAGES: usize = 25;
/// Messages in one page.
const PAGE: usize = 100;
/// Attempts for the calls without which nothing can be fetched.
const INSIST: u32 = limits::ATTEMPTS;
/// Attempts for a single chat, which must not hold up the others.
const TRY: u32 = 3;

/// Fetches what came since `fine`. Returns why something is still missing.
pub(super) async fn all(channel: &Channel, intake: &ChannelIntake, fine: Moment) -> Option<GapCause> {
    let Ok(mut run) = Run::begin(channel, intake, fine).await else { return Some(GapCause::Failed) };
    run.note_if(channel.clock.now().since(fine) > limits::CATCH_UP, GapCause::TooLong);
    match run.chats().await {
        Ok(chats) => run.each(&chats).await,
        Err(WahaError::Refused) => run.note(refused(channel)),
        Err(_) => run.note(GapCause::Failed),
    }
    tracing::info!(channel = %channel.name, new = run.new, left = ?run.left, "looked for missed messages");
    run.left
}

fn refused(channel: &Channel) -> GapCause {
    let is_noweb = channel.engine.borrow().is_some_and(|engine| engine.engine == Engine::Noweb);
    if is_noweb { GapCause::StoreOff } else { GapCause::NotOffered }
}

struct Run<'a> {
    channel: &'a Channel,
    intake: &'a ChannelIntake,
    own: Own,
    since: Moment,
    new: usize,
    left: Option<GapCause>,
}

/// What came of one chat.
struct Fetched {
    arrivals: Vec<Arrival>,
    /// Whether the list was left before its end.
    cut: bool,
}

impl<'a> Run<'a> {
    async fn begin(channel: &'a Channel, intake: &'a ChannelIntake, fine: Moment) -> Result<Self, WahaError> {
        let own = persist(channel, INSIST, || channel.whatsapp.session()).await?.own;
        let id = channel.id;
        let first = channel.insist(move |tx| tx.first_started(id)).await;
        // What is older than these the intake would only count as history.
        let oldest = first.max(channel.clock.now().minus(limits::CATCH_UP));
        let since = fine.minus(limits::GAP_MARGIN).max(oldest);
        Ok(Self { channel, intake, own, since, new: 0, left: None })
    }

    fn note(&mut self, cause: GapCause) {
        self.left = self.left.max(Some(cause));
    }

    fn note_if(&mut self, is_so: bool, cause: GapCause) {
        if is_so {
            self.note(cause);
        }
    }

    /// The chats that had messages since. A chat that a new message lifts to the front while the pages are read is
    /// found by looking at the first page once more.
    async fn chats(&mut self) -> Result<Vec<Address>, WahaError> {
        let (mut found, mut pages) = (Vec::new(), 0);
        while pages < CHATS_PAGES {
            let page = self.overview(pages * CHATS_PAGE).await?;
            pages += 1;
            let has_more = page.listed == CHATS_PAGE && page.items.iter().any(|chat| self.is_of_gap(chat));
            self.note_if(pages == 1 && page.listed == 0 && self.knows_chats().await, GapCause::NothingKept);
            self.add(&mut found, page);
            if !has_more {
                break;
            }
        }
        self.note_if(pages == CHATS_PAGES, GapCause::TooMany);
        if pages > 1 {
            let page = self.overview(0).await?;
            self.add(&mut found, page);
        }
        Ok(found)
    }

    async fn overview(&self, offset: usize) -> Result<Page<ChatSummary>, WahaError> {
        let whatsapp = &self.channel.whatsapp;
        persist(self.channel, INSIST, || whatsapp.chats_overview(CHATS_PAGE, offset)).await
    }

    fn is_of_gap(&self, chat: &ChatSummary) -> bool {
        chat.last.is_some_and(|last| last.0 >= self.since.0.div_euclid(1000) * 1000)
    }

    fn add(&self, found: &mut Vec<Address>, page: Page<ChatSummary>) {
        for chat in page.items {
            if self.is_of_gap(&chat) && !found.contains(&chat.chat) {
                found.push(chat.chat);
            }
        }
    }

    /// An empty list from a WAHA that has brought messages before means that it keeps none.
    async fn knows_chats(&self) -> bool {
        let id = self.channel.id;
        self.channel.store.read(move |tx| tx.has_chats(id)).await.unwrap_or_default()
    }

    async fn each(&mut self, chats: &[Address]) {
        for chat in chats {
            if self.new >= limits::GAP_MESSAGES {
                return self.note(GapCause::TooMany);
            }
            if self.chat(chat).await.is_err() {
                self.note(GapCause::Failed);
            }
        }
    }

    async fn chat(&mut self, chat: &Address) -> Result<(), WahaError> {
        let Fetched { arrivals, cut } = self.messages(chat).await?;
        let taken = self.accept(in_order(arrivals)).await?;
        self.new += taken.iter().filter(|taken| **taken == Taken::New).count();
        // If the oldest are known, the list went back far enough.
        self.note_if(cut && taken.iter().take(PAGE).any(|taken| *taken == Taken::New), GapCause::TooMany);
        Ok(())
    }

    async fn messages(&self, chat: &Address) -> Result<Fetched, WahaError> {
        let (mut arrivals, mut offset) = (Vec::new(), 0);
        while offset < limits::GAP_MESSAGES_OF_A_CHAT {
            let of = MessagesOf { chat, since: self.since, limit: PAGE, offset };
            let (whatsapp, own, now) = (&self.channel.whatsapp, &self.own, self.channel.clock.now());
            let page = persist(self.channel, TRY, || whatsapp.messages(of, own, now)).await?;
            arrivals.extend(page.items);
            if page.listed < PAGE {
                return Ok(Fetched { arrivals, cut: false });
            }
            offset += PAGE;
        }
        Ok(Fetched { arrivals, cut: true })
    }

    /// A page a commit. The store says itself what is wrong with it, so here it counts like any call that failed.
    async fn accept(&self, arrivals: Vec<Arrival>) -> Result<Vec<Taken>, WahaError> {
        let mut taken = Vec::new();
        for batch in arrivals.chunks(PAGE) {
            let accept = || self.intake.accept(batch.to_vec()).map_err(|_| WahaError::Unknown);
            taken.extend(persist(self.channel, INSIST, accept).await?);
        }
        Ok(taken)
    }
}

/// Makes a call until it succeeds, is refused or has failed `attempts` times; a little apart from the call before.
async fn persist<T, F: Future<Output = Result<T, WahaError>>>(
    channel: &Channel,
    attempts: u32,
    call: impl Fn() -> F,
) -> Result<T, WahaError> {
    let mut failures = 0;
    channel.clock.sleep(limits::GAP_PACE).await;
    loop {
        let error = match call().await {
            Err(error) if error != WahaError::Refused => error,
            done => return done,
        };
        failures += 1;
        tracing::warn!(channel = %channel.name, %error, failures, "missed messages cannot be fetched yet");
        if failures == attempts {
            return Err(error);
        }
        channel.clock.sleep(pause(error, failures)).await;
    }
}

fn pause(error: WahaError, failures: u32) -> Duration {
    match error {
        WahaError::RateLimited { after } => after,
        _ => limits::backoff(failures),
    }
}

/// By the time they were written; those of one second as WAHA lists them, read from the old end.
fn in_order(mut listed: Vec<Arrival>) -> Vec<Arrival> {
    if listed.first().map(written) >= listed.last().map(written) {
        listed.reverse();
    }
    listed.sort_by_key(written);
    listed
}

fn written(arrival: &Arrival) -> Moment {
    match &arrival.event {
        Event::Message(message) => message.sent_at,
        _ => arrival.at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::whatsapp::read_listed;

    fn listed(messages: &[(&str, i64)]) -> Vec<Arrival> {
        let message = |(stanza, at): &(&str, i64)| {
            let message = json!({"id": format!("false_7911@c.us_{stanza}"), "timestamp": at, "body": stanza});
            read_listed(&message, &Own::default(), Moment(0)).unwrap()
        };
        messages.iter().map(message).collect()
    }

    fn order(messages: &[(&str, i64)]) -> String {
        in_order(listed(messages)).iter().map(|arrival| arrival.key.item.reveal()).collect()
    }

    #[test]
    fn the_oldest_come_first_however_they_are_listed() {
        assert_eq!(order(&[("E", 3), ("D", 2), ("C", 2), ("B", 2), ("A", 1)]), "ABCDE");
        assert_eq!(order(&[("A", 1), ("B", 2), ("C", 2), ("D", 2), ("E", 3)]), "ABCDE");
        assert_eq!(order(&[("C", 1), ("B", 1), ("A", 1)]), "ABC");
        assert_eq!(order(&[("D", 3), ("A", 1), ("C", 2), ("B", 2)]), "ABCD");
    }
}
