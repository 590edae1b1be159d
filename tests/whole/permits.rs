//! `[channels.chats]`: what is not allowed leaves nothing behind and is answered by nobody.

use std::time::Duration;

use rialto::clock::Clock;
use rusqlite::{Connection, OpenFlags};
use simulator::waha::{Contact, Engine, WahaFault, WahaOptions};

use crate::house::{self, ALICE, BOB, Bridge, House, SOON, health_shows, idle, recent};

const CARL: &str = "79144444444@c.us";
const CHOIR: &str = "120363020000000001@g.us";
const BAND: &str = "120363020000000002@g.us";

async fn peers(engine: Engine) -> House {
    let options = WahaOptions { engine, ordered: true, version: recent(), ..WahaOptions::default() };
    let house = House::with(options, |_| {}).await;
    let push_name = Some("Carl".to_owned());
    house.waha.add_contact(Contact { number: Some("79144444444".into()), push_name, ..Contact::default() });
    house.waha.add_group(CHOIR, "Choir", vec![ALICE.into()]);
    house.waha.add_group(BAND, "Band", vec![ALICE.into()]);
    house
}

async fn bridge(house: &House, rules: &str) -> Bridge {
    let toml = format!("{}[channels.chats]\n{rules}", house.toml("127.0.0.1:0", "127.0.0.1:0"));
    house.bridge_as(Clock::system(), &toml).await
}

/// How many rows a table has.
fn rows(house: &House, table: &str) -> i64 {
    let store = Connection::open_with_flags(house.store(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    store.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

async fn kept_out(bridge: &Bridge, count: u64) -> bool {
    health_shows(&bridge.admin, &[("/channels/0/counters/kept_out", count.into())]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_allowed_is_counted_and_leaves_nothing_behind() {
    for engine in [Engine::Noweb, Engine::Gows] {
        let house = peers(engine).await;
        let rules = format!("unknown = false\ngroups = false\nallow = [\"{BAND}\"]\ndeny = [\"+79111111111\"]\n");
        let bridge_ = bridge(&house, &rules).await;
        house.waha.says(ALICE, "denied by number");
        house.waha.says("100000000000002@lid", "denied under the hidden id");
        house.waha.says(CARL, "a stranger");
        house.waha.says_in_group(CHOIR, "100000000000003@lid", "any group");
        assert!(house.waha.all_webhooks_done(SOON).await);
        assert!(kept_out(&bridge_, 4).await, "{}", house::health(&bridge_.admin).await);
        for table in ["seen", "chats", "addresses", "deliveries", "messages", "portals"] {
            // WAHA's session tells of itself, and that is remembered.
            let allowed = if table == "seen" { 2 } else { 0 };
            assert!(rows(&house, table) <= allowed, "{table}: {}", rows(&house, table));
        }
        house.waha.says(BOB, "a contact");
        house.waha.says_in_group(BAND, "100000000000003@lid", "the allowed group");
        assert!(house.arrives("a contact").await && house.arrives("the allowed group").await);
        assert!(idle(&bridge_).await);
        assert_eq!((rows(&house, "chats"), rows(&house, "portals")), (2, 2));
        bridge_.stop().await;

        // What is fetched after an absence meets the same rules, and once they allow it, it comes like anything missed.
        house.waha.says(CARL, "a stranger while away");
        house.waha.says(BOB, "a contact while away");
        house.waha.restart().await.unwrap();
        let again = bridge(&house, &rules).await;
        assert!(house.arrives("a contact while away").await, "{:?}", house.texts());
        assert!(idle(&again).await);
        assert!(
            !house.texts().iter().any(|text| text.contains("stranger") || text.contains("gap")),
            "{:?}",
            house.texts()
        );
        assert_eq!(rows(&house, "chats"), 2);
        again.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_to_a_chat_that_is_not_allowed_any_more() {
    let house = peers(Engine::Noweb).await;
    let open = house.bridge().await;
    house.waha.says(ALICE, "alice, while she may");
    house.waha.says(BOB, "bob, who may");
    let (alices, bobs) = (house.group_of("while she may").await, house.group_of("who may").await);
    assert!(idle(&open).await);
    open.stop().await;

    let closed = bridge(&house, "deny = [\"100000000000002@lid\"]\n").await;
    house.signal.owner_says(&alices, "by accident");
    house.signal.owner_says(&bobs, "on purpose");
    assert!(house.waha.wait_sent(1, SOON).await);
    assert!(house.arrives("does not let this chat in").await, "{:?}", house.texts());
    assert!(idle(&closed).await);
    let sent: Vec<_> = house.waha.sent().into_iter().map(|sent| (sent.chat_id, sent.text)).collect();
    assert_eq!(sent, [(BOB.to_owned(), "on purpose".to_owned())]);
    closed.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_judged_now_is_neither_let_in_nor_lost() {
    let house = peers(Engine::Noweb).await;
    let bridge = bridge(&house, "unknown = false\n").await;
    assert!(house::whatsapp_is(&bridge, true).await);
    house.waha.fault(WahaFault::ContactFails { times: 1 });
    house.waha.says(BOB, "a contact after all");
    let repeated = |waha: &simulator::waha::Waha| waha.webhook_log().iter().any(|attempt| attempt.status == Some(503));
    assert!(house.waha.wait_until(SOON, repeated).await);
    assert!(house.arrives("a contact after all").await);
    bridge.stop().await;
}

/// A body that cannot be read may be of anybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_told_and_not_kept_where_chats_are_kept_out() {
    let mut sizes = Vec::new();
    for rules in ["", "groups = false\n"] {
        let house = peers(Engine::Noweb).await;
        let bridge = bridge(&house, rules).await;
        let odd =
            format!("{{\"event\": \"message.any\", \"session\": \"default\", \"payload\": \"{}\"}}", "x".repeat(3000));
        assert_eq!(house::post(&bridge, odd).await, 200);
        assert!(house.arrives("ⓘ").await);
        assert!(idle(&bridge).await);
        bridge.stop().await;
        let store = Connection::open_with_flags(house.store(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let kept = "SELECT coalesce(max(length(event)), 0) FROM deliveries";
        sizes.push(store.query_row(kept, [], |row| row.get::<_, i64>(0)).unwrap());
    }
    assert!(sizes[0] > 3000 && sizes[1] < 1000, "{sizes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_in_signal_is_told_once_a_day_if_wanted_and_never_read() {
    const STRANGER: &str = "aaaaaaaa-3c80-4784-87c1-3bc35b187d7a";
    for wanted in [false, true] {
        let (house, time) = (House::new().await, house::clock());
        let toml = house.toml("127.0.0.1:0", "127.0.0.1:0");
        let owner = format!("owner = \"{}\"\n", house::OWNER);
        let toml = toml.replace(&owner, &format!("{owner}tell_strangers = {wanted}\n"));
        let bridge = house.bridge_as(time.clone(), &toml).await;
        let told = |house: &House| house.texts().iter().filter(|text| text.contains("Somebody else wrote")).count();
        let counted = |count: u64| [("/channels/0/counters/strangers", count.into())];
        for (n, expected) in [(1, 1), (2, 1), (3, 2)] {
            if n == 3 {
                time.advance(Duration::from_hours(25));
            }
            house.signal.stranger_says(STRANGER, None, "secret of a stranger");
            assert!(health_shows(&bridge.admin, &counted(n)).await);
            let expected = if wanted { expected } else { 0 };
            let as_often = || told(&house) == expected;
            assert!(house::turn_until(&time, Duration::from_millis(50), as_often).await, "{:?}", house.texts());
        }
        assert!(idle(&bridge).await);
        assert!(!house.texts().iter().any(|text| text.contains("secret of")));
        assert_eq!(told(&house), if wanted { 2 } else { 0 });
        bridge.stop().await;
    }
}
