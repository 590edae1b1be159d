//! `docs/data-map.md` is the program's own list of every place where something lies;
//! `RIALTO_UPDATE=1 cargo test --test data_map` writes it anew. Every table of the schema is in it, once.

#![expect(clippy::unwrap_used, reason = "a test that stops is a test that failed")]

mod pages;

use std::fmt::Write as _;

use rialto::admin::places::{Look, PLACES};
use rialto::admin::readable::{READABLE, Readable};
use rialto::config::{Encryption, Unlock};
use rialto::store::Store;
use rusqlite::Connection;

const PAGE: &str = "docs/data-map.md";

const HEAD: &str = "# Where your data lies

Every place in the whole stack where something of you or of the people you write with lies: in what form, how long, and who
deletes it. `GET /data` on the admin listener shows the same list as JSON, with how much is there now and the age of the
oldest; what that means for your safety is in [SECURITY.md](../SECURITY.md).

All in `data/rialto` and in the folder of backups goes at once with [`rialto leave`](../README.md#leaving), which names what it
cannot reach; a file that says so stays.

This page is made from the program by `tests/data_map.rs`; do not edit it.

| where | what | how | how long | who deletes it |
|---|---|---|---|---|
";

const READABLE_HEAD: &str = "
## What is readable in signal-cli's folder

Below `data/signal-cli`, and nothing else: `tests/whole/real_leak.rs` sends words through a real signal-cli and searches every
file of it for them, for secrets, and for what you typed. What is found and not on this list fails, and so does what is on it
and not found. One thing that server cannot do is not on it: with `channels.pictures` the pictures of chats lie in `avatars`, until their
groups are left.

| what | in which files | how long |
|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for place in PLACES {
        let rialto::admin::places::Place { place, what, how, kept, by, .. } = place;
        writeln!(page, "| {place} | {what} | {how} | {kept} | {by} |").unwrap();
    }
    page.push_str(READABLE_HEAD);
    for Readable { what, files, kept } in READABLE {
        let files: Vec<_> = files.iter().map(|file| format!("`{file}`")).collect();
        writeln!(page, "| {what} | {} | {kept} |", files.join(", ")).unwrap();
    }
    page
}

#[test]
fn the_page_is_the_list() {
    pages::is_current(PAGE, &page(), "data_map");
}

#[test]
fn every_table_is_in_it_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rialto.db");
    Store::open(&file, &Encryption { enabled: false, unlock: Unlock::Nothing }).unwrap().close();
    let connection = Connection::open(&file).unwrap();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    let schema: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let tables = |look| if let Look::Tables(tables) = look { tables } else { &[] };
    let mut listed: Vec<_> = PLACES.iter().flat_map(|place| tables(place.look)).map(|(table, _)| *table).collect();
    listed.sort_unstable();
    assert_eq!(listed, schema, "left: in the list, right: in the schema");
}
