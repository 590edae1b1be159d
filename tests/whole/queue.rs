//! A long queue: a hundred thousand deliveries wait when the bridge starts. It is there at once, holds few of them in
//! memory, and no lane starves another.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rialto::clock::{Clock, Moment};
use rialto::event::{Address, Event};
use rialto::store::{Direction, Lane, NewDelivery, State, Store, StoreError, Tx};
use serde_json::json;

use crate::house::{House, Process, SOON};
use crate::peers::peak;
use crate::resources::{patient_house, ready_says};

const LANES: usize = 200;
const EACH: usize = 250;
/// One lane has as many as all others together.
const DEEP: usize = LANES * EACH;
const PIECE: usize = 1000;

fn contact(lane: usize) -> String {
    format!("7920000{lane:04}@c.us")
}

/// A lane's messages are alike: what is asked is how many of them there are.
fn message(lane: usize, now: Moment) -> Event {
    let id = format!("false_{}_3EB0{lane:018X}", contact(lane));
    let payload = json!({"id": id, "timestamp": now.0 / 1000, "from": contact(lane), "fromMe": false,
        "body": format!("{lane} of a queue that is long, and a text as long as they are"), "hasMedia": false});
    let body = json!({"id": "evt", "event": "message.any", "session": "default", "payload": payload});
    rialto::whatsapp::read(body.to_string().as_bytes(), now).arrival.event
}

/// Queues messages of one lane, as the intake does.
fn fill(tx: &Tx<'_>, lane: usize, count: usize, now: Moment) -> Result<(), StoreError> {
    let channel = tx.channel("home", now)?;
    let chat = tx.resolve(channel, &Address::parse(&contact(lane)).unwrap(), None, now)?.chat;
    let (lane_of, event) = (Lane { channel, chat: Some(chat), direction: Direction::ToSignal }, &message(lane, now));
    for _ in 0..count {
        let new = NewDelivery {
            lane: lane_of,
            state: State::Pending,
            event,
            source: None,
            not_before: now,
            notice_group: None,
        };
        tx.enqueue(&new, now)?;
    }
    Ok(())
}

async fn fill_all(house: &House) {
    let (config, now) = (house.config(), Clock::system().now());
    let store = Store::open(&config.store.path, &config.encryption).unwrap();
    for _ in 0..DEEP / PIECE {
        store.write(move |tx| fill(tx, LANES, PIECE, now)).await.unwrap();
    }
    for lane in 0..LANES {
        store.write(move |tx| fill(tx, lane, EACH, now)).await.unwrap();
    }
    store.close();
}

/// How many messages of each lane have arrived.
fn arrived(house: &House) -> HashMap<usize, usize> {
    let mut arrived = HashMap::new();
    for text in house.texts().iter().filter(|text| text.contains("of a queue")) {
        let lane = text.split(' ').next().unwrap().parse().unwrap();
        *arrived.entry(lane).or_default() += 1;
    }
    arrived
}

async fn reaches(house: &House, holds: impl Fn(&HashMap<usize, usize>) -> bool) -> bool {
    let looking = async {
        let mut turns = crate::house::beats(Duration::from_millis(100));
        while !holds(&arrived(house)) {
            turns.tick().await;
        }
    };
    tokio::time::timeout(SOON * 2, looking).await.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_deliveries_wait_and_no_lane_starves() {
    let house = patient_house().await;
    fill_all(&house).await;
    house.signal.stop().await;
    let begun = Instant::now();
    let (process, admin) = Process::of(&house, "warn").await;
    assert!(ready_says(&admin, "200").await);
    let health = crate::house::health(&admin).await;
    println!(
        "started on {} deliveries after {:?}, {} MB at most",
        DEEP + LANES * EACH,
        begun.elapsed(),
        peak(&process)
    );
    assert_eq!(health.pointer("/channels/0/queue/pending"), Some(&(DEEP + LANES * EACH).into()));

    house.signal.restart().await.unwrap();
    let log = || std::fs::read_to_string(house.dir.path().join("log.txt")).unwrap();
    let each = reaches(&house, |arrived| arrived.len() == LANES + 1).await;
    assert!(each, "each lane gets its turn: {:?} {}", arrived(&house), log());
    let begun = Instant::now();
    let before = arrived(&house);
    let more = |arrived: &HashMap<usize, usize>| arrived.values().sum::<usize>() - before.values().sum::<usize>();
    assert!(reaches(&house, |arrived| more(arrived) >= 10 * LANES).await);
    let after = arrived(&house);
    // On a slow machine the first lanes are at their end before the last one has its group.
    let goes_on = |lane: &usize| *lane == LANES || after[lane] < EACH;
    let gained: Vec<_> = (0..=LANES).filter(goes_on).map(|lane| after[&lane] - before[&lane]).collect();
    let deep = gained[gained.len() - 1];
    let (least, most) = (gained.iter().min().unwrap(), gained.iter().max().unwrap());
    println!(
        "{} more in {:?}: a lane got {least} at least, {most} at most, the deep one {}, {} MB at most",
        more(&after),
        begun.elapsed(),
        deep,
        peak(&process)
    );
    let fair = *least > 0 && deep <= 3 * more(&after) / gained.len();
    assert!(fair, "{gained:?} {}", log());
    assert!(peak(&process) < 150);
}
