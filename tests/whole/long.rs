//! Texts that are longer than a message of Signal may be.

use serde_json::json;

use crate::files::nothing_is_left;
use crate::house::{ALICE, House, SOON};

const PDF: &[u8] = b"%PDF-1.7\nmine";

/// Five thousand letters in words, of one, two and four bytes.
fn text() -> String {
    "long é 😀 ".repeat(556).trim_end().to_owned()
}

#[tokio::test]
async fn a_text_that_comes_as_a_file_goes_whole_with_its_looks() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "write me");
    let group = house.group_of("write me").await;
    let styles = json!([{"style": "BOLD", "start": 4500, "length": 4}]);
    assert!(text().encode_utf16().count() > 4504);
    house.signal.owner_says_long(Some(&group), &text(), &[("textStyles", styles)]);
    house.signal.owner_says(&group, "and this");
    assert!(house.waha.wait_until(SOON, |waha| waha.sent().len() == 2).await, "{:?}", house.texts());
    let sent = house.waha.sent();
    assert_eq!(sent[0].text.replace('*', ""), text());
    assert_eq!(sent[0].text.matches("*long*").count(), 1);
    assert_eq!(sent[1].text, "and this");
    nothing_is_left(&house, &bridge).await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_long_text_is_the_caption_of_what_else_is_attached() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "write me");
    let group = house.group_of("write me").await;
    let text = text();
    let files: [(&str, &str, &[u8]); 2] =
        [("a.pdf", "application/pdf", PDF), ("", "text/x-signal-plain", text.as_bytes())];
    house.signal.owner_sends_files(Some(&group), text.get(..text.floor_char_boundary(2000)).unwrap(), &files);
    assert!(house.waha.wait_until(SOON, |waha| waha.sent_files().len() == 1).await, "{:?}", house.texts());
    let sent = house.waha.sent_files().remove(0);
    assert_eq!((sent.bytes.as_slice(), sent.caption.as_deref()), (PDF, Some(text.as_str())));
    nothing_is_left(&house, &bridge).await;
    assert!(house.waha.sent().is_empty());
    bridge.stop().await;
}

#[tokio::test]
async fn where_the_rest_is_not_to_be_had_nothing_goes_and_the_owner_is_told() {
    let house = House::new().await;
    let bridge = house.bridge().await;
    house.waha.says(ALICE, "write me");
    let group = house.group_of("write me").await;
    house.signal.lose_attachments();
    let typed = house.signal.owner_says_long(Some(&group), &text(), &[]);
    assert!(house.arrives("only the beginning of this long message").await, "{:?}", house.texts());
    assert_eq!(house.signal.inbox().pop().unwrap().quote_timestamp, Some(typed));
    assert!(house.waha.sent().is_empty());
    bridge.stop().await;
}
