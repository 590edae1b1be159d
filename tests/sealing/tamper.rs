//! Somebody without the keys changes the file. What does not stand where it was written does not open and leads nowhere,
//! and nothing else is served in its place.

use rialto::event::{Event, GroupId};
use rialto::store::reseal::Reseal;
use rialto::store::{ChatId, Direction, Lane, Store, StoreError, Tx};
use rialto::vault::VaultError;

use crate::fill::{NOW, OWNER, Shelf, address, by_owner, encryption};

type Tamper = fn(&Shelf);
type Row = (rusqlite::types::Value, Vec<u8>);

fn rows(shelf: &Shelf, table: &str, id: &str, column: &str) -> Vec<Row> {
    let raw = shelf.raw();
    let sql = format!("SELECT {id}, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {id}");
    let mut statement = raw.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap);
    rows.collect()
}

/// By way of a value nobody has, for what must be unique.
fn put(shelf: &Shelf, table: &str, id: &str, column: &str, rows: &[Row]) {
    let raw = shelf.raw();
    raw.execute_batch("PRAGMA foreign_keys = OFF; DROP INDEX IF EXISTS portals_one_per_chat").unwrap();
    let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {column} = ?1");
    for (n, (row, _)) in rows.iter().enumerate() {
        let aside = format!("UPDATE {table} SET {column} = ?2 WHERE {id} = ?1");
        raw.execute(&aside, rusqlite::params![row, vec![u8::try_from(n).unwrap(); 3]]).unwrap();
    }
    for (n, (_, value)) in rows.iter().enumerate() {
        raw.execute(&sql, rusqlite::params![vec![u8::try_from(n).unwrap(); 3], value]).unwrap();
    }
}

/// Each row gets the next one's value.
fn rotate(shelf: &Shelf, table: &str, id: &str, column: &str) {
    let mut rows = rows(shelf, table, id, column);
    assert!(rows.len() > 1, "{table}.{column}");
    let mut values: Vec<_> = rows.iter().map(|(_, value)| value.clone()).collect();
    values.rotate_left(1);
    rows.iter_mut().zip(values).for_each(|(row, value)| row.1 = value);
    put(shelf, table, id, column, &rows);
}

fn change(shelf: &Shelf, table: &str, column: &str, change: impl Fn(&mut Vec<u8>)) {
    let mut rows = rows(shelf, table, "id", column);
    for (_, value) in &mut rows {
        change(value);
    }
    put(shelf, table, "id", column, &rows);
}

/// Another column's value in place of this one's.
fn replace(shelf: &Shelf, (table, column): (&str, &str), from: (&str, &str)) {
    let stranger = rows(shelf, from.0, "id", from.1)[0].1.clone();
    change(shelf, table, column, |value| value.clone_from(&stranger));
}

/// How often something was refused while everything is read.
#[derive(Default)]
struct Reading {
    refused: usize,
}

impl Reading {
    /// Nothing, or what was written. Anything else is a value that was served in the place of another.
    fn see<T: PartialEq + std::fmt::Debug>(&mut self, read: Result<T, StoreError>, written: &T) -> Option<T> {
        match read {
            Ok(value) => {
                assert_eq!(&value, written);
                Some(value)
            }
            Err(error) => {
                assert!(matches!(error, StoreError::Vault(VaultError::BadValue)), "{error}");
                assert!(error.to_string().contains("the database was changed from outside or is damaged"));
                self.refused += 1;
                None
            }
        }
    }

    /// A portal of the group, and the chat that is reached from it.
    fn follow(&mut self, tx: &Tx<'_>, number: &str, group: &str) -> Result<(), StoreError> {
        let channel = tx.channel("home", NOW)?;
        let found = tx.portal_by_group(channel, &GroupId::new(group))?;
        self.refused += usize::from(found.is_none());
        let known = tx.find_chat(channel, &address(number), None);
        if let Some(portal) = found {
            self.see(tx.chat_address(portal.chat).map(|to| to.chat_id().reveal().to_owned()), &number.to_owned());
            self.see(known, &Some(portal.chat));
            self.see(tx.portal_of(portal.chat).map(|portal| portal.unwrap().group), &GroupId::new(group));
            self.messages(tx, portal.chat, group)?;
        } else if let Ok(Some(chat)) = known {
            self.see(tx.portal_of(chat).map(|portal| portal.unwrap().group), &GroupId::new(group));
        }
        Ok(())
    }

    fn messages(&mut self, tx: &Tx<'_>, chat: ChatId, group: &str) -> Result<(), StoreError> {
        let channel = tx.channel("home", NOW)?;
        if let Some(message) = tx.message_by_signal(channel, chat, &by_owner(1_000))? {
            let stanza = tx.whatsapp_part(message).map(|part| part.unwrap().stanza.reveal().to_owned());
            self.see(stanza, &format!("canary-{group}"));
        }
        let lane = Lane { channel, chat: Some(chat), direction: Direction::ToSignal };
        let waiting = tx.head(lane)?.unwrap();
        self.refused += usize::from(waiting.event.is_none());
        let text = |event: &Event| matches!(event, Event::Unreadable { body } if body.reveal() == "canary text");
        assert!(waiting.event.as_ref().is_none_or(text));
        Ok(())
    }

    fn all(&mut self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let channel = tx.channel("home", NOW)?;
        self.see(tx.pinned_owner(channel, OWNER).map(|owner| owner.unwrap().reveal().to_owned()), &"canary-aci".into());
        self.see(tx.intents(channel).map(|all| all[0].known[0].reveal().to_owned()), &"canary-known".into());
        self.follow(tx, "79111@c.us", "canary-one")?;
        self.follow(tx, "79222@c.us", "canary-two")?;
        for group in ["120363@g.us", "120364@g.us"] {
            let Ok(found) = tx.find_chat(channel, &address(group), None) else {
                self.refused += 1;
                continue;
            };
            self.see(tx.chat_address(found.unwrap()).map(|to| to.chat_id().reveal().to_owned()), &group.to_owned());
        }
        for open in tx.in_flight(channel)? {
            self.refused += usize::from(open.chosen.is_none());
            assert!(open.chosen.is_none_or(|chosen| chosen.reveal() == "canary-chosen"));
        }
        Ok(())
    }
}

async fn shelf() -> Shelf {
    let shelf = Shelf::new(true).await;
    let store = shelf.open(true);
    let job = |tx: &Tx<'_>| tx.resolve(tx.channel("home", NOW)?, &address("120364@g.us"), None, NOW).map(drop);
    store.write(job).await.unwrap();
    store.close();
    shelf
}

async fn refusals(shelf: &Shelf) -> usize {
    let store = shelf.open(true);
    let job = |tx: &Tx<'_>| {
        let mut reading = Reading::default();
        reading.all(tx).map(|()| reading.refused)
    };
    let refused = store.write(job).await.unwrap();
    store.close();
    refused
}

#[tokio::test]
async fn nothing_opens_in_the_place_of_another() {
    assert_eq!(refusals(&shelf().await).await, 0, "what was not changed is read");
    let tampered: [(&str, Tamper); 22] = [
        ("addresses of chats", |s| rotate(s, "chats", "id", "address")),
        ("groups of portals", |s| rotate(s, "portals", "id", "group_id")),
        ("events", |s| rotate(s, "deliveries", "id", "event")),
        ("chosen ids", |s| rotate(s, "deliveries", "id", "chosen")),
        ("parts", |s| rotate(s, "message_parts", "id", "value")),
        ("addresses of people", |s| rotate(s, "addresses", "digest", "address")),
        ("index of portals", |s| rotate(s, "portals", "id", "digest")),
        ("index of groups", |s| rotate(s, "chats", "id", "digest")),
        ("index of people", |s| rotate(s, "addresses", "address", "digest")),
        ("chats of portals", |s| rotate(s, "portals", "id", "chat")),
        ("chats and ties of portals", |s| {
            rotate(s, "portals", "id", "chat");
            rotate(s, "portals", "id", "tie");
        }),
        ("people of chats", |s| rotate(s, "chats", "id", "identity")),
        ("people of addresses", |s| rotate(s, "addresses", "digest", "identity")),
        ("columns", |s| replace(s, ("deliveries", "chosen"), ("deliveries", "event"))),
        ("tables", |s| replace(s, ("chats", "address"), ("portals", "group_id"))),
        ("owner", |s| replace(s, ("channels", "owner"), ("chats", "address"))),
        ("intent", |s| replace(s, ("creation_intents", "known"), ("portals", "group_id"))),
        ("cut short", |s| change(s, "deliveries", "event", |value| value.truncate(value.len() - 1))),
        ("cut to nothing", |s| change(s, "portals", "group_id", Vec::clear)),
        ("a bit", |s| change(s, "chats", "address", |value| *value.last_mut().unwrap() ^= 1)),
        ("plain in the place of sealed", |s| {
            change(s, "chats", "address", |value| *value = b"\0\"79222@c.us\"".to_vec());
        }),
        ("an unknown key", |s| change(s, "channels", "owner", |value| value[4] = 99)),
    ];
    for (what, tamper) in tampered {
        let shelf = shelf().await;
        tamper(&shelf);
        assert!(refusals(&shelf).await > 0, "{what}: nothing was refused");
    }
}

fn refused_at_start(shelf: &Shelf) {
    let opened = Store::open(&shelf.path(), &encryption(true, 7));
    let error = opened.expect_err("a changed ring is not opened").to_string();
    assert!(error.starts_with("the key ring in the database was changed from outside or is damaged"), "{error}");
}

#[tokio::test]
async fn a_changed_key_ring_is_not_opened() {
    for sql in [
        "UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE id = 2) WHERE id = 1",
        "UPDATE keys SET wrapped = substr(wrapped, 1, 20) WHERE id = 2",
        "UPDATE keys SET id = 3 WHERE id = 2",
        "UPDATE keys SET purpose = 'data'",
        "DELETE FROM keys WHERE id = 1",
        "DELETE FROM keys WHERE id = 2",
        "INSERT INTO keys SELECT 3, purpose, wrapped, 0 FROM keys WHERE id = 2",
        "UPDATE key_ring SET proof = NULL",
        "UPDATE key_ring SET plain = 1",
        "UPDATE key_ring SET proof = zeroblob(32)",
    ] {
        let shelf = Shelf::new(true).await;
        shelf.raw().execute_batch(sql).unwrap();
        refused_at_start(&shelf);
    }
    let shelf = Shelf::new(true).await;
    rotate(&shelf, "keys", "id", "wrapped");
    refused_at_start(&shelf);
}

/// With it, values of before would open again.
#[tokio::test]
async fn an_old_key_that_is_put_back_is_refused() {
    let shelf = Shelf::new(true).await;
    let old = rows(&shelf, "keys", "id", "wrapped")[1].clone();
    let store = shelf.open(true);
    let job = Reseal::new(store.clone());
    job.ask(true).await.unwrap();
    job.run().await.unwrap();
    store.close();
    shelf.open(true).close();
    let sql = "INSERT INTO keys (id, purpose, wrapped, seals) VALUES (2, 'data', ?1, 0)";
    shelf.raw().execute(sql, [old.1]).unwrap();
    refused_at_start(&shelf);
}

/// What came with later versions, taken away.
const FOURTH: &str = "
    DROP TABLE media;
    ALTER TABLE portals DROP COLUMN tie;
    ALTER TABLE key_ring DROP COLUMN proof;
    ALTER TABLE key_ring DROP COLUMN plain;
    DROP TABLE forgets;
    ALTER TABLE chats DROP COLUMN written_at;
    DROP TABLE deleted;
    DROP TABLE edits;
    CREATE TABLE edits (channel INTEGER, digest BLOB, source BLOB, at INTEGER);
    DROP TABLE periods;
    ALTER TABLE channels DROP COLUMN kept_for;
    ALTER TABLE channels DROP COLUMN settled;
    ALTER TABLE chats DROP COLUMN kept_for;
    ALTER TABLE chats DROP COLUMN timer;
    DROP INDEX chats_unsettled;
    ALTER TABLE chats DROP COLUMN settled;
    ALTER TABLE portals DROP COLUMN timer;
    ALTER TABLE portals DROP COLUMN timer_tried;
    ALTER TABLE portals DROP COLUMN timer_left;
    ALTER TABLE portals DROP COLUMN title;
    ALTER TABLE portals DROP COLUMN title_tried;
    ALTER TABLE portals DROP COLUMN title_rank;
    ALTER TABLE portals DROP COLUMN title_left;
    ALTER TABLE portals DROP COLUMN titled_at;
    ALTER TABLE portals DROP COLUMN picture;
    ALTER TABLE portals DROP COLUMN picture_left;
    ALTER TABLE portals DROP COLUMN pictured_at;
    ALTER TABLE creation_intents DROP COLUMN title;
    ALTER TABLE creation_intents DROP COLUMN title_rank;
    DROP TABLE notices;
    CREATE TABLE notices (channel INTEGER, digest BLOB, source BLOB, kept_until INTEGER);
    DROP TABLE floods;
    CREATE TABLE floods (channel INTEGER, digest BLOB, count INTEGER, at INTEGER);
    DROP TABLE readers;
    DROP TABLE ticks;
    DROP TABLE reactions;
    ALTER TABLE messages DROP COLUMN edited_at;
    ALTER TABLE messages DROP COLUMN deleted;
    PRAGMA user_version = 4;
";

#[tokio::test]
async fn a_database_of_before_gets_its_proofs_at_its_upgrade() {
    let shelf = Shelf::new(true).await;
    shelf.raw().execute_batch(FOURTH).unwrap();
    let store = shelf.open(true);
    store.write(crate::reseal::read_all).await.unwrap();
    store.close();
    shelf.open(true).close();
    assert_eq!(rows(&shelf, "portals", "id", "tie").len(), 2);
    let plain = shelf.raw().query_row("SELECT plain FROM key_ring", [], |row| row.get::<_, bool>(0)).unwrap();
    assert!(!plain, "all were sealed already");
}

#[tokio::test]
async fn a_wrong_secret_leaves_a_database_of_before_as_it_is() {
    let shelf = Shelf::new(true).await;
    shelf.raw().execute_batch(FOURTH).unwrap();
    let version = || shelf.raw().query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap();
    let wrong = encryption(true, 9);
    let refused = Store::open(&shelf.path(), &wrong).unwrap_err();
    assert!(matches!(refused, StoreError::Vault(VaultError::WrongSecret)), "{refused}");
    assert!(rialto::store::rekey::rekey(&shelf.path(), &wrong, &encryption(true, 8)).is_err());
    assert_eq!(version(), 4);
    shelf.open(true).close();
    assert!(version() > 4);
}
