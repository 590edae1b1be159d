//! The file of a message to Signal: handed to signal-cli for the time of the call, or told of.

use super::worker::fail;
use crate::bridge::channel::Channel;
use crate::bridge::limits;
use crate::clock::Moment;
use crate::event::{Content, Event, MediaFailure, MediaKind, Message};
use crate::media::{Handed, MediaError};
use crate::store::{
    Delivery, LATE, MediaFile, MediaId, MediaRow, MediaState, NewDelivery, Source, State, StoreError, Tx,
};

/// What became of the file of a message.
#[derive(Debug)]
pub(in crate::bridge) enum Brought {
    /// The event has none.
    None,
    /// It goes with the message.
    Here {
        /// Its row.
        id: MediaId,
        /// Where signal-cli reads it, for as long as this is kept.
        handed: Handed,
        /// What it is.
        kind: MediaKind,
    },
    /// It follows when it has come.
    Late,
    /// It does not come.
    Failed {
        /// Why.
        why: MediaFailure,
    },
    /// It turned out just now that it does not come: to be looked at again.
    Changed,
    /// It cannot be handed over now; that passes.
    Later,
}

impl Brought {
    /// The row of the file that goes with the message.
    pub(in crate::bridge) fn id(&self) -> Option<MediaId> {
        match self {
            Self::Here { id, .. } => Some(*id),
            _ => None,
        }
    }
}

/// Looks what became of the file of a delivery, and hands it over if it is here.
pub(in crate::bridge) async fn brought(
    channel: &Channel,
    delivery: &Delivery,
    event: &Event,
) -> Result<Brought, StoreError> {
    if super::count(event) == 0 {
        return Ok(Brought::None);
    }
    let id = delivery.id;
    let rows = channel.store.read(move |tx| tx.media_of(id)).await?;
    match rows.into_iter().next() {
        None => Ok(Brought::Failed { why: MediaFailure::NoWay }),
        Some(row) if is_once(event) => Ok(of_once(channel, row, event).await),
        Some(row) => Ok(of_row(channel, row).await),
    }
}

/// Signal shows no words with what it shows once: those go first. What turned out to be neither picture nor film would stay.
async fn of_once(channel: &Channel, row: MediaRow, event: &Event) -> Brought {
    match (row.state, &row.file) {
        (MediaState::Here, Some(file)) if !file.kind.is_seen() => {
            fail(channel, row.id, MediaFailure::Broken).await;
            Brought::Changed
        }
        (MediaState::Here, Some(_)) if matches!(event, Event::Message(_)) => Brought::Late,
        _ => of_row(channel, row).await,
    }
}

fn is_once(event: &Event) -> bool {
    let (Event::Message(message) | Event::LateFile(message)) = event else { return false };
    matches!(&message.content, Content::Media { file, .. } if file.once)
}

async fn of_row(channel: &Channel, row: MediaRow) -> Brought {
    match (row.state, row.file) {
        (MediaState::Wanted, _) => Brought::Late,
        (MediaState::Here, Some(file)) => hand_over(channel, row.id, row.created_at, file).await,
        // A key that does not open any more.
        (MediaState::Here, None) => Brought::Failed { why: MediaFailure::Broken },
        (MediaState::Failed | MediaState::Sent, _) => Brought::Failed { why: row.why.unwrap_or(MediaFailure::Gone) },
    }
}

async fn hand_over(channel: &Channel, id: MediaId, since: Moment, file: MediaFile) -> Brought {
    match lay_out(channel, id, &file).await {
        Ok(handed) => Brought::Here { id, handed, kind: file.kind },
        Err(error) => {
            tracing::error!(channel = %channel.name, ?error, "a file cannot be handed to signal-cli");
            let (why, passes) = match error {
                MediaError::Failed(why) => (why, false),
                MediaError::Disk(_) => (MediaFailure::NoSpace, true),
            };
            if passes && channel.clock.now().since(since) < limits::FETCH_FOR {
                return Brought::Later;
            }
            fail(channel, id, why).await;
            Brought::Changed
        }
    }
}

async fn lay_out(channel: &Channel, id: MediaId, file: &MediaFile) -> Result<Handed, MediaError> {
    let hand_over = channel.files.hand_over.as_ref().ok_or(MediaError::Failed(MediaFailure::NoWay))?;
    let sealed = channel.files.folder.read(&id.file_name(), &file.key, id.as_ref()).await?;
    hand_over.give(sealed, &file.name, file.size).await
}

/// A message went without its file, and said so: that follows, as soon as it is known what became of it.
///
/// # Errors
///
/// Any [`StoreError`].
pub(in crate::bridge) fn record_late(
    tx: &Tx<'_>,
    delivery: &Delivery,
    message: &Message,
    now: Moment,
) -> Result<(), StoreError> {
    let Some(row) = tx.media_of(delivery.id)?.into_iter().next() else { return Ok(()) };
    let waits = row.state == MediaState::Wanted;
    let event = Event::LateFile(message.clone());
    let late = NewDelivery {
        state: if waits { State::Held } else { State::Pending },
        source: Some(Source::WhatsApp(&message.chat, &message.stanza)),
        not_before: if waits { now.plus(limits::LATE_FILE) } else { now },
        notice_group: Some(LATE),
        ..NewDelivery::due(delivery.lane, &event, now)
    };
    let id = tx.enqueue_another(&late, now)?;
    tx.give_media(row.id, id)
}
