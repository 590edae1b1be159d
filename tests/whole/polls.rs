//! Polls and votes, both ways.

use rialto::clock::Clock;
use serde_json::json;
use simulator::signal_cli::InboxMessage;
use simulator::waha::{Engine, Other, WahaOptions};

use crate::house::{ALICE, House, OWNER, SOON, bridge_aci, health_shows, idle, whatsapp_is};
use crate::things::{GROUP, MEMBER, gows, inbox, portal, things};

fn group_of(message: &InboxMessage) -> String {
    message.group_id.clone().unwrap()
}

#[tokio::test]
async fn a_poll_is_one_in_signal_and_the_owners_vote_there_is_one_on_whatsapp() {
    let house = gows().await;
    let bridge = house.bridge().await;
    assert!(whatsapp_is(&bridge, true).await);
    let poll = Other::Poll { question: "Lunch?".into(), several: false };
    let stanza = house.waha.sends_other_in_group(GROUP, MEMBER, poll);
    let message = inbox(&house, "Lunch?").await;
    assert_eq!((message.text.as_str(), &message.params["option"]), ("Alice ▸ Lunch?", &json!(["Yes", "No"])));
    assert_eq!(message.params["noMulti"], json!(true));
    let group = group_of(&message);
    let vote = |answers: &[usize]| house.signal.owner_votes(&group, (message.timestamp, &bridge_aci()), answers);
    for (count, answers, expected) in [(1, &[1][..], json!(["No"])), (2, &[0], json!(["Yes"])), (3, &[], json!([]))] {
        let _ = vote(answers);
        let sent = things(&house, count).await;
        assert_eq!((sent[count - 1].call.as_str(), &sent[count - 1].body["votes"]), ("sendPollVote", &expected));
        assert_eq!(sent[count - 1].body["pollMessageId"], format!("false_{GROUP}_{stanza}_{MEMBER}"));
    }
    let wrong = vote(&[2]);
    assert_eq!(inbox(&house, "no answer with that number").await.quote_timestamp, Some(wrong));
    // A vote in what nobody knows changes nothing.
    let lost = house.signal.owner_votes(&group, (message.timestamp - 1, &bridge_aci()), &[0]);
    assert_eq!(inbox(&house, "WAHA does not have this poll any more").await.quote_timestamp, Some(lost));
    assert!(idle(&bridge).await);
    assert_eq!((house.waha.sent_things().len(), house.waha.sent().len()), (3, 0));

    // More than Signal's polls hold, and what the owner asked on the phone, which is not to ring.
    let long = json!({ "name": "Which of these?", "options": (0..11).map(|n| json!({ "optionName": format!("No. {n}") })).collect::<Vec<_>>() });
    house.waha.sends_other(ALICE, Other::Wire { message: json!({ "pollCreationMessageV3": long }) });
    assert!(inbox(&house, "Which of these?").await.text.starts_with("ⓘ a poll."));
    house.waha.owner_sends_file(ALICE, Other::Poll { question: "Mine?".into(), several: false }, b"");
    let mine = inbox(&house, "Mine?").await;
    assert!(mine.text.starts_with("You ▸ ⓘ a poll.") && !mine.urgent, "{}", mine.text);
    bridge.stop().await;
}

#[tokio::test]
async fn a_poll_is_a_list_and_numbers_that_answer_it_are_a_vote() {
    let options = WahaOptions { engine: Engine::Gows, ordered: true, ..WahaOptions::default() };
    let house = House::with(options, |signal| signal.version = "0.13.22".into()).await;
    let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
    let toml = toml.replace("[channels.signal]\n", "[channels.signal]\nminimum_version = \"0.13.0\"\n");
    let bridge = house.bridge_as(Clock::system(), &toml).await;
    let poll = Other::Poll { question: "Lunch?".into(), several: false };
    let stanza = house.waha.sends_other_in_group(GROUP, MEMBER, poll);
    let message = inbox(&house, "Lunch?").await;
    let list = "ⓘ a poll. To vote, answer this message with the number of your answer.\nLunch?\n1. Yes\n2. No";
    assert!(message.text.ends_with(list), "{}", message.text);
    let group = message.group_id.clone().unwrap();
    let answer = |text: &str| house.signal.owner_quotes(&group, text, message.timestamp, &bridge_aci());
    answer("2");
    let sent = things(&house, 1).await;
    assert_eq!((sent[0].call.as_str(), sent[0].chat_id.as_str()), ("sendPollVote", GROUP));
    assert_eq!(sent[0].body["votes"], json!(["No"]));
    let named = sent[0].body["pollMessageId"].as_str().unwrap();
    assert_eq!(named, format!("false_{GROUP}_{stanza}_{MEMBER}"));
    for (text, why) in [("1, 2", "takes one answer only"), ("3", "no answer with that number")] {
        let typed = answer(text);
        assert_eq!(inbox(&house, why).await.quote_timestamp, Some(typed));
    }
    answer("2 o'clock");
    assert!(house.waha.wait_sent(1, SOON).await, "anything else is an answer like any other");
    assert!(idle(&bridge).await);
    assert_eq!((house.waha.sent_things().len(), house.waha.sent().len()), (1, 1));
    bridge.stop().await;
}

#[tokio::test]
async fn where_waha_cannot_vote_or_has_no_poll_nothing_is_sent_and_that_is_said() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.sends_other(ALICE, Other::Poll { question: "Lunch?".into(), several: true });
    let message = inbox(&house, "Lunch?").await;
    let group = message.group_id.clone().unwrap();
    let typed = house.signal.owner_quotes(&group, "1", message.timestamp, &bridge_aci());
    assert_eq!(inbox(&house, "cannot vote in polls").await.quote_timestamp, Some(typed));
    assert!(idle(&bridge).await && house.waha.sent().is_empty() && house.waha.sent_things().is_empty());
    bridge.stop().await;

    let options = WahaOptions { engine: Engine::Gows, ordered: true, store: false, ..WahaOptions::default() };
    let house = House::with(options, |_| {}).await;
    let bridge = house.bridge().await;
    house.waha.sends_other(ALICE, Other::Poll { question: "Lunch?".into(), several: true });
    let message = inbox(&house, "Lunch?").await;
    let typed = house.signal.owner_quotes(&group_of(&message), "1", message.timestamp, &bridge_aci());
    assert_eq!(inbox(&house, "WAHA does not have this poll any more").await.quote_timestamp, Some(typed));
    assert!(idle(&bridge).await && house.waha.sent().is_empty() && house.waha.sent_things().is_empty());
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_answered_while_it_is_brought_is_known_for_what_it_is() {
    let house = gows().await;
    let bridge = house.bridge().await;
    let group = portal(&house).await;
    assert!(idle(&bridge).await);
    house.signal.hold_answers();
    house.waha.sends_other(ALICE, Other::Poll { question: "Lunch?".into(), several: false });
    let message = inbox(&house, "Lunch?").await;
    assert_eq!((message.text.as_str(), message.params["option"].is_array()), ("Lunch?", true));
    house.signal.owner_quotes(&group, "2", message.timestamp, &bridge_aci());
    assert!(
        health_shows(&bridge.admin, &[("/channels/0/queue/pending", 1.into())]).await,
        "it waits: {:?}",
        house.texts()
    );
    house.signal.release_answers();
    assert_eq!(things(&house, 1).await[0].body["votes"], json!(["No"]));
    assert!(idle(&bridge).await && house.waha.sent().is_empty(), "{:?}", house.waha.sent());
    assert_eq!(house.texts().len(), 2, "{:?}", house.texts());
    bridge.stop().await;
}

#[tokio::test]
async fn votes_of_others_are_quiet_lines_that_quote_the_poll() {
    for house in [House::new().await, gows().await] {
        let bridge = house.bridge().await;
        let poll =
            house.waha.sends_other_in_group(GROUP, MEMBER, Other::Poll { question: "Lunch?".into(), several: true });
        let message = inbox(&house, "Lunch?").await;
        house.waha.votes(GROUP, Some(MEMBER), &poll, &["Yes", "No"]);
        let vote = inbox(&house, "ⓘ voted: Yes, No").await;
        assert_eq!((vote.text.as_str(), vote.urgent), ("Alice ▸ ⓘ voted: Yes, No", false));
        assert_eq!(vote.quote_timestamp, Some(message.timestamp));
        house.waha.votes(GROUP, Some(MEMBER), &poll, &[]);
        assert!(house.arrives("ⓘ took back the vote").await);
        house.waha.votes_unreadably(GROUP, Some(MEMBER), &poll);
        assert!(house.arrives("ⓘ voted; for what is in WhatsApp on the phone.").await);
        bridge.stop().await;
    }
}

#[tokio::test]
async fn a_poll_of_the_owner_is_one_on_whatsapp_in_which_the_owner_can_vote() {
    let house = gows().await;
    let bridge = house.bridge().await;
    let group = portal(&house).await;
    let poll = json!({ "question": "When?", "allowMultiple": true, "options": ["Mon", "Tue"] });
    let made = house.signal.owner_shares(Some(&group), "pollCreate", poll);
    let sent = things(&house, 1).await;
    let expected = json!({ "name": "When?", "options": ["Mon", "Tue"], "multipleAnswers": true });
    assert_eq!((sent[0].call.as_str(), &sent[0].body["poll"]), ("sendPoll", &expected));
    assert!(idle(&bridge).await);
    house.signal.owner_quotes(&group, "1, 2", made, OWNER);
    let sent = things(&house, 2).await;
    assert_eq!((sent[1].call.as_str(), &sent[1].body["votes"]), ("sendPollVote", &json!(["Mon", "Tue"])));
    let ended = house.signal.owner_shares(Some(&group), "pollTerminate", json!({ "targetSentTimestamp": made }));
    assert_eq!(inbox(&house, "the end of a poll is not carried").await.quote_timestamp, Some(ended));
    let edited = house.signal.owner_edits(Some(&group), made, "When then?");
    assert!(house.arrives("stays there as it was sent").await, "{edited} {:?}", house.texts());
    assert!(house.waha.changes_made().is_empty());
    bridge.stop().await;
}
