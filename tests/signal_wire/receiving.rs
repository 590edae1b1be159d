//! What comes in: nothing is lost, and nothing odd does harm.

use std::sync::atomic::Ordering;
use std::time::Duration;

use rialto::clock::{Clock, Moment};
use rialto::signal::{LinkState, Settings};
use serde_json::json;
use tokio::task::JoinHandle;

use super::intake::Remembering;
use super::peer::{self, Peer};
use super::{Running, fast, numbers, settings, until, up};

/// The number that a padded text begins with.
fn leading(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(|text| text.split(' ').next().unwrap().to_owned()).collect()
}

/// Returns when the peer has begun to write and then cannot write any more; says how many lines it could write.
async fn standstill(peer: &Peer) -> usize {
    loop {
        let before = peer.written.load(Ordering::SeqCst);
        Clock::system().sleep(Duration::from_millis(300)).await;
        let after = peer.written.load(Ordering::SeqCst);
        if after == before && after > 20 {
            return after;
        }
    }
}

/// Lets the peer say the numbers up to `count`, each with so much padding, without waiting for it.
fn speak(peer: &Peer, count: usize, padding: usize) -> JoinHandle<()> {
    let (peer, padding) = (peer.clone(), "x".repeat(padding));
    tokio::spawn(async move {
        for number in 0..count {
            peer.say(number, &format!("{number} {padding}")).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_behind_a_slow_intake_and_the_peer_has_to_wait() {
    let (peer, intake) = (Peer::plain(), Remembering::new(Duration::from_millis(5)));
    let running = up(&peer, &intake).await;
    intake.shut();
    let speaking = speak(&peer, 3000, 2000);
    let written = standstill(&peer).await;
    assert!(written < 1000, "{written} lines were taken without a commit");
    assert!(running.send("meanwhile").await.is_ok(), "sending does not stand behind receiving");
    intake.reopen();
    speaking.await.unwrap();
    until("all arrived", || intake.texts().len() == 3000).await;
    assert_eq!(leading(intake.texts()), numbers(3000));
    assert!(intake.largest_batch() > 1 && intake.largest_batch() <= 64, "{}", intake.largest_batch());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_intake_is_not_taken_for_a_silent_peer() {
    let (peer, intake, clock) = (Peer::plain(), fast(), Clock::manual(Moment(0)));
    let settings = Settings { request_limit: Duration::from_millis(200), ..settings(&peer) };
    let running = Running::start(settings, &clock, &intake);
    running.is(LinkState::Up).await;
    intake.shut();
    let speaking = speak(&peer, 1500, 2000);
    standstill(&peer).await;
    // Whether the peer is there is asked now, and its answer stands behind the lines.
    clock.advance(Duration::from_mins(1));
    Clock::system().sleep(Duration::from_millis(800)).await;
    intake.reopen();
    speaking.await.unwrap();
    until("all arrived", || intake.texts().len() == 1500).await;
    assert_eq!(leading(intake.texts()), numbers(1500));
    assert_eq!(peer.count("subscribeReceive"), 1);
    running.stop().await;
}

#[tokio::test]
async fn an_intake_that_cannot_write_is_asked_again_and_nothing_is_read_on() {
    let (peer, intake, clock) = (Peer::plain(), fast(), Clock::manual(Moment(0)));
    let running = Running::start(settings(&peer), &clock, &intake);
    running.is(LinkState::Up).await;
    intake.fail(2);
    peer.say(0, "0").await;
    until("it has failed once", || intake.failures_left() == 1).await;
    peer.say(1, "1").await;
    Clock::system().sleep(Duration::from_millis(50)).await;
    assert_eq!((intake.failures_left(), intake.texts().len()), (1, 0), "it waits before it asks again");
    clock.advance(Duration::from_secs(1));
    until("it has failed twice", || intake.failures_left() == 0).await;
    Clock::system().sleep(Duration::from_millis(50)).await;
    clock.advance(Duration::from_secs(1));
    until("both arrived", || intake.texts() == ["0", "1"]).await;
    running.stop().await;
}

#[tokio::test]
async fn odd_lines_and_a_line_that_is_too_long_do_no_harm() {
    let (peer, intake) = (Peer::plain(), fast());
    let running = up(&peer, &intake).await;
    let long = "y".repeat(17 * 1024 * 1024);
    let odd = [
        "not json".to_owned(),
        String::new(),
        "[]".to_owned(),
        r#"{"foo":"canary"}"#.to_owned(),
        r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"canary","data":null},"id":null}"#.to_owned(),
        r#"{"jsonrpc":"2.0","result":{},"id":987654}"#.to_owned(),
        r#"{"jsonrpc":"2.0","result":{},"id":0}"#.to_owned(),
        r#"{"jsonrpc":"2.0","method":"please","params":{},"id":1}"#.to_owned(),
        long,
    ];
    for receiving in [false, true] {
        for line in &odd {
            peer.write(receiving, line.clone()).await;
        }
    }
    peer.say(0, "still here").await;
    until("the message arrived", || intake.texts() == ["still here"]).await;
    assert!(running.send("still here").await.is_ok());
    assert_eq!(running.link.odd_lines(), 18);
    assert_eq!(intake.refused(), 9, "those of the receiving connection are told to the intake");
    assert_eq!(*running.link.state().borrow(), LinkState::Up);
    assert_eq!((peer.count("subscribeReceive"), peer.count("version")), (1, 1), "no connection was lost");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_takes_in_what_the_peer_had_written() {
    let (peer, intake) = (Peer::plain(), Remembering::new(Duration::from_millis(5)));
    let running = up(&peer, &intake).await;
    intake.shut();
    let speaking = speak(&peer, 3000, 2000);
    standstill(&peer).await;
    running.stop.cancel();
    intake.reopen();
    // The peer writes on until it reads the request to stop, which stands behind nothing.
    until("it is told to stop", || peer.count("unsubscribeReceive") == 1).await;
    assert_eq!(peer.last("unsubscribeReceive"), json!({"subscription": peer::SUBSCRIPTION}));
    speaking.abort();
    let _ = speaking.await;
    running.stop().await;
    let written = leading(intake.texts());
    assert_eq!(written, numbers(written.len()));
    assert!(peer.spoken.load(Ordering::SeqCst) == written.len(), "{} arrived", written.len());
}

#[tokio::test]
async fn a_stop_with_nothing_to_do_is_quick() {
    let peer = Peer::new(|_, _| None);
    let running = Running::start(settings(&peer), &Clock::manual(Moment(0)), &fast());
    running.is(LinkState::Down).await;
    tokio::time::timeout(Duration::from_secs(4), running.stop()).await.unwrap();
}
