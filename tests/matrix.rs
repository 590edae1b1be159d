//! The crash matrix: a bridge as a child process dies at each kill point, is started again, and everything ends as is
//! promised. `MATRIX=name` runs the cases of one point alone.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and says what it counted"
)]

#[path = "matrix/cases.rs"]
mod cases;
#[path = "matrix/changes.rs"]
mod changes;
#[path = "matrix/child.rs"]
mod child;
#[path = "matrix/forget.rs"]
mod forget;
#[path = "whole/house.rs"]
#[expect(dead_code, reason = "shared with the other whole-program tests, which use the rest")]
mod house;
#[path = "matrix/leave.rs"]
mod leave;
#[path = "matrix/merge.rs"]
mod merge;
#[path = "matrix/prelude.rs"]
mod prelude;
#[path = "matrix/rekey.rs"]
mod rekey;
#[path = "matrix/stranger.rs"]
mod stranger;
#[path = "matrix/talk.rs"]
mod talk;
#[path = "matrix/things.rs"]
mod things;
#[path = "matrix/verdict.rs"]
mod verdict;

use std::collections::BTreeSet;
use std::sync::Arc;

use cases::Case;
use child::Child;
use house::House;
use rialto::failpoint::POINTS;
use simulator::waha::{Contact, Policy, Retries, WahaOptions};
use talk::Talk;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use verdict::Verdict;

/// Cases side by side: each waits for its peers most of the time.
const SIDE_BY_SIDE: usize = 4;

/// Two people of one name, whom nothing but the address tells apart.
const PEOPLE: [(&str, &str); 2] = [("79177777777", "100000000000007"), ("79188888888", "100000000000008")];

/// A house with a WAHA that delivers in order and never gives up.
async fn house(version: &str) -> House {
    let retries = Retries { policy: Policy::Constant, delay: std::time::Duration::from_millis(50), attempts: 100_000 };
    let options = WahaOptions { retries, ordered: true, version: version.to_owned(), ..WahaOptions::default() };
    let house = House::with(options, |_| {}).await;
    for (number, lid) in PEOPLE {
        let name = Some("Alex".to_owned());
        house.waha.add_contact(Contact {
            number: Some(number.into()),
            lid: Some(lid.into()),
            push_name: name.clone(),
            name,
        });
    }
    house
}

/// One case from an empty house to its verdict.
async fn run(case: Case) -> Verdict {
    let house = house(case.version).await;
    prelude::run(case.prelude, &house).await;
    let child = Child::start(&house, case.kills);
    let talk = Talk::new(&house, &child, case);
    tokio::select! {
        () = talk.hold() => {}
        () = child.revive() => {}
    }
    child.end();
    let mut verdict = verdict::of(&talk).await;
    prelude::check(case.prelude, &house, &mut verdict).await;
    if !(case.wanted)(&house) {
        verdict.wrong.push("what went on besides did not end as it should".to_owned());
    }
    verdict
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_point_ends_as_promised() {
    let only = std::env::var("MATRIX").ok();
    let wanted = |case: &Case| only.as_deref().is_none_or(|only| case.name().contains(only));
    let turns = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut running = JoinSet::new();
    for (number, case) in cases::all().into_iter().filter(wanted).enumerate() {
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            // A case that panics has said why; the others are counted all the same.
            let verdict = tokio::spawn(run(case)).await;
            (number, verdict.unwrap_or_else(|_| Verdict::of_none(case.name())))
        });
    }
    let mut verdicts = running.join_all().await;
    verdicts.sort_by_key(|(number, _)| *number);
    println!("{}", Verdict::HEADER);
    let mut total = Verdict::default();
    for (_, verdict) in &verdicts {
        println!("{verdict}");
        total = total.and(verdict);
    }
    println!("{total}");
    let broken: Vec<_> = verdicts.iter().filter(|(_, verdict)| !verdict.is_as_promised()).collect();
    assert!(broken.is_empty(), "not as promised:\n{broken:#?}");
}

#[test]
fn every_point_has_a_case() {
    let cases = cases::all();
    let tried: BTreeSet<_> = cases.iter().flat_map(|case| case.kills).map(|kill| child::point(kill)).collect();
    let tried: BTreeSet<_> = tried
        .into_iter()
        .chain([stranger::POINT])
        .chain(merge::POINTS)
        .chain(rekey::POINTS)
        .chain(forget::POINTS)
        .chain(leave::POINTS)
        .collect();
    assert_eq!(tried, POINTS.into_iter().collect());
}
