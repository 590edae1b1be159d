//! News of groups: one quiet line, for all that happens within a minute, and only where the group has a portal.

use super::Desk;
use crate::bridge::limits;
use crate::clock::Moment;
use crate::event::{Event, GroupNews, Mention, News, Notice, Taken};
use crate::store::{ChatId, Direction, NewDelivery, PortalState, State, StoreError};

impl Desk<'_> {
    pub(super) fn take_group_news(&self, news: &GroupNews, now: Moment) -> Result<Taken, StoreError> {
        let Some(chat) = self.chat_of(&news.chat, None)? else { return Ok(Taken::NoConsequence) };
        let portal = self.tx.portal_of(chat)?.filter(|portal| portal.state != PortalState::New);
        if portal.is_none() || self.is_history(news.at, now)? {
            return Ok(Taken::NoConsequence);
        }
        if news.news.iter().any(|news| matches!(news, News::Renamed(_))) {
            self.tx.want_title(chat)?;
            self.rung.titles.set(true);
        }
        self.tell_news(&news.news, chat, now)?;
        Ok(Taken::New)
    }

    fn tell_news(&self, news: &[News], chat: ChatId, now: Moment) -> Result<(), StoreError> {
        let group = self.tx.news_line(chat);
        if let Some(waiting) = self.tx.unsaid(self.channel, &group)?
            && let Some(Event::Notice(Notice::GroupNews { news: said })) = &waiting.event
        {
            let news = news.iter().fold(said.clone(), folded);
            return self.tx.replace_event(&waiting, &Event::Notice(Notice::GroupNews { news }));
        }
        let event = Event::Notice(Notice::GroupNews { news: news.iter().fold(Vec::new(), folded) });
        let lane = self.lane(Some(chat), Direction::ToSignal);
        let new = NewDelivery {
            state: State::Held,
            not_before: now.plus(limits::GROUP_NEWS),
            notice_group: Some(&group),
            ..NewDelivery::due(lane, &event, now)
        };
        self.tx.enqueue_another(&new, now).map(drop)
    }
}

/// The news with one more: the same that happened to others just before is one thing, and only the last of what a group is like
/// counts. Who came, left and came again is told so, in this order.
fn folded(mut said: Vec<News>, one: &News) -> Vec<News> {
    let of_members = said.iter_mut().rfind(|known| matches!(known, News::Members { .. }));
    if let (Some(News::Members { what, who, more }), News::Members { what: same, who: others, more: further }) =
        (of_members, one)
        && what == same
    {
        *more = more.saturating_add(*further);
        for other in others {
            add(who, more, other);
        }
        return said;
    }
    for known in &mut said {
        match (known, one) {
            (known @ News::Renamed(_), News::Renamed(_))
            | (known @ News::Described { .. }, News::Described { .. })
            | (known @ News::Pictured, News::Pictured)
            | (known @ News::OnlyAdmins(_), News::OnlyAdmins(_)) => {
                *known = one.clone();
                return said;
            }
            _ => {}
        }
    }
    said.push(one.clone());
    said
}

fn add(who: &mut Vec<Mention>, more: &mut u32, other: &Mention) {
    let is_known = who.iter().any(|known| known.address == other.address || (known.is_owner && other.is_owner));
    if is_known {
        return;
    }
    if who.len() < limits::NEWS_NAMED {
        who.push(other.clone());
    } else {
        *more = more.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Address, Membership};

    fn members(what: Membership, who: &[u32]) -> News {
        let member = |n: &u32| Mention { address: Address::parse(&format!("{n}@lid")).unwrap(), is_owner: false };
        News::Members { what, who: who.iter().map(member).collect(), more: 0 }
    }

    #[test]
    fn what_happens_at_once_is_said_at_once_and_each_is_named_once() {
        let all = [
            members(Membership::Joined, &[1, 2]),
            News::Renamed("A".into()),
            members(Membership::Left, &[1]),
            members(Membership::Joined, &[2, 3]),
            News::Renamed("B".into()),
        ];
        let expected = [
            members(Membership::Joined, &[1, 2]),
            News::Renamed("B".into()),
            members(Membership::Left, &[1]),
            members(Membership::Joined, &[2, 3]),
        ];
        assert_eq!(all.iter().fold(Vec::new(), folded), expected);
    }

    #[test]
    fn a_crowd_is_counted() {
        let crowd =
            (1..=12).map(|n| members(Membership::Joined, &[n])).fold(Vec::new(), |said, one| folded(said, &one));
        let [News::Members { who, more, .. }] = crowd.as_slice() else { panic!() };
        assert_eq!((who.len(), *more), (limits::NEWS_NAMED, 4));
    }
}
