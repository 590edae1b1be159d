//! The bridge as a child process, killed at random and started again, while messages flow both ways.
//!
//! Counted from both sides: what each peer's phone shows against what was said, and for Signal also what signal-cli had
//! written against what the store had committed.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::house::{House, OWNER, Process};
use rialto::config::Config;
use rialto::event::{SeenKey, SeenKind};
use rialto::store::Store;
use simulator::waha::{Policy, Retries, WahaOptions};

const CHATS: usize = 20;
const KILLS: usize = 20;
const LONG: Duration = Duration::from_mins(5);

/// A small generator of our own: the kills must differ from run to run only by the seed that is printed.
pub(crate) struct Random(u64);

impl Random {
    /// From `RIALTO_SEED`, or another one each time; it is printed.
    pub(crate) fn new() -> Self {
        let seed = std::env::var("RIALTO_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
            std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(1, |now| u64::from(now.subsec_nanos()) | 1)
        });
        println!("RIALTO_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn chat(n: usize) -> String {
    format!("7920000{n:04}@c.us")
}

/// A house with a WAHA that delivers in order and never gives up.
async fn house(version: &str) -> (House, Process, String) {
    let retries = Retries { policy: Policy::Constant, delay: Duration::from_millis(100), attempts: 100_000 };
    let options = WahaOptions { retries, ordered: true, version: version.to_owned(), ..WahaOptions::default() };
    let house = House::with(options, |_| {}).await;
    let (process, admin) = Process::of(&house, "info").await;
    (house, process, admin)
}

/// The groups of all chats, each found by the message that made it.
async fn groups(house: &House) -> Vec<String> {
    let mut groups = Vec::new();
    for n in 0..CHATS {
        let hello = format!("w {n} hello");
        let came = house.signal.wait_until(LONG, |s| s.inbox().iter().any(|m| m.text.ends_with(&hello))).await;
        assert!(came, "{hello} did not arrive");
        let found = house.signal.inbox().into_iter().find(|m| m.text.ends_with(&hello));
        groups.push(found.unwrap().group_id.unwrap());
    }
    groups
}

/// What the owner's phone shows, by group.
fn shown(house: &House) -> HashMap<String, Vec<String>> {
    let mut shown: HashMap<_, Vec<_>> = HashMap::new();
    for message in house.signal.inbox() {
        if let Some(group) = message.group_id {
            shown.entry(group).or_default().push(message.text);
        }
    }
    shown
}

const MARK: &str = "ⓘ perhaps for the second time:\n";

#[derive(Debug, Default, PartialEq, Eq)]
struct ToSignal {
    lost: usize,
    doubled: usize,
    marked: usize,
    misdirected: usize,
    disordered: usize,
}

fn count_to_signal(house: &House, groups: &[String], each: usize) -> ToSignal {
    let (shown, mut count) = (shown(house), ToSignal::default());
    for (n, group) in groups.iter().enumerate() {
        // An own message whose call a kill cut is asked about and, when WhatsApp names it, shown as the owner's.
        let (own, echo) = (format!("w {n} "), format!("You ▸ s {n} "));
        let bare = |text: &str| text.strip_prefix(MARK).unwrap_or(text).to_owned();
        // Such a line may come a second time, too.
        let about = |text: &&String| bare(text).starts_with("ⓘ May") || bare(text).starts_with(&echo);
        let texts: Vec<_> = shown[group].iter().filter(|text| !about(text)).collect();
        count.marked += texts.iter().filter(|text| text.starts_with(MARK)).count();
        for text in texts.iter().filter(|text| !bare(text).starts_with(&own)) {
            println!("misdirected to {n}: {text}");
            count.misdirected += 1;
        }
        let mut last = None;
        for k in 0..each {
            let text = format!("{own}{k}");
            let plain = texts.iter().filter(|shown| ***shown == text).count();
            let first = texts.iter().position(|shown| bare(shown) == text);
            count.doubled += plain.saturating_sub(1);
            if first.is_none() {
                println!("lost to Signal: {text}");
                count.lost += 1;
            }
            count.disordered += usize::from(first.is_some() && first < last);
            last = first.or(last);
        }
    }
    count
}

#[derive(Debug, Default, PartialEq, Eq)]
struct ToWhatsApp {
    lost_in_the_window: usize,
    lost_otherwise: usize,
    maybe: usize,
    doubled: usize,
    misdirected: usize,
}

/// `said` maps the timestamp of each message to its text.
async fn count_to_whatsapp(house: &House, said: &BTreeMap<i64, String>) -> ToWhatsApp {
    let mut count = ToWhatsApp::default();
    let mut arrived: HashMap<String, usize> = HashMap::new();
    for sent in house.waha.delivered() {
        let n: usize = sent.text.split(' ').nth(1).unwrap().parse().unwrap();
        count.misdirected += usize::from(sent.chat_id != chat(n));
        *arrived.entry(sent.text).or_default() += 1;
    }
    count.doubled = arrived.values().map(|times| times - 1).sum();
    let asked: Vec<_> = house.signal.inbox().iter().filter_map(|m| m.quote_timestamp).collect();
    let written = house.signal.lines_written();
    let store = open_store(house);
    for (timestamp, text) in said {
        let maybe = asked.contains(timestamp);
        count.maybe += usize::from(maybe);
        if !arrived.contains_key(text) && !maybe {
            let in_window = written.contains(timestamp) && !committed(&store, *timestamp).await;
            count.lost_in_the_window += usize::from(in_window);
            count.lost_otherwise += usize::from(!in_window);
            if !in_window {
                println!("lost to WhatsApp: {text} (written: {})", written.contains(timestamp));
            }
        }
    }
    store.close();
    count
}

pub(crate) fn open_store(house: &House) -> Store {
    let config = Config::from_toml(&house.toml("127.0.0.1:0", "127.0.0.1:0")).unwrap();
    Store::open(&config.store.path, &config.encryption).unwrap()
}

/// Whether the store remembers a line of the owner's phone (device 1).
async fn committed(store: &Store, timestamp: i64) -> bool {
    let item = format!("{OWNER}:1:{timestamp}");
    let key = SeenKey { scope: "signal".into(), item: item.into(), kind: SeenKind::Signal };
    store
        .write(move |tx| {
            let channel = tx.channel("home", rialto::clock::Moment(0))?;
            tx.is_seen(channel, &key)
        })
        .await
        .unwrap()
}

/// How the bridge ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Kill,
    Terminate,
}

/// Ends the bridge `times` times at random moments while `work` goes on.
async fn end_while(process: &mut Process, end: End, times: usize, random: &mut Random, work: impl Future<Output = ()>) {
    let mut work = std::pin::pin!(work);
    let mut done = false;
    for _ in 0..times {
        let pause = Duration::from_millis(400 + random.below(1200));
        let mut pause = std::pin::pin!(tokio::time::timeout(pause, std::future::pending::<()>()));
        tokio::select! {
            () = &mut work, if !done => { done = true; let _ = pause.as_mut().await; }
            _ = pause.as_mut() => {}
        }
        match end {
            End::Kill => process.kill(),
            End::Terminate => process.terminate(),
        }
        process.start_again();
    }
    if !done {
        work.await;
    }
}

/// Returns when the peers have nothing left, and then the bridge has nothing left and takes nothing more.
async fn settled(house: &House, admin: &str) -> bool {
    let empty = async {
        let mut turns = tokio::time::interval(Duration::from_millis(200));
        let mut before = serde_json::Value::Null;
        loop {
            turns.tick().await;
            let quiet = house.signal.queued() == 0 && house.waha.events_in_flight() == 0;
            // Ages move by themselves; what counts is that nothing is taken any more.
            let now = crate::house::health(admin).await;
            let now = serde_json::json!([now.pointer("/channels/0/counters"), now.pointer("/channels/0/queue")]);
            let open = |state| now.pointer(&format!("/1/{state}")).and_then(serde_json::Value::as_i64);
            if quiet && open("pending") == Some(0) && open("in_flight") == Some(0) && now == before {
                return;
            }
            before = now;
        }
    };
    tokio::time::timeout(LONG, empty).await.is_ok()
}

async fn both_ways(version: &str, each: usize, end: End, ends: usize) -> (ToSignal, ToWhatsApp) {
    let mut random = Random::new();
    let (house, mut process, admin) = house(version).await;

    // Portals are made under kills too: the group that a crash left behind is taken or replaced, never mixed up.
    (0..CHATS).for_each(|n| drop(house.waha.says(&chat(n), &format!("w {n} hello"))));
    end_while(&mut process, end, ends / 4, &mut random, async {}).await;
    let groups = groups(&house).await;

    let mut said = BTreeMap::new();
    let talk = async {
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        for k in 0..each {
            for (n, group) in groups.iter().enumerate() {
                beat.tick().await;
                house.waha.says(&chat(n), &format!("w {n} {k}"));
                let text = format!("s {n} {k}");
                said.insert(house.signal.owner_says(group, &text), text);
            }
        }
    };
    end_while(&mut process, end, ends - ends / 4, &mut random, talk).await;
    assert!(settled(&house, &admin).await, "the queues did not empty: {}", crate::house::health(&admin).await);
    process.kill();
    (count_to_signal(&house, &groups, each), count_to_whatsapp(&house, &said).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_misdirected_under_kills() {
    let (to_signal, to_whatsapp) = both_ways("2026.7.1", 100, End::Kill, KILLS).await;
    println!("2,000 messages each way over {CHATS} chats, {KILLS} kills: {to_signal:?} {to_whatsapp:?}");
    let marked = to_signal.marked;
    assert_eq!(to_signal, ToSignal { marked, ..ToSignal::default() });
    let lost_in_the_window = to_whatsapp.lost_in_the_window;
    assert_eq!(to_whatsapp, ToWhatsApp { lost_in_the_window, ..ToWhatsApp::default() });
}

/// An engine that takes no chosen id: what was open at a kill is asked about and never sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_engine_leaves_questions_and_no_doubles() {
    let (to_signal, to_whatsapp) = both_ways("2026.2.1", 20, End::Kill, 6).await;
    println!("400 messages each way, 6 kills, no chosen ids: {to_signal:?} {to_whatsapp:?}");
    assert_eq!((to_signal.lost, to_signal.doubled, to_signal.misdirected), (0, 0, 0));
    assert_eq!((to_whatsapp.lost_otherwise, to_whatsapp.doubled, to_whatsapp.misdirected), (0, 0, 0));
}

/// A stop that is asked for lets everything finish: no window, no question, no repeat.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graceful_stop_loses_and_repeats_nothing() {
    let (to_signal, to_whatsapp) = both_ways("2026.2.1", 20, End::Terminate, 4).await;
    println!("400 messages each way, 4 graceful stops: {to_signal:?} {to_whatsapp:?}");
    assert_eq!((to_signal, to_whatsapp), (ToSignal::default(), ToWhatsApp::default()));
}
