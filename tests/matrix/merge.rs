//! Two portals of one person, and the bridge dies before and after they became one.

use crate::child::Child;
use crate::house::{House, SOON, health, idle_at};
use simulator::waha::Contact;

pub(crate) const POINTS: [&str; 2] = ["merge.before_commit", "merge.after_commit"];

const LID: &str = "555000@lid";
const NUMBER: &str = "79155555555@c.us";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_stays_one_person_over_a_crash() {
    let house = crate::house("2026.7.1").await;
    let child = Child::start(&house, &POINTS);
    tokio::select! {
        () = meet(&house, &child) => {}
        () = child.revive() => {}
    }
    child.end();
    assert_eq!(child.killed_at(), POINTS);
}

async fn meet(house: &House, child: &Child) {
    house.waha.add_contact(Contact { lid: Some("555000".into()), ..Contact::default() });
    house.waha.says(LID, "by lid");
    let older = house.group_of("by lid").await;
    house.waha.says(NUMBER, "by number");
    let newer = house.group_of("by number").await;
    assert!(older != newer && idle_at(&child.admin).await);
    let both = Contact { number: Some("79155555555".into()), lid: Some("555000".into()), ..Contact::default() };
    house.waha.add_contact(both);
    for (chat, text) in [(NUMBER, "both"), (LID, "lid again"), (NUMBER, "number again")] {
        house.waha.says(chat, text);
        assert_eq!(house.group_of(text).await, older);
    }
    assert!(house.arrives("which goes on here").await && house.arrives("nothing comes here any more").await);
    assert!(idle_at(&child.admin).await, "{}", health(&child.admin).await);
    for (group, text) in [(&older, "in the older"), (&newer, "in the newer")] {
        house.signal.owner_says(group, text);
    }
    assert!(house.waha.wait_sent(2, SOON).await);
    let sent: Vec<_> = house.waha.delivered().into_iter().map(|sent| sent.text).collect();
    assert_eq!(sent, ["in the older", "in the newer"]);
    let count = |text: &str| house.texts().iter().filter(|said| said.contains(text)).count();
    let once = ["by lid", "by number", "both", "lid again", "number again", "goes on here", "nothing comes here"];
    assert!(once.iter().all(|text| count(text) == 1), "{:#?}", house.texts());
}
