//! Whom a message names, both ways.

use serde_json::json;
use simulator::signal_cli::InboxMessage;
use simulator::waha::{Contact, Engine, WahaOptions};

use crate::house::{ALICE, BOB, House, OWNER, SOON, recent};

const CHOIR: &str = "120363020000000001@g.us";
const BOB_LID: &str = "100000000000003@lid";

async fn arrived(house: &House, text: &str) -> InboxMessage {
    assert!(house.arrives(text).await, "{:?}", house.texts());
    house.signal.inbox().into_iter().find(|message| message.text.contains(text)).unwrap()
}

async fn choir(engine: Engine) -> House {
    let options = WahaOptions { ordered: true, version: recent(), engine, ..WahaOptions::default() };
    let house = House::with(options, |_| {}).await;
    house.waha.add_group(CHOIR, "Choir", vec![ALICE.to_owned(), BOB.to_owned()]);
    house
}

/// The owner's addresses as the simulator has them.
fn me() -> (String, String) {
    let owner = WahaOptions::default().owner;
    (format!("{}@lid", owner.lid), format!("{}@c.us", owner.number))
}

#[tokio::test]
async fn names_stand_for_numbers_and_the_owner_is_really_named() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = choir(engine).await;
        let bridge = house.bridge().await;
        let (lid, number) = me();
        let digits = |jid: &str| jid.split('@').next().unwrap().to_owned();
        let text = format!("😀 *first* @{} and @{}", digits(BOB_LID), digits(&lid));
        house.waha.mentions(CHOIR, Some(ALICE), &text, &[BOB_LID, &lid]);
        let first = arrived(&house, "first").await;
        assert_eq!(first.text, "Alice ▸ 😀 first @Bob and @you");
        assert_eq!(first.text_styles, ["0:7:BOLD", "11:5:BOLD"]);
        assert_eq!(first.params["mention"], json!([format!("27:4:{OWNER}")]));

        // By number, and of somebody whom nobody knows: the number stands.
        let text = format!("second @79155555555 @{}, not @{}", digits(&number), digits(ALICE));
        house.waha.mentions(CHOIR, Some(ALICE), &text, &["79155555555@c.us", &number]);
        let second = arrived(&house, "second").await;
        assert_eq!(second.text, format!("Alice ▸ second @+79155555555 @you, not @{}", digits(ALICE)));
        assert_eq!(second.params["mention"].as_array().unwrap().len(), 1);

        // Nobody is named by digits alone.
        house.waha.says_in_group(CHOIR, ALICE, &format!("third @{}", digits(&lid)));
        let third = arrived(&house, "third").await;
        assert_eq!((third.text.contains("@you"), third.params.get("mention")), (false, None));
        bridge.stop().await;
    }
}

#[tokio::test]
async fn a_hidden_id_without_a_name_becomes_the_number_and_what_nobody_knows_stays() {
    let house = choir(Engine::Noweb).await;
    let (number, lid) = (Some("79166666666".into()), Some("100000000000009".into()));
    house.waha.add_contact(Contact { number, lid, ..Contact::default() });
    let bridge = house.bridge().await;
    let text = "who is @100000000000009 or @100000000000077";
    house.waha.mentions(CHOIR, Some(ALICE), text, &["100000000000009@lid", "100000000000077@lid"]);
    assert_eq!(arrived(&house, "who is").await.text, "Alice ▸ who is @+79166666666 or @100000000000077");
    bridge.stop().await;
}

#[tokio::test]
async fn alone_with_the_bridge_nobody_has_to_be_named_to_ring() {
    let house = House::new().await;
    let bridge = house.bridge_as(rialto::clock::Clock::system(), &hybrid(&house)).await;
    let (_, number) = me();
    let text = format!("hey @{}", number.split('@').next().unwrap());
    house.waha.mentions("79188888888@c.us", None, &text, &[&number]);
    let message = arrived(&house, "hey @you").await;
    assert_eq!((message.group_id, message.params.get("mention")), (None, None));
    bridge.stop().await;
}

fn hybrid(house: &House) -> String {
    house.toml("127.0.0.1:0", "127.0.0.1:0").replace("conversation = \"portal\"\n", "")
}

#[tokio::test]
async fn a_name_that_only_one_member_has_is_a_mention_on_whatsapp() {
    let house = choir(Engine::Noweb).await;
    for number in ["79177777771", "79177777772"] {
        let name = Some("Chris".into());
        house.waha.add_contact(Contact { number: Some(number.into()), name, ..Contact::default() });
    }
    let members = [ALICE, BOB_LID, "79177777771@c.us", "79177777772@c.us"];
    house.waha.add_group(CHOIR, "Choir", members.map(str::to_owned).to_vec());
    let bridge = house.bridge().await;
    house.waha.says_in_group(CHOIR, ALICE, "sing");
    let group = house.group_of("sing").await;
    house.waha.says(BOB, "alone");
    let direct = house.group_of("alone").await;

    house.signal.owner_says(&group, "@Bob and @Alice, *not* @Chris or @Nobody");
    assert!(house.waha.wait_until(SOON, |waha| waha.sent().len() == 1).await, "{:?}", house.texts());
    let sent = house.waha.sent().pop().unwrap();
    assert_eq!(sent.text, "@100000000000003 and @79111111111, \u{2060}*not* @Chris or @Nobody");
    assert_eq!(sent.mentions, [BOB_LID, ALICE]);

    house.signal.owner_sends_files(Some(&group), "for @~bob", &[("a.pdf", "application/pdf", b"%PDF-1.7\nx")]);
    assert!(house.waha.wait_until(SOON, |waha| waha.sent_files().len() == 1).await, "{:?}", house.texts());
    let sent = house.waha.sent_files().pop().unwrap();
    assert_eq!((sent.caption.as_deref(), sent.mentions), (Some("for @100000000000003"), vec![BOB_LID.to_owned()]));

    // Nobody can be meant in a chat of two.
    house.signal.owner_says(&direct, "@Bob you");
    assert!(house.waha.wait_until(SOON, |waha| waha.sent().len() == 2).await, "{:?}", house.texts());
    let sent = house.waha.sent().pop().unwrap();
    assert_eq!((sent.text.as_str(), sent.mentions.len()), ("@Bob you", 0));
    bridge.stop().await;
}
