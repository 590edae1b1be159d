//! The writer's rules, and who a message belongs to.

use std::path::PathBuf;

use secrecy::SecretString;
use tempfile::TempDir;

use super::*;
use crate::clock::Moment;
use crate::config::Unlock;
use crate::event::{Address, Event, GroupId, SeenKey, SeenKind};

const NOW: Moment = Moment(1_000);

fn encryption() -> Encryption {
    let secret = SecretString::from("test");
    Encryption { enabled: true, unlock: Unlock::Passphrase { secret, iterations: 1000 } }
}

struct Shelf {
    dir: TempDir,
    store: Store,
    channel: ChannelId,
}

impl Shelf {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("data/rialto.db"), &encryption()).unwrap();
        let channel = store.write(|tx| tx.channel("home", NOW)).await.unwrap();
        Self { dir, store, channel }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("data/rialto.db")
    }

    async fn chat(&self, address: &str, alternative: Option<&str>) -> ChatId {
        let (channel, address) = (self.channel, Address::parse(address).unwrap());
        let alternative = alternative.and_then(Address::parse);
        self.store.write(move |tx| tx.resolve(channel, &address, alternative.as_ref(), NOW)).await.unwrap().chat
    }

    async fn sends_to(&self, chat: ChatId) -> String {
        let address = self.store.read(move |tx| tx.chat_address(chat)).await.unwrap();
        address.chat_id().reveal().to_owned()
    }

    async fn portal(&self, chat: ChatId, group: &'static str) {
        let channel = self.channel;
        let job = move |tx: &Tx<'_>| {
            let intent = tx.open_intent(channel, chat, Vec::new(), NOW)?;
            tx.add_portal(&intent, &GroupId::new(group), NOW)
        };
        self.store.write(job).await.unwrap();
    }
}

/// Queues something without a meaning.
fn queue(tx: &Tx<'_>, lane: Lane) -> Result<bool, StoreError> {
    let event = &Event::Ignored;
    let new = NewDelivery { lane, state: State::Pending, event, source: None, not_before: NOW, notice_group: None };
    tx.enqueue(&new, NOW)
}

fn key(item: &str) -> SeenKey {
    SeenKey { scope: "direct".into(), item: item.into(), kind: SeenKind::Message }
}

#[tokio::test]
async fn a_job_fails_alone_and_leaves_nothing() {
    let shelf = Shelf::new().await;
    let channel = shelf.channel;
    let good = |item: &'static str| shelf.store.write(move |tx| tx.remember(channel, &key(item), NOW));
    let bad = shelf.store.write(move |tx| {
        tx.remember(channel, &key("bad"), NOW)?;
        Err::<(), _>(StoreError::BadRow)
    });
    let panics = shelf.store.write(move |tx| {
        tx.remember(channel, &key("panic"), NOW)?;
        assert!(!tx.is_seen(channel, &key("panic"))?, "a bug in one job");
        Ok(())
    });
    let (first, bad, panics, second) = tokio::join!(good("first"), bad, panics, good("second"));
    assert!(first.unwrap() && second.unwrap() && bad.is_err() && panics.is_err());
    let known = |item: &'static str| shelf.store.read(move |tx| tx.is_seen(channel, &key(item)));
    assert!(known("first").await.unwrap() && known("second").await.unwrap());
    assert!(!known("bad").await.unwrap() && !known("panic").await.unwrap());
}

#[tokio::test]
async fn an_event_is_remembered_once_and_by_every_part_of_its_key() {
    let shelf = Shelf::new().await;
    let channel = shelf.channel;
    let remember = |key: SeenKey| shelf.store.write(move |tx| tx.remember(channel, &key, NOW));
    assert!(remember(key("a")).await.unwrap());
    assert!(!remember(key("a")).await.unwrap());
    assert!(remember(SeenKey { scope: "1@g.us".into(), ..key("a") }).await.unwrap());
    assert!(remember(SeenKey { kind: SeenKind::Ack, ..key("a") }).await.unwrap());
}

#[tokio::test]
async fn files_are_closed_to_others_and_to_a_second_process() {
    use std::os::unix::fs::PermissionsExt;
    let shelf = Shelf::new().await;
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(shelf.path()), 0o600);
    assert_eq!(mode(shelf.path().with_extension("db-wal")), 0o600);
    assert_eq!(mode(shelf.dir.path().join("data")), 0o700);
    assert!(matches!(Store::open(&shelf.path(), &encryption()), Err(StoreError::InUse)));
    shelf.store.close();
    Store::open(&shelf.path(), &encryption()).unwrap().close();
}

#[tokio::test]
async fn number_and_lid_lead_to_one_chat() {
    let shelf = Shelf::new().await;
    let by_number = shelf.chat("79111@c.us", Some("1000@lid")).await;
    assert_eq!(shelf.chat("1000@lid", None).await, by_number);
    assert_eq!(shelf.sends_to(by_number).await, "1000@lid", "the address seen last is the one that is sent to");
    assert_ne!(shelf.chat("79222@c.us", None).await, by_number);
    assert_eq!(shelf.chat("1203@g.us", None).await, shelf.chat("1203@g.us", None).await);
}

#[tokio::test]
async fn a_number_that_changes_hands_takes_no_message_along() {
    let shelf = Shelf::new().await;
    let before = shelf.chat("1000@lid", Some("79111@c.us")).await;
    assert_eq!(shelf.chat("79111@c.us", None).await, before);
    assert_eq!(shelf.sends_to(before).await, "79111@c.us");
    // The number now belongs to another person, whichever of the two addresses a message comes by.
    let after = shelf.chat("79111@c.us", Some("2000@lid")).await;
    assert_ne!(after, before);
    assert_eq!(shelf.chat("79111@c.us", None).await, after);
    assert_eq!(
        shelf.sends_to(before).await,
        "1000@lid",
        "what is typed for the first person does not follow the number"
    );
    assert_eq!(shelf.chat("1000@lid", None).await, before);
}

#[tokio::test]
async fn a_new_address_of_a_known_person_joins_the_chat_with_its_deliveries() {
    let shelf = Shelf::new().await;
    let known = shelf.chat("1000@lid", None).await;
    shelf.portal(known, "group").await;
    let new = shelf.chat("79111@c.us", None).await;
    let lane = |chat| Lane { channel: shelf.channel, chat: Some(chat), direction: Direction::ToSignal };
    let to_new = lane(new);
    assert!(shelf.store.write(move |tx| queue(tx, to_new)).await.unwrap());
    let (channel, lid) = (shelf.channel, Address::parse("1000@lid").unwrap());
    assert_eq!(shelf.store.write(move |tx| tx.join(channel, new, &lid)).await.unwrap(), known);
    let to_known = lane(known);
    assert!(shelf.store.read(move |tx| tx.head(to_known)).await.unwrap().is_some());
    assert_eq!(shelf.chat("79111@c.us", None).await, known);
}

#[tokio::test]
async fn two_chats_with_portals_are_never_joined_here() {
    let shelf = Shelf::new().await;
    let (lid, number) = (shelf.chat("1000@lid", None).await, shelf.chat("79111@c.us", None).await);
    shelf.portal(lid, "one").await;
    shelf.portal(number, "two").await;
    let (channel, address) = (shelf.channel, Address::parse("1000@lid").unwrap());
    assert_eq!(shelf.store.write(move |tx| tx.join(channel, number, &address)).await.unwrap(), number);
}

#[tokio::test]
async fn a_lane_is_walked_in_the_order_of_commits() {
    let shelf = Shelf::new().await;
    let chat = shelf.chat("79111@c.us", None).await;
    let lane = Lane { channel: shelf.channel, chat: Some(chat), direction: Direction::ToSignal };
    let queue = move |tx: &Tx<'_>| queue(tx, lane);
    for _ in 0..3 {
        shelf.store.write(queue).await.unwrap();
    }
    let head = move |tx: &Tx<'_>| tx.head(lane);
    let first = shelf.store.read(head).await.unwrap().unwrap();
    let begun = first.clone();
    assert!(shelf.store.write(move |tx| tx.begin(&begun, None)).await.unwrap());
    let again = first.clone();
    assert!(!shelf.store.write(move |tx| tx.begin(&again, None)).await.unwrap(), "nobody begins it twice");
    assert_eq!(shelf.store.read(head).await.unwrap().unwrap().seq, first.seq, "one in flight stops its lane");
    shelf.store.write(move |tx| tx.finish(first.seq)).await.unwrap();
    let second = shelf.store.read(head).await.unwrap().unwrap();
    assert!(second.seq > first.seq);
    shelf.store.write(move |tx| tx.set_aside(second.seq, State::Dead)).await.unwrap();
    assert!(shelf.store.read(head).await.unwrap().unwrap().seq > second.seq, "a dead one stops nobody");
}

#[tokio::test]
async fn an_event_sealed_for_another_row_is_not_delivered() {
    let shelf = Shelf::new().await;
    let chat = shelf.chat("79111@c.us", None).await;
    let lane = Lane { channel: shelf.channel, chat: Some(chat), direction: Direction::ToSignal };
    let queue = move |tx: &Tx<'_>| queue(tx, lane);
    shelf.store.write(queue).await.unwrap();
    shelf.store.write(queue).await.unwrap();
    let swap = "UPDATE deliveries SET event = (SELECT event FROM deliveries ORDER BY seq DESC LIMIT 1)";
    shelf.store.write(move |tx| Ok(tx.connection.execute(swap, [])?)).await.unwrap();
    let head = shelf.store.read(move |tx| tx.head(lane)).await.unwrap().unwrap();
    assert_eq!(head.event, None);
}

#[tokio::test]
async fn what_exists_nowhere_else_goes_before_all_that_waits() {
    let shelf = Shelf::new().await;
    let (order, (go, wait)) = (Arc::new(Mutex::new(Vec::new())), std::sync::mpsc::channel::<()>());
    let note = |name: &'static str| {
        let order = Arc::clone(&order);
        move |_: &Tx<'_>| {
            order.lock().unwrap().push(name);
            Ok(())
        }
    };
    let stand_still = shelf.store.write(move |_| {
        wait.recv().unwrap();
        Ok(())
    });
    let all = async {
        let waiting = (shelf.store.write(note("first")), shelf.store.write(note("second")));
        let release = async { go.send(()).unwrap() };
        tokio::join!(biased; stand_still, waiting.0, waiting.1, shelf.store.write_first(note("urgent")), release)
    };
    let (a, b, c, d, ()) = all.await;
    assert!(a.is_ok() && b.is_ok() && c.is_ok() && d.is_ok());
    assert_eq!(*order.lock().unwrap(), ["urgent", "first", "second"]);
}
