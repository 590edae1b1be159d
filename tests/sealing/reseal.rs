//! Values are brought to what is written now: under a new key, to plain, and back; cut, and with values that do not open.

use std::time::Duration;

use rialto::event::{Address, GroupId};
use rialto::store::columns::{COLUMNS, Keeping};
use rialto::store::reseal::{self, Reseal};
use rialto::store::{Direction, Lane, Store, StoreError, Tx};

use crate::fill::{CANARY, NOW, OWNER, Shelf, address, by_owner, encryption};

/// What each sealed value in the database begins with, as "plain" or as the number of its key.
pub(crate) fn kinds(shelf: &Shelf) -> Vec<i64> {
    let raw = shelf.raw();
    let mut kinds = Vec::new();
    for column in COLUMNS.iter().filter(|column| matches!(column.keeping, Keeping::Sealed(_))) {
        let sql = format!("SELECT {0} FROM {1} WHERE {0} IS NOT NULL", column.name, column.table);
        let mut statement = raw.prepare(&sql).unwrap();
        let values = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap().map(Result::unwrap);
        kinds.extend(values.map(|value| if value[0] == 0 { 0 } else { i64::from(value[4]) }));
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

pub(crate) fn data_keys(shelf: &Shelf) -> Vec<i64> {
    let raw = shelf.raw();
    let mut statement = raw.prepare("SELECT id FROM keys WHERE purpose = 'data' ORDER BY id").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

pub(crate) fn blobs(shelf: &Shelf, sql: &str) -> Vec<Vec<u8>> {
    let raw = shelf.raw();
    let mut statement = raw.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

pub(crate) fn holds(shelf: &Shelf, needle: &[u8]) -> bool {
    let folder = std::fs::read_dir(shelf.path().parent().unwrap()).unwrap();
    let mut files = folder.map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}

/// Everything that was filled in opens and is what it was.
pub(crate) fn read_all(tx: &Tx<'_>) -> Result<(), StoreError> {
    let channel = tx.channel("home", NOW)?;
    assert_eq!(tx.pinned_owner(channel, OWNER)?.unwrap().reveal(), "canary-aci");
    assert_eq!(tx.intents(channel)?[0].known[0].reveal(), "canary-known");
    for (number, group) in [("79111@c.us", "canary-one"), ("79222@c.us", "canary-two")] {
        let portal = tx.portal_by_group(channel, &GroupId::new(group))?.unwrap();
        assert_eq!(portal.group.reveal(), group);
        assert_eq!(tx.chat_address(portal.chat)?.chat_id().reveal(), number);
        let message = tx.message_by_signal(channel, portal.chat, &by_owner(1_000))?.unwrap();
        assert_eq!(tx.whatsapp_part(message)?.unwrap().stanza.reveal(), format!("canary-{group}"));
        assert_eq!(tx.signal_part(message, Some(portal.id))?.unwrap(), by_owner(1_000));
        let lane = Lane { channel, chat: Some(portal.chat), direction: Direction::ToSignal };
        assert!(tx.head(lane)?.unwrap().event.is_some());
    }
    let open = tx.in_flight(channel)?;
    assert!(open.len() == 2 && open.iter().all(|one| one.chosen.as_ref().unwrap().reveal() == "canary-chosen"));
    Ok(())
}

async fn run(store: &Store, new_key: bool) -> u64 {
    let job = Reseal::new(store.clone());
    job.ask(new_key).await.unwrap();
    let done = job.run().await.unwrap();
    assert!(!done.running && !done.needed && done.unreadable == 0, "{done:?}");
    assert!(!job.is_asked().await.unwrap());
    done.resealed
}

#[tokio::test]
async fn a_new_key_seals_everything_and_the_old_one_is_destroyed() {
    let shelf = Shelf::new(true).await;
    assert_eq!((kinds(&shelf), data_keys(&shelf)), (vec![2], vec![2]));
    let before = blobs(&shelf, "SELECT wrapped FROM keys WHERE id = 2 UNION ALL SELECT group_id FROM portals");
    assert!(before.len() == 3 && before.iter().all(|value| holds(&shelf, value)));

    let store = shelf.open(true);
    assert!(run(&store, true).await >= 14);
    assert_eq!((kinds(&shelf), data_keys(&shelf)), (vec![3], vec![3]));
    store.write(read_all).await.unwrap();
    assert_eq!(run(&store, false).await, 0, "what is as it should be stays as it is");
    store.close();
    assert!(!before.iter().any(|value| holds(&shelf, value)), "the old key and what it sealed are gone from the file");

    let store = shelf.open(true);
    store.write(read_all).await.unwrap();
    store.close();
}

#[tokio::test]
async fn encryption_goes_off_and_on_again() {
    let shelf = Shelf::new(true).await;
    let needed = |enabled| reseal::is_needed(&shelf.path(), enabled).unwrap();
    assert!(needed(false) && !needed(true));
    for (enabled, kind) in [(false, 0), (true, 2)] {
        let store = shelf.open(enabled);
        store.write(read_all).await.unwrap();
        run(&store, false).await;
        store.write(read_all).await.unwrap();
        assert_eq!(kinds(&shelf), [kind]);
        store.close();
        assert!(!needed(enabled) && needed(!enabled));
        assert_eq!(holds(&shelf, CANARY.as_bytes()), !enabled);
    }
    let plain =
        |shelf: &Shelf| shelf.raw().query_row("SELECT plain FROM key_ring", [], |row| row.get::<_, bool>(0)).unwrap();
    assert!(!plain(&shelf), "all are sealed: a plain one is refused from now on");
    // A key made while it is off: the older one is no more than a key without values.
    let store = shelf.open(false);
    run(&store, true).await;
    assert_eq!((kinds(&shelf), data_keys(&shelf)), (vec![0], vec![3]));
    store.close();
}

/// A thousand chats in each of two channels, with the same people in both: their addresses have the same digests.
async fn crowd(store: &Store) {
    let job = |tx: &Tx<'_>| {
        for name in ["home", "work"] {
            let channel = tx.channel(name, NOW)?;
            for n in 0..1_000 {
                tx.resolve(channel, &address(&format!("7930000{n:04}@c.us")), None, NOW)?;
            }
        }
        Ok(())
    };
    store.write(job).await.unwrap();
}

#[tokio::test]
async fn a_run_that_is_cut_goes_on_and_leaves_nobody_out() {
    let shelf = Shelf::new(true).await;
    let store = shelf.open(true);
    crowd(&store).await;
    let job = Reseal::new(store.clone());
    job.ask(true).await.unwrap();
    // Cut as soon as something is done, while old and new values stand side by side.
    tokio::select! {
        biased;
        () = async { while job.progress().resealed == 0 { tokio::task::yield_now().await } } => {}
        done = job.run() => panic!("it was not cut: {done:?}"),
    }
    store.close();
    assert_eq!((kinds(&shelf), data_keys(&shelf)), (vec![2, 3], vec![2, 3]));

    let store = shelf.open(true);
    store.write(read_all).await.unwrap();
    let job = Reseal::new(store.clone());
    assert!(job.is_asked().await.unwrap(), "that it was asked for outlives the program");
    let done = job.run().await.unwrap();
    assert!(done.resealed > 3_000 && done.unreadable == 0, "{done:?}");
    assert_eq!((kinds(&shelf), data_keys(&shelf)), (vec![3], vec![3]));
    store.write(read_all).await.unwrap();
    store.close();
}

#[tokio::test]
async fn requests_and_new_keys_while_it_runs_are_served_too() {
    let shelf = Shelf::new(true).await;
    let store = shelf.open(true);
    crowd(&store).await;
    let job = Reseal::new(store.clone());
    job.ask(true).await.unwrap();
    let writes = async {
        for n in 0..40 {
            let write = move |tx: &Tx<'_>| {
                let channel = tx.channel("home", NOW)?;
                let address = Address::parse(&format!("7940000{n:04}@c.us")).unwrap();
                tx.resolve(channel, &address, None, NOW).map(|resolved| resolved.chat)
            };
            let chat = store.write(write).await.unwrap();
            store.read(move |tx| tx.chat_address(chat)).await.unwrap();
            if n % 20 == 10 {
                job.ask(true).await.unwrap();
            }
        }
    };
    let (done, ()) = tokio::join!(job.run(), writes);
    assert_eq!(done.unwrap().unreadable, 0);
    tokio::time::timeout(Duration::from_mins(1), job.run()).await.unwrap().unwrap();
    assert_eq!((kinds(&shelf), data_keys(&shelf)), (vec![5], vec![5]));
    store.write(read_all).await.unwrap();
    store.close();
}

#[tokio::test]
async fn a_value_that_does_not_open_stays_with_its_key() {
    let shelf = Shelf::new(true).await;
    let swap =
        "UPDATE chats SET address = (SELECT address FROM chats WHERE identity IS NULL) WHERE identity IS NOT NULL";
    shelf.raw().execute_batch(swap).unwrap();
    let store = shelf.open(true);
    let job = Reseal::new(store.clone());
    job.ask(true).await.unwrap();
    let done = job.run().await.unwrap();
    assert_eq!((done.unreadable, done.running), (2, false));
    assert_eq!((kinds(&shelf), data_keys(&shelf)), (vec![2, 3], vec![2, 3]));
    store.close();
    assert!(Store::open(&shelf.path(), &encryption(true, 7)).is_ok());
}
