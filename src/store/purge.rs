//! Deleting what is past its time, in pieces small enough not to hold up the writer; and counting it.

use rusqlite::{Connection, params};

use super::deliveries::COLUMNS;
use super::{ChannelId, Store, StoreError, Tx};
use crate::clock::Moment;
use crate::event::Event;
use crate::failpoint::reach;

/// Rows deleted in one job: a hundred thousand at once would hold up acceptance for most of a second.
pub(super) const CHUNK: i64 = 500;

/// The moments before which each family of rows goes.
#[derive(Debug, Clone, Copy)]
pub struct Cutoffs {
    /// The present: messages know themselves how long they are kept.
    pub now: Moment,
    /// For `seen`.
    pub seen: Moment,
    /// For deliveries, and for chats nobody wrote in.
    pub idle: Moment,
}

/// How many rows went, or are due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Messages with their ids.
    pub messages: usize,
    /// Keys of events that were accepted.
    pub seen: usize,
    /// Deliveries that had ended without arriving, or waited for too long.
    pub deliveries: usize,
    /// Chats without a portal, with their identities.
    pub chats: usize,
}

impl Purged {
    /// Each kind by its name.
    #[must_use]
    pub fn kinds(&self) -> [(&'static str, usize); 4] {
        [("messages", self.messages), ("keys", self.seen), ("deliveries", self.deliveries), ("chats", self.chats)]
    }

    fn add(&mut self, kind: Kind, count: usize) {
        match kind {
            Kind::Messages => self.messages += count,
            Kind::Keys => self.seen += count,
            Kind::Deliveries => self.deliveries += count,
            Kind::Chats => self.chats += count,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Messages,
    Keys,
    Deliveries,
    Chats,
}

/// One family of rows, and when one of them is due.
#[derive(Clone, Copy)]
struct Rule {
    kind: Kind,
    table: &'static str,
    key: &'static str,
    /// What holds of a row that is due at the cutoff `?1`.
    due: &'static str,
    cutoff: fn(Cutoffs) -> Moment,
}

const fn rule(
    kind: Kind,
    (table, key): (&'static str, &'static str),
    due: &'static str,
    cutoff: fn(Cutoffs) -> Moment,
) -> Rule {
    Rule { kind, table, key, due, cutoff }
}

const SET_ASIDE: Rule = rule(
    Kind::Deliveries,
    ("deliveries", "seq"),
    "state IN ('dead', 'unknown', 'held') AND created_at <= ?1",
    |cutoffs| cutoffs.idle,
);

/// What waits and is a message, as far as that can be told without a key: one of a running bridge goes with a line to the
/// owner, see `forget_unsent` and `forget_unshown`.
const WAITING: Rule = rule(
    Kind::Deliveries,
    ("deliveries", "seq"),
    "state = 'pending' AND source IS NOT NULL AND created_at <= ?1",
    |cutoffs| cutoffs.idle,
);

/// In this order: what refers to something goes before it.
const RULES: [Rule; 8] = [
    SET_ASIDE,
    rule(Kind::Messages, ("messages", "id"), "kept_until <= ?1", |cutoffs| cutoffs.now),
    rule(Kind::Messages, ("notices", "(channel, digest)"), "kept_until <= ?1", |cutoffs| cutoffs.now),
    rule(Kind::Keys, ("seen", "(channel, digest)"), "at <= ?1", |cutoffs| cutoffs.seen),
    rule(Kind::Keys, ("edits", "(channel, digest)"), "at <= ?1", |cutoffs| cutoffs.idle),
    // Counts of minutes that are over: a message of such a minute that still comes is one of few.
    rule(Kind::Keys, ("floods", "(channel, digest)"), "at <= ?1", |cutoffs| {
        cutoffs.now.minus(std::time::Duration::from_hours(1))
    }),
    // Questions that were not answered.
    rule(Kind::Keys, ("forgets", "chat"), "confirmed = 0 AND asked_at <= ?1", |cutoffs| cutoffs.idle),
    // A chat with a portal stays as long as its group does: without the route, what is typed there would go nowhere.
    rule(
        Kind::Chats,
        ("chats", "id"),
        "active_at <= ?1
         AND NOT EXISTS (SELECT 1 FROM portals WHERE chat = chats.id)
         AND NOT EXISTS (SELECT 1 FROM creation_intents WHERE chat = chats.id)
         AND NOT EXISTS (SELECT 1 FROM merges WHERE lid_chat = chats.id OR number_chat = chats.id)
         AND NOT EXISTS (SELECT 1 FROM forgets WHERE chat = chats.id AND confirmed = 1)
         AND NOT EXISTS (SELECT 1 FROM messages WHERE chat = chats.id)
         AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat = chats.id)",
        |cutoffs| cutoffs.idle,
    ),
];

impl Rule {
    fn delete(self, connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
        let Self { table, key, due, .. } = self;
        let columns = bare(key);
        let sql = format!("DELETE FROM {table} WHERE {key} IN (SELECT {columns} FROM {table} WHERE {due} LIMIT ?2)");
        let gone = connection.execute(&sql, params![(self.cutoff)(cutoffs).0, CHUNK])?;
        if self.kind == Kind::Chats {
            forget_people(connection)?;
        }
        Ok(gone)
    }

    fn count(self, connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
        let Self { table, due, .. } = self;
        let sql = format!("SELECT count(*) FROM {table} WHERE {due}");
        let count: i64 = connection.query_row(&sql, [(self.cutoff)(cutoffs).0], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
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
            purged.add(rule.kind, self.in_chunks(cutoffs, rule).await?);
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
pub(super) fn all(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let mut total = 0;
    for rule in [WAITING].into_iter().chain(RULES) {
        loop {
            let gone = rule.delete(connection, cutoffs)?;
            total += gone;
            if gone == 0 {
                break;
            }
        }
    }
    Ok(total)
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
    /// What [`Store::purge`] and the two pieces that tell the owner would delete now. A chat that gets empty by that is not
    /// counted.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn due(&self, cutoffs: Cutoffs) -> Result<Purged, StoreError> {
        let mut due = Purged::default();
        for rule in [WAITING].into_iter().chain(RULES) {
            due.add(rule.kind, rule.count(self.connection, cutoffs)?);
        }
        Ok(due)
    }

    /// Forgets a piece of what waits for Signal and is past its time, from behind `after` on. What the bridge itself has to
    /// say stays: it is the word about something.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn forget_unshown(&self, before: Moment, after: i64) -> Result<Unshown, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE direction = 'to_signal' AND state = 'pending'
             AND source IS NOT NULL AND created_at <= ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
        );
        let piece = self.deliveries(&sql, params![before.0, after, CHUNK])?;
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

    /// Notes what the last run has deleted.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn note_deleted(&self, purged: &Purged) -> Result<(), StoreError> {
        let sql = "INSERT INTO deleted (kind, count) VALUES (?1, ?2)
                   ON CONFLICT (kind) DO UPDATE SET count = excluded.count";
        for (kind, count) in purged.kinds() {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.connection.execute(sql, params![kind, count])?;
        }
        Ok(())
    }

    /// What the last run has deleted.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn last_deleted(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT kind, count FROM deleted ORDER BY kind")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
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
