//! What happens to a group itself: `group.v2.join`, `.leave`, `.participants` and `.update`. Pure.
//!
//! NOWEB and GOWS name only what changed in an update, WEBJS and WPP everything, and by a type what changed. That a group has
//! another picture is told by WEBJS alone.

use serde_json::Value;

use super::addresses::Own;
use super::payload::Whole;
use crate::clock::Moment;
use crate::event::{Address, GroupNews, Membership, Mention, News};
use serde::Deserialize;

/// So many people are named.
const MOST: usize = 8;

/// Where the engines say who did it.
const ACTORS: [&str; 4] = ["author", "authorPn", "Sender", "SenderPN"];

/// Reads an event of this name; nothing if it is no such event, or brings nothing new.
pub(super) fn read(name: &str, payload: &Value, own: &Own, made: Moment) -> Option<GroupNews> {
    let news = match name {
        "group.v2.join" => own_news(Membership::In, own),
        "group.v2.leave" => own_news(left(&own.all(), payload), own),
        "group.v2.participants" => members(payload, own),
        "group.v2.update" => update(payload),
        _ => return None,
    };
    let chat = text(payload, "/group/id").and_then(Address::parse).filter(Address::is_group)?;
    let at = payload.get("timestamp").and_then(|at| Whole::deserialize(at).ok()).map_or(made, Whole::seconds);
    (!news.is_empty()).then_some(GroupNews { chat, at, news })
}

fn own_news(what: Membership, own: &Own) -> Vec<News> {
    let owner = own.all().into_iter().next().map(|address| Mention { address, is_owner: true });
    owner.map(|owner| News::Members { what, who: vec![owner], more: 0 }).into_iter().collect()
}

fn members(payload: &Value, own: &Own) -> Vec<News> {
    let mut news: Vec<(Membership, Vec<Mention>)> = Vec::new();
    for member in payload.get("participants").and_then(Value::as_array).into_iter().flatten() {
        let addresses: Vec<_> =
            ["/id", "/pn"].into_iter().filter_map(|path| Address::parse(text(member, path)?)).collect();
        let is_owner = addresses.iter().any(|address| own.includes(address));
        // However the engine names the owner here, all is known of them.
        let addresses = if is_owner { own.all() } else { addresses };
        let Some(address) = addresses.first().cloned() else { continue };
        let what = match text(payload, "/type") {
            Some("join") if is_owner => Membership::In,
            Some("join") => joined(&addresses, payload),
            Some("leave") => left(&addresses, payload),
            Some("promote") => Membership::Promoted,
            Some("demote") => Membership::Demoted,
            _ => continue,
        };
        match news.iter_mut().find(|(known, _)| *known == what) {
            Some((_, who)) => who.push(Mention { address, is_owner }),
            None => news.push((what, vec![Mention { address, is_owner }])),
        }
    }
    news.into_iter().map(capped).collect()
}

fn capped((what, mut who): (Membership, Vec<Mention>)) -> News {
    let more = u32::try_from(who.len().saturating_sub(MOST)).unwrap_or(u32::MAX);
    who.truncate(MOST);
    News::Members { what, who, more }
}

fn joined(member: &[Address], payload: &Value) -> Membership {
    match (text(payload, "/_data/type"), by_themselves(member, payload)) {
        (Some("invite" | "linked_group_join"), _) | (_, Some(true)) => Membership::Joined,
        (_, Some(false)) => Membership::Added,
        (_, None) => Membership::In,
    }
}

fn left(member: &[Address], payload: &Value) -> Membership {
    match (text(payload, "/_data/type"), by_themselves(member, payload)) {
        (Some("leave"), _) | (_, Some(true)) => Membership::Left,
        (_, Some(false)) => Membership::Removed,
        (_, None) => Membership::Out,
    }
}

/// Whether they did it themselves; nothing if that cannot be told, as from a hidden id and a number.
fn by_themselves(member: &[Address], payload: &Value) -> Option<bool> {
    let actor = |name: &&str| text(payload, &format!("/_data/{name}")).and_then(Address::parse);
    let actors: Vec<_> = ACTORS.iter().filter_map(actor).collect();
    if actors.iter().any(|actor| member.contains(actor)) {
        return Some(true);
    }
    let comparable = actors.iter().any(|actor| member.iter().any(|address| address.kind() == actor.kind()));
    comparable.then_some(false)
}

fn update(payload: &Value) -> Vec<News> {
    let group = payload.get("group").cloned().unwrap_or_default();
    let renamed = || text(&group, "/subject").map(|subject| News::Renamed(subject.into()));
    let described = || {
        group
            .get("description")
            .map(|words| News::Described { any: words.as_str().is_some_and(|words| !words.is_empty()) })
    };
    let only_admins = |path: &str| payload.pointer(path).and_then(Value::as_bool).map(News::OnlyAdmins);
    match text(payload, "/_data/type") {
        Some("subject") => renamed().into_iter().collect(),
        Some("description") => described().into_iter().collect(),
        Some("picture") => vec![News::Pictured],
        // Whoever named this field meant its opposite.
        Some("announce") => only_admins("/group/membersCanSendMessages").into_iter().collect(),
        Some(_) => Vec::new(),
        None => {
            let announce = only_admins("/_data/announce").or_else(|| only_admins("/_data/Announce/IsAnnounce"));
            [renamed(), described(), announce].into_iter().flatten().collect()
        }
    }
}

fn text<'v>(json: &'v Value, path: &str) -> Option<&'v str> {
    json.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn news(name: &str, payload: &Value) -> Vec<News> {
        read(name, payload, &Own::default(), Moment(0)).map(|news| news.news).unwrap_or_default()
    }

    fn membership(kind: &str, member: &Value, data: &Value) -> Option<Membership> {
        let payload = json!({"group": {"id": "1@g.us"}, "type": kind, "participants": [member], "_data": data});
        match news("group.v2.participants", &payload).pop() {
            Some(News::Members { what, .. }) => Some(what),
            _ => None,
        }
    }

    #[test]
    fn who_did_it_tells_joining_from_being_added() {
        let (lid, both) = (json!({"id": "100@lid"}), json!({"id": "100@lid", "pn": "79@c.us"}));
        for (kind, member, data, expected) in [
            ("join", &lid, json!({"Sender": "100@lid"}), Membership::Joined),
            ("join", &lid, json!({"author": "200@lid"}), Membership::Added),
            ("join", &lid, json!({"author": "79@s.whatsapp.net"}), Membership::In),
            ("join", &both, json!({"author": "79@s.whatsapp.net"}), Membership::Joined),
            ("join", &lid, json!({"type": "invite"}), Membership::Joined),
            ("leave", &both, json!({"Sender": "100@lid"}), Membership::Left),
            ("leave", &lid, json!({"Sender": "200@lid"}), Membership::Removed),
            ("leave", &lid, json!({}), Membership::Out),
            ("promote", &lid, json!({}), Membership::Promoted),
            ("demote", &lid, json!({}), Membership::Demoted),
        ] {
            assert_eq!(membership(kind, member, &data), Some(expected), "{kind} {member} {data}");
        }
        assert_eq!(membership("other", &lid, &json!({})), None);
    }

    #[test]
    fn an_update_says_what_changed() {
        let update = |group: Value, data: Value| {
            let group = [json!({"id": "1@g.us"}), group].into_iter().flat_map(|part| part.as_object().unwrap().clone());
            news("group.v2.update", &json!({"group": group.collect::<serde_json::Map<_, _>>(), "_data": data}))
        };
        let named = || vec![News::Renamed("Family".into())];
        assert_eq!(update(json!({"subject": "Family"}), json!({})), named());
        let all = json!({"subject": "Family", "description": "d", "membersCanSendMessages": true});
        assert_eq!(update(all.clone(), json!({"type": "subject"})), named());
        assert_eq!(update(all.clone(), json!({"type": "picture"})), [News::Pictured]);
        assert_eq!(update(all.clone(), json!({"type": "announce"})), [News::OnlyAdmins(true)]);
        assert_eq!(update(all, json!({"type": "restrict"})), []);
        assert_eq!(update(json!({"description": ""}), json!({})), [News::Described { any: false }]);
        let flipped = json!({"membersCanSendMessages": false});
        assert_eq!(update(flipped.clone(), json!({"announce": false})), [News::OnlyAdmins(false)]);
        assert_eq!(update(flipped, json!({"Announce": {"IsAnnounce": true}})), [News::OnlyAdmins(true)]);
        assert_eq!(update(json!({"invite": "https://chat.whatsapp.com/x"}), json!({})), []);
    }

    #[test]
    fn of_many_some_are_named_and_the_rest_counted() {
        let many: Vec<_> = (0..11).map(|n| json!({"id": format!("{}@lid", 100 + n)})).collect();
        let payload = json!({"group": {"id": "1@g.us"}, "type": "promote", "participants": many});
        let Some(News::Members { who, more, .. }) = news("group.v2.participants", &payload).pop() else { panic!() };
        assert_eq!((who.len(), more), (8, 3));
    }
}
