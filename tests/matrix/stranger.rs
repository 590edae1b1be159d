//! A stranger in a portal, and the bridge dies before it could write down that the portal is stopped.

use crate::child::Child;
use crate::house::{House, SOON};
use crate::prelude::open_store;
use crate::talk::chat;
use rialto::clock::Moment;
use rialto::event::GroupId;
use rialto::store::PortalState;

pub(crate) const POINT: &str = "portal.stop.before_commit";

const STRANGER: &str = "aaaaaaaa-0000-4000-8000-000000000001";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_found_again_after_a_crash() {
    let house = crate::house("2026.7.1").await;
    let child = Child::start(&house, &[POINT]);
    tokio::select! {
        () = meet(&house) => {}
        () = child.revive() => {}
    }
    child.end();
    assert_eq!(child.killed_at(), [POINT]);
    assert!(house.find("to the owner alone").is_none());
    assert!(is_stopped(&house).await);
}

async fn meet(house: &House) {
    house.waha.says(&chat(1), "before");
    let group = house.group_of("before").await;
    house.signal.change_group(&group, |group| group.members.push(STRANGER.to_owned()));
    house.waha.says(&chat(1), "read by a stranger");
    assert!(house.arrives("somebody else is in its group").await, "{:?}", house.texts());
    house.waha.says(&chat(1), "to the owner alone");
    house.signal.owner_says(&group, "typed beside a stranger");
    // The other chat's lane goes on, and what was typed before it has been taken.
    house.waha.says(&chat(2), "another chat");
    assert!(house.arrives("another chat").await);
    let (group, text) = (house.group_of("another chat").await, "typed in the other chat");
    house.signal.owner_says(&group, text);
    assert!(house.waha.wait_sent(1, SOON).await);
    assert_eq!(house.waha.sent().into_iter().map(|sent| sent.text).collect::<Vec<_>>(), [text]);
}

async fn is_stopped(house: &House) -> bool {
    let (store, group) = (open_store(house), house.find("before").unwrap().1.unwrap());
    let read = store.write(move |tx| {
        let channel = tx.channel("home", Moment(0))?;
        tx.portal_by_group(channel, &GroupId::new(group))
    });
    let portal = read.await.unwrap().unwrap();
    store.close();
    portal.state == PortalState::Stopped
}
