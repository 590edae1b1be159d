//! What goes out: each request gets its own answer, and each failure says what is certain.

use std::time::Duration;

use rialto::clock::{Clock, Moment};
use rialto::config::Aci;
use rialto::event::GroupId;
use rialto::signal::{LinkState, Settings, SignalError};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::peer::{ACCOUNT, Answer, OWNER, Peer, sent};
use super::{Running, fast, settings, until, up};

const GROUP: &str = "gcUcON3gCfDELoVoNNaV+EQDCl4ZF2L0cUuKa2Au/dQ=";

#[tokio::test]
async fn answers_find_their_requests_in_any_order() {
    let peer = Peer::started(|method, params| match (method, params["message"].as_str()) {
        ("send", Some("first")) => Some(Answer::Late(sent(1))),
        ("send", Some("second")) => Some(Answer::Result(sent(2))),
        _ => None,
    });
    let running = up(&peer, &fast()).await;
    let second = async {
        until("the first is sent", || peer.count("send") == 1).await;
        running.send("second").await
    };
    let (first, second) = tokio::join!(running.send("first"), second);
    assert_eq!((first, second), (Ok(Moment(1)), Ok(Moment(2))));
    assert_eq!(peer.last("send"), json!({"account": ACCOUNT, "recipient": [OWNER], "message": "second"}));
    running.stop().await;
}

#[tokio::test]
async fn an_outcome_that_cannot_be_known_is_unknown() {
    let peer = Peer::started(|method, params| match (method, params["message"].as_str()?) {
        ("send", "closed") => Some(Answer::HangUp),
        ("send", "silence") => Some(Answer::Silence),
        ("send", "strange") => Some(Answer::Result(json!({"timestamp": "today"}))),
        ("send", "internal") => Some(Answer::Error(-32603, json!(null))),
        _ => None,
    });
    let settings = Settings { request_limit: Duration::from_millis(300), ..settings(&peer) };
    let running = Running::start(settings, &Clock::system(), &fast());
    running.is(LinkState::Up).await;
    for (text, error) in [
        ("silence", SignalError::Unknown),
        ("strange", SignalError::Unknown),
        ("internal", SignalError::Unclear),
        ("closed", SignalError::Unknown),
    ] {
        assert_eq!(running.send(text).await, Err(error), "{text}");
    }
    assert_eq!(peer.count("send"), 4);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_never_left_is_known_to_be_unsent() {
    let released = CancellationToken::new();
    let (release, large) = (released.clone(), "z".repeat(4_000_000));
    let peer = Peer::started(move |method, params| {
        let stop = method == "send" && params["message"] == "stop";
        stop.then(|| Answer::StopReading(release.clone()))
    });
    let settings = Settings { request_limit: Duration::from_millis(500), ..settings(&peer) };
    let running = Running::start(settings, &Clock::system(), &fast());
    running.is(LinkState::Up).await;
    assert_eq!(running.send("stop").await, Err(SignalError::Unknown));
    let behind = async {
        Clock::system().sleep(Duration::from_millis(100)).await;
        running.send("behind").await
    };
    let (large, behind) = tokio::join!(running.send(&large), behind);
    assert_eq!(large, Err(SignalError::Unknown), "a part of it has been written");
    assert_eq!(behind, Err(SignalError::Down), "it stood behind and was withdrawn");
    released.cancel();
    assert!(running.send("after").await.is_ok());
    assert_eq!((peer.count("send"), &peer.last("send")["message"]), (3, &json!("after")), "it is never written later");
    running.stop().await;
}

#[tokio::test]
async fn errors_say_what_to_do_next() {
    let failed =
        |kind: &str| json!({"response": {"timestamp": 5, "results": [{"type": kind, "retryAfterSeconds": 7}]}});
    let peer = Peer::started(move |method, params| {
        let (code, kind) = match (method, params["message"].as_str()?) {
            ("send", "limit") => (-5, "RATE_LIMIT_FAILURE"),
            ("send", "identity") => (-4, "IDENTITY_FAILURE"),
            ("send", "network") => (-1, "NETWORK_FAILURE"),
            ("send", "gone") => (-1, "UNREGISTERED_FAILURE"),
            _ => return None,
        };
        Some(Answer::Error(code, failed(kind)))
    });
    let running = up(&peer, &fast()).await;
    let limited = SignalError::RateLimited { after: Some(Duration::from_secs(7)) };
    for (text, expected) in [
        ("limit", limited),
        ("identity", SignalError::IdentityChanged),
        ("network", SignalError::Network),
        ("gone", SignalError::OwnerUnregistered),
        ("", SignalError::Refused),
    ] {
        assert_eq!(running.send(text).await, Err(expected), "{text}");
    }
    running.stop().await;
}

#[tokio::test]
async fn groups_are_made_in_two_steps_and_read_back() {
    let peer = Peer::started(|method, params| match (method, params["name"].as_str()) {
        ("updateGroup", Some("old")) => {
            Some(Answer::Result(json!({"groupId": "AAAAAAAAAAAAAAAAAAAAAA==", "timestamp": 5})))
        }
        ("updateGroup", Some("slow")) => Some(Answer::Error(-3, json!(null))),
        ("updateGroup", Some(_)) => Some(Answer::Result(json!({"groupId": GROUP, "timestamp": 5, "results": []}))),
        ("listGroups", _) => {
            Some(Answer::Result(json!([{"id": "other"}, {"id": GROUP, "isMember": true}, {"id": null}])))
        }
        _ => None,
    });
    let running = up(&peer, &fast()).await;
    let (link, owner, group) = (&running.link, Aci::new(OWNER), GroupId::new(GROUP));
    assert_eq!(link.create_group(&"old".into(), &owner).await, Err(SignalError::Refused));
    assert_eq!(link.create_group(&"slow".into(), &owner).await, Err(SignalError::Server));
    assert_eq!(link.create_group(&"new".into(), &owner).await, Ok(group.clone()));
    assert_eq!(peer.last("updateGroup"), json!({"account": ACCOUNT, "name": "new", "member": [OWNER]}));
    link.secure_group(&group, None).await.unwrap();
    let secured =
        json!({"account": ACCOUNT, "groupId": GROUP, "link": "disabled", "setPermissionAddMember": "only-admins"});
    assert_eq!(peer.last("updateGroup"), secured);
    link.secure_group(&group, Some(604_800)).await.unwrap();
    assert_eq!(peer.last("updateGroup")["expiration"], 604_800);
    link.set_timer(&group, 60).await.unwrap();
    assert_eq!(peer.last("updateGroup"), json!({"account": ACCOUNT, "groupId": GROUP, "expiration": 60}));
    assert_eq!(link.groups().await.unwrap().len(), 2);
    assert!(link.group(&group).await.unwrap().is_some_and(|group| group.is_member));
    assert_eq!(peer.last("listGroups"), json!({"account": ACCOUNT, "groupId": [GROUP]}));
    link.quit_group(&group, None).await.unwrap();
    assert_eq!(peer.last("quitGroup"), json!({"account": ACCOUNT, "groupId": GROUP, "delete": true}));
    link.quit_group(&group, Some(&owner)).await.unwrap();
    let left = json!({"account": ACCOUNT, "groupId": GROUP, "delete": true, "admin": [OWNER]});
    assert_eq!(peer.last("quitGroup"), left);
    link.update_profile(&"Rialto".into()).await.unwrap();
    assert_eq!(peer.last("updateProfile"), json!({"account": ACCOUNT, "givenName": "Rialto"}));
    running.stop().await;
}
