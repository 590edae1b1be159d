//! How long what is kept: whose period goes, and what becomes of rows when it changes.

use std::time::Duration;

use super::*;
use crate::config::{ChannelPeriods, Periods};

const DAY: Duration = Duration::from_hours(24);

/// Days: in general, of the channel, and of chats by their names.
fn days(general: u32, channel: u32, chats: &[(&str, u32)]) -> Periods {
    let chats = chats.iter().map(|(chat, days)| ((*chat).into(), DAY * *days)).collect();
    let channel = ChannelPeriods { name: "home".into(), period: DAY * channel, chats };
    Periods { general: DAY * general, channels: vec![channel] }
}

impl Shelf {
    async fn set(&self, periods: &Periods) {
        let periods = periods.clone();
        self.store.write(move |tx| tx.set_periods(&periods)).await.unwrap();
    }

    async fn settle(&self, now: Moment) {
        while self.store.write(move |tx| tx.settle_piece(now)).await.unwrap() {}
    }

    async fn kept(&self, chat: ChatId) -> u64 {
        let channel = self.channel;
        let kept = self.store.read(move |tx| tx.kept_for(channel, Some(chat))).await.unwrap();
        kept.as_secs() / DAY.as_secs()
    }

    async fn messages(&self, chat: ChatId, count: usize, at: Moment) {
        let channel = self.channel;
        let job = move |tx: &Tx<'_>| (0..count).try_for_each(|_| tx.add_message(channel, chat, None, at).map(drop));
        self.store.write(job).await.unwrap();
    }

    fn number(&self, sql: &str) -> i64 {
        Connection::open(self.path()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// How many messages are kept for so many days from `NOW` on.
    fn kept_for_days(&self, days: u32) -> i64 {
        let (database, until) = (Connection::open(self.path()).unwrap(), NOW.plus(DAY * days).0);
        let sql = "SELECT count(*) FROM messages WHERE kept_until = ?1";
        database.query_row(sql, [until], |row| row.get(0)).unwrap()
    }

    async fn purge(&self, now: Moment) -> Purged {
        self.store.purge(Cutoffs { now, seen: Moment(0) }).await.unwrap()
    }
}

#[tokio::test]
async fn a_chat_goes_before_its_channel_and_a_channel_before_all() {
    let shelf = Shelf::new().await;
    let other = shelf.store.write(|tx| tx.channel("other", NOW)).await.unwrap();
    let (person, group) = (shelf.chat("79111@c.us", None).await, shelf.chat("120363@g.us", None).await);
    assert_eq!(shelf.kept(person).await, 30, "before anything is configured");
    shelf.set(&days(40, 20, &[("120363@g.us", 3)])).await;
    assert_eq!((shelf.kept(person).await, shelf.kept(group).await), (20, 3));
    let of_other = shelf.store.read(move |tx| tx.kept_for(other, None)).await.unwrap();
    assert_eq!(of_other, DAY * 40, "a channel that is not configured");
    // A chat that comes after the configuration.
    shelf.set(&days(40, 20, &[("120364@g.us", 2), ("79222@c.us", 1)])).await;
    assert_eq!((shelf.kept(group).await, shelf.kept(shelf.chat("120364@g.us", None).await).await), (20, 2));
    assert_eq!(shelf.kept(shelf.chat("79222@c.us", None).await).await, 1);
}

#[tokio::test]
async fn every_address_of_a_person_counts_and_the_shortest_period_goes() {
    let shelf = Shelf::new().await;
    shelf.set(&days(30, 30, &[("79111@c.us", 90), ("2000@lid", 7), ("79222@c.us", 5)])).await;
    let chat = shelf.chat("1000@lid", None).await;
    assert_eq!(shelf.kept(chat).await, 30);
    shelf.chat("1000@lid", Some("79111@c.us")).await;
    assert_eq!(shelf.kept(chat).await, 90, "the number was learned");
    let both = shelf.chat("2000@lid", Some("79222@c.us")).await;
    assert_eq!(shelf.kept(both).await, 5);
    // The number goes to somebody else, and its period with it.
    let next = shelf.chat("3000@lid", Some("79111@c.us")).await;
    assert_eq!((shelf.kept(chat).await, shelf.kept(next).await), (30, 90));
}

#[tokio::test]
async fn of_two_chats_that_become_one_the_shorter_period_stays() {
    for (names, stays) in [
        (vec![("1000@lid", 9), ("79111@c.us", 4)], 4),
        (vec![("1000@lid", 4), ("79111@c.us", 9)], 4),
        (vec![("79111@c.us", 4)], 4),
        (vec![], 30),
    ] {
        let shelf = Shelf::new().await;
        shelf.set(&days(30, 30, &names)).await;
        let (lid, number) = (shelf.chat("1000@lid", None).await, shelf.chat("79111@c.us", None).await);
        for chat in [lid, number] {
            shelf.messages(chat, 2, NOW).await;
        }
        shelf.chat("79111@c.us", Some("1000@lid")).await;
        let chat = merge(&shelf).await.unwrap().chat;
        assert_eq!(shelf.kept(chat).await, stays, "{names:?}");
        shelf.settle(NOW).await;
        assert_eq!(shelf.kept_for_days(u32::try_from(stays).unwrap()), 4);
    }
}

#[tokio::test]
async fn a_period_that_changes_goes_for_what_is_there_in_pieces_and_over_a_restart() {
    const MANY: usize = 1200;
    let mut shelf = Shelf::new().await;
    let (chat, group) = (shelf.chat("79111@c.us", None).await, shelf.chat("120363@g.us", None).await);
    shelf.messages(chat, MANY, NOW).await;
    shelf.messages(group, 3, NOW).await;
    assert_eq!(shelf.kept_for_days(30), 1203);
    shelf.set(&days(30, 10, &[("120363@g.us", 30)])).await;
    assert!(shelf.store.write(|tx| tx.settle_piece(NOW)).await.unwrap());
    let first = shelf.kept_for_days(10);
    assert!((1..=500).contains(&first), "{first} at once");
    shelf.store.close();
    shelf.store = Store::open(&shelf.path(), &encryption()).unwrap();
    shelf.settle(NOW).await;
    assert_eq!((shelf.kept_for_days(10), shelf.kept_for_days(30)), (1200, 3));
    // Longer again: what is still there stays.
    shelf.set(&days(30, 60, &[])).await;
    shelf.settle(NOW).await;
    assert_eq!(shelf.kept_for_days(60), 1203);
}

#[tokio::test]
async fn a_line_of_the_bridge_follows_and_one_of_unknown_age_is_only_shortened() {
    let shelf = Shelf::new().await;
    let (channel, chat) = (shelf.channel, shelf.chat("79111@c.us", None).await);
    let line = |n| SignalPart { timestamp: Moment(n), author: SignalSide::Bridge };
    let job = move |tx: &Tx<'_>| {
        tx.add_notice(channel, Some(chat), &line(1), None, NOW)?;
        tx.add_notice(channel, None, &line(2), None, NOW)?;
        tx.add_notice(channel, Some(chat), &line(3), None, NOW)
    };
    shelf.store.write(job).await.unwrap();
    let old = "UPDATE notices SET at = NULL WHERE digest = (SELECT max(digest) FROM notices WHERE chat IS NOT NULL)";
    Connection::open(shelf.path()).unwrap().execute(old, []).unwrap();
    let later = NOW.plus(DAY * 5);
    let kept = |shelf: &Shelf| {
        let dated = "SELECT kept_until / 86400000 FROM notices WHERE at IS NOT NULL AND chat IS NOT NULL";
        let undated = "SELECT kept_until / 86400000 FROM notices WHERE at IS NULL";
        let of_none = "SELECT kept_until / 86400000 FROM notices WHERE chat IS NULL";
        [dated, undated, of_none].map(|sql| shelf.number(sql))
    };
    shelf.set(&days(30, 20, &[("79111@c.us", 10)])).await;
    shelf.settle(later).await;
    assert_eq!(kept(&shelf), [10, 15, 20]);
    shelf.set(&days(30, 40, &[("79111@c.us", 50)])).await;
    shelf.settle(later).await;
    assert_eq!(kept(&shelf), [50, 15, 40]);
}

#[tokio::test]
async fn each_chat_loses_what_is_past_its_own_period_and_each_kind_is_counted_as_itself() {
    let shelf = Shelf::new().await;
    shelf.set(&days(30, 30, &[("79111@c.us", 2), ("79222@c.us", 90)])).await;
    let channel = shelf.channel;
    for (name, part) in [("79111@c.us", 1), ("79222@c.us", 2), ("79333@c.us", 3)] {
        let chat = shelf.chat(name, None).await;
        let job = move |tx: &Tx<'_>| {
            let typed = SignalPart { timestamp: Moment(part), author: SignalSide::Owner };
            let message = tx.add_message(channel, chat, None, NOW)?;
            tx.add_signal_part(message, &typed)?;
            tx.add_edit(channel, &SignalPart { timestamp: Moment(part + 10), ..typed }, &typed, NOW)?;
            let line = SignalPart { timestamp: Moment(part + 20), author: SignalSide::Bridge };
            tx.add_notice(channel, Some(chat), &line, Some(&typed), NOW)?;
            tx.count_in_minute(channel, chat, "somebody", NOW, NOW)?;
            let way = Lane { channel, chat: Some(chat), direction: Direction::ToWhatsApp };
            let source = Source::Signal(SignalPart { timestamp: Moment(part + 30), author: SignalSide::Owner });
            let event = Event::Ignored;
            for state in [State::Dead, State::Pending] {
                let new = NewDelivery { state, source: Some(source), ..NewDelivery::due(way, &event, NOW) };
                tx.enqueue(&new, NOW)?;
            }
            Ok(())
        };
        shelf.store.write(job).await.unwrap();
    }
    let plan = shelf.store.read(|tx| tx.plan_for_copies(&days(30, 30, &[("79111@c.us", 2), ("79222@c.us", 90)])));
    let plan = plan.await.unwrap();
    let now = |days: u32| NOW.plus(DAY * days);
    let due = |at| backup::due(&shelf.path(), &plan, Cutoffs { now: at, seen: Moment(0) }).unwrap();
    assert_eq!(due(now(1)), Purged { floods: 3, ..Purged::default() });
    let of_one = Purged { messages: 1, edits: 1, notices: 1, floods: 3, deliveries: 2, chats: 1, ..Purged::default() };
    assert_eq!(due(now(2)), of_one);

    let unsent = shelf.store.write(move |tx| tx.forget_unsent(now(2))).await.unwrap();
    assert_eq!(unsent, [(channel, 2)]);
    assert_eq!(shelf.purge(now(2)).await, Purged { deliveries: 0, ..of_one });
    let three = Purged { floods: 0, ..of_one };
    assert_eq!((due(now(29)), due(now(30)), due(now(89))), (Purged::default(), three, three));
    assert_eq!(due(now(90)).messages, 2);
}

/// A backup knows the periods of when it was made, and maybe not yet that two addresses are one person's.
#[tokio::test]
async fn a_backup_goes_by_the_periods_of_now() {
    let shelf = Shelf::new().await;
    let chat = shelf.chat("1000@lid", None).await;
    shelf.messages(chat, 3, NOW).await;
    let file = shelf.dir.path().join("backup.db");
    backup::copy(&shelf.path(), &file).unwrap();
    shelf.chat("1000@lid", Some("79111@c.us")).await;
    let periods = days(30, 30, &[("79111@c.us", 2)]);
    let plan = shelf.store.read(move |tx| tx.plan_for_copies(&periods)).await.unwrap();
    let cutoffs = |days: u32| Cutoffs { now: NOW.plus(DAY * days), seen: Moment(0) };
    assert_eq!(backup::thin(&file, &plan, cutoffs(1)).unwrap(), 0);
    assert_eq!(backup::due(&file, &plan, cutoffs(2)).unwrap().messages, 3);
    assert_eq!(backup::thin(&file, &plan, cutoffs(2)).unwrap(), 4, "with the chat");
    assert_eq!((plan.shorter(), shelf.number("SELECT count(*) FROM messages")), (Some(DAY * 2), 3));
}

#[tokio::test]
async fn a_timer_is_due_where_it_differs_and_is_not_the_owners() {
    let shelf = Shelf::new().await;
    let (channel, chat) = (shelf.channel, shelf.chat("79111@c.us", None).await);
    shelf.portal(chat, "group").await;
    let due = || async { shelf.store.read(move |tx| tx.timer_due(channel, true)).await.unwrap() };
    assert_eq!(due().await, None, "a new group is not looked at yet");
    let portal = shelf.store.read(move |tx| tx.portal_of(chat)).await.unwrap().unwrap().id;
    shelf.store.write(move |tx| tx.set_portal_state(portal, PortalState::Current)).await.unwrap();
    let found = due().await.unwrap();
    assert_eq!((found.wanted, found.set), (2_419_200, None), "four weeks are the most");
    assert!(found.is_ours(0) && !found.is_ours(60));
    shelf.set(&days(30, 7, &[])).await;
    let wanted = shelf.store.write(move |tx| tx.try_timer(portal, true)).await.unwrap().unwrap();
    assert_eq!(wanted, 604_800);
    let found = due().await.unwrap();
    assert!(found.is_ours(604_800) && found.is_ours(0), "nobody knows whether it was set");
    shelf.store.write(move |tx| tx.timer_is_set(portal, wanted)).await.unwrap();
    assert_eq!(due().await, None);
    shelf.set(&days(30, 5, &[])).await;
    let found = due().await.unwrap();
    assert!(found.is_ours(604_800) && !found.is_ours(0) && !found.is_ours(432_000));
    shelf.store.write(move |tx| tx.leave_timer(portal, 432_000)).await.unwrap();
    assert_eq!(due().await, None, "left to the owner");
    shelf.set(&days(30, 4, &[])).await;
    assert!(due().await.is_some(), "until something else is wanted");
}
