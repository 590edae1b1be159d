//! What has happened in a house before the case begins, and what must have come of it.

use crate::child::Child;
use crate::house::{ALICE, House, OWNER, SOON, health};
use crate::talk::{Talk, chat};
use crate::verdict::Verdict;
use rialto::clock::{Clock, Moment};
use rialto::config::{Config, Encryption, Unlock};
use rialto::event::{Aci, Address, Conversation, Event, SeenKey, SeenKind, StanzaId, Typed, TypedBody};
use rialto::store::reseal::Reseal;
use rialto::store::{ChannelId, Direction, Lane, NewDelivery, SignalPart, SignalSide, Source, State, Store, Tx};
use rusqlite::Connection;
use serde_json::{Value, json};

/// More than two pieces of what retention deletes at once.
const OLD_ROWS: usize = 1200;

/// The id that was chosen for what is in doubt.
const IN_DOUBT: &str = "3EB0D0000000000000000001";

const NO_DOUBT: &str = "SELECT NOT EXISTS (SELECT 1 FROM deliveries WHERE state = 'unknown')";

/// Nothing was deleted, and everything goes by the period that is configured.
const ALL_KEPT: &str =
    "SELECT count(*) > 1200 AND min(kept_until - at) = 2592000000 AND max(kept_until - at) = 2592000000
                        AND NOT EXISTS (SELECT 1 FROM chats WHERE settled = 0) FROM messages";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prelude {
    Nothing,
    /// The store was made without a secret; now there is one.
    BareKeys,
    /// The data key has sealed so much that it gets a successor.
    WornKey,
    /// More is past its time than goes in one piece.
    OldRows,
    /// More is kept by another period than is rewritten in one piece.
    OtherPeriod,
    /// A notice is held and due.
    HeldNotice,
    /// A message may have been sent, and the owner was told so.
    InDoubt,
    /// More is sealed than is sealed anew in one piece.
    SealedRows,
}

pub(crate) async fn run(prelude: Prelude, house: &House) {
    match prelude {
        Prelude::Nothing => {}
        Prelude::BareKeys => {
            let encryption = Encryption { enabled: false, unlock: Unlock::Nothing };
            Store::open(&house.store(), &encryption).unwrap().close();
        }
        Prelude::WornKey => {
            open_store(house).close();
            let worn = "UPDATE keys SET seals = 1 << 31 WHERE purpose = 'data'";
            Connection::open(house.store()).unwrap().execute(worn, []).unwrap();
        }
        Prelude::OldRows => grow_old(house).await,
        Prelude::OtherPeriod => keep_otherwise(house).await,
        Prelude::HeldNotice => hold_notice(house).await,
        Prelude::SealedRows => meet_many(house).await,
        Prelude::InDoubt => doubt(house).await,
    }
}

/// Adds what is wrong to the verdict.
pub(crate) async fn check(prelude: Prelude, house: &House, verdict: &mut Verdict) {
    let expected = match prelude {
        Prelude::Nothing => return,
        Prelude::BareKeys => holds(house, "SELECT kdf = 'key_file' FROM key_ring"),
        Prelude::WornKey => holds(house, "SELECT count(*) = 2 FROM keys WHERE purpose = 'data'"),
        Prelude::OldRows => old_rows(house).await == 0,
        Prelude::OtherPeriod => holds(house, ALL_KEPT),
        Prelude::SealedRows => is_sealed_anew(house).await,
        Prelude::HeldNotice => told_once(house, "are not carried over"),
        Prelude::InDoubt => told_once(house, "has it after all") && holds(house, NO_DOUBT),
    };
    if !expected {
        verdict.wrong.push(format!("{prelude:?} did not end as it should"));
    }
}

fn told_once(house: &House, words: &str) -> bool {
    house.texts().iter().filter(|text| text.contains(words)).count() == 1
}

fn holds(house: &House, sql: &str) -> bool {
    Connection::open(house.store()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

pub(crate) fn open_store(house: &House) -> Store {
    let config = Config::from_toml(&crate::child::toml(house, "127.0.0.1:0", "127.0.0.1:0")).unwrap();
    Store::open(&config.store.path, &config.encryption).unwrap()
}

async fn home(store: &Store) -> ChannelId {
    let now = Clock::system().now();
    store.write(move |tx| tx.channel("home", now)).await.unwrap()
}

fn old_key(n: usize) -> SeenKey {
    SeenKey { scope: "direct".into(), item: format!("old {n}").into(), kind: SeenKind::Message }
}

async fn grow_old(house: &House) {
    let store = open_store(house);
    let channel = home(&store).await;
    let grow =
        store.write(move |tx| (0..OLD_ROWS).try_for_each(|n| tx.remember(channel, &old_key(n), Moment(1)).map(drop)));
    grow.await.unwrap();
    store.close();
}

async fn old_rows(house: &House) -> usize {
    let store = open_store(house);
    let channel = home(&store).await;
    let left = store.read(move |tx| {
        let known = (0..OLD_ROWS).map(|n| tx.is_seen(channel, &old_key(n)));
        known.collect::<Result<Vec<_>, _>>().map(|known| known.into_iter().filter(|known| *known).count())
    });
    let left = left.await.unwrap();
    store.close();
    left
}

/// As if the period had been a moment: by that, all of it would go.
async fn keep_otherwise(house: &House) {
    let store = open_store(house);
    let channel = home(&store).await;
    let (group, now) = (Address::parse("120300000001@g.us").unwrap(), Clock::system().now());
    let keep = move |tx: &Tx<'_>| {
        let chat = tx.resolve(channel, &group, None, now)?.chat;
        (0..OLD_ROWS).try_for_each(|_| tx.add_message(channel, chat, None, now).map(drop))
    };
    store.write(keep).await.unwrap();
    store.close();
    let database = Connection::open(house.store()).unwrap();
    database.execute_batch("UPDATE messages SET kept_until = at + 1; UPDATE chats SET settled = 0;").unwrap();
}

async fn meet_many(house: &House) {
    let store = open_store(house);
    let channel = home(&store).await;
    let group = |n| Address::parse(&format!("1203{n:08}@g.us")).unwrap();
    let now = Clock::system().now();
    let meet = move |tx: &Tx<'_>| (0..OLD_ROWS).try_for_each(|n| tx.resolve(channel, &group(n), None, now).map(drop));
    store.write(meet).await.unwrap();
    store.close();
}

/// One key is left, it has sealed every value, and every value opens.
async fn is_sealed_anew(house: &House) -> bool {
    let one = holds(house, "SELECT count(*) = 1 FROM keys WHERE purpose = 'data'");
    let done = holds(house, "SELECT NOT EXISTS (SELECT 1 FROM jobs WHERE name = 'reseal')");
    let store = open_store(house);
    let job = Reseal::new(store.clone());
    job.ask(false).await.unwrap();
    let left_out = job.run().await.unwrap().resealed;
    job.ask(true).await.unwrap();
    let all = job.run().await.unwrap();
    store.close();
    one && done && left_out == 0 && all.unreadable == 0 && all.resealed > OLD_ROWS as u64
}

/// An old message came, and a minute later the owner will be told; the minute passes in the store.
async fn hold_notice(house: &House) {
    let child = Child::start(house, &[]);
    house.waha.emit("message.any", message(ALICE, "long ago", Clock::system().now().0 / 1000 - 30 * 24 * 3600));
    let held = async {
        let mut turns = tokio::time::interval(std::time::Duration::from_millis(10));
        while health(&child.admin).await.pointer("/channels/0/queue/held") != Some(&1.into()) {
            turns.tick().await;
        }
    };
    tokio::time::timeout(SOON, held).await.expect("the notice is held");
    child.end();
    let store = open_store(house);
    let channel = home(&store).await;
    let due = store.write(move |tx| {
        let held = tx.held_due(channel, Moment(i64::MAX))?;
        held.iter().try_for_each(|held| tx.hold_until(held.seq, Moment(1)))
    });
    due.await.unwrap();
    store.close();
}

/// As if the answers to a message with a chosen id had been lost.
async fn doubt(house: &House) {
    let store = open_store(house);
    let channel = home(&store).await;
    let address = Address::parse(&chat(1)).unwrap();
    let now = Clock::system().now();
    let typed = Typed {
        author: Aci::new(OWNER),
        timestamp: now,
        conversation: Conversation::Direct,
        body: TypedBody::Text("in doubt".into()),
        quote: None,
    };
    let doubt = store.write(move |tx| {
        let chat = tx.resolve(channel, &address, None, now)?.chat;
        let part = SignalPart { timestamp: now, author: SignalSide::Owner };
        let lane = Lane { channel, chat: Some(chat), direction: Direction::ToWhatsApp };
        let event = Event::Typed(typed);
        let new = NewDelivery { source: Some(Source::Signal(part)), ..NewDelivery::due(lane, &event, now) };
        tx.enqueue(&new, now)?;
        let delivery = tx.typed(channel, &part)?.expect("it was queued");
        assert!(tx.begin(&delivery, Some(&StanzaId::new(IN_DOUBT)))?);
        tx.set_aside(delivery.seq, State::Unknown)
    });
    doubt.await.unwrap();
    store.close();
}

/// WhatsApp names it.
pub(crate) fn named_late(talk: &Talk<'_>) {
    talk.house.waha.acks(&chat(1), IN_DOUBT, 2);
}

/// The first person writes under the number alone, so that WAHA is asked for the other address.
pub(crate) fn half_known(talk: &Talk<'_>) {
    let text = "w1 half";
    talk.note(1, text);
    talk.house.waha.emit("message.any", message(&chat(1), text, Clock::system().now().0 / 1000));
}

fn message(from: &str, text: &str, timestamp: i64) -> Value {
    let stanza = format!("3EB0{timestamp:018X}");
    json!({
        "id": format!("false_{from}_{stanza}"), "timestamp": timestamp, "from": from, "fromMe": false, "body": text,
        "hasMedia": false,
    })
}
