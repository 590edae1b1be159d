//! A key that has sealed enough is replaced while the program runs, and at the next start the successor seals.

use rialto::event::Address;
use rialto::store::{Store, StoreError};

use crate::fill::{NOW, Shelf};
use crate::reseal::{data_keys, kinds, read_all};

/// What random nonces of 96 bits allow is 2^32; half of it is taken.
const WORN: i64 = 1 << 31;

/// More than is sealed between two counts.
const MANY: u32 = 4_200;

async fn seal_many(store: &Store, from: u32) -> Result<(), StoreError> {
    let address = |n| Address::parse(&format!("1203{n:08}@g.us")).unwrap();
    let job = move |tx: &rialto::store::Tx<'_>| {
        let channel = tx.channel("home", NOW)?;
        (from..from + MANY).try_for_each(|n| tx.resolve(channel, &address(n), None, NOW).map(drop))
    };
    store.write(job).await
}

fn seals(shelf: &Shelf, key: u32) -> i64 {
    shelf.raw().query_row("SELECT seals FROM keys WHERE id = ?1", [key], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_worn_key_gets_its_successor_while_the_program_runs() {
    let shelf = Shelf::new(true).await;
    // The start adds as many as are counted at once.
    let almost = WORN - 2 * 4_096;
    shelf.raw().execute("UPDATE keys SET seals = ?1 WHERE id = 2", [almost]).unwrap();
    let store = shelf.open(true);
    assert_eq!((data_keys(&shelf), kinds(&shelf)), (vec![2], vec![2]), "not yet");
    seal_many(&store, 0).await.unwrap();
    assert_eq!(
        (data_keys(&shelf), kinds(&shelf)),
        (vec![2, 3], vec![2]),
        "what was under way is sealed by the old one"
    );
    assert!(seals(&shelf, 2) >= WORN && seals(&shelf, 2) < WORN + i64::from(MANY) * 2);
    seal_many(&store, MANY).await.unwrap();
    assert_eq!(kinds(&shelf), [2, 3]);
    assert_eq!(data_keys(&shelf), [2, 3], "one successor, and not one more at each count");
    assert!((4_096..WORN).contains(&seals(&shelf, 3)), "the new key's own seals are counted: {}", seals(&shelf, 3));
    store.write(read_all).await.unwrap();
    store.close();

    let store = shelf.open(true);
    store.write(read_all).await.unwrap();
    seal_many(&store, 2 * MANY).await.unwrap();
    assert_eq!(data_keys(&shelf), [2, 3]);
    store.close();
}

#[tokio::test]
async fn a_successor_that_was_not_committed_seals_nothing() {
    let shelf = Shelf::new(true).await;
    shelf.raw().execute("UPDATE keys SET seals = ?1 WHERE id = 2", [WORN - 2 * 4_096]).unwrap();
    shelf
        .raw()
        .execute_batch("CREATE TRIGGER no BEFORE INSERT ON keys BEGIN SELECT RAISE(ABORT, 'full'); END")
        .unwrap();
    let store = shelf.open(true);
    let failed = seal_many(&store, 0).await;
    assert!(matches!(failed, Err(StoreError::Unavailable)), "whoever waits hears that it was not done");
    assert_eq!(seals(&shelf, 2), WORN - 4_096);
    shelf.raw().execute_batch("DROP TRIGGER no").unwrap();
    seal_many(&store, MANY).await.unwrap();
    assert_eq!((data_keys(&shelf), kinds(&shelf)), (vec![2, 3], vec![2]));
    assert!(seals(&shelf, 2) >= WORN + i64::from(MANY), "what was sealed in vain counts too");
    store.close();
    shelf.open(true).close();
}
