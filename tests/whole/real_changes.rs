//! Edits, deletions and reactions through a real signal-cli: as in `real_signal`, skipped where there is no testbed.

use std::time::Duration;

use crate::house::ALICE;
use crate::real_signal::{Greeted, SOON, Testbed, greeted};
use serde_json::{Value, json};
use simulator::waha::{Waha, WhatChange};

/// What the owner's phone has got for which this holds.
async fn gets(testbed: &Testbed, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + SOON;
    let mut turns = crate::house::beats(Duration::from_millis(50));
    loop {
        turns.tick().await;
        let inbox = testbed.inbox().await;
        if let Some(found) = inbox.iter().find(|message| holds(message)) {
            return found.clone();
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not come: {inbox:#?}");
    }
}

fn is(message: &Value, path: &str, value: &str) -> bool {
    message.pointer(path).and_then(Value::as_str) == Some(value)
}

async fn does(waha: &Waha, change: &WhatChange) {
    let done = |waha: &Waha| waha.changes_made().iter().any(|made| made.what == *change);
    assert!(waha.wait_until(SOON, done).await, "{change:?}: {:?}", waha.changes_made());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_signal_cli_carries_edits_deletions_and_reactions_both_ways() {
    let Some(Greeted { testbed, waha, stop, bridge }) = greeted().await else { return };
    let question = waha.says(ALICE, "when?");
    testbed.arrived("when?").await;
    let stanza = waha.replies(ALICE, None, "at nine", &question);
    let message = testbed.arrived("at nine").await;
    let (group, at) = (message["groupV2"].clone(), message["timestamp"].as_str().unwrap().to_owned());

    // From WhatsApp, in the same group, to the same message.
    waha.edits(ALICE, None, &stanza, "at ten");
    let body = "/editMessage/dataMessage/body";
    let edit = gets(&testbed, "the edit", |message| is(message, body, "at ten")).await;
    assert!(is(&edit, "/editMessage/targetSentTimestamp", &at), "{edit}");
    let edit = &edit["editMessage"]["dataMessage"];
    assert_eq!(edit["groupV2"]["masterKey"], group["masterKey"]);
    assert!(edit["quote"].is_object(), "it answers what it answered: {edit}");
    waha.edits(ALICE, None, &stanza, "at eleven");
    let again = gets(&testbed, "the second edit", |message| is(message, body, "at eleven")).await;
    assert!(is(&again, "/editMessage/targetSentTimestamp", &at), "{again}");
    waha.reacts(ALICE, None, &stanza, "👍");
    let emoji = "/dataMessage/reaction/emoji";
    let reaction = gets(&testbed, "the reaction", |message| is(message, emoji, "👍")).await;
    assert!(is(&reaction, "/dataMessage/reaction/targetSentTimestamp", &at), "{reaction}");
    assert!(is(&reaction, "/dataMessage/reaction/targetAuthorAci", &testbed.fact("/bridge/aci")), "{reaction}");
    waha.reacts(ALICE, None, &stanza, "");
    let removed = |message: &Value| message.pointer("/dataMessage/reaction/remove") == Some(&json!(true));
    gets(&testbed, "the end of the reaction", removed).await;

    // From Signal: the phone names the newest form or the first one.
    let own = testbed.say("user", &group, "typed", Value::Null).await;
    assert!(waha.wait_sent(1, SOON).await);
    let sent = waha.sent()[0].stanza.clone();
    waha.reacts(ALICE, None, &sent, "🎉");
    let reaction = gets(&testbed, "a reaction to the owner", |message| is(message, emoji, "🎉")).await;
    assert!(is(&reaction, "/dataMessage/reaction/targetAuthorAci", &testbed.fact("/user/aci")), "{reaction}");
    let edits = |target: i64, at: i64, text: &str| {
        let in_group = json!({"masterKey": format!("b64:{}", group["masterKey"].as_str().unwrap().trim_start_matches("b64:")),
            "revision": group["revision"]});
        let data = json!({"body": text, "timestamp": format!("long:{at}"), "groupV2": in_group});
        let edit = json!({"targetSentTimestamp": format!("long:{target}"), "dataMessage": data});
        json!({"from": "user", "to": "bridge", "timestamp": at, "content": {"editMessage": edit}})
    };
    testbed.phone("raw", edits(own, own + 1000, "typed, edited")).await;
    does(&waha, &WhatChange::Edit("typed, edited".into())).await;
    testbed.phone("raw", edits(own + 1000, own + 2000, "typed, edited twice")).await;
    does(&waha, &WhatChange::Edit("typed, edited twice".into())).await;
    let reacts = |remove: bool| {
        json!({"reaction": {"emoji": "❤️", "remove": remove, "targetAuthorAci": testbed.fact("/bridge/aci"),
            "targetSentTimestamp": format!("long:{at}")}})
    };
    for (remove, emoji) in [(false, "❤️"), (true, "")] {
        let body = json!({"from": "user", "to": "bridge", "masterKey": group["masterKey"], "revision": group["revision"],
            "content": reacts(remove)});
        testbed.phone("say", body).await;
        does(&waha, &WhatChange::React(emoji.into())).await;
    }
    let delete = json!({"from": "user", "to": "bridge", "masterKey": group["masterKey"], "revision": group["revision"],
        "content": {"delete": {"targetSentTimestamp": format!("long:{own}")}}});
    testbed.phone("say", delete).await;
    does(&waha, &WhatChange::Delete).await;
    let on = |change: &WhatChange| {
        let made = waha.changes_made();
        made.iter().find(|made| made.what == *change).map(|made| (made.chat_id.clone(), made.stanza.clone()))
    };
    assert_eq!(on(&WhatChange::Delete), Some((ALICE.to_owned(), sent)));
    assert_eq!(on(&WhatChange::React("❤️".into())), Some((ALICE.to_owned(), stanza.clone())));

    waha.revokes(ALICE, None, &stanza);
    let path = "/dataMessage/delete/targetSentTimestamp";
    gets(&testbed, "the deletion", |message| is(message, path, &at)).await;
    assert_eq!(waha.changes_made().len(), 5);
    stop.cancel();
    bridge.await.unwrap();
}
