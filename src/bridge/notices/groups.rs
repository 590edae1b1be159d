//! What happens to a group.

use super::super::labels;
use super::super::mentioned::Mentioned;
use super::changes::SOMEBODY;
use crate::event::{Membership, Mention, News};

/// One line for all of it.
pub(super) fn group_news(news: &[News], mentioned: &Mentioned) -> String {
    news.iter().map(|one| sentence(one, mentioned)).collect::<Vec<_>>().join(" ")
}

fn sentence(news: &News, mentioned: &Mentioned) -> String {
    match news {
        News::Members { what, who, more } => members(*what, who, *more, mentioned),
        News::Renamed(name) => {
            let name = labels::name(name.reveal()).unwrap_or_else(|| "Group".into());
            format!("The group is called \"{}\" now.", name.reveal())
        }
        News::Described { any: true } => "The group has another description.".to_owned(),
        News::Described { any: false } => "The group has no description any more.".to_owned(),
        News::Pictured => "The group has another picture.".to_owned(),
        News::OnlyAdmins(true) => "Only admins can write in this group now.".to_owned(),
        News::OnlyAdmins(false) => "Everybody can write in this group now.".to_owned(),
    }
}

fn members(what: Membership, who: &[Mention], more: u32, mentioned: &Mentioned) -> String {
    let mut names: Vec<_> = who.iter().map(|one| name(one, mentioned)).collect();
    names.extend((more > 0).then(|| format!("{more} more")));
    let is_one = names.len() == 1 && more < 2 && !who.iter().any(|one| one.is_owner);
    let all = match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    };
    let (one, many) = verbs(what);
    format!("{all} {}.", if is_one { one } else { many })
}

fn verbs(what: Membership) -> (&'static str, &'static str) {
    match what {
        Membership::Joined => ("joined", "joined"),
        Membership::Added => ("was added", "were added"),
        Membership::In => ("is in the group now", "are in the group now"),
        Membership::Left => ("left", "left"),
        Membership::Removed => ("was removed", "were removed"),
        Membership::Out => ("is not in the group any more", "are not in the group any more"),
        Membership::Promoted => ("has an admin's rights now", "have an admin's rights now"),
        Membership::Demoted => ("has no admin's rights any more", "have no admin's rights any more"),
    }
}

fn name(one: &Mention, mentioned: &Mentioned) -> String {
    if one.is_owner {
        return "You".to_owned();
    }
    let user = one.address.user();
    let known = mentioned.names.iter().find(|(digits, _)| digits == user).map(|(_, name)| name.clone());
    known.or_else(|| one.address.phone()).map_or(SOMEBODY.to_owned(), |name| name.reveal().to_owned())
}
