//! Every column of every table is classified, and kept as it is classified.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rialto::store::columns::{COLUMNS, Column, Keeping};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::fill::{CANARY, Shelf};

const PAGE: &str = "docs/columns.md";

const HEAD: &str = "# What lies in the database, and how

Every column of every table. **Sealed** values are encrypted with AES-256-GCM for their table, their column and the row
that is named, unless `encryption.enabled` is `false`. A **keyed hash** (HMAC-SHA-256) finds a row without saying what it
is about; it is one also when encryption is off. A **wrapped** key opens with your secret. The rest is **plain**, with the
reason. What can be seen from that: [SECURITY.md](../SECURITY.md#what-shows-all-the-same).

This page is made from `src/store/columns.rs` by `tests/sealing.rs`; do not edit it.
";

/// Table, column and declared type, as the schema has them.
fn schema(connection: &Connection) -> Vec<(String, String, String)> {
    // SQLite's own tables are not ours to classify: they hold names of tables and counts.
    let sql = "SELECT t.name, c.name, c.type FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c
               WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// What the list lacks, and what it has too much.
fn unclassified(connection: &Connection, columns: &[Column]) -> Vec<String> {
    let there: BTreeSet<_> = schema(connection).into_iter().map(|(table, name, _)| format!("{table}.{name}")).collect();
    let listed: BTreeSet<_> = columns.iter().map(|column| format!("{}.{}", column.table, column.name)).collect();
    assert_eq!(listed.len(), columns.len(), "a column is listed twice");
    there.symmetric_difference(&listed).cloned().collect()
}

/// Values of a column that are not kept as it is classified.
fn misplaced(connection: &Connection, column: &Column, enabled: bool) -> Vec<Value> {
    let Column { table, name, keeping } = column;
    let mut statement = connection.prepare(&format!("SELECT {name} FROM {table} WHERE {name} IS NOT NULL")).unwrap();
    let values = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap);
    let fits = |value: &Value| match (keeping, value) {
        // Version, key, nonce, at least one step of padded text, tag.
        (Keeping::Sealed(_), Value::Blob(bytes)) if enabled => {
            bytes[0] == 1 && bytes.len() >= 5 + 12 + 32 + 16 && (bytes.len() - 5 - 12 - 16).is_multiple_of(32)
        }
        (Keeping::Sealed(_), Value::Blob(bytes)) => bytes[0] == 0,
        (Keeping::Index, Value::Blob(bytes)) => bytes.len() == 32,
        (Keeping::Wrapped, Value::Blob(bytes)) => bytes.len() == 12 + 32 + 16,
        // Row ids, and what wraps the keys.
        (Keeping::Plain(_), Value::Blob(bytes)) => bytes.len() == 16 || *table == "key_ring",
        (Keeping::Plain(_), Value::Text(text)) => !text.contains(CANARY) && !text.contains("7911"),
        (Keeping::Plain(_), _) => true,
        _ => false,
    };
    values.filter(|value| !fits(value)).collect()
}

#[tokio::test]
async fn every_column_is_classified() {
    let shelf = Shelf::new(true).await;
    assert_eq!(unclassified(&shelf.raw(), COLUMNS), [""; 0], "src/store/columns.rs says how each column is kept");
    // The check itself: one more in the schema, and one less in the list.
    shelf
        .raw()
        .execute_batch("ALTER TABLE chats ADD COLUMN nickname TEXT; CREATE TABLE people (path TEXT) STRICT")
        .unwrap();
    assert_eq!(unclassified(&shelf.raw(), COLUMNS), ["chats.nickname", "people.path"]);
    assert_eq!(unclassified(&shelf.raw(), &COLUMNS[1..])[1], "key_ring.id");
}

#[tokio::test]
async fn every_value_is_kept_as_its_column_says() {
    for enabled in [true, false] {
        let shelf = Shelf::new(enabled).await;
        let raw = shelf.raw();
        for column in COLUMNS {
            let wrong = misplaced(&raw, column, enabled);
            assert!(wrong.is_empty(), "{column:?}: {wrong:?}");
            let empty = raw.prepare(&format!("SELECT 1 FROM {0} WHERE {1} IS NOT NULL", column.table, column.name));
            let filled = empty.unwrap().exists([]).unwrap();
            assert!(filled || matches!(column.keeping, Keeping::Plain(_)), "nothing in {column:?} to look at");
        }
    }
}

/// The check itself: each of these is a column that does not keep to its class.
#[tokio::test]
async fn a_value_of_another_kind_is_found() {
    let shelf = Shelf::new(true).await;
    let raw = shelf.raw();
    let find = |table: &str, name: &str| COLUMNS.iter().find(|c| (c.table, c.name) == (table, name)).unwrap();
    for (table, name, sql) in [
        ("deliveries", "event", "UPDATE deliveries SET event = X'0063616E617279'"),
        ("portals", "digest", "UPDATE portals SET digest = CAST('canary-' || hex(id) AS BLOB)"),
        ("channels", "name", "UPDATE channels SET name = 'canary'"),
        ("seen", "digest", "UPDATE seen SET digest = X'00112233'"),
    ] {
        assert!(misplaced(&raw, find(table, name), true).is_empty());
        raw.execute_batch(sql).unwrap();
        assert!(!misplaced(&raw, find(table, name), true).is_empty(), "{table}.{name}");
    }
}

#[tokio::test]
async fn no_canary_is_readable_in_a_sealed_file() {
    let shelf = Shelf::new(true).await;
    let bytes = std::fs::read(shelf.path()).unwrap();
    let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds("deliveries") && !holds(CANARY) && !holds("79111") && !holds("120363"));
}

fn row(column: &Column) -> String {
    let how = match column.keeping {
        Keeping::Sealed(row) => format!("sealed, with `{row}`"),
        Keeping::Index => "keyed hash".to_owned(),
        Keeping::Wrapped => "wrapped".to_owned(),
        Keeping::Plain(why) => format!("plain: {why}"),
    };
    format!("| `{}` | {how} |", column.name)
}

fn page() -> String {
    let (mut page, mut table) = (HEAD.to_owned(), "");
    for column in COLUMNS {
        if column.table != table {
            table = column.table;
            write!(page, "\n## {table}\n\n| column | kept |\n|---|---|\n").unwrap();
        }
        writeln!(page, "{}", row(column)).unwrap();
    }
    page
}

#[test]
fn the_page_is_what_the_list_says() {
    crate::pages::is_current(PAGE, &page(), "sealing");
}
