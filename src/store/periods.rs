//! How long what is kept: of a channel, and of a chat that has a period of its own.
//!
//! The configuration names such a chat by one of its addresses, and only hashes of these come here. Whatever address is
//! learned of a chat later, or comes to it by a merge, counts like the one that is named; if several are, the shortest
//! period does. Rows that carry the time at which they go are rewritten in pieces when a period changes, and `settled`
//! says of which chats they are.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::purge::CHUNK;
use super::{ChannelId, ChatId, StoreError, Tx};
use crate::clock::Moment;
use crate::config::{ChannelPeriods, Periods};

/// How long a row is kept that names its channel and maybe its chat.
macro_rules! kept_for {
    () => {
        "coalesce((SELECT kept_for FROM chats WHERE id = chat), (SELECT kept_for FROM channels WHERE id = channel))"
    };
}
pub(super) use kept_for;

/// The period of a chat's own: if one of its addresses is named, and what is shorter than that or the channel's because its
/// messages do not stay on WhatsApp either.
const OWN: &str = "nullif(min(
    coalesce((SELECT min(kept_for) FROM periods WHERE channel = chats.channel AND (digest = chats.digest
              OR digest IN (SELECT digest FROM addresses WHERE identity = chats.identity))), 9223372036854775807),
    iif(timer > 0, min(timer * 1000, (SELECT kept_for FROM channels WHERE id = chats.channel)), 9223372036854775807)
    ), 9223372036854775807)";

/// The periods of the configuration, in hashes: they can be brought into any copy of the database without its secret.
#[derive(Debug, Clone)]
pub struct Plan {
    general: i64,
    channels: Vec<Planned>,
}

#[derive(Debug, Clone)]
struct Planned {
    name: String,
    kept_for: i64,
    /// The hash of an address, and for how long its chat is kept.
    chats: Vec<(Vec<u8>, i64)>,
}

impl Plan {
    /// The shortest period, if one is shorter than where no other is configured.
    #[must_use]
    pub fn shorter(&self) -> Option<Duration> {
        let of_chats = |channel: &Planned| channel.chats.iter().map(|(_, kept_for)| *kept_for).collect::<Vec<_>>();
        let all = self.channels.iter().flat_map(|channel| std::iter::once(channel.kept_for).chain(of_chats(channel)));
        let shortest = all.min().filter(|shortest| *shortest < self.general)?;
        u64::try_from(shortest).ok().map(Duration::from_millis)
    }

    /// Lets it be what the database goes by. What changes by that is to be settled.
    pub(super) fn apply(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut statement = connection.prepare("SELECT id, name FROM channels ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (id, name) in rows.collect::<Result<Vec<(i64, String)>, _>>()? {
            match self.channels.iter().find(|channel| channel.name == name) {
                Some(planned) => set(connection, id, planned.kept_for, &planned.chats)?,
                None => set(connection, id, self.general, &[])?,
            }
        }
        Ok(())
    }
}

fn set(connection: &Connection, channel: i64, kept_for: i64, chats: &[(Vec<u8>, i64)]) -> Result<(), StoreError> {
    let sql = "UPDATE channels SET kept_for = ?2, settled = 0 WHERE id = ?1 AND kept_for <> ?2";
    if connection.execute(sql, [channel, kept_for])? > 0 {
        connection.execute("UPDATE chats SET settled = 0 WHERE channel = ?1 AND kept_for IS NULL", [channel])?;
    }
    connection.execute("DELETE FROM periods WHERE channel = ?1", [channel])?;
    let sql = "INSERT INTO periods (channel, digest, kept_for) VALUES (?1, ?2, ?3)
               ON CONFLICT (channel, digest) DO UPDATE SET kept_for = min(kept_for, excluded.kept_for)";
    for (digest, kept_for) in chats {
        connection.execute(sql, params![channel, digest, kept_for])?;
    }
    let sql = format!("UPDATE chats SET kept_for = {OWN}, settled = 0 WHERE channel = ?1 AND kept_for IS NOT {OWN}");
    connection.execute(&sql, [channel])?;
    Ok(())
}

/// Settles everything in a file nobody else uses.
pub(super) fn settle(connection: &Connection, now: Moment) -> Result<(), StoreError> {
    while settle_piece(connection, now)? {}
    Ok(())
}

/// False if nothing was left.
fn settle_piece(connection: &Connection, now: Moment) -> Result<bool, StoreError> {
    let mut rewritten = 0;
    while rewritten < CHUNK {
        let sql = concat!(
            "SELECT chat, ",
            kept_for!(),
            " FROM (SELECT id AS chat, channel FROM chats WHERE settled = 0 LIMIT 1)"
        );
        let chat = connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((chat, kept_for)) = chat else { return settle_channel(connection, now) };
        let here = rewrite(connection, chat, kept_for, now)?;
        if here < CHUNK {
            connection.prepare_cached("UPDATE chats SET settled = 1 WHERE id = ?1")?.execute([chat])?;
        }
        // A chat without any is work too: many of them are not looked for at once.
        rewritten += here.max(1);
    }
    Ok(true)
}

/// A piece of the rows of a chat. Returns how many it was; fewer than a piece were all.
fn rewrite(connection: &Connection, chat: ChatId, kept_for: i64, now: Moment) -> Result<i64, StoreError> {
    let sql = "UPDATE messages SET kept_until = at + ?2 WHERE id IN
               (SELECT id FROM messages WHERE chat = ?1 AND kept_until <> at + ?2 LIMIT ?3)";
    let messages = connection.prepare_cached(sql)?.execute(params![chat, kept_for, CHUNK])?;
    let sql = "UPDATE notices SET kept_until = iif(at IS NULL, ?3, at) + ?2 WHERE (channel, digest) IN
               (SELECT channel, digest FROM notices WHERE chat = ?1
                AND iif(at IS NULL, kept_until > ?3 + ?2, kept_until <> at + ?2) LIMIT ?4)";
    let notices = connection.prepare_cached(sql)?.execute(params![chat, kept_for, now.0, CHUNK])?;
    Ok(i64::try_from(messages.max(notices)).unwrap_or(CHUNK))
}

/// The bridge's lines that are of no chat.
fn settle_channel(connection: &Connection, now: Moment) -> Result<bool, StoreError> {
    let sql = "SELECT id, kept_for FROM channels WHERE settled = 0 LIMIT 1";
    let channel: Option<(i64, i64)> = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((channel, kept_for)) = channel else { return Ok(false) };
    let sql = "UPDATE notices SET kept_until = iif(at IS NULL, ?3, at) + ?2 WHERE (channel, digest) IN
               (SELECT channel, digest FROM notices WHERE channel = ?1 AND chat IS NULL
                AND iif(at IS NULL, kept_until > ?3 + ?2, kept_until <> at + ?2) LIMIT ?4)";
    let rewritten = connection.execute(sql, params![channel, kept_for, now.0, CHUNK])?;
    if i64::try_from(rewritten).is_ok_and(|rewritten| rewritten < CHUNK) {
        connection.execute("UPDATE channels SET settled = 1 WHERE id = ?1", [channel])?;
    }
    Ok(true)
}

impl Tx<'_> {
    /// The periods in hashes.
    #[must_use]
    pub fn plan(&self, periods: &Periods) -> Plan {
        let channels = periods.channels.iter().map(|channel| self.planned(channel)).collect();
        Plan { general: millis(periods.general), channels }
    }

    fn planned(&self, channel: &ChannelPeriods) -> Planned {
        let digest = |chat: &str| self.digest("addresses", &[chat]).as_bytes().to_vec();
        let chats = channel.chats.iter().map(|(chat, period)| (digest(chat.reveal()), millis(*period))).collect();
        Planned { name: channel.name.clone(), kept_for: millis(channel.period), chats }
    }

    /// The same for a copy of this database from before, which may not know yet that two addresses are one person's.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn plan_for_copies(&self, periods: &Periods) -> Result<Plan, StoreError> {
        let mut plan = self.plan(periods);
        let sql = "SELECT digest FROM addresses WHERE identity =
                   (SELECT identity FROM addresses WHERE digest = ?2
                    AND channel = (SELECT id FROM channels WHERE name = ?1))";
        let mut statement = self.connection.prepare(sql)?;
        for channel in &mut plan.channels {
            for (digest, kept_for) in channel.chats.clone() {
                let aliases = statement.query_map(params![channel.name, digest], |row| row.get(0))?;
                let aliases = aliases.collect::<Result<Vec<Vec<u8>>, _>>()?;
                channel.chats.extend(aliases.into_iter().map(|alias| (alias, kept_for)));
            }
        }
        Ok(plan)
    }

    /// Lets these be the periods that everything goes by. What changes by that is settled by [`Tx::settle_piece`].
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn set_periods(&self, periods: &Periods) -> Result<(), StoreError> {
        self.plan(periods).apply(self.connection)
    }

    /// Rewrites a piece of the rows whose period has changed. False if nothing was left.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn settle_piece(&self, now: Moment) -> Result<bool, StoreError> {
        settle_piece(self.connection, now)
    }

    /// How long what is of a chat is kept; without a chat, what is of the channel.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn kept_for(&self, channel: ChannelId, chat: Option<ChatId>) -> Result<Duration, StoreError> {
        let sql = concat!("SELECT ", kept_for!(), " FROM (SELECT ?1 AS channel, ?2 AS chat)");
        let mut statement = self.connection.prepare_cached(sql)?;
        let kept_for: i64 = statement.query_row(params![channel.0, chat], |row| row.get(0))?;
        Ok(Duration::from_millis(u64::try_from(kept_for).unwrap_or_default()))
    }

    /// Looks again whether a chat has a period of its own, since its addresses have changed.
    pub(super) fn renew_period(&self, chat: ChatId) -> Result<(), StoreError> {
        let sql = format!("UPDATE chats SET kept_for = {OWN}, settled = 0 WHERE id = ?1 AND kept_for IS NOT {OWN}");
        self.connection.prepare_cached(&sql)?.execute([chat])?;
        Ok(())
    }

    /// Rows of another chat have come to this one.
    pub(super) fn unsettle(&self, chat: ChatId) -> Result<(), StoreError> {
        self.connection.execute("UPDATE chats SET settled = 0 WHERE id = ?1", [chat])?;
        self.renew_period(chat)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
