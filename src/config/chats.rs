//! Which WhatsApp chats are bridged.

use std::collections::HashSet;

use super::check::{Checked, Checker};
use super::raw;
use crate::redact::Private;

/// Which WhatsApp chats are bridged. What is not leaves nothing behind, and nothing is sent there.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "a switch for each sort of chat, as in the file")]
pub struct Chats {
    contacts: bool,
    unknown: bool,
    groups: bool,
    status: bool,
    newsletters: bool,
    allow: HashSet<Private>,
    deny: HashSet<Private>,
}

/// What a chat is, for the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatSort {
    /// One with a person.
    Person,
    /// A group.
    Group,
    /// Everybody's status posts.
    Status,
    /// A newsletter, which WhatsApp calls a channel.
    Newsletter,
}

/// What the rules say of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is bridged.
    Allowed,
    /// It is not.
    Denied,
    /// A person is bridged if and only if the owner knows them, or if and only if not.
    IfKnown(bool),
}

impl Chats {
    /// Whether every chat is bridged in which somebody can be answered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.contacts && self.unknown && self.groups && self.deny.is_empty()
    }

    /// Whether chats are named, so that all addresses of a person matter.
    #[must_use]
    pub fn names_any(&self) -> bool {
        !(self.allow.is_empty() && self.deny.is_empty())
    }

    /// Judges a chat by all its addresses, in the form of WAHA's `chatId`. What is denied by name is denied, then what is
    /// allowed by name is allowed, then its kind decides.
    #[must_use]
    pub fn judge(&self, addresses: &[Private], sort: ChatSort) -> Verdict {
        let is_in = |list: &HashSet<Private>| addresses.iter().any(|address| list.contains(address));
        match () {
            () if is_in(&self.deny) => Verdict::Denied,
            () if is_in(&self.allow) => Verdict::Allowed,
            () if sort == ChatSort::Group => Verdict::of(self.groups),
            () if sort == ChatSort::Status => Verdict::of(self.status),
            () if sort == ChatSort::Newsletter => Verdict::of(self.newsletters),
            () if self.contacts == self.unknown => Verdict::of(self.contacts),
            () => Verdict::IfKnown(self.contacts),
        }
    }
}

impl Verdict {
    fn of(allowed: bool) -> Self {
        if allowed { Self::Allowed } else { Self::Denied }
    }
}

impl Checker<'_> {
    pub(super) fn chats(&self, key: &str, raw: raw::Chats) -> Checked<Chats> {
        let names = |name: &str, list: Vec<Private>| {
            list.iter().map(|text| self.chat(&format!("{key}.{name}"), text)).collect::<Checked<HashSet<_>>>()
        };
        Ok(Chats {
            contacts: raw.contacts,
            unknown: raw.unknown,
            groups: raw.groups,
            status: raw.status,
            newsletters: raw.newsletters,
            allow: names("allow", raw.allow)?,
            deny: names("deny", raw.deny)?,
        })
    }
}

impl Checker<'_> {
    /// A chat by its name in the configuration, in the form of WAHA's `chatId`.
    pub(super) fn chat(&self, key: &str, text: &Private) -> Checked<Private> {
        let allowed = "takes numbers like +15551234567, and ids as WAHA names them: 120363012345678901@g.us for a \
                       group, 100000000000002@lid for a person without a number, 120363012345678901@newsletter for a channel";
        address(text.reveal()).ok_or_else(|| self.error(key, allowed))
    }
}

/// The form in which WAHA names it.
fn address(text: &str) -> Option<Private> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(number) = text.strip_prefix('+') {
        let is_number = digits(number) && (7..=15).contains(&number.len());
        return is_number.then(|| format!("{number}@c.us").into());
    }
    let (user, domain) = text.split_once('@')?;
    let good = match domain {
        "c.us" | "lid" | "newsletter" => digits(user),
        "g.us" => user.split('-').all(digits),
        _ => false,
    };
    good.then(|| text.into())
}

impl std::fmt::Display for Chats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hidden = |list: &HashSet<Private>| match list.len() {
            0 => "[]".to_owned(),
            count => format!("\"({count}, hidden)\""),
        };
        writeln!(f, "contacts = {}\nunknown = {}\ngroups = {}", self.contacts, self.unknown, self.groups)?;
        writeln!(f, "status = {}\nnewsletters = {}", self.status, self.newsletters)?;
        write!(f, "allow = {}\ndeny = {}", hidden(&self.allow), hidden(&self.deny))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(contacts: bool, unknown: bool, groups: bool) -> Chats {
        let list = |text: &str| HashSet::from([address(text).unwrap()]);
        let (status, newsletters) = (false, false);
        Chats {
            contacts,
            unknown,
            groups,
            status,
            newsletters,
            allow: list("+15550100300"),
            deny: list("120363-16@g.us"),
        }
    }

    fn judge(rules: &Chats, addresses: &[&str]) -> Verdict {
        let addresses: Vec<Private> = addresses.iter().map(|address| Private::from(*address)).collect();
        let sort = match addresses[0].reveal().split('@').nth(1) {
            Some("g.us") => ChatSort::Group,
            Some("broadcast") => ChatSort::Status,
            Some("newsletter") => ChatSort::Newsletter,
            _ => ChatSort::Person,
        };
        rules.judge(&addresses, sort)
    }

    #[test]
    fn names_go_before_kinds_and_denial_before_all() {
        let (closed, open) = (rules(false, false, false), rules(true, true, true));
        assert_eq!(judge(&closed, &["1@lid", "15550100300@c.us"]), Verdict::Allowed);
        assert_eq!((judge(&closed, &["1@lid"]), judge(&open, &["1@lid"])), (Verdict::Denied, Verdict::Allowed));
        assert_eq!(judge(&open, &["120363-16@g.us"]), Verdict::Denied);
        assert_eq!((judge(&open, &["1@g.us"]), judge(&closed, &["1@g.us"])), (Verdict::Allowed, Verdict::Denied));
        assert_eq!(judge(&rules(true, false, true), &["1@lid"]), Verdict::IfKnown(true));
        for feed in ["status@broadcast", "1@newsletter"] {
            assert_eq!(judge(&open, &[feed]), Verdict::Denied, "only where it is wanted");
        }
        let one = Chats { allow: HashSet::from([address("1@newsletter").unwrap()]), ..open.clone() };
        assert_eq!(
            (judge(&one, &["1@newsletter"]), judge(&one, &["2@newsletter"])),
            (Verdict::Allowed, Verdict::Denied)
        );
        let feeds = Chats { status: true, newsletters: true, ..closed.clone() };
        assert_eq!([judge(&feeds, &["status@broadcast"]), judge(&feeds, &["1@newsletter"])], [Verdict::Allowed; 2]);
        let both = Chats { deny: closed.allow.clone(), ..open };
        assert_eq!(judge(&both, &["15550100300@c.us"]), Verdict::Denied);
        assert!(!both.is_open());
    }

    #[test]
    fn names_have_the_form_of_waha() {
        for wrong in ["15550100300", "+1", "+1555010030x", "1@s.whatsapp.net", "@lid", "a@lid", "1-@g.us", "Alice"] {
            assert!(address(wrong).is_none(), "{wrong}");
        }
        assert_eq!(address("120363012345678901@g.us").unwrap().reveal(), "120363012345678901@g.us");
    }
}
