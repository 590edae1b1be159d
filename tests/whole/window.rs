//! The one way to lose a message: signal-cli has written its line and forgotten it, and the bridge dies before the
//! commit. How many that are is counted here, with the owner typing a hundred messages a second.
//!
//! `RIALTO_WINDOW` is the number of messages, a thousand for each kill; without it a few are enough to see that it works.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::crash::{Random, open_store};
use crate::house::{House, OWNER, Process, SOON};
use rialto::event::{SeenKey, SeenKind};
use rialto::store::StoreError;

const CHATS: usize = 20;
const EACH_KILL: usize = 1000;
const BEAT: Duration = Duration::from_millis(10);
/// A group that is committed, and one that is read meanwhile.
const HELD: usize = 2 * 64;
const LONG: Duration = Duration::from_mins(5);

fn messages() -> usize {
    std::env::var("RIALTO_WINDOW").ok().and_then(|count| count.parse().ok()).unwrap_or(2 * EACH_KILL)
}

/// A house with groups, and a bridge of its own process between them.
async fn house() -> (House, Process, Vec<String>) {
    let house = House::new().await;
    let (process, _) = Process::of(&house, "info").await;
    let mut groups = Vec::new();
    for n in 0..CHATS {
        house.waha.says(&format!("7920000{n:04}@c.us"), &format!("hello {n}."));
        groups.push(house.group_of(&format!("hello {n}.")).await);
    }
    (house, process, groups)
}

/// The owner types `count` messages, and `end` is called once in each thousand, somewhere in its middle.
async fn type_while(house: &House, groups: &[String], count: usize, mut end: impl FnMut()) -> Vec<i64> {
    let (mut random, mut beat) = (Random::new(), tokio::time::interval(BEAT));
    // Whoever types does not make up for time in which this process was held up: no burst comes before a kill.
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut said, mut next) = (Vec::with_capacity(count), 0);
    for n in 0..count {
        beat.tick().await;
        if n % EACH_KILL == 0 {
            next = n + EACH_KILL / 4 + usize::try_from(random.below(EACH_KILL as u64 / 2)).unwrap();
        }
        said.push(house.signal.owner_says(&groups[n % groups.len()], &format!("said {n}")));
        if n == next {
            // Somewhere between two messages.
            let moment = Duration::from_millis(random.below(10));
            let _ = tokio::time::timeout(moment, std::future::pending::<()>()).await;
            end();
        }
    }
    said
}

/// The messages that the store does not know, as places in `said`; none of them may be one that was never written.
async fn lost(house: &House, said: Vec<i64>) -> Vec<usize> {
    let store = open_store(house);
    let job = store.write(move |tx| {
        let channel = tx.channel("home", rialto::clock::Moment(0))?;
        let key = |timestamp: &i64| {
            let item = format!("{OWNER}:1:{timestamp}");
            SeenKey { scope: "signal".into(), item: item.into(), kind: SeenKind::Signal }
        };
        let seen = |timestamp: &i64| tx.is_seen(channel, &key(timestamp));
        let known = said.iter().map(|said| Ok((*said, seen(said)?))).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(known)
    });
    let (known, written) = (job.await.unwrap(), house.signal.lines_written());
    store.close();
    let lost: Vec<_> = known.iter().enumerate().filter(|(_, (_, known))| !known).collect();
    assert!(lost.iter().all(|(_, (said, _))| written.contains(said)), "what was not written is not lost");
    lost.into_iter().map(|(place, _)| place).collect()
}

/// How many were lost at each kill.
fn by_kill(lost: &[usize], count: usize) -> Vec<usize> {
    (0..count / EACH_KILL).map(|kill| lost.iter().filter(|place| *place / EACH_KILL == kill).count()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_no_more_than_the_window_holds() {
    let ((house, mut process, groups), count) = (house().await, messages());
    let kill = || {
        process.kill();
        process.start_again();
    };
    let said = type_while(&house, &groups, count, kill).await;
    assert!(house.signal.wait_until(LONG, |signal| signal.queued() == 0).await);
    process.terminate();
    let lost = lost(&house, said).await;
    let kills = by_kill(&lost, count);
    println!(
        "{count} messages at 100 a second, {} kills: {} lost between write and commit, {kills:?}",
        kills.len(),
        lost.len()
    );
    // One kill more or less decides nothing; twenty of them do.
    if kills.len() >= 20 {
        assert!(lost.len() * 1000 <= count, "{} of {count}", lost.len());
    }
    // They are no others than those that were taken in and not committed yet.
    assert!(lost.chunk_by(|one, next| next - one < EACH_KILL / 4).all(is_run), "only the last before a kill: {lost:?}");
    assert!(kills.iter().all(|lost| *lost <= HELD), "{kills:?}");
}

/// Whether they followed each other without a gap.
fn is_run(places: &[usize]) -> bool {
    places.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_stop_loses_nothing_of_it() {
    let ((house, mut process, groups), count) = (house().await, messages().min(5 * EACH_KILL));
    let stop = || {
        process.terminate();
        process.start_again();
    };
    let said = type_while(&house, &groups, count, stop).await;
    assert!(house.signal.wait_until(SOON, |signal| signal.queued() == 0).await);
    process.terminate();
    let lost = lost(&house, said).await;
    println!("{count} messages at 100 a second, {} clean stops: {} lost", count / EACH_KILL, lost.len());
    assert!(lost.is_empty(), "{lost:?}");
}
