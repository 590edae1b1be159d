//! How texts look, both ways.

use serde_json::{Value, json};
use simulator::signal_cli::InboxMessage;
use simulator::waha::Other;

use crate::house::{ALICE, BOB, House, SOON, bridge_aci};

const CHOIR: &str = "120363020000000001@g.us";

fn shown(message: &InboxMessage) -> (String, Vec<&str>) {
    (message.text.clone(), message.text_styles.iter().map(String::as_str).collect())
}

async fn arrived(house: &House, text: &str) -> InboxMessage {
    assert!(house.arrives(text).await, "{:?}", house.texts());
    house.signal.inbox().into_iter().find(|message| message.text.contains(text)).unwrap()
}

async fn sent(house: &House, count: usize) -> Vec<String> {
    assert!(house.waha.wait_until(SOON, |waha| waha.sent().len() >= count).await, "{:?}", house.texts());
    house.waha.sent().into_iter().map(|sent| sent.text).collect()
}

fn style(style: &str, start: usize, length: usize) -> Value {
    json!({ "style": style, "start": start, "length": length })
}

#[tokio::test]
async fn what_is_written_on_whatsapp_looks_so_in_signal() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "first: 😀 *bold* _slanted_ ~struck~ ```mono``` `code`");
    let first = arrived(&house, "first").await;
    let styles = vec!["10:4:BOLD", "15:7:ITALIC", "23:6:STRIKETHROUGH", "30:4:MONOSPACE", "35:4:MONOSPACE"];
    assert_eq!(shown(&first), ("first: 😀 bold slanted struck mono code".to_owned(), styles));

    house.waha.says(ALICE, "second: snake_case 2*3*4 *open https://a.example/_x_");
    let second = arrived(&house, "second").await;
    assert_eq!(shown(&second), ("second: snake_case 2*3*4 *open https://a.example/_x_".to_owned(), vec![]));

    // What is in front moves the styles: a member's name, and a line about a file.
    house.waha.add_group(CHOIR, "Choir", vec![ALICE.to_owned(), BOB.to_owned()]);
    house.waha.says_in_group(CHOIR, BOB, "third: _so_");
    let third = arrived(&house, "third").await;
    assert_eq!(shown(&third), ("Bob ▸ third: so".to_owned(), vec!["0:5:BOLD", "13:2:ITALIC"]));

    // A name is no text.
    house.waha.sends_other(ALICE, Other::Location { name: "place *x*".into() });
    let place = arrived(&house, "place").await.text;
    assert_eq!(place.lines().nth(1), Some("place *x*, 1 Main St"), "{place}");
    bridge.stop().await;
}

#[tokio::test]
async fn a_quote_stands_there_without_markers() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let stanza = house.waha.says(ALICE, "*loud* words");
    arrived(&house, "loud words").await;
    house.waha.replies(ALICE, None, "_the_ answer", &stanza);
    let answer = arrived(&house, "the answer").await;
    assert_eq!(answer.params["quoteMessage"], "loud words");
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_written_in_signal_looks_so_on_whatsapp() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    let say =
        |text: &str, styles: Vec<Value>| house.signal.owner_says_with(&group, text, &[("textStyles", json!(styles))]);
    say("😀 two\nlines here", vec![style("BOLD", 3, 10), style("ITALIC", 13, 5)]);
    say("who did it: me", vec![style("SPOILER", 12, 2), style("STRIKETHROUGH", 0, 3), style("MONOSPACE", 4, 3)]);
    say("not *bold* at all", vec![]);
    let placeholder = [
        ("mentions", json!([{"name": "Rialto", "uuid": bridge_aci(), "start": 0, "length": 1}])),
        ("textStyles", json!([style("BOLD", 2, 4)])),
    ];
    house.signal.owner_says_with(&group, "\u{FFFC} bold", &placeholder);
    let expected =
        ["😀 *two*\n*lines* _here_", "~who~ ```did``` it: spoiler: me", "not \u{2060}*bold* at all", "@Rialto *bold*"];
    assert_eq!(sent(&house, 4).await, expected);
    bridge.stop().await;
}

#[tokio::test]
async fn the_words_of_a_file_look_as_they_were_written() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    let folder = house.dir.path().join("attachments");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.jpg"), b"\xff\xd8\xff\xe0\0\x10JFIF\0").unwrap();
    let file = json!([{"contentType": "image/jpeg", "filename": "a.jpg", "id": "a.jpg", "size": 11}]);
    let more = [("attachments", file), ("textStyles", json!([style("BOLD", 5, 4)]))];
    house.signal.owner_says_with(&group, "look here", &more);
    assert!(house.waha.wait_until(SOON, |waha| !waha.sent_files().is_empty()).await, "{:?}", house.texts());
    assert_eq!(house.waha.sent_files()[0].caption.as_deref(), Some("look *here*"));
    bridge.stop().await;
}

#[tokio::test]
async fn an_edit_looks_as_it_was_written_both_ways() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    let stanza = house.waha.says(ALICE, "hello");
    let group = house.group_of("hello").await;
    house.waha.edits(ALICE, None, &stanza, "hello _again_");
    let edited = |signal: &simulator::signal_cli::SignalCli| signal.inbox()[0].text != "hello";
    assert!(house.signal.wait_until(SOON, edited).await);
    assert_eq!(shown(&house.signal.inbox()[0]), ("hello again".to_owned(), vec!["6:5:ITALIC"]));

    let typed = house.signal.owner_says(&group, "at nine");
    assert_eq!(sent(&house, 1).await, ["at nine"]);
    assert!(crate::house::idle(&bridge).await);
    let styles = json!([style("BOLD", 3, 3)]);
    house.signal.owner_edits_with(Some(&group), typed, "at ten", &[("textStyles", styles)]);
    let changed = |waha: &simulator::waha::Waha| !waha.changes_made().is_empty();
    assert!(house.waha.wait_until(SOON, changed).await);
    assert!(house.waha.history().iter().any(|message| message.text == "at *ten*"), "{:?}", house.waha.history());
    assert!(crate::house::idle(&bridge).await);
    assert_eq!(house.texts(), ["hello again"], "its echo is known");
    bridge.stop().await;
}
