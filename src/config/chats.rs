//! Which WhatsApp chats are bridged.

use std::collections::HashSet;

use super::check::{Checked, Checker};
use super::raw;
use crate::redact::Private;

/// Which WhatsApp chats are bridged. What is not leaves nothing behind, and nothing is sent there.
#[derive(Debug, Clone)]
pub struct Chats {
    contacts: bool,
    unknown: bool,
    groups: bool,
    allow: HashSet<Private>,
    deny: HashSet<Private>,
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
    /// Whether every chat is bridged.
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
    pub fn judge(&self, addresses: &[Private], is_group: bool) -> Verdict {
        let is_in = |list: &HashSet<Private>| addresses.iter().any(|address| list.contains(address));
        match () {
            () if is_in(&self.deny) => Verdict::Denied,
            () if is_in(&self.allow) => Verdict::Allowed,
            () if is_group => Verdict::of(self.groups),
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
            allow: names("allow", raw.allow)?,
            deny: names("deny", raw.deny)?,
        })
    }
}

impl Checker<'_> {
    /// A chat by its name in the configuration, in the form of WAHA's `chatId`.
    pub(super) fn chat(&self, key: &str, text: &Private) -> Checked<Private> {
        let allowed = "takes numbers like +15551234567, and ids as WAHA names them: 120363012345678901@g.us for a \
                       group, 100000000000002@lid for a person without a number";
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
        "c.us" | "lid" => digits(user),
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
        write!(f, "allow = {}\ndeny = {}", hidden(&self.allow), hidden(&self.deny))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(contacts: bool, unknown: bool, groups: bool) -> Chats {
        let list = |text: &str| HashSet::from([address(text).unwrap()]);
        Chats { contacts, unknown, groups, allow: list("+15550100300"), deny: list("120363-16@g.us") }
    }

    fn judge(rules: &Chats, addresses: &[&str]) -> Verdict {
        let addresses: Vec<Private> = addresses.iter().map(|address| Private::from(*address)).collect();
        rules.judge(&addresses, addresses[0].reveal().ends_with("@g.us"))
    }

    #[test]
    fn names_go_before_kinds_and_denial_before_all() {
        let (closed, open) = (rules(false, false, false), rules(true, true, true));
        assert_eq!(judge(&closed, &["1@lid", "15550100300@c.us"]), Verdict::Allowed);
        assert_eq!((judge(&closed, &["1@lid"]), judge(&open, &["1@lid"])), (Verdict::Denied, Verdict::Allowed));
        assert_eq!(judge(&open, &["120363-16@g.us"]), Verdict::Denied);
        assert_eq!((judge(&open, &["1@g.us"]), judge(&closed, &["1@g.us"])), (Verdict::Allowed, Verdict::Denied));
        assert_eq!(judge(&rules(true, false, true), &["1@lid"]), Verdict::IfKnown(true));
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
