//! Files on their way: wanted in the job that accepts their message, fetched beside the lanes, waited for by the lane, and
//! gone with their delivery.
//!
//! - `fetch`: from WAHA. `collect`: from signal-cli. `worker`: one after the other, and what becomes of each.
//! - `convert`: into what the other side's apps show.
//! - `bring`: with a message to Signal. `send`: to WhatsApp, a message each. `long`: a text that came as a file.
//! - [`sweep`]: removes what nobody names any more.

mod bring;
mod collect;
mod convert;
mod fetch;
pub(super) mod long;
pub(super) mod send;
pub mod sweep;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Notify, watch};

use super::channel::Channel;
use super::limits;
use crate::config;
use crate::event::{Content, Event, Message, Typed};
use crate::media::{Converter, Folder, HandOver, Shelf};
use crate::store::{Delivery, Direction, MediaState};

pub(super) use bring::{Brought, brought, record_late};
pub(super) use worker::{remove, run};

/// What a channel needs for files.
pub struct Files {
    /// Where they lie.
    pub folder: Folder,
    /// How large they may be.
    pub config: config::Media,
    /// How WAHA gets them.
    pub shelf: Shelf,
    /// How signal-cli gets them; without it no file goes to Signal.
    pub hand_over: Option<HandOver>,
    /// Where signal-cli has them; without it no file comes from Signal.
    pub attachments: Option<PathBuf>,
    /// Makes of files what the other side's apps show.
    pub converter: Converter,
    /// Rung when files are to be fetched.
    pub wanted: Arc<Notify>,
    /// Whenever one was fetched or given up.
    pub settled: watch::Sender<()>,
}

impl Files {
    /// Whether what the owner attaches in Signal can go to WhatsApp.
    #[must_use]
    pub fn go_to_whatsapp(&self) -> bool {
        self.attachments.is_some() && self.shelf.is_reachable()
    }
}

/// How many files an event brings.
pub(super) fn count(event: &Event) -> usize {
    match event {
        Event::Message(Message { content: Content::Media { .. }, .. }) | Event::LateFile(_) => 1,
        Event::Typed(Typed { body, .. }) => body.files().len(),
        _ => 0,
    }
}

/// Returns when it is known what became of each file of a delivery. To Signal the words do not wait for long.
pub(super) async fn settled(channel: &Channel, head: &Delivery) {
    if head.event.as_ref().is_none_or(|event| count(event) == 0) {
        return;
    }
    let (id, mut settled) = (head.id, channel.files.settled.subscribe());
    let patience = match head.lane.direction {
        Direction::ToSignal => limits::FILE_WAIT,
        Direction::ToWhatsApp => limits::FILE_WAIT_TO_SEND,
    };
    let until = head.created_at.plus(patience);
    loop {
        let rows = channel.store.read(move |tx| tx.media_of(id)).await;
        // A store that does not say is met again by the lane itself.
        if rows.is_ok_and(|rows| rows.iter().all(|row| row.state != MediaState::Wanted)) {
            return;
        }
        tokio::select! {
            biased;
            () = channel.clock.sleep_until(until) => return,
            _ = settled.changed() => {}
        }
    }
}
