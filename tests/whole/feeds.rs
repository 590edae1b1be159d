//! Status posts, and what WhatsApp calls channels: only read, and only where that is wanted.

use rialto::clock::Clock;
use simulator::signal_cli::InboxMessage;
use simulator::waha::{Engine, Other, WahaOptions};

use crate::house::{ALICE, Bridge, House, SOON, bridge_aci, health_shows, idle};

const STATUS: &str = "status@broadcast";
const NEWS: &str = "120363040000000001@newsletter";
const MEMBER: &str = "79111111111@c.us";

async fn bridge(house: &House, rules: &str) -> Bridge {
    let toml = format!("{}[channels.chats]\n{rules}", house.toml("127.0.0.1:0", "127.0.0.1:0"));
    house.bridge_as(Clock::system(), &toml).await
}

async fn inbox(house: &House, text: &str) -> InboxMessage {
    assert!(house.arrives(text).await, "{text}: {:#?}", house.texts());
    house.signal.inbox().into_iter().find(|message| message.text.contains(text)).unwrap()
}

fn title(house: &House, message: &InboxMessage) -> String {
    let id = message.group_id.clone().unwrap();
    house.signal.groups().into_iter().find(|group| group.id == id).unwrap().name
}

#[tokio::test]
async fn status_posts_and_channels_stay_out_unless_they_are_wanted() {
    let house = House::new().await;
    for rules in ["", "groups = false\n", "newsletters = true\ndeny = [\"120363040000000001@newsletter\"]\n"] {
        let bridge = bridge(&house, rules).await;
        house.waha.says_in_group(STATUS, MEMBER, "a status post");
        house.waha.says(NEWS, "news of a channel");
        assert!(house.waha.all_webhooks_done(SOON).await);
        assert!(health_shows(&bridge.admin, &[("/channels/0/counters/kept_out", 2.into())]).await, "{rules}");
        bridge.stop().await;
    }
    assert!(house.texts().is_empty() && house.signal.groups().is_empty(), "{:?}", house.texts());
}

#[tokio::test]
async fn they_come_into_groups_of_their_own_that_lead_nowhere() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = House::with(WahaOptions { engine, ordered: true, ..WahaOptions::default() }, |_| {}).await;
        house.waha.follows(NEWS, "The Daily");
        let bridge = bridge(&house, "status = true\nnewsletters = true\n").await;
        let post = house.waha.says_in_group(STATUS, MEMBER, "a status post");
        let news = house.waha.says(NEWS, "news of a channel");
        let (post_at, news_at) = (inbox(&house, "a status post").await, inbox(&house, "news of a channel").await);
        assert_eq!((post_at.text.as_str(), post_at.urgent), ("Alice ▸ a status post", false));
        assert_eq!((news_at.text.as_str(), news_at.urgent), ("news of a channel", false));
        assert_eq!(title(&house, &post_at), "Status posts (WhatsApp)");
        assert_eq!(title(&house, &news_at), "The Daily (WhatsApp)");
        house.waha.sends_other_in_group(STATUS, MEMBER, Other::Image { caption: Some("a picture of it".into()) });
        assert_eq!(inbox(&house, "a picture of it").await.files.len(), 1);
        assert_eq!(house.signal.groups().len(), 2, "nobody's own chat");

        // Whatever is done there, WhatsApp hears nothing of it.
        for (message, stanza) in [(&post_at, post), (&news_at, news)] {
            let group = message.group_id.clone().unwrap();
            house.signal.owner_types(Some(&group), true);
            house.signal.owner_reads(&[message.timestamp]);
            house.signal.owner_reacts(Some(&group), message.timestamp, Some("👍"));
            let said = house.signal.owner_says(&group, "an answer");
            let quoted = house.signal.owner_quotes(&group, "another", message.timestamp, &bridge_aci());
            for typed in [said, quoted] {
                let told = |signal: &simulator::signal_cli::SignalCli| {
                    signal
                        .inbox()
                        .iter()
                        .any(|m| m.quote_timestamp == Some(typed) && m.text.contains("status posts and channels"))
                };
                assert!(house.signal.wait_until(SOON, told).await, "{stanza}: {:#?}", house.texts());
            }
        }
        house.waha.says(ALICE, "and on it goes");
        assert!(house.arrives("and on it goes").await && idle(&bridge).await);
        assert!(
            house.waha.sent().is_empty() && house.waha.changes_made().is_empty(),
            "{:?}",
            house.waha.changes_made()
        );
        assert_eq!((house.waha.seen_asked(), house.waha.typing().len()), (0, 0));
        bridge.stop().await;
    }
}
