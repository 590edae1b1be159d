//! Deleting what is past its time, in pieces small enough not to hold up the writer; and counting it.

use rusqlite::{Connection, params};

use super::deliveries::COLUMNS;
use super::periods::kept_for;
use super::{ChannelId, Purged, Store, StoreError, Tx};
use crate::clock::Moment;
use crate::event::Event;
use crate::failpoint::reach;

/// Rows deleted in one job: a hundred thousand at once would hold up acceptance for most of a second.
pub(super) const CHUNK: i64 = 500;

/// By what it is told whether a row is past its time.
#[derive(Debug, Clone, Copy)]
pub struct Cutoffs {
    /// The present: what is of a chat goes by the period of the chat, or of its channel.
    pub now: Moment,
    /// The moment before which keys of events go.
    pub seen: Moment,
}

/// Where rows of a kind are counted.
type Count = fn(&mut Purged) -> &mut usize;

/// One family of rows, and when one of them is due.
#[derive(Clone, Copy)]
struct Rule {
    count: Count,
    table: &'static str,
    key: &'static str,
    /// What holds of a row that is due at the cutoff `?1`.
    due: &'static str,
    cutoff: fn(Cutoffs) -> Moment,
}

const fn rule(
    count: Count,
    (table, key): (&'static str, &'static str),
    due: &'static str,
    cutoff: fn(Cutoffs) -> Moment,
) -> Rule {
    Rule { count, table, key, due, cutoff }
}

/// That a row which names its channel and maybe its chat is past its time.
macro_rules! past {
    ($since:literal) => {
        concat!($since, " + ", kept_for!(), " <= ?1")
    };
}

const SET_ASIDE: Rule = rule(
    |purged| &mut purged.deliveries,
    ("deliveries", "seq"),
    concat!("state IN ('dead', 'unknown', 'held') AND ", past!("created_at")),
    |cutoffs| cutoffs.now,
);

/// What waits and is a message, as far as that can be told without a key: one of a running bridge goes with a line to the
/// owner, see `forget_unsent` and `forget_unshown`.
const WAITING: Rule = rule(
    |purged| &mut purged.deliveries,
    ("deliveries", "seq"),
    concat!("state = 'pending' AND source IS NOT NULL AND ", past!("created_at")),
    |cutoffs| cutoffs.now,
);

/// In this order: what refers to something goes before it.
const RULES: [Rule; 8] = [
    SET_ASIDE,
    rule(|purged| &mut purged.messages, ("messages", "id"), "kept_until <= ?1", |cutoffs| cutoffs.now),
    rule(|purged| &mut purged.notices, ("notices", "(channel, digest)"), "kept_until <= ?1", |cutoffs| cutoffs.now),
    rule(|purged| &mut purged.keys, ("seen", "(channel, digest)"), "at <= ?1", |cutoffs| cutoffs.seen),
    rule(|purged| &mut purged.edits, ("edits", "(channel, digest)"), past!("at"), |cutoffs| cutoffs.now),
    // Counts of minutes that are over: a message of such a minute that still comes is one of few.
    rule(
        |purged| &mut purged.floods,
        ("floods", "(channel, digest)"),
        "at <= ?1",
        |cutoffs| cutoffs.now.minus(std::time::Duration::from_hours(1)),
    ),
    rule(
        |purged| &mut purged.questions,
        ("forgets", "chat"),
        concat!("confirmed = 0 AND ", past!("asked_at")),
        |cutoffs| cutoffs.now,
    ),
    // A chat with a portal stays as long as its group does: without the route, what is typed there would go nowhere.
    rule(
        |purged| &mut purged.chats,
        ("chats", "id"),
        "active_at + coalesce(kept_for, (SELECT kept_for FROM channels WHERE id = channel)) <= ?1
         AND NOT EXISTS (SELECT 1 FROM portals WHERE chat = chats.id)
         AND NOT EXISTS (SELECT 1 FROM creation_intents WHERE chat = chats.id)
         AND NOT EXISTS (SELECT 1 FROM merges WHERE lid_chat = chats.id OR number_chat = chats.id)
         AND NOT EXISTS (SELECT 1 FROM forgets WHERE chat = chats.id AND confirmed = 1)
         AND NOT EXISTS (SELECT 1 FROM messages WHERE chat = chats.id)
         AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat = chats.id)",
        |cutoffs| cutoffs.now,
    ),
];

/// What waits for Signal and is past its time, from behind a place on.
const UNSHOWN: &str = concat!(
    "direction = 'to_signal' AND state = 'pending' AND source IS NOT NULL AND ",
    past!("created_at"),
    " AND seq > ?2 ORDER BY seq LIMIT ?3"
);

impl Rule {
    fn delete(self, connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
        let Self { table, key, due, .. } = self;
        let columns = bare(key);
        let sql = format!("DELETE FROM {table} WHERE {key} IN (SELECT {columns} FROM {table} WHERE {due} LIMIT ?2)");
        let gone = connection.execute(&sql, params![(self.cutoff)(cutoffs).0, CHUNK])?;
        if table == "chats" {
            forget_people(connection)?;
        }
        Ok(gone)
    }
}

/// A key of several columns as a select names it.
fn bare(key: &str) -> &str {
    key.trim_matches(['(', ')'])
}

/// Identities without a chat, with their addresses.
fn forget_people(connection: &Connection) -> Result<(), StoreError> {
    let orphans = "SELECT id FROM identities i WHERE NOT EXISTS (SELECT 1 FROM chats WHERE identity = i.id)";
    connection.execute(&format!("DELETE FROM addresses WHERE identity IN ({orphans})"), [])?;
    connection.execute(&format!("DELETE FROM identities WHERE id IN ({orphans})"), [])?;
    Ok(())
}

impl Store {
    /// Deletes what is past `cutoffs`.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; what was deleted before stays deleted.
    pub async fn purge(&self, cutoffs: Cutoffs) -> Result<Purged, StoreError> {
        let mut purged = Purged::default();
        for rule in RULES {
            *(rule.count)(&mut purged) += self.in_chunks(cutoffs, rule).await?;
        }
        Ok(purged)
    }

    async fn in_chunks(&self, cutoffs: Cutoffs, rule: Rule) -> Result<usize, StoreError> {
        let mut total = 0;
        loop {
            let gone = self.write(move |tx| rule.delete(tx.connection, cutoffs)).await?;
            reach!("retention.between_chunks");
            total += gone;
            if gone == 0 {
                return Ok(total);
            }
        }
    }
}

/// Deletes what is past `cutoffs` from a file nobody else uses, and needs no key for it.
pub(super) fn all(connection: &Connection, cutoffs: Cutoffs) -> Result<Purged, StoreError> {
    let mut purged = Purged::default();
    for rule in [WAITING].into_iter().chain(RULES) {
        loop {
            let gone = rule.delete(connection, cutoffs)?;
            *(rule.count)(&mut purged) += gone;
            if gone == 0 {
                break;
            }
        }
    }
    Ok(purged)
}

/// Messages that were not shown to the owner and went.
#[derive(Debug, Default)]
pub struct Unshown {
    /// How many of each channel.
    pub counts: Vec<(ChannelId, i64)>,
    /// Where to go on; none if that was all.
    pub last: Option<i64>,
}

impl Tx<'_> {
    /// Forgets a piece of what waits for Signal and is past its time, from behind `after` on. What the bridge itself has to
    /// say stays: it is the word about something.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget_unshown(&self, now: Moment, after: i64) -> Result<Unshown, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE {UNSHOWN}");
        let piece = self.deliveries(&sql, params![now.0, after, CHUNK])?;
        let mut unshown = Unshown { last: piece.last().map(|last| last.seq), ..Unshown::default() };
        for delivery in piece.iter().filter(|delivery| !matches!(delivery.event, Some(Event::Notice(_)))) {
            self.finish(delivery.seq)?;
            let channel = delivery.lane.channel;
            match unshown.counts.iter_mut().find(|(counted, _)| *counted == channel) {
                Some((_, count)) => *count += 1,
                None => unshown.counts.push((channel, 1)),
            }
        }
        Ok(unshown)
    }

    /// Gives a piece of the pages that are free back to the file system. False if nothing was left to give.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn give_back(&self) -> Result<bool, StoreError> {
        let free = || self.connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0));
        let before = free()?;
        let mut statement = self.connection.prepare(&format!("PRAGMA incremental_vacuum({CHUNK})"))?;
        let mut steps = statement.query([])?;
        while steps.next()?.is_some() {}
        Ok(before > free()?)
    }
}
