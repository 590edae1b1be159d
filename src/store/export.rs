//! Everything that is kept, readable: the tables as JSON, chat by chat, each sealed value opened. Nothing is written.

mod columns;

use rusqlite::Row;
use rusqlite::types::{ToSql, Value as Cell};
use serde_json::{Map, Value, json};

use super::{ChatId, StoreError, Tx};
use crate::clock::Moment;
use crate::vault::Place;
use columns::How;
pub use columns::{TABLES, Table};

impl Tx<'_> {
    /// All that is kept, or of one chat.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]. A value that does not open is shown as such.
    pub fn export(&self, only: Option<ChatId>, now: Moment) -> Result<Value, StoreError> {
        let mut export = json!({"made_at": now.iso(), "left_out": left_out()});
        if let Some(chat) = only {
            put(&mut export, "chats", self.chats_as_json("id = ?1", &chat)?);
            return Ok(export);
        }
        put(&mut export, "channels", self.channels_as_json()?);
        for table in ["jobs", "alarms", "deleted"] {
            put(&mut export, table, self.rows(table, "?1", &true)?);
        }
        Ok(export)
    }

    fn channels_as_json(&self) -> Result<Vec<Value>, StoreError> {
        self.with("channels", "?1", &true, |channel, id| {
            for table in ["outages", "signs"] {
                put(channel, table, self.rows(table, "channel = ?1", id)?);
            }
            put(channel, "waiting", self.waiting_as_json("channel = ?1 AND chat IS NULL", id)?);
            for (name, table) in [("lines", "notices"), ("floods", "floods")] {
                put(channel, name, self.rows(table, "channel = ?1 AND chat IS NULL", id)?);
            }
            put(channel, "chats", self.chats_as_json("channel = ?1", id)?);
            put(channel, "edits", self.rows("edits", "channel = ?1", id)?);
            Ok(())
        })
    }

    fn chats_as_json(&self, which: &str, of: &dyn ToSql) -> Result<Vec<Value>, StoreError> {
        self.with("chats", which, of, |chat, id| {
            let person = "identity IN (SELECT identity FROM chats WHERE id = ?1)";
            put(chat, "addresses", self.rows("addresses", person, id)?);
            let parts = [
                ("portals", "portals"),
                ("creation_intents", "creation_intents"),
                ("lines", "notices"),
                ("floods", "floods"),
                ("forgets", "forgets"),
            ];
            for (name, table) in parts {
                put(chat, name, self.rows(table, "chat = ?1", id)?);
            }
            put(chat, "waiting", self.waiting_as_json("chat = ?1", id)?);
            put(chat, "messages", self.messages_as_json(id)?);
            Ok(())
        })
    }

    fn waiting_as_json(&self, which: &str, of: &dyn ToSql) -> Result<Vec<Value>, StoreError> {
        self.with("deliveries", which, of, |delivery, id| {
            put(delivery, "files", self.rows("media", "delivery = ?1", id)?);
            Ok(())
        })
    }

    fn messages_as_json(&self, chat: &dyn ToSql) -> Result<Vec<Value>, StoreError> {
        self.with("messages", "chat = ?1", chat, |message, id| {
            put(message, "ids", self.rows("message_parts", "message = ?1", id)?);
            put(message, "reactions", self.rows("reactions", "message = ?1", id)?);
            put(message, "ticks", self.rows("ticks", "message = ?1", id)?);
            Ok(())
        })
    }

    fn rows(&self, table: &str, which: &str, of: &dyn ToSql) -> Result<Vec<Value>, StoreError> {
        let found = TABLES.iter().find(|known| known.name == table).ok_or(StoreError::BadRow)?;
        let mut statement = self.connection.prepare_cached(&format!("SELECT * FROM {table} WHERE {which}"))?;
        let mut rows = statement.query([of])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(self.as_json(found, row)?);
        }
        Ok(all)
    }

    /// The rows of a table that has an id, each with what hangs on it.
    fn with(
        &self,
        table: &str,
        which: &str,
        of: &dyn ToSql,
        more: impl Fn(&mut Value, &dyn ToSql) -> Result<(), StoreError>,
    ) -> Result<Vec<Value>, StoreError> {
        let mut statement = self.connection.prepare(&format!("SELECT id FROM {table} WHERE {which} ORDER BY id"))?;
        let ids = statement.query_map([of], |row| row.get::<_, Cell>(0))?.collect::<Result<Vec<_>, _>>()?;
        let mut all = Vec::new();
        for id in ids {
            for mut row in self.rows(table, "id = ?1", &id)? {
                more(&mut row, &id)?;
                all.push(row);
            }
        }
        Ok(all)
    }

    fn as_json(&self, table: &Table, row: &Row<'_>) -> Result<Value, StoreError> {
        let mut shown = Map::new();
        for (column, how) in table.columns {
            let value = match how {
                How::LeftOut(_) => continue,
                How::Plain => plain(row.get(*column)?),
                How::Time => row.get::<_, Option<i64>>(*column)?.map_or(Value::Null, |at| Moment(at).iso().into()),
                How::Sealed { row: key } => self.opened((table.name, column), row.get(*key)?, row.get(*column)?),
            };
            shown.insert((*column).to_owned(), value);
        }
        Ok(Value::Object(shown))
    }

    fn opened(&self, (table, column): (&'static str, &'static str), key: Cell, sealed: Option<Vec<u8>>) -> Value {
        let Some(sealed) = sealed else { return Value::Null };
        let row = match key {
            Cell::Blob(id) => id,
            Cell::Integer(id) => id.to_be_bytes().to_vec(),
            Cell::Null | Cell::Real(_) | Cell::Text(_) => Vec::new(),
        };
        self.open(Place { table, column, row: &row }, &sealed).unwrap_or_else(|_| "cannot be read any more".into())
    }
}

fn put(into: &mut Value, name: &str, rows: Vec<Value>) {
    if let Value::Object(into) = into {
        into.insert(name.to_owned(), Value::Array(rows));
    }
}

fn plain(cell: Cell) -> Value {
    match cell {
        Cell::Integer(number) => number.into(),
        Cell::Text(text) => text.into(),
        Cell::Null | Cell::Real(_) | Cell::Blob(_) => Value::Null,
    }
}

/// What is not shown, and why: a reason for each column.
fn left_out() -> Value {
    let columns = TABLES.iter().flat_map(|table| table.columns.iter().map(|(column, how)| (table.name, column, how)));
    let reasons = columns.filter_map(|(table, column, how)| match how {
        How::LeftOut(why) => Some((format!("{table}.{column}"), Value::from(*why))),
        How::Plain | How::Time | How::Sealed { .. } => None,
    });
    Value::Object(reasons.collect())
}
