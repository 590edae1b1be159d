//! The writer's rules, and who a message belongs to.

mod periods;

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
    tx.enqueue(&NewDelivery::due(lane, &Event::Ignored, NOW), NOW)
}

fn key(item: &str) -> SeenKey {
    SeenKey { scope: "direct".into(), item: item.into(), kind: SeenKind::Message }
}

/// Written between two questions of one read: it is all there for the next read, and nothing of it for this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_sees_one_state_whatever_is_written_meanwhile() {
    let shelf = Shelf::new().await;
    let (asked, may_write) = tokio::sync::oneshot::channel();
    let (written, goes_on) = std::sync::mpsc::channel();
    let channel = shelf.channel;
    let address = Address::parse("4915550000001@c.us").unwrap();
    let count = |tx: &Tx<'_>| {
        let count = tx.connection.query_row("SELECT count(*) FROM chats", [], |row| row.get::<_, i64>(0));
        count.map_err(StoreError::from)
    };
    let reading = shelf.store.read(move |tx| {
        let before = count(tx)?;
        asked.send(()).unwrap();
        goes_on.recv().unwrap();
        Ok((before, count(tx)?))
    });
    let writing = async {
        may_write.await.unwrap();
        shelf.store.write(move |tx| tx.resolve(channel, &address, None, NOW)).await.unwrap();
        written.send(()).unwrap();
    };
    let (read, ()) = tokio::join!(reading, writing);
    assert_eq!(read.unwrap(), (0, 0));
    assert_eq!(shelf.store.read(count).await.unwrap(), 1);
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

/// Queues the one that is known under this name, so that its order can be told.
async fn queue_named(shelf: &Shelf, chat: ChatId, direction: Direction, name: &'static str) {
    let lane = Lane { channel: shelf.channel, chat: Some(chat), direction };
    let event = Event::GroupChanged { group: GroupId::new(name), by_stranger: false };
    shelf.store.write(move |tx| tx.enqueue(&NewDelivery::due(lane, &event, NOW), NOW)).await.unwrap();
}

async fn walk_names(shelf: &Shelf, chat: ChatId, direction: Direction) -> Vec<String> {
    let (lane, mut names) = (Lane { channel: shelf.channel, chat: Some(chat), direction }, Vec::new());
    while let Some(head) = shelf.store.read(move |tx| tx.head(lane)).await.unwrap() {
        let Some(Event::GroupChanged { group, .. }) = head.event else { panic!("something else was queued") };
        names.push(group.reveal().to_owned());
        shelf.store.write(move |tx| tx.finish(head.seq)).await.unwrap();
    }
    names
}

async fn merge(shelf: &Shelf) -> Option<Merged> {
    let channel = shelf.channel;
    let job = move |tx: &Tx<'_>| match tx.merges(channel)?.first() {
        Some(merge) => tx.merge(*merge),
        None => Ok(None),
    };
    shelf.store.write(job).await.unwrap()
}

#[tokio::test]
async fn two_chats_of_one_person_become_one_when_nothing_is_in_flight() {
    let shelf = Shelf::new().await;
    let (lid, number) = (shelf.chat("1000@lid", None).await, shelf.chat("79111@c.us", None).await);
    shelf.portal(number, "older").await;
    shelf.portal(lid, "newer").await;
    for (chat, name) in [(lid, "1"), (number, "2"), (lid, "3"), (number, "4")] {
        queue_named(&shelf, chat, Direction::ToWhatsApp, name).await;
        queue_named(&shelf, chat, Direction::ToSignal, name).await;
    }
    let lane = Lane { channel: shelf.channel, chat: Some(lid), direction: Direction::ToWhatsApp };
    let head = shelf.store.read(move |tx| tx.head(lane)).await.unwrap().unwrap();
    let other = Lane { chat: Some(number), ..lane };
    let later = shelf.store.read(move |tx| tx.head(other)).await.unwrap().unwrap();
    let (begun, seq) = (head.clone(), head.seq);
    assert!(shelf.store.write(move |tx| tx.begin(&begun, None)).await.unwrap());
    // One message names both; until they are one, the LID says where it goes, and nothing begins in either.
    assert_eq!(shelf.chat("79111@c.us", Some("1000@lid")).await, lid);
    assert!(merge(&shelf).await.is_none(), "a call is open");
    assert!(shelf.store.read(move |tx| tx.head(other)).await.unwrap().is_none());
    shelf.store.write(move |tx| tx.put_back(seq, NOW, false, false)).await.unwrap();
    assert!(!shelf.store.write(move |tx| tx.begin(&head, None)).await.unwrap());

    let merged = merge(&shelf).await.unwrap();
    // Whoever read its lane before the merge does not know what is ahead of it now.
    assert_eq!(later.lane.chat, Some(merged.chat));
    assert!(!shelf.store.write(move |tx| tx.begin(&later, None)).await.unwrap());
    let group = |portal: Option<Portal>| portal.unwrap().group.reveal().to_owned();
    assert_eq!((group(merged.stays), group(merged.left)), ("older".into(), "newer".into()));
    for direction in [Direction::ToWhatsApp, Direction::ToSignal] {
        assert_eq!(walk_names(&shelf, merged.chat, direction).await, ["1", "2", "3", "4"]);
    }
    let channel = shelf.channel;
    for group in ["older", "newer"] {
        let portal = shelf.store.read(move |tx| tx.portal_by_group(channel, &GroupId::new(group))).await.unwrap();
        assert_eq!(portal.unwrap().chat, merged.chat, "{group} leads to the person");
    }
    for address in ["1000@lid", "79111@c.us"] {
        assert_eq!(shelf.chat(address, None).await, merged.chat);
    }
    assert!(merge(&shelf).await.is_none());
}

#[tokio::test]
async fn a_merge_that_is_not_true_any_more_is_forgotten() {
    let shelf = Shelf::new().await;
    let (lid, number) = (shelf.chat("1000@lid", None).await, shelf.chat("79111@c.us", None).await);
    shelf.chat("79111@c.us", Some("1000@lid")).await;
    // Before it was done the number turned up with somebody else.
    let other = shelf.chat("2000@lid", None).await;
    shelf.chat("2000@lid", Some("79222@c.us")).await;
    shelf.chat("79111@c.us", Some("2000@lid")).await;
    assert!(merge(&shelf).await.is_none());
    let is_lost = shelf.store.read(move |tx| tx.is_lost(number)).await.unwrap();
    assert!(is_lost && lid != other, "nobody is merged, and nothing more goes to that number");
    assert_eq!(shelf.sends_to(lid).await, "1000@lid", "from neither chat");
    assert_eq!(shelf.chat("1000@lid", None).await, lid);
    assert_eq!(shelf.chat("79111@c.us", None).await, other);
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

#[tokio::test]
async fn nothing_begins_in_a_chat_that_is_being_forgotten_and_an_open_call_ends_first() {
    let shelf = Shelf::new().await;
    let chat = shelf.chat("79111@c.us", Some("1000@lid")).await;
    shelf.portal(chat, "its group").await;
    for name in ["in flight", "behind it"] {
        queue_named(&shelf, chat, Direction::ToWhatsApp, name).await;
    }
    let lane = Lane { channel: shelf.channel, chat: Some(chat), direction: Direction::ToWhatsApp };
    let head = shelf.store.read(move |tx| tx.head(lane)).await.unwrap().unwrap();
    let (begun, seq) = (head.clone(), head.seq);
    assert!(shelf.store.write(move |tx| tx.begin(&begun, None)).await.unwrap());
    shelf.store.write(move |tx| tx.begin_to_forget(chat, NOW)).await.unwrap();
    assert!(shelf.store.write(move |tx| tx.forget_rest(chat)).await.unwrap().is_none(), "a call is open");

    shelf.store.write(move |tx| tx.put_back(seq, NOW, false, true)).await.unwrap();
    assert!(shelf.store.read(move |tx| tx.head(lane)).await.unwrap().is_none());
    assert!(!shelf.store.write(move |tx| tx.begin(&head, None)).await.unwrap());
    let forgotten = shelf.store.write(move |tx| tx.forget_rest(chat)).await.unwrap().unwrap();
    assert_eq!(forgotten.tally, Tally { unsent: 1, maybe: 1, unshown: 0 });
    assert_eq!(forgotten.groups, [GroupId::new("its group")]);
    // Both addresses are nobody's now.
    let again = shelf.chat("1000@lid", None).await;
    assert!(again != chat && shelf.chat("79111@c.us", None).await != again);
}
