//! Deleting what is past its time, in pieces small enough not to hold up the writer.

use rusqlite::{Connection, params};

use super::{Store, StoreError};
use crate::clock::Moment;
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
    /// For set-aside deliveries, and for chats nobody wrote in.
    pub idle: Moment,
}

/// How many rows went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Messages with their ids.
    pub messages: usize,
    /// Keys of events that were accepted.
    pub seen: usize,
    /// Deliveries that had ended without arriving.
    pub deliveries: usize,
    /// Chats without a portal, with their identities.
    pub chats: usize,
}

impl Store {
    /// Deletes what is past `cutoffs`.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; what was deleted before stays deleted.
    pub async fn purge(&self, cutoffs: Cutoffs) -> Result<Purged, StoreError> {
        Ok(Purged {
            deliveries: self.in_chunks(cutoffs, deliveries).await?,
            messages: self.in_chunks(cutoffs, messages).await? + self.in_chunks(cutoffs, notices).await?,
            seen: self.in_chunks(cutoffs, seen).await?
                + self.in_chunks(cutoffs, edits).await?
                + self.in_chunks(cutoffs, floods).await?,
            chats: self.in_chunks(cutoffs, chats).await?,
        })
    }

    async fn in_chunks(&self, cutoffs: Cutoffs, step: Step) -> Result<usize, StoreError> {
        let mut total = 0;
        loop {
            let gone = self.write(move |tx| step(tx.connection, cutoffs)).await?;
            reach!("retention.between_chunks");
            total += gone;
            if gone == 0 {
                return Ok(total);
            }
        }
    }
}

type Step = fn(&Connection, Cutoffs) -> Result<usize, StoreError>;

/// Deletes what is past `cutoffs` from a file nobody else uses, and needs no key for it.
pub(super) fn all(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let mut total = 0;
    for step in [deliveries, messages, notices, seen, edits, floods, chats] as [Step; 7] {
        loop {
            let gone = step(connection, cutoffs)?;
            total += gone;
            if gone == 0 {
                break;
            }
        }
    }
    Ok(total)
}

fn messages(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM messages WHERE id IN
               (SELECT id FROM messages WHERE kept_until <= ?1 ORDER BY kept_until LIMIT ?2)";
    Ok(connection.execute(sql, params![cutoffs.now.0, CHUNK])?)
}

fn notices(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM notices WHERE (channel, digest) IN
               (SELECT channel, digest FROM notices WHERE kept_until <= ?1 ORDER BY kept_until LIMIT ?2)";
    Ok(connection.execute(sql, params![cutoffs.now.0, CHUNK])?)
}

fn seen(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM seen WHERE (channel, digest) IN
               (SELECT channel, digest FROM seen WHERE at <= ?1 ORDER BY at LIMIT ?2)";
    Ok(connection.execute(sql, params![cutoffs.seen.0, CHUNK])?)
}

fn edits(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM edits WHERE (channel, digest) IN
               (SELECT channel, digest FROM edits WHERE at <= ?1 ORDER BY at LIMIT ?2)";
    Ok(connection.execute(sql, params![cutoffs.idle.0, CHUNK])?)
}

/// Counts of minutes that are over: a message of such a minute that still comes is one of few.
fn floods(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM floods WHERE (channel, digest) IN
               (SELECT channel, digest FROM floods WHERE at <= ?1 ORDER BY at LIMIT ?2)";
    let over = cutoffs.now.minus(std::time::Duration::from_hours(1));
    Ok(connection.execute(sql, params![over.0, CHUNK])?)
}

fn deliveries(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM deliveries WHERE seq IN (SELECT seq FROM deliveries
               WHERE state IN ('dead', 'unknown', 'held') AND created_at <= ?1 ORDER BY seq LIMIT ?2)";
    Ok(connection.execute(sql, params![cutoffs.idle.0, CHUNK])?)
}

/// A chat with a portal stays as long as its group does: without the route, what is typed there would go nowhere.
fn chats(connection: &Connection, cutoffs: Cutoffs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM chats WHERE id IN (SELECT c.id FROM chats c WHERE c.active_at <= ?1
               AND NOT EXISTS (SELECT 1 FROM portals WHERE chat = c.id)
               AND NOT EXISTS (SELECT 1 FROM creation_intents WHERE chat = c.id)
               AND NOT EXISTS (SELECT 1 FROM merges WHERE lid_chat = c.id OR number_chat = c.id)
               AND NOT EXISTS (SELECT 1 FROM forgets WHERE chat = c.id AND confirmed = 1)
               AND NOT EXISTS (SELECT 1 FROM messages WHERE chat = c.id)
               AND NOT EXISTS (SELECT 1 FROM deliveries WHERE chat = c.id) LIMIT ?2)";
    let gone = connection.execute(sql, params![cutoffs.idle.0, CHUNK])?;
    let orphans = "SELECT id FROM identities i WHERE NOT EXISTS (SELECT 1 FROM chats WHERE identity = i.id)";
    connection.execute(&format!("DELETE FROM addresses WHERE identity IN ({orphans})"), [])?;
    connection.execute(&format!("DELETE FROM identities WHERE id IN ({orphans})"), [])?;
    Ok(gone)
}
