//! Fetches what is wanted, a few files at a time, and writes down what became of each.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::{collect, convert, fetch};
use crate::bridge::channel::Channel;
use crate::bridge::limits;
use crate::clock::Moment;
use crate::event::{Content, Event, MediaFailure, MediaRef, Message, Typed};
use crate::failpoint::reach;
use crate::media::{MediaError, Taken};
use crate::store::{MediaFile, MediaId, MediaRow, Wanted};

/// Why a file was not fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfetched {
    /// It will not come.
    Failed(MediaFailure),
    /// It did not come this time, and may the next; so many times.
    Again(MediaFailure),
    /// Whoever has it cannot be asked now, or there is no room now.
    Later(MediaFailure),
}

impl From<MediaError> for Unfetched {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Failed(why @ MediaFailure::Broken) => Self::Again(why),
            MediaError::Failed(why @ MediaFailure::NoSpace) => Self::Later(why),
            MediaError::Failed(why) => Self::Failed(why),
            MediaError::Disk(_) => Self::Later(MediaFailure::NoSpace),
        }
    }
}

/// Fetches until `stop`. What is half fetched then is begun anew at the next start.
pub(in crate::bridge) async fn run(channel: &Channel, stop: CancellationToken) {
    let mut under_way = UnderWay { fetches: FuturesUnordered::new(), files: HashSet::new() };
    loop {
        // From before the look: what becomes due during it is not overlooked.
        let since = channel.clock.now();
        while under_way.fetches.len() < limits::FETCHES
            && let files = under_way.files.clone()
            && let Some(wanted) = under_way.meanwhile(next(channel, files)).await
        {
            under_way.files.insert(wanted.row.id);
            under_way.fetches.push(one(channel, wanted));
        }
        let due = under_way.meanwhile(due(channel, since)).await;
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = under_way.one_is_done() => {}
            () = channel.files.wanted.notified() => {}
            () = channel.clock.sleep_until(due) => {}
        }
    }
}

/// What is being fetched.
struct UnderWay<F> {
    fetches: FuturesUnordered<F>,
    files: HashSet<MediaId>,
}

impl<F: Future<Output = MediaId>> UnderWay<F> {
    /// Looks while what is under way goes on. Standing still it could have been given a turn at the store and never take it, and
    /// the look, and with it all who read, would wait for that turn for ever.
    async fn meanwhile<T>(&mut self, look: impl Future<Output = T>) -> T {
        let mut look = std::pin::pin!(look);
        loop {
            tokio::select! {
                biased;
                found = &mut look => return found,
                () = self.one_is_done() => {}
            }
        }
    }

    /// Returns when one is; never if there is none.
    async fn one_is_done(&mut self) {
        match self.fetches.next().await {
            Some(done) => drop(self.files.remove(&done)),
            None => std::future::pending().await,
        }
    }
}

async fn next(channel: &Channel, busy: HashSet<MediaId>) -> Option<Wanted> {
    let (id, now) = (channel.id, channel.clock.now());
    match channel.store.read(move |tx| tx.next_wanted(id, now, &busy)).await {
        Ok(wanted) => wanted,
        Err(error) => {
            tracing::error!(channel = %channel.name, %error, "the files that are wanted cannot be read");
            channel.clock.sleep(limits::backoff(3)).await;
            None
        }
    }
}

async fn due(channel: &Channel, since: Moment) -> Moment {
    let id = channel.id;
    let due = channel.store.read(move |tx| tx.next_fetch(id, since)).await.unwrap_or_default();
    due.unwrap_or_else(|| since.plus(Duration::from_hours(1)))
}

async fn one(channel: &Channel, wanted: Wanted) -> MediaId {
    let Wanted { row, delivery } = wanted;
    let id = row.id;
    let taken = match &delivery.event {
        Some(Event::Message(message) | Event::LateFile(message)) => of_message(channel, &row, message).await,
        Some(Event::Typed(typed)) => of_typed(channel, &row, typed).await,
        _ => Err(Unfetched::Failed(MediaFailure::Broken)),
    };
    reach!("files.fetched");
    match taken {
        Ok(taken) => keep(channel, &row, taken).await,
        Err(unfetched) => not_fetched(channel, &row, unfetched).await,
    }
    channel.files.settled.send_replace(());
    id
}

async fn of_message(channel: &Channel, row: &MediaRow, message: &Message) -> Result<Taken, Unfetched> {
    let Content::Media { file, .. } = &message.content else { return Err(Unfetched::Failed(MediaFailure::Broken)) };
    let taken = fetch::file(channel, row, file, message).await?;
    Ok(convert::for_signal(channel, row, file, taken).await)
}

async fn of_typed(channel: &Channel, row: &MediaRow, typed: &Typed) -> Result<Taken, Unfetched> {
    let file: Option<&MediaRef> = typed.body.files().get(row.position);
    let file = file.ok_or(Unfetched::Failed(MediaFailure::Broken))?;
    let taken = collect::file(channel, row, file).await?;
    Ok(convert::for_whatsapp(channel, row, file, taken).await)
}

/// The row names the file from here on; one that nobody wants any more goes at once.
async fn keep(channel: &Channel, row: &MediaRow, taken: Taken) {
    let Taken { key, kind, mimetype, name, size, moves: _ } = taken;
    let (id, file) = (row.id, MediaFile { key, kind, mimetype, name, size });
    let wanted = channel
        .insist(move |tx| {
            let wanted = tx.keep_media(id, &file)?;
            reach!("files.keep.before_commit");
            Ok(wanted)
        })
        .await;
    if !wanted {
        remove(channel, &[id]).await;
    }
}

async fn not_fetched(channel: &Channel, row: &MediaRow, unfetched: Unfetched) {
    let (id, now) = (row.id, channel.clock.now());
    let is_late = now.since(row.created_at) >= limits::FETCH_FOR;
    let (failed, again) = match unfetched {
        Unfetched::Failed(why) => (Some(why), false),
        Unfetched::Again(why) => ((row.attempts + 1 >= limits::FETCH_ATTEMPTS || is_late).then_some(why), true),
        Unfetched::Later(why) => (is_late.then_some(why), false),
    };
    tracing::warn!(channel = %channel.name, ?unfetched, given_up = failed.is_some(), "a file was not fetched");
    if let Some(why) = failed {
        return fail(channel, id, why).await;
    }
    let not_before = now.plus(limits::backoff(row.attempts + 1));
    channel
        .insist(move |tx| {
            tx.put_off_media(id, not_before, again)?;
            reach!("files.not_fetched.before_commit");
            Ok(())
        })
        .await;
}

/// A file will not come, or cannot go on. What there is of it goes.
pub(super) async fn fail(channel: &Channel, id: MediaId, why: MediaFailure) {
    channel
        .insist(move |tx| {
            tx.fail_media(id, why)?;
            reach!("files.fail.before_commit");
            Ok(())
        })
        .await;
    remove(channel, &[id]).await;
}

/// Removes files whose rows are gone. One that stays is noise without a key, and goes with the next sweep.
pub(in crate::bridge) async fn remove(channel: &Channel, files: &[MediaId]) {
    for file in files {
        if let Err(error) = channel.files.folder.remove(&file.file_name()).await {
            tracing::warn!(channel = %channel.name, error = %error.kind(), "a file that is done with was not removed yet");
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::sync::Semaphore;

    use super::*;

    /// Seen as a bridge that stood still without a word: two fetches had the two turns at the store, and nobody went on with them.
    #[test]
    fn what_is_under_way_goes_on_while_it_is_looked_for_more() {
        let (turns, id) = (Semaphore::new(0), MediaId::fresh());
        let fetch = async {
            drop(turns.acquire().await.unwrap());
            id
        };
        let mut under_way = UnderWay { fetches: FuturesUnordered::from_iter([fetch]), files: HashSet::from([id]) };
        assert!(under_way.one_is_done().now_or_never().is_none(), "it waits for its turn");
        turns.add_permits(1);
        let found = under_way.meanwhile(async { drop(turns.acquire().await.unwrap()) }).now_or_never();
        assert!(found.is_some() && under_way.files.is_empty());
    }
}
