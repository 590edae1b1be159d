//! How the link comes up, goes down, and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rialto::clock::{Clock, Moment};
use rialto::config::{Aci, Participant, PhoneNumber, Version};
use rialto::signal::{LinkState, Settings, SignalError};
use serde_json::json;

use super::peer::{ACCOUNT, Answer, OWNER, Peer};
use super::{Running, fast, numbers, settings, until, up};

#[tokio::test]
async fn a_lost_receiving_connection_is_opened_and_subscribed_anew() {
    let (peer, intake) = (Peer::plain(), fast());
    let running = up(&peer, &intake).await;
    assert_eq!(peer.last("subscribeReceive"), json!({"account": ACCOUNT}));
    for number in 0..50 {
        peer.say(number, &number.to_string()).await;
    }
    until("they are written", || peer.written.load(Ordering::SeqCst) >= 50).await;
    peer.hang_up(true);
    running.is(LinkState::Down).await;
    running.is(LinkState::Up).await;
    assert_eq!(peer.count("subscribeReceive"), 2);
    peer.say(50, "50").await;
    until("all arrived", || intake.texts().len() == 51).await;
    assert_eq!(intake.texts(), numbers(51), "what was written before the end is taken");
    running.stop().await;
}

#[tokio::test]
async fn a_lost_sending_connection_leaves_the_receiving_one_alone() {
    let (peer, intake) = (Peer::plain(), fast());
    let running = up(&peer, &intake).await;
    peer.hang_up(false);
    running.is(LinkState::Down).await;
    peer.say(0, "meanwhile").await;
    until("it arrived", || intake.texts() == ["meanwhile"]).await;
    running.is(LinkState::Up).await;
    assert!(running.send("again").await.is_ok());
    assert_eq!((peer.count("subscribeReceive"), peer.count("version")), (1, 2));
    running.stop().await;
}

#[tokio::test]
async fn what_is_too_old_is_not_spoken_to_until_it_is_new() {
    let new = Arc::new(AtomicBool::new(false));
    let is_new = Arc::clone(&new);
    let peer = Peer::started(move |method, _| {
        let old = method == "version" && !is_new.load(Ordering::SeqCst);
        old.then(|| Answer::Result(json!({"version": "0.13.19"})))
    });
    let clock = Clock::manual(Moment(0));
    let running = Running::start(settings(&peer), &clock, &fast());
    running.is(LinkState::TooOld(Version(0, 13, 19))).await;
    assert_eq!(running.link.version(), Some(Version(0, 13, 19)));
    assert_eq!(running.send("x").await, Err(SignalError::Down));
    new.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(59));
    Clock::system().sleep(Duration::from_millis(100)).await;
    assert_eq!((peer.count("version"), peer.count("subscribeReceive")), (1, 0), "asked once, and told nothing else");
    clock.advance(Duration::from_secs(1));
    running.is(LinkState::Up).await;
    assert_eq!(running.link.version(), Some(Version(0, 14, 6)));
    running.stop().await;
}

#[tokio::test]
async fn an_account_that_is_missing_is_named() {
    let missing = Peer::started(|method, _| {
        (method == "listAccounts").then(|| Answer::Result(json!([{"number": "+15550000000"}, {}])))
    });
    let running = Running::start(settings(&missing), &Clock::system(), &fast());
    running.is(LinkState::NoAccount).await;
    running.stop().await;
    // An account given by its identifier is not in the list; signal-cli says so when receiving begins.
    let refused = Peer::started(|method, _| (method == "subscribeReceive").then(|| Answer::Error(-32602, json!(null))));
    let account = Participant::Aci(Aci::new("f2d43e20-7304-47ad-9b3f-2f44f462c37b"));
    let running = Running::start(Settings { account, ..settings(&refused) }, &Clock::system(), &fast());
    running.is(LinkState::NoAccount).await;
    running.stop().await;
    let single = Peer::started(|method, _| (method == "listAccounts").then(|| Answer::Error(-32601, json!(null))));
    up(&single, &fast()).await.stop().await;
}

#[tokio::test]
async fn a_number_is_resolved_once_and_a_pinned_owner_wins() {
    let number = "+14154954447";
    let by_number = |peer: &Peer, pinned: Option<Aci>| {
        let owner = Participant::Number(PhoneNumber::new(number));
        Settings { owner, pinned, ..settings(peer) }
    };
    let peer = Peer::started(move |method, _| {
        let found = json!([{"recipient": number, "number": number, "uuid": OWNER, "isRegistered": true}]);
        (method == "getUserStatus").then(|| Answer::Result(found))
    });
    let running = Running::start(by_number(&peer, None), &Clock::system(), &fast());
    running.is(LinkState::Up).await;
    assert_eq!(*running.link.owner().borrow(), Some(Aci::new(OWNER)));
    assert_eq!(peer.last("getUserStatus"), json!({"account": ACCOUNT, "recipient": [number]}));
    peer.hang_up(false);
    running.is(LinkState::Down).await;
    running.is(LinkState::Up).await;
    assert_eq!(peer.count("getUserStatus"), 1);
    running.stop().await;

    let pinned = Aci::new("00000000-0000-4000-8000-000000000000");
    let running = Running::start(by_number(&peer, Some(pinned.clone())), &Clock::system(), &fast());
    running.is(LinkState::Up).await;
    assert_eq!((running.link.owner().borrow().clone(), peer.count("getUserStatus")), (Some(pinned), 1));
    running.stop().await;

    let unknown = Peer::started(move |method, _| {
        let found =
            json!([{"recipient": "+1999", "number": "+1999", "uuid": OWNER}, {"recipient": number, "uuid": null}]);
        (method == "getUserStatus").then(|| Answer::Result(found))
    });
    let running = Running::start(by_number(&unknown, None), &Clock::system(), &fast());
    running.is(LinkState::OwnerUnknown).await;
    assert_eq!(running.link.owner().borrow().clone(), None);
    running.stop().await;
}

#[tokio::test]
async fn without_a_connection_nothing_is_sent_and_the_error_says_so() {
    let (peer, intake) = (Peer::new(|_, _| None), fast());
    let running = Running::start(settings(&peer), &Clock::system(), &intake);
    running.is(LinkState::Down).await;
    assert_eq!(running.send("x").await, Err(SignalError::Down));
    peer.start();
    running.is(LinkState::Up).await;
    assert!(running.send("x").await.is_ok());
    running.stop().await;
}

#[tokio::test]
async fn a_peer_that_has_fallen_silent_is_left() {
    let silent = Arc::new(AtomicBool::new(false));
    let is_silent = Arc::clone(&silent);
    let peer = Peer::started(move |_, _| is_silent.load(Ordering::SeqCst).then_some(Answer::Silence));
    let clock = Clock::manual(Moment(0));
    let settings = Settings { request_limit: Duration::from_millis(200), ..settings(&peer) };
    let running = Running::start(settings, &clock, &fast());
    running.is(LinkState::Up).await;
    clock.advance(Duration::from_mins(1));
    until("both connections are asked", || peer.count("version") == 3).await;
    assert_eq!(*running.link.state().borrow(), LinkState::Up, "a peer that answers is kept");
    silent.store(true, Ordering::SeqCst);
    Clock::system().sleep(Duration::from_millis(100)).await;
    clock.advance(Duration::from_mins(1));
    running.is(LinkState::Down).await;
    Clock::system().sleep(Duration::from_millis(800)).await;
    silent.store(false, Ordering::SeqCst);
    clock.advance(Duration::from_secs(1));
    until("both are open again", || {
        clock.advance(Duration::from_secs(1));
        peer.count("subscribeReceive") == 2
    })
    .await;
    running.is(LinkState::Up).await;
    running.stop().await;
}
