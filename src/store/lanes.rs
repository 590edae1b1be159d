//! The walk of a lane, delivery by delivery.
//!
//! The order of a lane is the order of `seq`, which is commit order. The head of a lane is its oldest delivery that is
//! pending or in flight; held, unknown and dead ones stand beside the lane and stop nobody.

use rusqlite::{OptionalExtension, params};

use super::deliveries::{COLUMNS, chosen_place, delivery_row};
use super::{ChannelId, ChatId, Delivery, Lane, State, StoreError, Tx};
use crate::clock::Moment;
use crate::event::StanzaId;

/// That the chat `?3` is about to be merged or forgotten.
const CLOSING: &str = "(SELECT 1 FROM merges WHERE lid_chat = ?3 OR number_chat = ?3
                        UNION ALL SELECT 1 FROM forgets WHERE chat = ?3 AND confirmed = 1)";

/// Each first of a state is found in the index; sorting both together would read the whole lane.
fn head_sql() -> String {
    let first = "SELECT min(seq) AS seq FROM deliveries WHERE channel = ?1 AND direction = ?2 AND chat IS ?3 AND state";
    format!(
        "SELECT {COLUMNS} FROM deliveries WHERE seq = (SELECT min(seq) FROM (
         {first} = 'in_flight' UNION ALL {first} = 'pending' AND NOT EXISTS {CLOSING}))"
    )
}

impl Tx<'_> {
    /// The head of a lane. Of a chat that is about to be merged or forgotten, only what is in flight still.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn head(&self, lane: Lane) -> Result<Option<Delivery>, StoreError> {
        let values = params![lane.channel.0, lane.direction, lane.chat];
        let row = self.connection.prepare_cached(&head_sql())?.query_row(values, delivery_row).optional()?;
        Ok(row.map(|row| self.delivery(row)))
    }

    /// The lanes of a channel that have something to do.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn busy_lanes(&self, channel: ChannelId) -> Result<Vec<Lane>, StoreError> {
        let sql = "SELECT DISTINCT chat, direction FROM deliveries WHERE channel = ?1
                   AND state IN ('pending', 'in_flight')";
        let mut statement = self.connection.prepare(sql)?;
        let rows =
            statement.query_map([channel.0], |row| Ok(Lane { channel, chat: row.get(0)?, direction: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Makes a pending delivery the one in flight of its lane. False if it is not the head of that lane any more, or not
    /// what it was when it was read.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn begin(&self, delivery: &Delivery, chosen: Option<&StanzaId>) -> Result<bool, StoreError> {
        let sealed = chosen.map(|chosen| self.seal(chosen_place(delivery.id.as_ref()), chosen)).transpose()?;
        let sql = format!(
            "UPDATE deliveries SET state = 'in_flight', chosen = coalesce(?6, chosen)
                   WHERE seq = ?1 AND state = 'pending' AND edited = ?2 AND chat IS ?3 AND NOT EXISTS {CLOSING}
                   AND NOT EXISTS (SELECT 1 FROM deliveries WHERE channel = ?4 AND direction = ?5 AND chat IS ?3
                                   AND state IN ('pending', 'in_flight') AND seq < ?1)"
        );
        let Lane { channel, chat, direction } = delivery.lane;
        let values = params![delivery.seq, delivery.edited, chat, channel.0, direction, sealed];
        Ok(self.connection.prepare_cached(&sql)?.execute(values)? == 1)
    }

    /// Puts a delivery back into its lane. `counts` says whether the attempt counts, `repeated` whether it may have
    /// arrived all the same.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn put_back(&self, seq: i64, not_before: Moment, counts: bool, repeated: bool) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET state = 'pending', not_before = ?2, attempts = attempts + ?3,
                   repeated = repeated OR ?4 WHERE seq = ?1";
        self.connection.prepare_cached(sql)?.execute(params![seq, not_before.0, counts, repeated])?;
        Ok(())
    }

    /// Puts a delivery back into its lane that has not been sent under the id chosen for it, and will not be.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn begin_anew(&self, seq: i64, not_before: Moment) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET state = 'pending', not_before = ?2, chosen = NULL, repeated = 0, retried = 0
                   WHERE seq = ?1";
        self.connection.execute(sql, params![seq, not_before.0])?;
        Ok(())
    }

    /// Sets a delivery aside as dead or unknown, under the clock of retention.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn set_aside(&self, seq: i64, state: State) -> Result<(), StoreError> {
        self.connection.execute("UPDATE deliveries SET state = ?2 WHERE seq = ?1", params![seq, state])?;
        Ok(())
    }

    /// A delivery has arrived: its sealed body goes.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn finish(&self, seq: i64) -> Result<(), StoreError> {
        self.connection.prepare_cached("DELETE FROM deliveries WHERE seq = ?1")?.execute([seq])?;
        Ok(())
    }

    /// Whether a call to WhatsApp is open in this chat whose message id is not known yet.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn nameless_call_open(&self, channel: ChannelId, chat: ChatId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE channel = ?1 AND direction = 'to_whatsapp' AND chat = ?2
                   AND state = 'in_flight' AND chosen IS NULL";
        Ok(self.connection.prepare_cached(sql)?.exists(params![channel.0, chat])?)
    }

    /// Whether any call is open in this lane; to Signal also one whose outcome nobody knows and that is to be made again. An id
    /// that is not known may be the one the call has, or will get.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn call_open(&self, lane: Lane) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE channel = ?1 AND direction = ?2 AND chat IS ?3
                   AND (state = 'in_flight' OR state = 'pending' AND repeated = 1 AND direction = 'to_signal')";
        Ok(self.connection.prepare_cached(sql)?.exists(params![lane.channel.0, lane.direction, lane.chat])?)
    }

    /// Whether a call of this lane was made whose answer is not recorded: it is open, or it is to be made again under
    /// the same id.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn answer_missing(&self, lane: Lane) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM deliveries WHERE channel = ?1 AND direction = ?2 AND chat IS ?3
                   AND (state = 'in_flight' OR state = 'pending' AND chosen IS NOT NULL)";
        Ok(self.connection.prepare_cached(sql)?.exists(params![lane.channel.0, lane.direction, lane.chat])?)
    }

    /// The deliveries of a lane whose outcome is unknown.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn unknown_in(&self, lane: Lane) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE channel = ?1 AND direction = ?2 AND chat IS ?3
             AND state = 'unknown' ORDER BY seq"
        );
        self.deliveries(&sql, params![lane.channel.0, lane.direction, lane.chat])
    }

    /// What was in flight when the program ended.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn in_flight(&self, channel: ChannelId) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE state = 'in_flight' AND channel = ?1 ORDER BY seq");
        self.deliveries(&sql, params![channel.0])
    }

    /// How many deliveries stand where, for health.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`].
    pub fn queue_depth(&self, channel: ChannelId, state: State) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM deliveries WHERE state = ?2 AND channel = ?1";
        Ok(self.connection.query_row(sql, params![channel.0, state], |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::store::{migrations, open};

    #[test]
    fn the_head_of_a_long_lane_is_found_and_its_question_planned_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut connection = open::writer(&dir.path().join("rialto.db")).unwrap();
        migrations::run(&mut connection).unwrap();
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", head_sql())).unwrap();
        let steps = plan.query_map(params![1, "to_signal", "chat"], |row| row.get::<_, String>("detail")).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(
            steps
                .iter()
                .any(|step| step.contains("deliveries_lane (channel=? AND direction=? AND chat=? AND state=?)"))
        );
        assert!(!steps.iter().any(|step| step.contains("SCAN") || step.contains("B-TREE")), "{steps:#?}");

        let mut head = connection.prepare(&head_sql()).unwrap();
        for chat in ["one", "another", "one"] {
            assert!(!head.exists(params![1, "to_signal", chat]).unwrap());
        }
        assert_eq!(head.get_status(StatementStatus::RePrepare), 0);
    }
}
